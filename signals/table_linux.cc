// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The signals of Linux on 386, amd64, arm and arm64, which number them alike.
//
// 32 and 33 are glibc's (thread cancellation, set*id) and musl's. musl keeps 34
// as well, and Go leaves it alone for that reason; here the C library in use
// decides, by its SIGRTMIN.

#include <signal.h>

#include "signals/table.h"

namespace gosling::signals {
namespace {

constexpr auto kTerminate = DefaultAction::kTerminate;
constexpr auto kIgnore = DefaultAction::kIgnore;
constexpr auto kStop = DefaultAction::kStop;

// The kernel's first; SIGRTMIN is the first that libc leaves to programs.
constexpr int kFirstRealtime = 32;

constexpr SignalFacts kZero = {nullptr, nullptr, Use::kNone, kIgnore,
                               Fault::kNo};
constexpr SignalFacts kLibc = {nullptr, nullptr, Use::kLibc, kTerminate,
                               Fault::kNo};
constexpr SignalFacts kRealtime = {nullptr, nullptr, Use::kCatch, kTerminate,
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
    Row("SIGILL", "illegal instruction", kTerminate, Fault::kRepeats),
    Row("SIGTRAP", "trace/breakpoint trap", kTerminate, Fault::kPasses),
    Row("SIGABRT", "aborted", kTerminate),
    Row("SIGBUS", "bus error", kTerminate, Fault::kRepeats),
    Row("SIGFPE", "floating point exception", kTerminate, Fault::kRepeats),
    Row("SIGKILL", "killed", kTerminate, Fault::kNo, Use::kKernel),
    Row("SIGUSR1", "user defined signal 1", kTerminate),
    Row("SIGSEGV", "segmentation fault", kTerminate, Fault::kRepeats),
    Row("SIGUSR2", "user defined signal 2", kTerminate),
    Row("SIGPIPE", "broken pipe", kTerminate),
    Row("SIGALRM", "alarm clock", kTerminate),
    Row("SIGTERM", "terminated", kTerminate),
    Row("SIGSTKFLT", "stack fault", kTerminate),
    Row("SIGCHLD", "child exited", kIgnore),
    Row("SIGCONT", "continued", kIgnore),
    Row("SIGSTOP", "stopped (signal)", kStop, Fault::kNo, Use::kKernel),
    Row("SIGTSTP", "stopped", kStop),
    Row("SIGTTIN", "stopped (tty input)", kStop),
    Row("SIGTTOU", "stopped (tty output)", kStop),
    Row("SIGURG", "urgent I/O condition", kIgnore),
    Row("SIGXCPU", "CPU time limit exceeded", kTerminate),
    Row("SIGXFSZ", "file size limit exceeded", kTerminate),
    Row("SIGVTALRM", "virtual timer expired", kTerminate),
    Row("SIGPROF", "profiling timer expired", kTerminate),
    Row("SIGWINCH", "window changed", kIgnore),
    Row("SIGIO", "I/O possible", kTerminate),
    Row("SIGPWR", "power failure", kTerminate),
    Row("SIGSYS", "bad system call", kTerminate, Fault::kPasses),
    kLibc,
    kLibc,
    kRealtime,  // 34
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,  // 44
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,  // 54
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,
    kRealtime,  // 64
};

// A row out of place would put everything behind it one off.
static_assert(SIGHUP == 1 && SIGABRT == 6 && SIGKILL == 9 && SIGUSR1 == 10);
static_assert(SIGTERM == 15 && SIGCHLD == 17 && SIGSTOP == 19 && SIGURG == 23);
static_assert(SIGSYS == 31 && _NSIG == kMaxSignal + 1);

SignalSet CatchableSignals() {
  SignalSet set = 0;
  for (int sig = 1; sig <= kMaxSignal; sig++) {
    const bool ours = sig < kFirstRealtime || sig >= SIGRTMIN;
    if (ours && FactsOf(sig).use == Use::kCatch) set |= BitOf(sig);
  }
  return set;
}

}  // namespace gosling::signals
