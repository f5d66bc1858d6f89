// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The waking half of SigNote, which the signal handler calls. Nothing else
// belongs into this file. handler.cc lists the functions that it may call in
// turn.

#include "signals/signote.h"

namespace gosling::signals {

void SigNote::Wakeup() {
  switch (kind_.load(std::memory_order_relaxed)) {
    case SigNoteKind::kPipe:
      pipe_.Wakeup();
      return;
    case SigNoteKind::kFutex:
      futex_.Wakeup();
      return;
    case SigNoteKind::kSema:
      sema_.Wakeup();
      return;
  }
}

}  // namespace gosling::signals
