// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// State that belongs to a goroutine although it lives in the thread: errno and
// that of C++ exceptions travel with it, switch by switch, and from thread to
// thread. Everything else that is thread-local stays with the thread. Each test
// runs at several values of GOMAXPROCS, and again, in a child process, with
// every switch changing threads (GOSLING_FORCE_MIGRATE) and with real fences
// instead of membarrier (GOSLING_MEMBARRIER=off).

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cfenv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/timer.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/thread_locals.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;

enum class Mode { kPlain, kMigrate, kNoMembarrier };

class StateTest : public ::testing::TestWithParam<std::tuple<int, Mode>> {
 protected:
  static int Procs() { return std::get<0>(GetParam()); }
  static bool Migrates() { return std::get<1>(GetParam()) == Mode::kMigrate; }

  template <class F>
  void Run(F body) {
    if (std::get<1>(GetParam()) == Mode::kPlain) {
      RunWith(Procs(), body);
      return;
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(RunInThisChild(body), ::testing::ExitedWithCode(0), "");
  }

 private:
  template <class F>
  [[noreturn]] static void RunInThisChild(F body) {
    if (Migrates()) {
      ::setenv("GOSLING_FORCE_MIGRATE", "1", 1);
    } else {
      ::setenv("GOSLING_MEMBARRIER", "off", 1);
    }
    RunWith(Procs(), body);
    ::_exit(ChildStatus());
  }
};
std::string StateName(
    const ::testing::TestParamInfo<std::tuple<int, Mode>>& info) {
  const auto [procs, mode] = info.param;
  const char* name = mode == Mode::kPlain     ? ""
                     : mode == Mode::kMigrate ? "Migrate"
                                              : "NoMembarrier";
  return "Procs" + std::to_string(procs) + name;
}

INSTANTIATE_TEST_SUITE_P(
    Procs, StateTest,
    ::testing::Combine(kProcs, ::testing::Values(Mode::kPlain, Mode::kMigrate,
                                                 Mode::kNoMembarrier)),
    StateName);

// The ways in which a goroutine leaves its thread for a while.
void Leave(int way) {
  switch (way % 6) {
    case 0:
      runtime::Gosched();
      break;
    case 1: {
      Chan<int> c = MakeChan<int>();
      Go([c] { c.Send(1); });
      c.Recv();
      break;
    }
    case 2:
      time::Sleep(20us);
      break;
    case 3:
      runtime::EnterSyscallBlock();
      runtime::ExitSyscall();
      break;
    case 4: {
      sync::WaitGroup done;
      done.Go([] { runtime::Gosched(); });
      done.Wait();
      break;
    }
    default:
      runtime::EnterSyscall();
      std::this_thread::yield();
      runtime::ExitSyscall();
  }
}

constexpr int kGoroutines = 8;
constexpr int kTurns = kSanitized ? 30 : 120;

// Each runs f(number of the goroutine, turn) in turn.
template <class F>
void InGoroutines(F f) {
  sync::WaitGroup done;
  for (int i = 0; i < kGoroutines; i++) {
    done.Go([f, i] {
      for (int turn = 0; turn < kTurns; turn++) f(i, turn);
    });
  }
  done.Wait();
}

// --- Migration ---

TEST_P(StateTest, AForcedSwitchChangesThreads) {
  if (!Migrates()) GTEST_SKIP() << "nothing forces it to";
  Run([] {
    InGoroutines([](int i, int turn) {
      // Pinned, or Pin could switch as well, and the second lead back.
      sched::Pinned pin;
      const std::thread::id before = ThisThread();
      const std::int64_t tid = sched::os::ThreadId();
      if ((i + turn) % 2 == 0) {
        sched::Yield(pin.g());
      } else {
        sched::Timer timer;
        timer.when = sched::os::Nanotime() + 10'000;
        timer.arg = pin.g();
        timer.fire = [](void* g, std::uint64_t, std::int64_t) {
          sched::Ready(static_cast<sched::G*>(g));
        };
        sched::Park(pin.g(), sched::WaitReason::kSleep,
                    [&timer] { sched::TimerAdd(&timer); });
      }
      EXPECT_NE(ThisThread(), before);
      EXPECT_NE(sched::os::ThreadId(), tid);
    });
  });
}

TEST_P(StateTest, ALockedGoroutineStaysEvenWhenForced) {
  Run([] {
    InGoroutines([](int, int turn) {
      runtime::LockOSThread();
      const std::thread::id before = ThisThread();
      Leave(turn);
      EXPECT_EQ(ThisThread(), before);
      runtime::UnlockOSThread();
    });
  });
}

// The scheduler's own view: the M is this thread's, and runs this goroutine.
TEST_P(StateTest, TheCurrentGoroutineIsRightAfterEverySwitch) {
  Run([] {
    sync::WaitGroup done;
    for (int i = 0; i < kGoroutines; i++) {
      done.Go([] {
        sched::G* const me = sched::CurrentG();
        const std::uint64_t id = runtime::Goid();
        for (int turn = 0; turn < kTurns; turn++) {
          Leave(turn);
          EXPECT_EQ(sched::CurrentG(), me);
          EXPECT_EQ(runtime::Goid(), id);
          EXPECT_EQ(sched::CurrentM()->tid, sched::os::ThreadId());
          EXPECT_EQ(sched::CurrentM()->curg, me);
        }
      });
    }
    done.Wait();
  });
}

// --- errno ---

TEST_P(StateTest, ErrnoTravels) {
  Run([] {
    InGoroutines([](int i, int turn) {
      const int mine = 1000 * (i + 1) + turn;
      WriteErrno(mine);
      // Not what allocates or calls the system itself (see Leave).
      runtime::Gosched();
      EXPECT_EQ(ReadErrno(), mine);
      runtime::Gosched();
      runtime::Gosched();
      EXPECT_EQ(ReadErrno(), mine);
    });
  });
}

TEST_P(StateTest, ErrnoTravelsThroughChannels) {
  Run([] {
    Chan<int> c = MakeChan<int>();
    sync::WaitGroup done;
    for (int i = 0; i < kGoroutines; i++) {
      done.Go([c, i] {
        for (int turn = 0; turn < kTurns; turn++) {
          WriteErrno(5000 + i);
          if (i % 2 == 0) {
            c.Send(turn);
          } else {
            c.Recv();
          }
          EXPECT_EQ(ReadErrno(), 5000 + i);
        }
      });
    }
    done.Wait();
  });
}

TEST_P(StateTest, ErrnoSurvivesTheLossOfP) {
  Run([] {
    InGoroutines([](int i, int turn) {
      if (turn > 10) return;
      runtime::EnterSyscall();
      ::usleep(100);  // long enough for sysmon
      WriteErrno(7000 + i);
      runtime::ExitSyscall();
      EXPECT_EQ(ReadErrno(), 7000 + i);
      runtime::EnterSyscallBlock();
      WriteErrno(8000 + i);
      runtime::ExitSyscall();
      EXPECT_EQ(ReadErrno(), 8000 + i);
    });
  });
}

TEST_P(StateTest, AGoroutineStartsWithoutAnError) {
  Run([] {
    InGoroutines([](int, int) {
      WriteErrno(EBADF);
      sync::WaitGroup done;
      done.Go([] {
        EXPECT_EQ(ReadErrno(), 0);
        WriteErrno(EPERM);
      });
      done.Wait();
    });
  });
}

// --- Exceptions ---

struct Failure {
  explicit Failure(int v) : value(v) { alive.fetch_add(1); }
  Failure(const Failure& other) : value(other.value) { alive.fetch_add(1); }
  ~Failure() { alive.fetch_sub(1); }
  int value;
  static inline std::atomic<int> alive{0};
};

TEST_P(StateTest, AHandlerMayYield) {
  Run([] {
    InGoroutines([](int i, int turn) {
      const int mine = 1000 * i + turn;
      try {
        throw Failure(mine);
      } catch (const Failure& f) {
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        Leave(turn);
        EXPECT_EQ(f.value, mine);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        try {
          std::rethrow_exception(std::current_exception());
        } catch (const Failure& again) {
          EXPECT_EQ(again.value, mine);
        }
      }
      EXPECT_EQ(std::current_exception(), nullptr);
    });
    EXPECT_EQ(Failure::alive, 0) << "exception objects leaked";
  });
}

TEST_P(StateTest, NestedHandlersMayYield) {
  Run([] {
    InGoroutines([](int i, int turn) {
      const int mine = 1000 * i + turn;
      try {
        throw Failure(mine);
      } catch (const Failure& outer) {
        Leave(turn);
        try {
          Leave(turn + 1);
          throw Failure(-mine);
        } catch (const Failure& inner) {
          Leave(turn + 2);
          EXPECT_EQ(inner.value, -mine);
          try {
            throw std::runtime_error(std::to_string(mine));
          } catch (const std::exception& e) {
            Leave(turn + 3);
            EXPECT_EQ(e.what(), std::to_string(mine));
          }
          Leave(turn + 4);
          EXPECT_EQ(inner.value, -mine);
        }
        Leave(turn + 5);
        EXPECT_EQ(outer.value, mine);
        std::exception_ptr current = std::current_exception();
        EXPECT_NE(current, nullptr);
      }
    });
    EXPECT_EQ(Failure::alive, 0) << "exception objects leaked";
  });
}

TEST_P(StateTest, RethrowAfterAYieldThrowsOnesOwn) {
  Run([] {
    InGoroutines([](int i, int turn) {
      const int mine = 1000 * i + turn;
      try {
        try {
          throw Failure(mine);
        } catch (...) {
          Leave(turn);
          throw;
        }
      } catch (const Failure& f) {
        EXPECT_EQ(f.value, mine);
        Leave(turn + 1);
        EXPECT_EQ(f.value, mine);
      }
    });
    EXPECT_EQ(Failure::alive, 0) << "exception objects leaked";
  });
}

// A destructor that yields while an exception is on its way.
struct YieldsAtTheEnd {
  int turn;
  std::atomic<int>* wrong;
  ~YieldsAtTheEnd() {
    if (std::uncaught_exceptions() != 1) wrong->fetch_add(1);
    Leave(turn);
    if (std::uncaught_exceptions() != 1) wrong->fetch_add(1);
  }
};

TEST_P(StateTest, UncaughtExceptionsAreCountedPerGoroutine) {
  Run([] {
    std::atomic<int> wrong{0};
    InGoroutines([&wrong](int i, int turn) {
      EXPECT_EQ(std::uncaught_exceptions(), 0);
      try {
        YieldsAtTheEnd outer{turn, &wrong};
        YieldsAtTheEnd inner{turn + 1, &wrong};
        throw Failure(i);
      } catch (const Failure& f) {
        EXPECT_EQ(f.value, i);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
      }
    });
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(Failure::alive, 0) << "exception objects leaked";
  });
}

// Goexit is an exception too.
TEST_P(StateTest, DestructorsMayYieldDuringGoexit) {
  Run([] {
    std::atomic<int> wrong{0};
    sync::WaitGroup done;
    for (int i = 0; i < kGoroutines * 10; i++) {
      done.Go([&wrong, i] {
        YieldsAtTheEnd outer{i, &wrong};
        YieldsAtTheEnd inner{i + 1, &wrong};
        runtime::Goexit();
      });
    }
    done.Wait();
    EXPECT_EQ(wrong, 0);
  });
}

TEST_P(StateTest, AGoroutineStartsWithoutExceptions) {
  Run([] {
    InGoroutines([](int, int turn) {
      try {
        throw Failure(turn);
      } catch (const Failure&) {
        sync::WaitGroup done;
        done.Go([] {
          EXPECT_EQ(std::current_exception(), nullptr);
          EXPECT_EQ(std::uncaught_exceptions(), 0);
          try {
            throw 5;
          } catch (int five) {
            EXPECT_EQ(five, 5);
          }
        });
        done.Wait();
        EXPECT_NE(std::current_exception(), nullptr);
      }
    });
    EXPECT_EQ(Failure::alive, 0) << "exception objects leaked";
  });
}

// An exception_ptr carries an exception from goroutine to goroutine.
TEST_P(StateTest, ExceptionsMayBeSent) {
  if (kThreadSanitizer) {
    GTEST_SKIP() << "libstdc++ counts an exception's references in its own "
                    "library, where ThreadSanitizer does not see it";
  }
  Run([] {
    Chan<std::exception_ptr> c = MakeChan<std::exception_ptr>();
    sync::WaitGroup done;
    for (int i = 0; i < kGoroutines; i++) {
      done.Go([c, i] {
        for (int turn = 0; turn < kTurns; turn++) {
          try {
            throw Failure(i);
          } catch (...) {
            c.Send(std::current_exception());
          }
        }
      });
    }
    for (int i = 0; i < kGoroutines * kTurns; i++) {
      std::exception_ptr e = *c.Recv();
      try {
        std::rethrow_exception(e);
      } catch (const Failure& f) {
        EXPECT_LT(f.value, kGoroutines);
        if (i % 16 == 0) runtime::Gosched();
      }
    }
    done.Wait();
    EXPECT_EQ(Failure::alive, 0) << "exception objects leaked";
  });
}

// --- The processor's modes ---

// Divides when the program runs, in the mode of that moment. The quotient is
// stored, for the 386 computes with more bits than a double has.
[[gnu::noinline]] double Third(double one, double three) {
  asm volatile("" : "+m"(one), "+m"(three) : : "memory");
  volatile double third = one / three;
  return third;
}

TEST_P(StateTest, TheRoundingModeTravels) {
  Run([] {
    sync::WaitGroup done;
    for (int i = 0; i < kGoroutines; i++) {
      done.Go([i] {
        static constexpr int kModes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD,
                                         FE_TOWARDZERO};
        const int mode = kModes[i % 4];
        ASSERT_EQ(std::fesetround(mode), 0);
        const double expected = Third(1, 3);
        for (int turn = 0; turn < kTurns; turn++) {
          Leave(turn);
          EXPECT_EQ(std::fegetround(), mode);
          EXPECT_EQ(Third(1, 3), expected);
        }
        std::fesetround(FE_TONEAREST);
      });
    }
    done.Wait();
  });
}

// --- What stays with the thread ---

thread_local int of_the_thread = 0;
[[gnu::noinline]] int* OfTheThread() {
  int* p = &of_the_thread;
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

// A thread_local seen after a switch is the one of the thread that one is on,
// and a goroutine that does not switch has it to itself.
TEST_P(StateTest, ThreadLocalsStayWithTheThread) {
  Run([] {
    InGoroutines([](int i, int turn) {
      const std::int64_t tid = sched::os::ThreadId();
      *OfTheThread() = 100 * i + turn;
      for (int k = 0; k < 100; k++) {
        EXPECT_EQ(*OfTheThread(), 100 * i + turn);
      }
      Leave(turn);
      if (sched::os::ThreadId() != tid) {
        *OfTheThread() = -1;
        EXPECT_EQ(*OfTheThread(), -1);
      }
    });
  });
}

}  // namespace
}  // namespace gosling
