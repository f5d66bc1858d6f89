// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The netpoller (sched/netpoll.h) and the waits for descriptors of other
// libraries (runtime::WaitReadable): no report is lost, deadlines and Unblock
// end a wait, a waiter takes no thread, and an M that sleeps in the poller is
// woken for other work.

#include "sched/netpoll.h"

#include <errno.h>
#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/os.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sched/os/os.h"
#include "sched/proc.h"
#include "tests/go_test.h"
#include "tests/parked.h"
#include "tests/sanitizers.h"
#include "tests/socket_pair.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using runtime::WaitReadable;
using runtime::WaitWritable;
using sched::kPollRead;
using sched::kPollWrite;
using sched::PollDesc;
using sched::PollResult;

// Polled is a descriptor with a record, used as net uses one.
class Polled {
 public:
  explicit Polled(int fd) : fd_(fd) {
    int err = 0;
    desc_ = PollDesc::Open(fd, &err);
    if (desc_ == nullptr) std::abort();
  }
  Polled(const Polled&) = delete;
  Polled& operator=(const Polled&) = delete;
  ~Polled() {
    if (!unblocked_) desc_->Unblock();
    desc_->Close();
  }

  PollDesc* operator->() const { return desc_; }

  // Recv returns a byte, or -1 and in *why what ended the wait.
  int Recv(PollResult* why = nullptr) {
    PollResult result = desc_->Reset(kPollRead);
    while (result == PollResult::kReady) {
      char c;
      const ssize_t n = ::read(fd_, &c, 1);
      if (n == 1) return c;
      if (n == 0 || errno != EAGAIN) break;
      result = desc_->Wait(kPollRead);
    }
    if (why != nullptr) *why = result;
    return -1;
  }

  void Unblock() {
    unblocked_ = true;
    desc_->Unblock();
  }

 private:
  const int fd_;
  PollDesc* desc_;
  bool unblocked_ = false;
};

class NetpollTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, NetpollTest, kProcs, ProcsName);

TEST_P(NetpollTest, AReaderParksUntilThereIsSomethingToRead) {
  Run([] {
    const SocketPair pair;
    std::atomic<bool> read{false};
    sync::WaitGroup done;
    done.Go([&] {
      EXPECT_FALSE(WaitReadable(pair.a()));
      read = true;
      EXPECT_EQ(Read(pair.a()), 'x');
    });
    time::Sleep(5ms);
    EXPECT_FALSE(read);
    Write(pair.b());
    done.Wait();
  });
}

TEST_P(NetpollTest, WhatIsReadyAlreadyDoesNotPark) {
  Run([] {
    const SocketPair pair;
    EXPECT_FALSE(WaitWritable(pair.a()));
    Write(pair.b());
    EXPECT_FALSE(WaitReadable(pair.a()));
    EXPECT_FALSE(WaitReadable(pair.a()));  // still
  });
}

TEST_P(NetpollTest, AWriterParksUntilThereIsRoom) {
  Run([] {
    const SocketPair pair;
    std::array<char, 65536> much{};
    while (::write(pair.a(), much.data(), much.size()) > 0) {
    }
    sync::WaitGroup done;
    std::atomic<bool> woken{false};
    done.Go([&] {
      EXPECT_FALSE(WaitWritable(pair.a()));
      woken = true;
    });
    time::Sleep(2ms);
    EXPECT_FALSE(woken);
    while (::read(pair.b(), much.data(), much.size()) > 0) {
    }
    done.Wait();
  });
}

TEST_P(NetpollTest, AnEndThatIsClosedWakesTheOther) {
  Run([] {
    int fds[2];
    ASSERT_EQ(::pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    sync::WaitGroup done;
    done.Go([&] { EXPECT_FALSE(WaitReadable(fds[0])); });
    time::Sleep(1ms);
    ::close(fds[1]);
    done.Wait();
    EXPECT_EQ(Read(fds[0]), -1);
    ::close(fds[0]);
  });
}

TEST_P(NetpollTest, ADeadlineEndsTheWait) {
  Run([] {
    const SocketPair pair;
    const auto start = std::chrono::steady_clock::now();
    const Error err = WaitReadable(pair.a(), start + 20ms);
    EXPECT_TRUE(err.Timeout()) << err.message();
    EXPECT_GE(std::chrono::steady_clock::now(), start + 20ms);
    EXPECT_EQ(err.message(), "i/o timeout");
    EXPECT_EQ(err.code(), std::errc::timed_out);
    EXPECT_TRUE(errors::Is(err, os::DeadlineExceeded));
    EXPECT_TRUE(errors::Is(err, std::errc::timed_out));
    EXPECT_TRUE(WaitReadable(pair.a(), start).Timeout());
  });
}

// The address of errno is the same throughout a function, to the compiler.
TEST_P(NetpollTest, ErrnoIsThatOfTheThreadOnWhichOneIs) {
  Run([] {
    runtime::LockOSThread();  // or it changes back
    runtime::SetErrno(ERANGE);
    EXPECT_EQ(runtime::Errno(), ERANGE);
    EXPECT_EQ(errno, ERANGE);
    std::thread([] {
      runtime::SetErrno(EDOM);
      EXPECT_EQ(runtime::Errno(), EDOM);
    }).join();
    EXPECT_EQ(runtime::Errno(), ERANGE);
    runtime::UnlockOSThread();
    // A goroutine takes it along.
    for (int i = 0; i < 100; i++) {
      runtime::SetErrno(i);
      runtime::Gosched();
      ASSERT_EQ(runtime::Errno(), i);
    }
  });
}

TEST_P(NetpollTest, WhatCannotBeWaitedForIsAnError) {
  Run([] {
    const Error err = WaitReadable(-1);
    EXPECT_EQ(err.code(), std::errc::bad_file_descriptor);
    EXPECT_EQ(err.message(), "bad file descriptor");
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    ::close(fds[0]);
    ::close(fds[1]);
    EXPECT_EQ(WaitReadable(fds[0]).code(), std::errc::bad_file_descriptor);
    const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ASSERT_GE(file, 0);
    EXPECT_FALSE(WaitReadable(file));
    ::close(file);
  });
}

TEST_P(NetpollTest, ManyMayWaitForOneDescriptor) {
  Run([] {
    const SocketPair pair;
    sync::WaitGroup done;
    for (int i = 0; i < 10; i++) {
      done.Go([&] { EXPECT_FALSE(WaitReadable(pair.a())); });
    }
    while (runtime::Stats().parks < 10) runtime::Gosched();
    time::Sleep(2ms);
    Write(pair.b());
    done.Wait();
  });
}

TEST_P(NetpollTest, HundredsOfWaitersTakeNoThread) {
  Run([] {
    constexpr int kMany = 400;
    std::vector<std::unique_ptr<SocketPair>> pairs;
    for (int i = 0; i < kMany; i++) {
      pairs.push_back(std::make_unique<SocketPair>());
    }
    const int threads = runtime::Stats().threads;
    sync::WaitGroup done;
    for (const auto& pair : pairs) {
      done.Go([fd = pair->a()] {
        EXPECT_FALSE(WaitReadable(fd));
        EXPECT_EQ(Read(fd), 'x');
      });
    }
    time::Sleep(20ms);
    // Sysmon may have made some for threads that had lost their core.
    EXPECT_LE(runtime::Stats().threads, threads + kMany / 2);
    for (const auto& pair : pairs) Write(pair->b());
    done.Wait();
  });
}

// Each end reads a byte and writes it back, with one goroutine an end.
TEST_P(NetpollTest, ManyConnectionsEcho) {
  Run([] {
    constexpr int kConnections = 64;
    constexpr int kRounds = kSanitized ? 50 : 400;
    sync::WaitGroup done;
    for (int i = 0; i < kConnections; i++) {
      auto pair = std::make_shared<SocketPair>();
      done.Go([pair] {
        Polled end(pair->a());
        for (int n = 0; n < kRounds; n++) {
          const int c = end.Recv();
          ASSERT_GE(c, 0);
          Write(pair->a(), static_cast<char>(c));
        }
      });
      done.Go([pair] {
        Polled end(pair->b());
        for (int n = 0; n < kRounds; n++) {
          const char c = static_cast<char>('a' + n % 26);
          Write(pair->b(), c);
          ASSERT_EQ(end.Recv(), c);
        }
      });
    }
    done.Wait();
  });
}

TEST_P(NetpollTest, ADeadlineThatIsMovedOrClearedHolds) {
  Run([] {
    const SocketPair pair;
    Polled end(pair.a());
    const std::int64_t start = sched::os::Nanotime();
    end->SetDeadline(start + 3600'000'000'000, kPollRead);
    sync::WaitGroup done;
    done.Go([&] {
      PollResult why;
      EXPECT_EQ(end.Recv(&why), -1);
      EXPECT_EQ(why, PollResult::kTimeout);
      EXPECT_GE(sched::os::Nanotime(), start + 30'000'000);
    });
    time::Sleep(1ms);
    end->SetDeadline(start + 30'000'000, kPollRead);
    done.Wait();
    // Over: a wait ends at once, and so does the attempt before it.
    EXPECT_EQ(end->Wait(kPollRead), PollResult::kTimeout);
    EXPECT_EQ(end->Reset(kPollRead), PollResult::kTimeout);
    EXPECT_EQ(end->Reset(kPollWrite), PollResult::kReady);
    end->SetDeadline(0, kPollRead);
    done.Go([&] { EXPECT_EQ(end.Recv(), 'x'); });
    time::Sleep(2ms);
    Write(pair.b());
    done.Wait();
  });
}

TEST_P(NetpollTest, ADeadlineInThePastWakesTheWaiter) {
  Run([] {
    const SocketPair pair;
    Polled end(pair.a());
    for (int i = 0; i < 200; i++) {
      sync::WaitGroup done;
      done.Go([&] {
        PollResult why;
        EXPECT_EQ(end.Recv(&why), -1);
        EXPECT_EQ(why, PollResult::kTimeout);
      });
      if (i % 2 == 0) runtime::Gosched();
      end->SetDeadline(1, kPollRead | kPollWrite);
      done.Wait();
      end->SetDeadline(0, kPollRead | kPollWrite);
    }
  });
}

TEST_P(NetpollTest, UnblockWakesBothWaiters) {
  Run([] {
    for (int i = 0; i < 200; i++) {
      const SocketPair pair;
      Polled end(pair.a());
      std::array<char, 65536> much{};
      while (::write(pair.a(), much.data(), much.size()) > 0) {
      }
      sync::WaitGroup done;
      done.Go([&] {
        PollResult why;
        EXPECT_EQ(end.Recv(&why), -1);
        EXPECT_EQ(why, PollResult::kClosing);
      });
      done.Go([&] {
        PollResult result = PollResult::kReady;
        while (result == PollResult::kReady) result = end->Wait(kPollWrite);
        EXPECT_EQ(result, PollResult::kClosing);
      });
      if (i % 2 == 0) time::Sleep(100us);
      end.Unblock();
      done.Wait();
    }
  });
}

// The system refuses a descriptor that it still watches.
TEST_P(NetpollTest, WhatIsClosedHasLeftThePollerAndMayComeBack) {
  Run([] {
    const SocketPair pair;
    for (int i = 0; i < 3; i++) {
      int err = 0;
      PollDesc* desc = PollDesc::Open(pair.a(), &err);
      ASSERT_NE(desc, nullptr) << i << ": errno " << err;
      desc->Unblock();
      desc->Close();
    }
  });
}

// The number of a descriptor is used again at once; what was reported of the
// former one must wake no waiter for good.
TEST_P(NetpollTest, NumbersThatAreUsedAgainDoNotMixUpReports) {
  Run([] {
    sync::WaitGroup done;
    for (int g = 0; g < 8; g++) {
      done.Go([] {
        for (int i = 0; i < (kSanitized ? 100 : 500); i++) {
          const SocketPair pair;
          Polled end(pair.a());
          Write(pair.b());
          if (i % 3 != 0) {
            ASSERT_EQ(end.Recv(), 'x');
          }  // else the report is on its way when the record is given back
          if (i % 3 == 1) {
            end->SetDeadline(sched::os::Nanotime() + 200'000, kPollRead);
            PollResult why;
            ASSERT_EQ(end.Recv(&why), -1);
            ASSERT_EQ(why, PollResult::kTimeout);
          }
        }
      });
    }
    done.Wait();
  });
}

// An M that sleeps in the poller is idle: work that comes from elsewhere wakes
// it.
TEST_P(NetpollTest, AnMInThePollerIsWokenForOtherWork) {
  Run([] {
    const SocketPair pair;
    sync::WaitGroup done;
    done.Go([&] { EXPECT_FALSE(WaitReadable(pair.a())); });
    auto c = MakeChan<int>(0);
    auto back = MakeChan<int>(0);
    const int rounds = kSanitized ? 500 : 3000;
    std::thread foreign([&] {
      for (int i = 0; i < rounds; i++) {
        c.Send(i);
        ASSERT_EQ(back.Recv(), i);
      }
    });
    for (int i = 0; i < rounds; i++) {
      ASSERT_EQ(c.Recv(), i);
      back.Send(i);
    }
    foreign.join();
    Write(pair.b());
    done.Wait();
  });
}

// The poller keeps time as well.
TEST_P(NetpollTest, SleepersWakeWhileAnMIsInThePoller) {
  Run([] {
    const SocketPair pair;
    sync::WaitGroup done;
    done.Go([&] { EXPECT_FALSE(WaitReadable(pair.a())); });
    for (int i = 0; i < 50; i++) {
      const auto start = std::chrono::steady_clock::now();
      time::Sleep(1ms);
      EXPECT_GE(std::chrono::steady_clock::now(), start + 1ms);
    }
    Write(pair.b());
    done.Wait();
  });
}

// Goroutines that compute do not keep a report from its waiter.
TEST_P(NetpollTest, AReportArrivesAlthoughOthersCompute) {
  Run([] {
    const SocketPair pair;
    std::atomic<bool> stop{false};
    sync::WaitGroup busy;
    for (int i = 0; i < GetParam(); i++) {
      busy.Go([&] {
        while (!stop) {
        }
      });
    }
    sync::WaitGroup done;
    done.Go([&] {
      for (int i = 0; i < 5; i++) {
        EXPECT_FALSE(WaitReadable(pair.a()));
        EXPECT_EQ(Read(pair.a()), 'x');
      }
    });
    std::thread foreign([&] {
      for (int i = 0; i < 5; i++) {
        std::this_thread::sleep_for(5ms);
        Write(pair.b());
      }
    });
    done.Wait();
    stop = true;
    busy.Wait();
    foreign.join();
  });
}

TEST_P(NetpollTest, SignalsDoNotDisturbThePoller) {
  Run([] {
    const SocketPair pair;
    struct sigaction action = {};
    struct sigaction former;
    action.sa_handler = [](int) {};
    ::sigaction(SIGURG, &action, &former);
    std::atomic<bool> stop{false};
    std::thread storm([&] {
      while (!stop) {
        ::kill(::getpid(), SIGURG);
        std::this_thread::sleep_for(50us);
      }
    });
    sync::WaitGroup done;
    done.Go([&] {
      for (int i = 0; i < 200; i++) {
        EXPECT_FALSE(WaitReadable(pair.a()));
        EXPECT_EQ(Read(pair.a()), 'x');
        Write(pair.a(), 'y');
      }
    });
    for (int i = 0; i < 200; i++) {
      Write(pair.b());
      EXPECT_FALSE(WaitReadable(pair.b()));
      EXPECT_EQ(Read(pair.b()), 'y');
    }
    done.Wait();
    stop = true;
    storm.join();
    ::sigaction(SIGURG, &former, nullptr);
  });
}

TEST(Netpoll, AThreadThatIsNotTheRuntimesMayWait) {
  const TimeLimit limit(60s);
  const SocketPair pair;
  std::thread writer([&] {
    std::this_thread::sleep_for(5ms);
    Write(pair.b());
  });
  EXPECT_FALSE(WaitReadable(pair.a()));
  EXPECT_EQ(Read(pair.a()), 'x');
  EXPECT_TRUE(
      WaitReadable(pair.a(), std::chrono::steady_clock::now() + 5ms).Timeout());
  writer.join();
}

class NetpollDeathTest : public ::testing::Test {
 protected:
  NetpollDeathTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    IgnoreNoSignals();
  }
};

TEST_F(NetpollDeathTest, AWaiterIsNoDeadlockAndShowsWhyItWaits) {
  EXPECT_EXIT(gosling::Run([] {
                const SocketPair pair;
                Parker waiter;
                waiter.Comes();
                Go([&] {
                  waiter.Await();
                  ::raise(SIGQUIT);
                });
                WaitReadable(pair.a());
              }),
              ::testing::ExitedWithCode(2), R"(goroutine 1 \[IO wait\])");
}

TEST_F(NetpollDeathTest, AWaiterOfAnEndedRunDoesNotHideADeadlock) {
  EXPECT_EXIT(
      {
        const SocketPair pair;
        gosling::Run([&] {
          Go([&] { WaitReadable(pair.a()); });
          time::Sleep(10ms);
        });
        gosling::Run([] { MakeChan<int>().Recv(); });
      },
      ::testing::ExitedWithCode(2), "all goroutines are asleep - deadlock!");
}

TEST_F(NetpollDeathTest, TwoWaitersOnOneRecordAreFatal) {
  EXPECT_EXIT(gosling::Run([] {
                const SocketPair pair;
                Polled end(pair.a());
                sync::WaitGroup done;
                for (int i = 0; i < 2; i++) {
                  done.Go([&] { end->Wait(kPollRead); });
                }
                done.Wait();
              }),
              ::testing::ExitedWithCode(2),
              "fatal error: runtime: double wait");
}

TEST_F(NetpollDeathTest,
       WithoutDescriptorsLeftTheWaitIsAnErrorAndTheNextTriesAgain) {
  EXPECT_EXIT(
      {
        const SocketPair pair;
        gosling::Run([&] {
          rlimit former;
          ::getrlimit(RLIMIT_NOFILE, &former);
          const rlimit none = {3, former.rlim_max};
          ::setrlimit(RLIMIT_NOFILE, &none);
          const Error err = WaitReadable(pair.a());
          ::setrlimit(RLIMIT_NOFILE, &former);
          if (err.code() != std::errc::too_many_files_open) std::exit(3);
          Write(pair.b());
          std::exit(WaitReadable(pair.a()) ? 4 : 0);
        });
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gosling
