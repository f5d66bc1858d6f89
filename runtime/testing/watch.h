// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Watch: a look at a bubble from beside it, in real time. A goroutine of the
// bubble that computes without end, or blocks its thread, stops all of it, and
// nothing in the bubble could say so; then Watch does, and ends the program, with
// all stacks.
//
// One thread watches all bubbles, ten times a second, and ends when there is none:
// so a bubble costs none of its own. It counts looks rather than time: a process
// that was stopped meanwhile, by a debugger or with its machine, has one more look
// to live, and a starved one has been looked at less often.

#ifndef GOSLING_RUNTIME_TESTING_WATCH_H_
#define GOSLING_RUNTIME_TESTING_WATCH_H_

#include <cstdint>

#include "sched/peeked.h"

namespace gosling::testing {

class Watch {
 public:
  Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Start begins to watch; patience, in nanoseconds, is above 0. If the system
  // refuses a thread there is no watch. Stop ends it, if there is one.
  void Start(std::int64_t patience);
  void Stop();

  // The loop, on the watched thread, says what it does: a goroutine begins to
  // run, by its number in the bubble; the one that runs calls the library; none
  // runs any more.
  void Runs(std::uint32_t number, std::uint64_t goid, std::uint32_t bubble) {
    bubble_ = bubble;
    goid_ = goid;
    number_ = number;
    ++calls_;
  }
  void Calls() { ++calls_; }
  void Rests() { number_ = 0; }

 private:
  static void Main(void*);
  void Look();

  sched::Peeked<std::uint32_t> calls_;
  sched::Peeked<std::uint32_t> number_;  // 0: none runs
  sched::Peeked<std::uint64_t> goid_;
  sched::Peeked<std::uint32_t> bubble_;

  // Of the thread, under its lock.
  Watch* next_ = nullptr;
  std::int64_t patience_ = 0;
  std::int64_t alike_ = 0;  // looks that saw the same
  std::uint32_t seen_ = 0;  // calls_ then
};

}  // namespace gosling::testing

#endif  // GOSLING_RUNTIME_TESTING_WATCH_H_
