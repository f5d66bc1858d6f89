// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The network of a bubble: connections in the bubble's time, hosts, names, what a
// network does wrong, and what Explore makes of that. What it has in common with
// the system's network is in network_alike_test.cc.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/resolver.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gosling/testing_net.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <regex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/net_testing.h"
#include "tests/testing/explore_testing.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using net::Conn;
using net::Listener;
using net::PacketConn;
using testing::Bubble;
using testing::Explore;
using testing::Host;
using testing::Network;

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// ServeEcho listens on `at` and answers each connection on the caller's host.
Listener ServeEcho(const std::string& at) {
  const Listener listener = Must(net::Listen("tcp", at));
  Go([listener] {
    for (;;) {
      const auto [conn, err] = listener.Accept();
      if (err) return;
      Go([c = conn] { Echo(c); });
    }
  });
  return listener;
}

// Messages reads texts from a socket until its deadline, a second from now.
std::vector<std::string> Messages(const PacketConn& socket) {
  std::vector<std::string> all;
  EXPECT_FALSE(socket.SetReadDeadline(time::Now() + 1s));
  std::array<char, 64> buf;
  for (;;) {
    const auto got = socket.ReadFrom(buf);
    if (got.err) return all;
    all.emplace_back(buf.data(), got.n);
  }
}

// ---------------------------------------------------------------------------
// Streams.

TEST(BubbleNetwork, WhatIsWrittenIsReadWithoutASocket) {
  Bubble([] {
    const Ends ends = Connected("tcp");
    EXPECT_EQ(ends.a.Fd(), -1);
    EXPECT_EQ(Must(ends.a.Write("hello")), 5u);
    EXPECT_EQ(Must(ReadN(ends.b, 5)), "hello");
    EXPECT_EQ(ends.a.LocalAddr(), ends.b.RemoteAddr());
    EXPECT_EQ(ends.a.RemoteAddr().String(), ends.b.LocalAddr().String());
  });
}

TEST(BubbleNetwork, HoursOfADeadlinePassAtOnce) {
  Bubble([] {
    const Ends ends = Connected("tcp");
    const time::Time start = time::Now();
    EXPECT_FALSE(ends.a.SetReadDeadline(start + 5h));
    const Error err = Failed(ReadN(ends.a, 1));
    EXPECT_EQ(err.message(), "read tcp " + Route(ends.a) + ": i/o timeout");
    EXPECT_TRUE(net::TimedOut(err));
    EXPECT_EQ(time::Now() - start, 5h);
    // It stays until it is set anew.
    EXPECT_TRUE(net::TimedOut(Failed(ReadN(ends.a, 1))));
    EXPECT_FALSE(ends.a.SetReadDeadline({}));
    EXPECT_FALSE(Failed(ends.b.Write("x")));
    EXPECT_EQ(Must(ReadN(ends.a, 1)), "x");
  });
}

TEST(BubbleNetwork, APipesDeadlineIsTheBubblesTimeToo) {
  Bubble([] {
    const Ends ends = Connected("pipe");
    const time::Time start = time::Now();
    EXPECT_FALSE(ends.a.SetReadDeadline(start + 5h));
    EXPECT_TRUE(net::TimedOut(Failed(ReadN(ends.a, 1))));
    EXPECT_EQ(time::Now() - start, 5h);
  });
}

TEST(BubbleNetwork, ADialersTimeOutIsTheBubblesTimeToo) {
  Bubble([] {
    const Network network;
    network.Set({.latency = 20s});
    const Listener listener = ServeEcho(":80");
    const time::Time start = time::Now();
    const Error err = Failed(net::DialTimeout("tcp", "main:80", 30s));
    EXPECT_EQ(err.message(), "dial tcp 10.0.0.1:80: i/o timeout");
    EXPECT_EQ(time::Now() - start, 30s);
    auto [ctx, cancel] = context::WithCancel(context::Background());
    Go([cancel = cancel] {
      time::Sleep(10s);
      cancel();
    });
    EXPECT_EQ(
        Failed(net::Dialer().DialContext(ctx, "tcp", "main:80")).message(),
        "dial tcp 10.0.0.1:80: operation was canceled");
    EXPECT_EQ(time::Now() - start, 40s);
    (void)listener.Close();
    time::Sleep(1h);  // the first dial's answer is answered by a reset
  });
}

TEST(BubbleNetwork, LatencyIsSeenOnTheClock) {
  Bubble([] {
    const Network network;
    network.Set({.latency = 40ms});
    const Listener listener = ServeEcho("127.0.0.1:80");
    const time::Time start = time::Now();
    const Conn conn = Must(net::Dial("tcp", "127.0.0.1:80"));
    EXPECT_EQ(time::Now() - start, 80ms);
    EXPECT_FALSE(Failed(conn.Write("ping")));
    EXPECT_EQ(time::Now() - start, 80ms);
    EXPECT_EQ(Must(ReadN(conn, 4)), "ping");
    EXPECT_EQ(time::Now() - start, 160ms);
    (void)conn.Close();
    (void)listener.Close();
    time::Sleep(1s);
  });
}

TEST(BubbleNetwork, BandwidthIsSharedByWhatGoesBetweenTwoHosts) {
  Bubble([] {
    const Network network;
    network.Set({.bandwidth = 1000});
    const Host server = network.AddHost("server");
    PacketConn socket;
    server.Do([&] { socket = Must(net::ListenPacket("udp", ":53")); });
    const Conn a = Must(net::Dial("udp", "server:53"));
    const Conn b = Must(net::Dial("udp", "server:53"));
    const time::Time start = time::Now();
    EXPECT_FALSE(Failed(a.Write(std::string(500, 'x'))));
    EXPECT_FALSE(Failed(b.Write(std::string(250, 'x'))));
    std::array<char, 1000> buf;
    EXPECT_EQ(Must(socket.Read(buf)), 500u);
    EXPECT_EQ(time::Now() - start, 500ms);
    EXPECT_EQ(Must(socket.Read(buf)), 250u);
    EXPECT_EQ(time::Now() - start, 750ms);
  });
}

TEST(BubbleNetwork, StreamsKeepTheirOrderWhateverIsLost) {
  Bubble([] {
    const Network network;
    network.Set({.latency = 10ms, .jitter = 90ms, .loss = 0.2});
    const Ends ends = Connected("tcp");
    const time::Time start = time::Now();
    std::string all;
    for (int i = 0; i < 100; i++) {
      const std::string text = std::to_string(i) + " ";
      all += text;
      EXPECT_FALSE(Failed(ends.a.Write(text)));
    }
    EXPECT_FALSE(ends.a.Close());
    EXPECT_EQ(Must(ReadN(ends.b, all.size())), all);
    EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
    EXPECT_GE(time::Now() - start, 200ms);  // one piece was sent again
  });
}

// A program that deadlocks on full buffers does so here, and is told.
TEST(BubbleNetwork, AWriterThatNoneReadsOfWaits) {
  Ends ends;  // not left behind with the writer, for LeakSanitizer
  const std::string much(1 << 20, 'x');
  const std::string words = PanicOf([&] {
    Bubble([&] {
      ends = Connected("tcp");
      (void)ends.a.Write(much);
    });
  });
  EXPECT_TRUE(Has(words, "deadlock: all goroutines in bubble are blocked"))
      << words;
  EXPECT_TRUE(Has(words, "[IO wait (durable)]:")) << words;
}

TEST(BubbleNetwork, AWriterGoesOnWhenThereIsRoom) {
  Bubble([] {
    const Ends ends = Connected("tcp");
    const std::string much(1 << 20, 'x');
    sync::WaitGroup writing;
    writing.Go([&] {
      EXPECT_EQ(Must(ends.a.Write(much)), much.size());
      EXPECT_FALSE(ends.a.Close());
    });
    testing::Wait();
    EXPECT_EQ(Drain(ends.b), std::pair(much.size(), Error(io::Eof)));
    writing.Wait();
  });
}

TEST(BubbleNetwork, WaitsAreDurable) {
  Bubble([] {
    const Ends ends = Connected("tcp");
    bool read = false;
    Go([&] {
      EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");
      read = true;
    });
    testing::Wait();
    EXPECT_FALSE(read);
    EXPECT_FALSE(Failed(ends.a.Write("x")));
    testing::Wait();
    EXPECT_TRUE(read);
  });
}

TEST(BubbleNetwork, AServerEndsWellInABubble) {
  Bubble([] {
    const Network network;
    network.Set({.latency = 5ms});
    const context::Scoped stop = context::WithCancel(context::Background());
    const Listener listener = Must(net::Listen("tcp", ":80"));
    net::Server server;
    Error ended;
    sync::WaitGroup serving;
    serving.Go([&] { ended = server.Serve(stop, listener, Echo); });
    sync::WaitGroup asking;
    for (int i = 0; i < 20; i++) {
      asking.Go([] {
        const Conn conn = Must(net::Dial("tcp", "localhost:80"));
        for (int k = 0; k < 3; k++) {
          EXPECT_FALSE(Failed(conn.Write("question")));
          EXPECT_EQ(Must(ReadN(conn, 8)), "question");
          time::Sleep(1min);
        }
        EXPECT_FALSE(conn.Close());
      });
    }
    asking.Wait();
    stop.Cancel();
    serving.Wait();
    EXPECT_EQ(ended, context::Canceled);
    EXPECT_FALSE(server.Wait(context::Background()));
    EXPECT_TRUE(server.Conns().empty());
  });
}

TEST(BubbleNetwork, ABacklogThatIsFullHasTheDialerAskAgain) {
  Bubble([] {
    net::ListenConfig config;
    config.backlog = 1;
    const Listener listener =
        Must(config.Listen(context::Background(), "tcp", "127.0.0.1:80"));
    std::vector<Conn> conns;
    for (int i = 0; i < 2; i++) {
      conns.push_back(Must(net::Dial("tcp", "127.0.0.1:80")));
    }
    const time::Time start = time::Now();
    Go([&] {
      time::Sleep(90s);
      (void)listener.Accept();
    });
    conns.push_back(Must(net::Dial("tcp", "127.0.0.1:80")));
    EXPECT_GE(time::Now() - start, 90s);
    EXPECT_EQ(Failed(net::Dial("tcp", "127.0.0.1:80")).message(),
              "dial tcp 127.0.0.1:80: connect: connection timed out");
  });
}

TEST(BubbleNetwork, ItPassesNoDescriptors) {
  Bubble([] {
    const Ends ends = Connected("unix");
    const net::UnixConn conn = *ends.a.As<net::UnixConn>();
    const int fds[] = {0};
    EXPECT_EQ(Failed(conn.SendFds("x", fds)).message(),
              "write unix " + Route(ends.a) +
                  ": a bubble's network passes no descriptors");
    std::array<char, 1> buf;
    EXPECT_TRUE(Has(conn.RecvFds(buf, 1).err.message(),
                    "a bubble's network passes no descriptors"));
    // Options are accepted.
    const Ends tcp = Connected("tcp");
    EXPECT_FALSE(tcp.a.As<net::TCPConn>()->SetNoDelay(false));
    EXPECT_FALSE(tcp.a.As<net::TCPConn>()->SetKeepAlivePeriod(1s));
  });
}

TEST(BubbleNetwork, CopyCopiesAsThereIsNothingToSplice) {
  Bubble([] {
    const Ends in = Connected("tcp");
    const Ends out = Connected("tcp");
    sync::WaitGroup copying;
    copying.Go([&] {
      EXPECT_EQ(Must(io::Copy(out.a, in.b)), 200'000);
      EXPECT_FALSE(out.a.Close());
    });
    copying.Go([&] {
      EXPECT_FALSE(Failed(in.a.Write(std::string(200'000, 'x'))));
      EXPECT_FALSE(in.a.Close());
    });
    EXPECT_EQ(Drain(out.b), std::pair(std::size_t{200'000}, Error(io::Eof)));
    copying.Wait();
  });
}

TEST(BubbleNetwork, TheSystemsNetworkCanBeHad) {
  Bubble({.real_network = true}, [] {
    const Ends ends = Connected("tcp");
    EXPECT_GE(ends.a.Fd(), 0);
    Go([&] { EXPECT_FALSE(Failed(ends.a.Write("x"))); });
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");
    EXPECT_EQ(PanicOf([] { const Network network; }),
              "testing: Network called in a bubble with a real_network");
  });
}

TEST(BubbleNetwork, ASocketFromElsewhereStaysOne) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  Bubble([&] {
    const Conn a = Must(net::FileConn(fds[0]));
    const Conn b = Must(net::FileConn(fds[1]));
    EXPECT_GE(a.Fd(), 0);
    EXPECT_FALSE(Failed(a.Write("x")));
    EXPECT_EQ(Must(ReadN(b, 1)), "x");
  });
  ::close(fds[0]);
  ::close(fds[1]);
}

// ---------------------------------------------------------------------------
// Hosts and names.

TEST(BubbleNetwork, HostsHaveAddressesAndNames) {
  Bubble([] {
    const Network network;
    const Host server = network.AddHost("server");
    const Host both = network.AddHost("both", {"10.9.0.1", "fd00::9"});
    EXPECT_EQ(server.name(), "server");
    EXPECT_EQ(server.address(), "10.0.0.2");
    const auto ctx = context::Background();
    EXPECT_EQ(Must(net::LookupHost(ctx, "server")),
              std::vector<std::string>{"10.0.0.2"});
    EXPECT_EQ(Must(net::LookupHost(ctx, "both")),
              (std::vector<std::string>{"10.9.0.1", "fd00::9"}));
    EXPECT_EQ(Must(net::LookupIP(ctx, "ip6", "both")).size(), 1u);
    EXPECT_EQ(Must(net::LookupAddr(ctx, "10.9.0.1")),
              std::vector<std::string>{"both"});
    const Error err = Failed(net::Dial("tcp", "elsewhere:80"));
    EXPECT_EQ(err.message(), "dial tcp: lookup elsewhere: no such host");
    EXPECT_TRUE(errors::Is(err, net::NoSuchHost));
    EXPECT_TRUE(
        errors::Is(Failed(net::LookupAddr(ctx, "10.9.9.9")), net::NoSuchHost));
    EXPECT_EQ(Failed(net::Dial("tcp", "10.7.7.7:80")).message(),
              "dial tcp 10.7.7.7:80: connect: no route to host");
    EXPECT_EQ(Failed(net::Dial("tcp", "[fd00::9]:80")).message(),
              "dial tcp [fd00::9]:80: connect: network is unreachable");
  });
}

TEST(BubbleNetwork, AResolversOwnFunctionGoesBeforeTheNames) {
  Bubble([] {
    const Network network;
    const Host server = network.AddHost("server");
    server.Do([] { ServeEcho(":80"); });
    net::Dialer dialer;
    net::ResolverOptions options;
    options.lookup_ip = [&](const context::Context&, std::string_view,
                            std::string_view) {
      return std::pair(
          std::vector<net::IPAddr>{{net::ParseIP(server.address()), ""}},
          Error());
    };
    dialer.resolver = net::Resolver(options);
    const Conn conn = Must(dialer.Dial("tcp", "whatever:80"));
    EXPECT_EQ(conn.RemoteAddr().String(), "10.0.0.2:80");
    network.Stop("server");
  });
}

TEST(BubbleNetwork, AGoroutineIsOnTheHostOfTheOneThatStartedIt) {
  Bubble([] {
    const Network network;
    const Host server = network.AddHost("server");
    const Host client = network.AddHost("client");
    Chan<net::Addr> seen = MakeChan<net::Addr>();
    server.Go([=] {
      const Listener listener = Must(net::Listen("tcp", ":80"));
      EXPECT_EQ(listener.Addr().String(), "[::]:80");
      // Each host has ports, and a loopback, of its own.
      Go([=] {
        EXPECT_EQ(Must(net::Dial("tcp", "127.0.0.1:80")).RemoteAddr().String(),
                  "127.0.0.1:80");
      });
      for (int i = 0; i < 2; i++) {
        const Conn conn = Must(listener.Accept());
        seen.Send(conn.RemoteAddr());
      }
    });
    EXPECT_EQ(seen.Recv()->ip.String(), "127.0.0.1");
    client.Go([] {
      EXPECT_EQ(Failed(net::Dial("tcp", "127.0.0.1:80")).message(),
                "dial tcp 127.0.0.1:80: connect: connection refused");
      const Conn conn = Must(net::Dial("tcp", "server:80"));
      EXPECT_EQ(conn.LocalAddr().ip.String(), "10.0.0.3");
      EXPECT_EQ(conn.RemoteAddr().String(), "10.0.0.2:80");
    });
    EXPECT_EQ(seen.Recv()->ip.String(), client.address());
  });
}

TEST(BubbleNetwork, TwoHostsListenAtOnePort) {
  Bubble([] {
    const Network network;
    for (const char* name : {"a", "b"}) {
      const Host host = network.AddHost(name);
      host.Do([] {
        ServeEcho(":80");
        EXPECT_EQ(Failed(net::Listen("tcp", ":80")).message(),
                  "listen tcp :80: bind: address already in use");
      });
      EXPECT_FALSE(Failed(net::Dial("tcp", std::string(name) + ":80")));
    }
    network.Stop("a");
    network.Stop("b");
  });
}

// ---------------------------------------------------------------------------
// Faults.

TEST(BubbleNetwork, APartitionIsSilentUntilItHeals) {
  Bubble([] {
    const Network network;
    network.Set({.latency = 1ms});
    const Host server = network.AddHost("server");
    server.Do([] { ServeEcho(":80"); });
    const Conn conn = Must(net::Dial("tcp", "server:80"));
    network.Partition("main", "server");
    EXPECT_FALSE(Failed(conn.Write("ping")));
    EXPECT_FALSE(conn.SetReadDeadline(time::Now() + 1min));
    EXPECT_TRUE(net::TimedOut(Failed(ReadN(conn, 4))));
    EXPECT_FALSE(conn.SetReadDeadline({}));
    network.Heal("server", "main");
    EXPECT_EQ(Must(ReadN(conn, 4)), "ping");
    network.Stop("server");
  });
}

TEST(BubbleNetwork, APartitionThatLastsBreaksConnectionsAndDials) {
  Bubble([] {
    const Network network;
    const Host server = network.AddHost("server");
    server.Do([] { ServeEcho(":80"); });
    const Conn conn = Must(net::Dial("tcp", "server:80"));
    const Conn lasting = Must(net::Dial("tcp", "server:80"));
    EXPECT_FALSE(lasting.As<net::TCPConn>()->SetKeepAlive(false));
    network.Partition("main", "server");
    const time::Time start = time::Now();
    EXPECT_EQ(Failed(net::Dial("tcp", "server:80")).message(),
              "dial tcp 10.0.0.2:80: connect: connection timed out");
    EXPECT_EQ(time::Now() - start, 127s);
    EXPECT_EQ(Failed(ReadN(conn, 1)).message(),
              "read tcp " + Route(conn) + ": read: connection timed out");
    EXPECT_EQ(time::Now() - start, 150s);
    EXPECT_EQ(Failed(ReadN(conn, 1)), io::Eof);
    EXPECT_TRUE(errors::Is(Failed(conn.Write("x")), std::errc::broken_pipe));
    EXPECT_FALSE(lasting.SetReadDeadline(time::Now() + 1h));
    EXPECT_TRUE(net::TimedOut(Failed(ReadN(lasting, 1))));
    network.Stop("server");
  });
}

TEST(BubbleNetwork, WhatIsSentIntoAPartitionKeepsItsOrder) {
  Bubble([] {
    const Network network;
    network.Set({.latency = 1s});
    const Host server = network.AddHost("server");
    Listener listener;
    server.Do([&] { listener = Must(net::Listen("tcp", ":80")); });
    const Conn a = Must(net::Dial("tcp", "server:80"));
    const Conn b = Must(listener.Accept());
    EXPECT_FALSE(Failed(a.Write("one ")));  // would come in the partition
    time::Sleep(500ms);
    network.Partition("main", "server");
    time::Sleep(600ms);
    EXPECT_FALSE(Failed(a.Write("two ")));  // will be under way when it heals
    time::Sleep(600ms);
    network.Heal("main", "server");
    EXPECT_FALSE(Failed(a.Write("three")));
    EXPECT_FALSE(a.Close());
    EXPECT_EQ(Must(ReadN(b, 13)), "one two three");
    EXPECT_EQ(Failed(ReadN(b, 1)), io::Eof);
  });
}

TEST(BubbleNetwork, AHostThatIsStoppedResetsItsConnections) {
  Bubble([] {
    const Network network;
    const Host server = network.AddHost("server");
    Error served;
    Error read;
    server.Go([&] {
      const Listener listener = Must(net::Listen("tcp", ":80"));
      const Conn conn = Must(listener.Accept());
      read = Failed(ReadN(conn, 1));
      served = Failed(listener.Accept());
      EXPECT_EQ(Failed(net::Dial("tcp", "main:80")).message(),
                "dial tcp 10.0.0.1:80: connect: network is down");
    });
    testing::Wait();
    const Conn conn = Must(net::Dial("tcp", "server:80"));
    testing::Wait();
    network.Stop("server");
    EXPECT_EQ(Failed(ReadN(conn, 1)).message(),
              "read tcp " + Route(conn) + ": read: connection reset by peer");
    testing::Wait();
    EXPECT_TRUE(errors::Is(read, net::Closed)) << read.message();
    EXPECT_TRUE(errors::Is(served, net::Closed)) << served.message();
    EXPECT_EQ(Failed(net::Dial("tcp", "server:80")).message(),
              "dial tcp 10.0.0.2:80: connect: connection refused");
    network.Start("server");
    server.Do([] { ServeEcho(":80"); });
    EXPECT_FALSE(Failed(net::Dial("tcp", "server:80")));
    network.Stop("server");
  });
}

// ---------------------------------------------------------------------------
// Datagrams.

// Sent sends 50 numbers over a network of these options and returns what comes.
std::vector<std::string> Sent(const testing::NetworkOptions& options) {
  std::vector<std::string> all;
  Bubble([&] {
    const Network network;
    network.Set(options);
    const PacketConn to = Must(net::ListenPacket("udp", "127.0.0.1:53"));
    const Conn from = Must(net::Dial("udp", "127.0.0.1:53"));
    for (int i = 0; i < 50; i++) {
      EXPECT_FALSE(Failed(from.Write(std::to_string(i))));
      time::Sleep(1ms);
    }
    all = Messages(to);
  });
  return all;
}

std::vector<std::string> Numbers() {
  std::vector<std::string> all;
  for (int i = 0; i < 50; i++) all.push_back(std::to_string(i));
  return all;
}

TEST(BubbleNetwork, DatagramsAreLostAsTheSeedSays) {
  EXPECT_EQ(Sent({}), Numbers());
  EXPECT_TRUE(Sent({.loss = 1}).empty());
  const auto some = Sent({.loss = 0.3});
  EXPECT_GT(some.size(), 20u);
  EXPECT_LT(some.size(), 50u);
  EXPECT_EQ(Sent({.loss = 0.3}), some);
  EXPECT_NE(Sent({.seed = 2, .loss = 0.3}), some);
}

TEST(BubbleNetwork, DatagramsOvertakeOneAnother) {
  const auto mixed = Sent({.latency = 1ms, .jitter = 20ms});
  auto sorted = mixed;
  std::sort(sorted.begin(), sorted.end());
  auto numbers = Numbers();
  EXPECT_NE(mixed, numbers);
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(sorted, numbers);
  EXPECT_EQ(Sent({.latency = 1ms, .jitter = 20ms}), mixed);
}

TEST(BubbleNetwork, DatagramsComeTwice) {
  EXPECT_EQ(Sent({.duplication = 1}).size(), 100u);
  const auto some = Sent({.duplication = 0.2});
  EXPECT_GT(some.size(), 50u);
  EXPECT_LT(some.size(), 80u);
}

TEST(BubbleNetwork, DatagramsAreLostInAPartitionAndInAFullSocket) {
  Bubble([] {
    const Network network;
    const Host server = network.AddHost("server");
    PacketConn to;
    server.Do([&] { to = Must(net::ListenPacket("udp", ":53")); });
    const Conn from = Must(net::Dial("udp", "server:53"));
    network.Partition("main", "server");
    EXPECT_FALSE(Failed(from.Write("lost")));
    network.Heal("main", "server");
    EXPECT_FALSE(Failed(from.Write("found")));
    EXPECT_EQ(Messages(to), std::vector<std::string>{"found"});
    for (int i = 0; i < 10'000; i++) {
      EXPECT_FALSE(Failed(from.Write(std::string(60, 'x'))));
    }
    const std::size_t kept = Messages(to).size();
    EXPECT_GT(kept, 100u);
    EXPECT_LT(kept, 1'000u);
    EXPECT_FALSE(Failed(from.Write("y")));
    network.Stop("server");
    EXPECT_FALSE(Failed(from.Write("z")));
    EXPECT_TRUE(
        errors::Is(Failed(from.Write("z")), std::errc::connection_refused));
  });
}

// ---------------------------------------------------------------------------
// Explore.

// Call sends a request until there is an answer, at most ten times. `once`: the
// server knows the requests that it has done; without, a request whose answer is
// lost is done twice.
void CallOverLossyUdp(bool once) {
  const Network network;
  network.Set({.latency = 1ms, .loss = 0.1});
  int done = 0;
  const PacketConn server = Must(net::ListenPacket("udp", "127.0.0.1:53"));
  Go([&, server] {
    std::string last;
    std::array<char, 16> buf;
    for (;;) {
      const auto got = server.ReadFrom(buf);
      if (got.err) return;
      const std::string request(buf.data(), got.n);
      if (!once || request != last) done++;
      last = request;
      (void)server.WriteTo("ok", got.from);
    }
  });
  const Conn client = Must(net::Dial("udp", "127.0.0.1:53"));
  bool answered = false;
  for (int i = 0; i < 10 && !answered; i++) {
    (void)client.Write("transfer 1");
    (void)client.SetReadDeadline(time::Now() + 100ms);
    std::array<char, 16> buf;
    answered = !client.Read(buf).second;
  }
  (void)server.Close();
  testing::Wait();
  if (answered && done != 1) {
    testing::Fail("done " + std::to_string(done) + " times");
  }
}

class NetworkExplored : public ::testing::TestWithParam<testing::Strategy> {};
INSTANTIATE_TEST_SUITE_P(Strategies, NetworkExplored, kStrategies,
                         StrategyName);

TEST_P(NetworkExplored, ARequestThatIsDoneTwiceIsFoundToldAndReplayed) {
  testing::ExploreOptions options;
  options.strategy = GetParam();
  options.schedules = 3000;
  options.print = false;
  const auto found = Explore(options, [] { CallOverLossyUdp(false); });
  ASSERT_FALSE(found.ok());
  EXPECT_TRUE(Has(found.failure(), "done 2 times")) << found.failure();
  const Replay replay(std::to_string(found.seed()));
  for (int i = 0; i < (kSanitized ? 5 : 50); i++) {
    const auto again = Explore(options, [] { CallOverLossyUdp(false); });
    ASSERT_EQ(again.failure(), found.failure());
    ASSERT_EQ(again.schedule(), found.schedule());
  }
}

TEST_P(NetworkExplored, TheProtocolThatKnowsItsRequestsHolds) {
  testing::ExploreOptions options;
  options.strategy = GetParam();
  options.schedules = kSanitized ? 100 : 1000;
  const auto found = Explore(options, [] { CallOverLossyUdp(true); });
  EXPECT_TRUE(found.ok()) << found.failure();
}

// A message that is not sent again, as long as one is lost.
TEST_P(NetworkExplored, TheFaultsThatMatterStandInTheSchedule) {
  testing::ExploreOptions options;
  options.strategy = GetParam();
  options.schedules = 3000;
  options.print = false;
  const auto found = Explore(options, [] {
    const Network network;
    network.Set({.jitter = 10ms, .loss = 0.05});
    const Host server = network.AddHost("server");
    PacketConn to;
    server.Do([&] { to = Must(net::ListenPacket("udp", ":53")); });
    const Conn from = Must(net::Dial("udp", "server:53"));
    for (int i = 0; i < 3; i++) EXPECT_FALSE(Failed(from.Write("x")));
    for (int i = 0; i < 3; i++) {
      std::array<char, 1> buf;
      (void)to.Read(buf);
    }
  });
  ASSERT_FALSE(found.ok());
  EXPECT_TRUE(Has(found.failure(), "all goroutines in bubble are blocked"));
  const std::string fault =
      "the network loses a datagram from main to server\n";
  const std::string& schedule = found.schedule();
  EXPECT_TRUE(Has(schedule, fault)) << schedule;
  EXPECT_EQ(schedule.find(fault), schedule.rfind("the network loses"))
      << schedule;
}

// EachFailsInTheRunThatTellsIt explores f, which says whether all is well, and
// looks at the last run: that in which Explore told the shortest schedule.
template <class F>
void EachFailsInTheRunThatTellsIt(testing::Strategy strategy, F f) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    testing::ExploreOptions options;
    options.strategy = strategy;
    options.schedules = 3000;
    options.seed = seed;
    options.print = false;
    bool failed = false;
    const auto run = [&] {
      failed = !f();
      if (failed) testing::Fail("so");
    };
    const auto found = Explore(options, run);
    ASSERT_EQ(found.failure(), "so");
    EXPECT_TRUE(failed) << "not in the schedule told:\n" << found.schedule();
    EXPECT_FALSE(Has(found.schedule(), "did not fail")) << found.schedule();
    const Replay replay(std::to_string(found.seed()));
    failed = false;
    const auto again = Explore(options, run);
    EXPECT_EQ(again.failure(), "so");
    EXPECT_EQ(again.schedule(), found.schedule());
    EXPECT_TRUE(failed) << "not replayed:\n" << again.schedule();
  }
}

// The third of four messages is lost, and no other.
TEST_P(NetworkExplored, ALossIsAStepOfTheSchedule) {
  EachFailsInTheRunThatTellsIt(GetParam(), [] {
    const Network network;
    network.Set({.loss = 0.2});
    const PacketConn socket = Must(net::ListenPacket("udp", "127.0.0.1:53"));
    for (const char* text : {"1", "2", "3", "4"}) {
      EXPECT_FALSE(Failed(socket.WriteTo(text, socket.LocalAddr())));
    }
    return Messages(socket) != std::vector<std::string>{"1", "2", "4"};
  });
}

// The second of three messages is as late as none of the others.
TEST_P(NetworkExplored, ADelayIsAStepOfTheSchedule) {
  EachFailsInTheRunThatTellsIt(GetParam(), [] {
    const Network network;
    network.Set({.jitter = 10ms});
    const PacketConn socket = Must(net::ListenPacket("udp", "127.0.0.1:53"));
    for (const char* text : {"1", "2", "3"}) {
      EXPECT_FALSE(Failed(socket.WriteTo(text, socket.LocalAddr())));
    }
    return Messages(socket) != std::vector<std::string>{"1", "3", "2"};
  });
}

TEST_P(NetworkExplored, ADoubledDatagramIsAStepOfTheSchedule) {
  EachFailsInTheRunThatTellsIt(GetParam(), [] {
    const Network network;
    network.Set({.duplication = 0.2});
    const PacketConn socket = Must(net::ListenPacket("udp", "127.0.0.1:53"));
    for (const char* text : {"1", "2", "3"}) {
      EXPECT_FALSE(Failed(socket.WriteTo(text, socket.LocalAddr())));
    }
    return Messages(socket) != std::vector<std::string>{"1", "2", "2", "3"};
  });
}

// Each is one decision, also where the network does nothing wrong.
TEST(BubbleNetwork, FaultsAreCountedAmongTheDecisions) {
  const Replay replay("12345:99");
  const auto result = Explore({.print = false}, [] {
    const Network network;
    network.Set({.loss = 0.5});
    const PacketConn socket = Must(net::ListenPacket("udp", "127.0.0.1:53"));
    for (int i = 0; i < 7; i++) {
      EXPECT_FALSE(Failed(socket.WriteTo("x", socket.LocalAddr())));
    }
    testing::Fail("always");
  });
  EXPECT_EQ(result.failure(),
            "testing: the schedule of GOSLING_REPLAY=12345, of 99 decisions, "
            "no longer fits the program, which makes 7 decisions before: "
            "always");
}

// Without the fault it fails too: the schedule told has none.
TEST(BubbleNetwork, FaultsThatDoNotMatterAreLeftOutOfTheSchedule) {
  const auto found = Explore({.schedules = 100, .print = false}, [] {
    const Network network;
    network.Set({.jitter = 10ms, .loss = 0.5});
    const PacketConn to = Must(net::ListenPacket("udp", "127.0.0.1:53"));
    for (int i = 0; i < 10; i++) {
      EXPECT_FALSE(Failed(to.WriteTo("x", to.LocalAddr())));
    }
    testing::Fail("so");
  });
  ASSERT_FALSE(found.ok());
  EXPECT_FALSE(Has(found.schedule(), "loses")) << found.schedule();
}

// ---------------------------------------------------------------------------
// Misuse.

TEST(BubbleNetwork, OptionsOutOfRangeAreTold) {
  Bubble([] {
    const Network network;
    EXPECT_EQ(PanicOf([&] { network.Set({.loss = 1.5}); }),
              "testing: NetworkOptions.loss is 1.5: must be a probability, "
              "from 0 to 1");
    EXPECT_EQ(PanicOf([&] { network.Set({.duplication = -0.1}); }),
              "testing: NetworkOptions.duplication is -0.1: must be a "
              "probability, from 0 to 1");
    EXPECT_TRUE(Has(PanicOf([&] { network.Set({.loss = std::stod("nan")}); }),
                    "must be a probability"));
    EXPECT_EQ(PanicOf([&] { network.Set({.latency = -1ns}); }),
              "testing: NetworkOptions.latency is -1 ns: must be at least 0, "
              "and at most 24 h");
    EXPECT_TRUE(Has(PanicOf([&] { network.Set({.jitter = 25h}); }),
                    "must be at least 0, and at most 24 h"));
    EXPECT_EQ(PanicOf([&] { network.Set({.bandwidth = -1}); }),
              "testing: NetworkOptions.bandwidth is -1: must be at least 0");
  });
}

TEST(BubbleNetwork, HostsThatThereCannotBeAreTold) {
  Bubble([] {
    const Network network;
    const Host a = network.AddHost("a", {"10.5.5.5"});
    const auto add = [&](const char* name,
                         const std::vector<std::string>& addresses = {}) {
      return PanicOf([&] { (void)network.AddHost(name, addresses); });
    };
    EXPECT_EQ(add("a"),
              "testing: Network.AddHost(\"a\"): there is one of that name");
    EXPECT_EQ(add("main"),
              "testing: Network.AddHost(\"main\"): there is one of that name");
    for (const char* name : {"", "localhost", "10.0.0.9", "a:80"}) {
      EXPECT_TRUE(Has(add(name), "that is no name of a host")) << name;
    }
    EXPECT_EQ(add("b", {"10.5.5.5"}),
              "testing: Network.AddHost(\"b\"): 10.5.5.5 is another one's "
              "address");
    EXPECT_TRUE(Has(add("b", {"10.6.6.6", "10.6.6.6"}), "another one's"));
    for (const char* ip : {"", "x", "127.0.0.1", "::", "224.0.0.1"}) {
      EXPECT_TRUE(Has(add("b", {ip}), "is no address of a host")) << ip;
    }
    EXPECT_EQ(PanicOf([&] { network.Partition("a", "x"); }),
              "testing: Network.Partition: there is no host \"x\"");
    EXPECT_EQ(PanicOf([&] { network.Heal("x", "a"); }),
              "testing: Network.Heal: there is no host \"x\"");
    EXPECT_EQ(PanicOf([&] { network.Stop("x"); }),
              "testing: Network.Stop: there is no host \"x\"");
    EXPECT_EQ(PanicOf([&] { network.Start("x"); }),
              "testing: Network.Start: there is no host \"x\"");
    EXPECT_EQ(PanicOf([] { Host().Go([] {}); }),
              "testing: a Host of no network: Network.AddHost makes one");
  });
}

TEST(BubbleNetwork, ThereIsNoneOutsideOfABubble) {
  EXPECT_EQ(PanicOf([] { const Network network; }),
            "testing: Network called outside of a bubble");
}

TEST(BubbleNetwork, EachBubbleHasItsOwn) {
  Conn left;
  Listener listening;
  Bubble([&] {
    listening = Must(net::Listen("tcp", "127.0.0.1:80"));
    left = Must(net::Dial("tcp", "127.0.0.1:80"));
  });
  Bubble([&] {
    EXPECT_EQ(Failed(net::Dial("tcp", "127.0.0.1:80")).message(),
              "dial tcp 127.0.0.1:80: connect: connection refused");
    const std::string words = PanicOf([&] { (void)left.Write("x"); });
    EXPECT_TRUE(std::regex_match(
        words,
        std::regex(
            "testing: a goroutine of bubble [0-9]+ writes to a "
            "connection that was made in bubble [0-9]+, which is another "
            "one, or an earlier run")))
        << words;
    left = {};
  });
  EXPECT_EQ(listening.Addr().port, 80);
}

class BubbleNetworkDeathTest : public FreshDeathTest {};

TEST_F(BubbleNetworkDeathTest, ItsConnectionsAreNotForOthers) {
  const auto with_ends = [](auto f) {
    ::alarm(kSanitized ? 120 : 30);
    Bubble([&] {
      const Ends ends = Connected("tcp");
      std::thread([&] { f(ends); }).join();
    });
  };
  const std::string outside =
      "^fatal error: testing: a thread outside of bubble [0-9]+ ";
  const auto exited = ::testing::ExitedWithCode(2);
  EXPECT_EXIT(with_ends([](const Ends& ends) { (void)ends.a.Write("x"); }),
              exited, outside + "writes to a connection that was made in it\n");
  EXPECT_EXIT(with_ends([](const Ends& ends) { (void)ReadN(ends.a, 1); }),
              exited,
              outside + "reads from a connection that was made in it\n");
  EXPECT_EXIT(with_ends([](const Ends& ends) { (void)ends.a.Close(); }), exited,
              outside + "closes a connection that was made in it\n");
}

}  // namespace
}  // namespace gosling
