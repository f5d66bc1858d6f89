// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// echo64, echo1000, echop99, idle20000: a server in this process answers a
// client in another (echo_client_linux.cc), the same for all systems. The client
// connects so many times and has one echo of 64 bytes on each connection; then
// the server's memory is looked at, or the client goes on: as many requests as
// BENCH_ECHO_REQUESTS says, each connection's next one as soon as it has its
// answer, or, for echop99, at half of the rate that this gave.

#ifndef TOOLS_BENCH_ECHO_H_
#define TOOLS_BENCH_ECHO_H_

#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "tools/bench/bench.h"
#include "tools/bench/rss.h"

extern char** environ;

namespace bench {

// kEchoBuffer is how much a server reads at a time; one whose connections are
// idle has the smaller one.
inline constexpr std::size_t kEchoBuffer = 4096;
inline constexpr std::size_t kIdleBuffer = 64;

// EchoWorkload is what the client is to do.
struct EchoWorkload {
  const char* mode;  // "echo", "p99", "idle"
  int connections;
};

inline constexpr EchoWorkload kEcho64 = {"echo", 64};
inline constexpr EchoWorkload kEcho1000 = {"echo", 1000};
inline constexpr EchoWorkload kEchoP99 = {"p99", 64};
inline constexpr EchoWorkload kIdle20000 = {"idle", 20'000};

// AllowFds lets the process have as many descriptors as it may, and returns how
// many.
inline int AllowFds() {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(std::min<rlim_t>(limit.rlim_max, 1'000'000));
}

inline double CpuNanoseconds() {
  rusage usage = {};
  Require(::getrusage(RUSAGE_SELF, &usage) == 0, "getrusage");
  const auto ns = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e9 +
           static_cast<double>(t.tv_usec) * 1e3;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

// EchoClient is the other process. Its functions block the thread.
class EchoClient {
 public:
  // Fewer connections than the workload has if the system allows no more.
  explicit EchoClient(const EchoWorkload& workload)
      : mode_(workload.mode),
        connections_(std::min(workload.connections, AllowFds() - 100)) {
    const char* text = std::getenv("BENCH_ECHO_REQUESTS");
    requests_ = text == nullptr ? 200'000 : std::atol(text);
  }
  EchoClient(const EchoClient&) = delete;
  EchoClient& operator=(const EchoClient&) = delete;
  ~EchoClient() {
    std::fclose(to_);
    int status = -1;
    ::waitpid(pid_, &status, 0);
    std::fclose(from_);
    Require(status == 0, "the client has failed");
  }

  int connections() const { return connections_; }

  // Start lets it connect to a port of 127.0.0.1.
  void Start(int port) {
    before_ = ResidentBytes();
    const char* path = std::getenv("BENCH_ECHO_CLIENT");
    Require(path != nullptr, "BENCH_ECHO_CLIENT names no client");
    int in[2];
    int out[2];
    Require(::pipe(in) == 0 && ::pipe(out) == 0, "pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    for (const int fd : {in[0], in[1], out[0], out[1]}) {
      ::posix_spawn_file_actions_addclose(&actions, fd);
    }
    std::string words[] = {path, mode_, std::to_string(port),
                           std::to_string(connections_),
                           std::to_string(requests_)};
    char* argv[6] = {};
    std::transform(std::begin(words), std::end(words), argv,
                   [](std::string& word) { return word.data(); });
    Require(::posix_spawn(&pid_, path, &actions, nullptr, argv, environ) == 0,
            "there is no client");
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    to_ = ::fdopen(in[1], "w");
    from_ = ::fdopen(out[0], "r");
  }

  // Measure returns when the client has done its work.
  void Measure() {
    Require(std::fscanf(from_, " ready") == 0 && std::fgetc(from_) == '\n',
            "the client is not ready");
    full_ = ResidentBytes();
    const double start = CpuNanoseconds();
    std::fputs("go\n", to_);
    std::fflush(to_);
    Require(std::fscanf(from_, "%lf %lf", &first_, &second_) == 2,
            "the client has no result");
    cpu_ = CpuNanoseconds() - start;
  }

  void Report(benchmark::State* state) const {
    if (mode_ == "idle") {
      state->counters["bytes"] =
          static_cast<double>(full_ - before_) / connections_;
    } else if (mode_ == "p99") {
      state->counters["p99"] = first_;
      state->counters["rate"] = second_;
    } else {
      // The client counts its requests.
      state->counters["server"] = cpu_ / first_;
      state->counters["each"] = second_ / first_;
    }
  }

 private:
  const std::string mode_;
  const int connections_;
  long requests_;
  pid_t pid_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
  std::int64_t before_ = 0;
  std::int64_t full_ = 0;
  double cpu_ = 0;
  double first_ = 0;
  double second_ = 0;
};

}  // namespace bench

#endif  // TOOLS_BENCH_ECHO_H_
