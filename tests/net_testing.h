// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the tests of net: connections to test with, and an address that does not
// answer.

#ifndef GOSLING_TESTS_NET_TESTING_H_
#define GOSLING_TESTS_NET_TESTING_H_

#include <arpa/inet.h>
#include <gosling/errors.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/descriptors.h"

namespace gosling {

// The networks whose connections are streams with addresses.
inline constexpr std::array kStreams = {"tcp", "unix"};

// Over is a deadline in the past.
inline time::Time Over() { return time::Now() - std::chrono::seconds(1); }

// In is a deadline that is still to come.
inline time::Time In(time::Duration d) { return time::Now() + d; }

// Must returns what a call gives besides its error; an error ends the program.
template <class T>
T Must(std::pair<T, Error> result) {
  if (result.second) {
    std::fprintf(stderr, "error: %s\n", result.second.message().c_str());
    std::abort();
  }
  return std::move(result.first);
}

// Failed returns the error of a call that gives something besides.
template <class T>
Error Failed(const std::pair<T, Error>& result) {
  return result.second;
}

// TempFolder is a folder that is there as long as the object is.
class TempFolder {
 public:
  TempFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "gosling-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string operator/(std::string_view name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

// Here is where a test listens: a free port of 127.0.0.1, or a file.
inline std::string Here(std::string_view network, const TempFolder& folder) {
  return network.starts_with("unix") ? folder / "socket" : "127.0.0.1:0";
}

// Ends are both ends of a connection: a dialed, b accepted.
struct Ends {
  net::Conn a;
  net::Conn b;
};

// Connect connects with a listener.
inline Ends Connect(const net::Listener& listener) {
  Ends ends;
  sync::WaitGroup dialing;
  const net::Addr at = listener.Addr();
  dialing.Go([&] { ends.a = Must(net::Dial(at.network, at.String())); });
  ends.b = Must(listener.Accept());
  dialing.Wait();
  return ends;
}

// Connected makes a connection of a network, or of "pipe".
inline Ends Connected(std::string_view network) {
  if (network == "pipe") {
    Ends ends;
    std::tie(ends.a, ends.b) = net::Pipe();
    return ends;
  }
  // The system finds a name that is no file: those of ext4 are slow to go.
  return Connect(Must(
      net::Listen(network, network.starts_with("unix") ? "" : "127.0.0.1:0")));
}

// ReadN reads n bytes, or fewer if there is an error.
inline std::pair<std::string, Error> ReadN(const net::Conn& conn,
                                           std::size_t n) {
  std::string text(n, '\0');
  std::size_t done = 0;
  while (done < n) {
    const auto [more, err] = conn.Read(std::span(text.data() + done, n - done));
    done += more;
    if (err) return {text.substr(0, done), err};
  }
  return {std::move(text), nullptr};
}

// Drain reads to the end and returns how many bytes came before, and the error,
// io::Eof if all is well.
inline std::pair<std::size_t, Error> Drain(const net::Conn& conn) {
  std::vector<char> some(1 << 16);
  std::size_t all = 0;
  for (;;) {
    const auto [n, err] = conn.Read(some);
    all += n;
    if (err) return {all, err};
  }
}

// Echo writes what it reads until that ends, then closes.
inline void Echo(const net::Conn& conn) {
  std::array<char, 4096> some;
  for (;;) {
    const auto [n, err] = conn.Read(some);
    if (n > 0 && conn.Write(std::string_view(some.data(), n)).second) break;
    if (err) break;
  }
  (void)conn.Close();
}

// "127.0.0.1:4000->127.0.0.1:50122", as in errors.
inline std::string Route(const net::Conn& conn) {
  return conn.LocalAddr().String() + "->" + conn.RemoteAddr().String();
}

// FillUp writes until no more can be taken, and returns how many bytes were.
inline std::size_t FillUp(const net::Conn& conn) {
  const std::string much(1 << 16, 'x');
  std::size_t all = 0;
  (void)conn.SetWriteDeadline(In(std::chrono::milliseconds(50)));
  for (;;) {
    const auto [n, err] = conn.Write(much);
    all += n;
    if (!err) continue;
    EXPECT_TRUE(net::TimedOut(err)) << err.message();
    (void)conn.SetWriteDeadline({});
    return all;
  }
}

// BlackHole is an address that a connection cannot be made to and that does not
// say so: a listener without room for another one.
class BlackHole {
 public:
  // ip: "127.0.0.1", "::1". A port other than 0 may be taken: then it is none.
  explicit BlackHole(const char* ip = "127.0.0.1", std::uint16_t port = 0) {
    const int family = std::string_view(ip).find(':') == std::string_view::npos
                           ? AF_INET
                           : AF_INET6;
    sockaddr_storage at = {};
    socklen_t size = 0;
    if (family == AF_INET) {
      auto& in = reinterpret_cast<sockaddr_in&>(at);
      in.sin_family = AF_INET;
      in.sin_port = htons(port);
      ::inet_pton(family, ip, &in.sin_addr);
      size = sizeof in;
    } else {
      auto& in6 = reinterpret_cast<sockaddr_in6&>(at);
      in6.sin6_family = AF_INET6;
      in6.sin6_port = htons(port);
      ::inet_pton(family, ip, &in6.sin6_addr);
      size = sizeof in6;
    }
    auto* address = reinterpret_cast<sockaddr*>(&at);
    const int listener = Open(family);
    if (::bind(listener, address, size) != 0) {
      if (port != 0 && errno == EADDRINUSE) return;
      std::abort();
    }
    if (::listen(listener, 0) != 0 ||
        ::getsockname(listener, address, &size) != 0) {
      std::abort();
    }
    port_ = ntohs(family == AF_INET
                      ? reinterpret_cast<sockaddr_in&>(at).sin_port
                      : reinterpret_cast<sockaddr_in6&>(at).sin6_port);
    address_ = net::JoinHostPort(ip, std::to_string(port_));
    // One has room although there is none to wait in; the others keep asking.
    for (int i = 0; i < 4; i++) (void)::connect(Open(family), address, size);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  ~BlackHole() {
    for (const int fd : fds_) ::close(fd);
  }

  explicit operator bool() const { return port_ != 0; }
  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }

 private:
  int Open(int family) {
    const int fd =
        ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) std::abort();
    fds_.push_back(fd);
    return fd;
  }

  std::vector<int> fds_;
  std::uint16_t port_ = 0;
  std::string address_;
};

// BesideHole is a listener, and a hole at another IP with the same port. The
// system may have given that port out there, to a connection that somebody makes
// or has made a minute ago: then they get another one.
struct BesideHole {
  BesideHole(const std::string& ip, const char* hole_ip) {
    while (!hole || !*hole) {
      listener = Must(net::Listen("tcp4", net::JoinHostPort(ip, "0")));
      hole = std::make_unique<BlackHole>(hole_ip, listener.Addr().port);
    }
  }

  net::Listener listener;
  std::unique_ptr<BlackHole> hole;
};

// FreePort is a port that nobody listens at.
inline std::uint16_t FreePort() {
  return Must(net::Listen("tcp", "127.0.0.1:0")).Addr().port;
}

// ShutPort is a port at which nobody listens as long as the object is there: no
// other program can have it either, at any address.
class ShutPort {
 public:
  ShutPort() : fd_(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int off = 0;
    sockaddr_in6 at = {};
    at.sin6_family = AF_INET6;
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (fd_ < 0 ||
        ::setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
        ::bind(fd_, address, size) != 0 ||
        ::getsockname(fd_, address, &size) != 0) {
      std::abort();
    }
    port_ = ntohs(at.sin6_port);
  }
  ShutPort(const ShutPort&) = delete;
  ShutPort& operator=(const ShutPort&) = delete;
  ~ShutPort() { ::close(fd_); }

  std::uint16_t number() const { return port_; }

 private:
  const int fd_;
  std::uint16_t port_ = 0;
};

// OpenFds counts the process's descriptors.
inline int OpenFds() { return static_cast<int>(LastingDescriptors().size()); }

// AwaitFds waits until there are no more than n, or ten seconds are over, and
// returns how many there are: a goroutine that ends by itself may hold one.
inline int AwaitFds(int n) {
  const time::Time limit = In(std::chrono::seconds(10));
  int open = OpenFds();
  while (open > n && time::Time::clock::now() < limit) {
    time::Sleep(std::chrono::milliseconds(1));
    open = OpenFds();
  }
  return open;
}

}  // namespace gosling

#endif  // GOSLING_TESTS_NET_TESTING_H_
