// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Parker tells a test that a goroutine has parked: a time that is waited instead
// is too short when the goroutine's thread loses its core.

#ifndef GOSLING_TESTS_PARKED_H_
#define GOSLING_TESTS_PARKED_H_

#include <gtest/gtest.h>

#include <atomic>

#include "sched/g.h"
#include "sched/proc.h"
#include "tests/go_test.h"

namespace gosling {

class Parker {
 public:
  // Comes is called by the goroutine itself, right before it is to park.
  void Comes() { g_ = sched::CurrentG(); }

  // Parked says whether it has come, and is parked. It stands in the queue then
  // of what it waits for.
  bool Parked() const {
    const sched::G* const g = g_;
    return g != nullptr && g->status == sched::GStatus::kWaiting;
  }

  // Await lets others run until that is so.
  void Await() const {
    EXPECT_TRUE(YieldUntil([this] { return Parked(); })) << "it does not park";
  }

 private:
  std::atomic<const sched::G*> g_{nullptr};
};

}  // namespace gosling

#endif  // GOSLING_TESTS_PARKED_H_
