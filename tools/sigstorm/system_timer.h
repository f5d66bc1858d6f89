// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A timer of the kernel's that sends a signal to this process again and again:
// timer_create with SIGEV_SIGNAL, or setitimer where there is nothing else. The
// build chooses system_timer_<system>.cc.
//
// Of a signal that the process has not taken yet a timer queues no second one:
// it counts an overrun. So from outside
//
//   expired = signals that were queued + overruns.
//
// Expired is counted exactly, by the clock that the timer follows. The overruns
// are not: timer_getoverrun tells those of the signal that was taken last, and
// by the time that a goroutine asks, a later one may have been taken; nor does
// the library pass on si_overrun. They are the difference, as far as the queued
// ones are told apart: those of real-time signals are, by their SI_TIMER.

#ifndef TOOLS_SIGSTORM_SYSTEM_TIMER_H_
#define TOOLS_SIGSTORM_SYSTEM_TIMER_H_

#include <cstdint>

namespace sigstorm {

class SystemTimer {
 public:
  // Sends says whether a timer can send the signal, and Most how many timers a
  // process can have.
  static bool Sends(int signal);
  static int Most();

  SystemTimer() = default;
  ~SystemTimer() { Stop(); }
  SystemTimer(const SystemTimer&) = delete;
  SystemTimer& operator=(const SystemTimer&) = delete;

  // Start has the signal sent every `interval` ns. Returns 0 or errno.
  int Start(int signal, std::int64_t interval);

  // Stop returns how often the timer has expired since Start: exactly, or one
  // more if that one was due as the timer was being stopped. A signal that is
  // pending meanwhile may never be taken: Linux throws it away since 6.13. 0 if
  // the timer is not running.
  std::uint64_t Stop();

 private:
  // Expired is how often a timer that expires first at `first_` has by `now`.
  std::uint64_t Expired(std::int64_t now) const {
    if (first_ == 0 || now < first_) return 0;
    return static_cast<std::uint64_t>((now - first_) / interval_) + 1;
  }

  std::int64_t first_ = 0;     // when it expires first; 0: not started
  std::int64_t interval_ = 0;  // ns
  // timer_t, where timer_create made it.
  [[maybe_unused]] void* timer_ = nullptr;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_SYSTEM_TIMER_H_
