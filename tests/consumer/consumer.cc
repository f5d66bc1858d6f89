// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A program as users write it, compiled against the installed library only. It
// touches each public header's compiled part, so that a function the shared
// library forgets to export is missed at link time.

#include <gosling/gosling.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <optional>

namespace go = gosling;
using namespace std::chrono_literals;

int main() {
  return go::Run([] {
    auto numbers = go::MakeChan<int>(1);
    go::sync::WaitGroup workers;
    go::sync::Mutex mutex;
    int sum = 0;
    for (int i = 0; i < 4; i++) {
      workers.Add(1);
      go::Go([&] {
        const std::lock_guard<go::sync::Mutex> lock(mutex);
        sum += 10;
        workers.Done();
      });
    }
    workers.Wait();
    go::Go([=] { numbers.Send(sum); });

    auto signals = go::MakeChan<go::signal::Signal>(1);
    go::signal::Notify(signals, SIGUSR1);
    std::raise(SIGUSR1);
    const bool signalled = signals.Recv() == go::signal::Signal(SIGUSR1);
    go::signal::Stop(signals);

    int received = 0;
    go::Select(
        go::OnRecv(numbers, [&](std::optional<int> n) { received = *n; }),
        go::OnRecv(go::time::After(30s), [] {}));
    try {
      numbers.Close();
      numbers.Close();
    } catch (const go::Panic&) {
      received += 2;
    }
    std::printf("the consumer received %d\n", received);
    return received == 42 && signalled ? 0 : 1;
  });
}
