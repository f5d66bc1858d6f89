// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Keeps what a process has counted when it ends by _exit, _Exit or abort: as
// all that the library ends, and the tests' children. Linked, with --wrap, into
// the programs of a tree that counts (-Db_coverage=true).

#include <signal.h>
#include <unistd.h>

extern "C" {

void __gcov_dump(void);
[[noreturn]] void __real__exit(int status);
[[noreturn]] void __real__Exit(int status);
[[noreturn]] void __real_abort(void);

namespace {

volatile int status_at_end = 0;

// Threads may be frozen in malloc, which the dump calls: then nothing is kept.
void Dump(int status) {
  status_at_end = status;
  sigset_t alarm_only;
  sigemptyset(&alarm_only);
  sigaddset(&alarm_only, SIGALRM);
  struct sigaction action = {};
  action.sa_handler = [](int) { __real__exit(status_at_end); };
  ::sigaction(SIGALRM, &action, nullptr);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm_only, nullptr);
  ::alarm(2);
  __gcov_dump();
  ::alarm(0);
}

}  // namespace

[[noreturn]] void __wrap__exit(int status);
[[noreturn]] void __wrap__Exit(int status);
[[noreturn]] void __wrap_abort(void);

void __wrap__exit(int status) {
  Dump(status);
  __real__exit(status);
}

void __wrap__Exit(int status) {
  Dump(status);
  __real__Exit(status);
}

void __wrap_abort(void) {
  Dump(128 + SIGABRT);
  __real_abort();
}

}  // extern "C"
