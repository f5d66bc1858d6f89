// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// runtime::WaitAny: the first of several descriptors of another library.

#include <fcntl.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <span>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tests/descriptors.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"
#include "tests/socket_pair.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using runtime::FdWait;
using runtime::WaitAny;

// AwaitParks yields until goroutines have parked so many times since `before`.
// WaitAny parks one for each descriptor and direction, and its caller.
void AwaitParks(std::uint64_t before, std::uint64_t n) {
  EXPECT_TRUE(
      YieldUntil([=] { return runtime::Stats().parks >= before + n; }, 10s));
}

// Fill leaves no room for a byte.
void Fill(int fd) {
  std::array<char, 65536> much{};
  while (::write(fd, much.data(), much.size()) > 0) {
  }
}

class WaitAnyTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, WaitAnyTest, kProcs, ProcsName);

TEST_P(WaitAnyTest, WhatIsReadyAtOnceIsAllThatIsToldOf) {
  Run([] {
    const SocketPair quiet;
    const SocketPair loud;
    Write(loud.b());
    FdWait waits[] = {{.fd = quiet.a(), .read = true},
                      {.fd = loud.a(), .read = true},
                      {.fd = loud.b(), .read = true, .write = true},
                      {.fd = loud.a()}};
    const auto [n, err] = WaitAny(waits);
    EXPECT_FALSE(err) << err.message();
    EXPECT_EQ(n, 2);
    EXPECT_FALSE(waits[0].readable || waits[0].writable);
    EXPECT_TRUE(waits[1].readable);
    EXPECT_FALSE(waits[1].writable);
    EXPECT_FALSE(waits[2].readable);
    EXPECT_TRUE(waits[2].writable);
    EXPECT_FALSE(waits[3].readable || waits[3].writable);
  });
}

TEST_P(WaitAnyTest, TheGoroutineParksUntilTheFirstIsReady) {
  Run([] {
    std::array<SocketPair, 3> pairs;
    for (std::size_t i = 0; i < pairs.size(); i++) {
      for (const bool write : {false, true}) {
        if (write) Fill(pairs[i].a());
        std::array<FdWait, 3> waits;
        for (std::size_t k = 0; k < pairs.size(); k++) {
          waits[k] = {.fd = pairs[k].a(), .read = true};
        }
        waits[i].write = write;
        const std::uint64_t parks = runtime::Stats().parks;
        sync::WaitGroup done;
        std::atomic<bool> woken{false};
        done.Go([&] {
          const auto [n, err] = WaitAny(waits);
          woken = true;
          EXPECT_FALSE(err) << err.message();
          EXPECT_EQ(n, 1);
          EXPECT_EQ(waits[i].readable, !write);
          EXPECT_EQ(waits[i].writable, write);
        });
        AwaitParks(parks, pairs.size() + 1);
        EXPECT_FALSE(woken);
        if (write) {
          std::array<char, 65536> much;
          while (::read(pairs[i].b(), much.data(), much.size()) > 0) {
          }
        } else {
          Write(pairs[i].b());
        }
        done.Wait();
        if (!write) {
          EXPECT_EQ(Read(pairs[i].a()), 'x');
        }
      }
    }
  });
}

TEST_P(WaitAnyTest, ADeadlineEndsTheWaitAndSetsNothing) {
  Run([] {
    const SocketPair pair;
    FdWait waits[] = {{.fd = pair.a(), .read = true, .readable = true}};
    const time::Time start = time::Now();
    const auto [n, err] = WaitAny(waits, start + 10ms);
    EXPECT_EQ(n, 0);
    EXPECT_TRUE(err.Timeout()) << err.message();
    EXPECT_GE(time::Now(), start + 10ms);
    EXPECT_FALSE(waits[0].readable);
    EXPECT_TRUE(WaitAny(waits, start).second.Timeout());
    // What is ready counts more than a deadline that is over.
    Write(pair.b());
    EXPECT_EQ(WaitAny(waits, start), std::pair(1, Error()));
  });
}

TEST_P(WaitAnyTest, WithoutADescriptorTheDeadlineIsAllThatIsWaitedFor) {
  Run([] {
    const SocketPair pair;
    FdWait nothing[] = {{.fd = -1, .read = true, .write = true},
                        {.fd = pair.a()}};
    for (const std::span<FdWait> waits : {std::span<FdWait>(), {nothing}}) {
      const time::Time end = time::Now() + 5ms;
      EXPECT_TRUE(WaitAny(waits, end).second.Timeout());
      EXPECT_GE(time::Now(), end);
      EXPECT_EQ(WaitAny(waits).second.code(), std::errc::invalid_argument);
    }
  });
}

TEST_P(WaitAnyTest, AnEndThatIsClosedWakesTheOther) {
  Run([] {
    const SocketPair quiet;
    int fds[2];
    ASSERT_EQ(::pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    FdWait waits[] = {{.fd = quiet.a(), .read = true},
                      {.fd = fds[0], .read = true}};
    const std::uint64_t parks = runtime::Stats().parks;
    sync::WaitGroup done;
    done.Go([&] { EXPECT_EQ(WaitAny(waits), std::pair(1, Error())); });
    AwaitParks(parks, 3);
    ::close(fds[1]);
    done.Wait();
    EXPECT_FALSE(waits[0].readable);
    EXPECT_TRUE(waits[1].readable);  // the end of the file
    ::close(fds[0]);
  });
}

TEST_P(WaitAnyTest, ABrokenPipeIsToldToWhoeverWantsToWrite) {
  Run([] {
    int fds[2];
    ASSERT_EQ(::pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    Fill(fds[1]);
    FdWait waits[] = {{.fd = fds[1], .write = true}};
    EXPECT_TRUE(WaitAny(waits, time::Now() + 1ms).second.Timeout());
    ::close(fds[0]);
    EXPECT_EQ(WaitAny(waits), std::pair(1, Error()));
    EXPECT_TRUE(waits[0].writable);
    EXPECT_FALSE(waits[0].readable);
    ::close(fds[1]);
  });
}

TEST_P(WaitAnyTest, ABadDescriptorIsAnErrorOfTheWhole) {
  Run([] {
    const SocketPair pair;
    Write(pair.b());
    const int closed = ::dup(pair.a());
    ::close(closed);
    FdWait waits[] = {{.fd = pair.a(), .read = true},
                      {.fd = closed, .read = true}};
    const auto [n, err] = WaitAny(waits);
    EXPECT_EQ(n, 0);
    EXPECT_EQ(err.code(), std::errc::bad_file_descriptor);
    EXPECT_FALSE(waits[0].readable);
  });
}

TEST_P(WaitAnyTest, ARegularFileIsAlwaysReady) {
  Run([] {
    const SocketPair pair;
    const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ASSERT_GE(file, 0);
    FdWait waits[] = {{.fd = pair.a(), .read = true},
                      {.fd = file, .read = true}};
    EXPECT_EQ(WaitAny(waits), std::pair(1, Error()));
    EXPECT_TRUE(waits[1].readable);
    ::close(file);
  });
}

TEST_P(WaitAnyTest, ADescriptorMayStandInSeveralEntries) {
  Run([] {
    const SocketPair pair;
    Fill(pair.a());
    FdWait waits[] = {{.fd = pair.a(), .write = true},
                      {.fd = pair.a(), .read = true},
                      {.fd = pair.a(), .read = true}};
    const std::uint64_t parks = runtime::Stats().parks;
    sync::WaitGroup done;
    done.Go([&] { EXPECT_EQ(WaitAny(waits), std::pair(2, Error())); });
    AwaitParks(parks, 4);
    Write(pair.b());
    done.Wait();
    EXPECT_FALSE(waits[0].writable);
    EXPECT_TRUE(waits[1].readable);
    EXPECT_TRUE(waits[2].readable);
  });
}

TEST_P(WaitAnyTest, TwoWaitsForOneDescriptorAreBothWoken) {
  Run([] {
    for (int i = 0; i < 20; i++) {
      const SocketPair pair;
      const SocketPair other;
      const int duplicate = ::fcntl(pair.a(), F_DUPFD_CLOEXEC, 3);
      const std::uint64_t parks = runtime::Stats().parks;
      sync::WaitGroup done;
      for (const int fd : {pair.a(), pair.a(), duplicate}) {
        done.Go([fd, &other] {
          FdWait waits[] = {{.fd = other.a(), .read = true},
                            {.fd = fd, .read = true}};
          EXPECT_EQ(WaitAny(waits), std::pair(1, Error()));
          EXPECT_TRUE(waits[1].readable);
        });
      }
      done.Go([&pair] { EXPECT_FALSE(runtime::WaitReadable(pair.a())); });
      if (i % 2 == 0) AwaitParks(parks, 10);
      Write(pair.b());
      done.Wait();
      ::close(duplicate);
    }
  });
}

// As with a pipe that ends the waits of all.
TEST_P(WaitAnyTest, ADescriptorMayBeInAnyNumberOfWaits) {
  Run([] {
    constexpr int kMany = 520;  // Linux lets 500 epolls be around one
    const SocketPair end;
    const std::uint64_t parks = runtime::Stats().parks;
    sync::WaitGroup done;
    for (int i = 0; i < kMany; i++) {
      done.Go([&] {
        FdWait waits[] = {{.fd = end.a(), .read = true}};
        EXPECT_EQ(WaitAny(waits), std::pair(1, Error()));
        EXPECT_TRUE(waits[0].readable);
      });
    }
    AwaitParks(parks, 2 * kMany);
    Write(end.b());
    done.Wait();
  });
}

// What another goroutine has read is not ready any more: the wait goes on, and
// does not miss what comes next.
TEST_P(WaitAnyTest, TwoReadersShareWhatComes) {
  Run([] {
    constexpr int kBytes = kSanitized ? 200 : 2000;
    const SocketPair pair;
    const SocketPair end;
    std::atomic<int> read{0};
    sync::WaitGroup readers;
    for (int i = 0; i < 2; i++) {
      readers.Go([&] {
        FdWait waits[] = {{.fd = pair.a(), .read = true},
                          {.fd = end.a(), .read = true}};
        do {
          const auto [n, err] = WaitAny(waits);
          ASSERT_FALSE(err) << err.message();
          ASSERT_GT(n, 0);
          while (Read(pair.a()) == 'x') read++;
        } while (!waits[1].readable);
      });
    }
    for (int i = 0; i < kBytes; i++) {
      Write(pair.b());
      if (i % 3 == 0) runtime::Gosched();
      while (i - read > 50) runtime::Gosched();  // else there may be no room
    }
    while (read < kBytes) runtime::Gosched();
    Write(end.b());
    readers.Wait();
    EXPECT_EQ(read, kBytes);
  });
}

// Each goroutine passes a byte on to the next, out of one of its two sockets.
TEST_P(WaitAnyTest, ManyGoroutinesWaitAtOnce) {
  Run([] {
    constexpr int kMany = 100;
    constexpr int kRounds = kSanitized ? 3 : 20;
    const std::set<int> before = LastingDescriptors();
    {
      std::vector<std::unique_ptr<SocketPair>> pairs;
      for (int i = 0; i < 2 * kMany; i++) {
        pairs.push_back(std::make_unique<SocketPair>());
      }
      sync::WaitGroup done;
      for (int i = 0; i < kMany; i++) {
        done.Go([&pairs, i] {
          for (int round = 0; round < kRounds; round++) {
            FdWait waits[] = {{.fd = pairs[i]->a(), .read = true},
                              {.fd = pairs[i + kMany]->a(), .read = true}};
            const auto [n, err] =
                WaitAny(waits, time::Now() + std::chrono::hours(1));
            ASSERT_FALSE(err) << err.message();
            ASSERT_EQ(n, 1);
            const int which = (i + round) % 2;
            ASSERT_TRUE(waits[which].readable);
            ASSERT_EQ(Read(waits[which].fd), 'x');
            const int next = (i + 1) % kMany;
            const int next_round = round + (next == 0 ? 1 : 0);
            Write(pairs[next + (next + next_round) % 2 * kMany]->b());
          }
        });
      }
      Write(pairs[0]->b());
      done.Wait();
    }
    EXPECT_EQ(LastingDescriptors(), before);
  });
}

TEST(WaitAny, AThreadThatIsNotTheRuntimesMayWait) {
  const TimeLimit limit(60s);
  const SocketPair quiet;
  const SocketPair pair;
  std::thread writer([&] { Write(pair.b()); });
  FdWait waits[] = {{.fd = quiet.a(), .read = true},
                    {.fd = pair.a(), .read = true}};
  EXPECT_EQ(WaitAny(waits), std::pair(1, Error()));
  EXPECT_TRUE(waits[1].readable);
  writer.join();
}

class WaitAnyDeathTest : public ::testing::Test {
 protected:
  WaitAnyDeathTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    IgnoreNoSignals();
  }
};

TEST_F(WaitAnyDeathTest, AWaiterIsNoDeadlock) {
  EXPECT_EXIT(gosling::Run([] {
                const SocketPair pair;
                const std::uint64_t parks = runtime::Stats().parks;
                Go([parks] {
                  AwaitParks(parks, 2);
                  ::raise(SIGQUIT);
                });
                FdWait waits[] = {{.fd = pair.a(), .read = true}};
                WaitAny(waits);
              }),
              ::testing::ExitedWithCode(2), R"(goroutine .* \[IO wait\])");
}

TEST_F(WaitAnyDeathTest,
       WithoutDescriptorsLeftTheWaitIsAnErrorAndTheNextTriesAgain) {
  EXPECT_EXIT(
      {
        const SocketPair pair;
        gosling::Run([&] {
          FdWait waits[] = {{.fd = pair.a(), .read = true}};
          rlimit former;
          ::getrlimit(RLIMIT_NOFILE, &former);
          const rlimit none = {3, former.rlim_max};
          ::setrlimit(RLIMIT_NOFILE, &none);
          // poll, which obeys that limit too, has fewer than four entries.
          const Error err = WaitAny(waits).second;
          ::setrlimit(RLIMIT_NOFILE, &former);
          if (err.code() != std::errc::too_many_files_open) std::exit(3);
          Write(pair.b());
          std::exit(WaitAny(waits).second ? 4 : 0);
        });
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gosling
