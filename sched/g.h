// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// G: a goroutine. What it is, who may touch each field, and the states it goes
// through.
//
// A G is small, stays at its address for ever (gpool.h), and has no stack until
// it first runs: spawning takes a G from the P's free list, stores the closure
// in it and queues it. The stack is attached by whoever runs it first (proc.cc),
// most often the one its predecessor has just left.
//
//                       ┌───────────────── Ready ─────────────────┐
//                       ▼                                         │
//     kIdle ──────► kRunnable ──────────► kRunning ──────────► kWaiting
//       ▲    Go()       ▲       picked     │    │      Park
//       │               └── yield, retake ─┘    │
//       └───────────── closure returned ────────┘
//
// Who may write `status`: the goroutine itself while it runs (to kWaiting or
// kRunnable, before it makes itself visible to others), the one party that took
// it out of a wait queue (to kRunnable), and the M that took it out of a run
// queue (to kRunning). At every moment exactly one party holds that right, so
// plain atomic stores do: no compare-and-swap guards this word.
//
// `on_cpu` is what lets a goroutine switch straight to the next one, with no
// trip through g0: a goroutine publishes itself (releases the channel lock)
// while it still stands on its own stack, so another M may find it runnable
// before its registers are saved. The flag is set by whoever switches to the
// goroutine and cleared by whoever runs next on the M that it left, once the
// context is stored; nobody may switch to a G whose flag is set. Linux's
// scheduler does the same with task->on_cpu.
//
// Go: runtime/runtime2.go, type g; gopark in runtime/proc.go publishes on g0
// instead.

#ifndef GOSLING_SCHED_G_H_
#define GOSLING_SCHED_G_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sched/context.h"
#include "sched/note.h"
#include "sched/peeked.h"
#include "sched/stack.h"
#include "sched/wait_reason.h"

namespace gosling::sched {

struct M;
struct Sudog;

enum class GStatus : std::uint8_t { kIdle, kRunnable, kRunning, kWaiting };

// What is special about a G. kGLocked and kGAbandoned keep it from being
// switched to directly.
enum GFlags : std::uint32_t {
  // LockOSThread: runs on locked_m only.
  kGLocked = 1,
  // Its Run is over: never runs again, never readied.
  kGAbandoned = 2,
  // Stands for a thread that is not ours; parks on foreign_note.
  kGForeign = 4,
  // The runtime's own goroutine: not counted, does not keep a program alive.
  kGSystem = 8,
  // The main goroutine of a Run.
  kGMain = 16,
};

inline constexpr std::size_t kInlineClosure = 56;

// The order of the fields is that of use: a switch and a park touch the first
// cache line; starting a goroutine with a small closure, running it and ending
// it touch the first three. (spawn10k in tools/bench/.)
struct alignas(64) G {
  // Switching. Owned by the M that runs or is about to run the G.
  Context context = nullptr;  // where it stands; null until it has a stack
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
  const void* created_at = nullptr;  // where, a return address; null: by us

  Peeked<M*> locked_m;            // valid while kGLocked
  char* name = nullptr;           // malloc'd; SetName, GoOptions
  std::size_t closure_align = 0;  // of the heap block
  std::int64_t wait_since = 0;    // sysmon's; valid while kWaitSeen is set
  FutexNote foreign_note;         // kGForeign: what Park sleeps on
  bool visited = false;  // parked, its stack has been read: see traceback.cc
  SwitchAnnotations annotations;  // for ASan and TSan; empty otherwise

  bool HasFlag(GFlags f) const {
    return (flags.load(std::memory_order_relaxed) & f) != 0;
  }
};

// PrefetchG asks for what starting a goroutine touches of its G, and running it
// for the first time.
inline void PrefetchG(const G* g) {
  const auto* line = reinterpret_cast<const char*>(g);
  __builtin_prefetch(line, 1);
  __builtin_prefetch(line + 64, 1);
  __builtin_prefetch(line + 128, 1);
}

// PrefetchStack asks for what a switch to `context` will touch first.
inline void PrefetchStack(Context context) {
  const auto* stack = static_cast<const char*>(context);
  __builtin_prefetch(stack);
  __builtin_prefetch(stack + 64);
  __builtin_prefetch(stack + 128);
  __builtin_prefetch(stack + 192);
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_G_H_
