// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Connections: what is read is what was written, in whatever pieces; the end,
// half of it too; Close while others read and write. Go: net/net_test.go,
// tcpsock_test.go, writev_test.go, conn_test.go, file_test.go.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <thread>
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
using net::TCPConn;

class NetConnTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, NetConnTest, kProcs, ProcsName);

// Noise is a text in which no two stretches look alike.
std::string Noise(std::size_t n) {
  std::string text(n, '\0');
  std::uint64_t state = 88172645463325252u;
  for (char& c : text) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>(state);
  }
  return text;
}

TEST_P(NetConnTest, AWriteOf64MiBIsWhole) {
  Run([] {
    const std::string text = Noise(64 << 20);
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      sync::WaitGroup writing;
      writing.Go([&] {
        const auto [n, err] = ends.a.Write(text);
        EXPECT_EQ(n, text.size());
        EXPECT_FALSE(err) << err.message();
        EXPECT_FALSE(ends.a.Close());
      });
      EXPECT_TRUE(Must(ReadN(ends.b, text.size())) == text) << network;
      EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
      writing.Wait();
    }
  });
}

TEST_P(NetConnTest, ALargeWriteCanBeReadByteByByte) {
  Run([] {
    const std::string text = Noise(kSanitized ? 20'000 : 200'000);
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      sync::WaitGroup writing;
      writing.Go([&] { EXPECT_FALSE(Failed(ends.a.Write(text))); });
      std::string got;
      while (got.size() < text.size()) {
        char c;
        const auto [n, err] = ends.b.Read(std::span(&c, 1));
        ASSERT_EQ(n, 1u) << err.message();
        got.push_back(c);
      }
      EXPECT_TRUE(got == text) << network;
      writing.Wait();
    }
  });
}

TEST_P(NetConnTest, ManySmallWritesAreReadInOrder) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      const std::string text = Noise(kSanitized ? 20'000 : 200'000);
      sync::WaitGroup writing;
      writing.Go([&] {
        std::string_view rest = text;
        for (std::size_t i = 1; !rest.empty(); i++) {
          const auto piece = rest.substr(0, i % 37 + 1);
          const auto [n, err] = ends.a.Write(piece);
          ASSERT_EQ(n, piece.size()) << err.message();
          rest.remove_prefix(n);
        }
      });
      EXPECT_TRUE(Must(ReadN(ends.b, text.size())) == text) << network;
      writing.Wait();
    }
  });
}

TEST_P(NetConnTest, WritevWritesManyPiecesAsOne) {
  Run([] {
    for (const char* network : {"tcp", "unix", "pipe"}) {
      const Ends ends = Connected(network);
      const std::string text = Noise(8 << 20);
      // More than one call takes, of all sizes, empty ones too.
      std::vector<std::span<const std::byte>> pieces;
      auto rest = std::as_bytes(std::span(text));
      for (std::size_t i = 0; !rest.empty(); i++) {
        const std::size_t n = std::min(rest.size(), i % 5 == 0 ? 0 : i * 7);
        pieces.push_back(rest.first(n));
        rest = rest.subspan(n);
      }
      EXPECT_GT(pieces.size(), 1100u);
      sync::WaitGroup writing;
      writing.Go([&] {
        const auto [n, err] = ends.a.Writev(pieces);
        EXPECT_EQ(n, text.size());
        EXPECT_FALSE(err) << err.message();
      });
      EXPECT_TRUE(Must(ReadN(ends.b, text.size())) == text) << network;
      writing.Wait();
      EXPECT_EQ(ends.a.Writev({}), std::pair(std::size_t{0}, Error()));
      sync::WaitGroup texts;
      texts.Go([&] { EXPECT_EQ(ends.a.Writev({"a", "", "bc"}).first, 3u); });
      EXPECT_EQ(Must(ReadN(ends.b, 3)), "abc");
      texts.Wait();
    }
  });
}

TEST_P(NetConnTest, AWritevThatIsCutShortTellsHowMuch) {
  Run([] {
    const Ends ends = Connected("tcp");
    const std::string piece(100'000, 'x');
    std::vector<std::span<const std::byte>> pieces(
        640, std::as_bytes(std::span(piece)));
    EXPECT_FALSE(ends.a.SetWriteDeadline(In(50ms)));
    const auto [n, err] = ends.a.Writev(pieces);
    EXPECT_EQ(err.message(), "writev tcp " + Route(ends.a) + ": i/o timeout");
    EXPECT_FALSE(ends.a.Close());
    EXPECT_EQ(Drain(ends.b).first, n);
  });
}

TEST_P(NetConnTest, WritersThatOverlapDoNotMixTheirBytes) {
  Run([] {
    for (const char* network : {"tcp", "unix", "pipe"}) {
      const Ends ends = Connected(network);
      constexpr std::size_t kSize = 100'000;
      constexpr int kWriters = 8;
      sync::WaitGroup writing;
      for (int i = 0; i < kWriters; i++) {
        writing.Go([&, i] {
          const std::string text(kSize, static_cast<char>('a' + i));
          if (i % 2 == 0) {
            EXPECT_FALSE(Failed(ends.a.Write(text)));
          } else {
            const std::string_view all = text;
            EXPECT_FALSE(
                Failed(ends.a.Writev({all.substr(0, 1), all.substr(1, 70'000),
                                      all.substr(70'001)})));
          }
        });
      }
      int changes = 0;
      const std::string got = Must(ReadN(ends.b, kWriters * kSize));
      for (std::size_t i = 1; i < got.size(); i++) {
        changes += got[i] != got[i - 1] ? 1 : 0;
      }
      EXPECT_EQ(changes, kWriters - 1) << network;
      writing.Wait();
    }
  });
}

TEST_P(NetConnTest, ReadersThatOverlapShareTheBytes) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      std::atomic<std::size_t> got{0};
      sync::WaitGroup reading;
      for (int i = 0; i < 4; i++) {
        reading.Go([&] {
          const auto [n, err] = Drain(ends.b);
          EXPECT_EQ(err, io::Eof) << err.message();
          got += n;
        });
      }
      const std::string some(10'000, 'x');
      for (int i = 0; i < 100; i++) EXPECT_FALSE(Failed(ends.a.Write(some)));
      EXPECT_FALSE(ends.a.Close());
      reading.Wait();
      EXPECT_EQ(got, 100 * some.size()) << network;
    }
  });
}

TEST_P(NetConnTest, AReadOfNoBytesReturnsAtOnce) {
  Run([] {
    for (const char* network : {"tcp", "unix", "unixpacket"}) {
      const Ends ends = Connected(network);
      const auto nothing = std::pair(std::size_t{0}, Error());
      EXPECT_EQ(ends.a.Read(std::span<char>()), nothing);
      EXPECT_FALSE(Failed(ends.b.Write("x")));
      EXPECT_EQ(ends.a.Read(std::span<char>()), nothing);
      EXPECT_EQ(Must(ReadN(ends.a, 1)), "x");
      EXPECT_FALSE(ends.b.Close());
      EXPECT_EQ(ends.a.Read(std::span<char>()), nothing);
      EXPECT_EQ(Failed(ReadN(ends.a, 1)), io::Eof);
    }
  });
}

TEST_P(NetConnTest, TheEndIsReadAfterEverythingBeforeAndAgain) {
  Run([] {
    for (const char* network : {"tcp", "unix", "unixpacket"}) {
      const Ends ends = Connected(network);
      EXPECT_FALSE(Failed(ends.a.Write("last words")));
      EXPECT_FALSE(ends.a.Close());
      EXPECT_EQ(Must(ReadN(ends.b, 10)), "last words");
      for (int i = 0; i < 3; i++) {
        EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof) << network;
      }
    }
  });
}

// The data and the end come in one report: both are seen, whatever the size of
// what is read at a time.
TEST_P(NetConnTest, TheEndIsNotMissedAfterAShortRead) {
  Run([] {
    for (const char* network : kStreams) {
      for (int i = 0; i < (kSanitized ? 100 : 1'000); i++) {
        const Ends ends = Connected(network);
        sync::WaitGroup writing;
        writing.Go([&] {
          EXPECT_FALSE(Failed(ends.a.Write("abc")));
          if (i % 2 == 0) runtime::Gosched();
          EXPECT_FALSE(Failed(ends.a.Write("de")));
          EXPECT_FALSE(ends.a.Close());
        });
        const auto [n, err] = Drain(ends.b);
        ASSERT_EQ(n, 5u) << network;
        ASSERT_EQ(err, io::Eof);
        writing.Wait();
      }
    }
  });
}

TEST_P(NetConnTest, CloseWriteEndsOneDirection) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      EXPECT_FALSE(Failed(ends.a.Write("question")));
      const bool tcp = std::string_view(network) == "tcp";
      const Error closed = tcp ? ends.a.As<TCPConn>()->CloseWrite()
                               : ends.a.As<net::UnixConn>()->CloseWrite();
      EXPECT_FALSE(closed) << closed.message();
      std::vector<char> buf(100);
      EXPECT_EQ(Must(ReadN(ends.b, 8)), "question");
      EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
      EXPECT_EQ(Failed(ends.a.Write("more")).message(),
                std::string("write ") + network + " " + Route(ends.a) +
                    ": write: broken pipe");
      EXPECT_FALSE(Failed(ends.b.Write("answer")));
      EXPECT_FALSE(ends.b.Close());
      EXPECT_EQ(Must(ReadN(ends.a, 6)), "answer");
      EXPECT_EQ(Failed(ReadN(ends.a, 1)), io::Eof);
    }
  });
}

TEST_P(NetConnTest, CloseReadEndsAReadThatWaits) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      sync::WaitGroup reading;
      reading.Go([&] { EXPECT_EQ(Failed(ReadN(ends.a, 1)), io::Eof); });
      time::Sleep(1ms);
      const bool tcp = std::string_view(network) == "tcp";
      EXPECT_FALSE(tcp ? ends.a.As<TCPConn>()->CloseRead()
                       : ends.a.As<net::UnixConn>()->CloseRead());
      reading.Wait();
      EXPECT_FALSE(Failed(ends.a.Write("still")));
      EXPECT_EQ(Must(ReadN(ends.b, 5)), "still");
    }
  });
}

TEST_P(NetConnTest, CloseEndsReadsAndWritesThatWait) {
  Run([] {
    const std::string much(64 << 20, 'x');
    for (const char* network : {"tcp", "unix", "unixpacket", "pipe"}) {
      const std::string_view name = network;
      const Ends ends = Connected(network);
      const bool large = name == "tcp" || name == "unix" || name == "pipe";
      const auto closed = [&](const Error& err) {
        return errors::Is(err, net::Closed) || err == io::ClosedPipe;
      };
      sync::WaitGroup waiting;
      for (int i = 0; i < 3; i++) {
        waiting.Go([&] {
          const Error err = Failed(ReadN(ends.a, 1));
          EXPECT_TRUE(closed(err)) << name << err.message();
        });
        waiting.Go([&] {
          Error err;
          while (!err) {
            err = Failed(ends.a.Write(large ? much : much.substr(0, 1000)));
          }
          EXPECT_TRUE(closed(err)) << name << err.message();
        });
      }
      time::Sleep(2ms);
      EXPECT_FALSE(ends.a.Close());
      waiting.Wait();
      if (name == "pipe") continue;
      const std::string tail = Route(ends.a) +
                               ": use of closed network "
                               "connection";
      const std::string of = std::string(" ") + network + " ";
      EXPECT_EQ(Failed(ReadN(ends.a, 1)).message(), "read" + of + tail);
      EXPECT_EQ(Failed(ends.a.Write("x")).message(), "write" + of + tail);
      EXPECT_EQ(ends.a.Close().message(), "close" + of + tail);
    }
  });
}

TEST_P(NetConnTest, CloseRacesWithReadsAndWrites) {
  Run([] {
    const int races = kSanitized ? 1'000 : 10'000;
    const Listener listener = Must(net::Listen("unix", ""));
    const auto ended = [](const Error& err) {
      return errors::Is(err, net::Closed);
    };
    for (int i = 0; i < races; i++) {
      const Ends ends = Connect(listener);
      sync::WaitGroup racing;
      racing.Go([&] {
        const Error err = Failed(ReadN(ends.a, 1));
        ASSERT_TRUE(ended(err)) << err.message();
      });
      racing.Go([&] {
        Error err;
        while (!err) err = Failed(ends.a.Write("0123456789"));
        ASSERT_TRUE(ended(err)) << err.message();
      });
      if (i % 4 == 0) runtime::Gosched();
      ASSERT_FALSE(ends.a.Close());
      racing.Wait();
    }
  });
}

TEST_P(NetConnTest, OfManyWhoCloseOneHasNoError) {
  Run([] {
    for (int i = 0; i < (kSanitized ? 100 : 1'000); i++) {
      const Ends ends = Connected("unix");
      std::atomic<int> first{0};
      sync::WaitGroup closing;
      for (int k = 0; k < 4; k++) {
        closing.Go([&] {
          const Error err = ends.a.Close();
          if (!err) first++;
          EXPECT_TRUE(!err || errors::Is(err, net::Closed)) << err.message();
        });
      }
      closing.Wait();
      EXPECT_EQ(first, 1);
      EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
    }
  });
}

TEST_P(NetConnTest, TheLastHandleClosesTheConnection) {
  Run([] {
    Ends ends = Connected("tcp");
    Conn copy = ends.a;
    EXPECT_EQ(copy, ends.a);
    ends.a = Conn();
    EXPECT_FALSE(Failed(copy.Write("x")));
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");
    const auto tcp = copy.As<TCPConn>();
    copy = Conn();
    EXPECT_FALSE(Failed(tcp->Write("y")));
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "y");
    // A reader's own handle keeps it.
    sync::WaitGroup reading;
    reading.Go([c = Conn(ends.b)] { EXPECT_EQ(Must(ReadN(c, 1)), "z"); });
    ends.b = Conn();
    EXPECT_FALSE(Failed(tcp->Write("z")));
    reading.Wait();
    EXPECT_EQ(Failed(ReadN(*tcp, 1)), io::Eof);
  });
}

TEST_P(NetConnTest, AConnectionIsOfItsKindOnly) {
  Run([] {
    const Ends tcp = Connected("tcp");
    EXPECT_TRUE(tcp.a.As<TCPConn>());
    EXPECT_FALSE(tcp.a.As<net::UnixConn>());
    EXPECT_FALSE(tcp.a.As<net::PacketConn>());
    const Ends local = Connected("unix");
    EXPECT_TRUE(local.a.As<net::UnixConn>());
    EXPECT_FALSE(local.a.As<TCPConn>());
    EXPECT_FALSE(local.a.As<net::PacketConn>());
    const Ends pipe = Connected("pipe");
    EXPECT_FALSE(pipe.a.As<TCPConn>());
    EXPECT_FALSE(pipe.a.As<net::UnixConn>());
    EXPECT_FALSE(pipe.a.As<net::PacketConn>());
    EXPECT_EQ(pipe.a.Fd(), -1);
    const Conn udp = Must(net::Dial("udp", "127.0.0.1:9"));
    EXPECT_TRUE(udp.As<net::UDPConn>());
    EXPECT_FALSE(udp.As<TCPConn>());
    EXPECT_FALSE(Conn().As<TCPConn>());
    EXPECT_FALSE(Conn().As<net::UnixConn>());
  });
}

TEST_P(NetConnTest, WhatIsNilIsAnInvalidArgument) {
  Run([] {
    const auto invalid = [](const Error& err) {
      EXPECT_EQ(err.message(), "invalid argument");
      EXPECT_EQ(err.code(), std::errc::invalid_argument);
    };
    const Conn conn;
    EXPECT_FALSE(conn);
    std::array<char, 8> buf;
    invalid(Failed(conn.Read(buf)));
    invalid(Failed(conn.Write("x")));
    invalid(Failed(conn.Writev({"x", "y"})));
    invalid(conn.Close());
    invalid(conn.SetDeadline(In(1s)));
    invalid(conn.SetReadDeadline({}));
    invalid(conn.SetWriteDeadline(Over()));
    EXPECT_EQ(conn.Fd(), -1);
    EXPECT_EQ(conn.LocalAddr().String(), "<nil>");
    EXPECT_FALSE(conn.RemoteAddr());
    const TCPConn tcp;
    invalid(tcp.SetNoDelay(true));
    invalid(tcp.SetKeepAlive(true));
    invalid(tcp.SetKeepAlivePeriod(1s));
    invalid(tcp.SetLinger(0));
    invalid(tcp.CloseRead());
    invalid(tcp.CloseWrite());
    const net::PacketConn packets;
    invalid(packets.ReadFrom(buf).err);
    invalid(Failed(packets.WriteTo("x", {})));
    const net::UnixConn local;
    invalid(Failed(local.SendFds("x", {})));
    invalid(local.RecvFds(buf, 1).err);
    invalid(local.CloseRead());
    invalid(local.CloseWrite());
    const Listener listener;
    EXPECT_FALSE(listener);
    invalid(Failed(listener.Accept()));
    invalid(listener.Close());
    invalid(listener.SetDeadline({}));
    EXPECT_EQ(listener.Fd(), -1);
    EXPECT_FALSE(listener.Addr());
    invalid(net::Serve(context::Background(), listener, Echo));
  });
}

TEST_P(NetConnTest, OptionsReachTheSystem) {
  Run([] {
    const Ends ends = Connected("tcp");
    const TCPConn tcp = *ends.a.As<TCPConn>();
    const auto option = [&](int level, int name) {
      int value = -1;
      socklen_t size = sizeof value;
      EXPECT_EQ(::getsockopt(tcp.Fd(), level, name, &value, &size), 0);
      return value;
    };
    EXPECT_FALSE(tcp.SetNoDelay(false));
    EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 0);
    EXPECT_FALSE(tcp.SetNoDelay(true));
    EXPECT_NE(option(IPPROTO_TCP, TCP_NODELAY), 0);
    EXPECT_FALSE(tcp.SetKeepAlive(false));
    EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 0);
    EXPECT_FALSE(tcp.SetKeepAlivePeriod(1001ms));
    EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 2);
    for (const int seconds : {-1, 0, 3}) {
      EXPECT_FALSE(tcp.SetLinger(seconds));
      linger value = {};
      socklen_t size = sizeof value;
      EXPECT_EQ(::getsockopt(tcp.Fd(), SOL_SOCKET, SO_LINGER, &value, &size),
                0);
      EXPECT_EQ(value.l_onoff, seconds >= 0 ? 1 : 0);
      if (seconds >= 0) {
        EXPECT_EQ(value.l_linger, seconds);
      }
    }
  });
}

TEST_P(NetConnTest, AConnectionThatTheProgramHasFromElsewhereWorks) {
  Run([] {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    const Conn conn = Must(net::FileConn(fds[0]));
    EXPECT_NE(conn.Fd(), fds[0]);
    ::close(fds[0]);  // the duplicate is the Conn's
    EXPECT_EQ(conn.RemoteAddr().network, "unix");
    EXPECT_FALSE(Failed(conn.Write("hello")));
    char buf[5];
    EXPECT_EQ(::read(fds[1], buf, sizeof buf), 5);
    EXPECT_FALSE(conn.SetReadDeadline(In(2ms)));
    EXPECT_TRUE(net::TimedOut(Failed(ReadN(conn, 1))));
    EXPECT_FALSE(conn.SetReadDeadline({}));
    ::close(fds[1]);
    EXPECT_EQ(Failed(ReadN(conn, 1)), io::Eof);

    const Ends ends = Connected("tcp");
    const Conn copy = Must(net::FileConn(ends.a.Fd()));
    EXPECT_EQ(copy.LocalAddr(), ends.a.LocalAddr());
    EXPECT_EQ(copy.RemoteAddr(), ends.a.RemoteAddr());
    EXPECT_TRUE(copy.As<TCPConn>());
    EXPECT_FALSE(ends.a.Close());
    EXPECT_FALSE(Failed(copy.Write("x")));
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");

    EXPECT_EQ(Failed(net::FileConn(-1)).code(), std::errc::bad_file_descriptor);
  });
}

// Go: TestTCPStress, and the other way round.
TEST_P(NetConnTest, ManyConversationsAtOnce) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    sync::WaitGroup serving;
    serving.Go([&] {
      EXPECT_EQ(net::Serve(context::Background(), listener, Echo), nullptr);
    });
    const int conns = 50;
    const int rounds = kSanitized ? 20 : 200;
    sync::WaitGroup talking;
    for (int k = 0; k < conns; k++) {
      talking.Go([&, k] {
        const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
        for (int i = 0; i < rounds; i++) {
          const std::string text = std::to_string(k) + ":" + std::to_string(i);
          ASSERT_FALSE(Failed(conn.Write(text)));
          ASSERT_EQ(Must(ReadN(conn, text.size())), text);
        }
        EXPECT_FALSE(conn.Close());
      });
    }
    talking.Wait();
    EXPECT_FALSE(listener.Close());
    serving.Wait();
  });
}

// Threads that the program has made, without a Run: they block.
TEST(NetConn, ForeignThreadsTalkWithEachOther) {
  const TimeLimit limit(std::chrono::seconds(kSanitized ? 120 : 30));
  for (const char* network : {"tcp", "unix", "pipe"}) {
    Ends ends;
    if (std::string_view(network) == "pipe") {
      std::tie(ends.a, ends.b) = net::Pipe();
    } else {
      const TempFolder folder;
      const Listener listener =
          Must(net::Listen(network, Here(network, folder)));
      std::thread dialing(
          [&] { ends.a = Must(net::Dial(network, listener.Addr().String())); });
      ends.b = Must(listener.Accept());
      dialing.join();
    }
    std::thread echo([&] { Echo(ends.b); });
    for (int i = 0; i < 1'000; i++) {
      ASSERT_FALSE(Failed(ends.a.Write("hello")));
      ASSERT_EQ(Must(ReadN(ends.a, 5)), "hello");
    }
    EXPECT_FALSE(ends.a.SetReadDeadline(In(5ms)));
    EXPECT_TRUE(net::TimedOut(Failed(ReadN(ends.a, 1))));
    EXPECT_FALSE(ends.a.Close());
    echo.join();
  }
}

TEST_P(NetConnTest, ForeignThreadsTalkWithGoroutines) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    sync::WaitGroup serving;
    serving.Go([&] {
      EXPECT_EQ(net::Serve(context::Background(), listener, Echo), nullptr);
    });
    std::vector<std::thread> threads;
    const std::string at = listener.Addr().String();
    for (int k = 0; k < 4; k++) {
      threads.emplace_back([&] {
        const Conn conn = Must(net::Dial("tcp", at));
        for (int i = 0; i < (kSanitized ? 100 : 1'000); i++) {
          ASSERT_FALSE(Failed(conn.Write("hello")));
          ASSERT_EQ(Must(ReadN(conn, 5)), "hello");
        }
      });
    }
    runtime::Blocking([&] {
      for (std::thread& thread : threads) thread.join();
    });
    EXPECT_FALSE(listener.Close());
    serving.Wait();
  });
}

}  // namespace
}  // namespace gosling
