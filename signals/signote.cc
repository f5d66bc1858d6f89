// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Choosing the signal receiver's note, and sleeping on it. The waking half is
// in signote_wakeup.cc, apart, as the handler calls it.

#include "signals/signote.h"

#include <string_view>

#include "sched/os/fatal.h"
#include "sched/os/futex.h"
#include "sched/os/os.h"

namespace gosling::signals {

SigNoteKind SigNoteKindFromEnvironment() {
  const char* const value = sched::os::Getenv("GOSLING_SIGNOTE");
  const std::string_view word = value == nullptr ? "" : value;
  if (word.empty() || word == "pipe") return SigNoteKind::kPipe;
  if (word == "futex") {
    if (sched::os::FutexWakeIsSignalSafe()) return SigNoteKind::kFutex;
    sched::Throw(
        "GOSLING_SIGNOTE=futex: a signal handler may not wake a futex here: "
        "the choices are pipe and sema");
  }
  if (word == "sema") return SigNoteKind::kSema;
  sched::Throw("GOSLING_SIGNOTE=%s: the choices are pipe, futex and sema",
               value);
}

int SigNote::Setup(SigNoteKind kind) {
  if (kind == SigNoteKind::kPipe) {
    if (int err = pipe_.Setup(); err != 0) return err;
  }
  kind_.store(kind, std::memory_order_relaxed);
  return 0;
}

void SigNote::Sleep() {
  switch (kind_.load(std::memory_order_relaxed)) {
    case SigNoteKind::kPipe:
      pipe_.Sleep();
      return;
    case SigNoteKind::kFutex:
      futex_.Sleep();
      futex_.Clear();
      return;
    case SigNoteKind::kSema:
      sema_.Sleep();
      sema_.Clear();
      return;
  }
}

}  // namespace gosling::signals
