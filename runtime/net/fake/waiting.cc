// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/fake/waiting.h"

#include <algorithm>
#include <utility>

#include "sched/control.h"
#include "sched/proc.h"
#include "sched/wait_reason.h"

namespace gosling::net::fake {

void Waiters::Wait() {
  sched::G* g = sched::CurrentG();
  waiting_.reserve(waiting_.size() + 1);  // commit throws nothing
  sched::Park(g, sched::WaitReason::kIOWaitDurable,
              [&] { waiting_.push_back(g); });
}

void Waiters::WakeAll() {
  for (sched::G* g : std::exchange(waiting_, {})) sched::Ready(g);
}

void Waiters::WakeOne() {
  if (waiting_.empty()) return;
  sched::G* g = waiting_.front();
  waiting_.erase(waiting_.begin());
  sched::Ready(g);
}

Turn::Held::Held(Turn& turn, const bool& over) : turn_(turn) {
  while (turn.taken_ && !over) turn.waiters_.Wait();
  if (over) return;
  held_ = turn.taken_ = true;
}

Turn::Held::~Held() {
  if (!held_) return;
  turn_.taken_ = false;
  turn_.waiters_.WakeOne();
}

Deadline::Deadline(Waiters* waiters) : waiters_(waiters) {
  timer_.fire = Fire;
  timer_.arg = this;
}

void Deadline::Set(std::int64_t when) {
  // One that is not stopped has fired: no timer is under way on another thread.
  sched::TimerStop(&timer_);
  over_ = when != 0 && when <= sched::Clock();
  if (over_) waiters_->WakeAll();
  if (over_ || when == 0) return;
  timer_.when = when;
  timer_.seq++;
  sched::TimerAdd(&timer_);
}

void Deadline::Fire(void* self, std::uint64_t, std::int64_t) {
  auto* deadline = static_cast<Deadline*>(self);
  deadline->over_ = true;
  deadline->waiters_->WakeAll();
}

}  // namespace gosling::net::fake
