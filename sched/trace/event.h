// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Events of the scheduler, as the recorder keeps them: 16 bytes each.
//
//     time    the CPU's counter (arch::CycleCount)
//     what    object, 40 bits; kind, 6; argument, 7; P, 11
//
// The object is a goroutine's number unless the kind says otherwise; it comes
// first, so that a shift alone puts it there. The M is that of the ring, and so
// is the goroutine that did it: the one that was last started there.

#ifndef GOSLING_SCHED_TRACE_EVENT_H_
#define GOSLING_SCHED_TRACE_EVENT_H_

#include <cstdint>

namespace gosling::sched::trace {

enum class Kind : std::uint8_t {
  kNone,
  kThread,    // this ring is now that thread's; object: its kernel number
  kGoCreate,  // kPlace follows: where it was made; kText: its name
  kGoIs,      // was there before the recording, or its part; as kGoCreate
  kGoStart,
  // The goroutine that was last started leaves, as by the event whose name ends
  // alike, and the object is started at the same time.
  kSwitchStop,
  kSwitchBlock,
  kSwitchEnd,
  kGoStop,   // runnable; argument: StopReason
  kGoBlock,  // argument: WaitReason
  kGoUnblock,
  kGoEnd,
  kProcStart,  // object: the P
  kProcStop,   // object: the P
  kProcRetake,  // by another thread; object: the P, and the log of the M that has
                // lost it: kVictimShift
  kSyscallEnter,
  kSyscallBlock,  // P is handed off at once
  kSyscallExit,
  kMPark,  // argument: MSleep
  kMWake,
  kMSpin,      // it begins to look for work elsewhere
  kSteal,      // object: the G that it will run
  kTimers,     // object: how many have fired
  kNetpoll,    // object: how many Gs the poller has made runnable
  kNoteSleep,  // the receiver of signals sleeps
  kNoteWake,   // it is awake
  kSignal,     // argument: its number; object: SignalStep
  kStopWorld,
  kStartWorld,
  kTaskBegin,    // object: the task; kParent and kText follow
  kTaskEnd,      // object: the task
  kRegionBegin,  // object: the task; kText follows
  kRegionEnd,    // object: the task; kText follows
  kLog,          // object: the task; kText follows: category, 0, text
  // These belong to the event before them.
  kPlace,   // time: a return address
  kParent,  // object: a task
  kText,    // time: 8 bytes; object: 5 more; argument: how many of them
};

// Of a kProcRetake's object, what lies above is the log's index + 1; 0: it has none.
inline constexpr unsigned kVictimShift = 12;

enum class StopReason : std::uint8_t { kYield, kPreempted, kNoP };

enum class MSleep : std::uint8_t { kNote, kPoller };

enum class SignalStep : std::uint8_t {
  kTaken,      // by the handler
  kMerged,     // into one that is pending
  kReceived,   // by the receiver
  kDelivered,  // to a channel
  kDropped,    // the channel was full
};

struct Event {
  std::uint64_t time = 0;
  std::uint64_t what = 0;

  static constexpr unsigned kNoP = 0x7ff;
  // Where these begin; P is at 0.
  static constexpr unsigned kObjectAt = 24;
  static constexpr unsigned kKindAt = 18;
  static constexpr unsigned kArgumentAt = 11;

  static constexpr std::uint64_t Pack(Kind kind, unsigned argument, unsigned p,
                                      std::uint64_t object) {
    return object << kObjectAt |
           std::uint64_t{static_cast<std::uint8_t>(kind)} << kKindAt |
           std::uint64_t{argument & 0x7f} << kArgumentAt | (p & kNoP);
  }

  constexpr Kind kind() const {
    return static_cast<Kind>(what >> kKindAt & 0x3f);
  }
  constexpr unsigned argument() const {
    return static_cast<unsigned>(what >> kArgumentAt) & 0x7f;
  }
  // kNoP: none, or not told.
  constexpr unsigned p() const { return static_cast<unsigned>(what) & kNoP; }
  constexpr std::uint64_t object() const { return what >> kObjectAt; }
};

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_TRACE_EVENT_H_
