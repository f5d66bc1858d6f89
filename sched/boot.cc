// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Starting the runtime: once, by the first thread that uses it. Go:
// runtime/proc.go, schedinit.
//
// Environment, here where it is read (a wrong value is fatal and says what is
// right):
//
//     GOMAXPROCS=n              Ps; default: what the system lets this process
//                               use (gomaxprocs.h)
//     GOTRACEBACK=none|single|all|system|crash
//                               what a fatal report shows: no stacks; that of
//                               the goroutine that failed (the default); those
//                               of all; the runtime's own too; and dump core
//     GOSLING_SCHED=deterministic:SEED
//                               Run's goroutines run one at a time, in an order
//                               that SEED alone decides
//                               (runtime/testing/program.h)
//     GOSLING_FORCE_MIGRATE=1   testing: every switch changes threads
//     GOSLING_MEMBARRIER=off    testing: behave as on a kernel without
//                               membarrier
//     GOSLING_MADV_GUARD=off    testing: guard stacks as on a kernel without
//                               MADV_GUARD_INSTALL
//     GOSLING_CGROUP_ROOT=/x    testing: a folder with the files that say how
//                               much CPU time the process may use
//                               (cpu_limit_linux.cc)

#include "sched/boot.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "sched/fence.h"
#include "sched/gomaxprocs.h"
#include "sched/idle.h"
#include "sched/light_mutex.h"
#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/fork.h"
#include "sched/os/os.h"
#include "sched/os/spin.h"
#include "sched/proc.h"
#include "sched/report/install.h"
#include "sched/sched.h"
#include "sched/stack.h"
#include "sched/stack_guard.h"
#include "sched/sysmon.h"
#include "sched/world.h"

namespace gosling::sched {

namespace {

Mutex boot_mu;
std::atomic<bool> booted{false};

// ProcsFromEnvironment returns 0 if nothing is asked for.
int ProcsFromEnvironment() {
  const char* text = os::Getenv("GOMAXPROCS");
  if (text == nullptr || *text == '\0') return 0;
  char* end;
  errno = 0;
  long n = std::strtol(text, &end, 10);
  if (*end != '\0' || end == text || n <= 0 || errno != 0) {
    Throw("GOMAXPROCS=%s: must be a whole number from 1 to %d", text,
          kMaxProcs);
  }
  return n < kMaxProcs ? static_cast<int>(n) : kMaxProcs;
}

// TracebackFromEnvironment takes Go's numbers for some of them too.
void TracebackFromEnvironment() {
  struct Choice {
    const char* name;
    Traceback level;
    bool crash;
  };
  constexpr Choice kChoices[] = {
      {"none", Traceback::kNone, false},     {"0", Traceback::kNone, false},
      {"single", Traceback::kSingle, false}, {"", Traceback::kSingle, false},
      {"all", Traceback::kAll, false},       {"1", Traceback::kAll, false},
      {"system", Traceback::kSystem, false}, {"2", Traceback::kSystem, false},
      {"crash", Traceback::kSystem, true},
  };
  if (os::Privileged()) {
    SetTraceback(Traceback::kNone, false);
    return;
  }
  const char* text = os::Getenv("GOTRACEBACK");
  if (text == nullptr) return;
  for (const Choice& choice : kChoices) {
    if (std::strcmp(text, choice.name) != 0) continue;
    SetTraceback(choice.level, choice.crash);
    return;
  }
  Throw("GOTRACEBACK=%s: must be none, single, all, system or crash", text);
}

void SeedFromEnvironment() {
  constexpr char kWord[] = "deterministic:";
  constexpr std::size_t kLength = sizeof kWord - 1;
  const char* text = os::Getenv("GOSLING_SCHED");
  if (text == nullptr || *text == '\0') return;
  bool good = std::strncmp(text, kWord, kLength) == 0 && text[kLength] >= '0' &&
              text[kLength] <= '9';
  if (good) {
    char* end;
    errno = 0;
    scheduler.seed = std::strtoull(text + kLength, &end, 10);
    good = *end == '\0' && errno == 0;
  }
  if (!good) {
    Throw(
        "GOSLING_SCHED=%s: must be deterministic: and a whole number from 0 to "
        "18446744073709551615",
        text);
  }
  scheduler.seeded = true;
}

bool FlagFromEnvironment(const char* name, const char* on, const char* off) {
  const char* text = os::Getenv(name);
  if (text == nullptr || *text == '\0' || std::strcmp(text, off) == 0)
    return false;
  if (std::strcmp(text, on) != 0)
    Throw("%s=%s: must be %s or %s", name, text, on, off);
  return true;
}

// AfterForkInChild runs in the child, before fork returns there.
// Async-signal-safe.
void AfterForkInChild() {
  if (M* m = CurrentM()) SetSlow(m, kForkedChild);
}

}  // namespace

void Bootstrap() {
  WatchForks(AfterForkInChild);
  if (InForkedChild()) DieInForkedChild();
  if (booted.load(std::memory_order_acquire)) return;
  MutexLock l(&boot_mu);
  if (booted.load(std::memory_order_relaxed)) return;
  const int n = FirstGoMaxProcs(ProcsFromEnvironment());
  TracebackFromEnvironment();
  SeedFromEnvironment();
  scheduler.force_migrate =
      FlagFromEnvironment("GOSLING_FORCE_MIGRATE", "1", "0");
  bool want_membarrier =
      !FlagFromEnvironment("GOSLING_MEMBARRIER", "off", "on");
  if (want_membarrier && os::RegisterMembarrier()) {
    scheduler.membarrier.store(MembarrierState::kWorks);
  } else {
    LightMutex::PrepareWithoutMembarrier();
  }
  if (FlagFromEnvironment("GOSLING_MADV_GUARD", "off", "on")) {
    StackForgoMadvise();
  }
  InstallReports();
  ::pthread_sigmask(SIG_SETMASK, nullptr, &scheduler.initial_sigmask);
  InitProcs(n);
  {
    MutexLock ls(&scheduler.lock);
    for (int i = n - 1; i >= 0; i--) PutIdleP(scheduler.allp[i]);
  }
  scheduler.gomaxprocs.store(n);
  SetSpinProcs(n);
  StartSysmon();
  booted.store(true, std::memory_order_release);
}

}  // namespace gosling::sched
