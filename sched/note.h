// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Notes: one-shot sleep and wakeup between two threads.
//
// The contract, the same for all three:
// * A note starts cleared. Wakeup sets it; Sleep returns once it is set, at
//   once if it already is: a wakeup that comes before the sleep is remembered.
//   What the waker wrote before Wakeup, the sleeper sees after Sleep.
// * One round is one Wakeup and at most one thread in Sleep. Before the next
//   round FutexNote and SemaNote are cleared, by a thread that knows that
//   nobody sleeps on or wakes the note then; a second Wakeup in a round is a
//   fatal error ("notewakeup - double wakeup"). PipeNote clears itself: each
//   Sleep consumes one Wakeup. A surplus Wakeup is not noticed there, and lets
//   a later Sleep return at once.
// * The thread that sleeps blocks as a thread; a goroutine parks by other
//   means. Sleep knows nothing of P: a caller that holds one gives it away
//   first (EnterSyscallBlock … ExitSyscall).
// * A sleeper may free the note as soon as Sleep has returned.
//
//                Wakeup from                    timed wait  cost of Wakeup
//     FutexNote  anywhere, signal handlers too* yes         0 or 1 system call
//     SemaNote   NOT from signal handlers       yes         mutex, condition
//     PipeNote   anywhere, signal handlers too  no          1 system call
//
//     * on Linux; elsewhere as SemaNote's (os::FutexWakeIsSignalSafe)
//
// Sleep is for threads; never for signal handlers.
//
// Why SemaNote must not be woken from a handler: a signal can land on a thread
// that holds the note's mutex, and the handler then waits for its own thread.
// That was Go's notes on Darwin and its issue 31264; SemaNote is kept to show
// that hang. Where there is no futex, FutexNote's is made of the same parts
// (futex_pthread.cc), and a handler must keep away from it as well. PipeNote is
// the remedy that the issue got (sigNote).
//
// Source: Go's runtime/lock_futex.go, lock_sema.go, os_darwin.go (sigNote).

#ifndef GOSLING_SCHED_NOTE_H_
#define GOSLING_SCHED_NOTE_H_

#include <pthread.h>

#include <atomic>
#include <cstdint>

namespace gosling::sched {

// FutexNote is a word that says whether to call the system.
class FutexNote {
 public:
  constexpr FutexNote() = default;
  FutexNote(const FutexNote&) = delete;
  FutexNote& operator=(const FutexNote&) = delete;

  // Clear prepares the note for another round.
  void Clear();

  // Sleep blocks the thread until Wakeup.
  void Sleep();

  // SleepFor is Sleep for at most ns nanoseconds (ns < 0: no limit). True:
  // woken. False: the time is up and the note is as it was; it may be slept on
  // again without Clear.
  bool SleepFor(std::int64_t ns);

  // Wakeup sets the note and wakes its sleeper. Async-signal-safe on Linux;
  // makes its one system call only if somebody sleeps.
  void Wakeup();

 private:
  //          ┌──────────────── Wakeup ────────────────┐
  //          │                                        ▼
  //      kCleared ────────────► kAsleep ───────────► kWoken
  //       ▲   ▲       Sleep        │      Wakeup      │
  //       │   └──── time is up ────┘                  │
  //       └───────────────── Clear ───────────────────┘
  static constexpr std::uint32_t kCleared = 0;
  static constexpr std::uint32_t kWoken = 1;
  static constexpr std::uint32_t kAsleep = 2;

  std::atomic<std::uint32_t> state_{kCleared};
};

// SemaNote is made of a pthread mutex and condition, which are not destroyed:
// so a SemaNote may be a static without an exit-time destructor.
class SemaNote {
 public:
  constexpr SemaNote() = default;
  SemaNote(const SemaNote&) = delete;
  SemaNote& operator=(const SemaNote&) = delete;

  // Clear, Sleep, SleepFor: as FutexNote's.
  void Clear();
  void Sleep();
  bool SleepFor(std::int64_t ns);

  // Wakeup sets the note and wakes its sleeper. NOT async-signal-safe.
  void Wakeup();

 private:
  friend struct SemaNoteTestPeer;  // holds the mutex while a signal lands

  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t cond_ = PTHREAD_COND_INITIALIZER;
  bool woken_ = false;  // under mutex_
};

// PipeNote is the note under signal_recv, as in Go's commit c485e8b5, which made
// an end of issue 31264 and which gosling grew from ("Go's first pipe note" in
// its comments and tests). A byte in the pipe is a wakeup that has not been
// slept on yet. Its libc calls go through the trampolines of arch/, so that they
// run on the thread's own stack and errno comes back as a value.
//
// Both ends are close-on-exec. The write end does not block: a handler that
// finds the pipe full leaves it, since a byte is already there. The read end
// blocks; that is where Sleep waits. Descriptor 0 is a descriptor like any
// other here (Go's first took 0 for "none").
class PipeNote {
 public:
  constexpr PipeNote() = default;
  PipeNote(const PipeNote&) = delete;
  PipeNote& operator=(const PipeNote&) = delete;

  // Setup makes the pipe. Returns 0, or -errno (-EMFILE, -ENFILE) with nothing
  // left open. A second Setup without Close is a fatal error. Not from signal
  // handlers; before the first Wakeup.
  int Setup();

  // Sleep blocks the thread until there is a wakeup and consumes it. It does
  // not call EnterSyscallBlock: its caller does, around it. Not from signal
  // handlers.
  void Sleep();

  // Wakeup lets one Sleep return. Async-signal-safe: one write, no lock, no
  // change of stack. More wakeups than the pipe holds (65,536 on Linux) without
  // a Sleep are as good as that many.
  void Wakeup();

  // Close closes both ends; Setup may follow. Only when no Sleep or Wakeup is
  // under way or can begin: a late Wakeup could otherwise write into somebody
  // else's descriptor. No-op without Setup.
  void Close();

 private:
  friend struct PipeNoteTestPeer;  // looks at the descriptors

  // -1: none. Atomic because handlers on other threads read them; relaxed,
  // because whoever can call Wakeup was told of the note after Setup by
  // something that orders (the handler's installation).
  std::atomic<int> read_fd_{-1};
  std::atomic<int> write_fd_{-1};
};

// Note is what the scheduler parks its threads on.
using Note = FutexNote;

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_NOTE_H_
