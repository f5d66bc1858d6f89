// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// UDP: messages stay apart, and tell where they are from. Go:
// net/udpsock_test.go, listen_test.go, net_test.go.

#include <gosling/go.h>
#include <gosling/net.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tests/go_test.h"
#include "tests/net_testing.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using net::Addr;
using net::Conn;
using net::PacketConn;

class NetUdpTest : public GoTest {};

INSTANTIATE_TEST_SUITE_P(Procs, NetUdpTest, kProcs, ProcsName);

PacketConn Socket(std::string_view at = "127.0.0.1:0",
                  std::string_view network = "udp") {
  return Must(net::ListenPacket(network, at));
}

// To is a socket's address as others on this machine reach it.
Addr To(const PacketConn& socket, const char* ip) {
  Addr addr = socket.LocalAddr();
  addr.ip = net::ParseIP(ip);
  return addr;
}

TEST_P(NetUdpTest, MessagesStayApartAndTellWhereTheyAreFrom) {
  Run([] {
    for (const char* at : {"127.0.0.1:0", "[::1]:0"}) {
      const PacketConn a = Socket(at);
      const PacketConn b = Socket(at);
      EXPECT_EQ(Must(a.WriteTo("one", b.LocalAddr())), 3u);
      EXPECT_EQ(Must(a.WriteTo("", b.LocalAddr())), 0u);
      EXPECT_EQ(Must(a.WriteTo("three", b.LocalAddr())), 5u);
      std::array<char, 16> buf;
      for (const char* text : {"one", "", "three"}) {
        const auto got = b.ReadFrom(buf);
        EXPECT_FALSE(got.err) << got.err.message();
        EXPECT_EQ(std::string(buf.data(), got.n), text);
        EXPECT_EQ(got.from, a.LocalAddr());
      }
    }
  });
}

TEST_P(NetUdpTest, OfALongMessageTheRestIsLost) {
  Run([] {
    const PacketConn a = Socket();
    EXPECT_FALSE(Failed(a.WriteTo("0123456789", a.LocalAddr())));
    EXPECT_FALSE(Failed(a.WriteTo("next", a.LocalAddr())));
    EXPECT_FALSE(Failed(a.WriteTo("last", a.LocalAddr())));
    std::array<char, 4> buf;
    auto got = a.ReadFrom(buf);
    EXPECT_FALSE(got.err) << got.err.message();
    EXPECT_EQ(std::string(buf.data(), got.n), "0123");
    // Go: TestUDPZeroByteBuffer.
    got = a.ReadFrom(std::span<char>());
    EXPECT_EQ(got.n, 0u);
    EXPECT_FALSE(got.err);
    got = a.ReadFrom(buf);
    EXPECT_EQ(std::string(buf.data(), got.n), "last");
  });
}

TEST_P(NetUdpTest, AConnectedSocketHearsItsOtherEndOnly) {
  Run([] {
    const PacketConn server = Socket();
    const PacketConn stranger = Socket();
    const Conn client = Must(net::Dial("udp", server.LocalAddr().String()));
    EXPECT_EQ(client.RemoteAddr(), server.LocalAddr());
    EXPECT_FALSE(Failed(stranger.WriteTo("noise", client.LocalAddr())));
    EXPECT_FALSE(Failed(client.Write("question")));
    std::array<char, 16> buf;
    const auto got = server.ReadFrom(buf);
    EXPECT_EQ(got.from, client.LocalAddr());
    EXPECT_FALSE(Failed(server.WriteTo("answer", got.from)));
    EXPECT_EQ(std::string(buf.data(), Must(client.Read(buf))), "answer");
    // Go: errors of WriteTo on one that is connected.
    const Error err =
        Failed(client.As<PacketConn>()->WriteTo("x", stranger.LocalAddr()));
    EXPECT_EQ(err.message(), "write udp " + client.LocalAddr().String() + "->" +
                                 stranger.LocalAddr().String() +
                                 ": use of WriteTo with pre-connected "
                                 "connection");
  });
}

TEST_P(NetUdpTest, NobodyThereIsAnErrorOfTheNextCall) {
  Run([] {
    Addr gone;
    {
      const PacketConn socket = Socket();
      gone = socket.LocalAddr();
    }
    const Conn client = Must(net::Dial("udp", gone.String()));
    EXPECT_FALSE(Failed(client.Write("x")));
    std::array<char, 8> buf;
    const Error err = Failed(client.Read(buf));
    EXPECT_EQ(err.message(),
              "read udp " + Route(client) + ": read: connection refused");
    EXPECT_EQ(err.code(), std::errc::connection_refused);
    // One that is not connected does not hear of it.
    const PacketConn socket = Socket();
    EXPECT_FALSE(Failed(socket.WriteTo("x", gone)));
    EXPECT_FALSE(Failed(socket.WriteTo("x", gone)));
    EXPECT_FALSE(socket.SetReadDeadline(In(5ms)));
    EXPECT_TRUE(net::TimedOut(socket.ReadFrom(buf).err));
  });
}

TEST_P(NetUdpTest, AWildcardHearsBothFamilies) {
  Run([] {
    const PacketConn server = Socket(":0");
    std::array<char, 16> buf;
    for (const char* ip : {"127.0.0.1", "::1"}) {
      const PacketConn client = Socket(net::JoinHostPort(ip, "0"));
      EXPECT_FALSE(Failed(client.WriteTo("ping", To(server, ip))));
      const auto got = server.ReadFrom(buf);
      EXPECT_EQ(got.from, client.LocalAddr()) << ip;  // of IPv4 as such
      EXPECT_FALSE(Failed(server.WriteTo("pong", got.from)));
      EXPECT_EQ(client.ReadFrom(buf).from, To(server, ip));
    }
    const PacketConn four = Socket(":0", "udp4");
    const PacketConn six = Socket(":0", "udp6");
    EXPECT_TRUE(four.LocalAddr().ip.Is4());
    EXPECT_FALSE(six.LocalAddr().ip.Is4());
    const PacketConn stranger = Socket();
    EXPECT_FALSE(Failed(stranger.WriteTo("x", To(six, "127.0.0.1"))));
    EXPECT_FALSE(six.SetReadDeadline(In(5ms)));
    EXPECT_TRUE(net::TimedOut(six.ReadFrom(buf).err));
  });
}

TEST_P(NetUdpTest, WhatCannotBeSentIsAnError) {
  Run([] {
    const PacketConn a = Socket();
    const std::string from = "write udp " + a.LocalAddr().String();
    Addr six = a.LocalAddr();
    six.ip = net::ParseIP("::1");
    EXPECT_EQ(Failed(a.WriteTo("x", six)).message(),
              from + "->" + six.String() + ": address ::1: non-IPv4 address");
    EXPECT_EQ(Failed(a.WriteTo("x", {})).message(), from + ": missing address");
    EXPECT_EQ(Failed(a.WriteTo(std::string(65'508, 'x'), a.LocalAddr())).code(),
              std::errc::message_size);
    EXPECT_EQ(Failed(a.Write("x")).code(),
              std::errc::destination_address_required);
    // The longest.
    EXPECT_EQ(Must(a.WriteTo(std::string(65'507, 'x'), a.LocalAddr())),
              65'507u);
    std::string buf(70'000, '\0');
    EXPECT_EQ(a.ReadFrom(buf).n, 65'507u);
  });
}

TEST_P(NetUdpTest, CloseEndsAllReads) {
  Run([] {
    const PacketConn socket = Socket();
    const std::string wanted = "read udp " + socket.LocalAddr().String() +
                               ": use of closed network connection";
    sync::WaitGroup reading;
    for (int i = 0; i < 4; i++) {
      reading.Go([&] {
        std::array<char, 8> buf;
        const auto got = socket.ReadFrom(buf);
        EXPECT_EQ(got.err.message(), wanted);
        EXPECT_TRUE(errors::Is(got.err, net::Closed));
      });
    }
    time::Sleep(1ms);
    EXPECT_FALSE(socket.Close());
    reading.Wait();
    EXPECT_TRUE(errors::Is(Failed(socket.WriteTo("x", socket.LocalAddr())),
                           net::Closed));
  });
}

TEST_P(NetUdpTest, SeveralReadersHaveEachMessageOnce) {
  Run([] {
    const PacketConn server = Socket();
    const int messages = kSanitized ? 500 : 5'000;
    std::atomic<int> got{0};
    std::atomic<long> sum{0};
    sync::WaitGroup reading;
    for (int i = 0; i < 4; i++) {
      reading.Go([&] {
        std::array<char, 16> buf;
        for (;;) {
          const auto from = server.ReadFrom(buf);
          if (from.err) break;
          sum += std::stol(std::string(buf.data(), from.n));
          got++;
          // The sender goes on: nothing is dropped for want of room.
          EXPECT_FALSE(Failed(server.WriteTo("", from.from)));
        }
      });
    }
    sync::WaitGroup sending;
    for (int k = 0; k < 4; k++) {
      sending.Go([&, k] {
        const Conn client = Must(net::Dial("udp", server.LocalAddr().String()));
        std::array<char, 8> buf;
        for (int i = k; i < messages; i += 4) {
          ASSERT_FALSE(Failed(client.Write(std::to_string(i))));
          ASSERT_FALSE(Failed(client.Read(buf)));
        }
      });
    }
    sending.Wait();
    EXPECT_FALSE(server.Close());
    reading.Wait();
    EXPECT_EQ(got, messages);
    EXPECT_EQ(sum, static_cast<long>(messages) * (messages - 1) / 2);
  });
}

TEST_P(NetUdpTest, ItMayBroadcast) {
  Run([] {
    const PacketConn socket = Socket();
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(
        ::getsockopt(socket.Fd(), SOL_SOCKET, SO_BROADCAST, &value, &size), 0);
    EXPECT_NE(value, 0);
  });
}

TEST_P(NetUdpTest, SeveralMayShareAPortIfTheyAskForIt) {
  Run([] {
    net::ListenConfig config;
    config.reuse_port = true;
    const PacketConn one =
        Must(config.ListenPacket(context::Background(), "udp", "127.0.0.1:0"));
    const std::string at = one.LocalAddr().String();
    const PacketConn other =
        Must(config.ListenPacket(context::Background(), "udp", at));
    EXPECT_EQ(other.LocalAddr(), one.LocalAddr());
    EXPECT_EQ(Failed(net::ListenPacket("udp", at)).message(),
              "listen udp " + at + ": bind: address already in use");
  });
}

}  // namespace
}  // namespace gosling
