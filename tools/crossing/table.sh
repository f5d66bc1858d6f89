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

# outcome COMMAND… prints its last line, which is the sum of its tests.
outcome() {
  "$@" < /dev/null > "$scratch/log" 2>&1 || true
  if tail -n 1 "$scratch/log" | grep -qx '[0-9]* passed, .*'; then
    tail -n 1 "$scratch/log"
  else
    tail -n 20 "$scratch/log" >&2
    echo no
  fi
}

linked() {
  [[ $1 == no ]] && echo no || echo yes
}

# elf CPU TARGET PLACE COMMAND…
elf() {
  local cpu=$1 target=$2 place=$3 sum
  shift 3
  sum=$(outcome "$@")
  echo "| $cpu | ELF | $(assembles "$target" "$cpu") | $(linked "$sum") | $sum; $place |"
}

# mach_o CPU TARGET [COMMAND…]: without a command nothing is linked.
mach_o() {
  local cpu=$1 target=$2 sum=no
  shift 2
  (($# == 0)) || sum=$(outcome "$@")
  echo "| $cpu | Mach-O | $(assembles "$target" "$cpu") | $(linked "$sum") | no |"
}

emulator() { "$1" --version | sed -n '1s/^\(\S*\) version \(\S*\).*/\1 \2/p'; }

tools/setup --quiet --clang
{
  echo '| CPU | objects | assembled by clang | linked | tests run |'
  echo '| --- | --- | --- | --- | --- |'
  elf 386 i386-linux-gnu 'on an amd64' tools/cross 386 test "$@"
  elf amd64 x86_64-linux-gnu 'on an amd64' tools/test "$@"
  elf arm arm-linux-gnueabihf "under $(emulator qemu-arm-static)" \
    tools/cross arm test "$@"
  elf arm64 aarch64-linux-gnu "under $(emulator qemu-aarch64-static)" \
    tools/cross arm64 test "$@"
  mach_o 386 i386-apple-macos10.13
  mach_o amd64 x86_64-apple-macos10.13 tools/cross darwin-amd64 test
  mach_o arm armv7-apple-ios10
  mach_o arm64 arm64-apple-macos11 tools/cross darwin-arm64 test
  echo
  echo "Suites: ${*:-all, but the checks of the tree on amd64 only}."
} | tee "$scratch/table"

awk -v begin="$begin" -v end="$end" -v table="$scratch/table" '
  $0 == end { inside = 0 }
  !inside { print }
  $0 == begin { inside = 1; while ((getline line < table) > 0) print line }
' "$readme" > "$scratch/readme"
cp "$scratch/readme" "$readme"
