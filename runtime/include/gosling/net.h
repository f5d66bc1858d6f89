// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sockets: a goroutine that waits for one costs no thread.
//
//     #include <gosling/go.h>
//     #include <gosling/net.h>
//     #include <gosling/panic.h>
//
//     namespace go = gosling;
//
//     int main() {
//       return go::Run([] {
//         auto [listener, err] = go::net::Listen("tcp", "127.0.0.1:8000");
//         if (err) throw go::Panic(err.message());
//         for (;;) {
//           auto [conn, failed] = listener.Accept();
//           if (failed) break;
//           go::Go([c = conn] {
//             char buf[4096];
//             for (;;) {
//               auto [n, end] = c.Read(buf);
//               if (end) break;  // io::Eof, or that the connection is broken
//               c.Write(std::string_view(buf, n));
//             }
//           });
//         }
//       });
//     }
//
// Conn, Listener and their kin are handles: copies share the socket, which
// Close closes, or else the end of the last copy. Any goroutine or thread may
// use any copy at any time; one reader at a time has its turn, and one writer.
// Close ends what others do with it meanwhile: they get an error of which
// errors::Is(err, net::Closed) is true.
//
// A deadline is a moment at which reads or writes end that are not done by
// then, those to come as well; TimedOut(err) is true of their errors. It stays
// until it is set anew; time::Time{} is none.
//
// Errors say what Go's say: `read tcp 127.0.0.1:4000->127.0.0.1:50122: i/o
// timeout`. err.code() is the system's, if it has one. The end of a stream is
// io::Eof. Writing to a connection whose other end is gone is an error and never
// a SIGPIPE.
//
// In a bubble of <gosling/testing.h> all this is of a network of the bubble's own,
// without sockets (<gosling/testing_net.h>).
//
// Unless a function says otherwise: it may park; it may be called by any
// goroutine or thread, not by a signal handler; it throws std::bad_alloc and
// nothing else; a nil handle, as made by default, gives the error `invalid
// argument`.
//
// Go: package net.

#ifndef GOSLING_NET_H_
#define GOSLING_NET_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/internal/io.h>
#include <gosling/internal/net.h>
#include <gosling/ip.h>
#include <gosling/resolver.h>
#include <gosling/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gosling::net {

// Closed is what is wrong with a connection or listener that was closed here:
// "use of closed network connection". Go: net.ErrClosed.
GOSLING_API extern const Error& Closed;

// TimedOut says whether the error means that a deadline or time-out is over.
// Go: err.(net.Error).Timeout().
GOSLING_API bool TimedOut(const Error& err);

// Addr is one end of a connection. Go: net.Addr, TCPAddr, UDPAddr, UnixAddr.
struct Addr {
  std::string
      network;       // "tcp", "udp", "unix", "unixgram", "unixpacket", "pipe"
  IP ip;             // of tcp and udp
  std::string zone;  // of an IPv6 address that is valid on one link only
  std::uint16_t port = 0;
  std::string path;  // of the unix networks; "@x" is an abstract name

  // String is "10.0.0.1:80", "[::1]:80", "/run/x"; "<nil>" if there is none. Go:
  // Addr.String.
  GOSLING_API std::string String() const;

  // Network is `network`. Go: Addr.Network.
  const std::string& Network() const { return network; }

  explicit operator bool() const { return !network.empty(); }
  friend bool operator==(const Addr& a, const Addr& b) {
    return a.network == b.network && a.ip == b.ip && a.zone == b.zone &&
           a.port == b.port && a.path == b.path;
  }
};

// Conn is a connection: a stream of bytes (tcp, unix, Pipe), or one that keeps
// messages apart (udp, unixgram, unixpacket). Go: net.Conn.
class Conn {
 public:
  Conn() noexcept = default;

  // Read waits until there is something and returns how many bytes it has put
  // into `to`: at least one, or an error. io::Eof: the other end has said all.
  // Of a message that is longer than `to` the rest is lost.
  GOSLING_API std::pair<std::size_t, Error> Read(std::span<std::byte> to) const;
  std::pair<std::size_t, Error> Read(std::span<char> to) const {
    return Read(std::as_writable_bytes(to));
  }

  // Write writes all of it, or returns an error and how many bytes the system
  // had taken by then.
  GOSLING_API std::pair<std::size_t, Error> Write(
      std::span<const std::byte> from) const;
  std::pair<std::size_t, Error> Write(std::string_view from) const {
    return Write(std::as_bytes(std::span(from)));
  }

  // Writev writes several pieces as if they were one, without copying them
  // together. Go: Buffers.WriteTo.
  GOSLING_API std::pair<std::size_t, Error> Writev(
      std::span<const std::span<const std::byte>> pieces) const;
  GOSLING_API std::pair<std::size_t, Error> Writev(
      std::initializer_list<std::string_view> pieces) const;

  // Close closes the connection for all copies. What Write has returned for is
  // still sent. It waits for nobody but the reads and writes that it ends.
  GOSLING_API Error Close() const;

  GOSLING_API Addr LocalAddr() const;
  GOSLING_API Addr RemoteAddr() const;

  GOSLING_API Error SetDeadline(time::Time when) const;
  GOSLING_API Error SetReadDeadline(time::Time when) const;
  GOSLING_API Error SetWriteDeadline(time::Time when) const;

  // Fd returns the socket's number, which stays the Conn's and is in
  // non-blocking mode; -1 if there is none (Pipe, nil). Never parks.
  GOSLING_API int Fd() const;

  // As returns this connection with the functions of its kind, if it is of that
  // kind: conn.As<net::TCPConn>()->SetLinger(0). Go: conn.(*net.TCPConn).
  template <class T>
  std::optional<T> As() const {
    T as;
    static_cast<Conn&>(as) = *this;
    if (!as.IsOfItsKind()) return std::nullopt;
    return as;
  }

  explicit operator bool() const noexcept { return node_ != nullptr; }
  friend bool operator==(const Conn& a, const Conn& b) noexcept {
    return a.node_ == b.node_;
  }

 private:
  friend struct internal::IoAccess;
  friend struct internal::NetAccess;

  GOSLING_API internal::IoStream Stream() const;

  std::shared_ptr<internal::ConnNode> node_;
};

// TCPConn is a connection by TCP. It sends at once what is written (SetNoDelay)
// and asks every 15 s of silence whether the other end is there, nine times
// (SetKeepAlive), unless it is told otherwise. Go: net.TCPConn.
class TCPConn : public Conn {
 public:
  GOSLING_API Error SetNoDelay(bool on) const;
  GOSLING_API Error SetKeepAlive(bool on) const;
  // How long the silence may last before the first question; whole seconds,
  // rounded up.
  GOSLING_API Error SetKeepAlivePeriod(time::Delay d) const;
  // What Close does with data not yet sent: < 0, the default, sends it in the
  // background; 0 drops it, and the other end gets a reset; > 0 is as < 0 for so
  // many seconds.
  GOSLING_API Error SetLinger(int seconds) const;
  // CloseWrite says that there is no more to come: the other end reads io::Eof.
  // CloseRead ends reading here.
  GOSLING_API Error CloseRead() const;
  GOSLING_API Error CloseWrite() const;

 private:
  friend class Conn;
  GOSLING_API bool IsOfItsKind() const;
};

// PacketConn is a socket for messages to and from anybody, or a connected one:
// udp, unixgram. Go: net.PacketConn, UDPConn.
class PacketConn : public Conn {
 public:
  struct From {
    std::size_t n = 0;
    Addr from;
    Error err;
  };
  // ReadFrom waits for a message, puts it into `to`, and tells where it is from.
  // Of one that is longer than `to` the rest is lost.
  GOSLING_API From ReadFrom(std::span<std::byte> to) const;
  From ReadFrom(std::span<char> to) const {
    return ReadFrom(std::as_writable_bytes(to));
  }
  // WriteTo sends one message. Fails on a connected one, which has Write.
  GOSLING_API std::pair<std::size_t, Error> WriteTo(
      std::span<const std::byte> from, const Addr& to) const;
  std::pair<std::size_t, Error> WriteTo(std::string_view from,
                                        const Addr& to) const {
    return WriteTo(std::as_bytes(std::span(from)), to);
  }

 private:
  friend class Conn;
  GOSLING_API bool IsOfItsKind() const;
};

using UDPConn = PacketConn;

// UnixConn is a connection within this machine, which can pass descriptors. Go:
// net.UnixConn, ReadMsgUnix and WriteMsgUnix.
class UnixConn : public PacketConn {
 public:
  // SendFds writes `data`, of at least one byte, and with its first byte the
  // descriptors, at most 253, which stay the caller's.
  GOSLING_API std::pair<std::size_t, Error> SendFds(
      std::string_view data, std::span<const int> fds) const;
  struct Received {
    std::size_t n = 0;
    std::vector<int> fds;  // the caller's; closed at exec
    Error err;
  };
  // RecvFds is Read that also takes up to `max` descriptors; the system closes
  // those that are too many.
  GOSLING_API Received RecvFds(std::span<char> data, std::size_t max) const;

  GOSLING_API Error CloseRead() const;
  GOSLING_API Error CloseWrite() const;

 private:
  friend class Conn;
  GOSLING_API bool IsOfItsKind() const;
};

// Listener waits for connections. Go: net.Listener.
class Listener {
 public:
  Listener() noexcept = default;

  // Accept waits for the next connection. Errors that say "too many open files"
  // or "no buffer space available" pass: try again a little later; Serve does.
  GOSLING_API std::pair<Conn, Error> Accept() const;
  // Close ends Accept. Connections that nobody has accepted are reset; those of
  // Accept stay. A unix socket's file is removed.
  GOSLING_API Error Close() const;
  GOSLING_API net::Addr Addr() const;
  // When Accept ends.
  GOSLING_API Error SetDeadline(time::Time when) const;
  // As Conn's.
  GOSLING_API int Fd() const;

  explicit operator bool() const noexcept { return node_ != nullptr; }
  friend bool operator==(const Listener& a, const Listener& b) noexcept {
    return a.node_ == b.node_;
  }

 private:
  friend struct internal::NetAccess;

  std::shared_ptr<internal::ListenerNode> node_;
};

// Serve accepts connections and calls f with each on a goroutine of its own,
// until the listener is closed (nil is returned), Accept fails for good, or ctx
// ends: then Serve closes the listener and returns ctx's error. A lack of
// descriptors or memory passes: Serve waits for 5 ms, at most for 1 s, and goes
// on; the connections wait in the system meanwhile. It does not wait for the
// f's, and an f may begin after it has returned: Server knows of all of them.
// Go: net/http's Server.Serve.
GOSLING_API Error Serve(const context::Context& ctx, const Listener& listener,
                        std::function<void(Conn)> f);

// Server is Serve for a program that ends well: it knows which connections are
// open, those too whose goroutine has not run yet, and waits for their end.
//
//     const go::context::Scoped stop = go::signal::NotifyContext(
//         go::context::Background(), SIGTERM);
//     go::net::Server server;
//     server.Serve(stop, listener, Handle);
//     for (const go::net::Conn& conn : server.Conns()) {
//       conn.SetReadDeadline(go::time::Now() + 1s);  // a last request
//     }
//     const go::context::Scoped patience = go::context::WithTimeout(
//         go::context::Background(), 30s);
//     if (server.Wait(patience)) {
//       for (const go::net::Conn& conn : server.Conns()) conn.Close();
//     }
//
// Serve may be called several times, one listener each, also at once. Copies
// share the server. Go: net/http's Server.
class Server {
 public:
  // Throws std::bad_alloc.
  GOSLING_API Server();
  // Not moved from: a Server always has its connections.
  Server(const Server&) = default;
  Server& operator=(const Server&) = default;
  ~Server() = default;

  // Serve is net::Serve, and closes each connection when its f returns. When it
  // returns, each connection that it has accepted is among Conns, or its f has
  // returned.
  GOSLING_API Error Serve(const context::Context& ctx, const Listener& listener,
                          std::function<void(Conn)> f) const;

  // Conns returns the connections whose f has not returned, the oldest first.
  [[nodiscard]] GOSLING_API std::vector<Conn> Conns() const;

  // Wait waits until there is no such connection, and returns nil, or until ctx
  // ends, and returns its error. It closes nothing. Go: Server.Shutdown, which
  // also closes listeners and idle connections.
  GOSLING_API Error Wait(const context::Context& ctx) const;

 private:
  std::shared_ptr<internal::ServerState> state_;
};

// Dial connects to an address. Networks: tcp, tcp4 (IPv4 only), tcp6, udp, udp4,
// udp6, unix, unixgram, unixpacket. An address of tcp or udp is "host:port",
// "[IPv6]:port"; host is a name or an IP, or empty: this machine; port is a
// number or a service's name. If a name has several IPs they are tried one
// after the other; with tcp, those of the other family beside them after 300 ms
// (RFC 8305), and the first connection wins. Go: net.Dial.
[[nodiscard]] GOSLING_API std::pair<Conn, Error> Dial(std::string_view network,
                                                      std::string_view address);

// DialTimeout is Dial for at most d, names and all. Go: net.DialTimeout.
[[nodiscard]] GOSLING_API std::pair<Conn, Error> DialTimeout(
    std::string_view network, std::string_view address, time::Delay d);

// Control is called with a socket's number before it is bound or connected, for
// options of the caller's. An error of it ends the call. It must not park.
using Control = std::function<Error(std::string_view network,
                                    std::string_view address, int fd)>;

// Dialer dials with settings of its own. Go: net.Dialer.
struct Dialer {
  // Whichever comes first; 0 and time::Time{}: none.
  time::Duration timeout{0};
  time::Time deadline{};
  // Where the connection is to come from: an address of the same network.
  Addr local_addr;
  // How long the first family's IPs have alone; < 0: no fallback.
  time::Duration fallback_delay = std::chrono::milliseconds(300);
  // As SetKeepAlivePeriod; < 0: off.
  time::Duration keep_alive = std::chrono::seconds(15);
  Control control;
  Resolver resolver;

  [[nodiscard]] GOSLING_API std::pair<Conn, Error> Dial(
      std::string_view network, std::string_view address) const;
  // The end of ctx ends the dialing, not the connection.
  [[nodiscard]] GOSLING_API std::pair<Conn, Error> DialContext(
      const context::Context& ctx, std::string_view network,
      std::string_view address) const;
};

// Listen waits for connections at an address of tcp, tcp4, tcp6, unix or
// unixpacket. An empty host stands for all of this machine's addresses, of IPv4
// too if the network is tcp; port 0 for one that is free (Addr tells). Go:
// net.Listen.
[[nodiscard]] GOSLING_API std::pair<Listener, Error> Listen(
    std::string_view network, std::string_view address);

// ListenPacket opens a socket for messages: udp, udp4, udp6, unixgram. Go:
// net.ListenPacket.
[[nodiscard]] GOSLING_API std::pair<PacketConn, Error> ListenPacket(
    std::string_view network, std::string_view address);

// ListenConfig listens with settings of its own. Go: net.ListenConfig.
struct ListenConfig {
  Control control;
  // Several sockets may listen at one address; the system deals connections out
  // among them.
  bool reuse_port = false;
  // How many connections may wait for Accept; 0: as many as the system allows.
  int backlog = 0;
  // Of the connections. As Dialer's.
  time::Duration keep_alive = std::chrono::seconds(15);
  Resolver resolver;

  [[nodiscard]] GOSLING_API std::pair<Listener, Error> Listen(
      const context::Context& ctx, std::string_view network,
      std::string_view address) const;
  [[nodiscard]] GOSLING_API std::pair<PacketConn, Error> ListenPacket(
      const context::Context& ctx, std::string_view network,
      std::string_view address) const;
};

// FileConn and FileListener make one of a socket that the program has from
// elsewhere (systemd, a parent). They use a duplicate: fd stays the caller's. Go:
// net.FileConn, FileListener.
[[nodiscard]] GOSLING_API std::pair<Conn, Error> FileConn(int fd);
[[nodiscard]] GOSLING_API std::pair<Listener, Error> FileListener(int fd);

// Pipe makes two connections within the program, each the other's end. A write
// waits for reads: nothing is kept. Go: net.Pipe.
[[nodiscard]] GOSLING_API std::pair<Conn, Conn> Pipe();

}  // namespace gosling::net

#endif  // GOSLING_NET_H_
