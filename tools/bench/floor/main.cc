// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The floor: the least that the machine asks for some of the workloads, without
// a scheduler, a queue or a guarantee. No system can be below it by much.

#include "tools/bench/bench.h"

int main(int argc, char** argv) { return bench::Main(argc, argv, ""); }
