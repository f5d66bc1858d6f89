// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The client of the echo workloads (echo.h), whichever system the server is
// written with: one thread and epoll. Usage: bench_echo_client MODE PORT
// CONNECTIONS REQUESTS. It says "ready" when all connections have had one echo,
// waits for a line, works, and says two numbers: how many requests and in how
// many nanoseconds; of p99 the latency in nanoseconds that 99 % of the requests
// do not exceed, and the rate per second.
//
// It runs on the CPUs that the server may not use, if there are any.
//
// In p99 a request's latency counts from when it was due, not from when there
// was a connection for it: a server that stands still is not asked less.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string_view>
#include <vector>

#include "tools/bench/other_cpus.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

void Require(bool right, const char* what) {
  if (right) return;
  std::perror(what);
  std::_Exit(1);
}

struct Connection {
  int fd = -1;
  std::uint64_t number = 0;  // of the request under way
  std::size_t have = 0;      // so much of its answer is here
  std::array<char, 64> answer;
  Clock::time_point due;
};

std::array<char, 64> MessageOf(std::uint64_t number) {
  std::array<char, 64> message;
  message.fill(static_cast<char>('a' + number % 26));
  std::memcpy(message.data(), &number, sizeof number);
  return message;
}

class Client {
 public:
  Client(int port, int connections) : connections_(connections) {
    epoll_ = ::epoll_create1(0);
    Require(epoll_ >= 0, "epoll_create1");
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (Connection& c : connections_) {
      c.fd = ::socket(AF_INET, SOCK_STREAM, 0);
      Require(c.fd >= 0, "socket");
      Require(::connect(c.fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0,
              "connect");
      const int yes = 1;
      ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      Send(&c);
      Require(::recv(c.fd, c.answer.data(), c.answer.size(), MSG_WAITALL) ==
                  static_cast<ssize_t>(c.answer.size()),
              "the first echo");
      Check(&c);
      ::fcntl(c.fd, F_SETFL, O_NONBLOCK);
      epoll_event event = {};
      event.events = EPOLLIN;
      event.data.ptr = &c;
      Require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event) == 0,
              "epoll_ctl");
    }
  }

  // Closed makes `requests`, each connection's next one as soon as it has its
  // answer; returns how long it took.
  nanoseconds Closed(std::int64_t requests) {
    const auto start = Clock::now();
    std::int64_t to_send = requests;
    for (Connection& c : connections_) {
      if (to_send-- > 0) Send(&c);
    }
    for (std::int64_t answered = 0; answered < requests;) {
      Await(-1, [&](Connection* c) {
        answered++;
        if (to_send-- > 0) Send(c);
      });
    }
    return Clock::now() - start;
  }

  // Open makes `requests` at a rate per second; returns their latencies.
  std::vector<nanoseconds> Open(std::int64_t requests, double rate) {
    std::vector<nanoseconds> latencies;
    latencies.reserve(requests);
    std::deque<Connection*> idle;
    for (Connection& c : connections_) idle.push_back(&c);
    const auto start = Clock::now();
    const auto due = [&](std::int64_t i) {
      return start + nanoseconds(static_cast<std::int64_t>(i * 1e9 / rate));
    };
    std::int64_t sent = 0;
    while (static_cast<std::int64_t>(latencies.size()) < requests) {
      while (sent < requests && !idle.empty() && due(sent) <= Clock::now()) {
        idle.front()->due = due(sent++);
        Send(idle.front());
        idle.pop_front();
      }
      const nanoseconds wait = due(sent) - Clock::now();
      const bool is_next_awaited = sent < requests && !idle.empty();
      Await(is_next_awaited ? std::max<std::int64_t>(wait.count(), 0) : -1,
            [&](Connection* c) {
              latencies.push_back(Clock::now() - c->due);
              idle.push_back(c);
            });
    }
    return latencies;
  }

 private:
  void Send(Connection* c) {
    c->number = next_++;
    c->have = 0;
    const auto message = MessageOf(c->number);
    Require(::send(c->fd, message.data(), message.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(message.size()),
            "send");
  }

  void Check(Connection* c) {
    Require(c->answer == MessageOf(c->number), "an echo differs");
  }

  // Await waits for answers, at most so long (-1: for ever), and calls f with
  // the connection of each that is whole.
  template <class F>
  void Await(std::int64_t ns, F&& f) {
    std::array<epoll_event, 256> events;
    timespec limit = {};
    limit.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    const int n = ::epoll_pwait2(epoll_, events.data(), events.size(),
                                 ns < 0 ? nullptr : &limit, nullptr);
    Require(n >= 0 || errno == EINTR, "epoll_pwait2");
    for (int i = 0; i < n; i++) {
      auto* c = static_cast<Connection*>(events[i].data.ptr);
      const ssize_t more = ::recv(c->fd, c->answer.data() + c->have,
                                  c->answer.size() - c->have, 0);
      if (more < 0 && errno == EAGAIN) continue;
      Require(more > 0, "recv");
      c->have += static_cast<std::size_t>(more);
      if (c->have < c->answer.size()) continue;
      Check(c);
      f(c);
    }
  }

  int epoll_ = -1;
  std::uint64_t next_ = 0;
  std::vector<Connection> connections_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: bench_echo_client MODE PORT CONNECTIONS REQUESTS\n",
               stderr);
    return 2;
  }
  const std::string_view mode = argv[1];
  bench::TakeOtherCpus();
  Client client(std::atoi(argv[2]), std::atoi(argv[3]));
  const std::int64_t requests = std::atoll(argv[4]);
  std::puts("ready");
  std::fflush(stdout);
  char line[8];
  Require(std::fgets(line, sizeof line, stdin) != nullptr, "no line to go on");
  if (mode == "idle") {
    std::puts("0 0");
  } else {
    const nanoseconds taken = client.Closed(requests);
    if (mode == "p99") {
      const double rate = static_cast<double>(requests) * 1e9 /
                          static_cast<double>(taken.count()) / 2;
      auto latencies = client.Open(requests, rate);
      const auto at = latencies.begin() +
                      static_cast<std::ptrdiff_t>(latencies.size() * 99 / 100);
      std::nth_element(latencies.begin(), at, latencies.end());
      std::printf("%lld %f\n", static_cast<long long>(at->count()), rate);
    } else {
      std::printf("%lld %lld\n", static_cast<long long>(requests),
                  static_cast<long long>(taken.count()));
    }
  }
  std::fflush(stdout);
  // The server sees all connections end with the process.
}
