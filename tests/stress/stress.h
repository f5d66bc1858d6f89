// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the stress programs: a seed that is printed and can be given back
// (GOSLING_STRESS_SEED), how long each test goes on (GOSLING_STRESS_SECONDS),
// and a watchdog that ends a program in which nothing moves any more. The seed
// fixes what each goroutine does, not what the scheduler makes of it: run the
// seed of a failure many times.

#ifndef GOSLING_TESTS_STRESS_STRESS_H_
#define GOSLING_TESTS_STRESS_STRESS_H_

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "tests/go_test.h"

namespace gosling::stress {

// Seed returns the seed of this test, printed once.
inline std::uint64_t Seed() {
  const char* text = std::getenv("GOSLING_STRESS_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0)
                                             : std::random_device()();
  std::printf("GOSLING_STRESS_SEED=%llu\n",
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

inline std::chrono::milliseconds Duration(
    std::chrono::seconds if_not_said = std::chrono::seconds(30)) {
  const char* text = std::getenv("GOSLING_STRESS_SECONDS");
  const double seconds = text != nullptr
                             ? std::atof(text)
                             : static_cast<double>(if_not_said.count());
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

// Random is a small generator (splitmix64), one per goroutine.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t who)
      : state_(seed + who * 0x9e3779b97f4a7c15ULL) {}
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  int Below(int n) {
    return static_cast<int>(Next() % static_cast<std::uint64_t>(n));
  }
  bool OneIn(int n) { return Below(n) == 0; }

 private:
  std::uint64_t state_;
};

// Watchdog aborts, with a message, when Moved has not been called for a minute
// (a core dump, or the debugger that tests/stress/repeat starts before, shows
// where every thread is). It never enters the runtime.
class Watchdog {
 public:
  Watchdog() : thread_([this] { Watch(); }) {}
  ~Watchdog() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
    }
    done_changed_.notify_one();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void Moved() { moves_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t Moves() const { return moves_.load(); }

 private:
  void Watch() {
    constexpr auto kPatience = std::chrono::seconds(kSanitized ? 240 : 60);
    std::unique_lock<std::mutex> lock(mutex_);
    for (std::uint64_t last = moves_ + 1; last != moves_;) {
      last = moves_;
      if (done_changed_.wait_for(lock, kPatience, [this] { return done_; })) {
        return;
      }
    }
    std::fprintf(stderr,
                 "nothing has moved for a long time, after %llu moves\n",
                 static_cast<unsigned long long>(moves_.load()));
    std::abort();
  }

  std::atomic<std::uint64_t> moves_{0};
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace gosling::stress

#endif  // GOSLING_TESTS_STRESS_STRESS_H_
