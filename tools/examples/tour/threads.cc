// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A program of std::thread that takes gosling in piece by piece, without a Run: its
// threads stay what they are.
//
// 1. A channel instead of a queue with a mutex and a condition variable.
// 2. Goroutines for what were too many threads.
// 3. A std::jthread that is stopped through a context.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/select.h>
#include <gosling/stop_token.h>
#include <gosling/sync.h>

#include <cstdio>
#include <thread>

namespace go = gosling;

int main() {
  // 1. A thread produces, another consumes.
  const go::Chan<int> queue = go::MakeChan<int>(8);
  std::thread producer([queue] {
    for (int i = 1; i <= 100; i++) queue.Send(i);
    queue.Close();
  });
  int sum = 0;
  std::thread consumer([queue, &sum] {
    for (int v : queue) sum += v;
  });
  producer.join();
  consumer.join();
  std::printf("threads: %d\n", sum);

  // 2. A thousand goroutines answer to this thread.
  const go::Chan<int> answers = go::MakeChan<int>();
  go::sync::WaitGroup group;
  for (int i = 1; i <= 1000; i++) {
    group.Go([answers, i] { answers.Send(i); });
  }
  sum = 0;
  for (int i = 0; i < 1000; i++) sum += *answers.Recv();
  group.Wait();
  std::printf("goroutines: %d\n", sum);

#ifdef __cpp_lib_jthread
  // 3. The context ends a goroutine, request_stop the context.
  const go::Chan<go::Unit> ended = go::MakeChan<go::Unit>();
  {
    std::jthread worker([ended](std::stop_token stop) {
      const go::context::Scoped ctx =
          go::context::WithStopToken(go::context::Background(), stop);
      go::Go([ended, done = ctx->Done()] {
        done.Recv();
        ended.Close();
      });
      ctx->Done().Recv();
    });
  }  // requests the stop, and joins
  ended.Recv();
#endif
  std::printf("stopped\n");
}
