// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Unix sockets: descriptors that are passed, abstract names, messages, files
// that are removed. Go: net/unixsock_test.go, unixsock_linux_test.go.

#include <fcntl.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <span>
#include <string>
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
using net::PacketConn;
using net::UnixConn;

class NetUnixTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, NetUnixTest, kProcs, ProcsName);

// Pipe is the system's, whose descriptors are passed about.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(fds_, O_CLOEXEC) != 0) std::abort();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(fds_[0]);
    CloseWriter();
  }
  int reader() const { return fds_[0]; }
  int writer() const { return fds_[1]; }
  void CloseWriter() {
    if (fds_[1] >= 0) ::close(fds_[1]);
    fds_[1] = -1;
  }
  std::string Read() const {
    std::array<char, 64> buf;
    const ssize_t n = ::read(fds_[0], buf.data(), buf.size());
    return n < 0 ? "error" : std::string(buf.data(), n);
  }

 private:
  int fds_[2];
};

void CloseAll(const std::vector<int>& fds) {
  for (const int fd : fds) ::close(fd);
}

TEST_P(NetUnixTest, ADescriptorThatIsPassedIsTheSameFile) {
  Run([] {
    for (const char* network : {"unix", "unixpacket"}) {
      const Ends ends = Connected(network);
      Pipe pipe;
      const std::array fds = {pipe.writer()};
      EXPECT_EQ(Must(ends.a.As<UnixConn>()->SendFds("here", fds)), 4u);
      std::array<char, 16> buf;
      const auto got = ends.b.As<UnixConn>()->RecvFds(buf, 4);
      EXPECT_FALSE(got.err) << got.err.message();
      EXPECT_EQ(std::string(buf.data(), got.n), "here");
      ASSERT_EQ(got.fds.size(), 1u);
      EXPECT_NE(got.fds[0], pipe.writer());
      EXPECT_NE(::fcntl(got.fds[0], F_GETFD) & FD_CLOEXEC, 0);
      EXPECT_EQ(::write(got.fds[0], "hi", 2), 2);
      EXPECT_EQ(pipe.Read(), "hi");
      // The pipe ends once both are closed.
      pipe.CloseWriter();
      CloseAll(got.fds);
      EXPECT_EQ(pipe.Read(), "");
    }
  });
}

TEST_P(NetUnixTest, AReceiverOfDescriptorsParksAndHasADeadline) {
  Run([] {
    const Ends ends = Connected("unix");
    const UnixConn a = *ends.a.As<UnixConn>();
    const UnixConn b = *ends.b.As<UnixConn>();
    std::array<char, 16> buf;
    EXPECT_FALSE(b.SetReadDeadline(In(2ms)));
    auto got = b.RecvFds(buf, 1);
    EXPECT_TRUE(net::TimedOut(got.err)) << got.err.message();
    EXPECT_TRUE(got.fds.empty());
    EXPECT_FALSE(b.SetReadDeadline({}));
    const Pipe pipe;
    sync::WaitGroup sending;
    sending.Go([&] {
      time::Sleep(2ms);
      const std::array fds = {pipe.reader(), pipe.writer()};
      EXPECT_FALSE(Failed(a.SendFds("x", fds)));
    });
    got = b.RecvFds(buf, 2);
    EXPECT_EQ(got.fds.size(), 2u);
    CloseAll(got.fds);
    sending.Wait();
    EXPECT_FALSE(a.Close());
    EXPECT_EQ(b.RecvFds(buf, 2).err, io::Eof);
    EXPECT_FALSE(b.Close());
    EXPECT_TRUE(errors::Is(b.RecvFds(buf, 2).err, net::Closed));
    const std::array fds = {pipe.reader()};
    EXPECT_TRUE(errors::Is(Failed(b.SendFds("x", fds)), net::Closed));
  });
}

TEST_P(NetUnixTest, AsManyDescriptorsGoAsTheSystemAllowsAndNoMore) {
  Run([] {
    const Ends ends = Connected("unix");
    const UnixConn a = *ends.a.As<UnixConn>();
    const UnixConn b = *ends.b.As<UnixConn>();
    const Pipe pipe;
    const int before = OpenFds();
    const std::vector<int> most(253, pipe.writer());
    EXPECT_EQ(Must(a.SendFds("x", most)), 1u);
    std::array<char, 16> buf;
    const auto got = b.RecvFds(buf, 253);
    EXPECT_EQ(got.fds.size(), 253u) << got.err.message();
    CloseAll(got.fds);
    const std::vector<int> more(254, pipe.writer());
    EXPECT_EQ(Failed(a.SendFds("x", more)).message(), "invalid argument");
    // Without a byte they would not arrive.
    const std::array one = {pipe.writer()};
    EXPECT_EQ(Failed(a.SendFds("", one)).message(), "invalid argument");
    EXPECT_EQ(OpenFds(), before);
  });
}

TEST_P(NetUnixTest, DescriptorsThatAreNotWantedAreClosed) {
  Run([] {
    const Ends ends = Connected("unix");
    const UnixConn a = *ends.a.As<UnixConn>();
    const UnixConn b = *ends.b.As<UnixConn>();
    Pipe pipe;
    const std::vector<int> three(3, pipe.writer());
    std::array<char, 16> buf;
    const int before = OpenFds();
    EXPECT_FALSE(Failed(a.SendFds("a", three)));
    const auto one = b.RecvFds(buf, 1);
    EXPECT_LE(one.fds.size(), 2u);  // the system counts in pairs
    CloseAll(one.fds);
    EXPECT_FALSE(Failed(a.SendFds("b", three)));
    EXPECT_EQ(Must(ReadN(b, 1)), "b");  // Read takes none
    EXPECT_FALSE(Failed(a.SendFds("c", three)));
    EXPECT_TRUE(b.RecvFds(buf, 0).fds.empty());
    EXPECT_EQ(OpenFds(), before);
    // Nothing holds the pipe any more.
    pipe.CloseWriter();
    EXPECT_EQ(pipe.Read(), "");
  });
}

TEST_P(NetUnixTest, TextThatComesWithDescriptorsIsAStreamsText) {
  Run([] {
    const Ends ends = Connected("unix");
    const UnixConn a = *ends.a.As<UnixConn>();
    const UnixConn b = *ends.b.As<UnixConn>();
    const Pipe pipe;
    const std::array fds = {pipe.writer()};
    // More than there is room for: the descriptors go with the first byte.
    const std::string much(4 << 20, 'x');
    sync::WaitGroup sending;
    sending.Go([&] { EXPECT_EQ(Must(a.SendFds(much, fds)), much.size()); });
    std::array<char, 16> buf;
    const auto got = b.RecvFds(buf, 1);
    EXPECT_EQ(got.fds.size(), 1u);
    CloseAll(got.fds);
    EXPECT_EQ(Must(ReadN(b, much.size() - got.n)).size(), much.size() - got.n);
    sending.Wait();
    EXPECT_FALSE(Failed(a.SendFds("plain", {})));
    EXPECT_EQ(Must(ReadN(b, 5)), "plain");
  });
}

TEST_P(NetUnixTest, AConnectionCanBePassedOn) {
  Run([] {
    const Ends tcp = Connected("tcp");
    const Ends local = Connected("unix");
    const std::array fds = {tcp.a.Fd()};
    EXPECT_FALSE(Failed(local.a.As<UnixConn>()->SendFds("x", fds)));
    EXPECT_FALSE(tcp.a.Close());
    std::array<char, 1> buf;
    const auto got = local.b.As<UnixConn>()->RecvFds(buf, 1);
    ASSERT_EQ(got.fds.size(), 1u);
    const Conn passed = Must(net::FileConn(got.fds[0]));
    CloseAll(got.fds);
    EXPECT_EQ(passed.RemoteAddr(), tcp.b.LocalAddr());
    EXPECT_FALSE(Failed(passed.Write("hello")));
    EXPECT_EQ(Must(ReadN(tcp.b, 5)), "hello");
  });
}

TEST_P(NetUnixTest, MessagesOfAPacketConnectionStayApart) {
  Run([] {
    const Ends ends = Connected("unixpacket");
    EXPECT_FALSE(Failed(ends.a.Write("one")));
    EXPECT_FALSE(Failed(ends.a.Write("twenty")));
    EXPECT_FALSE(Failed(ends.a.Writev({"th", "r", "ee"})));
    std::array<char, 5> buf;
    const auto read = [&] {
      const std::size_t n = Must(ends.b.Read(buf));
      return std::string(buf.data(), n);
    };
    EXPECT_EQ(read(), "one");
    EXPECT_EQ(read(), "twent");  // the rest of it is lost
    EXPECT_EQ(read(), "three");
    EXPECT_FALSE(ends.a.Close());
    EXPECT_EQ(Failed(ReadN(ends.b, 1)), io::Eof);
  });
}

TEST_P(NetUnixTest, AbstractNamesNeedNoFile) {
  Run([] {
    const std::string name = "@gosling-" + std::to_string(::getpid());
    for (const char* network : {"unix", "unixpacket"}) {
      const Listener listener = Must(net::Listen(network, name));
      EXPECT_EQ(listener.Addr().String(), name);
      EXPECT_FALSE(std::filesystem::exists(name));
      const Ends ends = Connect(listener);
      EXPECT_EQ(ends.a.RemoteAddr().String(), name);
      EXPECT_FALSE(Failed(ends.a.Write("x")));
      EXPECT_EQ(Must(ReadN(ends.b, 1)), "x");
      EXPECT_EQ(Failed(net::Listen(network, name)).code(),
                std::errc::address_in_use);
      EXPECT_FALSE(listener.Close());
      EXPECT_EQ(Failed(net::Dial(network, name)).code(),
                std::errc::connection_refused);
    }
    // The system finds one of its own.
    const Listener own = Must(net::Listen("unix", ""));
    EXPECT_EQ(own.Addr().String()[0], '@');
    EXPECT_GT(own.Addr().String().size(), 1u);
    EXPECT_TRUE(Connect(own).a);
  });
}

TEST_P(NetUnixTest, CloseRemovesTheFile) {
  Run([] {
    const TempFolder folder;
    const std::string path = folder / "socket";
    const Listener listener = Must(net::Listen("unix", path));
    EXPECT_TRUE(std::filesystem::is_socket(path));
    EXPECT_FALSE(listener.Close());
    EXPECT_FALSE(std::filesystem::exists(path));
    // Another's file of that name stays when it is closed once more.
    const Listener other = Must(net::Listen("unix", path));
    EXPECT_TRUE(errors::Is(listener.Close(), net::Closed));
    EXPECT_TRUE(std::filesystem::is_socket(path));
    // One that is gone already does not matter.
    std::filesystem::remove(path);
    EXPECT_FALSE(other.Close());
  });
}

// Go: TestReadUnixgramWithUnnamedSocket.
TEST_P(NetUnixTest, AMessageOfASocketWithoutANameHasNoSender) {
  Run([] {
    const TempFolder folder;
    const PacketConn server =
        Must(net::ListenPacket("unixgram", folder / "server"));
    const Conn client = Must(net::Dial("unixgram", folder / "server"));
    EXPECT_FALSE(Failed(client.Write("hello")));
    std::array<char, 8> buf;
    const auto got = server.ReadFrom(buf);
    EXPECT_EQ(std::string(buf.data(), got.n), "hello");
    EXPECT_TRUE(got.from.path.empty() || got.from.path == "@")
        << got.from.String();
  });
}

TEST_P(NetUnixTest, NamedSocketsAnswerEachOther) {
  Run([] {
    const TempFolder folder;
    const PacketConn a = Must(net::ListenPacket("unixgram", folder / "a"));
    const PacketConn b = Must(net::ListenPacket("unixgram", folder / "b"));
    EXPECT_EQ(Must(a.WriteTo("ping", b.LocalAddr())), 4u);
    std::array<char, 8> buf;
    const auto got = b.ReadFrom(buf);
    EXPECT_EQ(got.from, a.LocalAddr());
    EXPECT_EQ(Must(b.WriteTo("pong", got.from)), 4u);
    EXPECT_EQ(a.ReadFrom(buf).from, b.LocalAddr());
    // Go: TestUnixgramZeroBytePayload, ZeroByteBuffer.
    EXPECT_EQ(Must(a.WriteTo("", b.LocalAddr())), 0u);
    const auto empty = b.ReadFrom(buf);
    EXPECT_EQ(empty.n, 0u);
    EXPECT_FALSE(empty.err);
    EXPECT_EQ(empty.from, a.LocalAddr());
    EXPECT_FALSE(Failed(a.WriteTo("lost", b.LocalAddr())));
    EXPECT_FALSE(b.ReadFrom(std::span<char>()).err);
    EXPECT_FALSE(b.SetReadDeadline(In(2ms)));
    EXPECT_TRUE(net::TimedOut(b.ReadFrom(buf).err));
  });
}

TEST_P(NetUnixTest, DatagramsCarryDescriptors) {
  Run([] {
    const TempFolder folder;
    const PacketConn server =
        Must(net::ListenPacket("unixgram", folder / "server"));
    const Conn client = Must(net::Dial("unixgram", folder / "server"));
    const Pipe pipe;
    const std::array fds = {pipe.writer()};
    EXPECT_EQ(Must(client.As<UnixConn>()->SendFds("x", fds)), 1u);
    std::array<char, 8> buf;
    const auto got = server.As<UnixConn>()->RecvFds(buf, 1);
    EXPECT_EQ(got.n, 1u);
    ASSERT_EQ(got.fds.size(), 1u);
    EXPECT_EQ(::write(got.fds[0], "y", 1), 1);
    EXPECT_EQ(pipe.Read(), "y");
    CloseAll(got.fds);
  });
}

TEST_P(NetUnixTest, ASenderParksWhereTheReceiverIsFull) {
  Run([] {
    const TempFolder folder;
    const PacketConn server =
        Must(net::ListenPacket("unixgram", folder / "server"));
    const Conn client = Must(net::Dial("unixgram", folder / "server"));
    constexpr int kMessages = 2'000;
    sync::WaitGroup sending;
    sending.Go([&] {
      for (int i = 0; i < kMessages; i++) {
        ASSERT_FALSE(Failed(client.Write(std::to_string(i))));
      }
    });
    std::array<char, 16> buf;
    for (int i = 0; i < kMessages; i++) {
      const auto got = server.ReadFrom(buf);
      ASSERT_EQ(std::string(buf.data(), got.n), std::to_string(i));
    }
    sending.Wait();
    EXPECT_FALSE(client.SetWriteDeadline(In(5ms)));
    Error err;
    while (!err) err = Failed(client.Write("x"));
    EXPECT_TRUE(net::TimedOut(err)) << err.message();
  });
}

}  // namespace
}  // namespace gosling
