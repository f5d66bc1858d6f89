# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

# Sourced by its siblings, from the root of the tree: the libraries that gosling
# stands on, for a compiler whose C++ library or system is not Debian's. They
# come from Debian's source packages, so they have the versions that everything
# else is tested with.
#
# Whoever calls this has set
#
#     bin     a folder with the compiler, as c++, and its ar
#     root    the folder to put the libraries into
#
# What is there is not made again. Sources and tools, which serve all targets,
# are kept in build-cross.

. tools/crossing/common.sh

readonly source_home=$PWD/build-cross/source
readonly sources='abseil boost1.74 cli11 googletest nlohmann-json3'

# fetch_sources gets the source packages, by lists of their own: nothing of this
# machine's apt changes, and no deb-src line is asked for.
fetch_sources() {
  [[ $(cat "$source_home.complete" 2> /dev/null) != "$sources" ]] || return 0
  local apt=$PWD/build-cross/apt keys=/usr/share/keyrings/debian-archive-keyring.gpg
  local package
  echo "tools/cross: fetching the sources of $sources of Debian bookworm"
  rm -rf "$apt" "$source_home"
  mkdir -p "$apt/lists/partial" "$source_home"
  echo "deb-src [signed-by=$keys] http://deb.debian.org/debian bookworm main" \
    > "$apt/sources.list"
  cat > "$apt/conf" <<END
APT::Sandbox::User "";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
END
  (
    export APT_CONFIG=$apt/conf
    cd "$source_home"
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get source -qq --download-only $sources
  ) || fail "apt did not get the sources; its reason is above."
  for package in $sources; do
    mkdir "$source_home/$package"
    tar -C "$source_home/$package" --strip-components=1 \
      -xf "$source_home/$package"_*.orig.tar.*
  done
  rm -rf "$apt"
  # The local time zone by CoreFoundation, which no cross compiler has.
  sed -i 's/defined(__APPLE__)/0/' \
    "$source_home/abseil/absl/time/internal/cctz/src/time_zone_lookup.cc"
  # Names of functions in stack traces: it needs ELF, not glibc.
  sed -i 's/defined(__ELF__) && defined(__GLIBC__)/defined(__ELF__)/' \
    "$source_home/abseil/absl/debugging/internal/symbolize.h"
  echo "$sources" > "$source_home.complete"
}

# build_library NAME FILE… OPTION… compiles the files of a library, relative to
# the current folder, into $root/lib/libNAME.a.
build_library() {
  local name=$1 objects=$root/objects files=() options=(-O2 -g0 -w -fPIC) word
  shift
  for word; do
    [[ $word == -* ]] && options+=("$word") || files+=("$word")
  done
  mkdir -p "$objects" "$root/lib"
  # The .S files too: the driver tells by the name what a file is.
  printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -I '{}' sh -c '
    file=$1 out=$2/$(echo "$1" | tr / _).o
    shift 2
    exec "$@" -c "$file" -o "$out"' - '{}' "$objects" "$bin/c++" "${options[@]}"
  "$bin/ar" rcs "$root/lib/lib$name.a" "$objects"/*.o
  rm -r "$objects"
}

# describe LIBRARY NAME… lets pkg-config find a library by each of its names;
# $cflags are what its users need.
describe() {
  local library=$1 name
  shift
  mkdir -p "$root/lib/pkgconfig"
  for name; do
    cat > "$root/lib/pkgconfig/$name.pc" <<END
Name: $name
Description: built from Debian's source package
Version: 0
Cflags: -isystem $root/include${cflags:+ $cflags}
Libs: -L$root/lib $library
END
  done
}

# build_boost ABI builds Boost.Context, which is three files of assembly, for
# one of the names that they end in.
build_boost() {
  cd "$source_home/boost1.74/libs"
  cp -r config/include/. context/include/. "$root/include"
  cd context/src/asm
  build_library boost_context {make,jump,ontop}_"$1"_gas.S
}

# build_abseil makes one library of the parts that gosling uses; Abseil's own
# build would make ninety, and compile twice as much.
build_abseil() {
  cd "$source_home/abseil"
  local files
  files=$(find absl/{base,container,debugging,hash,numeric,profiling} \
    absl/{strings,synchronization,time,types} -name '*.cc' |
    grep -Ev 'test|benchmark|_mock|print_hash_of|gaussian|force_weak')
  # shellcheck disable=SC2086
  build_library absl -I. -std=c++17 $files
  ln -sfn "$PWD/absl" "$root/include/absl"
  local names=(stacktrace str_format strings symbolize time)
  describe -labsl "${names[@]/#/absl_}"
}

# build_googletest: after macOS's <math.h>, which wants a part of it, <float.h>
# no longer defines FLT_MAX with this libc++; so it comes first.
build_googletest() {
  cd "$source_home/googletest/googletest"
  local cflags='-include cfloat'
  build_library gtest -I. -Iinclude -std=c++17 --include=cfloat src/gtest-all.cc
  build_library gtest_main -I. -Iinclude -std=c++17 --include=cfloat \
    src/gtest_main.cc
  ln -sfn "$PWD/include/gtest" "$root/include/gtest"
  describe -lgtest gtest
  describe '-lgtest_main -lgtest' gtest_main
}

# lay_headers lays out the libraries that are nothing else.
lay_headers() {
  ln -sfn "$source_home/cli11/include/CLI" "$root/include/CLI"
  describe '' CLI11
  ln -sfn "$source_home/nlohmann-json3/include/nlohmann" "$root/include/nlohmann"
  describe '' nlohmann_json
}

# make_root BOOST_ABI gets and builds all of it.
make_root() {
  fetch_sources
  [[ ! $root.complete -nt $source_home.complete ]] || return 0
  rm -rf "$root"
  mkdir -p "$root/include"
  echo "tools/cross: building the libraries into $root"
  (build_boost "$1")
  (build_abseil)
  (build_googletest)
  lay_headers
  touch "$root.complete"
}

# cross_file SYSTEM CPU_FAMILY CPU FOREIGN describes the target to Meson. FOREIGN
# is whether this machine cannot run its programs: true or false.
cross_file() {
  cat <<END
[binaries]
cpp = '$bin/c++'
ar = '$bin/ar'
pkgconfig = 'pkg-config'

[properties]
needs_exe_wrapper = $4
pkg_config_libdir = '$root/lib/pkgconfig'
boost_includedir = '$root/include'
boost_librarydir = '$root/lib'

[host_machine]
system = '$1'
cpu_family = '$2'
cpu = '$3'
endian = 'little'
END
}
