// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/adrift.h"

#include <algorithm>

#include "sched/m.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kRecount = 1 * kMs;
// A thread whose clock has stood still for so long sleeps or has no core.
// Asking which costs ten times as much as reading the clock.
constexpr std::int64_t kStill = 50 * kMs;

// StillAdrift says whether m still is. kRetake is set from the taking of P
// until the next Pin.
bool StillAdrift(M* m, std::int64_t now) {
  if ((m->slow.load(std::memory_order_relaxed) & kRetake) == 0) return false;
  std::int64_t handle = m->handle.load(std::memory_order_relaxed);
  std::int64_t cpu = os::ThreadCpuTime(handle);
  if (cpu < 0) return false;
  if (cpu != m->adrift.cpu) {
    m->adrift.cpu = cpu;
    m->adrift.ran_when = now;
  } else if (now - m->adrift.ran_when >= kStill) {
    if (os::StateOfThread(handle) != os::ThreadState::kReady) return false;
    m->adrift.ran_when = now;
  }
  return true;
}

}  // namespace

void Adrift::Add(M* m, std::int64_t cpu, std::int64_t now) {
  m->adrift.cpu = cpu;
  m->adrift.ran_when = now;
  if (m->adrift.listed) return;
  m->adrift.listed = true;
  m->adrift.next = head_;
  head_ = m;
  count_++;
}

bool Adrift::IsOver(std::int64_t now, int procs, std::int64_t held,
                    std::int64_t used) {
  if (now - counted_when_ >= kRecount) Recount(now);
  return used >=
             std::min(kSlice + kSlice * count_ / 4 / procs, kLongestSlice) ||
         held >= (count_ > 2 * procs ? kCrowdedHold : kLongestHold);
}

void Adrift::Recount(std::int64_t now) {
  counted_when_ = now;
  for (M** link = &head_; *link != nullptr;) {
    M* m = *link;
    if (StillAdrift(m, now)) {
      link = &m->adrift.next;
      continue;
    }
    *link = m->adrift.next;
    m->adrift.listed = false;
    count_--;
  }
}

}  // namespace gosling::sched
