// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The chat's room with all its clients in this process: each of a thousand hears
// every line, all in one order, and two threads and sysmon are enough.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "tests/go_test.h"
#include "tools/examples/chat/room.h"

namespace examples::chat {
namespace {

namespace go = gosling;
using namespace std::chrono_literals;

// AllowFiles says whether this process may have `n` descriptors open.
bool AllowFiles(rlim_t n) {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= n) return true;
  if (limit.rlim_max < n) return false;
  limit.rlim_cur = n;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// Threads returns how many this process has; 0 where /proc does not tell.
std::ptrdiff_t Threads() {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  return error ? 0 : std::distance(begin(tasks), end(tasks));
}

struct Heard {
  int lines = 0;
  std::size_t in_order = 0;  // a hash of the lines, one after the other
};

// Hear reads until `lines` lines of members have come.
Heard Hear(go::io::BufReader& in, int lines) {
  Heard heard;
  while (heard.lines < lines) {
    const auto [line, err] = in.ReadLine(2 * Room::kLongestLine);
    if (err) {
      ADD_FAILURE() << err.message();
      break;
    }
    if (line.starts_with("* ")) continue;
    heard.lines++;
    heard.in_order = heard.in_order * 31 + std::hash<std::string>()(line);
  }
  return heard;
}

TEST(ChatTest, AThousandClientsInOneProcessTakeTwoThreads) {
  const int clients = go::kSanitized || go::Emulator() != nullptr ? 100 : 1000;
  if (!AllowFiles(2 * clients + 100)) {
    GTEST_SKIP() << "not enough descriptors allowed";
  }
  constexpr int kLines = 2;  // that each client says
  const std::ptrdiff_t before = Threads();
  Room room;
  std::vector<Heard> heard(clients);
  go::RunWith(2, [&] {
    auto [listener, err] = go::net::Listen("tcp", "127.0.0.1:0");
    ASSERT_FALSE(err) << err.message();
    go::sync::WaitGroup server;
    server.Go([&, listener = listener] {
      EXPECT_FALSE(
          go::net::Serve(go::context::Background(), listener,
                         [&](const go::net::Conn& c) { room.Host(c); }));
    });

    const std::string address = listener.Addr().String();
    go::Chan<go::Unit> all_are_here = go::MakeChan<go::Unit>();
    go::sync::WaitGroup done;
    for (int i = 0; i < clients; i++) {
      done.Go([&, i] {
        auto [conn, refused] = go::net::Dial("tcp", address);
        ASSERT_FALSE(refused) << refused.message();
        go::io::BufReader in(conn);
        const std::string name = "client " + std::to_string(i);
        conn.Write(name + "\n");
        all_are_here.Recv();
        for (int n = 0; n < kLines; n++) {
          conn.Write("this is line " + std::to_string(n) + "\n");
        }
        heard[i] = Hear(in, clients * kLines);
      });
    }
    while (room.Count() < static_cast<std::size_t>(clients)) {
      go::time::Sleep(1ms);  // nothing tells when a client has come in
    }
    all_are_here.Close();
    done.Wait();

    // A busy machine stops a thread for so long that the scheduler takes its P
    // from it (a retake), or just before it stands among the idle ones: another
    // is started then, up to what is promised of any machine. Waiting alone
    // never adds one, and goroutines that are made to change threads need some
    // to change to.
    const go::runtime::Counters stats = go::runtime::Stats();
    const int late = static_cast<int>(stats.retakes);
    const bool disturbed =
        late != 0 || std::getenv("GOSLING_FORCE_MIGRATE") != nullptr;
    const int allowed = disturbed ? std::max(4 * 2 + 8, 2 + late) : 2;
    EXPECT_LE(stats.threads, allowed) << late << " retakes";
    // This test's watcher, those, and sysmon; a sanitizer has its own besides.
    // A thread that has ended for the runtime is gone a little later.
    if (before != 0 && !go::kSanitized) {
      EXPECT_TRUE(go::YieldUntil([before] {
        const std::ptrdiff_t now = Threads();
        return now - before <= 1 + go::runtime::Stats().threads + 1;
      })) << Threads() - before;
    }
    EXPECT_FALSE(listener.Close());
    server.Wait();
  });
  for (const Heard& one : heard) {
    EXPECT_EQ(one.lines, clients * kLines);
    EXPECT_EQ(one.in_order, heard[0].in_order);
  }
}

}  // namespace
}  // namespace examples::chat
