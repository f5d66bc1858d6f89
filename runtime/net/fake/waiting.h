// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How goroutines wait in a bubble's network: for a change, for their turn, until
// a deadline. All of it is for the bubble's own goroutines and timers, of which
// one runs at a time (control.h), so there is no lock.
//
// A wait is of a reason that the bubble takes for durable, unlike that of a wait
// for a descriptor.

#ifndef GOSLING_RUNTIME_NET_FAKE_WAITING_H_
#define GOSLING_RUNTIME_NET_FAKE_WAITING_H_

#include <cstdint>
#include <vector>

#include "sched/g.h"
#include "sched/timer.h"

namespace gosling::net::fake {

// Waiters are goroutines that wait for a change. One that is woken looks again.
class Waiters {
 public:
  // Wait parks the caller, which is pinned once.
  void Wait();
  void WakeAll();
  // The one that has waited for longest.
  void WakeOne();

 private:
  std::vector<sched::G*> waiting_;
};

// Turn is had by one goroutine at a time.
class Turn {
 public:
  // Held is the turn of its scope. It waits for that; false: `over` has come true
  // meanwhile.
  class Held {
   public:
    Held(Turn& turn, const bool& over);
    ~Held();
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    explicit operator bool() const { return held_; }

   private:
    Turn& turn_;
    bool held_ = false;
  };
  void WakeAll() { waiters_.WakeAll(); }

 private:
  bool taken_ = false;
  Waiters waiters_;
};

// Deadline comes true at a moment of the bubble's time, and wakes its waiters.
class Deadline {
 public:
  explicit Deadline(Waiters* waiters);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // Set: in nanoseconds; 0: never. Pinned.
  void Set(std::int64_t when);
  const bool& over() const { return over_; }

 private:
  static void Fire(void* self, std::uint64_t seq, std::int64_t now);

  Waiters* const waiters_;
  bool over_ = false;
  sched::Timer timer_;
};

}  // namespace gosling::net::fake

#endif  // GOSLING_RUNTIME_NET_FAKE_WAITING_H_
