// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SigNote: the signal receiver's note, the one note that signal handlers wake.
// Which of the three of sched/os/note.h it is, is chosen once, by
// GOSLING_SIGNOTE:
//
//     pipe    the default. One write wakes the receiver.
//     futex   one system call as well, and no descriptors. Refused where
//             os::FutexWakeIsSignalSafe says no (Darwin).
//     sema    NOT async-signal-safe: a signal that lands while its mutex is
//             held hangs its thread for ever. Only there to show that.
//
// One round is one Sleep and exactly one Wakeup, which may come first. Unlike
// the notes it is made of, it needs no clearing in between: Sleep does that.
//
// Source: Go's sigNoteSetup, sigNoteSleep, sigNoteWakeup in os_darwin.go.

#ifndef GOSLING_SIGNALS_SIGNOTE_H_
#define GOSLING_SIGNALS_SIGNOTE_H_

#include <atomic>
#include <cstdint>

#include "sched/os/note.h"
#include "signals/note_pipe.h"

namespace gosling::signals {

enum class SigNoteKind : std::uint32_t { kPipe, kFutex, kSema };

// SigNoteKindFromEnvironment reads GOSLING_SIGNOTE. Unset or empty: kPipe. Any
// other word is a fatal error that names the choices.
SigNoteKind SigNoteKindFromEnvironment();

class SigNote {
 public:
  constexpr SigNote() = default;
  SigNote(const SigNote&) = delete;
  SigNote& operator=(const SigNote&) = delete;

  // Setup makes the note ready; before anything else, once it returned 0.
  // Returns -errno if the pipe cannot be made (-EMFILE, -ENFILE); Setup may be
  // tried again then.
  int Setup(SigNoteKind kind);

  // Sleep blocks the thread until Wakeup. With a pipe it may also return for no
  // reason: a forked child shares the pipe until it calls exec.
  void Sleep();

  // Wakeup lets Sleep return. Called by signal handlers; see above for kSema.
  void Wakeup();  // sigqueue_send.cc

 private:
  friend struct SigNoteTestPeer;

  // Written by Setup only, which happens before any handler is installed.
  std::atomic<SigNoteKind> kind_{SigNoteKind::kPipe};
  PipeNote pipe_;
  sched::FutexNote futex_;
  sched::SemaNote sema_;
};

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_SIGNOTE_H_
