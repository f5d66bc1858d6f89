#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

# fuzz.sh PROGRAM FOUND CORPUS runs a fuzz target for GOSLING_FUZZ_SECONDS (10)
# from the inputs in CORPUS; new ones, and the one that fails, go to FOUND.
set -euo pipefail
mkdir -p "$2"
exec "$1" -max_total_time="${GOSLING_FUZZ_SECONDS:-10}" -max_len=160 -len_control=0 \
  -timeout=30 -print_final_stats=1 -artifact_prefix="$2/" "$2" "$3"
