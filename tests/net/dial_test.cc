// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Dialing: which of a name's addresses wins, how long it takes at most, and
// that nothing is left of an attempt that fails or loses. Go: net/dial_test.go.
// The words of the errors are compared with Go's by tests/differential.

#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/net.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <chrono>
#include <cstdint>
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
using net::Dialer;
using net::Listener;

class NetDialTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, NetDialTest, kProcs, ProcsName);

// Knows is a resolver that finds these addresses for every name.
net::Resolver Knows(const std::vector<std::string>& ips) {
  std::vector<net::IPAddr> found;
  for (const std::string& ip : ips) found.push_back(net::ParseIPAddr(ip));
  net::ResolverOptions options;
  options.lookup_ip = [found](const context::Context&, std::string_view,
                              std::string_view) {
    return std::pair(found, Error());
  };
  return net::Resolver(options);
}

std::string At(std::string_view host, std::uint16_t port) {
  return net::JoinHostPort(host, std::to_string(port));
}

int OptionOf(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

TEST_P(NetDialTest, TheEndsOfAConnectionKnowEachOther) {
  Run([] {
    for (const char* network : {"tcp", "tcp4", "tcp6", "unix", "unixpacket"}) {
      const TempFolder folder;
      const std::string here = std::string_view(network) == "tcp6"
                                   ? "[::1]:0"
                                   : Here(network, folder);
      const Listener listener = Must(net::Listen(network, here));
      const Ends ends = Connect(listener);
      EXPECT_EQ(ends.a.RemoteAddr(), listener.Addr());
      EXPECT_EQ(ends.b.LocalAddr(), listener.Addr());
      EXPECT_EQ(ends.a.LocalAddr(), ends.b.RemoteAddr()) << network;
    }
  });
}

TEST_P(NetDialTest, AFamilyThatDoesNotAnswerDelaysTheOtherALittle) {
  Run([] {
    const BesideHole beside("127.0.0.1", "::1");
    const Listener& listener = beside.listener;
    Dialer dialer;
    dialer.resolver = Knows({"::1", "127.0.0.1"});
    dialer.fallback_delay = 20ms;
    const int fds = OpenFds();
    for (int i = 0; i < 3; i++) {
      const time::Time start = time::Time::clock::now();
      const Conn conn =
          Must(dialer.Dial("tcp", At("host", listener.Addr().port)));
      EXPECT_EQ(conn.RemoteAddr(), listener.Addr());
      EXPECT_GE(time::Time::clock::now() - start, 20ms);
      EXPECT_TRUE(Must(listener.Accept()));
    }
    // What lost ends by itself, soon.
    EXPECT_EQ(AwaitGoroutines(1), 1);
    EXPECT_LE(AwaitFds(fds), fds);
  });
}

TEST_P(NetDialTest, AFamilyThatRefusesDelaysTheOtherNotAtAll) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp4", "127.0.0.1:0"));
    Dialer dialer;
    dialer.resolver = Knows({"::1", "127.0.0.1"});
    dialer.fallback_delay = 1h;
    const Conn conn =
        Must(dialer.Dial("tcp", At("host", listener.Addr().port)));
    EXPECT_EQ(conn.RemoteAddr(), listener.Addr());
  });
}

TEST_P(NetDialTest, TheFirstFamilyIsThatOfTheFirstAddress) {
  Run([] {
    const Listener four = Must(net::Listen("tcp4", "127.0.0.1:0"));
    const auto [six, err] = net::Listen("tcp6", At("::1", four.Addr().port));
    if (err) return;  // another program has that port
    for (const bool six_first : {false, true}) {
      Dialer dialer;
      dialer.fallback_delay = 1h;
      dialer.resolver =
          six_first ? Knows({"::1", "127.0.0.1"}) : Knows({"127.0.0.1", "::1"});
      std::atomic<int> tried{0};
      dialer.control = [&](std::string_view, std::string_view, int) {
        tried++;
        return Error();
      };
      const Conn conn = Must(dialer.Dial("tcp", At("host", four.Addr().port)));
      EXPECT_EQ(conn.RemoteAddr().ip.Is4(), !six_first);
      EXPECT_EQ(tried, 1);
    }
  });
}

TEST_P(NetDialTest, OfTwoFamiliesThatFailTheFirstTellsWhy) {
  Run([] {
    const ShutPort shut;
    const std::uint16_t port = shut.number();
    for (const auto delay :
         {time::Duration(-1ns), time::Duration(1ns), time::Duration(1h)}) {
      Dialer dialer;
      dialer.resolver = Knows({"::1", "127.0.0.1"});
      dialer.fallback_delay = delay;
      EXPECT_EQ(
          Failed(dialer.Dial("tcp", At("host", port))).message(),
          "dial tcp " + At("::1", port) + ": connect: connection refused");
      dialer.resolver = Knows({"127.0.0.1", "::1"});
      EXPECT_EQ(Failed(dialer.Dial("tcp", At("host", port))).message(),
                "dial tcp " + At("127.0.0.1", port) +
                    ": connect: connection refused");
    }
  });
}

TEST_P(NetDialTest, WithoutAFallbackTheOtherFamilyHasItsTurn) {
  Run([] {
    BesideHole beside("127.0.0.1", "::1");
    const Listener& listener = beside.listener;
    beside.hole.reset();  // that port is free there, for now
    Dialer dialer;
    dialer.resolver = Knows({"::1", "127.0.0.1"});
    dialer.fallback_delay = -1ns;
    EXPECT_TRUE(Must(dialer.Dial("tcp", At("host", listener.Addr().port))));
    const BlackHole hole("::1", listener.Addr().port);
    ASSERT_TRUE(hole);
    dialer.timeout = 30ms;
    const Error err = Failed(dialer.Dial("tcp", At("host", hole.port())));
    EXPECT_TRUE(net::TimedOut(err)) << err.message();
  });
}

TEST_P(NetDialTest, AddressesOfOneFamilyAreTriedInTurn) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp4", "127.0.0.3:0"));
    Dialer dialer;
    dialer.resolver = Knows({"127.0.0.1", "127.0.0.2", "127.0.0.3"});
    std::vector<std::string> tried;
    dialer.control = [&](std::string_view network, std::string_view address,
                         int) {
      EXPECT_EQ(network, "tcp4");
      tried.emplace_back(address);
      return Error();
    };
    const std::uint16_t port = listener.Addr().port;
    const Conn conn = Must(dialer.Dial("tcp", At("host", port)));
    EXPECT_EQ(conn.RemoteAddr(), listener.Addr());
    EXPECT_EQ(tried, (std::vector<std::string>{At("127.0.0.1", port),
                                               At("127.0.0.2", port),
                                               At("127.0.0.3", port)}));
  });
}

// Go: TestDialerPartialDeadline. The least share is two seconds.
TEST(NetDial, AnAddressThatDoesNotAnswerLeavesTimeForTheNext) {
  RunWith(2, [] {
    const BesideHole beside("127.0.0.2", "127.0.0.1");
    const Listener& listener = beside.listener;
    Dialer dialer;
    dialer.resolver = Knows({"127.0.0.1", "127.0.0.2"});
    dialer.timeout = 4500ms;
    const time::Time start = time::Time::clock::now();
    EXPECT_TRUE(Must(dialer.Dial("tcp", At("host", listener.Addr().port))));
    EXPECT_GE(time::Time::clock::now() - start, 2s);
  });
}

TEST_P(NetDialTest, NetworksOfOneFamilyUseThatOnly) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp4", "127.0.0.1:0"));
    const std::uint16_t port = listener.Addr().port;
    Dialer dialer;
    dialer.resolver = Knows({"::1", "127.0.0.1"});
    EXPECT_TRUE(Must(dialer.Dial("tcp4", At("host", port))));
    EXPECT_EQ(Failed(dialer.Dial("tcp6", At("host", port))).message(),
              "dial tcp6 " + At("::1", port) + ": connect: connection refused");
    dialer.resolver = Knows({"127.0.0.1"});
    EXPECT_EQ(Failed(dialer.Dial("tcp6", At("host", port))).message(),
              "dial tcp6: address host: no suitable address found");
  });
}

TEST_P(NetDialTest, AContextThatEndsEndsTheDialing) {
  Run([] {
    const BlackHole hole;
    const int fds = OpenFds();
    for (int i = 0; i < 20; i++) {
      auto [ctx, cancel] = context::WithCancel(context::Background());
      sync::WaitGroup dialing;
      dialing.Go([&, own = ctx] {
        const Error err =
            Failed(Dialer().DialContext(own, "tcp", hole.address()));
        EXPECT_EQ(err.message(),
                  "dial tcp " + hole.address() + ": operation was canceled");
        EXPECT_TRUE(errors::Is(err, context::Canceled));
        EXPECT_FALSE(net::TimedOut(err));
      });
      if (i % 2 == 0) time::Sleep(i * 100us);
      cancel();
      dialing.Wait();
    }
    EXPECT_LE(AwaitFds(fds), fds);
  });
}

TEST_P(NetDialTest, AContextThatEndsEndsTheLookup) {
  Run([] {
    net::ResolverOptions options;
    options.lookup_ip = [](const context::Context& ctx, std::string_view,
                           std::string_view) {
      ctx.Done().Recv();
      return std::pair(std::vector<net::IPAddr>(), ctx.Err());
    };
    Dialer dialer;
    dialer.resolver = net::Resolver(options);
    dialer.timeout = 10ms;
    const Error err = Failed(dialer.Dial("tcp", "host:1"));
    EXPECT_EQ(err.message(), "dial tcp: lookup host: i/o timeout");
    EXPECT_TRUE(net::TimedOut(err));
  });
}

TEST_P(NetDialTest, TheErrorOfALookupIsPassedOn) {
  Run([] {
    net::ResolverOptions options;
    const Error own = errors::New("own");
    options.lookup_ip = [own](const context::Context&, std::string_view,
                              std::string_view) {
      return std::pair(std::vector<net::IPAddr>(), own);
    };
    Dialer dialer;
    dialer.resolver = net::Resolver(options);
    const Error err = Failed(dialer.Dial("tcp", "host:1"));
    EXPECT_TRUE(errors::Is(err, own)) << err.message();
    EXPECT_EQ(err.message().substr(0, 10), "dial tcp: ");
  });
}

// Go: TestCancelAfterDial.
TEST_P(NetDialTest, AContextThatEndsLaterDoesNotConcernTheConnection) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const std::string at = listener.Addr().String();
    for (int i = 0; i < (kSanitized ? 50 : 500); i++) {
      auto [ctx, cancel] = context::WithTimeout(context::Background(), 1h);
      const Conn conn = Must(Dialer().DialContext(ctx, "tcp", at));
      cancel();
      const Conn other = Must(listener.Accept());
      EXPECT_FALSE(Failed(conn.Write("x")));
      EXPECT_EQ(Must(ReadN(other, 1)), "x");
      EXPECT_FALSE(Failed(other.Write("y")));
      EXPECT_EQ(Must(ReadN(conn, 1)), "y");
    }
  });
}

TEST_P(NetDialTest, ACancellationThatRacesWithTheConnectionLeaksNothing) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    sync::WaitGroup serving;
    serving.Go([&] {
      while (!Failed(listener.Accept())) {  // closed with its handle
      }
    });
    const int fds = OpenFds();
    for (int i = 0; i < (kSanitized ? 100 : 1'000); i++) {
      auto [ctx, cancel] = context::WithCancel(context::Background());
      sync::WaitGroup racing;
      racing.Go([stop = cancel] { stop(); });
      const auto [conn, err] =
          Dialer().DialContext(ctx, "tcp", listener.Addr().String());
      EXPECT_NE(static_cast<bool>(conn), static_cast<bool>(err));
      EXPECT_TRUE(!err || errors::Is(err, context::Canceled)) << err.message();
      racing.Wait();
    }
    // The one that was accepted last may be on its way out.
    EXPECT_LE(AwaitFds(fds), fds);
    EXPECT_FALSE(listener.Close());
    serving.Wait();
  });
}

TEST_P(NetDialTest, ControlHasTheSocketBeforeItIsConnected) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    Dialer dialer;
    int number = -1;
    dialer.control = [&](std::string_view network, std::string_view address,
                         int fd) {
      EXPECT_EQ(network, "tcp4");
      EXPECT_EQ(address, listener.Addr().String());
      const int size = 12'345;
      EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
      sockaddr_storage peer;
      socklen_t length = sizeof peer;
      EXPECT_NE(::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length),
                0);
      number = fd;
      return Error();
    };
    const Conn conn = Must(dialer.Dial("tcp", listener.Addr().String()));
    EXPECT_EQ(conn.Fd(), number);
    EXPECT_EQ(OptionOf(number, SOL_SOCKET, SO_RCVBUF), 2 * 12'345);
  });
}

TEST_P(NetDialTest, AnErrorOfControlEndsTheDialing) {
  Run([] {
    const int fds = OpenFds();
    const Error own = errors::New("own");
    for (const auto& [network, address] :
         {std::pair("tcp", "127.0.0.1:1"), std::pair("udp", "127.0.0.1:1"),
          std::pair("unix", "no-such")}) {
      Dialer dialer;
      dialer.control = [&](std::string_view, std::string_view, int) {
        return own;
      };
      const Error err = Failed(dialer.Dial(network, address));
      EXPECT_EQ(err.message(),
                std::string("dial ") + network + " " + address + ": own");
      EXPECT_TRUE(errors::Is(err, own));
    }
    EXPECT_EQ(OpenFds(), fds);
  });
}

TEST_P(NetDialTest, AConnectionComesFromTheLocalAddress) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    Dialer dialer;
    dialer.local_addr.network = "tcp";
    dialer.local_addr.ip = net::IP::V4(127, 0, 0, 7);
    dialer.local_addr.port = FreePort();
    const Conn conn = Must(dialer.Dial("tcp", listener.Addr().String()));
    EXPECT_EQ(conn.LocalAddr(), dialer.local_addr);
    EXPECT_EQ(Must(listener.Accept()).RemoteAddr(), dialer.local_addr);
    dialer.local_addr.network = "udp";
    EXPECT_EQ(Failed(dialer.Dial("tcp", listener.Addr().String())).message(),
              "dial tcp: address " + dialer.local_addr.String() +
                  ": mismatched local address type");
  });
}

TEST_P(NetDialTest, AUnixSocketMayHaveALocalAddress) {
  Run([] {
    for (const char* network : {"unix", "unixgram", "unixpacket"}) {
      const TempFolder folder;
      Dialer dialer;
      dialer.local_addr.network = network;
      dialer.local_addr.path = folder / "here";
      const std::string there = folder / "there";
      if (std::string_view(network) == "unixgram") {
        const auto socket = Must(net::ListenPacket(network, there));
        const Conn conn = Must(dialer.Dial(network, there));
        EXPECT_FALSE(Failed(conn.Write("x")));
        std::array<char, 8> buf;
        EXPECT_EQ(socket.ReadFrom(buf).from, dialer.local_addr);
      } else {
        const Listener listener = Must(net::Listen(network, there));
        const Conn conn = Must(dialer.Dial(network, there));
        EXPECT_EQ(Must(listener.Accept()).RemoteAddr(), dialer.local_addr);
      }
    }
  });
}

TEST_P(NetDialTest, DataIsSentAtOnceAndSilenceIsAskedAbout) {
  Run([] {
    const Ends ends = Connected("tcp");
    for (const Conn& conn : {ends.a, ends.b}) {
      const int fd = conn.Fd();
      EXPECT_NE(OptionOf(fd, IPPROTO_TCP, TCP_NODELAY), 0);
      EXPECT_NE(OptionOf(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
      EXPECT_EQ(OptionOf(fd, IPPROTO_TCP, TCP_KEEPIDLE), 15);
      EXPECT_EQ(OptionOf(fd, IPPROTO_TCP, TCP_KEEPINTVL), 15);
      EXPECT_EQ(OptionOf(fd, IPPROTO_TCP, TCP_KEEPCNT), 9);
    }
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    Dialer dialer;
    dialer.keep_alive = 1500ms;
    const Conn rarely = Must(dialer.Dial("tcp", listener.Addr().String()));
    EXPECT_EQ(OptionOf(rarely.Fd(), IPPROTO_TCP, TCP_KEEPIDLE), 2);
    dialer.keep_alive = -1ns;
    const Conn never = Must(dialer.Dial("tcp", listener.Addr().String()));
    EXPECT_EQ(OptionOf(never.Fd(), SOL_SOCKET, SO_KEEPALIVE), 0);
  });
}

// Go: TestDialListenerAddr.
TEST_P(NetDialTest, AListenersAddressCanBeDialed) {
  Run([] {
    for (const auto& [network, at] :
         {std::pair("tcp", "127.0.0.1:0"), std::pair("tcp", "[::1]:0"),
          std::pair("tcp", ":0"), std::pair("tcp4", ":0"),
          std::pair("tcp6", ":0"), std::pair("tcp", "0.0.0.0:0")}) {
      const Listener listener = Must(net::Listen(network, at));
      const Ends ends = Connect(listener);
      EXPECT_EQ(ends.a.LocalAddr().port, ends.b.RemoteAddr().port);
      EXPECT_EQ(ends.a.RemoteAddr(), ends.b.LocalAddr()) << network << at;
    }
  });
}

// The system may choose for our end the port that we dial.
TEST_P(NetDialTest, ASocketThatIsConnectedWithItselfIsNoConnection) {
  Run([] {
    const std::uint16_t port = FreePort();
    int tries = 0;
    bool could = true;
    Dialer dialer;
    dialer.control = [&](std::string_view, std::string_view, int fd) {
      constexpr int kLocalPortRange = 51;  // IP_LOCAL_PORT_RANGE, Linux 6.3
      const std::uint32_t only = static_cast<std::uint32_t>(port) << 16 | port;
      if (tries++ == 0) {
        could = ::setsockopt(fd, IPPROTO_IP, kLocalPortRange, &only,
                             sizeof only) == 0;
      }
      return Error();
    };
    const auto [conn, err] = dialer.Dial("tcp", At("127.0.0.1", port));
    EXPECT_FALSE(conn);
    EXPECT_EQ(err.code(), std::errc::connection_refused) << err.message();
    if (could) {
      EXPECT_EQ(tries, 2);
    }
    // Asked for, it is one.
    Dialer self;
    self.local_addr.network = "tcp";
    self.local_addr.ip = net::IP::V4(127, 0, 0, 1);
    self.local_addr.port = FreePort();
    const Conn loop =
        Must(self.Dial("tcp", At("127.0.0.1", self.local_addr.port)));
    EXPECT_FALSE(Failed(loop.Write("hello")));
    EXPECT_EQ(Must(ReadN(loop, 5)), "hello");
  });
}

// Go: TestDialClosedPortFailFast; each such port is soon free again.
TEST_P(NetDialTest, APortThatNobodyListensAtIsRefusedAgainAndAgain) {
  Run([] {
    const ShutPort shut;
    const std::string at = At("127.0.0.1", shut.number());
    const int fds = OpenFds();
    for (int i = 0; i < (kSanitized ? 300 : 3'000); i++) {
      const Error err = Failed(net::Dial("tcp", at));
      ASSERT_EQ(err.code(), std::errc::connection_refused) << err.message();
    }
    EXPECT_EQ(OpenFds(), fds);
  });
}

TEST_P(NetDialTest, AUnixListenerThatIsFullSaysSo) {
  Run([] {
    const TempFolder folder;
    net::ListenConfig config;
    config.backlog = 1;
    const Listener listener =
        Must(config.Listen(context::Background(), "unix", folder / "full"));
    std::vector<Conn> conns;
    Error err;
    while (!err && conns.size() < 10) {
      auto [conn, failed] = net::Dial("unix", listener.Addr().String());
      err = failed;
      conns.push_back(std::move(conn));
    }
    EXPECT_EQ(err.message(), "dial unix " + listener.Addr().String() +
                                 ": connect: resource temporarily unavailable");
  });
}

TEST_P(NetDialTest, ManyDialAtOnce) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const int dialers = kSanitized ? 50 : 300;
    sync::WaitGroup serving;
    serving.Go([&] {
      for (int i = 0; i < dialers; i++) {
        serving.Go([c = Must(listener.Accept())] { Echo(c); });
      }
    });
    sync::WaitGroup dialing;
    for (int i = 0; i < dialers; i++) {
      dialing.Go([&, i] {
        const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
        const std::string text = std::to_string(i);
        EXPECT_FALSE(Failed(conn.Write(text)));
        EXPECT_EQ(Must(ReadN(conn, text.size())), text);
        EXPECT_FALSE(conn.Close());
      });
    }
    dialing.Wait();
    serving.Wait();
  });
}

}  // namespace
}  // namespace gosling
