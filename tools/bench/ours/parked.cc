// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// parked100k, parked1m: so many goroutines wait, each on a channel of its own,
// and are then woken by closing the channels. "bytes" is what each adds to the
// resident set: stack, goroutine, channel, and what the runtime keeps about
// them. "create" is the time until all wait, "wake" the time until all have
// ended. "before" and "after" are the resident set before, and when the runtime
// has given memory back.

#include "tools/bench/parked.h"

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/rss.h"

namespace {

// AwaitTrimmed returns when the resident set does not fall any more: stacks
// that lay unused for a second are given back, some hundred megabytes a second.
void AwaitTrimmed() {
  std::int64_t least = bench::ResidentBytes();
  for (int quiet = 0; quiet < 5;) {
    gosling::time::Sleep(std::chrono::milliseconds(500));
    const std::int64_t now = bench::ResidentBytes();
    quiet = now < least - 1'000'000 ? 0 : quiet + 1;
    least = std::min(least, now);
  }
}

void ParkAll(bench::Parked* parked) {
  std::vector<gosling::Chan<gosling::Unit>> gates;
  gates.reserve(parked->count());
  gosling::sync::WaitGroup arrived;
  gosling::sync::WaitGroup ended;
  arrived.Add(parked->count());
  for (int i = 0; i < parked->count(); i++) {
    gates.push_back(gosling::MakeChan<gosling::Unit>());
    ended.Go([gate = gates.back(), &arrived] {
      arrived.Done();
      gate.Recv();
    });
  }
  arrived.Wait();
  parked->Created();
  for (const auto& gate : gates) gate.Close();
  ended.Wait();
  parked->Woken();
}

void Park(benchmark::State& state, int count) {
  gosling::Run([&] {
    for (auto _ : state) {
      bench::Parked parked(count);
      ParkAll(&parked);
      AwaitTrimmed();
      parked.Report(&state);
    }
  });
}

void Parked100k(benchmark::State& state) { Park(state, 100'000); }
BENCHMARK(Parked100k)->Name("parked100k")->Apply(bench::Counted);

void Parked1m(benchmark::State& state) { Park(state, 1'000'000); }
BENCHMARK(Parked1m)->Name("parked1m")->Apply(bench::Counted);

}  // namespace
