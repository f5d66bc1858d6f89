// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// M: an OS thread. Its own stack is g0, where it schedules: on g0 it steals,
// polls timers and sleeps. Idle ones sleep on `park`. An M outlives its thread:
// it is kept for another one.
//
// Who holds P (retake without hooks). C++ code cannot be stopped safely at an
// arbitrary point, so every stretch of user code is treated as Go treats a
// system call: P may be taken away from under it.
//
//     the M                          sysmon
//
//     pinned = 1                     slow |= kRetake
//     compiler barrier               membarrier(PRIVATE_EXPEDITED)
//     if (slow != 0) PinSlow         if (pinned == 0) take P
//     … use P …
//     pinned = 0
//
// Invariant: if sysmon reads pinned == 0 after the membarrier, then every later
// Pin of that M sees kRetake and goes through PinSlow, which takes retake_mu
// and so learns whether P is gone. If it reads pinned != 0, P stays, and the
// flag makes the M yield at its next Pin. Only plain loads and stores on the
// fast side; the fence is on the rare side. Where membarrier is missing, kFence
// stays set in `slow`, so that every Pin takes the slow path and issues a real
// fence there.
//
// Go: runtime/runtime2.go, type m; retake in runtime/proc.go.

#ifndef GOSLING_SCHED_M_H_
#define GOSLING_SCHED_M_H_

#include <atomic>
#include <cstdint>

#include "sched/g.h"
#include "sched/mutex.h"
#include "sched/note.h"
#include "sched/os.h"
#include "sched/peeked.h"

namespace gosling::sched {

struct P;

// Bits of M::slow: why Pin or Park must leave the fast path.
enum MSlow : std::uint32_t {
  // P was taken, or the slice is used up, or the world is to stop.
  kRetake = 1,
  // No membarrier here: fence, then look at the other bits.
  kFence = 2,
  // A thread that is not ours: never has a P.
  kForeign = 4,
  // Testing: every switch must change threads.
  kMigrate = 8,
  // LockOSThread: this thread runs one goroutine only.
  kLocked = 16,
  // The goroutine is in LibcCall, on g0's stack: it cannot be switched away
  // from.
  kOnSystemStack = 32,
  // Nothing works any more: fork.h.
  kForkedChild = 64,
};

struct alignas(128) M {
  // Hot: touched by every runtime call of this thread.
  std::atomic<std::uint32_t> pinned{0};  // written here only; sysmon reads
  std::atomic<std::uint32_t> slow{0};    // MSlow bits
  Peeked<G*> curg;                       // the goroutine running here, or &g0
  // The right to run. Written by this thread while pinned, or by whoever takes
  // P away, under retake_mu while pinned == 0.
  P* p = nullptr;
  // This thread's errno and exception state, fetched once.
  int* errno_ptr = nullptr;
  ExceptionState* eh_ptr = nullptr;
  std::uint64_t rand_state = 0;
  G* pending = nullptr;  // a G taken from a queue that g0 must run next

  // EnterSyscall … ExitSyscall: lets sysmon take P after 20 us instead of 10
  // ms.
  std::atomic<std::uint32_t> in_syscall{0};

  Peeked<bool> spinning;  // looking for work, counted in sched.nmspinning
  Peeked<G*> locked_g;    // LockOSThread: this M runs only that G
  P* old_p = nullptr;     // the P it held last
  P* next_p = nullptr;    // handed over with a wake-up

  Mutex retake_mu;         // held by whoever decides about taking P from this M
  Note park;               // idle Ms sleep here
  M* idle_next = nullptr;  // under sched.lock
  M* idle_prev = nullptr;
  Peeked<bool> idle;
  M* all_next = nullptr;

  // A locked goroutine has ended here, or its Run has: so does the thread.
  bool exiting = false;
  // 1: asleep in StopLockedM; -1: woken on its way there. Under sched.lock.
  int awaits_locked = 0;
  Peeked<std::int64_t> id{-1};       // < 0: none of ours, or without a thread
  std::atomic<std::int64_t> tid{0};  // set once, by the thread itself
  G g0;                              // the thread's own stack
  G* foreign_g = nullptr;
  os::AltStack alt_stack;

  // freeze.cc, when the process dies.
  bool freezing = false;                     // the dying thread's
  std::atomic<std::uintptr_t> frozen_at{0};  // its stack pointer; 0: not frozen
};

// AdoptThread gives a thread that is not ours an M and a G whose park is a
// note. May start the runtime.
M* AdoptThread();

// PinSlow is Pin when m->slow is set.
G* PinSlow(M* m);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_M_H_
