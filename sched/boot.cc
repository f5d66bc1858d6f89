// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Starting the runtime: once, at first use, by whichever thread comes first.
// Go: runtime/proc.go, schedinit.
//
// Environment, here where it is read (a wrong value is fatal and says what is
// right):
//
//     GOMAXPROCS=n              Ps at the start; default: the CPUs that this
//                               process may use
//     GOTRACEBACK=none|single|all|system|crash
//                               what a death shows: no stacks; that of the
//                               goroutine that died (the default); those of
//                               all; the runtime's own too; and dump core
//     GOSLING_FORCE_MIGRATE=1   testing: every switch changes threads
//     GOSLING_MEMBARRIER=off    testing: behave as on a kernel without
//                               membarrier
//     GOSLING_MADV_GUARD=off    testing: guard stacks as on a kernel without
//                               MADV_GUARD_INSTALL

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "sched/death.h"
#include "sched/debug.h"
#include "sched/fault.h"
#include "sched/fork.h"
#include "sched/light_mutex.h"
#include "sched/os.h"
#include "sched/panic.h"
#include "sched/proc.h"
#include "sched/quit.h"
#include "sched/sched.h"
#include "sched/stack.h"

namespace gosling::sched {

namespace {

Mutex boot_mu;
std::atomic<bool> booted{false};

int ProcsFromEnvironment() {
  const char* text = std::getenv("GOMAXPROCS");
  if (text == nullptr || *text == '\0') {
    int n = os::NumCPU();
    return n < kMaxProcs ? n : kMaxProcs;
  }
  char* end;
  errno = 0;
  long n = std::strtol(text, &end, 10);
  if (*end != '\0' || end == text || n <= 0 || errno != 0) {
    Throw("GOMAXPROCS=%s: must be a whole number from 1 to %d", text,
          kMaxProcs);
  }
  return n < kMaxProcs ? static_cast<int>(n) : kMaxProcs;
}

// Go's numbers for some of them are taken too.
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
  const char* text = std::getenv("GOTRACEBACK");
  if (text == nullptr) return;
  for (const Choice& choice : kChoices) {
    if (std::strcmp(text, choice.name) != 0) continue;
    SetTraceback(choice.level, choice.crash);
    return;
  }
  Throw("GOTRACEBACK=%s: must be none, single, all, system or crash", text);
}

bool FlagFromEnvironment(const char* name, const char* on, const char* off) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0' || std::strcmp(text, off) == 0)
    return false;
  if (std::strcmp(text, on) != 0)
    Throw("%s=%s: must be %s or %s", name, text, on, off);
  return true;
}

}  // namespace

void Bootstrap() {
  WatchForks();
  if (InForkedChild()) DieInForkedChild();
  if (booted.load(std::memory_order_acquire)) return;
  MutexLock l(&boot_mu);
  if (booted.load(std::memory_order_relaxed)) return;
  int n = ProcsFromEnvironment();
  TracebackFromEnvironment();
  sched.force_migrate = FlagFromEnvironment("GOSLING_FORCE_MIGRATE", "1", "0");
  bool want_membarrier =
      !FlagFromEnvironment("GOSLING_MEMBARRIER", "off", "on");
  sched.have_membarrier = want_membarrier && os::RegisterMembarrier();
  if (!sched.have_membarrier) LightMutex::PrepareWithoutMembarrier();
  if (FlagFromEnvironment("GOSLING_MADV_GUARD", "off", "on")) {
    StackForgoMadvise();
  }
  ReadGodebug();
  ::pthread_sigmask(SIG_SETMASK, nullptr, &sched.initial_sigmask);
  InitProcs(n);
  {
    MutexLock ls(&sched.lock);
    for (int i = n - 1; i >= 0; i--) PIdlePut(sched.allp[i]);
  }
  sched.gomaxprocs.store(n);
  InstallFaultHandler();
  InstallQuitHandler();
  InstallTerminateHandler();
  StartSysmon();
  booted.store(true, std::memory_order_release);
}

}  // namespace gosling::sched
