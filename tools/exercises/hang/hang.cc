// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The program of hang.json: it hangs as Go did on Darwin (issue 31264), at its fourth
// signal. It arranges the moment, for which a program otherwise waits for days.
//
//     GOMAXPROCS=2 GOSLING_SIGNOTE=sema GODEBUG=flight=1s GOSLING_TRACE=hang.json program
//
// and SIGQUIT after 0.2 s, which writes the recording.

#include <dlfcn.h>
#include <gosling/gosling.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace go = gosling;
using namespace std::chrono_literals;

constexpr int kTheOne = 4;  // signal

std::atomic<int> delivered{0};

// The C library's, but for one call: there a signal comes while the thread holds the
// mutex, just before it sleeps.
extern "C" int pthread_cond_wait(pthread_cond_t* cond, pthread_mutex_t* mutex) {
  static const auto real = reinterpret_cast<decltype(&pthread_cond_wait)>(
      ::dlsym(RTLD_NEXT, "pthread_cond_wait"));
  if (delivered == kTheOne - 1) ::raise(SIGUSR1);
  return real(cond, mutex);
}

int main() {
  return go::Run([] {
    auto signals = go::MakeChan<go::signal::Signal>(1);
    go::signal::Notify(signals, SIGUSR1);
    go::Go({.name = "receiver"}, [signals] {
      while (signals.Recv()) delivered++;
    });
    go::Go({.name = "worker"}, [] {
      for (;;) go::time::Sleep(50ms);
    });
    for (;;) {
      go::time::Sleep(20ms);
      ::kill(::getpid(), SIGUSR1);
    }
  });
}
