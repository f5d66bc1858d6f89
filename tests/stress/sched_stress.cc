// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Two things that go wrong rarely, done over and over: a program that is nearly
// asleep, where one forgotten wake-up is one too many; and Runs that come and
// go.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "tests/go_test.h"
#include "tests/stress/stress.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using stress::Random;

class SchedStress : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Procs, SchedStress, kProcs, ProcsName);

// --- Wake-ups ---

// Tokens go round in rings of goroutines, threads and sleeps, so few that
// mostly every M is asleep: one forgotten wake-up stops a ring for good.
TEST_P(SchedStress, NoWakeUpIsLost) {
  const std::uint64_t seed = stress::Seed();
  const int former = runtime::GOMAXPROCS(GetParam());
  stress::Watchdog dog;
  constexpr int kRings = 3;
  constexpr int kNodes = 6;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  sync::WaitGroup done;
  for (int r = 0; r < kRings; r++) {
    std::vector<Chan<int>> ring;
    for (int i = 0; i < kNodes; i++) ring.push_back(MakeChan<int>(i % 2));
    for (int i = 0; i < kNodes; i++) {
      auto node = [&, in = ring[i], out = ring[(i + 1) % kNodes],
                   random = Random(seed, 100 * r + i)]() mutable {
        for (int hop : in) {
          dog.Moved();
          if (random.OneIn(8)) time::Sleep(std::chrono::microseconds(30));
          if (random.OneIn(16)) {
            ::usleep(random.Below(60));
          } else if (random.OneIn(16)) {
            runtime::Blocking([&] { ::usleep(random.Below(60)); });
          }
          if (stop) break;
          out.Send(hop + 1);
        }
        out.Close();
        done.Done();
      };
      done.Add(1);
      if (i % 3 == r) {
        threads.emplace_back(std::move(node));
      } else {
        Go(std::move(node));
      }
    }
    Go([c = ring[0]] { c.Send(0); });
  }
  std::this_thread::sleep_for(stress::Duration());
  stop = true;
  done.Wait();
  for (std::thread& t : threads) t.join();
  std::printf("%llu hops\n", static_cast<unsigned long long>(dog.Moves()));
  runtime::GOMAXPROCS(former);
}

// --- Runs ---

// Runs come and go with goroutines in every state, while threads and
// goroutines of the process go on with their own business.
TEST_P(SchedStress, RunsComeAndGo) {
  Random random(stress::Seed(), 0);
  const int former = runtime::GOMAXPROCS(GetParam());
  stress::Watchdog dog;
  std::atomic<bool> stop{false};
  Chan<int> ping = MakeChan<int>();
  Chan<int> pong = MakeChan<int>();
  Go([=] {
    for (int v : ping) pong.Send(v);
    pong.Close();
  });
  std::thread outside([&] {
    for (int i = 0; !stop; i++) {
      ping.Send(i);
      EXPECT_EQ(*pong.Recv(), i);
      if (i % 100 == 0) time::Sleep(100us);
      if (i % 64 == 0) runtime::GOMAXPROCS(1 + i / 64 % 4);
    }
    ping.Close();
  });
  const auto end = std::chrono::steady_clock::now() + stress::Duration();
  int runs = 0;
  // Abandoned goroutines stay in memory: there is a limit to them.
  for (; runs < 4000 && std::chrono::steady_clock::now() < end; runs++) {
    dog.Moved();
    const int children = random.Below(12);
    const int expected = random.Below(1000);
    auto held = std::make_shared<std::atomic<bool>>(false);
    const int got = gosling::Run([&, held] {
      for (int i = 0; i < children; i++) {
        Go([kind = random.Below(8), held] {
          switch (kind) {
            case 0:
              Select();
              return;
            case 1:
              for (;;) runtime::Gosched();
            case 2:
              for (;;) time::Sleep(50us);
            case 3:
              while (!*held) std::this_thread::yield();
              for (;;) runtime::Gosched();
            case 4:
              for (;;) runtime::Stack(true);
            case 5:
              for (;;) runtime::Blocking([] { ::usleep(100); });
            case 6: {
              runtime::LockOSThread();
              Chan<int>().Recv();
              return;
            }
            default:
              return;
          }
        });
      }
      for (int i = random.Below(20); i > 0; i--) runtime::Gosched();
      if (random.OneIn(4)) time::Sleep(std::chrono::microseconds(100));
      return expected;
    });
    *held = true;
    ASSERT_EQ(got, expected);
  }
  stop = true;
  outside.join();
  EXPECT_EQ(pong.Recv(), std::nullopt);
  std::printf("%d runs\n", runs);
  runtime::GOMAXPROCS(former);
}

}  // namespace
}  // namespace gosling
