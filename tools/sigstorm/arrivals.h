// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A counter that a goroutine can wait on.

#ifndef TOOLS_SIGSTORM_ARRIVALS_H_
#define TOOLS_SIGSTORM_ARRIVALS_H_

#include <gosling/chan.h>
#include <gosling/select.h>
#include <gosling/time.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sigstorm {

// Arrivals has one goroutine that adds and at most one that waits; any thread
// may read count.
class Arrivals {
 public:
  // Add never parks: one pending wake-up is enough.
  void Add() {
    count_.fetch_add(1);
    more_.TrySend(gosling::Unit{});
  }

  std::uint64_t count() const { return count_.load(); }

  // AwaitMore parks until more than `count` have arrived, for `patience` ns at
  // the most; says whether they have.
  bool AwaitMore(std::uint64_t count, std::int64_t patience) const {
    auto timer = gosling::time::NewTimer(std::chrono::nanoseconds(patience));
    bool late = false;
    while (this->count() <= count && !late) {
      gosling::Select(gosling::OnRecv(more_, [] {}),
                      gosling::OnRecv(timer.C(), [&] { late = true; }));
    }
    timer.Stop();
    return this->count() > count;
  }

 private:
  std::atomic<std::uint64_t> count_{0};
  gosling::Chan<gosling::Unit> more_ = gosling::MakeChan<gosling::Unit>(1);
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_ARRIVALS_H_
