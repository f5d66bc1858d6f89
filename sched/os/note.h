// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Notes: one-shot sleep and wakeup between two threads.
//
// The contract, the same for these two and for PipeNote (signals/note_pipe.h):
// * A note starts cleared. Wakeup sets it; Sleep returns once it is set, at
//   once if it already is: a wakeup that comes before the sleep is remembered.
//   After Sleep the sleeper sees what the waker wrote before Wakeup.
// * One round is one Wakeup and at most one thread in Sleep. Before the next
//   round FutexNote and SemaNote are cleared, by a thread that knows that no
//   other sleeps on or wakes the note then; a second Wakeup in a round is a
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
// Go's notes on Darwin had that fault (issue 31264); SemaNote is kept to show
// that hang. Where there is no futex, FutexNote's is made of the same parts
// (futex_pthread.cc), and a handler must keep away from it as well. PipeNote is
// the remedy that the issue got (sigNote).
//
// Source: Go's runtime/lock_futex.go, lock_sema.go, os_darwin.go (sigNote).

#ifndef GOSLING_SCHED_OS_NOTE_H_
#define GOSLING_SCHED_OS_NOTE_H_

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

  // SleepUntilSignal is SleepFor, but a signal whose handler runs on the
  // sleeping thread ends it, too, with the note as it was. On Linux; elsewhere,
  // and for one that comes just before the thread sleeps, it need not.
  enum class Slept { kWoken, kTimeUp, kSignal };
  Slept SleepUntilSignal(std::int64_t ns);

  // Wakeup sets the note and wakes its sleeper. Async-signal-safe on Linux;
  // makes its one system call only if a thread sleeps.
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

  Slept Wait(std::int64_t ns, bool until_signal);

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

// The scheduler's threads sleep on a Note.
using Note = FutexNote;

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_NOTE_H_
