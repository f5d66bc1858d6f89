// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Deadlines: past, moved, cleared, of reading and of writing, met while
// goroutines wait. Go: net/timeout_test.go.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/os.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/go_test.h"
#include "tests/net_testing.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using net::Conn;
using net::Listener;

class NetTimeoutTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, NetTimeoutTest, kProcs, ProcsName);

constexpr std::array kNetworks = {"tcp", "unix", "unixpacket", "pipe"};

// Stopwatch tells how long it has been there.
class Stopwatch {
 public:
  time::Duration operator()() const {
    return time::Time::clock::now() - start_;
  }

 private:
  const time::Time start_ = time::Time::clock::now();
};

// How late a machine that does other work may be.
constexpr auto kLate = 20s;

TEST_P(NetTimeoutTest, AReadEndsAtItsDeadlineAndNotBefore) {
  Run([] {
    for (const char* network : kNetworks) {
      const Ends ends = Connected(network);
      for (const auto d : {0ms, 1ms, 10ms, 30ms}) {
        const Stopwatch passed;
        EXPECT_FALSE(ends.a.SetReadDeadline(In(d)));
        std::array<char, 8> buf;
        const auto [n, err] = ends.a.Read(buf);
        EXPECT_TRUE(net::TimedOut(err)) << network << ": " << err.message();
        EXPECT_EQ(n, 0u);
        EXPECT_GE(passed(), d) << network;
        EXPECT_LT(passed(), d + kLate) << network;
      }
    }
  });
}

TEST_P(NetTimeoutTest, ADeadlineInThePastEndsReadsThoughThereIsData) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      EXPECT_FALSE(Failed(ends.b.Write("data")));
      EXPECT_FALSE(ends.a.SetReadDeadline(Over()));
      std::array<char, 8> buf;
      for (int i = 0; i < 3; i++) {
        const auto [n, err] = ends.a.Read(buf);
        EXPECT_EQ(n, 0u);
        EXPECT_EQ(err.message(), std::string("read ") + network + " " +
                                     Route(ends.a) + ": i/o timeout");
      }
      // Cleared, nothing is lost.
      EXPECT_FALSE(ends.a.SetReadDeadline({}));
      EXPECT_EQ(Must(ReadN(ends.a, 4)), "data");
    }
  });
}

TEST_P(NetTimeoutTest, ADeadlineInThePastEndsWrites) {
  Run([] {
    for (const char* network : kNetworks) {
      const Ends ends = Connected(network);
      EXPECT_FALSE(ends.a.SetWriteDeadline(Over()));
      for (int i = 0; i < 3; i++) {
        const auto [n, err] = ends.a.Write("data");
        EXPECT_EQ(n, 0u);
        EXPECT_TRUE(net::TimedOut(err)) << network << ": " << err.message();
      }
      // The other end has seen none of it.
      EXPECT_FALSE(ends.b.SetReadDeadline(In(5ms)));
      EXPECT_TRUE(net::TimedOut(Failed(ReadN(ends.b, 1))));
    }
  });
}

TEST_P(NetTimeoutTest, ADeadlineOfReadingDoesNotConcernWriting) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      EXPECT_FALSE(ends.a.SetReadDeadline(Over()));
      EXPECT_FALSE(Failed(ends.a.Write("there")));
      EXPECT_EQ(Must(ReadN(ends.b, 5)), "there");
      EXPECT_FALSE(ends.a.SetReadDeadline({}));
      EXPECT_FALSE(ends.a.SetWriteDeadline(Over()));
      EXPECT_FALSE(Failed(ends.b.Write("back")));
      EXPECT_EQ(Must(ReadN(ends.a, 4)), "back");
      EXPECT_TRUE(net::TimedOut(Failed(ends.a.Write("x"))));
    }
  });
}

TEST_P(NetTimeoutTest, ADeadlineThatIsSetWhileAReadWaitsEndsIt) {
  Run([] {
    for (const char* network : kNetworks) {
      for (const bool past : {false, true}) {
        const Ends ends = Connected(network);
        sync::WaitGroup reading;
        reading.Go([&] {
          const Error err = Failed(ReadN(ends.a, 1));
          EXPECT_TRUE(net::TimedOut(err)) << network << ": " << err.message();
        });
        time::Sleep(3ms);  // it waits by then, as a rule
        EXPECT_FALSE(ends.a.SetReadDeadline(past ? Over() : In(5ms)));
        reading.Wait();
      }
    }
  });
}

TEST_P(NetTimeoutTest, ADeadlineThatIsClearedWhileAReadWaitsDoesNotEndIt) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      // Far enough off for a machine that does other work, too.
      EXPECT_FALSE(ends.a.SetReadDeadline(In(250ms)));
      std::atomic<bool> ended{false};
      sync::WaitGroup reading;
      reading.Go([&] {
        EXPECT_EQ(Must(ReadN(ends.a, 1)), "x");
        ended = true;
      });
      time::Sleep(2ms);
      EXPECT_FALSE(ends.a.SetReadDeadline({}));
      time::Sleep(300ms);
      EXPECT_FALSE(ended);
      EXPECT_FALSE(Failed(ends.b.Write("x")));
      reading.Wait();
    }
  });
}

TEST_P(NetTimeoutTest, ADeadlineThatIsMovedOutCountsFromThen) {
  Run([] {
    for (const char* network : kNetworks) {
      const Ends ends = Connected(network);
      const time::Time last = In(60ms);
      const time::Time first = In(10ms);
      EXPECT_FALSE(ends.a.SetReadDeadline(first));
      time::Time ended;
      sync::WaitGroup reading;
      reading.Go([&] {
        EXPECT_TRUE(net::TimedOut(Failed(ReadN(ends.a, 1)))) << network;
        ended = time::Time::clock::now();
      });
      EXPECT_FALSE(ends.a.SetReadDeadline(last));
      // The first may have come before, if this thread has lost its core.
      const bool in_time = time::Time::clock::now() < first;
      reading.Wait();
      EXPECT_GE(ended, in_time ? last : first) << network;
    }
  });
}

TEST_P(NetTimeoutTest, AWriteThatNobodyReadsEndsAtItsDeadlineAndTellsHowMuch) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      const std::string much(64 << 20, 'x');
      EXPECT_FALSE(ends.a.SetWriteDeadline(In(50ms)));
      const auto [n, err] = ends.a.Write(much);
      EXPECT_EQ(err.message(), std::string("write ") + network + " " +
                                   Route(ends.a) + ": i/o timeout");
      EXPECT_GT(n, 0u);
      EXPECT_LT(n, much.size());
      // So much has the other end, and no byte more.
      EXPECT_FALSE(ends.a.Close());
      const auto [got, end] = Drain(ends.b);
      EXPECT_EQ(end, io::Eof);
      EXPECT_EQ(got, n) << network;
    }
  });
}

TEST_P(NetTimeoutTest, AWriteIntoAPipeThatIsReadInPartTellsHowMuch) {
  Run([] {
    const Ends ends = Connected("pipe");
    sync::WaitGroup reading;
    reading.Go([&] {
      EXPECT_EQ(Must(ReadN(ends.b, 3)), "abc");
      EXPECT_FALSE(ends.a.SetWriteDeadline(In(10ms)));
    });
    const auto [n, err] = ends.a.Write("abcdef");
    EXPECT_EQ(n, 3u);
    EXPECT_EQ(err.message(), "write pipe: i/o timeout");
    reading.Wait();
  });
}

TEST_P(NetTimeoutTest, AcceptEndsAtItsDeadline) {
  Run([] {
    for (const char* network : {"tcp", "unix", "unixpacket"}) {
      const TempFolder folder;
      const Listener listener =
          Must(net::Listen(network, Here(network, folder)));
      for (const auto d : {-5ms, 0ms, 10ms}) {
        const Stopwatch passed;
        EXPECT_FALSE(listener.SetDeadline(In(d)));
        const auto [conn, err] = listener.Accept();
        EXPECT_FALSE(conn);
        EXPECT_TRUE(net::TimedOut(err));
        EXPECT_EQ(err.message(), std::string("accept ") + network + " " +
                                     listener.Addr().String() +
                                     ": i/o timeout");
        EXPECT_GE(passed(), d);
      }
      // It goes on afterwards.
      EXPECT_FALSE(listener.SetDeadline({}));
      const Ends ends = Connect(listener);
      EXPECT_TRUE(ends.a && ends.b);
    }
  });
}

TEST_P(NetTimeoutTest, AcceptMustReturnThoughTheDeadlineIsMovedIn) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    EXPECT_FALSE(listener.SetDeadline(In(1h)));
    sync::WaitGroup accepting;
    accepting.Go(
        [&] { EXPECT_TRUE(net::TimedOut(Failed(listener.Accept()))); });
    time::Sleep(2ms);
    EXPECT_FALSE(listener.SetDeadline(In(5ms)));
    accepting.Wait();
  });
}

TEST_P(NetTimeoutTest, WithoutADeadlineNothingEnds) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const Ends ends = Connected("tcp");
    const std::string much(64 << 20, 'x');
    EXPECT_FALSE(listener.SetDeadline(In(5ms)));
    EXPECT_FALSE(listener.SetDeadline({}));
    EXPECT_FALSE(ends.a.SetDeadline(In(5ms)));
    EXPECT_FALSE(ends.a.SetDeadline({}));
    std::atomic<int> ended{0};
    sync::WaitGroup waiting;
    waiting.Go([&] {
      EXPECT_TRUE(errors::Is(Failed(listener.Accept()), net::Closed));
      ended++;
    });
    waiting.Go([&] {
      EXPECT_TRUE(errors::Is(Failed(ReadN(ends.a, 1)), net::Closed));
      ended++;
    });
    waiting.Go([&] {
      EXPECT_TRUE(errors::Is(Failed(ends.a.Write(much)), net::Closed));
      ended++;
    });
    time::Sleep(50ms);
    EXPECT_EQ(ended, 0);
    EXPECT_FALSE(listener.Close());
    EXPECT_FALSE(ends.a.Close());
    waiting.Wait();
  });
}

TEST_P(NetTimeoutTest, AMessageThatDoesNotComeIsWaitedForUntilTheDeadline) {
  Run([] {
    const auto socket = Must(net::ListenPacket("udp", "127.0.0.1:0"));
    for (const auto d : {-5ms, 0ms, 10ms}) {
      const Stopwatch passed;
      EXPECT_FALSE(socket.SetReadDeadline(In(d)));
      std::array<char, 8> buf;
      const auto from = socket.ReadFrom(buf);
      EXPECT_EQ(from.n, 0u);
      EXPECT_FALSE(from.from);
      EXPECT_EQ(from.err.message(),
                "read udp " + socket.LocalAddr().String() + ": i/o timeout");
      EXPECT_GE(passed(), d);
    }
    EXPECT_FALSE(socket.SetWriteDeadline(Over()));
    const auto [n, err] = socket.WriteTo("x", socket.LocalAddr());
    EXPECT_EQ(n, 0u);
    EXPECT_TRUE(net::TimedOut(err)) << err.message();
  });
}

// A deadline that is as likely to be over as not leaves no read half done.
TEST_P(NetTimeoutTest, DeadlinesThatFluctuateLoseNoByte) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      constexpr int kBytes = kSanitized ? 2'000 : 20'000;
      sync::WaitGroup writing;
      writing.Go([&] {
        for (int i = 0; i < kBytes; i++) {
          const char c = static_cast<char>(i);
          ASSERT_FALSE(Failed(ends.b.Write(std::string_view(&c, 1))));
          if (i % 100 == 0) time::Sleep(100us);
        }
        ends.b.Close();
      });
      int got = 0;
      for (int i = 0;; i++) {
        ASSERT_FALSE(ends.a.SetReadDeadline(In((i % 7) * 20us)));
        std::array<char, 16> buf;
        const auto [n, err] = ends.a.Read(buf);
        for (std::size_t k = 0; k < n; k++) {
          ASSERT_EQ(buf[k], static_cast<char>(got++));
        }
        if (err == io::Eof) break;
        if (err) {
          ASSERT_TRUE(net::TimedOut(err)) << err.message();
        }
      }
      EXPECT_EQ(got, kBytes);
      writing.Wait();
    }
  });
}

// Each write tells how much: what the other end reads is that, in order.
TEST_P(NetTimeoutTest, DeadlinesThatFluctuateWriteNoByteTwice) {
  Run([] {
    for (const char* network : {"tcp", "unix", "pipe"}) {
      const Ends ends = Connected(network);
      std::string text(8 << 20, '\0');
      for (std::size_t i = 0; i < text.size(); i++) {
        text[i] = static_cast<char>(i * 2654435761u >> 13);
      }
      std::string got;
      sync::WaitGroup reading;
      reading.Go([&] {
        std::vector<char> buf(100'000);
        for (;;) {
          const auto [n, err] = ends.b.Read(buf);
          got.append(buf.data(), n);
          if (err) break;
          if (got.size() % 3 == 0) time::Sleep(200us);
        }
      });
      std::size_t written = 0;
      int timeouts = 0;
      while (written < text.size()) {
        ASSERT_FALSE(ends.a.SetWriteDeadline(In(300us)));
        const auto [n, err] =
            ends.a.Write(std::string_view(text).substr(written));
        written += n;
        if (!err) continue;
        ASSERT_TRUE(net::TimedOut(err)) << err.message();
        timeouts++;
      }
      EXPECT_FALSE(ends.a.Close());
      reading.Wait();
      EXPECT_TRUE(got == text) << network << ": " << got.size() << " of "
                               << text.size() << ", " << timeouts;
    }
  });
}

// Go: TestVariousDeadlines.
TEST_P(NetTimeoutTest, DeadlinesOfAllLengthsAreKept) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    sync::WaitGroup serving;
    serving.Go([&] {
      for (;;) {
        auto [conn, err] = listener.Accept();
        if (err) break;
        serving.Go([c = conn] {  // writes until it is not read any more
          const std::string some(1 << 15, 'x');
          while (!Failed(c.Write(some))) {
          }
          (void)c.Close();
        });
      }
    });
    for (const time::Duration d :
         {time::Duration(1ns), time::Duration(100us), time::Duration(5ms),
          time::Duration(100ms)}) {
      const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
      const Stopwatch passed;
      EXPECT_FALSE(conn.SetReadDeadline(In(d)));
      EXPECT_TRUE(net::TimedOut(Drain(conn).second));
      EXPECT_GE(passed(), d);
      EXPECT_LT(passed(), d + kLate);
      EXPECT_FALSE(conn.Close());
    }
    EXPECT_FALSE(listener.Close());
    serving.Wait();
  });
}

// Go: TestReadWriteProlongedTimeout.
TEST_P(NetTimeoutTest, AReaderAndAWriterProlongOneDeadlineAtTheSameTime) {
  Run([] {
    const Ends ends = Connected("tcp");
    sync::WaitGroup echo;
    echo.Go([&] { Echo(ends.b); });
    const time::Time end = In(50ms);
    sync::WaitGroup working;
    working.Go([&] {
      std::array<char, 64> buf;
      while (time::Time::clock::now() < end) {
        EXPECT_FALSE(ends.a.SetReadDeadline(In(1h)));
        EXPECT_FALSE(Failed(ends.a.Read(buf)));
      }
      (void)ends.a.Close();
    });
    working.Go([&] {
      for (;;) {
        if (ends.a.SetWriteDeadline(In(1h))) break;
        if (Failed(ends.a.Write("0123456789"))) break;
        runtime::Gosched();
      }
    });
    working.Wait();
    echo.Wait();
  });
}

// Go: TestReadWriteDeadlineRace, TestConcurrentSetDeadline.
TEST_P(NetTimeoutTest, ManyMaySetDeadlinesAtOnce) {
  Run([] {
    for (const char* network : kNetworks) {
      const Ends ends = Connected(network);
      const int times = kSanitized ? 100 : 1'000;
      sync::WaitGroup racing;
      for (int k = 0; k < 4; k++) {
        racing.Go([&, k] {
          for (int i = 0; i < times; i++) {
            const time::Time when = i % 3 == 0   ? Over()
                                    : i % 3 == 1 ? In(20us)
                                                 : In(1h);
            const Error err = k == 0   ? ends.a.SetDeadline(when)
                              : k == 1 ? ends.a.SetReadDeadline(when)
                                       : ends.a.SetWriteDeadline(when);
            EXPECT_FALSE(err) << err.message();
            if (i % 16 == 0) runtime::Gosched();
          }
        });
      }
      std::atomic<bool> stop{false};
      sync::WaitGroup using_it;
      using_it.Go([&] {
        while (!stop) {
          const Error err = Failed(ReadN(ends.a, 1));
          EXPECT_TRUE(net::TimedOut(err)) << err.message();
          runtime::Gosched();
        }
      });
      racing.Wait();
      stop = true;
      EXPECT_FALSE(ends.a.SetDeadline(Over()));
      using_it.Wait();
      EXPECT_FALSE(ends.a.SetDeadline({}));
    }
  });
}

TEST_P(NetTimeoutTest, DialEndsAfterItsTimeout) {
  Run([] {
    const BlackHole hole;
    for (const auto d : {-1ms, 1ms, 30ms}) {
      const Stopwatch passed;
      const Error err = Failed(net::DialTimeout("tcp", hole.address(), d));
      EXPECT_TRUE(net::TimedOut(err)) << err.message();
      EXPECT_GE(passed(), d);
      EXPECT_LT(passed(), d + kLate);
      EXPECT_EQ(err.message(), "dial tcp " + hole.address() + ": i/o timeout");
      EXPECT_TRUE(errors::Is(err, context::DeadlineExceeded));
      EXPECT_TRUE(errors::Is(err, os::DeadlineExceeded));
      EXPECT_FALSE(err.code()) << "it is none of the system's";
    }
    net::Dialer dialer;
    dialer.deadline = In(20ms);
    dialer.timeout = 1h;  // the deadline comes first
    EXPECT_TRUE(net::TimedOut(Failed(dialer.Dial("tcp", hole.address()))));
  });
}

// Go: TestDialTimeoutMaxDuration.
TEST_P(NetTimeoutTest, TheLongestTimeoutIsNoneAtAll) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const auto at = listener.Addr().String();
    EXPECT_TRUE(Must(net::DialTimeout("tcp", at, time::Duration::max())));
    EXPECT_TRUE(Must(net::DialTimeout("tcp", at, std::chrono::hours::max())));
    net::Dialer dialer;
    dialer.timeout = time::Duration::max();
    EXPECT_TRUE(Must(dialer.Dial("tcp", at)));
    dialer.deadline = time::Time::max();
    EXPECT_TRUE(Must(dialer.Dial("tcp", at)));
    const Ends ends = Connected("tcp");
    EXPECT_FALSE(ends.a.SetDeadline(time::Time::max()));
    EXPECT_FALSE(Failed(ends.a.Write("x")));
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");
    // A deadline before the clock began is in the past.
    EXPECT_FALSE(ends.a.SetDeadline(time::Time::min()));
    EXPECT_TRUE(net::TimedOut(Failed(ends.a.Write("x"))));
  });
}

TEST_P(NetTimeoutTest, WhatIsClosedTakesNoDeadline) {
  Run([] {
    const Ends ends = Connected("tcp");
    const std::string at = ends.a.LocalAddr().String();
    EXPECT_FALSE(ends.a.Close());
    for (const Error& err :
         {ends.a.SetDeadline(In(1s)), ends.a.SetReadDeadline({}),
          ends.a.SetWriteDeadline(Over())}) {
      EXPECT_EQ(err.message(),
                "set tcp " + at + ": use of closed network connection");
      EXPECT_TRUE(errors::Is(err, net::Closed));
      EXPECT_FALSE(net::TimedOut(err));
    }
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    EXPECT_FALSE(listener.Close());
    EXPECT_TRUE(errors::Is(listener.SetDeadline(In(1s)), net::Closed));
  });
}

}  // namespace
}  // namespace gosling
