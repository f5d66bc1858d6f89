// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/gomaxprocs.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>

#include "sched/boot.h"
#include "sched/libc_call.h"
#include "sched/os/cpu_limit.h"
#include "sched/os/godebug.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"
#include "sched/sched.h"
#include "sched/world.h"

namespace gosling::sched {

int (*cpus_of_process)() = os::NumCPU;

namespace {

constexpr std::int64_t kLookPause = 1'000'000'000;
constexpr int kLeastLimit = 2;

constinit std::atomic<bool> by_hand{false};
// Not sched::Mutex: files are read under it.
constinit std::mutex reading;
constinit std::atomic<bool> changing{false};  // there is a thread for that
std::int64_t looked = 0;                      // when; sysmon's
// GODEBUG, as it was at the start.
bool heeds_limit = true;
bool follows = true;

// FromSystem returns GOMAXPROCS as it is to be; `now` if the system does not
// tell any more. Under `reading`.
int FromSystem(int now) {
  const KeepErrno keep;
  const int cpus = std::min(cpus_of_process(), kMaxProcs);
  if (!heeds_limit) return cpus;
  const int limit = ReadCpuLimit();
  if (limit < 0) return now;
  return limit == 0 ? cpus : std::min(cpus, std::max(limit, kLeastLimit));
}

std::intptr_t FindAndRead(void*) {
  const std::lock_guard<std::mutex> lock(reading);
  const KeepErrno keep;
  if (heeds_limit) FindCpuLimit();
  return FromSystem(std::min(cpus_of_process(), kMaxProcs));
}

// Follow, while the world is stopped, sets it to n. Without memory for more Ps
// all stays as it is, and in a second sysmon tries again.
void Follow(int n) {
  try {
    ResizeProcs(n);
  } catch (const std::bad_alloc&) {
  }
}

void Change(void* n) {
  {
    const StoppedWorld world;
    if (!by_hand.load(std::memory_order_relaxed)) {
      Follow(static_cast<int>(reinterpret_cast<std::intptr_t>(n)));
    }
  }
  // release: pairs with sysmon's acquire, which then sees the new GOMAXPROCS
  changing.store(false, std::memory_order_release);
}

}  // namespace

int GoMaxProcs() { return Procs(); }

int SetGoMaxProcs(int n) {
  Bootstrap();
  if (n <= 0) return GoMaxProcs();
  n = std::min(n, kMaxProcs);
  by_hand.store(true);
  // Waits for a reading in progress.
  { const std::lock_guard<std::mutex> lock(reading); }
  if (n == GoMaxProcs()) return n;
  const StoppedWorld world;
  by_hand.store(true);  // SetDefaultGoMaxProcs may have been called meanwhile
  const int old = GoMaxProcs();
  ResizeProcs(n);
  return old;
}

void SetDefaultGoMaxProcs() {
  Bootstrap();
  const auto n = static_cast<int>(LibcCall(FindAndRead, nullptr));
  if (!by_hand.load() && n == GoMaxProcs()) return;
  const StoppedWorld world;
  by_hand.store(false);
  Follow(n);
}

int FirstGoMaxProcs(int wish) {
  constexpr char kSwitch[] = "above 0 for yes, 0 for no";
  heeds_limit = Godebug("containermaxprocs", kSwitch, 1) > 0;
  follows = Godebug("updatemaxprocs", kSwitch, 1) > 0;
  by_hand.store(wish > 0, std::memory_order_relaxed);
  looked = os::Nanotime();
  return wish > 0 ? std::min(wish, kMaxProcs)
                  : static_cast<int>(FindAndRead(nullptr));
}

void FollowSystem(std::int64_t now) {
  if (!follows || now - looked < kLookPause) return;
  looked = now;
  int n;
  {
    const std::lock_guard<std::mutex> lock(reading);
    // acquire: pairs with Change
    if (by_hand.load() || changing.load(std::memory_order_acquire)) return;
    n = FromSystem(GoMaxProcs());
  }
  if (n == GoMaxProcs()) return;
  changing.store(true, std::memory_order_relaxed);
  if (os::StartThread(Change, reinterpret_cast<void*>(std::intptr_t{n}), 0) !=
      0) {
    changing.store(false, std::memory_order_relaxed);
  }
}

}  // namespace gosling::sched
