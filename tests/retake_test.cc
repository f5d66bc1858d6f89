// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Retake, proved (sched/m.h, sysmon.cc): with a single P, a ticker of 1 ms goes
// on beside a goroutine that computes or blocks for long without a word to the
// runtime. The others' latency is printed; what is asserted is far above what a
// busy machine does to it: without retake there would be no tick at all.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sched/os/os.h"
#include "signals/pipe.h"
#include "tests/go_test.h"
#include "tests/system.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A ticker that notes how late each of its ticks is.
class Beside {
 public:
  Beside() {
    Go([this] {
      const time::Ticker ticker = time::NewTicker(1ms);
      Clock::time_point last = Clock::now();
      while (!stop_) {
        ticker.C().Recv();
        const Clock::time_point now = Clock::now();
        gaps_.push_back(now - last);
        last = now;
        ticks_.fetch_add(1);
      }
      ticker.Stop();
      done_.Send({});
    });
  }

  int Ticks() const { return ticks_; }

  void Stop() {
    stop_ = true;
    done_.Recv();
  }

  // Report prints the latencies and asserts that there were enough ticks, and
  // that but for one in ten none was late by a quarter of a second: one of fifty
  // may be, and another, when the machine does other things.
  void Report(const std::string& what, int at_least) {
    Stop();
    ASSERT_GE(static_cast<int>(gaps_.size()), at_least) << what;
    std::sort(gaps_.begin(), gaps_.end());
    auto at = [this](std::size_t percent) {
      return std::chrono::duration<double, std::milli>(
                 gaps_[(gaps_.size() - 1) * percent / 100])
          .count();
    };
    std::printf(
        "%s: %zu ticks of 1 ms beside it; from one to the next p50 %.2f, p90 "
        "%.2f, p99 %.2f, longest %.2f ms\n",
        what.c_str(), gaps_.size(), at(50), at(90), at(99), at(100));
    EXPECT_LT(at(90), 250.0) << what;
  }

 private:
  std::vector<Clock::duration> gaps_;
  std::atomic<int> ticks_{0};
  std::atomic<bool> stop_{false};
  Chan<Unit> done_ = MakeChan<Unit>();
};

// How many ticks there are to be beside goroutines that can wait for them: a
// second of an idle machine.
constexpr int kTicks = kSanitized ? 200 : 1000;

class RetakeTest : public ::testing::Test {
 protected:
  template <class F>
  void Run(F&& body) {
    RunWith(1, std::forward<F>(body));
  }
};

TEST_F(RetakeTest, FromOneThatComputes) {
  Run([] {
    Beside ticker;
    sync::WaitGroup done;
    done.Go([&] {
      while (ticker.Ticks() < kTicks) {
      }
    });
    done.Wait();
    ticker.Report("spinning", kTicks);
  });
}

// Go: TestPreemption, TestAsyncPreempt, but two compute.
TEST_F(RetakeTest, FromTwoThatCompute) {
  Run([] {
    Beside ticker;
    sync::WaitGroup done;
    for (int i = 0; i < 2; i++) {
      done.Go([&] {
        while (ticker.Ticks() < kTicks / 4) {
        }
      });
    }
    done.Wait();
    ticker.Report("spinning twice", kTicks / 4);
  });
}

// One that calls the runtime often, but computes most of the time, is asked to
// yield before P is taken from it.
TEST_F(RetakeTest, NotFromOneThatYieldsWhenAsked) {
  Run([] {
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    done.Go([&] {
      while (!stop) runtime::Gosched();
    });
    const Chan<int> c = MakeChan<int>(1);
    const runtime::Counters before = runtime::Stats();
    runtime::Counters now = before;
    while (now.preemptions - before.preemptions + now.retakes - before.retakes <
           20) {
      const Clock::time_point end = Clock::now() + 50us;
      while (Clock::now() < end) {
      }
      c.TrySend(1);
      std::optional<int> out;
      c.TryRecv(out);
      now = runtime::Stats();
    }
    stop = true;
    done.Wait();
    const std::uint64_t taken = now.retakes - before.retakes;
    std::printf("of 20 times P was taken %d times\n", static_cast<int>(taken));
    // A thread that loses its core just when it is asked does not hear of it.
    EXPECT_LE(taken, 10u);
  });
}

// A read that its goroutine has not announced.
TEST_F(RetakeTest, FromOneInRead) {
  Run([] {
    int fds[2];
    ASSERT_EQ(signals::PipeCloexec(fds), 0);
    Beside ticker;
    sync::WaitGroup done;
    done.Go([&] {
      char c = 0;
      EXPECT_EQ(::read(fds[0], &c, 1), 1);
    });
    while (ticker.Ticks() < kTicks) time::Sleep(10ms);
    EXPECT_EQ(::write(fds[1], "x", 1), 1);
    done.Wait();
    ticker.Report("in read(2)", kTicks);
    ::close(fds[0]);
    ::close(fds[1]);
  });
}

// The mutex's holder sleeps meanwhile: as a goroutine, on the thread that the
// mutex belongs to.
TEST_F(RetakeTest, FromOneThatWaitsForAStdMutex) {
  Run([] {
    std::mutex mu;
    Beside ticker;
    sync::WaitGroup done;
    Chan<Unit> held = MakeChan<Unit>();
    done.Go([&] {
      runtime::LockOSThread();
      mu.lock();
      held.Send({});
      while (ticker.Ticks() < kTicks) time::Sleep(10ms);
      mu.unlock();
      runtime::UnlockOSThread();
    });
    held.Recv();
    done.Go([&] { std::lock_guard<std::mutex> lock(mu); });
    done.Wait();
    ticker.Report("waiting for a std::mutex", kTicks);
  });
}

// Of times in ms: the median, and what four of five are below.
struct Quantiles {
  double half;
  double most;
};

Quantiles QuantilesOf(std::vector<Clock::duration> took) {
  std::sort(took.begin(), took.end());
  auto at = [&took](std::size_t tenths) {
    return std::chrono::duration<double, std::milli>(
               took[took.size() * tenths / 10])
        .count();
  };
  return {at(5), at(8)};
}

// HandOvers has a goroutine block in two reads, `n` times in each, while another,
// which will write, wants its P, and returns the times until that has it. The
// reads take turns: what else the machine does is the same for both.
template <class Read, class OtherRead>
std::pair<Quantiles, Quantiles> HandOvers(int n, Read read,
                                          OtherRead other_read) {
  int fds[2];
  if (signals::PipeCloexec(fds) != 0) std::abort();
  std::vector<Clock::duration> took;
  std::vector<Clock::duration> other_took;
  sync::WaitGroup done;
  Chan<Clock::time_point> blocking = MakeChan<Clock::time_point>();
  done.Go([&] {
    for (Clock::time_point since : blocking) {
      (took.size() == other_took.size() ? took : other_took)
          .push_back(Clock::now() - since);
      EXPECT_EQ(::write(fds[1], "x", 1), 1);
    }
  });
  for (int i = 0; i < n; i++) {
    char c = 0;
    blocking.Send(Clock::now());
    EXPECT_EQ(read(fds[0], &c), 1);
    blocking.Send(Clock::now());
    EXPECT_EQ(other_read(fds[0], &c), 1);
  }
  blocking.Close();
  done.Wait();
  ::close(fds[0]);
  ::close(fds[1]);
  return {QuantilesOf(took), QuantilesOf(other_took)};
}

// P goes on as soon from one that sleeps in the system as from one that said that
// it would, give or take a look or two. By the clock it would be 10 ms, which is
// far above what either takes, and either waits for sysmon on a busy machine.
TEST_F(RetakeTest, FromASleeperWithoutAHintAboutAsSoonAsWithOne) {
  if (sched::os::StateOfThread(sched::os::ThreadHandle()) ==
      sched::os::ThreadState::kUnknown) {
    GTEST_SKIP() << "this system does not tell sleepers";
  }
  Run([] {
    constexpr int kTimes = kSanitized ? 50 : 200;
    const auto [plain, hinted] = HandOvers(
        kTimes, [](int fd, char* c) { return ::read(fd, c, 1); },
        [](int fd, char* c) {
          runtime::EnterSyscall();
          const ssize_t n = ::read(fd, c, 1);
          runtime::ExitSyscall();
          return n;
        });
    std::printf(
        "P goes on after %.3f ms, with EnterSyscall after %.3f; four of five "
        "times within %.3f and %.3f\n",
        plain.half, hinted.half, plain.most, hinted.most);
    EXPECT_LT(plain.half, 4 + 4 * hinted.half);
    // Those too that slept already when sysmon saw their thread for the first
    // time.
    EXPECT_LT(plain.most, 4 + 4 * hinted.most);
  });
}

std::int64_t CpuTime() {
  return sched::os::ThreadCpuTime(sched::os::ThreadHandle());
}

// BusyLoops are processes that compute, on the processors of their maker.
class BusyLoops {
 public:
  explicit BusyLoops(int n) {
    for (int i = 0; i < n; i++) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        DieWithParent();
        const volatile bool go_on = true;
        while (go_on) {
        }
      }
      pids_.push_back(pid);
    }
  }
  ~BusyLoops() {
    for (const pid_t pid : pids_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  BusyLoops(const BusyLoops&) = delete;
  BusyLoops& operator=(const BusyLoops&) = delete;

 private:
  std::vector<pid_t> pids_;
};

// A thread that computes has its slice, a part of which it uses here, whether it
// has its core all the time or one moment in four. It keeps the P that another
// goroutine waits for. Now and then the machine has other things to do for as
// long as even a patient sysmon waits.
TEST_F(RetakeTest, NotFromOneThatHasMerelyLostItsCore) {
  constexpr int kRounds = 20;
  Run([] {
    std::atomic<bool> stop{false};
    bool able = false;
    std::uint64_t taken = 0;
    sync::WaitGroup done;
    done.Go([&] {
      while (!stop) runtime::Gosched();
    });
    done.Go([&] {
      runtime::LockOSThread();  // for good: the thread is not as it was
      able = StayOnOneProcessor();
      if (able) {
        const BusyLoops others(3);
        for (int i = 0; i < kRounds; i++) {
          runtime::Gosched();
          const std::uint64_t before = runtime::Stats().retakes;
          const std::int64_t end = CpuTime() + 4'000'000;
          while (CpuTime() < end) {
          }
          taken += runtime::Stats().retakes - before;
        }
      }
      stop = true;
    });
    done.Wait();
    if (!able) GTEST_SKIP() << "threads cannot be kept to one processor here";
    std::printf("taken %d times in %d slices\n", static_cast<int>(taken),
                kRounds);
    EXPECT_LE(taken, kRounds / 4);
  });
}

// The threads that have work, while many goroutines compute.
class RetakeManyTest : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Procs, RetakeManyTest, ::testing::Values(1, 2),
                         ProcsName);

TEST_P(RetakeManyTest, ThreadsDoNotPileUpForCodeThatComputes) {
  if (CpuTime() < 0) GTEST_SKIP() << "this system does not tell CPU times";
  const int procs = GetParam();
  RunWith(procs, [procs] {
    constexpr int kCount = kSanitized ? 50 : 150;
    std::atomic<bool> stop{false};
    int most = 0;
    std::thread watcher([&] {
      while (!stop) {
        const runtime::Counters now = runtime::Stats();
        most = std::max(most, now.threads - now.idle_threads);
        ::usleep(500);
      }
    });
    sync::WaitGroup done;
    for (int i = 0; i < kCount; i++) {
      done.Go([] {
        const std::int64_t end = CpuTime() + 20'000'000;
        while (CpuTime() < end) {
        }
      });
    }
    done.Wait();
    stop = true;
    watcher.join();
    std::printf("at most %d threads with work\n", most);
    EXPECT_LE(most, 4 * procs + 8);
  });
}

// NameServer is one that never answers, on the loopback interface.
class NameServer {
 public:
  NameServer() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    if (fd_ < 0 || ::bind(fd_, address, size) != 0 ||
        ::getsockname(fd_, address, &size) != 0)
      std::abort();
  }
  ~NameServer() { ::close(fd_); }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  // Use makes the calling thread ask this one, for two seconds in all.
  bool Use() const { return AskNameServer(address_); }

  // Asked says whether a thread has.
  bool Asked() const {
    pollfd p{fd_, POLLIN, 0};
    return ::poll(&p, 1, 0) == 1;
  }

 private:
  int fd_;
  sockaddr_in address_ = {};
};

TEST_F(RetakeTest, FromOneInGetaddrinfo) {
  Run([] {
    NameServer server;
    Beside ticker;
    int before = 0;
    int during = 0;
    sync::WaitGroup done;
    done.Go([&] {
      if (!server.Use()) return;
      addrinfo hints = {};
      hints.ai_family = AF_INET;
      addrinfo* found = nullptr;
      before = ticker.Ticks();
      EXPECT_NE(::getaddrinfo("gosling.invalid", nullptr, &hints, &found), 0);
      during = ticker.Ticks() - before;
    });
    done.Wait();
    if (!server.Asked()) {
      ticker.Stop();
      GTEST_SKIP() << "this system asks no name server";
    }
    // Two thousand on an idle machine; without retake none.
    ticker.Report("in getaddrinfo", 10);
    EXPECT_GE(during, 10);
  });
}

}  // namespace
}  // namespace gosling
