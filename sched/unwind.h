// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Frames: the stack of a goroutine as return addresses, read with the ordinary
// unwinder from wherever the goroutine stands.

#ifndef GOSLING_SCHED_UNWIND_H_
#define GOSLING_SCHED_UNWIND_H_

#include <signal.h>

#include <cstdint>

#include "sched/g.h"

namespace gosling::sched {

// Frames holds the innermost 50 frames of a stack and the outermost 50, as Go's
// tracebacks do. Of a stack deeper than a million frames the outermost are
// those that were reached.
class Frames {
 public:
  // Collect reads the caller's own stack, without the caller's frame.
  void Collect();

  // CollectInterrupted reads, from within a signal handler, the stack of the
  // code that the signal interrupted; `context` is the handler's third
  // argument.
  void CollectInterrupted(const ucontext_t& context);

  // CollectParked reads the stack of a goroutine that is parked, and stays so
  // while this goes on. From any stack, a signal handler's too.
  void CollectParked(G* g);

  int Count() const { return count_ < kKept ? count_ : kKept; }
  std::uintptr_t PC(int i) const { return pc_[Place(i)]; }

  // Elided returns how many frames are missing before PC(i).
  int Elided(int i) const {
    return i == kInner && count_ > kKept ? count_ - kKept : 0;
  }

  // IsCall says that PC(i) is a return address, and the call lies before it:
  // not so where a signal struck.
  bool IsCall(int i) const { return i > 0 || !interrupted_; }

 private:
  friend struct FrameWalk;

  static constexpr int kInner = 50;
  static constexpr int kOuter = 50;
  static constexpr int kKept = kInner + kOuter;
  static constexpr int kMost = 1'000'000;

  void Add(std::uintptr_t pc);
  void FollowFramePointers(const ucontext_t& context, const Stack& stack);
  // The outer frames are kept in a ring, as nobody knows which are the last.
  int Place(int i) const {
    if (i < kInner || count_ <= kKept) return i;
    return kInner + (count_ - kKept + i - kInner) % kOuter;
  }

  std::uintptr_t pc_[kKept];
  int count_ = 0;
  bool interrupted_ = false;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_UNWIND_H_
