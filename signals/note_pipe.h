// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// PipeNote: a byte in a pipe wakes. Its contract stands in sched/os/note.h.
//
// It is the signal receiver's note, as in Go's commit c485e8b5, which made an
// end of issue 31264 and which gosling grew from ("Go's first pipe note" in its
// comments and tests). A byte in the pipe is a wakeup that has not been slept
// on yet. Its libc calls go through the trampolines of arch/, so that they run
// on the thread's own stack and errno comes back as a value.
//
// Both ends are close-on-exec. The write end does not block: a handler that
// finds the pipe full leaves it, since a byte is already there. The read end
// blocks; that is where Sleep waits. Neither is ever 0, 1 or 2
// (PipeCloexec).

#ifndef GOSLING_SIGNALS_NOTE_PIPE_H_
#define GOSLING_SIGNALS_NOTE_PIPE_H_

#include <atomic>

namespace gosling::signals {

class PipeNote {
 public:
  constexpr PipeNote() = default;
  PipeNote(const PipeNote&) = delete;
  PipeNote& operator=(const PipeNote&) = delete;

  // Setup makes the pipe. Returns 0, or -errno (-EMFILE, -ENFILE) with nothing
  // left open. A second Setup is a fatal error. Not from signal handlers; before
  // the first Wakeup. Nothing closes the pipe: a late Wakeup could otherwise
  // write into another file's descriptor.
  int Setup();

  // Sleep blocks the thread until there is a wakeup and consumes it. It does
  // not call EnterSyscallBlock: its caller does, around it. Not from signal
  // handlers.
  void Sleep();

  // Wakeup lets one Sleep return. Async-signal-safe: one write, no lock, no
  // change of stack. More wakeups than the pipe holds (65,536 on Linux) without
  // a Sleep are as good as that many.
  void Wakeup();

 private:
  friend struct PipeNoteTestPeer;  // looks at the descriptors, and closes them

  // -1: none. Atomic because handlers on other threads read them; relaxed
  // because the handler's installation, after Setup, orders them before any
  // Wakeup.
  std::atomic<int> read_fd_{-1};
  std::atomic<int> write_fd_{-1};
};

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_NOTE_PIPE_H_
