// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A bubble's network is as the system's: one script after the other is played on
// both, and what each call returns, in which words, is the same.
//
// A pause lets what has been sent over the system's loopback arrive. Which of two
// goroutines goes on first is nobody's promise, so the goroutine that plays a script
// says everything: of another one, what it left, once that is waited for.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/testing.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/go_test.h"
#include "tests/net_testing.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using net::Addr;
using net::Conn;
using net::Listener;
using net::PacketConn;

// Account is what happened, with names in place of addresses that differ. The
// goroutine that makes it is the only one that may say something.
class Account {
 public:
  void Name(const std::string& name, const std::string& text) {
    if (!text.empty()) names_.emplace_back(text, name);
  }
  void Name(const Ends& ends) {
    Name("<a>", ends.a.LocalAddr().String());
    Name("<b>", ends.b.LocalAddr().String());
  }

  void Say(std::string text) {
    if (runtime::Goid() != player_) {
      ADD_FAILURE() << "another goroutine than the script's says: " << text;
      return;
    }
    for (const auto& [address, name] : names_) {
      if (address == "@") continue;
      for (std::size_t at = 0;
           (at = text.find(address, at)) != std::string::npos;) {
        text.replace(at, address.size(), name);
        at += name.size();
      }
    }
    lines_.push_back(std::move(text));
  }
  void Say(const char* what, const Error& err) {
    Say(std::string(what) + ": " + (err ? err.message() : "ok") +
        (net::TimedOut(err) ? " (timed out)" : "") +
        (errors::Is(err, net::Closed) ? " (closed)" : ""));
  }
  template <class T>
  void Say(const char* what, const std::pair<T, Error>& result) {
    if constexpr (std::is_same_v<T, std::size_t>) {
      Say((std::string(what) + " " + std::to_string(result.first)).c_str(),
          result.second);
    } else if constexpr (std::is_same_v<T, std::string>) {
      Say((std::string(what) + " '" + result.first + "'").c_str(),
          result.second);
    } else {
      Say(what, result.second);
    }
  }

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  const std::uint64_t player_ = runtime::Goid();
  std::vector<std::pair<std::string, std::string>> names_;
  std::vector<std::string> lines_;
};

std::pair<std::string, Error> ReadSome(const Conn& conn) {
  std::array<char, 64> buf;
  const auto [n, err] = conn.Read(buf);
  return {std::string(buf.data(), n), err};
}

std::pair<std::string, Error> ReadFrom(Account& account,
                                       const PacketConn& socket) {
  std::array<char, 64> buf;
  const auto got = socket.ReadFrom(buf);
  account.Say("from " + got.from.String());
  return {std::string(buf.data(), got.n), got.err};
}

// Abstract is an abstract name of this process's own: others run this test, too.
std::string Abstract(const char* name) {
  return "@gosling-" + std::to_string(::getpid()) + "-" + name;
}

void Pause() { time::Sleep(20ms); }

// Free is a port of 127.0.0.1 that was free a moment ago.
std::string Free() { return "127.0.0.1:" + std::to_string(FreePort()); }

Error CloseWrite(const Conn& conn) {
  const auto tcp = conn.As<net::TCPConn>();
  return tcp ? tcp->CloseWrite() : conn.As<net::UnixConn>()->CloseWrite();
}

Error CloseRead(const Conn& conn) {
  const auto tcp = conn.As<net::TCPConn>();
  return tcp ? tcp->CloseRead() : conn.As<net::UnixConn>()->CloseRead();
}

struct Script {
  const char* name;
  std::function<void(Account&)> play;
};

void PrintTo(const Script& script, std::ostream* out) { *out << script.name; }

// ---------------------------------------------------------------------------

void Dialing(Account& it) {
  const std::string free = Free();
  it.Name("<free>", free);
  it.Say("refused", net::Dial("tcp", free));
  it.Say("refused", net::Dial("tcp4", free));
  it.Say("refused", net::DialTimeout("tcp", free, 1s));
  it.Say("network", net::Dial("tpc", free));
  it.Say("no address", net::Dial("tcp", ""));
  it.Say("no port", net::Dial("tcp", "127.0.0.1"));
  it.Say("port", net::Dial("tcp", "127.0.0.1:99999"));
  it.Say("service", net::Dial("tcp", "127.0.0.1:no-such-service"));
  it.Say("family", net::Dial("tcp6", free));
  it.Say("no file", net::Dial("unix", "/no/such/socket"));
  it.Say("no name", net::Dial("unix", "@no such name"));
  it.Say("no file", net::Dial("unixgram", "/no/such/socket"));
  it.Say("long", net::Dial("unix", std::string(200, 'x')));
  auto [ctx, cancel] = context::WithCancel(context::Background());
  cancel();
  it.Say("canceled", net::Dialer().DialContext(ctx, "tcp", free));
  net::Dialer dialer;
  dialer.deadline = Over();
  it.Say("late", dialer.Dial("tcp", free));
}

void Listening(Account& it) {
  const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
  const std::string at = listener.Addr().String();
  it.Name("<here>", at);
  it.Name("<port>", std::to_string(listener.Addr().port));
  it.Say("in use", net::Listen("tcp", at));
  it.Say("in use",
         net::Listen("tcp", ":" + std::to_string(listener.Addr().port)));
  it.Say("not ours", net::Listen("tcp", "192.0.2.1:0"));
  it.Say("type", net::Listen("udp", "127.0.0.1:0"));
  it.Say("type", net::ListenPacket("tcp", "127.0.0.1:0"));
  it.Say("network", net::Listen("x", "127.0.0.1:0"));
  it.Say("deadline", listener.SetDeadline(Over()));
  it.Say("accept", listener.Accept());
  it.Say("deadline", listener.SetDeadline(time::Now() + 5ms));
  it.Say("accept", listener.Accept());
  it.Say("deadline", listener.SetDeadline({}));
  const Conn waiting = Must(net::Dial("tcp", at));
  it.Name("<waiting>", waiting.LocalAddr().String());
  it.Say("close", listener.Close());
  Pause();
  it.Say("reset", ReadSome(waiting));
  it.Say("close", listener.Close());
  it.Say("accept", listener.Accept());
  it.Say("deadline", listener.SetDeadline({}));
  it.Say("refused", net::Dial("tcp", at));
  it.Say("again", net::Listen("tcp", at));
}

void CloseWakesAccept(Account& it) {
  const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
  it.Name("<here>", listener.Addr().String());
  sync::WaitGroup accepting;
  Error accept;
  accepting.Go([&] { accept = listener.Accept().second; });
  Pause();
  it.Say("close", listener.Close());
  accepting.Wait();
  it.Say("accept", accept);
}

void Addresses(Account& it) {
  for (const char* network : {"tcp", "tcp4", "tcp6"}) {
    const Listener listener = Must(net::Listen(network, ":0"));
    const std::string port = std::to_string(listener.Addr().port);
    it.Name("<port>", port);
    it.Say(listener.Addr().network + " " + listener.Addr().String());
    const Conn dialed = Must(net::Dial(network, ":" + port));
    const Conn accepted = Must(listener.Accept());
    it.Say(dialed.RemoteAddr().String() + " " + accepted.LocalAddr().String() +
           " " + dialed.LocalAddr().ip.String());
    it.Say(accepted.RemoteAddr() == dialed.LocalAddr() ? "same" : "other");
  }
  const Listener any = Must(net::Listen("tcp", "0.0.0.0:0"));
  it.Say(any.Addr().ip.String());
  const std::string alike = Abstract("alike");
  const Listener unix = Must(net::Listen("unix", alike));
  const Conn dialed = Must(net::Dial("unix", alike));
  const Conn accepted = Must(unix.Accept());
  for (const Conn& conn : {dialed, accepted}) {
    it.Say(conn.LocalAddr().network + " " + conn.LocalAddr().String() + " " +
           conn.RemoteAddr().String());
  }
  it.Say("in use", net::Listen("unix", alike));
  it.Say("type", net::Dial("unixpacket", alike));
}

void LocalAddress(Account& it) {
  const Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
  it.Name("<here>", listener.Addr().String());
  net::Dialer dialer;
  dialer.local_addr = listener.Addr();
  dialer.local_addr.port = FreePort();
  it.Name("<own>", dialer.local_addr.String());
  {
    const Conn conn = Must(dialer.Dial("tcp", listener.Addr().String()));
    it.Say(conn.LocalAddr().String());
    (void)conn.As<net::TCPConn>()->SetLinger(0);
  }
  dialer.local_addr.port = listener.Addr().port;
  it.Say("in use", dialer.Dial("tcp", listener.Addr().String()));
  dialer.local_addr.ip = net::ParseIP("192.0.2.1");
  dialer.local_addr.port = 0;
  it.Say("not ours", dialer.Dial("tcp", listener.Addr().String()));
  dialer.local_addr.network = "udp";
  it.Say("type", dialer.Dial("tcp", listener.Addr().String()));
}

void Talking(Account& it, const char* network) {
  const Ends ends = Connected(network);
  it.Name(ends);
  it.Say("write", ends.a.Write("hello"));
  it.Say("read", ReadN(ends.b, 3));
  it.Say("read", ReadN(ends.b, 2));
  it.Say("writev", ends.b.Writev({"a", "", "bc"}));
  it.Say("read", ReadN(ends.a, 3));
  it.Say("nothing", ends.a.Write(""));
  it.Say("nothing", ends.a.Read(std::span<char>()));
  it.Say("write", ends.a.Write("last"));
  it.Say("close", ends.a.Close());
  it.Say("close", ends.a.Close());
  it.Say("read", ReadSome(ends.a));
  it.Say("write", ends.a.Write("x"));
  it.Say("writev", ends.a.Writev({"x"}));
  it.Say("deadline", ends.a.SetDeadline({}));
  it.Say("half", CloseWrite(ends.a));
  Pause();
  it.Say("read", ReadN(ends.b, 4));
  it.Say("end", ReadSome(ends.b));
  it.Say("end", ReadSome(ends.b));
  it.Say("nothing", ends.b.Read(std::span<char>()));
}

void WritingToOneThatIsGone(Account& it, const char* network) {
  const Ends ends = Connected(network);
  it.Name(ends);
  it.Say("close", ends.a.Close());
  Pause();
  it.Say("write", ends.b.Write("x"));
  Pause();
  it.Say("end", ReadSome(ends.b));
  it.Say("write", ends.b.Write("x"));
  it.Say("write", ends.b.Write("x"));
  it.Say("writev", ends.b.Writev({"x"}));
  it.Say("end", ReadSome(ends.b));
  it.Say("close", ends.b.Close());
}

// The other end was closed with bytes unread; some of its own are under way.
void Reset(Account& it, const char* network, bool reads_first) {
  const Ends ends = Connected(network);
  it.Name(ends);
  it.Say("write", ends.a.Write("never read"));
  it.Say("write", ends.b.Write("still read"));
  Pause();
  it.Say("close", ends.b.Close());
  Pause();
  if (reads_first) {
    it.Say("read", ReadN(ends.a, 10));
    it.Say("read", ReadSome(ends.a));
    it.Say("read", ReadSome(ends.a));
    it.Say("write", ends.a.Write("x"));
  } else {
    it.Say("write", ends.a.Write("x"));
    it.Say("write", ends.a.Write("x"));
    it.Say("read", ReadN(ends.a, 10));
    it.Say("end", ReadSome(ends.a));
  }
  it.Say("half", CloseWrite(ends.a));
  it.Say("close", ends.a.Close());
}

void Linger(Account& it) {
  const Ends ends = Connected("tcp");
  it.Name(ends);
  it.Say("linger", ends.a.As<net::TCPConn>()->SetLinger(0));
  it.Say("close", ends.a.Close());
  it.Say("linger", ends.a.As<net::TCPConn>()->SetLinger(0));
  Pause();
  it.Say("read", ReadSome(ends.b));
  it.Say("read", ReadSome(ends.b));
  it.Say("write", ends.b.Write("x"));
}

void HalfClosed(Account& it, const char* network) {
  const Ends ends = Connected(network);
  it.Name(ends);
  it.Say("write", ends.a.Write("question"));
  it.Say("half", CloseWrite(ends.a));
  it.Say("half", CloseWrite(ends.a));
  it.Say("write", ends.a.Write("more"));
  Pause();
  it.Say("read", ReadN(ends.b, 8));
  it.Say("end", ReadSome(ends.b));
  it.Say("write", ends.b.Write("answer"));
  it.Say("close", ends.b.Close());
  Pause();
  it.Say("read", ReadN(ends.a, 6));
  it.Say("end", ReadSome(ends.a));
  it.Say("write", ends.a.Write("more"));
}

void NoLongerReading(Account& it, const char* network) {
  const Ends ends = Connected(network);
  it.Name(ends);
  sync::WaitGroup reading;
  std::pair<std::string, Error> woken;
  reading.Go([&] { woken = ReadSome(ends.a); });
  Pause();
  it.Say("half", CloseRead(ends.a));
  reading.Wait();
  it.Say("woken", woken);
  it.Say("write", ends.a.Write("still"));
  it.Say("read", ReadN(ends.b, 5));
  it.Say("write", ends.b.Write("to none"));
  Pause();
}

void Deadlines(Account& it, const char* network) {
  const Ends ends = Connected(network);
  it.Name(ends);
  it.Say("past", ends.a.SetReadDeadline(Over()));
  it.Say("read", ReadSome(ends.a));
  it.Say("write", ends.b.Write("there"));
  Pause();
  it.Say("read", ReadSome(ends.a));
  it.Say("none", ends.a.SetReadDeadline({}));
  it.Say("read", ReadSome(ends.a));
  it.Say("soon", ends.a.SetReadDeadline(time::Now() + 5ms));
  it.Say("read", ReadSome(ends.a));
  it.Say("past", ends.a.SetWriteDeadline(Over()));
  it.Say("write", ends.a.Write("x"));
  it.Say("writev", ends.a.Writev({"x"}));
  const std::string much(64 << 20, 'x');
  it.Say("soon", ends.a.SetWriteDeadline(time::Now() + 50ms));
  const auto [n, err] = ends.a.Write(much);
  it.Say(n < much.size() ? "not all of it" : "all of it");
  it.Say("write", err);
  it.Say("none", ends.a.SetReadDeadline({}));
  sync::WaitGroup reading;
  Error read;
  reading.Go([&] { read = ReadSome(ends.a).second; });
  Pause();
  it.Say("past", ends.a.SetReadDeadline(Over()));
  reading.Wait();
  it.Say("read", read);
}

void CloseWakes(Account& it, const char* network) {
  const Ends ends = Connected(network);
  it.Name(ends);
  const std::string much(64 << 20, 'x');
  sync::WaitGroup waiting;
  Error read;
  Error write;
  Error second;
  waiting.Go([&] { read = ReadSome(ends.a).second; });
  waiting.Go([&] { write = ends.a.Write(much).second; });
  Pause();
  waiting.Go([&] { second = ends.a.Write(much).second; });
  Pause();
  it.Say("close", ends.a.Close());
  waiting.Wait();
  it.Say("read", read);
  it.Say("write", write);
  it.Say("write", second);
}

void Messages(Account& it) {
  const Ends ends = Connected("unixpacket");
  it.Name(ends);
  it.Say("write", ends.a.Write("first message"));
  it.Say("write", ends.a.Write("second"));
  it.Say("cut", ReadN(ends.b, 5));
  it.Say("read", ReadSome(ends.b));
  it.Say("close", ends.a.Close());
  Pause();
  it.Say("end", ReadSome(ends.b));
  it.Say("write", ends.b.Write("x"));
}

void Udp(Account& it) {
  const PacketConn a = Must(net::ListenPacket("udp", "127.0.0.1:0"));
  const PacketConn b = Must(net::ListenPacket("udp", "127.0.0.1:0"));
  it.Name("<a>", a.LocalAddr().String());
  it.Name("<b>", b.LocalAddr().String());
  it.Name("<a's port>", std::to_string(a.LocalAddr().port));
  it.Say("write", a.WriteTo("one", b.LocalAddr()));
  it.Say("write", a.WriteTo("", b.LocalAddr()));
  it.Say("write", a.WriteTo("a long one", b.LocalAddr()));
  it.Say("read", ReadFrom(it, b));
  it.Say("read", ReadFrom(it, b));
  it.Say("cut", ReadN(b, 4));
  it.Say("past", b.SetReadDeadline(Over()));
  it.Say("read", ReadFrom(it, b));
  it.Say("read", ReadSome(b));
  it.Say("none", b.SetReadDeadline({}));
  Addr six = a.LocalAddr();
  six.ip = net::ParseIP("::1");
  it.Say("family", a.WriteTo("x", six));
  it.Say("none", a.WriteTo("x", {}));
  it.Say("long", a.WriteTo(std::string(65'508, 'x'), b.LocalAddr()));
  it.Say("unconnected", a.Write("x"));
  it.Say("in use", net::ListenPacket("udp", a.LocalAddr().String()));
  const Conn client = Must(net::Dial("udp", a.LocalAddr().String()));
  it.Name("<client>", client.LocalAddr().String());
  it.Say("noise", b.WriteTo("noise", client.LocalAddr()));
  it.Say("write", client.Write("question"));
  it.Say("read", ReadFrom(it, a));
  it.Say("write", a.WriteTo("answer", client.LocalAddr()));
  it.Say("read", ReadSome(client));
  it.Say("connected", client.As<PacketConn>()->WriteTo("x", b.LocalAddr()));
  it.Say("close", a.Close());
  it.Say("close", a.Close());
  it.Say("read", ReadFrom(it, a));
  it.Say("write", a.WriteTo("x", b.LocalAddr()));
  it.Say("write", client.Write("x"));
  Pause();
  it.Say("refused", ReadSome(client));
  it.Say("write", client.Write("x"));
  Pause();
  it.Say("refused", client.Write("x"));
  it.Say(client.As<net::TCPConn>() ? "a stream" : "no stream");
}

void UdpWildcard(Account& it) {
  const PacketConn server = Must(net::ListenPacket("udp", ":0"));
  it.Name("<port>", std::to_string(server.LocalAddr().port));
  it.Say(server.LocalAddr().String());
  for (const char* ip : {"127.0.0.1", "::1"}) {
    const PacketConn client =
        Must(net::ListenPacket("udp", net::JoinHostPort(ip, "0")));
    it.Name("<client>", client.LocalAddr().String());
    Addr to = server.LocalAddr();
    to.ip = net::ParseIP(ip);
    it.Say("write", client.WriteTo("ping", to));
    it.Say("read", ReadFrom(it, server));
    it.Say("write", server.WriteTo("pong", client.LocalAddr()));
    it.Say("read", ReadFrom(it, client));
  }
  const PacketConn four = Must(net::ListenPacket("udp4", ":0"));
  const PacketConn six = Must(net::ListenPacket("udp6", ":0"));
  it.Say(four.LocalAddr().ip.String() + " " + six.LocalAddr().ip.String());
}

void Unixgram(Account& it) {
  const std::string name = Abstract("a");
  const PacketConn a = Must(net::ListenPacket("unixgram", name));
  const PacketConn b = Must(net::ListenPacket("unixgram", Abstract("b")));
  it.Say("write", a.WriteTo("one", b.LocalAddr()));
  it.Say("read", ReadFrom(it, b));
  const Conn client = Must(net::Dial("unixgram", name));
  it.Say("write", client.Write("two"));
  it.Say("read", ReadFrom(it, a));
  it.Say("in use", net::ListenPacket("unixgram", name));
  Addr none = b.LocalAddr();
  none.path = "/no/such/socket";
  it.Say("none", a.WriteTo("x", none));
  it.Say("type", net::Dial("unix", name));
  it.Say("close", a.Close());
  it.Say("write", client.Write("x"));
}

void Nil(Account& it) {
  it.Say(Conn().As<net::TCPConn>() ? "nil is one" : "nil is none");
  const Ends ends = Connected("tcp");
  it.Say(ends.a.As<net::TCPConn>() ? "tcp" : "");
  it.Say(ends.a.As<PacketConn>() ? "packets" : "");
  it.Say(ends.a.As<net::UnixConn>() ? "unix" : "");
}

template <class F, class... Args>
std::function<void(Account&)> With(F f, Args... args) {
  return [=](Account& it) { f(it, args...); };
}

const Script kScripts[] = {
    {"Dialing", Dialing},
    {"Listening", Listening},
    {"CloseWakesAccept", CloseWakesAccept},
    {"Addresses", Addresses},
    {"LocalAddress", LocalAddress},
    {"TalkingTcp", With(Talking, "tcp")},
    {"TalkingUnix", With(Talking, "unix")},
    {"GoneTcp", With(WritingToOneThatIsGone, "tcp")},
    {"GoneUnix", With(WritingToOneThatIsGone, "unix")},
    {"ResetReadTcp", With(Reset, "tcp", true)},
    {"ResetWrittenTcp", With(Reset, "tcp", false)},
    {"ResetReadUnix", With(Reset, "unix", true)},
    {"ResetWrittenUnix", With(Reset, "unix", false)},
    {"Linger", Linger},
    {"HalfClosedTcp", With(HalfClosed, "tcp")},
    {"HalfClosedUnix", With(HalfClosed, "unix")},
    {"NoLongerReadingTcp", With(NoLongerReading, "tcp")},
    {"NoLongerReadingUnix", With(NoLongerReading, "unix")},
    {"DeadlinesTcp", With(Deadlines, "tcp")},
    {"DeadlinesUnix", With(Deadlines, "unix")},
    {"CloseWakesTcp", With(CloseWakes, "tcp")},
    {"CloseWakesUnix", With(CloseWakes, "unix")},
    {"Messages", Messages},
    {"Udp", Udp},
    {"UdpWildcard", UdpWildcard},
    {"Unixgram", Unixgram},
    {"Nil", Nil},
};

class NetworkAlike : public ::testing::TestWithParam<Script> {};
INSTANTIATE_TEST_SUITE_P(Scripts, NetworkAlike, ::testing::ValuesIn(kScripts),
                         [](const auto& info) { return info.param.name; });

std::vector<std::string> Said(const Script& script) {
  Account it;
  script.play(it);
  return it.lines();
}

TEST_P(NetworkAlike, BothSayTheSame) {
  std::vector<std::string> real;
  RunWith(2, [&] { real = Said(GetParam()); });
  std::vector<std::string> fake;
  testing::Bubble([&] { fake = Said(GetParam()); });
  EXPECT_FALSE(real.empty());
  EXPECT_EQ(fake, real);
}

}  // namespace
}  // namespace gosling
