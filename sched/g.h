// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// G: a goroutine. At every moment exactly one thread may write its `status`,
// and no M switches to it while `on_cpu` is set.
//
// A G is small, stays at its address for ever (gpool.h), and has no stack until
// it first runs: spawning takes a G from the P's free list, stores the closure
// in it and queues it. The M that runs it first attaches the stack
// (goroutine.cc), most often the one that its predecessor has just left.
//
//                       ┌───────────────── Ready ─────────────────┐
//                       ▼                                         │
//     kIdle ──────► kRunnable ──────────► kRunning ──────────► kWaiting
//       ▲    Go()       ▲       picked     │    │      Park
//       │               └── yield, retake ─┘    │
//       └───────────── closure returned ────────┘
//
// `status` is written by the goroutine itself while it runs (to kWaiting or
// kRunnable, before it makes itself visible to others), by the waker that took
// it out of a wait queue (to kRunnable), and by the M that took it out of a run
// queue (to kRunning). At every moment exactly one of them has that right, so
// plain atomic stores do: no compare-and-swap guards this word.
//
// `on_cpu` lets a goroutine switch straight to the next one, with no trip
// through g0. A goroutine publishes itself (releases the channel lock) while it
// still stands on its own stack, so another M may find it runnable before its
// registers are saved. The M that switches to the goroutine sets the flag; the
// next goroutine (or g0) on the M that it left clears it, once the switch point
// is stored. Linux's scheduler does the same with task->on_cpu.
//
// Go: runtime/runtime2.go, type g; gopark in runtime/proc.go publishes on g0
// instead.

#ifndef GOSLING_SCHED_G_H_
#define GOSLING_SCHED_G_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sched/os/note.h"
#include "sched/peeked.h"
#include "sched/stack.h"
#include "sched/switch.h"
#include "sched/switch_annotations.h"
#include "sched/wait_reason.h"

namespace gosling::sched {

struct M;
struct Sudog;

enum class GStatus : std::uint8_t { kIdle, kRunnable, kRunning, kWaiting };

// Flags of a G. NextLocal leaves a G with kGLocked, kGAbandoned or kGSampled to g0.
enum GFlags : std::uint32_t {
  // LockOSThread: runs on locked_m only.
  kGLocked = 1,
  // Its Run is over: never runs again, never readied.
  kGAbandoned = 2,
  // Stands for a foreign thread; parks on foreign_note.
  kGForeign = 4,
  // The runtime's own goroutine: not counted, does not keep a program alive.
  kGSystem = 8,
  // The main goroutine of a Run.
  kGMain = 16,
  // Parked in PollDesc::Wait, and counted there.
  kGPolling = 32,
  // It has run while the recorder was on: its Ready is recorded.
  kGTraced = 64,
  // Belongs to a controller (control.h), and is in no queue of the scheduler's.
  kGControlled = 128,
  // Its waits are timed: its Ready notes the time (contention.h). Stays until a
  // Ready finds that no profile is being made any more.
  kGTimed = 256,
  // How long it waits for a P is counted (run_latency.h): as kGTimed; cleared when
  // it runs.
  kGSampled = 512,
  // With kGTraced: the recording that knows it, as its number (trace::known_flags).
  kGKnownIn = 0xffffU << 16,
};

inline constexpr std::size_t kInlineClosure = 56;

// The order of the fields is that of use: a switch and a park touch the first
// cache line; starting a goroutine with a small closure, running it and ending
// it touch the first three. (spawn10k in tools/bench/.)
struct alignas(64) G {
  // Switching. Owned by the M that runs or is about to run the G.
  SwitchPoint switch_point =
      nullptr;  // where it stands; null until it has a stack
  std::atomic<std::uint8_t> on_cpu{0};  // see above
  std::atomic<GStatus> status{GStatus::kIdle};
  // Written by the goroutine before it parks.
  std::atomic<std::uint8_t> wait_reason{0};  // WaitReason, and kWaitSeen
  // 1: some case of its select has won.
  std::atomic<std::uint8_t> select_done{0};
  std::atomic<std::uint32_t> flags{0};
  // errno and the C++ exception state live in the thread and would stay behind:
  // they travel with the goroutine in these.
  int saved_errno = 0;
  std::uint32_t run_id = 0;  // the Run it belongs to; 0: the process
  ExceptionState saved_eh;
  // Link in the run queue or free list that holds it.
  G* schedlink = nullptr;
  Peeked<M*> m;            // the M that runs it, or ran it last
  Sudog* param = nullptr;  // the sudog through which it was woken

  // The closure: stored inline when it fits, else on the heap. Owned by the
  // spawner until the G is queued, then by the goroutine.
  void (*invoke)(void* closure) = nullptr;  // runs and destroys it
  void* closure = nullptr;  // == closure_storage or a heap block
  Peeked<std::uint64_t> goid;
  Stack stack;
  alignas(16) unsigned char closure_storage[kInlineClosure];

  std::uint32_t stack_size = 0;  // as asked for in GoOptions; 0: default
  std::uint32_t lock_count = 0;  // LockOSThread nests
  std::uint64_t parent_goid = 0;
  const void* created_at = nullptr;  // return address; null: by the runtime

  Peeked<M*> locked_m;            // valid while kGLocked
  char* name = nullptr;           // malloc'd; SetName, GoOptions
  std::size_t closure_align = 0;  // of the heap block
  std::int64_t wait_since = 0;    // sysmon's; valid while kWaitSeen is set
  // contention.h. When it parked, by itself, 0 while it does not wait or is not
  // timed; the owner of the queue that it waits in may move that forward. When it
  // was last readied, while it had kGTimed or kGSampled: by the waker; or became
  // runnable otherwise, with kGSampled.
  Peeked<std::int64_t> parked_at;
  Peeked<std::int64_t> readied_at;
  FutexNote foreign_note;  // kGForeign: Park sleeps on it
  bool visited = false;    // its stack has been read (report/traceback.cc)
  void* member = nullptr;  // kGControlled: what its controller knows of it
  SwitchAnnotations annotations;  // for ASan and TSan; empty otherwise

  bool HasFlag(GFlags f) const {
    return (flags.load(std::memory_order_relaxed) & f) != 0;
  }
};

// PrefetchG asks for the cache lines of a G that starting a goroutine touches,
// and running it for the first time.
inline void PrefetchG(const G* g) {
  const auto* line = reinterpret_cast<const char*>(g);
  __builtin_prefetch(line, 1);
  __builtin_prefetch(line + 64, 1);
  __builtin_prefetch(line + 128, 1);
}

// PrefetchStack asks for the cache lines that a switch to that point touches
// first.
inline void PrefetchStack(SwitchPoint point) {
  const auto* stack = static_cast<const char*>(point);
  __builtin_prefetch(stack);
  __builtin_prefetch(stack + 64);
  __builtin_prefetch(stack + 128);
  __builtin_prefetch(stack + 192);
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_G_H_
