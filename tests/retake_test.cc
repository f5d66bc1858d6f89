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
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "sched/os.h"
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
  // that but for one in a hundred none was late by a quarter of a second.
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
    EXPECT_LT(at(99), 250.0) << what;
  }

 private:
  std::vector<Clock::duration> gaps_;
  std::atomic<int> ticks_{0};
  std::atomic<bool> stop_{false};
  Chan<Unit> done_ = MakeChan<Unit>();
};

// How many ticks there are to be beside those who can wait for them: a second
// of an idle machine.
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

// A read that nobody has announced.
TEST_F(RetakeTest, FromOneInRead) {
  Run([] {
    int fds[2];
    ASSERT_EQ(sched::os::PipeCloexec(fds), 0);
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

  // Asked says whether anybody has.
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
    ticker.Report("in getaddrinfo", 50);
    EXPECT_GE(during, 50);
  });
}

}  // namespace
}  // namespace gosling
