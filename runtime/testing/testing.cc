// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <gosling/panic.h>
#include <gosling/testing.h>

#include <exception>

#include "runtime/testing/bubble.h"
#include "runtime/testing/explore.h"

namespace gosling::testing {

namespace {

BubbleLoop& CurrentBubble(const char* caller) {
  BubbleLoop* bubble = BubbleLoop::Current();
  if (bubble == nullptr) {
    throw Panic("testing: " + std::string(caller) +
                " called outside of a bubble");
  }
  return *bubble;
}

}  // namespace

void Wait() { CurrentBubble("Wait").WaitForOthers(); }

void Fail(const std::string& words) {
  BubbleLoop* bubble = BubbleLoop::Current();
  if (bubble == nullptr) throw Panic(words);
  bubble->Fail(words);
}

}  // namespace gosling::testing

namespace gosling::internal {

void RunBubble(const testing::BubbleOptions& options, void (*f)(void*),
               void* arg) {
  using testing::Failure;
  testing::BubbleLoop bubble;
  testing::PlainDecider decider;
  bubble.SetPatience(options.patience.count());
  bubble.SetRealNetwork(options.real_network);
  bubble.Enter("Bubble");
  const Failure failure = bubble.Run(f, arg, &decider);
  bubble.Leave();
  if (failure == Failure::kException) {
    std::rethrow_exception(bubble.exception());
  }
  if (failure != Failure::kNone) throw Panic(bubble.words());
}

testing::ExploreResult RunExplore(const testing::ExploreOptions& options,
                                  void (*f)(void*), void* arg) {
  return testing::Explorer(options, f, arg).Run();
}

}  // namespace gosling::internal
