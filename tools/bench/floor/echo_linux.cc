// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// echo64, echo1000, echop99, idle20000 with epoll and nothing else: as many
// threads as GOMAXPROCS, each with its own part of the connections and one buffer
// for all of them. What a server written by hand takes at the least.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/echo.h"
#include "tools/bench/procs.h"

namespace {

// Part is one thread's connections.
class Part {
 public:
  Part() { bench::Require(epoll_ >= 0, "epoll_create1"); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() { ::close(epoll_); }

  void Add(int fd) const {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = fd;
    bench::Require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0,
                   "epoll_ctl");
  }

  // Serve returns when `count` connections have ended.
  void Serve(int count) const {
    std::array<epoll_event, 128> events;
    std::array<char, bench::kEchoBuffer> message;
    while (count > 0) {
      const int n = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < n; i++) {
        const int fd = events[i].data.fd;
        const ssize_t got = ::recv(fd, message.data(), message.size(), 0);
        if (got > 0 && ::send(fd, message.data(), got, MSG_NOSIGNAL) == got) {
          continue;
        }
        ::close(fd);
        count--;
      }
    }
  }

 private:
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
};

void Echo(benchmark::State& state, const bench::EchoWorkload& workload) {
  for (auto _ : state) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* address = reinterpret_cast<sockaddr*>(&at);
    socklen_t size = sizeof at;
    bench::Require(::bind(listener, address, size) == 0 &&
                       ::listen(listener, SOMAXCONN) == 0 &&
                       ::getsockname(listener, address, &size) == 0,
                   "listen");
    const std::size_t procs = bench::Procs();
    std::vector<Part> parts(procs);
    std::vector<std::thread> threads;
    {
      bench::EchoClient client(workload);
      client.Start(ntohs(at.sin_port));
      const int count = client.connections();
      for (std::size_t i = 0; i < procs; i++) {
        const int share =
            (count + static_cast<int>(procs - 1 - i)) / static_cast<int>(procs);
        threads.emplace_back([&part = parts[i], share] { part.Serve(share); });
      }
      threads.emplace_back([&, count] {
        for (int i = 0; i < count; i++) {
          const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
          bench::Require(fd >= 0, "accept4");
          const int yes = 1;
          ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
          parts[i % procs].Add(fd);
        }
      });
      client.Measure();
      client.Report(&state);
    }
    for (std::thread& thread : threads) thread.join();
    ::close(listener);
  }
}

void Echo64(benchmark::State& state) { Echo(state, bench::kEcho64); }
BENCHMARK(Echo64)->Name("echo64")->Apply(bench::Counted);

void Echo1000(benchmark::State& state) { Echo(state, bench::kEcho1000); }
BENCHMARK(Echo1000)->Name("echo1000")->Apply(bench::Counted);

void EchoP99(benchmark::State& state) { Echo(state, bench::kEchoP99); }
BENCHMARK(EchoP99)->Name("echop99")->Apply(bench::Counted);

void Idle20000(benchmark::State& state) { Echo(state, bench::kIdle20000); }
BENCHMARK(Idle20000)->Name("idle20000")->Apply(bench::Counted);

}  // namespace
