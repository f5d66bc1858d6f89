// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Watching, and the last words.

#include "tools/sigstorm/watchdog.h"

#include <gosling/signal.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/full_io.h"
#include "tools/sigstorm/os.h"

namespace sigstorm {
namespace {

constexpr std::int64_t kTick = 10'000'000;
constexpr std::int64_t kLongestGap = 1'000'000'000;

double Seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

// Say formats one line and writes it, without the heap.
template <class... Args>
void Say(int fd, const char* format, Args... args) {
  std::array<char, 256> line;
  const int n = std::snprintf(line.data(), line.size(), format, args...);
  if (n <= 0) return;
  WriteFull(fd, line.data(),
            std::min(static_cast<std::size_t>(n), line.size() - 1));
}

}  // namespace

Watchdog::Watchdog(std::int64_t patience, bool json)
    : patience_(patience),
      json_(json),
      clock_(NowNs()),
      phase_until_(patience) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Loop(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard hold(lock_);
    quit_ = true;
  }
  thread_.join();
}

void Watchdog::Enter(const char* phase, std::int64_t expected) {
  const std::lock_guard hold(lock_);
  Tick();
  phase_ = phase;
  phase_until_ = now_ + expected + patience_;
}

void Watchdog::BeginStorm(const Crew& crew, std::span<SignalSlot> signals,
                          std::int64_t duration) {
  const std::lock_guard hold(lock_);
  Tick();
  phase_ = "storm";
  phase_until_ = now_ + duration + patience_;
  crew_ = &crew;
  signals_ = signals;
  steps_.assign(crew.size(), 0);
  unanswered_ = {};
  const int slices = SlicesOf(duration);
  standstill_.emplace(crew.size(), now_, duration / slices, slices);
  storm_ = true;
}

StormWatch Watchdog::EndStorm() {
  const std::lock_guard hold(lock_);
  Tick();
  storm_ = false;
  StormWatch watch;
  watch.longest_standstill = standstill_->Longest();
  if (!crew_->empty()) {
    watch.longest_standstill_of = (*crew_)[standstill_->LongestOf()]->name();
  }
  watch.slices = standstill_->slices_judged();
  for (const Standstill::Starved& starved : standstill_->starved()) {
    watch.starved.push_back(absl::StrCat((*crew_)[starved.counter]->name(),
                                         " in slice ", starved.slice + 1));
  }
  return watch;
}

void Watchdog::EndRound() {
  const std::lock_guard hold(lock_);
  crew_ = nullptr;
  signals_ = {};
  standstill_.reset();
}

void Watchdog::Loop() {
  os::NameThread("sigstorm-watch");
  const timespec tick = {.tv_sec = 0, .tv_nsec = kTick};
  while (true) {
    ::nanosleep(&tick, nullptr);
    const std::lock_guard hold(lock_);
    if (quit_) return;
    Tick();
    bool hang = now_ > phase_until_;
    if (storm_) {
      for (std::size_t i = 0; i < crew_->size(); i++) {
        hang = hang || standstill_->Still(i) > patience_;
      }
      for (std::size_t i = 0; i < signals_.size(); i++) {
        hang = hang || (unanswered_[i].stamp != 0 &&
                        now_ - unanswered_[i].since > patience_);
      }
    }
    if (hang) Report();
  }
}

void Watchdog::Tick() {
  const std::int64_t clock = NowNs();
  now_ += std::min(clock - clock_, kLongestGap);
  clock_ = clock;
  if (crew_ == nullptr) return;
  // Also after the storm: should the round not come to its end, the report says
  // since when each has stood.
  for (std::size_t i = 0; i < steps_.size(); i++) {
    steps_[i] = (*crew_)[i]->steps();
  }
  standstill_->Observe(now_, steps_);
  for (std::size_t i = 0; i < signals_.size(); i++) {
    const std::int64_t stamp = signals_[i].unanswered_since.load();
    if (stamp != unanswered_[i].stamp) unanswered_[i] = {stamp, now_};
  }
}

void Watchdog::Report() {
  Say(STDERR_FILENO, "\nsigstorm: hang in the phase \"%s\" (patience %.1f s)\n",
      phase_, Seconds(patience_));
  if (crew_ != nullptr) {
    for (std::size_t i = 0; i < crew_->size(); i++) {
      const Worker& worker = *(*crew_)[i];
      const std::int64_t still = standstill_->Still(i);
      const char* const state = worker.running() == 0 ? "  (has ended)"
                                : still > patience_   ? "  <- stands"
                                                      : "";
      Say(STDERR_FILENO, "  worker %-18s %12llu steps, still for %6.2f s%s\n",
          worker.name().c_str(),
          static_cast<unsigned long long>(worker.steps()), Seconds(still),
          state);
    }
  }
  for (std::size_t i = 0; i < signals_.size(); i++) {
    const SignalSlot& slot = signals_[i];
    const auto counters = gosling::signal::Stats(slot.number);
    const std::int64_t age =
        unanswered_[i].stamp == 0 ? 0 : now_ - unanswered_[i].since;
    Say(STDERR_FILENO,
        "  signal %2d: sent %llu this round; in all received %llu, coalesced "
        "%llu, delivered %llu, dropped %llu; unanswered for %.2f s%s\n",
        slot.number, static_cast<unsigned long long>(slot.sent.load()),
        static_cast<unsigned long long>(counters.received),
        static_cast<unsigned long long>(counters.coalesced),
        static_cast<unsigned long long>(counters.delivered),
        static_cast<unsigned long long>(counters.dropped), Seconds(age),
        age > patience_ ? "  <- stands" : "");
  }
  if (json_) {
    Say(STDOUT_FILENO,
        "{\n  \"pass\": false,\n  \"hang\": {\"phase\": \"%s\", "
        "\"patience_s\": "
        "%.1f}\n}\n",
        phase_, Seconds(patience_));
  } else {
    Say(STDOUT_FILENO,
        "  6 FAIL  a watchdog outside the runtime saw no hang\n"
        "            it stood still in the phase \"%s\"\n",
        phase_);
  }
  ::_exit(1);
}

}  // namespace sigstorm
