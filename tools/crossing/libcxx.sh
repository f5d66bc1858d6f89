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
  version=$(apt-cache search --names-only '^libc\+\+-[0-9]+-dev$' |
    sed 's/^libc++-\([0-9]*\)-dev.*/\1/' | sort -n | tail -n 1)
  [[ -n $version ]] || fail 'apt knows no libc++'
  if ! command -v "clang++-$version" > /dev/null ||
    [[ ! -d /usr/lib/llvm-$version/include/c++/v1 ]]; then
    local as_root=env
    ((EUID == 0)) || as_root='sudo env'
    echo "tools/cross: installing clang-$version and libc++"
    $as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
      --no-install-recommends "clang-$version" "libc++-$version-dev" \
      "libc++abi-$version-dev" < /dev/null || fail 'apt could not install them'
  fi
  mkdir -p "$bin"
  cat > "$bin/c++" <<END
#!/bin/sh
exec clang++-$version -stdlib=libc++ --start-no-unused-arguments \\
  -static-libstdc++ --end-no-unused-arguments "\$@"
END
  printf '#!/bin/sh\nexec ar "$@"\n' > "$bin/ar"
  chmod +x "$bin"/*
}

tools/setup --quiet
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
