// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/testing/watch.h"

#include "sched/os/fatal.h"
#include "sched/os/mutex.h"
#include "sched/os/os.h"

namespace gosling::testing {

namespace {

constexpr std::int64_t kPause = 100'000'000;  // ns between two looks

constinit sched::Mutex mu;
constinit Watch* watched ABSL_GUARDED_BY(mu) = nullptr;
constinit bool running ABSL_GUARDED_BY(mu) = false;  // the thread

}  // namespace

void Watch::Start(std::int64_t patience) {
  sched::MutexLock l(&mu);
  patience_ = patience;
  alike_ = 0;
  next_ = watched;
  watched = this;
  if (!running) running = sched::os::StartThread(Main, nullptr, 0) == 0;
}

void Watch::Stop() {
  sched::MutexLock l(&mu);
  Watch** at = &watched;
  while (*at != nullptr && *at != this) at = &(*at)->next_;
  if (*at != nullptr) *at = next_;
}

void Watch::Main(void*) {
  for (;;) {
    sched::os::SleepNs(kPause);
    sched::MutexLock l(&mu);
    if (watched == nullptr) {
      running = false;
      return;
    }
    for (Watch* w = watched; w != nullptr; w = w->next_) w->Look();
  }
}

void Watch::Look() {
  const std::uint32_t number = number_;
  const std::uint32_t calls = calls_;
  alike_ = number != 0 && calls == seen_ ? alike_ + 1 : 0;
  seen_ = calls;
  if (alike_ * kPause < patience_ || alike_ == 0) return;
  sched::Throw(
      "testing: goroutine %llu, number %u of bubble %u, has run for %g s "
      "without a call of the library, so no other one of the bubble can: it "
      "computes, or waits for what is outside",
      static_cast<unsigned long long>(goid_), number,
      static_cast<std::uint32_t>(bubble_),
      static_cast<double>(patience_) / 1e9);
}

}  // namespace gosling::testing
