// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Small programs of channel operations: what they are, their text, and random
// ones. model.h says what each may do, interpret.h does it, go/ has Go do it.
//
// A program has up to eight channels and eight goroutines, each with a few
// operations. What a goroutine has come to is the list of its operations'
// results, and whether it waits in the one after them. A panic is a result too,
// and the goroutine goes on.

#ifndef GOSLING_TESTS_PROGRAMS_PROGRAM_H_
#define GOSLING_TESTS_PROGRAMS_PROGRAM_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gosling::programs {

inline constexpr int kMaxChannels = 8;
inline constexpr int kMaxGoroutines = 8;
inline constexpr int kMaxOps = 4;  // of one goroutine
inline constexpr int kMaxCapacity = 3;
inline constexpr int kNil = 9;  // the channel that is none

// A send of `value`, or a receive.
struct Case {
  bool send = false;
  int channel = 0;
  int value = 0;
};

// kPlain waits; kTry does not; both have one case.
enum class Form : std::uint8_t { kPlain, kTry, kSelect, kClose };

struct Op {
  Form form = Form::kPlain;
  std::vector<Case> cases;   // of kClose: one, for its channel
  bool has_default = false;  // kTry has
};

struct Program {
  std::vector<int> capacities;  // a channel for each
  std::vector<std::vector<Op>> goroutines;
};

// Result is what an operation has come to.
using Result = std::uint16_t;
inline constexpr Result kTookDefault = 1;  // or a try that could not
inline constexpr Result kClosed = 2;       // a close
inline constexpr Result kPanicSend = 3;    // send on closed channel
inline constexpr Result kPanicClose = 4;   // close of closed channel
inline constexpr Result kPanicNil = 5;     // close of nil channel
inline bool IsPanic(Result r) { return r >= kPanicSend && r <= kPanicNil; }
// The case at `index` was done. Values are 1 to 253.
inline Result Sent(int index) { return static_cast<Result>((index + 1) << 8); }
inline Result ReceivedNothing(int index) {
  return static_cast<Result>(Sent(index) + 1);
}
inline Result ReceivedValue(int index, int value) {
  return static_cast<Result>(Sent(index) + 1 + value);
}

// ResultOfPanic knows the words of Go; 0: those are others.
Result ResultOfPanic(std::string_view words);

// Outcome is what a program has come to, all goroutines having ended or waiting.
struct Outcome {
  struct Goroutine {
    std::vector<Result> results;
    bool waits = false;
  };
  std::vector<Goroutine> goroutines;
  std::vector<std::vector<int>> left;  // what each channel's buffer has
};

// Text is one line: `0 !send ? | 0=7 d | c # 5 6 , ,`: the goroutines' results,
// then the buffers. Go's interpreter prints the same.
std::string Text(const Outcome& outcome);
// ParseOutcome throws std::invalid_argument.
Outcome ParseOutcome(std::string_view text);

// Text is one line: `0 2 | s0=5 r1 S0=6 R1 c0 [ r0 s1=7 d ] | r0`: the channels'
// capacities, then the goroutines; capitals do not wait, [ ] is a select, d its
// default, 9 the nil channel.
std::string Text(const Program& program);

// Below returns a number from 0 to n - 1: the choices that make a program.
using Below = std::function<int(int n)>;

// Waiting on nil channels for ever is for programs that end by it.
Program Generate(const Below& below, bool may_wait_on_nil = false);
// GenerateFromSeed draws from a generator of its own, the same everywhere.
Program GenerateFromSeed(std::uint64_t seed, bool may_wait_on_nil = false);

}  // namespace gosling::programs

#endif  // GOSLING_TESTS_PROGRAMS_PROGRAM_H_
