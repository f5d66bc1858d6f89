// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What goes wrong: resets in each state, no descriptors left, peers that do not
// read, descriptors that are closed behind our back, forks, SIGPIPE, numbers
// that are used again at once, and deadlocks.

#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/children.h"
#include "tests/crash/crash_testing.h"
#include "tests/go_test.h"
#include "tests/net_testing.h"
#include "tests/parked.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using net::Conn;
using net::Listener;
using net::TCPConn;
using ::testing::ExitedWithCode;

class NetFaultsTest : public GoTest {
 protected:
  NetFaultsTest() { IgnoreNoSignals(); }
};

INSTANTIATE_TEST_SUITE_P(Procs, NetFaultsTest, kProcs, ProcsName);

// Reset ends a connection so that the other end hears of a reset.
void Reset(const Conn& conn) {
  EXPECT_FALSE(conn.As<TCPConn>()->SetLinger(0));
  EXPECT_FALSE(conn.Close());
}

TEST_P(NetFaultsTest, AResetEndsAReadThatWaits) {
  Run([] {
    const Ends ends = Connected("tcp");
    sync::WaitGroup reading;
    reading.Go([&] {
      const Error err = Failed(ReadN(ends.a, 1));
      EXPECT_EQ(err.message(), "read tcp " + Route(ends.a) +
                                   ": read: connection reset by peer");
      EXPECT_EQ(err.code(), std::errc::connection_reset);
      // It was told once; then it is the end.
      EXPECT_EQ(Failed(ReadN(ends.a, 1)), io::Eof);
    });
    time::Sleep(2ms);
    Reset(ends.b);
    reading.Wait();
  });
}

TEST_P(NetFaultsTest, AResetEndsAWriteThatWaits) {
  Run([] {
    const Ends ends = Connected("tcp");
    sync::WaitGroup writing;
    writing.Go([&] {
      const std::string much(64 << 20, 'x');
      const auto [n, err] = ends.a.Write(much);
      EXPECT_LT(n, much.size());
      EXPECT_EQ(err.message(), "write tcp " + Route(ends.a) +
                                   ": write: connection reset by peer");
    });
    time::Sleep(10ms);
    Reset(ends.b);
    writing.Wait();
    EXPECT_EQ(Failed(ends.a.Write("x")).code(), std::errc::broken_pipe);
  });
}

TEST_P(NetFaultsTest, AResetEndsAReadAndAWriteThatWaitTogether) {
  Run([] {
    for (int i = 0; i < (kSanitized ? 20 : 200); i++) {
      const Ends ends = Connected("tcp");
      std::atomic<int> resets{0};
      sync::WaitGroup waiting;
      waiting.Go([&] {
        const Error err = Failed(ReadN(ends.a, 1));
        EXPECT_TRUE(err == io::Eof || err.code() == std::errc::connection_reset)
            << err.message();
        resets += err == io::Eof ? 0 : 1;
      });
      waiting.Go([&] {
        Error err;
        while (!err) err = Failed(ends.a.Write(std::string(100'000, 'x')));
        EXPECT_TRUE(err.code() == std::errc::broken_pipe ||
                    err.code() == std::errc::connection_reset)
            << err.message();
        resets += err.code() == std::errc::broken_pipe ? 0 : 1;
      });
      if (i % 2 == 0) time::Sleep(200us);
      Reset(ends.b);
      waiting.Wait();
      EXPECT_EQ(resets, 1);
    }
  });
}

TEST_P(NetFaultsTest, AResetAfterHalfAnEndIsToldToo) {
  Run([] {
    const Ends ends = Connected("tcp");
    EXPECT_FALSE(ends.a.As<TCPConn>()->CloseWrite());
    EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
    sync::WaitGroup reading;
    reading.Go([&] {
      EXPECT_EQ(Failed(ReadN(ends.a, 1)).code(), std::errc::connection_reset);
    });
    time::Sleep(1ms);
    Reset(ends.b);
    reading.Wait();
  });
}

TEST_P(NetFaultsTest, ClosingWithUnreadDataIsAReset) {
  Run([] {
    const Ends ends = Connected("tcp");
    EXPECT_FALSE(Failed(ends.a.Write("unread")));
    EXPECT_FALSE(ends.b.SetReadDeadline(In(20s)));
    EXPECT_EQ(Must(ReadN(ends.b, 1)), "u");  // it has arrived
    EXPECT_FALSE(ends.b.Close());
    EXPECT_EQ(Failed(ReadN(ends.a, 1)).code(), std::errc::connection_reset);
  });
}

TEST_P(NetFaultsTest, WritingToWhatIsGoneRaisesNoSignal) {
  Run([] {
    struct sigaction action = {};
    ASSERT_EQ(::sigaction(SIGPIPE, nullptr, &action), 0);
    ASSERT_EQ(action.sa_handler, SIG_DFL);
    for (const char* network : {"tcp", "unix", "unixpacket"}) {
      const Ends ends = Connected(network);
      EXPECT_FALSE(ends.b.Close());
      Error err;
      for (int i = 0; i < 1'000 && !err; i++) {
        err = Failed(ends.a.Write("x"));
      }
      EXPECT_TRUE(err.code() == std::errc::broken_pipe ||
                  err.code() == std::errc::connection_reset)
          << network << err.message();
      EXPECT_EQ(Failed(ends.a.Write("x")).code(), std::errc::broken_pipe);
      EXPECT_EQ(Failed(ends.a.Writev({"x", "y"})).code(),
                std::errc::broken_pipe);
      if (const auto local = ends.a.As<net::UnixConn>()) {
        const std::array fds = {2};
        EXPECT_EQ(Failed(local->SendFds("x", fds)).code(),
                  std::errc::broken_pipe);
      }
    }
  });
}

// NoFds leaves the process `left` descriptors and gives all back at the end.
class NoFds {
 public:
  explicit NoFds(int left) {
    ::getrlimit(RLIMIT_NOFILE, &former_);
    rlimit low = former_;
    low.rlim_cur = kMost;
    ::setrlimit(RLIMIT_NOFILE, &low);
    // One that sysmon has open for a moment is free a moment later.
    const std::size_t all = kMost - OpenFiles();
    while (fds_.size() < all) {
      const int fd = ::fcntl(2, F_DUPFD_CLOEXEC, 0);
      if (fd >= 0) fds_.push_back(fd);
    }
    for (int i = 0; i < left && !fds_.empty(); i++) {
      ::close(fds_.back());
      fds_.pop_back();
    }
  }
  NoFds(const NoFds&) = delete;
  NoFds& operator=(const NoFds&) = delete;
  ~NoFds() {
    for (const int fd : fds_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &former_);
  }

 private:
  static constexpr int kMost = 400;

  // OpenFiles counts the descriptors but for those of the kernel's files about
  // threads and control groups, which sysmon opens.
  static std::size_t OpenFiles() {
    std::size_t n = 0;
    for (int fd = 0; fd < kMost; fd++) {
      struct statfs of = {};
      if (::fstatfs(fd, &of) == 0 && of.f_type != PROC_SUPER_MAGIC &&
          of.f_type != CGROUP_SUPER_MAGIC && of.f_type != CGROUP2_SUPER_MAGIC) {
        n++;
      }
    }
    return n;
  }

  rlimit former_ = {};
  std::vector<int> fds_;
};

// RawClients are sockets that are there before the descriptors are used up.
class RawClients {
 public:
  explicit RawClients(int n) {
    for (int i = 0; i < n; i++) {
      fds_.push_back(
          ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    }
  }
  RawClients(const RawClients&) = delete;
  RawClients& operator=(const RawClients&) = delete;
  ~RawClients() {
    for (const int fd : fds_) ::close(fd);
  }

  void Connect(const net::Addr& to) const {
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_port = htons(to.port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (const int fd : fds_) {
      const int failed =
          ::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at);
      EXPECT_TRUE(failed == 0 || errno == EINPROGRESS);
    }
  }

  const std::vector<int>& fds() const { return fds_; }

 private:
  std::vector<int> fds_;
};

TEST_P(NetFaultsTest, WithoutADescriptorAcceptSaysSoAndLosesNoConnection) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp4", "127.0.0.1:0"));
    const RawClients clients(1);
    clients.Connect(listener.Addr());
    {
      const NoFds none(0);
      for (int i = 0; i < 3; i++) {
        const Error err = Failed(listener.Accept());
        EXPECT_EQ(err.message(), "accept tcp " + listener.Addr().String() +
                                     ": accept4: too many open files");
        EXPECT_EQ(err.code(), std::errc::too_many_files_open);
      }
      EXPECT_EQ(Failed(net::Dial("tcp", listener.Addr().String())).message(),
                "dial tcp " + listener.Addr().String() +
                    ": socket: too many open files");
      EXPECT_EQ(Failed(net::Listen("tcp", "127.0.0.1:0")).message(),
                "listen tcp 127.0.0.1:0: socket: too many open files");
    }
    EXPECT_TRUE(Must(listener.Accept()));
  });
}

TEST_P(NetFaultsTest, ServeGoesOnWhenDescriptorsRunOutAndLosesNone) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp4", "127.0.0.1:0"));
    constexpr int kClients = 40;
    const RawClients clients(kClients);
    const NoFds few(3);
    sync::WaitGroup serving;
    serving.Go([&] {
      EXPECT_EQ(net::Serve(context::Background(), listener,
                           [](const Conn& c) {
                             time::Sleep(1ms);
                             EXPECT_FALSE(Failed(c.Write("hello")));
                             EXPECT_FALSE(c.Close());
                           }),
                nullptr);
    });
    clients.Connect(listener.Addr());
    int served = 0;
    for (const int fd : clients.fds()) {
      char buf[8];
      for (;;) {
        const ssize_t n = ::read(fd, buf, sizeof buf);
        if (n < 0 && errno == EAGAIN) {
          ASSERT_FALSE(runtime::WaitReadable(fd, In(20s)));
          continue;
        }
        served += n == 5 ? 1 : 0;
        break;
      }
    }
    EXPECT_EQ(served, kClients);
    EXPECT_FALSE(listener.Close());
    serving.Wait();
  });
}

TEST_P(NetFaultsTest, APeerThatDoesNotReadCostsNoMoreThanItsBuffers) {
  Run([] {
    const Ends ends = Connected("unix");
    const std::string some(1 << 20, 'x');
    EXPECT_FALSE(ends.a.SetWriteDeadline(In(30ms)));
    std::size_t all = 0;
    for (;;) {
      const auto [n, err] = ends.a.Write(some);
      all += n;
      if (!err) continue;
      EXPECT_TRUE(net::TimedOut(err)) << err.message();
      break;
    }
    EXPECT_LT(all, some.size());
    // It goes on from where it stood.
    EXPECT_FALSE(ends.a.SetWriteDeadline({}));
    sync::WaitGroup writing;
    writing.Go([&] {
      EXPECT_EQ(Must(ends.a.Write(some)), some.size());
      EXPECT_FALSE(ends.a.Close());
    });
    EXPECT_EQ(Drain(ends.b).first, all + some.size());
    writing.Wait();
  });
}

TEST_P(NetFaultsTest, ADescriptorClosedBehindOurBackIsAnErrorAndNoHang) {
  Run([] {
    for (const char* network : kStreams) {
      const Ends ends = Connected(network);
      const std::string of =
          std::string(" ") + network + " " + Route(ends.a) + ": ";
      ASSERT_EQ(::close(ends.a.Fd()), 0);
      const Error read = Failed(ReadN(ends.a, 1));
      EXPECT_EQ(read.message(), "read" + of + "read: bad file descriptor");
      EXPECT_EQ(read.code(), std::errc::bad_file_descriptor);
      EXPECT_EQ(Failed(ends.a.Write("x")).message(),
                "write" + of + "write: bad file descriptor");
      EXPECT_EQ(ends.a.Close().message(),
                "close" + of + "close: bad file descriptor");
      EXPECT_TRUE(errors::Is(Failed(ReadN(ends.a, 1)), net::Closed));
      EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
    }
  });
}

TEST_P(NetFaultsTest, AReadThatWaitsForSuchADescriptorCanStillBeEnded) {
  Run([] {
    for (const bool by_close : {false, true}) {
      const Ends ends = Connected("tcp");
      EXPECT_FALSE(by_close ? Error() : ends.a.SetReadDeadline(In(20ms)));
      Parker reader;
      std::atomic<bool> ended{false};
      sync::WaitGroup reading;
      reading.Go([&] {
        reader.Comes();
        const Error err = Failed(ReadN(ends.a, 1));
        EXPECT_TRUE(by_close ? errors::Is(err, net::Closed)
                             : net::TimedOut(err))
            << err.message();
        ended = true;
      });
      // A read that came after the close would be of a bad descriptor. The
      // deadline may end it before.
      EXPECT_TRUE(YieldUntil([&] { return ended || reader.Parked(); }));
      // Not close: ThreadSanitizer takes a descriptor for memory, and nothing
      // orders this and the read's first try, on purpose.
      ASSERT_EQ(::syscall(SYS_close, ends.a.Fd()), 0);
      if (by_close) {
        EXPECT_EQ(ends.a.Close().code(), std::errc::bad_file_descriptor);
      }
      reading.Wait();
    }
  });
}

TEST_P(NetFaultsTest, AListenerClosedBehindOurBackIsAnErrorToo) {
  Run([] {
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    ASSERT_EQ(::close(listener.Fd()), 0);
    EXPECT_EQ(Failed(listener.Accept()).message(),
              "accept tcp " + listener.Addr().String() +
                  ": accept4: bad file descriptor");
    EXPECT_EQ(listener.Close().code(), std::errc::bad_file_descriptor);
  });
}

// Each connection has the number of one that was closed just now: no report
// meant for that one may reach it, and none of its own be lost.
TEST_P(NetFaultsTest, ConnectionsThatReuseNumbersDoNotMixUp) {
  Run([] {
    const int times = kSanitized ? 1'000 : 17'000;  // 50,000 in all
    const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const std::string at = listener.Addr().String();
    sync::WaitGroup serving;
    serving.Go([&] {
      for (;;) {
        const auto [conn, err] = listener.Accept();
        if (err) break;
        const auto [text, end] = ReadN(conn, 4);
        EXPECT_FALSE(end) << end.message();
        EXPECT_FALSE(Failed(conn.Write(text)));
        // No port is kept for a minute.
        EXPECT_FALSE(conn.As<TCPConn>()->SetLinger(0));
      }
    });
    const int fds = OpenFds();
    for (int i = 0; i < times; i++) {
      const Conn conn = Must(net::Dial("tcp", at));
      char text[5];
      std::snprintf(text, sizeof text, "%04d", i % 10'000);
      ASSERT_FALSE(Failed(conn.Write(std::string_view(text, 4))));
      ASSERT_EQ(ReadN(conn, 4).first, text);
    }
    EXPECT_FALSE(listener.Close());
    serving.Wait();
    EXPECT_LE(OpenFds(), fds);
  });
}

// A child has the descriptors too, the netpoller's among them: what is closed
// here stays open there, and nothing that happens to it is reported here.
TEST_P(NetFaultsTest, AChildThatHoldsTheSocketsDisturbsNothing) {
  Run([] {
    const TempFolder folder;
    const Listener listener = Must(net::Listen("unix", folder / "socket"));
    const Ends before = Connect(listener);
    const Ends held = Connect(listener);
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    ASSERT_GT(child, 0);
    const int number = held.a.Fd();
    EXPECT_FALSE(held.a.Close());
    // The number is another connection's now; the child has the old one.
    const Ends reused = Connect(listener);
    EXPECT_TRUE(reused.a.Fd() == number || reused.b.Fd() == number);
    sync::WaitGroup waiting;
    waiting.Go([&] { EXPECT_EQ(Must(ReadN(reused.a, 1)), "a"); });
    waiting.Go([&] { EXPECT_EQ(Must(ReadN(reused.b, 1)), "b"); });
    EXPECT_FALSE(Failed(held.b.Write("to the child")));
    EXPECT_FALSE(held.b.SetReadDeadline(In(5ms)));
    EXPECT_TRUE(net::TimedOut(Failed(ReadN(held.b, 1))));
    EXPECT_FALSE(Failed(reused.a.Write("b")));
    EXPECT_FALSE(Failed(reused.b.Write("a")));
    waiting.Wait();
    EXPECT_FALSE(Failed(before.a.Write("still")));
    EXPECT_EQ(Must(ReadN(before.b, 5)), "still");
    ::kill(child, SIGKILL);
    runtime::Blocking([&] { AwaitStatus(child); });
    // With the child the connection is gone, with unread data.
    EXPECT_FALSE(held.b.SetReadDeadline({}));
    EXPECT_EQ(Failed(ReadN(held.b, 1)).code(), std::errc::connection_reset);
  });
}

TEST_P(NetFaultsTest, WhoSharesASocketWithAnotherProcessTriesAgain) {
  // Both hear of each message, one has it.
  Run([] {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
    const Conn one = Must(net::FileConn(fds[0]));
    const Conn copy = Must(net::FileConn(fds[0]));
    std::atomic<int> got{0};
    sync::WaitGroup reading;
    for (const Conn* conn : {&one, &copy}) {
      reading.Go([&got, c = *conn] {
        std::array<char, 8> buf;
        while (!Failed(c.Read(buf))) got++;
      });
    }
    for (int i = 0; i < 100; i++) {
      EXPECT_EQ(::send(fds[1], "x", 1, 0), 1);
      while (got <= i) runtime::Gosched();
    }
    EXPECT_EQ(got, 100);
    EXPECT_FALSE(one.Close());
    EXPECT_FALSE(copy.Close());
    reading.Wait();
    ::close(fds[0]);
    ::close(fds[1]);
  });
}

class NetDeadlockDeathTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Procs, NetDeadlockDeathTest, kProcs, ProcsName);

// Open sockets that nobody waits for keep nothing alive.
TEST_P(NetDeadlockDeathTest, IsReportedWhenTheLastGoroutineWaitsForNothing) {
  EXPECT_EXIT(Child([] {
                const Ends ends = Connected("tcp");
                (void)ends.a.Write("x");
                (void)ReadN(ends.b, 1);
                (void)ends.a.SetReadDeadline(Over());
                (void)ReadN(ends.a, 1);
                (void)ends.a.SetReadDeadline({});
                MakeChan<int>().Recv();
              }),
              ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n"
              "\ngoroutine [0-9]+ \\[chan receive\\]:\n");
}

TEST_P(NetDeadlockDeathTest, IsNotReportedWhileAGoroutineWaitsForASocket) {
  EXPECT_EXIT(Child([] {
                const Listener listener =
                    Must(net::Listen("tcp", "127.0.0.1:0"));
                Go([listener] { (void)listener.Accept(); });
                ::signal(SIGALRM, [](int) { ::_exit(7); });
                ::alarm(1);
                MakeChan<int>().Recv();
              }),
              ExitedWithCode(7), "^$");
}

}  // namespace
}  // namespace gosling
