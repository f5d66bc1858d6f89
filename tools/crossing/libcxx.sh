# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

# Builds gosling over libc++ for this machine, and runs its tests. Called by
# tools/cross: TARGET [test [suite…]].
#
# libcxx: with the newest clang that this Debian has, and glibc. musl: with Zig's
# clang, and musl, into static programs.
set -euo pipefail
. tools/crossing/zig.sh

target=$1
shift
tree=$PWD/build-$target
bin=$tree/bin root=$tree/root
[[ $(uname -sm) == 'Linux x86_64' ]] ||
  fail 'this target is for Linux on amd64, whose programs this machine cannot run'

# bind_clang makes $bin/c++ and $bin/ar of Debian's newest clang. libc++ is linked
# statically: an archive that has new compilers for an old Debian may have new
# headers and static libraries beside an older libc++.so, which lacks functions.
bind_clang() {
  local version
  version=$(printf '%s\n' /usr/lib/llvm-*/include/c++/v1 | sort -V | tail -n 1 |
    sed 's#^/usr/lib/llvm-\([0-9]*\)/.*#\1#')
  mkdir -p "$bin"
  cat > "$bin/c++" <<END
#!/bin/sh
exec clang++-$version -stdlib=libc++ --start-no-unused-arguments \\
  -static-libstdc++ --end-no-unused-arguments "\$@"
END
  printf '#!/bin/sh\nexec ar "$@"\n' > "$bin/ar"
  chmod +x "$bin"/*
}

tools/setup --quiet --cross "$target"
if [[ ! -x $bin/ar ]]; then
  case $target in
    libcxx) bind_clang ;;
    # Abseil names off64_t.
    musl) bind_zig x86_64-linux-musl -D_LARGEFILE64_SOURCE ;;
  esac
fi
make_root x86_64_sysv_elf
cross_file linux x86_64 x86_64 false > "$tree/cross.ini"
[[ -f $tree/build.ninja ]] || meson setup "$tree" --cross-file "$tree/cross.ini" \
  --buildtype=debugoptimized -Dbenchmarks=disabled
ninja -C "$tree"
[[ ${1:-} == test ]] || exit 0
shift
run_suites "$tree" env "$@"
