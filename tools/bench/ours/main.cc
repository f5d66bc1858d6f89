// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The gosling program. How many goroutines run at once is up to GOMAXPROCS in
// the environment.

#include "tools/bench/bench.h"

int main(int argc, char** argv) { return bench::Main(argc, argv, ""); }
