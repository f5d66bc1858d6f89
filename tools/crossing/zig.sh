# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

# Sourced by its siblings, from the root of the tree: a cross compiler for the
# systems of which Debian has none.
#
# It is Zig's clang, out of the package `ziglang` of PyPI: it carries libc++, the
# headers and stubs of macOS's libSystem, and musl. Sanitizing, which Zig turns
# on by itself, is off.

. tools/crossing/libraries.sh

readonly zig_version=0.17.1
readonly zig_home=$PWD/build-cross/zig

# fetch_zig installs it.
fetch_zig() {
  [[ ! -e $zig_home.complete ]] || return 0
  echo "tools/cross: fetching ziglang $zig_version from PyPI"
  python3 -m venv "$zig_home"
  "$zig_home/bin/pip" install --quiet --disable-pip-version-check \
    "ziglang==$zig_version" || fail 'pip got no ziglang; its reason is above.'
  touch "$zig_home.complete"
}

# bind_zig ZIG_TARGET OPTION… makes $bin/c++ and $bin/ar for one target. Meson
# asks the linker who it is, which Zig's answers in its own words; it takes the
# options of Apple's on Darwin and of LLVM's elsewhere, so that is what it is
# said to be. Asked for its version, it leaves a file a.o where it stands.
bind_zig() {
  local zig who='case " $* " in *" -Wl,--version "*) echo "LLD 22"; exit ;; esac'
  fetch_zig
  zig=$("$zig_home/bin/python" -c 'import os, ziglang
print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))')
  [[ $1 != *macos* ]] || who='case " $* " in
  *" -Wl,--version "*) echo "ld: unknown option: --version" >&2; exit 1 ;;
  *" -Wl,-v "*) echo "@(#)PROGRAM:ld  PROJECT:ld64-1" >&2; exit ;;
esac'
  mkdir -p "$bin"
  cat > "$bin/c++" <<END
#!/bin/sh
export ZIG_GLOBAL_CACHE_DIR=$zig_home/cache ZIG_LOCAL_CACHE_DIR=$zig_home/cache
$who
[ "\$*" != --version ] || cd "$bin"
exec $zig c++ -target $* -fno-sanitize=undefined "\$@"
END
  cat > "$bin/ar" <<END
#!/bin/sh
exec $zig ar "\$@"
END
  chmod +x "$bin"/*
}
