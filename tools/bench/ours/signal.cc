// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigself: the program sends itself a signal and receives it on a channel. One
// operation is one signal; "latency" is the median. sighandler: ../self_signal.h.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/signal.h>
#include <unistd.h>

#include <csignal>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"
#include "tools/bench/self_signal.h"

namespace {

void SigSelf(benchmark::State& state) {
  gosling::Run([&] {
    bench::Latencies latencies(state.max_iterations);
    auto signals = gosling::MakeChan<gosling::signal::Signal>(1);
    gosling::signal::Notify(signals, SIGUSR1);
    for (auto _ : state) {
      const bench::Clock::time_point sent = bench::Clock::now();
      ::kill(::getpid(), SIGUSR1);
      bench::Require(*signals.Recv() == SIGUSR1, "sigself");
      latencies.Add(bench::Clock::now() - sent);
    }
    gosling::signal::Stop(signals);
    state.counters["latency"] = latencies.Median();
  });
}
BENCHMARK(SigSelf)->Name("sigself")->Apply(bench::Timed);

void SigHandler(benchmark::State& state) {
  gosling::Run([&] {
    bench::Latencies each(state.max_iterations);
    auto signals = gosling::MakeChan<gosling::signal::Signal>(1);
    gosling::signal::Notify(signals, SIGUSR1);
    for (auto _ : state) {
      each.Add(bench::SelfSignals(SIGUSR1));
      bench::Require(*signals.Recv() == SIGUSR1, "sighandler");
    }
    gosling::signal::Stop(signals);
    state.counters["each"] = each.Median();
  });
}
BENCHMARK(SigHandler)->Name("sighandler")->Apply(bench::Timed);

}  // namespace
