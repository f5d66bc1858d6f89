#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

# Does for every CPU and object format what this machine can, and writes what
# came of it into the table of arch/README.md. Called by tools/cross:
# [suite…]; without one, all of them are run.
set -euo pipefail

readonly readme=arch/README.md begin='<!-- tools/cross table -->' end='<!-- end -->'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# assembles TARGET CPU says whether clang makes objects of a port's sources.
assembles() {
  local source
  for source in jump libc_call; do
    clang -target "$1" -c -I. "arch/$2/$source.S" -o "$scratch/object.o" ||
      { echo no; return; }
  done
  echo yes
}

# compiler COMMAND prints which it is, and its version.
compiler() {
  local name=g++
  [[ $("$1" --version) != *clang* ]] || name=clang
  echo "$name $("$1" -dumpversion)"
}

emulator() { "$1" --version | sed -n '1s/^\(\S*\) version \(\S*\).*/\1 \2/p'; }

# elf CPU TARGET COMPILER WITH WHERE COMMAND…: a row; the command's last line is
# the sum of its tests.
elf() {
  local cpu=$1 target=$2 compiler=$3 with=$4 where=$5 sum=no linked=no
  shift 5
  echo "tools/cross: $*" >&2
  "$@" < /dev/null > "$scratch/log" 2>&1 || true
  if tail -n 1 "$scratch/log" | grep -qx '[0-9]* passed, .*'; then
    sum="$(tail -n 1 "$scratch/log"), $where" linked=yes
  fi
  [[ $sum == *' 0 failed'* ]] || tail -n 20 "$scratch/log" >&2
  echo "| $cpu | ELF | $(compiler "$compiler"), $with | $(assembles "$target" "$cpu")" \
    "| $linked | $sum | |"
}

# mach_o CPU TARGET [COMPILER COMMAND…]: a row; without a command nothing is
# linked. The command's test looks at what was linked.
mach_o() {
  local cpu=$1 target=$2 with='' linked=no
  shift 2
  if (($# > 0)); then
    local compiler=$1
    shift
    echo "tools/cross: $*" >&2
    if "$@" < /dev/null > "$scratch/log" 2>&1; then
      linked='yes, and looked at'
    else
      tail -n 20 "$scratch/log" >&2
    fi
    with="$(compiler "$compiler"), libc++"
  fi
  echo "| $cpu | Mach-O | $with | $(assembles "$target" "$cpu") | $linked | no" \
    "| $emulated |"
}

tools/setup --quiet --clang
for cpu in 386 arm arm64; do tools/setup --quiet --cross "$cpu"; done
readonly here='on an amd64'
emulated=no
tools/setup --quiet --emulator
echo 'tools/cross: tests/emulator/check.py' >&2
if tests/emulator/check.py > "$scratch/log" 2>&1; then
  emulated="the assembly, a signal's way"
else
  tail -n 20 "$scratch/log" >&2
fi
{
  echo "Written on $(date +%F) at commit $(git rev-parse --short HEAD), on $(nproc)" \
    "cores of $(. /etc/os-release && echo "$PRETTY_NAME"), Linux" \
    "$(uname -r | cut -d . -f 1,2);"
  echo "suites: ${*:-all, the checks of the tree on amd64 only}."
  echo
  echo '| CPU | objects | compiled by, with | assembled by clang | linked | tests run' \
    '| run under an emulator |'
  echo '|---|---|---|---|---|---|---|'
  elf 386 i386-linux-gnu i686-linux-gnu-g++ libstdc++ "$here" tools/cross 386 test "$@"
  elf amd64 x86_64-linux-gnu c++ libstdc++ "$here" tools/test "$@"
  elf amd64 x86_64-linux-gnu clang++ libstdc++ "$here" tools/test --clang "$@"
  elf amd64 x86_64-linux-gnu build-libcxx/bin/c++ libc++ "$here" \
    tools/cross libcxx test "$@"
  elf amd64 x86_64-linux-gnu build-musl/bin/c++ 'libc++, musl, static' "$here" \
    tools/cross musl test "$@"
  elf arm arm-linux-gnueabihf arm-linux-gnueabihf-g++ libstdc++ \
    "under $(emulator qemu-arm-static)" tools/cross arm test "$@"
  elf arm64 aarch64-linux-gnu aarch64-linux-gnu-g++ libstdc++ \
    "under $(emulator qemu-aarch64-static)" tools/cross arm64 test "$@"
  mach_o 386 i386-apple-macos10.13
  mach_o amd64 x86_64-apple-macos10.13 build-darwin-amd64/bin/c++ \
    tools/cross darwin-amd64 test
  mach_o arm armv7-apple-ios10
  mach_o arm64 arm64-apple-macos11 build-darwin-arm64/bin/c++ \
    tools/cross darwin-arm64 test
} | tee "$scratch/table"

awk -v begin="$begin" -v end="$end" -v table="$scratch/table" '
  $0 == end { inside = 0 }
  !inside { print }
  $0 == begin { inside = 1; while ((getline line < table) > 0) print line }
' "$readme" > "$scratch/readme"
cp "$scratch/readme" "$readme"
