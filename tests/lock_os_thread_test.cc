// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// LockOSThread: a goroutine and a thread that belong to each other, and the thread's
// end with the goroutine.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "sched/g.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"
#include "tests/system.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using sched::Pinned;

class LockOSThreadTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, LockOSThreadTest, kProcs, ProcsName);

// Go: a locked goroutine runs on its thread, and no other one does.
TEST_P(LockOSThreadTest, ALockedGoroutineKeepsItsThreadToItself) {
  Run([] {
    std::atomic<bool> stop{false};
    std::atomic<std::int64_t> mine{-1};
    std::atomic<int> intruders{0};
    sync::WaitGroup done;
    for (int i = 0; i < 8; i++) {
      done.Go([&] {
        while (!stop) {
          if (sched::os::ThreadId() == mine) intruders.fetch_add(1);
          runtime::Gosched();
        }
      });
    }
    Chan<Unit> echo = MakeChan<Unit>();
    Chan<Unit> reply = MakeChan<Unit>();
    done.Go([=] {
      for (Unit u : echo) reply.Send(u);
    });
    done.Go([&] {
      runtime::LockOSThread();
      mine = sched::os::ThreadId();
      for (int i = 0; i < 50; i++) {
        runtime::Gosched();
        EXPECT_EQ(sched::os::ThreadId(), mine);
        echo.Send({});
        reply.Recv();
        EXPECT_EQ(sched::os::ThreadId(), mine);
        if (i % 10 == 0) time::Sleep(1ms);
        runtime::Blocking([] { ::sched_yield(); });
        EXPECT_EQ(sched::os::ThreadId(), mine);
      }
      mine = -1;
      runtime::UnlockOSThread();
      echo.Close();
      stop = true;
    });
    done.Wait();
    EXPECT_EQ(intruders, 0);
  });
}

// Go: TestLockOSThreadNesting.
TEST_P(LockOSThreadTest, LocksOfAThreadNest) {
  Run([] {
    sync::WaitGroup done;
    done.Go([] {
      auto locked = [] {
        Pinned pin;
        return pin.g()->HasFlag(sched::kGLocked);
      };
      EXPECT_FALSE(locked());
      runtime::LockOSThread();
      runtime::LockOSThread();
      EXPECT_TRUE(locked());
      runtime::UnlockOSThread();
      EXPECT_TRUE(locked());
      runtime::UnlockOSThread();
      EXPECT_FALSE(locked());
      runtime::UnlockOSThread();  // one too many does nothing
      EXPECT_FALSE(locked());
    });
    done.Wait();
  });
}

TEST_P(LockOSThreadTest, LockedGoroutinesTalkToEachOther) {
  Run([] {
    constexpr int kLocked = 6;
    sync::WaitGroup done;
    std::vector<Chan<int>> ring;
    for (int i = 0; i <= kLocked; i++) ring.push_back(MakeChan<int>());
    for (int i = 0; i < kLocked; i++) {
      done.Go([in = ring[i], out = ring[i + 1]] {
        runtime::LockOSThread();
        const std::int64_t tid = sched::os::ThreadId();
        for (int v : in) {
          out.Send(v + 1);
          EXPECT_EQ(sched::os::ThreadId(), tid);
        }
        out.Close();
      });
    }
    for (int i = 0; i < 100; i++) {
      ring[0].Send(i);
      EXPECT_EQ(*ring[kLocked].Recv(), i + kLocked);
    }
    ring[0].Close();
    done.Wait();
  });
}

// Go: TestBlockLocked.
TEST_P(LockOSThreadTest, ALockedMainBlocks) {
  Run([] {
    Chan<bool> c = MakeChan<bool>();
    Go([=] {
      runtime::LockOSThread();
      for (int i = 0; i < 50; i++) runtime::Gosched();
      for (int i = 0; i < 50; i++) c.Send(true);
      runtime::UnlockOSThread();
    });
    runtime::LockOSThread();
    for (int i = 0; i < 50; i++) c.Recv();
    runtime::UnlockOSThread();
  });
}

bool ThreadExists(std::int64_t tid) {
  return ::access(("/proc/self/task/" + std::to_string(tid)).c_str(), F_OK) ==
         0;
}

// ExpectEnded expects that of the runtime's threads so many have ended since
// `before`. Idle ones beyond 4 x GOMAXPROCS + 8, which earlier tests may have
// left or a busy machine made, may end at any moment.
void ExpectEnded(const runtime::Counters& before, int n, int procs) {
  const runtime::Counters after = runtime::Stats();
  const int all = before.threads + static_cast<int>(after.threads_started -
                                                    before.threads_started);
  if (all <= 4 * procs + 8) {
    EXPECT_EQ(all - after.threads, n);
  } else {
    EXPECT_GE(all - after.threads, n);
  }
}

// Go: TestLockOSThreadExit: a goroutine that ends locked takes its thread
// with it.
TEST_P(LockOSThreadTest, ALockedGoroutineThatEndsEndsItsThread) {
  Run([procs = GetParam()] {
    for (int i = 0; i < 20; i++) {
      Chan<std::int64_t> tid = MakeChan<std::int64_t>();
      const runtime::Counters before = runtime::Stats();
      Go([tid, i] {
        runtime::LockOSThread();
        runtime::Gosched();
        if (i % 2 == 0) runtime::LockOSThread();
        tid.Send(sched::os::ThreadId());
        if (i % 3 == 0) runtime::Goexit();
      });
      const std::int64_t gone = *tid.Recv();
      const auto limit = std::chrono::steady_clock::now() + 20s;
      while (ThreadExists(gone) && std::chrono::steady_clock::now() < limit)
        runtime::Gosched();
      ASSERT_FALSE(ThreadExists(gone)) << i;
      ExpectEnded(before, 1, procs);
    }
  });
}

// Nor does the thread of one whose Run has ended stay behind for nothing,
// whatever it was doing then.
TEST_P(LockOSThreadTest, LockedGoroutinesOfAnEndedRunLeaveNoThreads) {
  const TimeLimit limit(std::chrono::seconds(kSanitized ? 120 : 30));
  const int former = runtime::GOMAXPROCS(GetParam());
  for (int i = 0; i < 20; i++) {
    const runtime::Counters before = runtime::Stats();
    std::atomic<bool> compute{true};
    std::array<std::atomic<std::int64_t>, 4> tids = {};
    std::atomic<int> returned{0};
    gosling::Run([&] {
      Chan<Unit> locked = MakeChan<Unit>();
      auto lock = [&tids, locked](std::size_t k) {
        runtime::LockOSThread();
        tids.at(k) = sched::os::ThreadId();
        locked.Send({});
      };
      Go([=] {
        lock(0);
        Select();
      });
      Go([=] {
        lock(1);
        time::Sleep(1h);
      });
      Go([=] {
        lock(2);
        for (;;) runtime::Gosched();
      });
      Go([=, &compute, &returned] {
        lock(3);
        while (compute) std::this_thread::yield();
        runtime::Gosched();
        returned.fetch_add(1);
      });
      for (int k = 0; k < 4; k++) locked.Recv();
    });
    compute = false;
    const auto patience = std::chrono::steady_clock::now() + 20s;
    for (auto& tid : tids) {
      while (ThreadExists(tid) && std::chrono::steady_clock::now() < patience)
        std::this_thread::yield();
      EXPECT_FALSE(ThreadExists(tid)) << "in Run " << i;
    }
    EXPECT_EQ(returned, 0);
    ExpectEnded(before, 4, GetParam());
  }
  runtime::GOMAXPROCS(former);
}

// One that has unlocked leaves a thread that serves others.
TEST_P(LockOSThreadTest, AGoroutineThatHasUnlockedLeavesItsThread) {
  Run([procs = GetParam()] {
    const runtime::Counters before = runtime::Stats();
    for (int i = 0; i < 20; i++) {
      sync::WaitGroup done;
      done.Go([] {
        runtime::LockOSThread();
        runtime::Gosched();
        runtime::UnlockOSThread();
      });
      done.Wait();
    }
    ExpectEnded(before, 0, procs);
  });
}

// Threads come and go while all else goes on; the Ms are used again.
TEST_P(LockOSThreadTest, ManyLockedGoroutinesEndAtOnce) {
  Run([procs = GetParam()] {
    std::atomic<bool> stop{false};
    sync::WaitGroup busy;
    for (int i = 0; i < 3; i++) {
      busy.Go([&, i] {
        for (int n = 0; !stop; n++) {
          runtime::Gosched();
          if (i == 0) time::Sleep(100us);
          if (i == 1) runtime::GOMAXPROCS(1 + n % 4);
        }
      });
    }
    for (int turn = 0; turn < (kSanitized ? 5 : 20); turn++) {
      sync::WaitGroup done;
      for (int i = 0; i < 20; i++) {
        done.Go([i] {
          runtime::LockOSThread();
          runtime::Gosched();
          if (i % 4 == 0) runtime::Blocking([] { ::usleep(100); });
        });
      }
      done.Wait();
    }
    stop = true;
    busy.Wait();
    runtime::GOMAXPROCS(procs);
  });
}

class LockedStateDeathTest : public FreshDeathTest {};

// Go: TestLockOSThreadAvoidsStatePropagation: what a locked goroutine does to
// its thread is neither inherited by threads that are started while it runs nor
// left to goroutines that run after it.
TEST_F(LockedStateDeathTest, StaysWithItsThread) {
  for (int ends : {0, 1}) {
    EXPECT_EXIT(
        {
          ::alarm(kSanitized ? 120 : 30);
          ::setenv("GOMAXPROCS", "1", 1);
          auto at_root = [] {
            char folder[4096];
            return ::getcwd(folder, sizeof folder) != nullptr &&
                   std::string(folder) == "/";
          };
          std::_Exit(gosling::Run([&] {
            if (at_root()) return 3;
            Chan<int> result = MakeChan<int>();
            std::atomic<int> here{0};
            std::atomic<int> wrong{0};
            constexpr int kOthers = 20;
            Go([&] {
              runtime::LockOSThread();
              if (!ChangeFolderOfThread("/")) {
                result.Send(4);
                return;
              }
              sync::WaitGroup done;
              for (int i = 0; i < kOthers; i++) {
                done.Go([&] {
                  // As many threads as there are of these. They sleep: P is
                  // taken at once from code that does, and the later from code
                  // that computes, the more of that there is (adrift.h).
                  here.fetch_add(1);
                  while (here != kOthers) ::usleep(100);
                  if (at_root()) wrong.fetch_add(1);
                });
              }
              runtime::Blocking([&] {
                while (here != kOthers) ::usleep(100);
              });
              done.Wait();
              if (!at_root()) wrong.fetch_add(100);
              if (ends == 0) runtime::Gosched();
              result.Send(wrong.load());
              if (ends == 0) Select();
            });
            int status = *result.Recv();
            for (int i = 0; i < 100; i++) {
              runtime::Gosched();
              if (at_root()) status += 50;
            }
            return status;
          }));
        },
        ::testing::ExitedWithCode(0), "^$");
  }
}

TEST_P(LockOSThreadTest, LockedGoroutinesSurviveChangesOfGomaxprocs) {
  Run([procs = GetParam()] {
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    for (int i = 0; i < 3; i++) {
      done.Go([&] {
        runtime::LockOSThread();
        const std::int64_t tid = sched::os::ThreadId();
        while (!stop) {
          runtime::Gosched();
          EXPECT_EQ(sched::os::ThreadId(), tid);
        }
      });
    }
    for (int i = 0; i < 50; i++) {
      runtime::GOMAXPROCS(1 + i % 4);
      runtime::Gosched();
    }
    runtime::GOMAXPROCS(procs);
    stop = true;
    done.Wait();
  });
}

}  // namespace
}  // namespace gosling
