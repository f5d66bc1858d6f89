// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// net::Pipe: a write meets its reads, nothing is kept in between. Go:
// net/pipe_test.go; nettest (nettest_test.py) has more.

#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <span>
#include <string>
#include <utility>

#include "tests/go_test.h"
#include "tests/net_testing.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using net::Conn;

class NetPipeTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, NetPipeTest, kProcs, ProcsName);

TEST_P(NetPipeTest, AWriteReturnsWhenAllOfItIsRead) {
  Run([] {
    const Ends ends = Connected("pipe");
    std::atomic<bool> written{false};
    sync::WaitGroup writing;
    writing.Go([&] {
      EXPECT_EQ(Must(ends.a.Write("hello")), 5u);
      written = true;
    });
    EXPECT_EQ(Must(ReadN(ends.b, 4)), "hell");
    time::Sleep(2ms);
    EXPECT_FALSE(written);
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "o");
    writing.Wait();
  });
}

TEST_P(NetPipeTest, BothDirectionsAreApart) {
  Run([] {
    const Ends ends = Connected("pipe");
    sync::WaitGroup writing;
    writing.Go([&] { EXPECT_FALSE(Failed(ends.a.Write("there"))); });
    writing.Go([&] { EXPECT_FALSE(Failed(ends.b.Write("back"))); });
    EXPECT_EQ(Must(ReadN(ends.a, 4)), "back");
    EXPECT_EQ(Must(ReadN(ends.b, 5)), "there");
    writing.Wait();
  });
}

TEST_P(NetPipeTest, AWriteOfNothingMeetsOneRead) {
  Run([] {
    const Ends ends = Connected("pipe");
    sync::WaitGroup writing;
    writing.Go([&] { EXPECT_FALSE(Failed(ends.a.Write(""))); });
    std::array<char, 8> buf;
    EXPECT_EQ(ends.b.Read(buf), std::pair(std::size_t{0}, Error()));
    writing.Wait();
  });
}

// Go: TestPipeCloseError.
TEST_P(NetPipeTest, WhoClosedItDecidesTheErrors) {
  Run([] {
    const Ends ends = Connected("pipe");
    EXPECT_FALSE(ends.a.Close());
    EXPECT_FALSE(ends.a.Close());
    EXPECT_EQ(Failed(ReadN(ends.a, 1)), io::ClosedPipe);
    EXPECT_EQ(Failed(ends.a.Write("x")), io::ClosedPipe);
    EXPECT_EQ(ends.a.SetDeadline({}), io::ClosedPipe);
    EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
    EXPECT_EQ(Failed(ends.b.Write("x")), io::ClosedPipe);
  });
}

TEST_P(NetPipeTest, CloseEndsWhatWaitsAtBothEnds) {
  Run([] {
    for (int i = 0; i < (kSanitized ? 200 : 2'000); i++) {
      const Ends ends = Connected("pipe");
      sync::WaitGroup waiting;
      waiting.Go([&] { EXPECT_EQ(Failed(ReadN(ends.a, 1)), io::ClosedPipe); });
      waiting.Go([&] { EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof); });
      if (i % 3 == 0) runtime::Gosched();
      EXPECT_FALSE(ends.a.Close());
      waiting.Wait();
    }
    const Ends ends = Connected("pipe");
    sync::WaitGroup waiting;
    waiting.Go([&] { EXPECT_EQ(Failed(ends.a.Write("x")), io::ClosedPipe); });
    waiting.Go([&] { EXPECT_EQ(Failed(ends.b.Write("x")), io::ClosedPipe); });
    time::Sleep(1ms);
    EXPECT_FALSE(ends.b.Close());
    waiting.Wait();
  });
}

TEST_P(NetPipeTest, TheEndOfTheLastHandleIsTheEnd) {
  Run([] {
    Ends ends = Connected("pipe");
    ends.a = Conn();
    EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
  });
}

TEST_P(NetPipeTest, ItsAddressIsPipe) {
  Run([] {
    const Ends ends = Connected("pipe");
    for (const net::Addr& addr :
         {ends.a.LocalAddr(), ends.a.RemoteAddr(), ends.b.LocalAddr()}) {
      EXPECT_EQ(addr.network, "pipe");
      EXPECT_EQ(addr.String(), "pipe");
    }
    EXPECT_EQ(ends.a.Fd(), -1);
    EXPECT_NE(ends.a, ends.b);
  });
}

TEST_P(NetPipeTest, EachWaitsForItsOwnDeadlineOnly) {
  Run([] {
    const Ends ends = Connected("pipe");
    EXPECT_FALSE(ends.a.SetReadDeadline(Over()));
    const Error err = Failed(ReadN(ends.a, 1));
    EXPECT_EQ(err.message(), "read pipe: i/o timeout");
    EXPECT_TRUE(net::TimedOut(err));
    sync::WaitGroup writing;
    writing.Go([&] { EXPECT_FALSE(Failed(ends.a.Write("x"))); });
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");
    writing.Wait();
    // A reader that comes after the writer's deadline gets nothing of it.
    EXPECT_FALSE(ends.a.SetWriteDeadline(In(2ms)));
    EXPECT_EQ(Failed(ends.a.Write("y")).message(), "write pipe: i/o timeout");
    EXPECT_FALSE(ends.b.SetReadDeadline(In(2ms)));
    EXPECT_TRUE(net::TimedOut(Failed(ReadN(ends.b, 1))));
  });
}

TEST_P(NetPipeTest, MuchGoesThroughInPiecesOfAnySize) {
  Run([] {
    const Ends ends = Connected("pipe");
    const std::size_t all = kSanitized ? 100'000 : 1'000'000;
    sync::WaitGroup writing;
    writing.Go([&] {
      std::size_t at = 0;
      for (std::size_t k = 1; at < all; k = k * 7 % 1009 + 1) {
        std::string piece;
        while (piece.size() < k && at < all) {
          piece.push_back(static_cast<char>(at++ * 31 >> 4));
        }
        ASSERT_EQ(Must(ends.a.Write(piece)), piece.size());
      }
      EXPECT_FALSE(ends.a.Close());
    });
    std::size_t at = 0;
    std::string buf(4096, '\0');
    for (std::size_t k = 1;; k = k * 11 % 1013 + 1) {
      const auto [n, err] = ends.b.Read(std::span(buf.data(), k));
      for (std::size_t i = 0; i < n; i++) {
        ASSERT_EQ(buf[i], static_cast<char>(at++ * 31 >> 4));
      }
      if (err) {
        EXPECT_EQ(err, io::Eof);
        break;
      }
    }
    EXPECT_EQ(at, all);
    writing.Wait();
  });
}

}  // namespace
}  // namespace gosling
