# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

# Builds gosling for macOS: library, tools and tests, as far as the linker.
# Called by tools/cross: CPU [test]. Nothing here can run what comes out; the
# test looks at it, and runs a few of its objects on an emulated CPU.
set -euo pipefail
. tools/crossing/zig.sh

cpu=$1
shift
case $cpu in
  amd64) zig=x86_64-macos.10.13 boost=x86_64_sysv_macho family=x86_64 ;;
  arm64) zig=aarch64-macos.11.0 boost=arm64_aapcs_macho family=aarch64 ;;
esac
(($# < 2)) || fail 'for Darwin there is one test, which looks at all that was linked'
tree=$PWD/build-darwin-$cpu
bin=$tree/bin root=$tree/root

tools/setup --quiet --cross "darwin-$cpu"
[[ -x $bin/ar ]] || bind_zig "$zig"
make_root "$boost"
cross_file darwin "$family" "$cpu" true > "$tree/cross.ini"
# Plain: what is not run need not be fast, and compiles in half the time.
# GNU's dialect: in ISO's the <float.h> that libraries.sh puts first leaves
# INFINITY and NAN to <math.h>, and macOS's <math.h> leaves them to <float.h>.
[[ -f $tree/build.ninja ]] || meson setup "$tree" --cross-file "$tree/cross.ini" \
  --buildtype=plain -Dcpp_std=gnu++20 -Dbenchmarks=disabled
ninja -C "$tree"
[[ ${1:-} == test ]] || exit 0
tools/setup --quiet --emulator
tests/emulator/check.py "$tree" "$cpu"
exec python3 tests/mach_o_test.py "$tree" "$cpu"
