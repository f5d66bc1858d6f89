// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The recorder's half for signal handlers. Nothing else belongs into this file:
// it is built without sanitizers, and may call nothing (signals/handler.cc).

#include "arch/arch.h"
#include "sched/proc.h"
#include "sched/trace/recorder.h"

namespace gosling::sched::trace {

namespace {

constinit std::atomic<std::uint64_t> handlers_lost{0};

}  // namespace

std::uint64_t HandlersLost() {
  return handlers_lost.load(std::memory_order_relaxed);
}

void AddFromHandler(Kind kind, std::uint64_t object, unsigned argument) {
  const M* m = CurrentM();
  // acquire: pairs with Attach
  Log* log = m != nullptr ? m->log.load(std::memory_order_acquire) : nullptr;
  if (log == nullptr) {
    handlers_lost.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  log->from_handlers.Add(arch::CycleCount(),
                         Event::Pack(kind, argument, Event::kNoP, object));
}

}  // namespace gosling::sched::trace
