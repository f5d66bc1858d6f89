// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The signals of Darwin. It was compiled and linked for macOS, and run
// in tests/emulator only.
//
// There are no real-time signals, and none that libc keeps for itself. A write
// to a pipe without a reader raises SIGPIPE for the process and not, as on
// Linux, for the thread that wrote: the handler may run on any thread, which is
// all the same to the queue.
//
// A SIGSEGV, SIGBUS or SIGILL that a process sent looks like a fault
// (sched/os/siginfo_darwin.cc) and would not come again by itself: so for these
// rows the default is taken by raising them once more, as after a trap.
//
// Source: runtime/signal_darwin.go and syscall/zerrors_darwin_*.go in Go.

#include <signal.h>

#include "signals/table.h"

namespace gosling::signals {
namespace {

constexpr auto kTerminate = DefaultAction::kTerminate;
constexpr auto kIgnore = DefaultAction::kIgnore;
constexpr auto kStop = DefaultAction::kStop;

constexpr SignalFacts kZero = {nullptr, nullptr, Use::kNone, kIgnore,
                               Fault::kNo};

constexpr SignalFacts Row(const char* symbol, const char* description,
                          DefaultAction action, Fault fault = Fault::kNo,
                          Use use = Use::kCatch) {
  return {symbol, description, use, action, fault};
}

}  // namespace

constexpr SignalFacts kSignalTable[kMaxSignal + 1] = {
    kZero,
    Row("SIGHUP", "hangup", kTerminate),
    Row("SIGINT", "interrupt", kTerminate),
    Row("SIGQUIT", "quit", kTerminate),
    Row("SIGILL", "illegal instruction", kTerminate, Fault::kPasses),
    Row("SIGTRAP", "trace/BPT trap", kTerminate, Fault::kPasses),
    Row("SIGABRT", "abort trap", kTerminate),
    Row("SIGEMT", "EMT trap", kTerminate),
    Row("SIGFPE", "floating point exception", kTerminate, Fault::kRepeats),
    Row("SIGKILL", "killed", kTerminate, Fault::kNo, Use::kKernel),
    Row("SIGBUS", "bus error", kTerminate, Fault::kPasses),
    Row("SIGSEGV", "segmentation fault", kTerminate, Fault::kPasses),
    Row("SIGSYS", "bad system call", kTerminate, Fault::kPasses),
    Row("SIGPIPE", "broken pipe", kTerminate),
    Row("SIGALRM", "alarm clock", kTerminate),
    Row("SIGTERM", "terminated", kTerminate),
    Row("SIGURG", "urgent I/O condition", kIgnore),
    Row("SIGSTOP", "suspended (signal)", kStop, Fault::kNo, Use::kKernel),
    Row("SIGTSTP", "suspended", kStop),
    Row("SIGCONT", "continued", kIgnore),
    Row("SIGCHLD", "child exited", kIgnore),
    Row("SIGTTIN", "stopped (tty input)", kStop),
    Row("SIGTTOU", "stopped (tty output)", kStop),
    Row("SIGIO", "I/O possible", kIgnore),
    Row("SIGXCPU", "cputime limit exceeded", kTerminate),
    Row("SIGXFSZ", "filesize limit exceeded", kTerminate),
    Row("SIGVTALRM", "virtual timer expired", kTerminate),
    Row("SIGPROF", "profiling timer expired", kTerminate),
    Row("SIGWINCH", "window size changes", kIgnore),
    Row("SIGINFO", "information request", kIgnore),
    Row("SIGUSR1", "user defined signal 1", kTerminate),
    Row("SIGUSR2", "user defined signal 2", kTerminate),
    // 32 to 64: none. Left out, a row is zero, and zero is kNone.
};

// A row out of place would put everything behind it one off.
static_assert(static_cast<int>(Use::kNone) == 0);
static_assert(SIGHUP == 1 && SIGABRT == 6 && SIGKILL == 9 && SIGBUS == 10);
static_assert(SIGTERM == 15 && SIGSTOP == 17 && SIGCHLD == 20 && SIGIO == 23);
static_assert(SIGUSR1 == 30 && SIGUSR2 == 31 && NSIG == 32);

SignalSet CatchableSignals() {
  SignalSet set = 0;
  for (int sig = 1; sig < NSIG; sig++) {
    if (FactsOf(sig).use == Use::kCatch) set |= BitOf(sig);
  }
  return set;
}

}  // namespace gosling::signals
