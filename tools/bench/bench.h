// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the C++ benchmark programs. There is one program per system (gosling,
// boost_fiber, and in Go the one in go/), and in each every workload once,
// under one name, written as its system is meant to be used. floor/ has the
// least that the machine asks for some of them. tools/bench/run knows the names
// and what one operation is.
//
//     void Yield2(benchmark::State& state) { … }
//     BENCHMARK(Yield2)->Name("yield2")->Apply(bench::Timed);

#ifndef TOOLS_BENCH_BENCH_H_
#define TOOLS_BENCH_BENCH_H_

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace bench {

// Timed makes a workload report the time on the clock, and the CPU time of all
// threads beside it: on several cores a system may buy the one with the other.
inline void Timed(benchmark::internal::Benchmark* workload) {
  workload->UseRealTime()->MeasureProcessCPUTime();
}

// Counted is Timed for what takes long, or counts memory: as many runs, in a
// fresh process, as BENCH_RUNS in the environment says, or one.
inline void Counted(benchmark::internal::Benchmark* workload) {
  const char* runs = std::getenv("BENCH_RUNS");
  workload->Apply(Timed)->Iterations(runs == nullptr ? 1 : std::atoi(runs));
}

// Require ends the program if a workload's result is wrong. An error line among
// the results would not do: Google Benchmark's exit status is 0 then.
inline void Require(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "wrong result: %s\n", what);
  std::_Exit(1);
}

// RequireSum: 1, 2 … `count` were sent, and their sum has been received.
inline void RequireSum(std::int64_t count, std::int64_t sum, const char* what) {
  Require(sum == count * (count + 1) / 2, what);
}

// Main is what main calls. `version` is the system's, the compiler's is added.
inline int Main(int argc, char** argv, const std::string& version) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("version",
                              version + "compiled with " __VERSION__);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace bench

#endif  // TOOLS_BENCH_BENCH_H_
