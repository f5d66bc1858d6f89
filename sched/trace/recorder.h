// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The recorder: what the scheduler does, event by event, in one ring for each
// thread. All pictures, traces and profiles are made of it (report/trace/).
//
// Off, it costs the hot paths nothing: while it is on, each M has kTraced in
// M::slow, which Park and Yield look at anyway, and each G that has run
// kGTraced, which Ready looks at along with its other flags. What is cold asks
// On().
//
// A switch from one goroutine straight to the next is one event, which names
// the next one only. Invariant: while M::slow has kTraced and not kTraceFresh,
// the last start in the M's log is that of the goroutine that runs there. Other
// threads set both bits together and clear both together; kTraceFresh alone is
// cleared by the M itself, on g0, right before it records a start (Started). So
// whatever of the two bits the M reads at a switch, if it is kTraced alone, then
// it has been so at each of its switches since that start, and each has been
// recorded: what starts or leaves a goroutine on an M asks the bit, and not
// On(). An M that is fresh takes the way over g0.
//
// A thread's log has two rings: one for its code, one for the signal handlers
// that interrupt it. Handlers run with all signals blocked, so each ring has one
// writer at a time. The log is made when its thread has something to record for
// the first time, and stays: a thread that ends leaves it to a new one. A
// handler on a thread without a log records nothing, and is counted.
//
// The counters of all CPUs are taken for one clock, which they are where there
// is a choice; the replay (report/trace/replay.h) mends what is out of order by
// a little.

#ifndef GOSLING_SCHED_TRACE_RECORDER_H_
#define GOSLING_SCHED_TRACE_RECORDER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sched/g.h"
#include "sched/m.h"
#include "sched/trace/event.h"
#include "sched/trace/ring.h"

namespace gosling::sched::trace {

#if defined(GOSLING_NO_TRACE)
inline constexpr bool kBuilt = false;
#else
inline constexpr bool kBuilt = true;
#endif

struct Log {
  enum class Of : std::uint8_t { kM, kForeign, kSysmon };

  Log* next = nullptr;  // in the list of all
  int index = 0;
  std::atomic<bool> used{true};
  std::atomic<Of> of{Of::kM};
  std::atomic<std::int64_t> m_id{-1};
  std::atomic<std::int64_t> tid{0};
  Ring events;
  Ring from_handlers;
};

// How many record: a trace, a flight recorder.
extern constinit std::atomic<int> recorders;

// What stands in the flags of a goroutine that has been introduced in the last
// recording that has begun: kGTraced, and its number in kGKnownIn. Each recording
// says anew where a goroutine comes from, and what it is called, when it first sees
// it. (After 65,536 recordings one is taken for another.)
inline constexpr std::uint32_t kKnownMask = kGTraced | kGKnownIn;
extern constinit std::atomic<std::uint32_t> known_flags;

inline bool Knows(const G* g) {
  return (g->flags.load(std::memory_order_relaxed) & kKnownMask) ==
         known_flags.load(std::memory_order_relaxed);
}

inline bool On() {
  return kBuilt && recorders.load(std::memory_order_relaxed) != 0;
}

// TurnOn begins to record, or counts one more who wants it; TurnOff is its
// opposite. False: this library was built without a recorder. Unpinned.
bool TurnOn();
void TurnOff();

// FirstLog returns the list of all logs, newest first. It only grows.
const Log* FirstLog();

// HandlersLost counts the events of handlers that met a thread without a log.
std::uint64_t HandlersLost();

// --- What happens; each is recorded by the thread on which it does ---

// Add records an event that has no function of its own below. `p`: the P's
// number, or Event::kNoP.
void Add(Kind kind, std::uint64_t object = 0, unsigned argument = 0,
         unsigned p = Event::kNoP);

// AddText records an event with a text, of which it keeps 1,000 bytes. Pinned,
// so that nothing comes between. `parent`: for kTaskBegin.
void AddText(Kind kind, std::uint64_t object, const char* text,
             std::size_t length, std::uint64_t parent = 0);

// AddFromHandler is Add for signal handlers. Async-signal-safe.
void AddFromHandler(Kind kind, std::uint64_t object, unsigned argument);

// Of goroutines; m has a P and is pinned. Started is for g0.
void Created(M* m, G* g);
void Started(M* m, G* g);
void Stopped(M* m, G* g, StopReason reason);
void Blocked(M* m, G* g);
void Ended(M* m, G* g);
// By any thread; m: its M, or null.
void Unblocked(const M* m, const G* g);

// Of Ps: m has just got p, or is about to give it up, or loses it to sysmon.
void ProcStarted(M* m, const P* p);
void ProcStopped(M* m, const P* p);

// Cold is for code that is cold: it records if the recorder is on.
inline void Cold(Kind kind, std::uint64_t object = 0, unsigned argument = 0) {
  if (On()) Add(kind, object, argument);
}

// JoinM gives a new M, or one that is used anew, its bit. Detach, by a foreign
// thread that ends, leaves its log to another one.
void JoinM(M* m);
void Detach(M* m);

// IsTraced says whether an M records; IsTracedOnly, whether that is the only
// reason to leave the fast paths of a switch, and AddAt may record it.
inline bool IsTraced(std::uint32_t slow) {
  return kBuilt && (slow & kTraced) != 0;
}
inline bool IsTracedOnly(std::uint32_t slow) {
  return kBuilt &&
         (slow & ~static_cast<std::uint32_t>(kFence | kHoldsBack)) == kTraced;
}

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_TRACE_RECORDER_H_
