// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The stack of a parked goroutine is read by resuming it just long enough to
// run the ordinary unwinder on top of its own stack (OnTopOf): no knowledge of
// the saved frame's layout, on any CPU. It then jumps back, and stands inside
// that function, which returns when a resumer comes.
//
// The stack of code that a signal interrupted is read through the handler's own
// frame. The unwinder stops where unwind tables do: at the function that was
// interrupted, if it is musl's, and before it where the unwinder does not know
// the frame of the signal (LLVM's on musl). Then the frame pointers are
// followed.
//
// A thread that is struck in the last instructions of _Unwind_RaiseException
// has the address of a handler where a return address should be. The function
// that catches is shown as the caller, rightly: the frames between are gone.
// But the unwinder looks it up one byte before that address, as it does a
// caller, where another row of its table may hold: then a frame that is none
// follows, or the stack ends there. libgcc's tables say no more.
//
// Nothing here allocates or takes a lock. _Unwind_Backtrace may do both while
// it looks for a function's unwind table:
//
//   * libgcc has a mutex of its own, which it takes once any table has been
//     registered with it: always in a static program, in any other after
//     __register_frame (JITs). Since GCC 13 readers spin instead, while a
//     thread registers one. Tables that are new to it are sorted under that
//     mutex, in memory of malloc's, whose locks it then takes as well.
//   * The dynamic linker's, in dl_iterate_phdr: before glibc 2.35, which has
//     _dl_find_object instead, and on musl.
//   * LLVM's unwinder takes a lock of the tables that it has met, and the
//     dynamic linker's.
//
// A thread of a living process may wait for those, as their holders run. A
// dying thread may not: the holder may be frozen, or be the dying thread
// itself, which a signal struck inside the unwinder. It waits for none of them
// without a bound:
//
//   * It unwinds its own stack under RunLimited (limit.h).
//   * Before it reads the stacks of others, FreezeOthers has seen the unwinder
//     run to its end while all Ms were frozen, and has let a holder run on
//     until it did. From then on no frozen thread holds any of those locks, and
//     threads that are not frozen give them back.
//   * It gives a frozen thread that it asks for a stack limited time.
//
// Where that fails, the unwinder is given up for good, and frame pointers are
// followed: the runtime's own code keeps them, other code may not, and on arm
// they lead nowhere (kFramesAreLinked).
//
// Rejected: an unwinder of our own. A static program has no index of its tables
// (.eh_frame_hdr), and arm's are in another format. Rejected: libunwind
// (nongnu), which takes the dynamic linker's lock and some of its own.

#include "sched/report/unwind.h"

#include <unwind.h>

#include <atomic>

#include "arch/arch.h"
#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/report/limit.h"

namespace gosling::sched {

// FrameWalk is one run of the unwinder. It leaves out all frames before the one
// that stands at `start`, if that is not 0, and then `skip` more.
struct FrameWalk {
  Frames* frames;
  std::uintptr_t start = 0;
  int skip = 0;

  static _Unwind_Reason_Code Visit(_Unwind_Context* context, void* arg) {
    auto* walk = static_cast<FrameWalk*>(arg);
    const std::uintptr_t pc = _Unwind_GetIP(context);
    if (pc == 0) return _URC_END_OF_STACK;
    // Arm's return addresses say in bit 0 which instruction set is returned to.
    if (walk->start != 0 && (pc | 1) != (walk->start | 1)) {
      return _URC_NO_REASON;
    }
    walk->start = 0;
    if (walk->skip > 0) {
      walk->skip--;
      return _URC_NO_REASON;
    }
    walk->frames->Add(pc);
    return walk->frames->count_ < Frames::kMost ? _URC_NO_REASON
                                                : _URC_END_OF_STACK;
  }
};

namespace {

// The unwinder may take so long for the dying thread's own stack. It needs less
// than a millisecond, unless the machine is busy with other things.
constexpr std::int64_t kPatience = 2'000'000'000;

// Written by the dying thread, read also by frozen threads that it asks.
constinit std::atomic<bool> given_up{false};

// The parked goroutine whose stack is being read, and the M that stands on it.
// One thread reads at a time: it has stopped the world, or is the dying thread.
constinit std::atomic<const G*> visited{nullptr};
constinit std::atomic<const M*> visitor{nullptr};

// Walk returns false if the unwinder could not be had.
bool Walk(FrameWalk* walk) {
  if (UnwinderGivenUp()) return false;
  if (!ReportsCrash()) {
    _Unwind_Backtrace(FrameWalk::Visit, walk);
    return true;
  }
  if (RunLimited([](void* w) { _Unwind_Backtrace(FrameWalk::Visit, w); }, walk,
                 kPatience)) {
    return true;
  }
  GiveUnwinderUp();
  return false;
}

_Unwind_Reason_Code VisitNone(_Unwind_Context*, void*) {
  return _URC_END_OF_STACK;
}

// A frame pointer points at a FrameRecord, where frames are linked.
struct FrameRecord {
  std::uintptr_t caller;
  std::uintptr_t pc;
};

struct ParkedVisit {
  Frames* frames;
  SwitchAnnotations* visitor;
  G* host;
};

// VisitStack runs on the host's stack and stays there until the host is resumed
// in earnest: later visitors come back into its loop, or each would leave a
// frame more. A visitor sets the lowest bit of the pointer that it brings; a
// resumer, which brings a G (FinishPrevious), does not.
Transfer VisitStack(Transfer t) {
  constexpr std::uintptr_t kVisitor = 1;
  G* host = static_cast<ParkedVisit*>(t.data)->host;
  for (;;) {
    auto* visit = static_cast<ParkedVisit*>(t.data);
    FinishSwitch(host->annotations);
    if (UnwinderGivenUp()) {
      visit->frames->FollowFramePointers(
          reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)),
          host->stack);
    } else {
      FrameWalk walk{.frames = visit->frames, .skip = 1};
      _Unwind_Backtrace(FrameWalk::Visit, &walk);
    }
    StartSwitch(host->annotations, *visit->visitor, /*dying=*/false);
    t = Jump(t.fctx, nullptr);
    auto data = reinterpret_cast<std::uintptr_t>(t.data);
    if ((data & kVisitor) == 0) break;
    t.data = reinterpret_cast<void*>(data - kVisitor);
  }
  host->visited = false;
  return t;
}

}  // namespace

void WarmUnwinder() { _Unwind_Backtrace(VisitNone, nullptr); }

bool TryUnwinder(void (*meanwhile)()) {
  if (UnwinderGivenUp()) return false;
  auto probe = [](void*) {
    const M* self = CurrentM();
    const std::int64_t end = os::Nanotime() + kPatience;
    while (os::Nanotime() < end) {  // ThreadSanitizer knows no other limit
      // acquire: pairs with CollectParked; the visitor has left the stack
      const M* reader = visitor.load(std::memory_order_acquire);
      if (reader == nullptr || reader == self) break;
      os::SleepNs(100'000);
    }
    WarmUnwinder();
  };
  return RunLimited(probe, nullptr, kPatience, meanwhile);
}

void GiveUnwinderUp() {
  if (given_up.exchange(true, std::memory_order_relaxed)) return;
  Warn(
      "the unwinder's lock is not to be had: stacks are read by frame pointers "
      "and may lack frames");
}

bool UnwinderGivenUp() { return given_up.load(std::memory_order_relaxed); }

void Frames::Clear(bool interrupted) {
  count_ = 0;
  interrupted_ = interrupted;
}

void Frames::Add(std::uintptr_t pc) {
  const int i = count_ < kKept ? count_ : kInner + (count_ - kKept) % kOuter;
  pc_[i] = pc;
  count_++;
}

[[gnu::noinline]] void Frames::Collect() {
  Clear(/*interrupted=*/false);
  void* const caller =
      __builtin_extract_return_addr(__builtin_return_address(0));
  FrameWalk walk{.frames = this,
                 .start = reinterpret_cast<std::uintptr_t>(caller),
                 .skip = 1};
  if (Walk(&walk)) return;
  Clear(/*interrupted=*/false);
  if (!arch::kFramesAreLinked) return;
  const auto* own = static_cast<const FrameRecord*>(__builtin_frame_address(0));
  const G* g = GoroutineOn(CurrentM());
  FollowFramePointers(own->caller, g != nullptr ? g->stack : Stack{});
}

void Frames::CollectInterrupted(const ucontext_t& context) {
  Clear(/*interrupted=*/true);
  FrameWalk walk{.frames = this, .start = arch::ContextPC(context)};
  if (Walk(&walk) && count_ > 1) return;
  const G* g = GoroutineOn(CurrentM());
  FollowInterrupted(context, g != nullptr ? g->stack : Stack{});
}

void Frames::FollowInterrupted(const ucontext_t& context, const Stack& stack) {
  Clear(/*interrupted=*/true);
  Add(arch::ContextPC(context));
  FollowFramePointers(arch::ContextFP(context), stack);
}

// FollowFramePointers goes outwards from a frame as long as it stays on the
// stack. The outermost frame's return address leads nowhere.
[[gnu::no_sanitize_address, gnu::no_sanitize_thread]] void
Frames::FollowFramePointers(std::uintptr_t frame, const Stack& stack) {
  if (!arch::kFramesAreLinked) return;
  auto inside =
      [lo = reinterpret_cast<std::uintptr_t>(stack.lo),
       hi = reinterpret_cast<std::uintptr_t>(stack.hi)](std::uintptr_t at) {
        return at >= lo && at < hi && hi - at >= sizeof(FrameRecord) &&
               at % alignof(FrameRecord) == 0;
      };
  while (inside(frame) && count_ < kMost) {
    const auto* record = reinterpret_cast<const FrameRecord*>(frame);
    if (record->caller <= frame || !inside(record->caller)) break;
    Add(record->pc);
    frame = record->caller;
  }
}

bool Frames::CollectParked(G* g) {
  Clear(/*interrupted=*/false);
  ParkedVisit visit;
  SwitchAnnotations here;
  here.AttachThread();
  M* m = CurrentM();
  // Within a LibcCall the goroutine's fake stack is put away (StartBorrowing).
  const bool on_own_stack =
      m != nullptr && !m->curg->HasFlag(kGForeign) &&
      (m->slow.load(std::memory_order_relaxed) & kOnSystemStack) == 0;
  visit.frames = this;
  visit.visitor = on_own_stack ? &m->curg->annotations : &here;
  visit.host = g;
  // The goroutine's switch point is used up while a visitor stands on its
  // stack: a frozen thread, or this one, which a signal has struck there.
  const G* const former = visited.load(std::memory_order_relaxed);
  const M* const former_visitor = visitor.load(std::memory_order_relaxed);
  if (former == g) return false;
  visitor.store(m, std::memory_order_relaxed);
  visited.store(g, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  StartSwitch(*visit.visitor, g->annotations, /*dying=*/false);
  Transfer back =
      g->visited ? Jump(g->switch_point, reinterpret_cast<char*>(&visit) + 1)
                 : OnTopOf(g->switch_point, &visit, VisitStack);
  g->visited = true;
  FinishSwitch(*visit.visitor);
  g->switch_point = back.fctx;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  visited.store(former, std::memory_order_relaxed);
  // release: pairs with TryUnwinder's acquire
  visitor.store(former_visitor, std::memory_order_release);
  return true;
}

}  // namespace gosling::sched
