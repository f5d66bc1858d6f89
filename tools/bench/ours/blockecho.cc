// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// blockecho: 100 clients and a server in one process, all goroutines, on plain
// blocking sockets: no call says that it may block. Each echo is begun by a
// ticket from a channel, so each client needs a P again and again. One operation
// is one echo of 64 bytes. blockechohint is the same with runtime::Blocking
// around every call that may block.

#include <arpa/inet.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>

#include "tools/bench/bench.h"

namespace {

constexpr int kClients = 100;

using Message = std::array<char, 64>;

struct Plain {
  template <class F>
  static auto Call(F&& f) {
    return f();
  }
};

struct Hinted {
  template <class F>
  static auto Call(F&& f) {
    return gosling::runtime::Blocking(f);
  }
};

// Receive reads a whole message; false: the other side has closed.
template <class How>
bool Receive(int fd, Message* message) {
  const ssize_t n = How::Call([=] {
    return ::recv(fd, message->data(), message->size(), MSG_WAITALL);
  });
  bench::Require(n == 0 || n == static_cast<ssize_t>(message->size()),
                 "a message of another length");
  return n != 0;
}

template <class How>
void Send(int fd, const Message& message) {
  const ssize_t n =
      How::Call([&] { return ::send(fd, message.data(), message.size(), 0); });
  bench::Require(n == static_cast<ssize_t>(message.size()),
                 "a message was not sent");
}

// Serve accepts the clients and has a goroutine for each.
template <class How>
void Serve(int listener, gosling::sync::WaitGroup* group) {
  for (int i = 0; i < kClients; i++) {
    const int fd =
        How::Call([=] { return ::accept(listener, nullptr, nullptr); });
    bench::Require(fd >= 0, "accept");
    group->Go([=] {
      for (Message message; Receive<How>(fd, &message);) Send<How>(fd, message);
      ::close(fd);
    });
  }
  ::close(listener);
}

template <class How>
int Connect(const sockaddr_in& server) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  bench::Require(How::Call([&] {
                   return ::connect(fd,
                                    reinterpret_cast<const sockaddr*>(&server),
                                    sizeof server);
                 }) == 0,
                 "connect");
  return fd;
}

int Listen(sockaddr_in* address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof *address;
  auto* any = reinterpret_cast<sockaddr*>(address);
  bench::Require(::bind(fd, any, size) == 0 && ::listen(fd, kClients) == 0 &&
                     ::getsockname(fd, any, &size) == 0,
                 "listen");
  return fd;
}

template <class How>
void BlockEcho(benchmark::State& state) {
  gosling::Run([&] {
    sockaddr_in address = {};
    const int listener = Listen(&address);
    gosling::sync::WaitGroup group;
    gosling::sync::WaitGroup connected;
    auto tickets = gosling::MakeChan<char>(kClients);
    group.Go([&] { Serve<How>(listener, &group); });
    connected.Add(kClients);
    for (int i = 0; i < kClients; i++) {
      group.Go([&] {
        const int fd = Connect<How>(address);
        connected.Done();
        Message message = {};
        for (char ticket : tickets) {
          message[0] = ticket;
          Send<How>(fd, message);
          message[0]++;
          bench::Require(Receive<How>(fd, &message) && message[0] == ticket,
                         "an echo");
        }
        ::close(fd);
      });
    }
    connected.Wait();
    char ticket = 0;
    for (auto _ : state) tickets.Send(ticket++);
    tickets.Close();
    group.Wait();
  });
}
BENCHMARK(BlockEcho<Plain>)->Name("blockecho")->Apply(bench::Timed);
BENCHMARK(BlockEcho<Hinted>)->Name("blockechohint")->Apply(bench::Timed);

}  // namespace
