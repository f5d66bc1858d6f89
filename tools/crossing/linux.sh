#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

# Builds gosling for another of Linux's CPUs with Debian's cross compiler, and
# runs its tests. Called by tools/cross: CPU [test [suite…]].
#
# The libraries are that CPU's Debian packages, unpacked into a folder of the
# build tree; the machine's own packages and dpkg's architectures stay as they
# are. Programs are linked to load from that folder, their dynamic linker too.
# 386 then runs by itself. For the other CPUs the kernel is told to start
# qemu-user for their programs (binfmt_misc), in a namespace of the tests' own:
# many tests start themselves anew, which is a plain execve.
set -euo pipefail
. tools/crossing/common.sh

# The names by which all the others know the CPU.
cpu=$1
shift
case $cpu in
  386)
    debian=i386 triplet=i686-linux-gnu folder=i386-linux-gnu family=x86
    loader=ld-linux.so.2 emulator=
    ;;
  arm)
    debian=armhf triplet=arm-linux-gnueabihf folder=$triplet family=arm
    loader=ld-linux-armhf.so.3 emulator=qemu-arm-static
    # What an executable begins with: 32 bits, little-endian, the CPU's number.
    magic='\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00'
    ;;
  arm64)
    debian=arm64 triplet=aarch64-linux-gnu folder=$triplet family=aarch64
    loader=ld-linux-aarch64.so.1 emulator=qemu-aarch64-static
    magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    ;;
esac
readonly libraries='libboost-context-dev libabsl-dev libcli11-dev libgtest-dev nlohmann-json3-dev'
readonly mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
tree=$PWD/build-$cpu
root=$tree/root

tools/setup --quiet --cross "$cpu"

# make_root lays the packages' files under $root.
make_root() {
  local apt=$tree/apt keys=/usr/share/keyrings/debian-archive-keyring.gpg
  local release version
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  version=$("$triplet-g++" -dumpversion)
  echo "tools/cross: fetching $debian's packages of Debian $release"
  rm -rf "$apt" "$root"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$root"
  touch "$apt/status"
  echo "deb [signed-by=$keys] http://deb.debian.org/debian $release main" \
    > "$apt/sources.list"
  cat > "$apt/conf" <<END
APT::Architecture "$debian";
APT::Architectures { "$debian"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
END
  export APT_CONFIG=$apt/conf
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -y -qq --download-only "libstdc++-${version%%.*}-dev" $libraries ||
    fail "apt did not get the packages; its reason is above."
  local package
  for package in "$apt"/archives/*.deb; do
    dpkg-deb --extract "$package" "$root"
  done
  # Links from / lead to $root instead.
  local link
  find "$root" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
    ln -sfn "$root$(readlink "$link")" "$link"
  done
  rm -rf "$apt"
  echo "$libraries" > "$root.complete"
}

# cross_file describes the target to Meson.
cross_file() {
  local ccache='' wrapper=''
  command -v ccache > /dev/null && ccache="'ccache', "
  [[ -z $emulator ]] || wrapper="exe_wrapper = '$emulator'"
  cat <<END
[binaries]
cpp = [$ccache'$triplet-g++']
ar = '$triplet-ar'
nm = '$triplet-nm'
strip = '$triplet-strip'
objdump = '$triplet-objdump'
pkgconfig = 'pkg-config'
$wrapper

[built-in options]
cpp_args = ['--sysroot=$root']
cpp_link_args = ['--sysroot=$root', '-Wl,--dynamic-linker=$root/lib/$loader',
  '-Wl,--disable-new-dtags,-rpath,$root/lib/$folder:$root/usr/lib/$folder']

[properties]
sys_root = '$root'
pkg_config_libdir = '$root/usr/lib/$folder/pkgconfig:$root/usr/share/pkgconfig'
boost_includedir = '$root/usr/include'
boost_librarydir = '$root/usr/lib/$folder'

[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$cpu'
endian = 'little'
END
}

# emulate COMMAND… runs it where the kernel starts the target's programs; 125:
# that is not to be had.
emulate() {
  local proc=$tree/own_proc.so source=tools/crossing/own_proc.cc
  [[ $proc -nt $source ]] ||
    "$triplet-g++" -shared -fPIC -O2 --sysroot="$root" -o "$proc" "$source"
  export QEMU_SET_ENV=LD_PRELOAD=$proc GOSLING_EMULATOR=$emulator
  if "$root/lib/$loader" --version > /dev/null 2>&1; then
    "$@"  # it does so already
    return
  fi
  # F: the emulator is opened now, once and for all. P: it is told argv[0].
  # shellcheck disable=SC2016
  RULE=":gosling:M::$magic:$mask:$(command -v "$emulator"):FP" \
    unshare --user --map-root-user --mount bash -c '
      mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
        printf %s "$RULE" > /proc/sys/fs/binfmt_misc/register &&
        "$0" --version > /dev/null || exit 125
      exec "$@"' "$root/lib/$loader" "$@"
}

[[ $(cat "$root.complete" 2> /dev/null) == "$libraries" ]] || make_root
cross_file > "$tree/cross.ini.new"
if ! cmp -s "$tree/cross.ini.new" "$tree/cross.ini"; then
  mv "$tree/cross.ini.new" "$tree/cross.ini"
  rm -rf "$tree/meson-private" "$tree/build.ninja"
fi
[[ -f $tree/build.ninja ]] || meson setup "$tree" --cross-file "$tree/cross.ini" \
  --buildtype=debugoptimized -Dbenchmarks=disabled
if [[ ${1:-} != test ]]; then
  ninja -C "$tree"
  exit
fi
shift

# needed_by SUITE… prints what the suites' tests need, as ninja knows it.
needed_by() {
  python3 - "$tree" "$@" <<'END'
import json, os, sys
tree, *suites = sys.argv[1:]
def load(what):
    with open(f'{tree}/meson-info/intro-{what}.json', encoding='utf-8') as file:
        return json.load(file)
files = {target['id']: target['filename'] for target in load('targets')}
for test in load('tests'):
    if any(name.partition(':')[2] in suites for name in test['suite']):
        for target in test['depends']:
            for file in files[target]:
                print(os.path.relpath(file, tree))
END
}

# Not all, if it is for some suites only.
needed=()
if (($# > 0)); then
  ninja -C "$tree" build.ninja
  readarray -t needed < <(needed_by "$@")
  ((${#needed[@]} > 0)) || fail "there is no suite of the name $*"
fi
ninja -C "$tree" ${needed[@]+"${needed[@]}"}
[[ -n $emulator ]] || run_suites "$tree" env "$@"

# run_emulated COMMAND… is emulate for a test run, which takes longer there.
run_emulated() {
  local status=0
  emulate "$@" --timeout-multiplier 5 || status=$?
  ((status == 125)) || return "$status"
  echo "tools/cross: cannot have the kernel start $emulator by itself." \
    "The tests need binfmt_misc: in a user namespace (Linux 6.7 or later), or" \
    "set up by root for all (on Debian, by the package qemu-user-static)." >&2
  exit 77  # this machine cannot
}
run_suites "$tree" run_emulated "$@"
