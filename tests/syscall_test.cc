// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Holding P (sched/m.h, sysmon.h, syscall.cc): goroutines that compute or
// block, with a hint or without, do not stop the others; and they find a P
// again. These tests wait for progress, never for a time: if P were not taken,
// they would hang, which their time limit names.

#include "sched/syscall.h"

#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sched/gomaxprocs.h"
#include "sched/handoff.h"
#include "sched/os/os.h"
#include "sched/p.h"
#include "sched/proc.h"
#include "sched/sched.h"
#include "sched/sysmon.h"
#include "signals/pipe.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using sched::Pinned;

class SyscallTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, SyscallTest, kProcs, ProcsName);

class Pipe {
 public:
  Pipe() {
    if (signals::PipeCloexec(fds_) != 0) std::abort();
  }
  ~Pipe() {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // Read blocks the thread until there is a byte.
  char Read() {
    char c = 0;
    EXPECT_EQ(::read(fds_[0], &c, 1), 1);
    return c;
  }
  void Write(char c) { EXPECT_EQ(::write(fds_[1], &c, 1), 1); }

 private:
  int fds_[2];
};

// Others do something that takes switches, channels and new goroutines.
void Work(int turns) {
  Chan<int> c = MakeChan<int>();
  for (int i = 0; i < turns; i++) {
    Go([=] { c.Send(i); });
    EXPECT_EQ(*c.Recv(), i);
    runtime::Gosched();
  }
}

// --- Without a word ---

// Go: TestPreemption, TestAsyncPreempt.
TEST_P(SyscallTest, OthersRunWhileGoroutinesCompute) {
  Run([procs = GetParam()] {
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    for (int i = 0; i < procs + 1; i++) {
      done.Go([&] {
        while (!stop) {
        }
      });
    }
    Work(10);
    stop = true;
    done.Wait();
  });
}

// How many threads, at most, somebody needs now and then meanwhile.
constexpr int kInUse = 8;

// Go: issue 14592, which is open.
TEST_P(SyscallTest, TheThreadsThatABurstOfReadsTookEnd) {
  Run([procs = GetParam()] {
    const int keeps = 4 * procs + 8;
    const int readers = 2 * keeps;
    std::vector<Pipe> pipes(static_cast<std::size_t>(readers));
    for (int round = 0; round < 2; round++) {
      sync::WaitGroup done;
      std::atomic<int> reading{0};
      for (Pipe& pipe : pipes) {
        done.Go([&] {
          reading++;
          runtime::Blocking([&] { pipe.Read(); });
        });
      }
      while (runtime::Stats().threads <= readers || reading < readers) {
        time::Sleep(1ms);
      }
      for (Pipe& pipe : pipes) pipe.Write('x');
      done.Wait();
      while (runtime::Stats().threads > keeps + kInUse) time::Sleep(50ms);
      EXPECT_GE(runtime::Stats().threads, keeps);
    }
  });
}

// Nothing runs meanwhile but sysmon.
TEST(Syscall, TheyEndWhileAllIsAtRest) {
  gosling::Run([] {
    const int keeps = 4 * runtime::GOMAXPROCS(0) + 8;
    sync::WaitGroup done;
    std::vector<Pipe> pipes(static_cast<std::size_t>(2 * keeps));
    for (Pipe& pipe : pipes) {
      done.Go([&] { runtime::Blocking([&] { pipe.Read(); }); });
    }
    const auto readers = static_cast<int>(pipes.size());
    while (runtime::Stats().threads <= readers) time::Sleep(1ms);
    for (Pipe& pipe : pipes) pipe.Write('x');
    done.Wait();
    while (runtime::Stats().threads > keeps + kInUse) time::Sleep(3s);
  });
}

TEST_P(SyscallTest, OthersRunWhileGoroutinesSitInRead) {
  Run([procs = GetParam()] {
    Pipe pipe;
    sync::WaitGroup done;
    for (int i = 0; i < procs + 1; i++) {
      done.Go([&] { EXPECT_EQ(pipe.Read(), 'x'); });
    }
    Work(20);
    for (int i = 0; i < procs + 1; i++) pipe.Write('x');
    done.Wait();
  });
}

// The mutex's holder is a goroutine that has to get to run.
TEST_P(SyscallTest, OthersRunWhileGoroutinesWaitForAStdMutex) {
  Run([procs = GetParam()] {
    for (int turn = 0; turn < 5; turn++) {
      std::mutex mu;
      int inside = 0;
      std::atomic<bool> locked{false};
      sync::WaitGroup done;
      done.Go([&] {
        runtime::LockOSThread();  // a std::mutex is unlocked where it is locked
        mu.lock();
        locked = true;
        Work(5);
        inside++;
        mu.unlock();
        runtime::UnlockOSThread();
      });
      while (!locked) runtime::Gosched();
      for (int i = 0; i < procs + 1; i++) {
        done.Go([&] {
          std::lock_guard<std::mutex> lock(mu);
          inside++;
        });
      }
      done.Wait();
      EXPECT_EQ(inside, procs + 2);
    }
  });
}

TEST_P(SyscallTest, GoroutinesMeetAtAConditionVariable) {
  Run([procs = GetParam()] {
    const int n = 2 * procs + 1;
    std::mutex mu;
    std::condition_variable all_here;
    int here = 0;
    sync::WaitGroup done;
    for (int i = 0; i < n; i++) {
      done.Go([&] {
        std::unique_lock<std::mutex> lock(mu);
        if (++here == n) all_here.notify_all();
        all_here.wait(lock, [&] { return here == n; });
      });
    }
    done.Wait();
    EXPECT_EQ(here, n);
  });
}

// A goroutine in runnext, where no thief can reach it, is not forgotten.
TEST_P(SyscallTest, TheOneMadeReadyLastRunsWhileItsWakerComputes) {
  Run([] {
    for (int turn = 0; turn < 5; turn++) {
      std::atomic<bool> woken{false};
      Chan<Unit> c = MakeChan<Unit>();
      sync::WaitGroup done;
      done.Go([&] {
        c.Recv();
        woken = true;
      });
      for (int i = 0; i < 4; i++) runtime::Gosched();
      c.Send({});
      while (!woken) {
      }
      done.Wait();
    }
  });
}

// A goroutine that computes for long is not left without P for ever: if it
// comes back to find every P in use, it waits in the global queue.
TEST_P(SyscallTest, GoroutinesComeBackFromLongComputation) {
  Run([procs = GetParam()] {
    sync::WaitGroup done;
    std::atomic<int> back{0};
    for (int i = 0; i < 2 * procs; i++) {
      done.Go([&] {
        for (int k = 0; k < 3; k++) {
          const auto end = std::chrono::steady_clock::now() + 12ms;
          while (std::chrono::steady_clock::now() < end) {
          }
          runtime::Gosched();
        }
        back.fetch_add(1);
      });
    }
    done.Wait();
    EXPECT_EQ(back, 2 * procs);
  });
}

TEST_P(SyscallTest, AChangeOfGomaxprocsTakesPFromThoseInUserCode) {
  Run([procs = GetParam()] {
    std::atomic<bool> stop{false};
    Pipe pipe;
    sync::WaitGroup done;
    for (int i = 0; i < procs; i++) {
      done.Go([&] {
        while (!stop) {
        }
      });
      done.Go([&] { pipe.Read(); });
    }
    for (int i = 0; i < 10; i++) runtime::GOMAXPROCS(1 + i % 3);
    runtime::GOMAXPROCS(procs);
    stop = true;
    for (int i = 0; i < procs; i++) pipe.Write('x');
    done.Wait();
  });
}

// Go: TestPreemptionAfterSyscall: slow in both, then computing.
TEST_P(SyscallTest, OneThatBlocksAndThenComputesIsNoStopper) {
  Run([] {
    for (int turn = 0; turn < 3; turn++) {
      std::atomic<bool> stop{false};
      sync::WaitGroup done;
      for (int i = 0; i < 2; i++) {
        done.Go([&] {
          ::usleep(20'000);
          while (!stop) {
          }
        });
      }
      time::Sleep(25ms);
      Work(3);
      stop = true;
      done.Wait();
    }
  });
}

// --- With a hint ---

// OthersRunWhileInside has goroutines read, each time between `enter` and
// ExitSyscall, what another one writes, which needs a P.
void OthersRunWhileInside(void (*enter)(), int reads, int procs) {
  Pipe pipe;
  sync::WaitGroup done;
  for (int i = 0; i < procs + 1; i++) {
    done.Go([&] {
      for (int k = 0; k < reads; k++) {
        enter();
        pipe.Read();
        runtime::ExitSyscall();
      }
    });
  }
  done.Go([&] {
    for (int i = 0; i < reads * (procs + 1); i++) {
      pipe.Write('x');
      runtime::Gosched();
    }
  });
  done.Wait();
}

// Sysmon takes P after 20 us if there is work for it.
TEST_P(SyscallTest, OthersRunBetweenEnterAndExitSyscall) {
  Run([procs = GetParam()] {
    OthersRunWhileInside(runtime::EnterSyscall, 10, procs);
  });
}

TEST_P(SyscallTest, OthersRunBetweenEnterSyscallBlockAndExitSyscall) {
  Run([procs = GetParam()] {
    OthersRunWhileInside(runtime::EnterSyscallBlock, 20, procs);
  });
}

// EnterSyscallBlock gives P up there and then, not at sysmon's next look.
TEST_P(SyscallTest, EnterSyscallBlockGivesPUpAtOnce) {
  Run([] {
    runtime::EnterSyscallBlock();
    EXPECT_EQ(sched::CurrentM()->p, nullptr);
    runtime::ExitSyscall();
    Pinned pin;
    EXPECT_NE(sched::CurrentM()->p, nullptr);
  });
}

TEST_P(SyscallTest, AGoroutineStaysOnItsThreadInASyscall) {
  Run([] {
    for (int i = 0; i < 20; i++) {
      runtime::EnterSyscallBlock();
      const std::int64_t tid = sched::os::ThreadId();
      ::usleep(500);
      EXPECT_EQ(sched::os::ThreadId(), tid);
      runtime::ExitSyscall();
      runtime::EnterSyscall();
      const std::int64_t other = sched::os::ThreadId();
      ::usleep(500);
      EXPECT_EQ(sched::os::ThreadId(), other);
      runtime::ExitSyscall();
    }
  });
}

// The library may be called in between, parking included.
TEST_P(SyscallTest, CallsInASyscallAreAllowed) {
  Run([] {
    for (int i = 0; i < 20; i++) {
      runtime::EnterSyscall();
      Work(3);
      runtime::ExitSyscall();
      runtime::EnterSyscallBlock();
      Work(3);
      runtime::ExitSyscall();
      runtime::Blocking([] { Work(3); });
    }
  });
}

// A goroutine that parks between Enter and Exit leaves nothing on the thread
// that it leaves: goroutines that run there next have their whole slice.
TEST_P(SyscallTest, AHintDoesNotStayWithTheThread) {
  Run([] {
    for (int i = 0; i < 50; i++) {
      sync::WaitGroup done;
      for (int k = 0; k < 4; k++) {
        done.Go([] {
          runtime::EnterSyscall();
          Work(2);
          runtime::ExitSyscall();
        });
      }
      done.Wait();
    }
    int stale = 0;
    for (sched::M* m = sched::scheduler.allm.load(); m != nullptr;
         m = m->all_next) {
      stale += m->in_syscall.load() != 0;
    }
    EXPECT_EQ(stale, 0) << "threads that seem to be in a system call";
  });
}

TEST_P(SyscallTest, BlockingReturnsWhatTheFunctionReturns) {
  Run([] {
    EXPECT_EQ(runtime::Blocking([] { return 5; }), 5);
    EXPECT_EQ(*runtime::Blocking([] { return std::make_unique<int>(6); }), 6);
    int x = 0;
    runtime::Blocking([&] { x = 7; });
    EXPECT_EQ(x, 7);
    int& ref = runtime::Blocking([&]() -> int& { return x; });
    EXPECT_EQ(&ref, &x);
  });
}

TEST_P(SyscallTest, BlockingLetsExceptionsThrough) {
  Run([] {
    for (int i = 0; i < 100; i++) {
      try {
        runtime::Blocking([i] {
          ::sched_yield();
          throw std::runtime_error(std::to_string(i));
        });
        ADD_FAILURE();
      } catch (const std::runtime_error& e) {
        EXPECT_EQ(e.what(), std::to_string(i));
      }
      Pinned pin;
      EXPECT_NE(sched::CurrentM()->p, nullptr);
    }
  });
}

TEST_P(SyscallTest, ManyGoroutinesBlockAtOnce) {
  Run([] {
    constexpr int kBlockers = 50;
    Pipe pipe;
    sync::WaitGroup done;
    for (int i = 0; i < kBlockers; i++) {
      done.Go([&] { runtime::Blocking([&] { pipe.Read(); }); });
    }
    Work(20);
    for (int i = 0; i < kBlockers; i++) pipe.Write('x');
    done.Wait();
  });
}

// Go: entersyscall is cheap: calls that do not block make no threads.
TEST_P(SyscallTest, ShortSyscallsMakeNoThreads) {
  Run([procs = GetParam()] {
    sync::WaitGroup done;
    for (int i = 0; i < 4; i++) {
      done.Go([] {
        for (int k = 0; k < 20'000; k++) {
          runtime::EnterSyscall();
          ::getppid();
          runtime::ExitSyscall();
        }
      });
    }
    done.Wait();
    int threads;
    {
      sched::MutexLock l(&sched::scheduler.lock);
      threads = sched::scheduler.mcount;
    }
    // Threads that other tests of this process have made count too.
    EXPECT_LT(threads, 80) << procs;
  });
}

TEST_P(SyscallTest, HintsDoNothingOnAThread) {
  const int former = runtime::GOMAXPROCS(GetParam());
  std::thread([] {
    runtime::EnterSyscall();
    runtime::ExitSyscall();
    runtime::EnterSyscallBlock();
    runtime::ExitSyscall();
    EXPECT_EQ(runtime::Blocking([] { return 3; }), 3);
  }).join();
  runtime::GOMAXPROCS(former);
}

// --- P and pins ---

// A pinned M keeps its P whatever sysmon would like; an unpinned one finds it
// gone at its next pin, and gets one. This hammers the two sides of TryRetake
// (sched/sysmon.h) with a thread that takes P from any M that has one.
TEST_P(SyscallTest, PIsNeverTakenFromAPinnedThread) {
  Run([] {
    std::atomic<bool> stop{false};
    std::atomic<int> taken{0};
    std::atomic<int> lost{0};
    std::thread taker([&] {
      while (!stop) {
        for (int i = 0; i < sched::GoMaxProcs(); i++) {
          sched::P* p = sched::scheduler.allp[i];
          if (sched::scheduler.stopping.load()) break;
          if (p->status.load() == sched::PStatus::kRunning &&
              sched::TryRetake(p)) {
            sched::HandoffP(p);
            taken.fetch_add(1);
          }
        }
        ::usleep(20);
      }
    });
    sync::WaitGroup done;
    for (int i = 0; i < 4; i++) {
      done.Go([&] {
        std::vector<char> cold(1 << 20);
        std::uint32_t at = 1;
        while (taken < (kSanitized ? 50 : 500)) {
          // Stores that take their time: the one to `pinned` waits behind them.
          for (int w = 0; w < 20; w++) {
            at = at * 1664525 + 1013904223;
            cold[at % cold.size()] = 1;
          }
          Pinned pin;
          for (int look = 0; look < 20; look++) {
            sched::M* m = sched::CurrentM();
            if (m->p == nullptr || m->p->m.load() != m) lost.fetch_add(1);
          }
        }
      });
    }
    done.Wait();
    stop = true;
    runtime::Blocking([&] { taker.join(); });
    EXPECT_EQ(lost, 0) << "of " << taken;
  });
}

// --- OnSystemStack ---

TEST_P(SyscallTest, OnSystemStackHasABigStack) {
  Run([] {
    sync::WaitGroup done;
    std::atomic<int> sum{0};
    done.Add(4);
    for (int i = 0; i < 4; i++) {
      Go(GoOptions{.name = {}, .stack_size = 64 * 1024}, [&] {
        for (int k = 0; k < 5; k++) {
          sum += runtime::OnSystemStack([] {
            constexpr std::size_t kBig = 2 << 20;  // would overflow by far
            auto* big = static_cast<volatile char*>(__builtin_alloca(kBig));
            for (std::size_t at = 0; at < kBig; at += 1024) big[at] = 1;
            return static_cast<int>(big[kBig / 2]);
          });
          runtime::Gosched();
        }
        done.Done();
      });
    }
    done.Wait();
    EXPECT_EQ(sum, 20);
  });
}

TEST_P(SyscallTest, OnSystemStackReturnsAndThrows) {
  Run([] {
    EXPECT_EQ(*runtime::OnSystemStack([] { return std::make_unique<int>(6); }),
              6);
    for (int i = 0; i < 20; i++) {
      try {
        runtime::OnSystemStack([i] { throw i; });
        ADD_FAILURE();
      } catch (int caught) {
        EXPECT_EQ(caught, i);
      }
      try {
        runtime::OnSystemStack([i]() -> int {
          try {
            throw i;
          } catch (int) {
            throw std::runtime_error("again");
          }
        });
        ADD_FAILURE();
      } catch (const std::runtime_error& e) {
        EXPECT_STREQ(e.what(), "again");
      }
    }
  });
}

TEST_P(SyscallTest, OnSystemStackNests) {
  Run([] {
    const int got = runtime::OnSystemStack([] {
      volatile int a = 1;
      const int inner = runtime::OnSystemStack([] {
        volatile int b = 2;
        const int innermost = runtime::OnSystemStack([] {
          volatile char room[4096];
          for (auto& c : room) c = 1;
          return static_cast<int>(room[100]) + 3;
        });
        return b + innermost;
      });
      return a + inner;
    });
    EXPECT_EQ(got, 7);
  });
}

// The library's own work on the system stack (making threads, for one) must not
// run over what the user has there.
TEST_P(SyscallTest, OnSystemStackMayStartGoroutines) {
  Run([] {
    for (int turn = 0; turn < 20; turn++) {
      std::atomic<int> ran{0};
      const bool intact = runtime::OnSystemStack([&] {
        std::array<std::uint64_t, 512> mark;
        for (std::size_t i = 0; i < mark.size(); i++) mark[i] = i * 31;
        for (int i = 0; i < 10; i++) {
          Go([&] { ran.fetch_add(1); });
          Go([] { ::usleep(100); });
        }
        bool ok = true;
        for (std::size_t i = 0; i < mark.size(); i++) ok &= mark[i] == i * 31;
        return ok;
      });
      EXPECT_TRUE(intact);
      while (ran != 10) runtime::Gosched();
    }
  });
}

// ASan keeps locals in memory of its own. After an exception it looks there for
// what belongs to frames that are gone: those whose addresses are lower than that
// of the function which it enters next, here on another stack.
template <std::size_t kSize>
[[gnu::noinline]] void TakeMemory() {
  std::array<char, kSize> local;
  asm volatile("" : : "r"(local.data()) : "memory");
}

[[gnu::noinline]] int SumAfterAThrow(const std::array<int, 4>& own) {
  runtime::OnSystemStack([] {
    try {
      throw std::runtime_error("unwound");
    } catch (const std::runtime_error&) {
      TakeMemory<32>();
    }
  });
  // Free memory is taken in turn: all that there is, for each size of frame.
  for (int i = 0; i < 100'000; i++) {
    TakeMemory<32>();
    TakeMemory<96>();
    TakeMemory<192>();
    TakeMemory<448>();
  }
  return own[0] + own[1] + own[2] + own[3];
}

TEST_P(SyscallTest, LocalsOutliveAnExceptionOnTheSystemStack) {
  Run([] {
    const std::array<int, 4> own = {1, 2, 3, 4};
    EXPECT_EQ(SumAfterAThrow(own), 10);
  });
}

TEST_P(SyscallTest, OthersRunWhileOneComputesOnItsSystemStack) {
  Run([] {
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    done.Go([&] {
      runtime::OnSystemStack([&] {
        while (!stop) {
        }
      });
      Work(2);
    });
    Work(5);
    stop = true;
    done.Wait();
  });
}

TEST_P(SyscallTest, OnSystemStackIsAPlainCallOnAThread) {
  EXPECT_EQ(runtime::OnSystemStack([] { return 4; }), 4);
  EXPECT_THROW(runtime::OnSystemStack([] { throw 1; }), int);
}

}  // namespace
}  // namespace gosling
