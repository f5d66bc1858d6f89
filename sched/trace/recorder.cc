// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/trace/recorder.h"

#include <cstring>
#include <new>

#include "absl/base/optimization.h"
#include "arch/arch.h"
#include "sched/os/keep_errno.h"
#include "sched/os/mutex.h"
#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched::trace {

constinit std::atomic<int> recorders{0};
constinit std::atomic<std::uint32_t> known_flags{kGTraced};

namespace {

// 4 MiB of address space for each thread, 1 MiB where that is scarce; memory as
// far as it is used.
constexpr std::uint64_t kEvents = sizeof(void*) == 8 ? 1 << 18 : 1 << 16;
constexpr std::uint64_t kHandlerEvents = 1 << 10;
constexpr std::size_t kMaxText = 1000;
constexpr std::size_t kTextEach = 13;  // in one event of kText

constinit std::atomic<Log*> logs{nullptr};
constinit Mutex on_mu;

// Of the one thread that records without having an M: sysmon.
constinit std::atomic<Log*> sysmon_log{nullptr};

// Reuse looks for a log that no thread uses.
Log* Reuse() {
  // acquire: pairs with MakeLog
  for (Log* log = logs.load(std::memory_order_acquire); log != nullptr;
       log = log->next) {
    bool used = false;
    // acquire: pairs with Detach; the former writer's last words
    if (!log->used.load(std::memory_order_relaxed) &&
        log->used.compare_exchange_strong(used, true,
                                          std::memory_order_acquire)) {
      return log;
    }
  }
  return nullptr;
}

// MakeLog returns nullptr if there is no memory: the thread's events are lost.
Log* MakeLog() {
  const std::size_t header =
      (sizeof(Log) + alignof(Ring::Slot) - 1) & ~(alignof(Ring::Slot) - 1);
  std::size_t size = header + (kEvents + kHandlerEvents) * sizeof(Ring::Slot);
  size = (size + os::PageSize() - 1) & ~(os::PageSize() - 1);
  KeepErrno keep;
  void* memory = os::Reserve(size);
  if (memory == nullptr) return nullptr;
  Log* log = ::new (memory) Log;
  // The memory is zeroed, and so are the slots.
  auto* slots =
      reinterpret_cast<Ring::Slot*>(static_cast<char*>(memory) + header);
  log->events.Init(slots, kEvents);
  log->from_handlers.Init(slots + kEvents, kHandlerEvents);
  // acquire: head's index
  Log* head = logs.load(std::memory_order_acquire);
  do {
    log->next = head;
    log->index = head == nullptr ? 0 : head->index + 1;
    // release: publishes *log to those that walk the list
  } while (!logs.compare_exchange_weak(head, log, std::memory_order_acq_rel,
                                       std::memory_order_acquire));
  return log;
}

Log::Of OwnerOf(const M* m) {
  if (m == nullptr) return Log::Of::kSysmon;
  return (m->slow.load(std::memory_order_relaxed) & kForeign) != 0
             ? Log::Of::kForeign
             : Log::Of::kM;
}

// Attach gives the calling thread a log.
[[gnu::noinline]] Log* Attach(M* m) {
  Log* log = Reuse();
  if (log == nullptr) log = MakeLog();
  if (log == nullptr) return nullptr;
  const std::int64_t tid = os::ThreadId();
  log->of.store(OwnerOf(m), std::memory_order_relaxed);
  log->m_id.store(m != nullptr ? std::int64_t{m->id} : -1,
                  std::memory_order_relaxed);
  log->tid.store(tid, std::memory_order_relaxed);
  // release: the log, for this thread's handlers and Detach
  (m != nullptr ? m->log : sysmon_log).store(log, std::memory_order_release);
  log->events.Add(arch::CycleCount(),
                  Event::Pack(Kind::kThread, static_cast<unsigned>(OwnerOf(m)),
                              Event::kNoP, static_cast<std::uint64_t>(tid)));
  return log;
}

inline Log* LogOf(M* m) {
  Log* log = m->log.load(std::memory_order_relaxed);
  return ABSL_PREDICT_TRUE(log != nullptr) ? log : Attach(m);
}

inline unsigned NumberOf(const P* p) {
  return p != nullptr ? static_cast<unsigned>(p->id) : Event::kNoP;
}

// AddOn records what m does, at its P.
inline void AddOn(M* m, Kind kind, std::uint64_t object,
                  unsigned argument = 0) {
  Log* log = LogOf(m);
  if (log == nullptr) return;
  log->events.Add(arch::CycleCount(),
                  Event::Pack(kind, argument, NumberOf(m->p), object));
}

Log* ThisLog() {
  M* m = CurrentM();
  if (m != nullptr) return LogOf(m);
  Log* log = sysmon_log.load(std::memory_order_relaxed);
  return log != nullptr ? log : Attach(nullptr);
}

// AddWords records a text in pieces.
void AddWords(Log* log, const char* text, std::size_t length) {
  while (length > 0) {
    const std::size_t n = length < kTextEach ? length : kTextEach;
    std::uint64_t words[2] = {};
    std::memcpy(words, text, n < 8 ? n : 8);
    if (n > 8) {
      for (std::size_t i = 8; i < n; i++) {
        words[1] |= std::uint64_t{static_cast<unsigned char>(text[i])}
                    << 8 * (i - 8);
      }
    }
    log->events.Add(words[0], Event::Pack(Kind::kText, static_cast<unsigned>(n),
                                          Event::kNoP, words[1]));
    text += n;
    length -= n;
  }
}

// Introduce has g's Ready be recorded from now on, and records where g comes
// from, and its name.
void Introduce(M* m, G* g, Kind kind) {
  // Before the events: if a recording begins now, they come again.
  const std::uint32_t known = known_flags.load(std::memory_order_relaxed);
  g->flags.fetch_and(~std::uint32_t{kGKnownIn}, std::memory_order_relaxed);
  g->flags.fetch_or(known, std::memory_order_relaxed);
  Log* log = LogOf(m);
  if (log == nullptr) return;
  AddOn(m, kind, g->goid);
  log->events.Add(reinterpret_cast<std::uintptr_t>(g->created_at),
                  Event::Pack(Kind::kPlace, 0, Event::kNoP, 0));
  if (g->name != nullptr) AddWords(log, g->name, std::strlen(g->name));
}

void ForEachM(void (*f)(M*, std::uint32_t)) {
  // acquire: pairs with PutIntoAllM
  for (M* m = scheduler.allm.load(std::memory_order_acquire); m != nullptr;
       m = m->all_next) {
    f(m, kTraceBits);
  }
}

}  // namespace

bool TurnOn() {
  if (!kBuilt) return false;
  MutexLock l(&on_mu);
  // Before the walk: an M that is new to the list sees it in JoinM. Each time:
  // a second recording, too, is to know which goroutine runs where, and what all
  // of them are called.
  known_flags.store(
      (known_flags.load(std::memory_order_relaxed) + (kGKnownIn & -kGKnownIn)) |
      kGTraced);
  recorders.fetch_add(1);
  ForEachM(SetSlow);
  return true;
}

void TurnOff() {
  MutexLock l(&on_mu);
  if (recorders.fetch_sub(1) == 1) ForEachM(ClearSlow);
}

void JoinM(M* m) {
  if (!On()) return;
  MutexLock l(&on_mu);  // lest TurnOff's walk has passed m
  if (On()) SetSlow(m, kTraceBits);
}

void Detach(M* m) {
  Log* log = m->log.load(std::memory_order_relaxed);
  if (log == nullptr) return;
  m->log.store(nullptr, std::memory_order_relaxed);
  // release: this thread's events, for Reuse
  log->used.store(false, std::memory_order_release);
}

const Log* FirstLog() {
  return logs.load(std::memory_order_acquire);  // pairs with MakeLog
}

void Add(Kind kind, std::uint64_t object, unsigned argument, unsigned p) {
  Log* log = ThisLog();
  if (log == nullptr) return;
  log->events.Add(arch::CycleCount(), Event::Pack(kind, argument, p, object));
}

void AddText(Kind kind, std::uint64_t object, const char* text,
             std::size_t length, std::uint64_t parent) {
  M* m = CurrentM();
  Log* log = LogOf(m);
  if (log == nullptr) return;
  AddOn(m, kind, object);
  if (kind == Kind::kTaskBegin) {
    log->events.Add(0, Event::Pack(Kind::kParent, 0, Event::kNoP, parent));
  }
  AddWords(log, text, length < kMaxText ? length : kMaxText);
}

void Created(M* m, G* g) { Introduce(m, g, Kind::kGoCreate); }

void Started(M* m, G* g) {
  // Without memory for a log it stays fresh, and asks again each time.
  if (LogOf(m) == nullptr) return;
  if ((m->slow.load(std::memory_order_relaxed) & kTraceFresh) != 0) {
    ClearSlow(m, kTraceFresh);
  }
  if (!Knows(g)) Introduce(m, g, Kind::kGoIs);
  AddOn(m, Kind::kGoStart, g->goid);
}

// Those three: it may have run since before this recording.

void Stopped(M* m, G* g, StopReason reason) {
  if (!Knows(g)) Introduce(m, g, Kind::kGoIs);
  AddOn(m, Kind::kGoStop, g->goid, static_cast<unsigned>(reason));
}

void Blocked(M* m, G* g) {
  if (!Knows(g)) Introduce(m, g, Kind::kGoIs);
  AddOn(m, Kind::kGoBlock, g->goid,
        g->wait_reason.load(std::memory_order_relaxed) & 0x7f);
}

void Ended(M* m, G* g) {
  if (!Knows(g)) Introduce(m, g, Kind::kGoIs);
  AddOn(m, Kind::kGoEnd, g->goid);
}

void Unblocked(const M* m, const G* g) {
  if (!On()) return;  // the flag stays from an earlier recording
  Log* log = ThisLog();
  if (log == nullptr) return;
  log->events.Add(
      arch::CycleCount(),
      Event::Pack(Kind::kGoUnblock, 0,
                  m != nullptr ? NumberOf(m->p) : Event::kNoP, g->goid));
}

void ProcStarted(M* m, const P* p) { AddOn(m, Kind::kProcStart, NumberOf(p)); }

void ProcStopped(M* m, const P* p) {
  if (CurrentM() == m) {
    AddOn(m, Kind::kProcStop, NumberOf(p));
  } else {
    const Log* log = m->log.load(std::memory_order_acquire);
    const std::uint64_t victim =
        log != nullptr ? static_cast<std::uint64_t>(log->index) + 1 : 0;
    Add(Kind::kProcRetake, victim << kVictimShift | NumberOf(p));
  }
}

}  // namespace gosling::sched::trace
