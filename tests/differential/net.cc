// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/differential/cases.h"

namespace differential {

namespace {

using namespace std::chrono_literals;
using namespace go::net;  // NOLINT(google-build-using-namespace)
using go::context::Background;
using go::context::WithCancel;
using go::context::WithTimeout;
using go::errors::Is;
using go::time::Time;

// Past is a deadline that is over.
Time Past() { return Time(1ns); }

std::string WithoutPorts(const std::string& text) {
  static const std::regex port(R"(:\d{4,5}\b)");
  return std::regex_replace(text, port, ":PORT");
}

std::string NetText(const go::Error& err) {
  if (!err) return "nil";
  std::string words = WithoutPorts(err.message());
  if (TimedOut(err)) words += " (timeout)";
  if (Is(err, Closed)) words += " (closed)";
  if (Is(err, go::context::Canceled)) words += " (canceled)";
  if (err == go::io::Eof) words += " (end)";
  if (err.code()) words += " (" + std::to_string(err.code().value()) + ")";
  return words;
}

std::string AddrText(const Addr& addr) {
  if (!addr) return "<nil>";
  return addr.network + " " + WithoutPorts(addr.String());
}

void SayError(const std::string& what, const go::Error& err) {
  Say{what + ":", NetText(err)};
}

// SayMoved says what a read or a write returns.
void SayMoved(const std::pair<std::size_t, go::Error>& moved) {
  Say{moved.first, NetText(moved.second)};
}
void SayMoved(const char* what,
              const std::pair<std::size_t, go::Error>& moved) {
  Say{what, moved.first, NetText(moved.second)};
}

void InFolder(const std::function<void()>& f) {
  std::string folder = "/tmp/differential-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr || ::chdir(folder.c_str()) != 0) {
    std::abort();
  }
  f();
  std::filesystem::remove_all(folder);
}

template <class T>
T Must(std::pair<T, go::Error> result) {
  if (result.second) go::Throw(result.second.message());
  return std::move(result.first);
}

std::string Here(const std::string& network) {
  return network.starts_with("unix") ? network : "127.0.0.1:0";
}

std::pair<Conn, Conn> Connected(const std::string& network) {
  if (network == "pipe") return Pipe();
  const Listener listener = Must(Listen(network, Here(network)));
  auto dialing = go::MakeChan<Conn>();
  go::Go([&] { dialing.Send(Must(Dial(network, listener.Addr().String()))); });
  Conn b = Must(listener.Accept());
  Conn a = *dialing.Recv();
  listener.Close();
  return {a, b};
}

std::string FullListener() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* address = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  if (::bind(fd, address, size) != 0 || ::listen(fd, 0) != 0 ||
      ::getsockname(fd, address, &size) != 0) {
    std::abort();
  }
  for (int i = 0; i < 4; i++) {
    (void)::connect(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), address,
                    size);
  }
  return "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
}

using Target = std::pair<std::string, std::string>;

Addr AddrOf(const char* network, const IP& ip) {
  Addr addr;
  addr.network = network;
  addr.ip = ip;
  return addr;
}

void SayDials() {
  for (const auto& [network, address] : std::vector<Target>{
           {"tcp", "127.0.0.1:1"},
           {"tcp", "[::1]:1"},
           {"tcp", "0.0.0.0:1"},
           {"tcp", "[::]:1"},
           {"tcp", ":1"},
           {"tcp", "localhost:1"},
           {"tcp4", ":1"},
           {"tcp6", ":1"},
           {"tcp4", "127.0.0.1:1"},
           {"tcp6", "[::1]:1"},
           {"tcp4", "[::1]:1"},
           {"tcp6", "127.0.0.1:1"},
           {"tcp", "[::ffff:127.0.0.1]:1"},
           {"tcp6", "[::ffff:127.0.0.1]:1"},
           {"tcp", ""},
           {"tcp", "127.0.0.1"},
           {"tcp", "::1"},
           {"tcp", "[::1"},
           {"tcp", "[::1]1"},
           {"tcp", "a:b:c"},
           {"tcp", "127.0.0.1:-1"},
           {"tcp", "127.0.0.1:65536"},
           {"tcp", "127.0.0.1:no-such"},
           {"tcp", "127.0.0.1:"},
           {"tcp", "127.0.0.1:0"},
           {"tcp", "[::1%lo]:1"},
           {"tcpx", "127.0.0.1:1"},
           {"", "127.0.0.1:1"},
           {"tcp44", "127.0.0.1:1"},
           {"tcp5", "127.0.0.1:1"},
           {"udp", ""},
           {"udp4", "[::1]:1"},
           {"udp", "127.0.0.1:65536"},
           {"udp", "127.0.0.1:no-such"},
           {"udp", "255.255.255.255:1"},
           {"unix", ""},
           {"unix", "no-such"},
           {"unix", "@no-such"},
           {"unix", "no/such"},
           {"unixgram", "no-such"},
           {"unixpacket", "no-such"},
           {"unix", std::string(108, 'a')},
           {"unix", std::string(107, 'a')},
           {"unix", "."},
           {"unix5", "no-such"},
       }) {
    const auto [conn, err] = Dial(network, address);
    SayError(network + " " + address, err);
    if (!err) Say{AddrText(conn.RemoteAddr())};
  }
}

void SayLocals() {
  const Listener listener = Must(Listen("tcp", "127.0.0.1:0"));
  const std::string to = listener.Addr().String();
  const std::vector<IP> ips = {IP(),
                               IP::V4(0, 0, 0, 0),
                               IP::V4(127, 0, 0, 2),
                               IP::V4(192, 0, 2, 1),
                               ParseIP("::1"),
                               ParseIP("::")};
  for (const IP& ip : ips) {
    Dialer dialer;
    dialer.local_addr = AddrOf("tcp", ip);
    const auto [conn, err] = dialer.Dial("tcp", to);
    SayError(ip.String(), err);
    if (err) continue;
    Say{AddrText(conn.LocalAddr()), AddrText(conn.RemoteAddr())};
    Say{AddrText(Must(listener.Accept()).RemoteAddr())};
  }
  Dialer refused;
  refused.local_addr = AddrOf("tcp", IP::V4(127, 0, 0, 2));
  SayError("refused", refused.Dial("tcp", "127.0.0.1:1").second);
  Dialer taken;
  taken.local_addr = listener.Addr();
  SayError("taken", taken.Dial("tcp", "127.0.0.1:1").second);
}

void SayContexts() {
  const std::string hole = FullListener();
  Dialer dialer;
  const auto [canceled, cancel] = WithCancel(Background());
  cancel();
  SayError("canceled", dialer.DialContext(canceled, "tcp", hole).second);
  const auto [expired, end] = WithTimeout(Background(), -1ns);
  SayError("expired", dialer.DialContext(expired, "tcp", hole).second);
  end();
  const auto [later, cancel_later] = WithCancel(Background());
  go::time::AfterFunc(20ms, cancel_later);
  SayError("canceled meanwhile", dialer.DialContext(later, "tcp", hole).second);
  SayError("canceled, no port",
           dialer.DialContext(later, "tcp", "127.0.0.1").second);
  SayError("canceled, unix",
           dialer.DialContext(later, "unix", "no-such").second);
  const auto [soon, end_soon] = WithTimeout(Background(), 20ms);
  SayError("expired meanwhile", dialer.DialContext(soon, "tcp", hole).second);
  end_soon();
  SayError("timeout", DialTimeout("tcp", hole, 20ms).second);
  SayError("negative timeout", DialTimeout("tcp", hole, -1ns).second);
  dialer.deadline = Past();
  SayError("deadline in the past", dialer.Dial("tcp", hole).second);
}

void SayControls() {
  const go::Error own = go::errors::New("own");
  const Control control = [own](std::string_view network,
                                std::string_view address, int) {
    Say{"control", network, WithoutPorts(std::string(address))};
    return own;
  };
  for (const auto& [network, address] : std::vector<Target>{
           {"tcp", "127.0.0.1:1"},
           {"tcp", "[::1]:1"},
           {"tcp", ":1"},
           {"udp", "127.0.0.1:1"},
           {"udp6", "[::1]:1"},
           {"unix", "no-such"},
       }) {
    Dialer dialer;
    dialer.control = control;
    const go::Error err = dialer.Dial(network, address).second;
    SayError("dial", err);
    Say{Is(err, own)};
  }
  ListenConfig config;
  config.control = control;
  for (const auto& [network, address] : std::vector<Target>{
           {"tcp", "127.0.0.1:0"},
           {"tcp", ":0"},
           {"tcp4", ":0"},
           {"tcp6", ":0"},
           {"tcp", "[::1]:0"},
           {"unix", "file"},
       }) {
    SayError("listen", config.Listen(Background(), network, address).second);
  }
  SayError("listen",
           config.ListenPacket(Background(), "udp", "127.0.0.1:0").second);
}

void SayListens() {
  std::vector<Listener> listeners;  // they stay
  for (const auto& [network, address] : std::vector<Target>{
           {"tcp", "127.0.0.1:0"},
           {"tcp", "[::1]:0"},
           {"tcp", ":0"},
           {"tcp4", ":0"},
           {"tcp6", ":0"},
           {"tcp", "0.0.0.0:0"},
           {"tcp4", "0.0.0.0:0"},
           {"tcp", "[::]:0"},
           {"tcp6", "[::]:0"},
           {"tcp", "[::ffff:127.0.0.1]:0"},
           {"tcp", "localhost:0"},
           {"tcp", ""},
           {"tcp", "127.0.0.1:"},
           {"tcp", "192.0.2.1:0"},
           {"tcp", "[2001:db8::1]:0"},
           {"tcp4", "[::1]:0"},
           {"tcp6", "127.0.0.1:0"},
           {"tcp", "127.0.0.1"},
           {"tcp", "127.0.0.1:65536"},
           {"tcp", "127.0.0.1:no-such"},
           {"udp", "127.0.0.1:0"},
           {"tcpx", ":0"},
           {"", ":0"},
           {"unix", "file"},
           {"unix", "file"},
           {"unix", "no/such"},
           {"unix", ""},
           {"unix", "@name"},
           {"unix", "@name"},
           {"unixpacket", "packet"},
           {"unix", std::string(108, 'a')},
       }) {
    const auto [listener, err] = Listen(network, address);
    SayError(network + " " + address, err);
    if (err) continue;
    if (!address.empty()) Say{AddrText(listener.Addr())};
    listeners.push_back(listener);
  }
  const Listener one = Must(Listen("tcp", "127.0.0.1:0"));
  SayError("taken", Listen("tcp", one.Addr().String()).second);
  std::vector<PacketConn> conns;
  for (const auto& [network, address] : std::vector<Target>{
           {"udp", "127.0.0.1:0"},
           {"udp", ":0"},
           {"udp4", ":0"},
           {"udp6", ":0"},
           {"udp", "[::1]:0"},
           {"udp", ""},
           {"tcp", ":0"},
           {"udpx", ":0"},
           {"unixgram", "gram"},
           {"unixgram", "gram"},
           {"unixgram", ""},
           {"udp", "192.0.2.1:0"},
       }) {
    const auto [conn, err] = ListenPacket(network, address);
    SayError(network + " " + address, err);
    if (err) continue;
    if (!address.empty()) Say{AddrText(conn.LocalAddr())};
    conns.push_back(conn);
  }
}

void SayKinds() {
  SayError("listener", Listen("unixgram", "gram").second);
  SayError("messages", ListenPacket("unix", "stream").second);
  SayError("messages", ListenPacket("unixpacket", "packet").second);
}

void SayUnlinks() {
  const auto exists = [] { return ::access("file", F_OK) == 0; };
  const Listener listener = Must(Listen("unix", "file"));
  Say{exists()};
  listener.Close();
  Say{exists()};
  const PacketConn conn = Must(ListenPacket("unixgram", "file"));
  conn.Close();
  Say{exists()};
  SayError("again", Listen("unix", "file").second);
}

void SayConn(const std::string& network) {
  std::array<char, 8> buf{};
  const std::string_view eight(buf.data(), buf.size());
  const auto [a, b] = Connected(network);
  Say{AddrText(a.RemoteAddr()), AddrText(b.LocalAddr())};
  if (network != "tcp") {
    Say{AddrText(a.LocalAddr()), AddrText(b.RemoteAddr())};
  }
  a.SetDeadline(Past());
  SayMoved(a.Read(buf));
  SayMoved(a.Write(eight));
  a.SetDeadline({});
  if (network != "pipe") SayMoved("no byte:", a.Read(std::span<char>()));
  if (network != "pipe" && network != "unixpacket") {
    SayMoved("no byte:", a.Write(""));
  }
  a.Close();
  SayMoved("other end:", b.Read(buf));
  const go::Error err = b.Write(eight).second;
  if (network != "tcp") SayError("other end", err);
  SayMoved(a.Read(buf));
  SayMoved(a.Write(eight));
  SayError("close", a.Close());
  SayError("deadline", a.SetDeadline(Past()));
  SayError("no deadline", a.SetReadDeadline({}));
  Say{AddrText(a.RemoteAddr())};
  if (network == "pipe") SayError("deadline", b.SetDeadline(Past()));
}

void SayTcp() {
  std::array<char, 8> buf{};
  const std::string_view eight(buf.data(), buf.size());
  const auto [a, b] = Connected("tcp");
  const TCPConn tcp = *a.As<TCPConn>();
  SayError("no delay", tcp.SetNoDelay(false));
  SayError("keep alive", tcp.SetKeepAlive(true));
  SayError("keep alive period", tcp.SetKeepAlivePeriod(1s));
  SayError("close write", tcp.CloseWrite());
  SayMoved(b.Read(buf));
  SayMoved(b.Write(eight));
  SayMoved(a.Read(buf));
  SayMoved(a.Write(eight));
  SayError("close read", tcp.CloseRead());
  SayMoved(a.Read(buf));
  a.Close();
  SayError("close write", tcp.CloseWrite());
  SayError("close read", tcp.CloseRead());
  SayError("no delay", tcp.SetNoDelay(true));
  SayError("linger", tcp.SetLinger(0));
}

void SayReset(const std::string& network) {
  std::array<char, 8> buf{};
  const std::string_view eight(buf.data(), buf.size());
  {
    const auto [a, b] = Connected(network);
    if (network == "tcp") {
      b.As<TCPConn>()->SetLinger(0);
    } else {
      a.Write(eight);  // that it has not read
    }
    b.Close();
    SayMoved("read:", a.Read(buf));
    SayMoved("read:", a.Read(buf));
    SayMoved("write:", a.Write(eight));
    SayMoved("write:", a.Write(eight));
    if (network == "tcp") {
      SayError("close write", a.As<TCPConn>()->CloseWrite());
    }
    SayError("close", a.Close());
  }
  const auto [a, b] = Connected(network);
  if (network == "tcp") b.As<TCPConn>()->SetLinger(0);
  b.Close();
  SayMoved("write:", a.Write(eight));
  SayMoved("writev:", a.Writev({eight, eight}));
}

void SayAccepts() {
  for (const std::string network : {"tcp", "unix", "unixpacket"}) {
    const Listener listener = Must(Listen(network, Here(network)));
    SayError("deadline", listener.SetDeadline(Past()));
    SayError("accept", listener.Accept().second);
    listener.SetDeadline({});
    go::time::AfterFunc(10ms, [listener] { listener.Close(); });
    SayError("accept, closed meanwhile", listener.Accept().second);
    SayError("accept, closed", listener.Accept().second);
    SayError("deadline", listener.SetDeadline(Past()));
    SayError("close", listener.Close());
    Say{AddrText(listener.Addr())};
  }
}

void SayUdp() {
  std::array<char, 8> buf{};
  const std::string_view eight(buf.data(), buf.size());
  const PacketConn a = Must(ListenPacket("udp", "127.0.0.1:0"));
  Addr six = AddrOf("udp", ParseIP("::1"));
  six.port = 1;
  Say{AddrText(a.LocalAddr())};
  SayMoved(a.WriteTo(eight, six));
  SayMoved("too long:", a.WriteTo(std::string(65508, '\0'), a.LocalAddr()));
  SayMoved("empty:", a.WriteTo("", a.LocalAddr()));
  auto from = a.ReadFrom(buf);
  Say{from.n, AddrText(from.from), NetText(from.err)};
  a.WriteTo("0123456789", a.LocalAddr());
  from = a.ReadFrom(buf);
  Say{"longer than the buffer:", from.n, AddrText(from.from),
      NetText(from.err)};
  SayMoved("not connected:", a.Write(eight));
  a.SetReadDeadline(Past());
  from = a.ReadFrom(buf);
  Say{from.n, NetText(from.err)};
  a.SetWriteDeadline(Past());
  SayMoved(a.WriteTo(eight, a.LocalAddr()));
  a.Close();
  from = a.ReadFrom(buf);
  Say{from.n, NetText(from.err)};
  SayMoved(a.WriteTo(eight, six));
  SayError("close", a.Close());

  const PacketConn b = *Must(Dial("udp", "127.0.0.1:9")).As<PacketConn>();
  Say{AddrText(b.LocalAddr()), AddrText(b.RemoteAddr())};
  SayMoved(b.WriteTo(eight, six));
  SayMoved(b.Write(eight));
  SayMoved("nobody there:", b.Read(buf));
  b.Close();
  SayMoved(b.Write(eight));
}

void SayUnixgram() {
  std::array<char, 8> buf{};
  const std::string_view eight(buf.data(), buf.size());
  const PacketConn a = Must(ListenPacket("unixgram", "a"));
  const Conn b = Must(Dial("unixgram", "a"));
  Say{AddrText(a.LocalAddr()), AddrText(b.LocalAddr()),
      AddrText(b.RemoteAddr())};
  b.Write("hello");
  const auto from = a.ReadFrom(buf);
  Say{from.n, NetText(from.err)};
  Addr to;
  to.network = "unixgram";
  to.path = "no-such";
  SayMoved(a.WriteTo(eight, to));
  SayMoved(a.Write(eight));
  a.Close();
  SayMoved(b.Write(eight));
  SayMoved(a.Read(buf));
  to.path = "a";
  SayMoved(a.WriteTo(eight, to));
}

}  // namespace

void AddNet() {
  Add("net-dial", [] { InFolder(SayDials); });
  Add("net-dial-local", SayLocals);
  Add("net-dial-context", SayContexts);
  Add("net-control", SayControls);
  Add("net-listen", [] { InFolder(SayListens); });
  Add("net-listen-kinds", [] { InFolder(SayKinds); });
  Add("net-unlink", [] { InFolder(SayUnlinks); });
  for (const std::string network : {"tcp", "unix", "unixpacket", "pipe"}) {
    Add("net-conn-" + network,
        [network] { InFolder([&] { SayConn(network); }); });
  }
  Add("net-tcp", SayTcp);
  for (const std::string network : {"tcp", "unix"}) {
    Add("net-reset-" + network,
        [network] { InFolder([&] { SayReset(network); }); });
  }
  Add("net-accept", [] { InFolder(SayAccepts); });
  Add("net-udp", SayUdp);
  Add("net-unixgram", [] { InFolder(SayUnixgram); });
}

}  // namespace differential
