// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/cpu_profile.h"

#include <sys/time.h>

#include <algorithm>

#include "sched/os/os.h"

namespace gosling::sched {

namespace {

// Eight minutes of one CPU's time; 24 MiB of memory, as far as it is used.
constexpr std::uint32_t kSamples = 48'000;

std::size_t TableSize() {
  const std::size_t page = os::PageSize();
  return (kSamples * sizeof(ProfileSample) + page - 1) & ~(page - 1);
}

void SetTimer(suseconds_t us) {
  itimerval timer = {};
  timer.it_interval.tv_usec = timer.it_value.tv_usec = us;
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

}  // namespace

const char* StartCpuProfile() {
  if (cpu_profile.on.load()) return "cpu profiling already in use";
  struct sigaction now;
  ::sigaction(SIGPROF, nullptr, &now);
  const bool ours =
      (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == OnProfileSignal;
  if (!ours && now.sa_handler != SIG_DFL) {
    return "SIGPROF is in use: the program has a handler for it";
  }
  if (cpu_profile.samples == nullptr) {
    void* const memory = os::Reserve(TableSize());
    if (memory == nullptr) return "no memory for a cpu profile";
    cpu_profile.samples = static_cast<ProfileSample*>(memory);
    cpu_profile.size = kSamples;
  }
  cpu_profile.claimed.store(0);
  struct sigaction action = {};
  action.sa_sigaction = OnProfileSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  ::sigaction(SIGPROF, &action, nullptr);
  cpu_profile.on.store(true);
  SetTimer(kProfilePeriod / 1000);
  return nullptr;
}

ProfileEnd StopCpuProfile() {
  SetTimer(0);
  cpu_profile.on.store(false);
  while (cpu_profile.inside.load() != 0) os::SleepNs(100'000);
  const std::uint32_t claimed = cpu_profile.claimed.load();
  const std::uint32_t n = std::min(claimed, kSamples);
  return {n, claimed - n};
}

}  // namespace gosling::sched
