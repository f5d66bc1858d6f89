// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The stack of a parked goroutine is read by resuming it just long enough to
// run the ordinary unwinder on top of its own stack (OnTopOf): no knowledge of
// the saved frame's layout, on any CPU. It then jumps back, and stands inside
// that function, which returns when somebody resumes it.
//
// What a signal interrupted is read through the handler's own frame. That ends
// where unwind tables do: at the function that was interrupted, if it is musl's,
// and before it where nobody knows the frame of the signal (LLVM's unwinder on
// musl). Then the frame pointers are followed.
//
// Nothing here allocates or takes a lock, and _Unwind_Backtrace does neither
// where the C library finds unwind tables without one (_dl_find_object, glibc
// 2.35); before that it takes the dynamic linker's lock.

#include "sched/unwind.h"

#include <unwind.h>

#include "arch/arch.h"
#include "sched/proc.h"

namespace gosling::sched {

// FrameWalk is one run of the unwinder. It leaves out `skip` frames, and, where
// a signal struck, the handler's: all before the one that stands at `start`.
struct FrameWalk {
  Frames* frames;
  int skip = 0;
  std::uintptr_t start = 0;

  static _Unwind_Reason_Code Visit(_Unwind_Context* context, void* arg) {
    auto* walk = static_cast<FrameWalk*>(arg);
    const std::uintptr_t pc = _Unwind_GetIP(context);
    if (pc == 0) return _URC_END_OF_STACK;
    if (walk->skip > 0) {
      walk->skip--;
      return _URC_NO_REASON;
    }
    const bool seeking =
        walk->frames->interrupted_ && walk->frames->count_ == 0;
    if (seeking && pc != walk->start) return _URC_NO_REASON;
    walk->frames->Add(pc);
    return walk->frames->count_ < Frames::kMost ? _URC_NO_REASON
                                                : _URC_END_OF_STACK;
  }
};

namespace {

struct ParkedVisit {
  Frames* frames;
  SwitchAnnotations* visitor;
  G* host;
};

// VisitStack runs on the host's stack and stays there until the host is resumed
// in earnest: the visitors that come before that come back into its loop, or
// each would leave a frame more. They are told from a resumer, who brings a G
// (FinishPrevious), by the lowest bit of what they bring.
Transfer VisitStack(Transfer t) {
  constexpr std::uintptr_t kVisitor = 1;
  G* host = static_cast<ParkedVisit*>(t.data)->host;
  for (;;) {
    auto* visit = static_cast<ParkedVisit*>(t.data);
    FinishSwitch(host->annotations);
    FrameWalk walk{.frames = visit->frames, .skip = 1};
    _Unwind_Backtrace(FrameWalk::Visit, &walk);
    StartSwitch(host->annotations, *visit->visitor, /*dying=*/false);
    t = JumpContext(t.fctx, nullptr);
    auto data = reinterpret_cast<std::uintptr_t>(t.data);
    if ((data & kVisitor) == 0) break;
    t.data = reinterpret_cast<void*>(data - kVisitor);
  }
  host->visited = false;
  return t;
}

}  // namespace

void Frames::Add(std::uintptr_t pc) {
  const int i = count_ < kKept ? count_ : kInner + (count_ - kKept) % kOuter;
  pc_[i] = pc;
  count_++;
}

[[gnu::noinline]] void Frames::Collect() {
  count_ = 0;
  interrupted_ = false;
  FrameWalk walk{.frames = this, .skip = 2};
  _Unwind_Backtrace(FrameWalk::Visit, &walk);
}

void Frames::CollectInterrupted(const ucontext_t& context) {
  count_ = 0;
  interrupted_ = true;
  FrameWalk walk{.frames = this, .start = arch::ContextPC(context)};
  _Unwind_Backtrace(FrameWalk::Visit, &walk);
  if (count_ == 0) Add(walk.start);  // the unwinder did not get that far
  const G* g = GoroutineOn(CurrentM());
  if (count_ == 1 && arch::kFramesAreLinked && g != nullptr) {
    FollowFramePointers(context, g->stack);
  }
}

// FollowFramePointers goes outwards as long as it stays on the goroutine's
// stack. Of code that keeps no frame pointers anything may come out, or nothing.
// The outermost frame's return address leads nowhere.
[[gnu::no_sanitize("address", "thread")]] void Frames::FollowFramePointers(
    const ucontext_t& context, const Stack& stack) {
  struct Record {
    std::uintptr_t caller;
    std::uintptr_t pc;
  };
  auto inside =
      [lo = reinterpret_cast<std::uintptr_t>(stack.lo),
       hi = reinterpret_cast<std::uintptr_t>(stack.hi)](std::uintptr_t frame) {
        return frame >= lo && frame <= hi - sizeof(Record) &&
               frame % alignof(Record) == 0;
      };
  std::uintptr_t frame = arch::ContextFP(context);
  while (inside(frame) && count_ < kMost) {
    const auto* record = reinterpret_cast<const Record*>(frame);
    if (record->caller <= frame || !inside(record->caller)) break;
    Add(record->pc);
    frame = record->caller;
  }
}

void Frames::CollectParked(G* g) {
  count_ = 0;
  interrupted_ = false;
  ParkedVisit visit;
  SwitchAnnotations here;
  here.AttachThread();
  M* m = CurrentM();
  visit.frames = this;
  visit.visitor = m != nullptr && !m->curg->HasFlag(kGForeign)
                      ? &m->curg->annotations
                      : &here;
  visit.host = g;
  StartSwitch(*visit.visitor, g->annotations, /*dying=*/false);
  Transfer back =
      g->visited ? JumpContext(g->context, reinterpret_cast<char*>(&visit) + 1)
                 : OnTopOf(g->context, &visit, VisitStack);
  g->visited = true;
  FinishSwitch(*visit.visitor);
  g->context = back.fctx;
}

}  // namespace gosling::sched
