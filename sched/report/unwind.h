// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Frames: the stack of a goroutine as return addresses, read with the ordinary
// unwinder from wherever the goroutine stands; by frame pointers if a frozen
// thread, or the dying thread itself, holds a lock which the unwinder takes.

#ifndef GOSLING_SCHED_REPORT_UNWIND_H_
#define GOSLING_SCHED_REPORT_UNWIND_H_

#include <signal.h>

#include <cstdint>

#include "sched/g.h"
#include "sched/stack.h"

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

  // FollowInterrupted does that by frame pointers alone, for the goroutine with
  // that stack, from another thread too. For code that keeps none it finds
  // anything, or nothing.
  void FollowInterrupted(const ucontext_t& context, const Stack& stack);

  // FollowFramePointers adds the callers of the function that owns the frame.
  void FollowFramePointers(std::uintptr_t frame, const Stack& stack);

  // CollectParked reads the stack of a goroutine that is parked, and stays so
  // while this goes on. From any stack, a signal handler's too. False: a thread
  // was frozen while it did the same, and stands on that stack.
  bool CollectParked(G* g);

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
  void Clear(bool interrupted);
  // The outer frames are kept in a ring: which are the last shows at the end.
  int Place(int i) const {
    if (i < kInner || count_ <= kKept) return i;
    return kInner + (count_ - kKept + i - kInner) % kOuter;
  }

  std::uintptr_t pc_[kKept];
  int count_ = 0;
  bool interrupted_ = false;
};

// WarmUnwinder runs the unwinder once, so that it has allocated all it needs
// before a dying thread calls it, which may have crashed in malloc.
void WarmUnwinder();

// TryUnwinder says whether the unwinder can be had, and no thread stands on a
// parked goroutine's stack; for the dying thread, which has frozen the others.
// Calls meanwhile() as RunLimited does. Async-signal-safe.
bool TryUnwinder(void (*meanwhile)());

// GiveUnwinderUp, by the dying thread: from now on stacks are read by frame
// pointers. Says so, once. UnwinderGivenUp says whether that is so.
void GiveUnwinderUp();
bool UnwinderGivenUp();

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_REPORT_UNWIND_H_
