// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A thread outside the runtime that ends the program when it stands still. It
// takes part in nothing that it watches: it blocks all signals, reads counters
// only, and reports with write(2) out of memory that it already has, since the
// hang may have left the allocator or stdio locked.

#ifndef TOOLS_SIGSTORM_WATCHDOG_H_
#define TOOLS_SIGSTORM_WATCHDOG_H_

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "tools/sigstorm/ledger.h"
#include "tools/sigstorm/result.h"
#include "tools/sigstorm/standstill.h"
#include "tools/sigstorm/workers/crew.h"

namespace sigstorm {

class Watchdog {
 public:
  // `patience` in ns is how long any worker may stand still, a signal may go
  // unanswered, or a phase may last beyond its time. Time in which the whole
  // process was stopped does not count.
  Watchdog(std::int64_t patience, bool json);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Enter begins a phase that should take `expected` ns. `phase` is a literal.
  void Enter(const char* phase, std::int64_t expected = 0);

  // BeginStorm watches workers and signals as well, for `duration` ns; they
  // must outlive the round. EndStorm says what was seen; EndRound forgets them.
  void BeginStorm(const Crew& crew, std::span<SignalSlot> signals,
                  std::int64_t duration);
  StormWatch EndStorm();
  void EndRound();

 private:
  // Unanswered follows one signal's stamp.
  struct Unanswered {
    std::int64_t stamp = 0;  // as last seen
    std::int64_t since = 0;  // in watched time
  };

  void Loop();
  void Tick();  // REQUIRES(lock_)
  [[noreturn]] void Report();

  const std::int64_t patience_;
  const bool json_;
  // Another thread may not hold the lock for long: it would blind the watchdog.
  std::mutex lock_;

  // All below: GUARDED_BY(lock_).
  bool quit_ = false;
  // Watched time: runs with the clock, but by at most kLongestGap from tick to
  // tick.
  std::int64_t now_ = 0;
  std::int64_t clock_;
  const char* phase_ = "start";
  std::int64_t phase_until_;
  const Crew* crew_ = nullptr;
  std::span<SignalSlot> signals_;
  bool storm_ = false;
  std::optional<Standstill> standstill_;
  std::vector<std::uint64_t> steps_;
  std::array<Unanswered, kMaxSignals> unanswered_;

  std::thread thread_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WATCHDOG_H_
