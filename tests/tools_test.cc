// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Goroutines under tools that watch a program: that frame pointers lead from
// each frame to its goroutine's first, as perf walks them; and, in builds with
// a sanitizer, that it sees what there is and imagines nothing. (gdb and
// Valgrind: gdb_test.py, valgrind_test.py.)

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "sched/g.h"
#include "sched/proc.h"
#include "tests/go_test.h"

#if defined(GOSLING_ASAN)
#include <sanitizer/lsan_interface.h>
#endif

namespace gosling {
namespace {

using namespace std::chrono_literals;

// --- Frame pointers ---

// CountFrames follows the chain of frame pointers from its caller on and
// returns how many there are up to its end; 0 if it leaves the stack.
[[gnu::noinline]] int CountFrames() {
  const sched::Stack stack = sched::CurrentG()->stack;
  auto fp = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const auto lo = reinterpret_cast<std::uintptr_t>(stack.lo);
  const auto hi = reinterpret_cast<std::uintptr_t>(stack.hi);
  for (int n = 1;; n++) {
    if (fp < lo || fp + 2 * sizeof fp > hi) return 0;
    const std::uintptr_t next = *reinterpret_cast<std::uintptr_t*>(fp);
    if (next == 0) return n;
    if (next <= fp) return 0;
    fp = next;
  }
}

[[gnu::noinline]] int CountDeeper(int depth) {
  const int n = depth == 0 ? CountFrames() : CountDeeper(depth - 1);
  asm volatile("");  // no tail call
  return n;
}

TEST(FramePointers, LeadFromAFrameToTheGoroutinesFirst) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the layout of frames is known here for amd64 only";
#endif
  RunWith(2, [] {
    // Also on a stack that has been used before, and after a switch.
    for (int i = 0; i < 20; i++) {
      auto counts = MakeChan<int>();
      Go([counts] {
        const int shallow = CountDeeper(0);
        runtime::Gosched();
        time::Sleep(1ms);
        counts.Send(shallow);
        counts.Send(CountDeeper(10));
      });
      const int shallow = *counts.Recv();
      const int deep = *counts.Recv();
      EXPECT_GE(shallow, 4);  // CountFrames, the closure, RunClosure, the entry
      EXPECT_LE(shallow, 12);
      EXPECT_EQ(deep, shallow + 10);
    }
  });
}

// --- LeakSanitizer ---

#if defined(GOSLING_ASAN)
// Keeper parks with the only pointers there are to some blocks. So many that
// they are not all in registers or left over elsewhere on the stack.
[[gnu::noinline]] void Keeper(Chan<Unit> ready, Chan<Unit> gate) {
  void* volatile kept[100];
  for (auto& block : kept) block = std::malloc(12345);
  ready.Send(Unit{});
  gate.Recv();
  for (auto& block : kept) std::free(block);
}

// In a process of its own, where locals are on the stack: if ASan watches for
// their use after return, it keeps them in memory of its own, which it shows to
// LeakSanitizer for the goroutines that run and not for those that are parked.
TEST(LeakSanitizer, StacksOfParkedGoroutinesAreRoots) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const char* options = std::getenv("ASAN_OPTIONS");
  const std::string former = options != nullptr ? options : "";
  ::setenv("ASAN_OPTIONS",
           (former + ":detect_stack_use_after_return=0:detect_leaks=1").c_str(),
           1);
  EXPECT_EXIT(RunWith(2,
                      [] {
                        auto ready = MakeChan<Unit>();
                        auto gate = MakeChan<Unit>();
                        Go([=] { Keeper(ready, gate); });
                        // The closure does not fit into the G, which alone
                        // points to it.
                        struct Big {
                          char bytes[500];
                        } big = {};
                        Go([=] {
                          ready.Send(Unit{});
                          gate.Recv();
                          if (big.bytes[0] != 0) std::abort();
                        });
                        ready.Recv();
                        ready.Recv();
                        std::_Exit(__lsan_do_recoverable_leak_check());
                      }),
              ::testing::ExitedWithCode(0), "^$");
  ::setenv("ASAN_OPTIONS", former.c_str(), 1);
}

[[gnu::noinline]] void Leak() {
  [[maybe_unused]] void* volatile lost = std::malloc(54321);
  lost = nullptr;
}

// In a process of its own: what is on a stack by chance may hide it there, so
// it is lost on a thread that has ended.
TEST(LeakSanitizer, FindsWhatIsLost) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        std::thread(Leak).join();
        RunWith(2, [] {});
        __lsan_do_leak_check();
        std::_Exit(0);
      },
      [](int status) { return WIFEXITED(status) && WEXITSTATUS(status) != 0; },
      "54321 byte");
}
#endif

// --- ThreadSanitizer ---

// Handover lets two goroutines take turns at a word that only what is between
// them protects. `pass` is called by the one that wrote, `await` by the other.
void Handover(const std::function<void()>& pass,
              const std::function<void()>& await) {
  RunWith(4, [&] {
    int word = 0;
    sync::WaitGroup wg;
    wg.Go([&] {
      await();
      word++;
    });
    word++;
    pass();
    wg.Wait();
    EXPECT_EQ(word, 2);
  });
}

class HappensBefore : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Rounds, HappensBefore, ::testing::Range(0, 5));

TEST_P(HappensBefore, ChannelsOrder) {
  for (int cap : {0, 1}) {
    auto c = MakeChan<int>(cap);
    Handover([&] { c.Send(1); }, [&] { c.Recv(); });
    Handover([&] { c.Close(); }, [&] { c.Recv(); });
  }
  auto back = MakeChan<int>();  // a receive precedes the end of its send
  Handover([&] { back.Recv(); }, [&] { back.Send(1); });
}

TEST_P(HappensBefore, SelectOrders) {
  auto c = MakeChan<int>();
  auto other = MakeChan<int>();
  Handover([&] { c.Send(1); },
           [&] { Select(OnRecv(other, [] {}), OnRecv(c, [] {})); });
  Handover([&] { Select(OnSend(c, 1, [] {}), OnRecv(other, [] {})); },
           [&] { c.Recv(); });
}

TEST_P(HappensBefore, MutexesOrder) {
  sync::Mutex mu;
  mu.Lock();
  Handover([&] { mu.Unlock(); }, [&] { mu.Lock(); });
  sync::RWMutex rw;
  rw.Lock();
  Handover([&] { rw.Unlock(); }, [&] { rw.RLock(); });
}

TEST_P(HappensBefore, TimersOrder) {
  auto fired = MakeChan<Unit>();
  Handover([&] { time::AfterFunc(1ms, [&] { fired.Send(Unit{}); }); },
           [&] { fired.Recv(); });
}

#if defined(GOSLING_TSAN)
TEST(ThreadSanitizer, ReportsARaceBetweenGoroutines) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(RunWith(4,
                      [] {
                        // Each step writes: of two single writes at one moment
                        // the sanitizer may see neither.
                        volatile int word = 0;
                        std::atomic<int> there{0};
                        sync::WaitGroup wg;
                        for (int i = 0; i < 2; i++) {
                          wg.Go([&] {
                            // Both run, and nothing orders them after this.
                            there.fetch_add(1, std::memory_order_relaxed);
                            while (there.load(std::memory_order_relaxed) < 2) {
                            }
                            for (int j = 0; j < 1000; j++) word = word + 1;
                          });
                        }
                        wg.Wait();
                        std::_Exit(word != 0 ? 0 : 1);
                      }),
              ::testing::ExitedWithCode(66), "data race");
}
#endif

}  // namespace
}  // namespace gosling
