// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// storm1 and its kind: ../storm.h says what is sent and measured.

#include "tools/bench/storm.h"

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "tools/bench/bench.h"
#include "tools/bench/latency.h"

namespace {

using Signals = gosling::Chan<gosling::signal::Signal>;

// Workers are goroutines that compute and yield, one a P.
class Workers {
 public:
  Workers() {
    for (int i = 0; i < gosling::runtime::GOMAXPROCS(0); i++) {
      group_.Go([this] {
        while (!stopping_.load(std::memory_order_relaxed)) {
          bench::WorkUnit();
          done_.fetch_add(1, std::memory_order_relaxed);
          gosling::runtime::Gosched();
        }
      });
    }
  }

  ~Workers() {
    stopping_ = true;
    group_.Wait();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Rate returns how much they do in a nanosecond while f runs.
  template <class F>
  double Rate(F&& f) {
    const std::int64_t done = done_;
    const auto start = bench::Clock::now();
    f();
    return static_cast<double>(done_ - done) /
           static_cast<double>((bench::Clock::now() - start).count());
  }

 private:
  std::atomic<bool> stopping_ = false;
  std::atomic<std::int64_t> done_ = 0;
  gosling::sync::WaitGroup group_;
};

// Receive calls `send`, which has a storm sent, and returns what came of it.
template <class F>
bench::Storm Receive(int signals, F&& send) {
  bench::Storm storm;
  auto received =
      gosling::MakeChan<gosling::signal::Signal>(bench::kStormBuffer);
  for (int i = 0; i < signals; i++) {
    gosling::signal::Notify(received, bench::kStormSignals[i]);
  }
  gosling::sync::WaitGroup receiver;
  receiver.Go([&, received] {
    for (const gosling::signal::Signal signal : received) {
      storm.counts[signal.number()]++;
      storm.deliveries++;
      storm.last = bench::SinceEpoch();
    }
  });
  storm.stopped = gosling::runtime::Blocking(send);
  gosling::time::Sleep(bench::kStormDrain);
  gosling::signal::Stop(received);
  received.Close();
  receiver.Wait();
  return storm;
}

void Storm(benchmark::State& state, int signals, bench::StormCpus cpus) {
  const auto send = [=] { return bench::SendStorm(signals, cpus); };
  gosling::Run([&] {
    for (auto _ : state) {
      const bench::Storm storm = Receive(signals, send);
      Workers workers;
      const double unhindered =
          workers.Rate([] { gosling::time::Sleep(bench::StormPhase()); });
      double beside = 0;
      Receive(signals, [&] {
        std::chrono::nanoseconds stopped{};
        beside = workers.Rate([&] { stopped = send(); });
        return stopped;
      });
      bench::ReportStorm(&state, signals, storm, beside / unhindered);
    }
  });
}

void Storm1(benchmark::State& state) {
  Storm(state, 1, bench::StormCpus::kOther);
}
BENCHMARK(Storm1)->Name("storm1")->Apply(bench::Counted);

void Storm18(benchmark::State& state) {
  Storm(state, bench::kStormSignals.size(), bench::StormCpus::kOther);
}
BENCHMARK(Storm18)->Name("storm18")->Apply(bench::Counted);

void Storm1Same(benchmark::State& state) {
  Storm(state, 1, bench::StormCpus::kSame);
}
BENCHMARK(Storm1Same)->Name("storm1same")->Apply(bench::Counted);

void Storm18Same(benchmark::State& state) {
  Storm(state, bench::kStormSignals.size(), bench::StormCpus::kSame);
}
BENCHMARK(Storm18Same)->Name("storm18same")->Apply(bench::Counted);

}  // namespace
