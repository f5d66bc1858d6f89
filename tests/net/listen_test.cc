// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Listening: wildcards and families, settings, Close while goroutines wait in
// Accept, Serve and Server. Go: net/listen_test.go, net_test.go, tcpsock_test.go.

#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/go_test.h"
#include "tests/net_testing.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using net::Conn;
using net::ListenConfig;
using net::Listener;

class NetListenTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, NetListenTest, kProcs, ProcsName);

TEST_P(NetListenTest, AWildcardOfBothFamiliesTakesBoth) {
  Run([] {
    for (const char* at : {":0", "[::]:0", "0.0.0.0:0", ""}) {
      const Listener listener = Must(net::Listen("tcp", at));
      const std::string port = std::to_string(listener.Addr().port);
      EXPECT_EQ(listener.Addr().String(), "[::]:" + port);
      for (const char* host : {"127.0.0.1", "::1"}) {
        const Conn conn = Must(net::Dial("tcp", net::JoinHostPort(host, port)));
        const Conn other = Must(listener.Accept());
        // A connection of IPv4 has addresses of IPv4.
        EXPECT_EQ(other.LocalAddr(), conn.RemoteAddr()) << at;
        EXPECT_EQ(other.RemoteAddr(), conn.LocalAddr()) << at;
        EXPECT_EQ(other.LocalAddr().ip.String(), host);
      }
    }
  });
}

TEST_P(NetListenTest, AWildcardOfOneFamilyTakesThatOnly) {
  Run([] {
    const Listener four = Must(net::Listen("tcp4", ":0"));
    const Listener six = Must(net::Listen("tcp6", ":0"));
    const std::string port4 = std::to_string(four.Addr().port);
    const std::string port6 = std::to_string(six.Addr().port);
    EXPECT_EQ(four.Addr().String(), "0.0.0.0:" + port4);
    EXPECT_EQ(six.Addr().String(), "[::]:" + port6);
    EXPECT_TRUE(Must(net::Dial("tcp", "127.0.0.1:" + port4)));
    EXPECT_TRUE(Must(net::Dial("tcp", "[::1]:" + port6)));
    EXPECT_TRUE(Failed(net::Dial("tcp", "[::1]:" + port4)));
    EXPECT_TRUE(Failed(net::Dial("tcp", "127.0.0.1:" + port6)));
    // So both families' may have one port.
    const Listener both = Must(net::Listen("tcp6", ":" + port4));
    EXPECT_EQ(both.Addr().port, four.Addr().port);
    EXPECT_EQ(Failed(net::Listen("tcp", ":" + port4)).code(),
              std::errc::address_in_use);
  });
}

TEST_P(NetListenTest, AnAddressIsTakenUntilItsListenerIsClosed) {
  Run([] {
    for (const char* network : {"tcp", "unix", "unixpacket"}) {
      const TempFolder folder;
      const Listener first = Must(net::Listen(network, Here(network, folder)));
      const std::string at = first.Addr().String();
      const Error err = Failed(net::Listen(network, at));
      EXPECT_EQ(err.message(), std::string("listen ") + network + " " + at +
                                   ": bind: address already in use");
      // With a connection that is still there, too.
      const Ends ends = Connect(first);
      EXPECT_FALSE(first.Close());
      const Listener second = Must(net::Listen(network, at));
      EXPECT_EQ(second.Addr(), first.Addr());
      EXPECT_FALSE(Failed(ends.a.Write("x")));
      EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");
    }
  });
}

TEST_P(NetListenTest, CloseEndsAllAccepts) {
  Run([] {
    for (const char* network : {"tcp", "unix", "unixpacket"}) {
      const TempFolder folder;
      const Listener listener =
          Must(net::Listen(network, Here(network, folder)));
      const std::string wanted = std::string("accept ") + network + " " +
                                 listener.Addr().String() +
                                 ": use of closed network connection";
      sync::WaitGroup accepting;
      for (int i = 0; i < 5; i++) {
        accepting.Go([&] {
          const auto [conn, err] = listener.Accept();
          EXPECT_FALSE(conn);
          EXPECT_EQ(err.message(), wanted);
          EXPECT_TRUE(errors::Is(err, net::Closed));
        });
      }
      time::Sleep(2ms);
      EXPECT_FALSE(listener.Close());
      accepting.Wait();
      EXPECT_TRUE(errors::Is(Failed(listener.Accept()), net::Closed));
      EXPECT_TRUE(errors::Is(listener.Close(), net::Closed));
      EXPECT_EQ(listener.Fd() >= 0, true);  // a number, of nothing by now
    }
  });
}

TEST_P(NetListenTest, CloseRacesWithAccept) {
  Run([] {
    const int races = kSanitized ? 1'000 : 10'000;
    for (int i = 0; i < races; i++) {
      const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
      sync::WaitGroup accepting;
      accepting.Go([&] {
        const Error err = Failed(listener.Accept());
        ASSERT_TRUE(errors::Is(err, net::Closed)) << err.message();
      });
      if (i % 3 == 0) runtime::Gosched();
      ASSERT_FALSE(listener.Close());
      accepting.Wait();
    }
  });
}

TEST_P(NetListenTest, TheLastHandleClosesTheListener) {
  Run([] {
    net::Addr at;
    {
      const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
      const Listener copy = listener;
      EXPECT_EQ(copy, listener);
      at = listener.Addr();
    }
    EXPECT_EQ(Failed(net::Dial("tcp", at.String())).code(),
              std::errc::connection_refused);
  });
}

TEST_P(NetListenTest, AConnectionThatNobodyAcceptedIsResetByClose) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
    EXPECT_FALSE(listener.Close());
    const Error err = Failed(ReadN(conn, 1));
    EXPECT_EQ(err.message(),
              "read tcp " + Route(conn) + ": read: connection reset by peer");
    EXPECT_EQ(err.code(), std::errc::connection_reset);
  });
}

// Go: TestAcceptIgnoreAbortedConnRequest. On Linux it is still accepted, and
// its reads fail.
TEST_P(NetListenTest, AConnectionThatIsGoneBeforeAcceptDoesNotEndIt) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    for (int i = 0; i < 10; i++) {
      const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
      EXPECT_FALSE(conn.As<net::TCPConn>()->SetLinger(0));
      EXPECT_FALSE(conn.Close());
    }
    const Conn last = Must(net::Dial("tcp", listener.Addr().String()));
    EXPECT_FALSE(Failed(last.Write("x")));
    for (int i = 0;; i++) {
      ASSERT_LE(i, 10);
      const Conn conn = Must(listener.Accept());
      const auto [text, err] = ReadN(conn, 1);
      if (!err) break;
      EXPECT_EQ(err.code(), std::errc::connection_reset) << err.message();
    }
  });
}

// Go: TestTCPConcurrentAccept.
TEST_P(NetListenTest, SeveralAcceptAtOnceAndEachConnectionIsTakenOnce) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const int conns = kSanitized ? 100 : 1'000;
    std::atomic<int> accepted{0};
    sync::WaitGroup accepting;
    for (int i = 0; i < 10; i++) {
      accepting.Go([&] {
        while (!Failed(listener.Accept())) accepted++;
      });
    }
    sync::WaitGroup dialing;
    for (int k = 0; k < 10; k++) {
      dialing.Go([&] {
        for (int i = 0; i < conns / 10; i++) {
          const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
          // Closed by the acceptor: the connection was taken.
          EXPECT_TRUE(Failed(ReadN(conn, 1)));
        }
      });
    }
    dialing.Wait();
    EXPECT_FALSE(listener.Close());
    accepting.Wait();
    EXPECT_EQ(accepted, conns);
  });
}

TEST_P(NetListenTest, ControlHasTheSocketBeforeItIsBound) {
  Run([] {
    const TempFolder folder;
    for (const auto& [network, address, full] :
         {std::tuple(std::string("tcp"), std::string("127.0.0.1:0"), "tcp4"),
          std::tuple(std::string("tcp"), std::string("[::1]:0"), "tcp6"),
          std::tuple(std::string("unix"), folder / "a", "unix")}) {
      ListenConfig config;
      int number = -1;
      config.control = [&, wanted = std::string_view(full), at = address](
                           std::string_view n, std::string_view a, int fd) {
        EXPECT_EQ(n, wanted);
        EXPECT_EQ(a, at);
        number = fd;
        return Error();
      };
      const Listener listener =
          Must(config.Listen(context::Background(), network, address));
      EXPECT_EQ(listener.Fd(), number);
    }
    const int fds = OpenFds();
    ListenConfig config;
    const Error own = errors::New("own");
    config.control = [&](std::string_view, std::string_view, int) {
      return own;
    };
    const Error err =
        Failed(config.Listen(context::Background(), "tcp", "127.0.0.1:0"));
    EXPECT_EQ(err.message(), "listen tcp 127.0.0.1:0: own");
    EXPECT_TRUE(errors::Is(err, own));
    EXPECT_EQ(OpenFds(), fds);
  });
}

TEST_P(NetListenTest, ReusePortLetsSeveralListenAtOneAddress) {
  Run([] {
    ListenConfig config;
    config.reuse_port = true;
    const Listener one =
        Must(config.Listen(context::Background(), "tcp", "127.0.0.1:0"));
    const std::string at = one.Addr().String();
    const Listener other =
        Must(config.Listen(context::Background(), "tcp", at));
    EXPECT_EQ(Failed(net::Listen("tcp", at)).code(), std::errc::address_in_use);
    // Each has some of many connections.
    std::atomic<int> taken[2] = {0, 0};
    sync::WaitGroup accepting;
    accepting.Go([&] {
      while (!Failed(one.Accept())) taken[0]++;
    });
    accepting.Go([&] {
      while (!Failed(other.Accept())) taken[1]++;
    });
    for (int i = 0; i < 100; i++) {
      const Conn conn = Must(net::Dial("tcp", at));
      EXPECT_TRUE(Failed(ReadN(conn, 1)));
    }
    EXPECT_FALSE(one.Close());
    EXPECT_FALSE(other.Close());
    accepting.Wait();
    EXPECT_EQ(taken[0] + taken[1], 100);
    EXPECT_GT(taken[0], 0);
    EXPECT_GT(taken[1], 0);
  });
}

TEST_P(NetListenTest, ABacklogOfOneHoldsTwo) {
  Run([] {
    ListenConfig config;
    config.backlog = 1;
    const Listener listener =
        Must(config.Listen(context::Background(), "tcp", "127.0.0.1:0"));
    const std::string at = listener.Addr().String();
    std::vector<Conn> conns;
    for (int i = 0; i < 2; i++) {
      conns.push_back(Must(net::DialTimeout("tcp", at, 20s)));
    }
    const Error err = Failed(net::DialTimeout("tcp", at, 50ms));
    EXPECT_TRUE(net::TimedOut(err)) << err.message();
    // Once there is room, others come in.
    EXPECT_TRUE(Must(listener.Accept()));
    EXPECT_TRUE(Must(net::DialTimeout("tcp", at, 20s)));
  });
}

TEST_P(NetListenTest, ByDefaultManyMayWaitForAccept) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    std::vector<Conn> conns;
    for (int i = 0; i < 200; i++) {
      conns.push_back(
          Must(net::DialTimeout("tcp", listener.Addr().String(), 20s)));
    }
    for (int i = 0; i < 200; i++) EXPECT_TRUE(Must(listener.Accept()));
  });
}

TEST_P(NetListenTest, AListenerThatTheProgramHasFromElsewhereServes) {
  Run([] {
    const Listener first = Must(net::Listen("tcp", "127.0.0.1:0"));
    const Listener copy = Must(net::FileListener(first.Fd()));
    EXPECT_NE(copy.Fd(), first.Fd());
    EXPECT_EQ(copy.Addr(), first.Addr());
    EXPECT_FALSE(first.Close());  // the socket still listens
    const Ends ends = Connect(copy);
    EXPECT_FALSE(Failed(ends.a.Write("x")));
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");
    EXPECT_TRUE(copy.Close() == nullptr);
    EXPECT_EQ(Failed(net::FileListener(-1)).code(),
              std::errc::bad_file_descriptor);
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    EXPECT_EQ(Failed(net::FileListener(fds[0])).code(),
              std::errc::not_a_socket);
    ::close(fds[0]);
    ::close(fds[1]);
  });
}

TEST_P(NetListenTest, AUnixListenerFromElsewhereKeepsItsFile) {
  Run([] {
    const TempFolder folder;
    const std::string path = folder / "socket";
    {
      const Listener first = Must(net::Listen("unix", path));
      const Listener copy = Must(net::FileListener(first.Fd()));
      EXPECT_EQ(copy.Addr().String(), path);
      EXPECT_FALSE(copy.Close());
      EXPECT_EQ(::access(path.c_str(), F_OK), 0);
    }
    EXPECT_NE(::access(path.c_str(), F_OK), 0);  // first's end
  });
}

TEST_P(NetListenTest, ServeServesUntilTheListenerIsClosed) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    sync::WaitGroup serving;
    serving.Go([&] {
      EXPECT_EQ(net::Serve(context::Background(), listener, Echo), nullptr);
    });
    for (int i = 0; i < 20; i++) {
      const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
      EXPECT_FALSE(Failed(conn.Write("hello")));
      EXPECT_EQ(Must(ReadN(conn, 5)), "hello");
    }
    EXPECT_FALSE(listener.Close());
    serving.Wait();
  });
}

TEST_P(NetListenTest, ServeEndsWithItsContextAndClosesTheListener) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    auto [ctx, cancel] = context::WithCancel(context::Background());
    sync::WaitGroup serving;
    serving.Go([&, own = ctx] {
      EXPECT_EQ(net::Serve(own, listener, Echo), context::Canceled);
    });
    const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
    EXPECT_FALSE(Failed(conn.Write("x")));
    EXPECT_EQ(Must(ReadN(conn, 1)), "x");
    cancel();
    serving.Wait();
    EXPECT_TRUE(errors::Is(listener.Close(), net::Closed));
    // What it has accepted goes on.
    EXPECT_FALSE(Failed(conn.Write("y")));
    EXPECT_EQ(Must(ReadN(conn, 1)), "y");
    EXPECT_FALSE(conn.Close());
  });
}

TEST_P(NetListenTest, ServeReturnsAnErrorThatStays) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    EXPECT_FALSE(listener.SetDeadline(Over()));
    const Error err = net::Serve(context::Background(), listener, Echo);
    EXPECT_TRUE(net::TimedOut(err)) << err.message();
  });
}

TEST_P(NetListenTest, AServerKnowsAConnectionWhoseGoroutineHasNotRun) {
  Run([] {
    // One P: Serve returns before all that it has started has run.
    runtime::GOMAXPROCS(1);
    for (int i = 0; i < 50; i++) {
      const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
      std::vector<Conn> clients;
      for (int n = 0; n < 4; n++) {
        clients.push_back(Must(net::Dial("tcp", listener.Addr().String())));
      }
      const context::Scoped ctx = context::WithCancel(context::Background());
      const net::Server server;
      std::atomic<int> served = 0;
      const auto waited = std::make_shared<std::atomic<bool>>(false);
      EXPECT_EQ(server.Serve(ctx, listener,
                             [&ctx, &served, waited](const Conn&) {
                               EXPECT_FALSE(*waited);
                               if (!*waited && ++served == 1) ctx.Cancel();
                             }),
                context::Canceled);
      EXPECT_FALSE(server.Wait(context::Background()));
      *waited = true;
      EXPECT_GE(served, 1);
      for (int n = 0; n < 10; n++) runtime::Gosched();
    }
  });
}

TEST_P(NetListenTest, AServerThatStopsUnderLoadLosesNoConnection) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const std::string address = listener.Addr().String();
    const context::Scoped ctx = context::WithCancel(context::Background());
    const net::Server server;
    std::atomic<int> begun = 0;
    std::atomic<int> answered = 0;
    std::atomic<int> heard = 0;
    sync::WaitGroup clients;
    for (int i = 0; i < 16; i++) {
      clients.Go([&, at = address] {
        for (;;) {
          const auto [conn, err] = net::Dial("tcp", at);
          if (err) return;
          if (ReadN(conn, 6).first == "answer") heard++;
        }
      });
    }
    EXPECT_EQ(server.Serve(ctx, listener,
                           [&](const Conn& conn) {
                             if (++begun == 300) ctx.Cancel();
                             runtime::Gosched();
                             EXPECT_FALSE(Failed(conn.Write("answer")));
                             answered++;
                           }),
              context::Canceled);
    EXPECT_FALSE(server.Wait(context::Background()));
    // No other begins from here on, and each has said what it had to say.
    const int all = begun;
    EXPECT_GE(all, 300);
    EXPECT_EQ(answered, all);
    clients.Wait();
    EXPECT_EQ(begun, all);
    EXPECT_EQ(heard, all);
  });
}

TEST_P(NetListenTest, WaitOfAServerEndsWithItsContext) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const net::Server server;
    EXPECT_FALSE(server.Wait(context::Background()));  // there is none yet
    sync::WaitGroup serving;
    serving.Go([&] {
      EXPECT_FALSE(server.Serve(context::Background(), listener, Echo));
    });
    const Conn a = Must(net::Dial("tcp", listener.Addr().String()));
    EXPECT_FALSE(Failed(a.Write("x")));
    EXPECT_EQ(Must(ReadN(a, 1)), "x");
    const std::vector<Conn> open = server.Conns();
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open[0].RemoteAddr(), a.LocalAddr());
    // Several may wait, one gives up, and the others do not notice.
    sync::WaitGroup waiting;
    waiting.Go([&] { EXPECT_FALSE(server.Wait(context::Background())); });
    const context::Scoped over = context::WithCancel(context::Background());
    over.Cancel();
    EXPECT_EQ(server.Wait(over), context::Canceled);
    EXPECT_FALSE(a.Close());
    waiting.Wait();
    EXPECT_TRUE(server.Conns().empty());
    EXPECT_FALSE(listener.Close());
    serving.Wait();
  });
}

// With one P, the goroutine in Wait comes to run when the context has ended and
// the last connection has, too.
TEST(NetListen, WaitOfAServerSaysThatThereIsNoConnectionBeforeAnythingElse) {
  RunWith(1, [] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const net::Server server;
    const auto go_on = MakeChan<Unit>();
    sync::WaitGroup serving;
    serving.Go([&] {
      EXPECT_FALSE(server.Serve(context::Background(), listener,
                                [&](const Conn&) { go_on.Recv(); }));
    });
    int both = 0;
    for (int i = 0; i < 50; i++) {
      const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
      while (server.Conns().empty()) runtime::Gosched();
      const context::Scoped ctx = context::WithCancel(context::Background());
      sync::WaitGroup waiting;
      waiting.Go([&] {
        const Error err = server.Wait(ctx);
        if (err) {
          EXPECT_EQ(err, context::Canceled);
        } else {
          both++;
        }
      });
      runtime::Gosched();  // until it waits
      ctx.Cancel();
      go_on.Send(Unit{});
      waiting.Wait();
      while (!server.Conns().empty()) runtime::Gosched();
      EXPECT_FALSE(conn.Close());
    }
    // The monitor may have interfered with some.
    EXPECT_GT(both, 0);
    EXPECT_FALSE(listener.Close());
    serving.Wait();
  });
}

TEST_P(NetListenTest, AServerForgetsAConnectionWhoseGoroutineEndsEarly) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const net::Server server;
    sync::WaitGroup serving;
    serving.Go([&] {
      EXPECT_FALSE(server.Serve(context::Background(), listener,
                                [](const Conn&) { runtime::Goexit(); }));
    });
    const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
    EXPECT_EQ(Drain(conn).second, io::Eof);  // it has closed it, too
    EXPECT_FALSE(listener.Close());
    serving.Wait();
    EXPECT_FALSE(server.Wait(context::Background()));
  });
}

}  // namespace
}  // namespace gosling
