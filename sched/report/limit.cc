// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Jumping out of a wait for a mutex is harmless to it: the waiter has at most
// marked the mutex as waited for, and costs the owner a wake-up for nothing.
//
// SIGVTALRM, since a process has hardly another use for it, and a watchdog's
// SIGALRM or a profiler's SIGPROF must go on to do what they do. But a timer that
// signals a thread takes a place in the user's queue of pending signals, and in a
// storm of signals, of this process or another, there may be none. The old
// interval timer needs none: it is borrowed then, with its SIGALRM, which may come
// to any thread; whichever it is passes the tick on.

#include "sched/report/limit.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

#include <atomic>

#include "sched/os/keep_errno.h"
#include "sched/os/os.h"
#include "sched/os/sanitizers.h"
#include "sched/report/fault.h"

namespace gosling::sched {

namespace {

constexpr int kTick = SIGVTALRM;
constexpr std::int64_t kPeriod = 5'000'000;

struct Attempt {
  void (*f)(void*);
  void* arg;
  std::int64_t end;  // Nanotime
  void (*meanwhile)();
  sigjmp_buf out;
};

// The dying thread's, which alone dereferences it.
constinit std::atomic<Attempt*> current{nullptr};
constinit std::atomic<std::int64_t> dying_thread{0};

void OnTick(int, siginfo_t*, void*) {
  KeepErrno keep;
  const std::int64_t dying = dying_thread.load(std::memory_order_relaxed);
  if (dying != os::ThreadId()) {
    os::SignalThread(dying, kTick);
    return;
  }
  Attempt* attempt = current.load(std::memory_order_relaxed);
  if (attempt == nullptr) return;
  if (os::Nanotime() < attempt->end) {
    if (attempt->meanwhile != nullptr) attempt->meanwhile();
    return;
  }
  current.store(nullptr, std::memory_order_relaxed);
  ::siglongjmp(attempt->out, 1);
}

// The attempt is not in this frame: after the jump it is as it was left.
bool Make(Attempt* attempt) {
  if (sigsetjmp(attempt->out, 1) != 0) return false;
  current.store(attempt, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  attempt->f(attempt->arg);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  current.store(nullptr, std::memory_order_relaxed);
  return true;
}

void SetAction(int signo, struct sigaction* former) {
  struct sigaction action = {};
  action.sa_sigaction = OnTick;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  ::sigaction(signo, &action, former);
}

// Borrowed is the process's interval timer, for as long as it lives: it ticks.
class Borrowed {
 public:
  Borrowed() {
    SetAction(SIGALRM, &action_);
    const timeval period = {0, kPeriod / 1000};
    const itimerval every = {period, period};
    ticks_ = ::setitimer(ITIMER_REAL, &every, &timer_) == 0;
    // Frozen threads block it, so it has to reach this one.
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  }
  ~Borrowed() {
    if (ticks_) ::setitimer(ITIMER_REAL, &timer_, nullptr);
    ::sigaction(SIGALRM, &action_, nullptr);
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  bool Ticks() const { return ticks_; }

 private:
  struct sigaction action_;
  itimerval timer_;
  bool ticks_;
};

}  // namespace

bool RunLimited(void (*f)(void*), void* arg, std::int64_t limit,
                void (*meanwhile)()) {
  if (kThreadSanitizer) {
    f(arg);
    return true;
  }
  // A handler of the user's must not meet f's locks.
  sigset_t mask;
  sigset_t former;
  sigfillset(&mask);
  DeleteFaults(&mask);
  sigdelset(&mask, kTick);
  ::pthread_sigmask(SIG_SETMASK, &mask, &former);
  dying_thread.store(os::ThreadId(), std::memory_order_relaxed);
  SetAction(kTick, nullptr);

  Attempt attempt = {f, arg, os::Nanotime() + limit, meanwhile, {}};
  bool done = false;
  if (os::StartTicks(kTick, kPeriod)) {
    done = Make(&attempt);
    os::StopTicks();
  } else if (const Borrowed timer; timer.Ticks()) {
    done = Make(&attempt);
  }
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
  return done;
}

}  // namespace gosling::sched
