// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A limit of requests: three at once, then a hundred a second, whoever asks. What
// has a deadline that it cannot meet learns so at once.

#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/group.h>
#include <gosling/rate.h>
#include <gosling/time.h>

#include <atomic>
#include <chrono>
#include <cstdio>

namespace go = gosling;
using namespace std::chrono_literals;

int main() {
  return go::Run([] {
    go::rate::Limiter limiter(100, 3);
    const auto ctx = go::context::Background();
    const auto start = go::time::Now();
    std::atomic<int> served{0};
    {
      go::sync::Scope clients;
      for (int i = 0; i < 4; i++) {
        clients.Go([&] {
          for (int k = 0; k < 2; k++) {
            if (!limiter.Wait(ctx)) served++;
          }
        });
      }
    }
    std::printf("%d requests, and not too fast: %s\n", served.load(),
                go::time::Since(start) >= 45ms ? "yes" : "no");

    limiter.SetLimit(go::rate::Every(1h));
    const go::context::Scoped hasty = go::context::WithTimeout(ctx, 10s);
    while (limiter.Allow()) {
    }
    std::printf("%s\n", limiter.Wait(hasty).message().c_str());
  });
}
