// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The system's signals: the name of each, whether it can be caught, and what it
// does to a process that does nothing about it.
//
// Contract of a platform file (table_linux.cc, table_darwin.cc …; the build
// chooses one): it defines kSignalTable, one row per number from 0, constant
// initialised, because the signal handler reads it, and CatchableSignals.
//
// Source: runtime/sigtab_linux_generic.go and syscall/zerrors_linux_*.go in Go.

#ifndef GOSLING_SIGNALS_TABLE_H_
#define GOSLING_SIGNALS_TABLE_H_

#include <cstddef>
#include <cstdint>

namespace gosling::signals {

// The largest signal number of any system; rows a system lacks are kNone.
inline constexpr int kMaxSignal = 64;

// SignalSet holds signals 1 to 64: bit n-1 is signal n.
using SignalSet = std::uint64_t;

constexpr SignalSet BitOf(int sig) { return SignalSet{1} << (sig - 1); }

// LowestOf returns the lowest signal of a set that is not empty.
constexpr int LowestOf(SignalSet set) { return __builtin_ctzll(set) + 1; }

enum class Use : std::uint8_t {
  kNone,    // there is no such signal
  kCatch,   // can be caught, ignored, sent
  kKernel,  // SIGKILL, SIGSTOP: neither caught nor ignored
  kLibc,    // the C library's own: cancellation, set*id in all threads
};

// The kernel's action for a signal whose disposition was never changed.
enum class DefaultAction : std::uint8_t { kTerminate, kIgnore, kStop };

// Fault says whether an instruction can raise the signal, and how the code goes
// on if a handler simply returns then.
enum class Fault : std::uint8_t {
  kNo,       // always sent by a process
  kRepeats,  // the instruction is executed again, and faults again
  kPasses,   // execution goes on behind it
};

struct SignalFacts {
  const char* symbol;       // "SIGINT"; nullptr: none
  const char* description;  // Go's Signal.String(): "interrupt"; nullptr: none
  Use use;
  DefaultAction action;
  Fault fault;
};

extern const SignalFacts kSignalTable[kMaxSignal + 1];

// FactsOf returns the row of `sig`, 0 to kMaxSignal. Async-signal-safe.
inline const SignalFacts& FactsOf(int sig) {
  return kSignalTable[static_cast<std::size_t>(sig)];
}

inline bool IsSignal(int sig) {
  return sig > 0 && sig <= kMaxSignal && FactsOf(sig).use != Use::kNone;
}

// CatchableSignals returns every signal that can be caught.
SignalSet CatchableSignals();

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_TABLE_H_
