// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A pool of workers that stops gracefully: SIGTERM or SIGINT ends the intake of
// jobs; what has been taken in is finished, for at most a second. Here the program
// sends the signal to itself, once twenty jobs are done.

#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>

namespace go = gosling;
using namespace std::chrono_literals;

int main() {
  return go::Run([] {
    const go::context::Scoped intake =
        go::signal::NotifyContext(go::context::Background(), SIGINT, SIGTERM);
    const go::Chan<int> jobs = go::MakeChan<int>(4);
    const go::Chan<int> results = go::MakeChan<int>();

    go::sync::WaitGroup workers;
    for (int i = 0; i < 3; i++) {
      workers.Go([jobs, results] {
        for (int job : jobs) {
          go::time::Sleep(1ms);  // the work
          results.Send(job);
        }
      });
    }
    go::Go([&] {
      workers.Wait();
      results.Close();
    });

    int taken = 0;
    go::Go([&, ctx = *intake] {
      while (go::Select(go::OnRecv(ctx.Done()), go::OnSend(jobs, taken)) == 1) {
        taken++;
      }
      jobs.Close();
    });

    int finished = 0;
    for (;;) {
      const go::Received<int> result = results.RecvFor(10s);
      if (result.TimedOut()) return 1;  // the work hangs
      if (result.Closed()) break;
      if (++finished == 20) ::kill(::getpid(), SIGTERM);
    }
    std::printf("%s; every job that was taken in is done: %s\n",
                go::context::Cause(*intake).message().c_str(),
                finished == taken && finished >= 20 ? "yes" : "no");
    return 0;
  });
}
