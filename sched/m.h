// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// M: an OS thread. Its own stack is g0, where it schedules: on g0 it steals,
// polls timers and sleeps. Idle ones sleep on `park`. An M outlives its thread,
// and is kept for another one.
//
// Retake without hooks. C++ code cannot be stopped safely at an arbitrary
// point, so every stretch of user code is treated as Go treats a system call:
// sysmon may take P from under it.
//
//     the M                          sysmon
//
//     pinned = 1                     slow |= kRetake
//     compiler barrier               membarrier(PRIVATE_EXPEDITED)
//     if (slow …) PinSlow            if (pinned == 0) take P
//     … use P …
//     pinned = 0
//
// Invariant: if sysmon reads pinned == 0 after the membarrier, then every later
// Pin of that M sees kRetake and goes through PinSlow, which takes retake_mu
// and so learns whether P is gone. If it reads pinned != 0, P stays, and the
// flag makes the M yield at its next Pin. Only plain loads and stores on the
// fast side; the fence is on the rare side. Where membarrier is missing, kFence
// stays set in `slow`, so that every Pin takes the slow path and issues a real
// fence there. Where it is lost while the program runs (fence.h), kFence is set
// then, and P is taken only from an M that has `fences` set: all its Pins from
// some moment on have seen kFence, so that a full fence before reading `pinned`
// is enough again.
//
// Go: runtime/runtime2.go, type m; retake in runtime/proc.go.

#ifndef GOSLING_SCHED_M_H_
#define GOSLING_SCHED_M_H_

#include <signal.h>

#include <atomic>
#include <cstdint>

#include "sched/g.h"
#include "sched/os/mutex.h"
#include "sched/os/note.h"
#include "sched/os/os.h"
#include "sched/peeked.h"

namespace gosling::sched {

class Control;
struct P;
namespace trace {
struct Log;
}

// Bits of M::slow: why Pin or Park must leave the fast path.
enum MSlow : std::uint32_t {
  // P was taken, or the slice is used up, or the world is to stop.
  kRetake = 1,
  // No membarrier here: fence, then look at the other bits.
  kFence = 2,
  // A foreign thread: never has a P.
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
  // The recorder is on (trace/recorder.h).
  kTraced = 128,
  // Runs goroutines that a test owns; never has a P: control.h.
  kControlled = 256,
  // With kTraced: the M's log does not say yet which goroutine runs here.
  kTraceFresh = 512,
  // A checker of locks is to hear of each switch (report/lock_check.h).
  kLockChecked = 1024,
  // Parks are timed (contention.h).
  kTimedParks = 2048,
  // The next goroutine that waits for a P is in the sample (run_latency.h).
  kSampleNext = 4096,
  // In a storm of signals: held_back may have some (storm.h).
  kHoldsBack = 8192,
};

inline constexpr std::uint32_t kTraceBits = kTraced | kTraceFresh;
// These do not keep a Pin from its fast path.
inline constexpr std::uint32_t kPinIgnores =
    kTraceBits | kTimedParks | kSampleNext;

struct alignas(128) M {
  // Hot: touched by every runtime call of this thread.
  std::atomic<std::uint32_t> pinned{0};  // written here only; sysmon reads
  std::atomic<std::uint32_t> slow{0};    // MSlow bits
  Peeked<G*> curg;                       // the goroutine running here, or &g0
  // The right to run. Written by this thread while pinned, or, while pinned ==
  // 0, by the holder of retake_mu that takes P away.
  P* p = nullptr;
  // This thread's errno and exception state, fetched once.
  int* errno_ptr = nullptr;
  ExceptionState* eh_ptr = nullptr;
  std::uint64_t rand_state = 0;
  G* pending = nullptr;  // a G taken from a queue that g0 must run next

  // EnterSyscall … ExitSyscall: sysmon takes P without asking the system
  // whether this thread sleeps.
  std::atomic<std::uint32_t> in_syscall{0};

  Peeked<bool> spinning;  // looking for work, counted in scheduler.nmspinning
  Peeked<G*> locked_g;    // LockOSThread: this M runs only that G
  P* next_p = nullptr;    // handed over with a wake-up

  // Every Pin that begins now sees kFence. Set by this M, or sysmon; of use
  // only after membarrier has been lost (fence.h).
  std::atomic<bool> fences{false};
  // MendFences. Sysmon only.
  struct {
    std::int64_t cpu = 0;       // its CPU clock, when last looked at
    std::int64_t ran_when = 0;  // when that was last seen to move; 0: never
  } unfenced;

  Mutex retake_mu;  // held to take P from this M, and to learn of that
  Note park;        // idle Ms sleep here
  // The M's place in one list: of idle or of dead Ms (under scheduler.lock), of
  // those that the template thread is to start (template_mu), or of foreign Ms
  // (foreign_mu).
  M* idle_next = nullptr;
  M* idle_prev = nullptr;
  Peeked<bool> idle;
  M* all_next = nullptr;

  // The thread is to end: its locked goroutine has ended, or that one's Run, or
  // it is surplus and has found no work.
  bool exiting = false;
  // Sysmon has taken it out of the idle list for good (TrimIdleMs).
  bool surplus = false;
  // 1: asleep in StopLockedM; -1: woken before it came there. Under
  // scheduler.lock.
  int awaits_locked = 0;
  Peeked<std::int64_t> id{-1};          // < 0: foreign, or without a thread
  std::atomic<std::int64_t> tid{0};     // by the thread itself; 0: it has ended
  std::atomic<std::int64_t> handle{0};  // os::ThreadHandle's; as tid
  // Handlers use these, in code that is built without AddressSanitizer, which
  // changes the size of g0 (meson.build): they are before it.
  //
  // Null until it has something to record. Written by this thread.
  std::atomic<trace::Log*> log{nullptr};
  // storm.h. Written by this thread and by the handlers on it: the signals that
  // its mask has from them, and whether they may hold any back for a sleeper.
  std::atomic<std::uint64_t> held_back{0};
  std::atomic<bool> dozing{false};
  G g0;  // the thread's own stack
  G* foreign_g = nullptr;
  Control* control = nullptr;  // valid while kControlled
  os::AltStack alt_stack;

  // adrift.h. Sysmon only.
  struct {
    M* next = nullptr;
    bool listed = false;
    std::int64_t cpu = 0;       // its CPU clock, when last looked at
    std::int64_t ran_when = 0;  // when that was last seen to move
  } adrift;

  // report/freeze.cc, when the process dies.
  std::atomic<bool> freezing{false};         // set by the dying thread
  std::atomic<std::uintptr_t> frozen_at{0};  // its stack pointer; 0: not frozen
  const ucontext_t* frozen_context = nullptr;  // valid while frozen_at != 0
  std::atomic<bool> in_freezer{false};         // set by the M: in the handler
};

// InitThisM, on m's thread, fills in the fields that describe the thread.
void InitThisM(M* m);

void SetSlow(M* m, std::uint32_t bits);
void ClearSlow(M* m, std::uint32_t bits);

// AcquireP gives m a P that is in its thread's hands; ReleaseP takes it back
// into the caller's hands. By m's own thread, pinned, or by the holder of
// retake_mu.
void AcquireP(M* m, P* p);
P* ReleaseP(M* m);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_M_H_
