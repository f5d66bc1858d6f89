// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Control: the one place where decisions are made about goroutines that a test
// owns: which of them runs next, whether one is put aside at a runtime call,
// which case of a select is taken, what time it is and when it moves
// (runtime/testing/bubble.h decides).
//
// A controlled goroutine runs on an M of its controller's, which has no P, by
// the side of the scheduler: none of the queues ever holds it. Its M has
// kControlled in `slow`, and the goroutine kGControlled in its flags. Both are
// words that the fast paths test anyway, for other reasons, so the seam costs
// programs nothing:
//
//     Pin, TryPin      slow != 0          PinSlow calls Point
//     Park, Yield      slow != 0          Leave
//     Ready            the flags          Add
//     Go               no P on this M     Adopt, Add
//     a goroutine ends slow != 0          g0 runs, which is the controller
//     select's draw    the draw is 0      Choose
//     timers           no P on this M     Timers
//
// The draw of a select is 0 because the controller's M has a generator that
// yields nothing else (kDrawsZero); of 0 the arithmetic of a fair draw has to
// think twice in any case, and there it asks.
//
// Rejected: a virtual scheduler with the real one as its default, which costs
// each switch an indirect call; and GOMAXPROCS=1 with a hook in FindRunnable,
// which the goroutines that are not the test's would have to share.
//
// Invariant: while the controller or one of its goroutines runs, no other
// thread touches the controller, except through Add, which is for all threads.

#ifndef GOSLING_SCHED_CONTROL_H_
#define GOSLING_SCHED_CONTROL_H_

#include <atomic>
#include <cstdint>

#include "absl/base/optimization.h"
#include "sched/g.h"
#include "sched/m.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/timer.h"

namespace gosling::sched {

class Control {
 public:
  // Point: g, which runs, is about to call the runtime; returns when it may.
  virtual void Point(G* g) = 0;
  // Leave switches away from g, which parks, or yields and is runnable.
  virtual void Leave(G* g, bool runnable) = 0;
  // Add makes g runnable. Adopt comes first for a new goroutine.
  virtual void Add(G* g) = 0;
  virtual void Adopt(G* g) = 0;
  // Choose picks one of n > 1 cases that are ready.
  virtual std::uint32_t Choose(std::uint32_t n) = 0;
  virtual std::int64_t Now() = 0;
  virtual TimerHeap& Timers() = 0;
  // Id tells controllers apart, as owners of what is made under them. 0: what is
  // made under this one belongs to the program.
  virtual std::uint32_t Id() = 0;
  // UseOutside: the running goroutine uses a channel that was made elsewhere,
  // under `owner`, and may come to wait for it.
  virtual void UseOutside(std::uint32_t owner) = 0;
  // Closing: what timers would start is not to be started any more.
  virtual bool Closing() = 0;

 protected:
  ~Control() = default;
};

// The state of a generator whose next number is 0 (FastRand).
inline constexpr std::uint64_t kDrawsZero = 0 - 0xa0761d6478bd642fULL;

// ControlOf returns the controller of the goroutine or g0 that runs on m, or
// null. HereControl is that of the caller.
inline Control* ControlOf(const M* m) {
  return ABSL_PREDICT_FALSE(
             (m->slow.load(std::memory_order_relaxed) & kControlled) != 0)
             ? m->control
             : nullptr;
}
inline Control* HereControl() {
  const M* m = CurrentM();
  return m != nullptr ? ControlOf(m) : nullptr;
}

// ControlId is the caller's controller's Id; 0: it has none.
inline std::uint32_t ControlId() {
  Control* control = HereControl();
  return control != nullptr ? control->Id() : 0;
}

// Clock is what the caller takes for the time of the monotonic clock.
inline std::int64_t Clock() {
  Control* control = HereControl();
  return control != nullptr ? control->Now() : os::Nanotime();
}

// ControlClosing says that the caller fires a controller's last timers.
inline bool ControlClosing() {
  Control* control = HereControl();
  return control != nullptr && control->Closing();
}

// ControlPoint is a Point for an operation that has not pinned.
inline void ControlPoint() {
  if (ABSL_PREDICT_FALSE(HereControl() != nullptr)) {
    Pin();
    Unpin();
  }
}

// CheckInside ends the program if the caller is not under the controller of that
// Id, which is not 0, nor under any other: "goroutine 7 sends on a channel …".
void CheckInside(std::uint32_t owner, const char* does, const char* what);

// ControlLives says whether a controller of that Id is entered just now.
bool ControlLives(std::uint32_t id);

// ReadyControlled is Ready for a controlled goroutine, from any thread.
void ReadyControlled(G* g);

// AdoptHere gives a new goroutine to the caller's controller, if there is one.
// For an M without a P.
void AdoptHere(M* m, G* g);

// How often controlled goroutines have parked, and yielded.
extern std::atomic<std::uint64_t> controlled_parks;
extern std::atomic<std::uint64_t> controlled_yields;

// ControlHost is an M on which a controller runs goroutines, on a thread of the
// caller's: while it is entered it stands in for the M that the thread had. Its
// g0 is the caller's stack. Kept for ever once made, as Ms are.
struct ControlHost {
  M m;
  TimerHeap timers;
  M* former = nullptr;          // the thread's own
  ControlHost* next = nullptr;  // in the list of the free
};

// FirstHost is the M of a host, by whose all_next the others are found. Those
// that are not entered just now have no thread: their tid is 0. Lock-free.
M* FirstHost();

// EnterControl turns the calling thread over to `control`. A goroutine gives its
// P up meanwhile. LeaveControl, on the same thread, undoes that.
ControlHost* EnterControl(Control* control);
void LeaveControl(ControlHost* host);

// RunControlled, on the host's g0, switches to g, and returns when it parks,
// yields or ends.
void RunControlled(ControlHost* host, G* g);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_CONTROL_H_
