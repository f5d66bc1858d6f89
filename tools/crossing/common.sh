# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

# Sourced by its siblings, from the root of the tree.

fail() {
  printf 'tools/cross: %s\n' "$@" >&2
  exit 1
}

# run_suites TREE WRAPPER SUITE… runs the suites that TREE has been built with,
# or all, as "WRAPPER meson test …", sums them up, and ends the script.
run_suites() {
  local tree=$1 wrapper=$2 log=$1/meson-logs/testlog-plain.json
  local status=0 suite suites=()
  shift 2
  for suite; do suites+=(--suite "$suite"); done
  rm -f "$log"
  "$wrapper" meson test -C "$tree" --no-rebuild --print-errorlogs \
    --setup plain ${suites[@]+"${suites[@]}"} || status=$?
  [[ -s $log ]] || fail "no test ran: is there a suite of that name?"
  tools/summary.py "$log" || status=1
  exit "$status"
}
