// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GODEBUG=schedtrace and scheddetail (sched/report/schedtrace.cc): that the lines have
// Go's form, and what they show of the scheduler. Each test is a process of its
// own, since the environment is read when the runtime starts; it reads its own
// stderr until it has seen what it waits for.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <mutex>
#include <numeric>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sched/proc.h"
#include "tests/children.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using ::testing::ExitedWithCode;

// How long a test may last, and wait for one thing: sysmon may come to write a
// line as seldom as a busy machine lets it.
constexpr unsigned kAlarm = kSanitized ? 120 : 60;
constexpr auto kPatience = std::chrono::seconds(kAlarm - 10);

// Trace collects what this process writes to stderr from now on.
class Trace {
 public:
  Trace() : stderr_(::dup(2)) {
    int fds[2];
    if (::pipe(fds) != 0) std::abort();
    ::dup2(fds[1], 2);
    ::close(fds[1]);
    std::thread([this, from = fds[0]] {
      char text[4096];
      for (ssize_t n; (n = ::read(from, text, sizeof text)) > 0;) {
        std::lock_guard<std::mutex> lock(mu_);
        text_.append(text, static_cast<std::size_t>(n));
      }
    }).detach();
  }

  std::string Get() const {
    std::lock_guard<std::mutex> lock(mu_);
    return text_;
  }

  // Await waits until `seen` says yes to all of the complete lines so far. It
  // blocks the thread and uses nothing of the runtime.
  bool Await(const std::function<bool(const std::string&)>& seen) const {
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < limit) {
      std::string text = Get();
      text.erase(text.rfind('\n') + 1);
      if (seen(text)) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }
  bool Await(const std::string& pattern) const {
    return Await([re = std::regex(pattern)](const std::string& text) {
      return std::regex_search(text, re);
    });
  }

  // Exit ends the process: with 0 and no word, or with what there was instead.
  [[noreturn]] void Exit(bool good) const {
    if (!good) {
      std::string text = Get();
      text = "saw:\n" +
             text.substr(std::max<std::size_t>(text.size(), 10'000) - 10'000);
      [[maybe_unused]] auto n = ::write(stderr_, text.data(), text.size());
    }
    ::_exit(good ? 0 : 1);
  }

 private:
  const int stderr_;
  mutable std::mutex mu_;
  std::string text_;
};

constexpr char kLine[] =
    "^SCHED ([0-9]+)ms: gomaxprocs=([0-9]+) idleprocs=([0-9]+) "
    "threads=([0-9]+) spinningthreads=([0-9]+) needspinning=0 "
    "idlethreads=([0-9]+) runqueue=([0-9]+) \\[((?: [0-9]+)+) \\] "
    "schedticks=\\[((?: [0-9]+)+) \\]$";

// The numbers of a line of the short form.
struct Line {
  int ms, gomaxprocs, idleprocs, threads, spinning, idle, runqueue;
  std::string queues, ticks;
};

int Numbers(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), ' '));
}

// Sum adds up the numbers that spaces part.
long Sum(const std::string& text) {
  std::istringstream in(text);
  return std::accumulate(std::istream_iterator<long>(in), {}, 0L);
}

// Lines reads them; an empty vector if any line has another form.
std::vector<Line> Lines(const std::string& text) {
  static const std::regex form(kLine);
  std::vector<Line> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    std::smatch m;
    if (!std::regex_match(line, m, form)) return {};
    lines.push_back({std::stoi(m[1]), std::stoi(m[2]), std::stoi(m[3]),
                     std::stoi(m[4]), std::stoi(m[5]), std::stoi(m[6]),
                     std::stoi(m[7]), m[8], m[9]});
  }
  return lines;
}

class SchedTraceDeathTest : public FreshDeathTest {
 protected:
  static void Environment(const char* procs, const char* godebug) {
    ::alarm(kAlarm);
    ::setenv("GOMAXPROCS", procs, 1);
    ::setenv("GODEBUG", godebug, 1);
  }
};

// Go: schedtrace.
TEST_F(SchedTraceDeathTest, LinesHaveTheFormOfGo) {
  EXPECT_EXIT(
      {
        Environment("3", "schedtrace=5");
        Trace trace;
        gosling::Run([&] {
          trace.Exit(trace.Await([](const std::string& text) {
            const std::vector<Line> lines = Lines(text);
            if (lines.size() < 5) return false;
            bool good = lines[0].ms == 0;
            for (std::size_t i = 0; i < lines.size(); i++) {
              good = good && lines[i].gomaxprocs == 3 &&
                     (i == 0 || lines[i].ms >= lines[i - 1].ms + 4) &&
                     Numbers(lines[i].queues) == 3 &&
                     Numbers(lines[i].ticks) == 3;
            }
            return good;
          }));
        });
      },
      ExitedWithCode(0), "^$");
}

// Each slice that a P begins counts, and no tick is ever taken back.
TEST_F(SchedTraceDeathTest, TicksGrowAsSlicesBegin) {
  EXPECT_EXIT(
      {
        Environment("1", "schedtrace=2");
        Trace trace;
        gosling::Run([&] {
          std::atomic<bool> stop{false};
          sync::WaitGroup done;
          for (int i = 0; i < 2; i++) {
            done.Go([&] {
              while (!stop) runtime::Gosched();
            });
          }
          std::vector<Line> lines;
          bool grew = false;
          runtime::Blocking([&] {
            grew = trace.Await([&](const std::string& text) {
              lines = Lines(text);
              return lines.size() > 1 &&
                     Sum(lines.back().ticks) > Sum(lines[0].ticks) + 1000;
            });
          });
          stop = true;
          done.Wait();
          for (std::size_t i = 1; i < lines.size(); i++)
            grew = grew && Sum(lines[i].ticks) >= Sum(lines[i - 1].ticks);
          trace.Exit(grew);
        });
      },
      ExitedWithCode(0), "^$");
}

// Go: with scheddetail, lines for P, M and G follow.
TEST_F(SchedTraceDeathTest, DetailHasLinesForEveryPAndMAndG) {
  EXPECT_EXIT(
      {
        Environment("2", "scheddetail=1,schedtrace=5");
        Trace trace;
        gosling::Run([&] {
          Go([] { Chan<int>().Recv(); });
          Go([] {
            runtime::LockOSThread();
            Select();
          });
          Go([] {
            runtime::EnterSyscall();
            ::pause();
          });
          const std::string id = "(nil|[0-9]+)";
          const std::string ms = "[0-9]+";
          const bool good =
              trace.Await(
                  "(^|\n)SCHED 0ms: gomaxprocs=2 idleprocs=[0-9] threads=" +
                  ms + " spinningthreads=" + ms +
                  " needspinning=0 idlethreads=" + ms + " runqueue=" + ms +
                  " gcwaiting=(true|false) nmidlelocked=" + ms +
                  " stopwait=" + ms +
                  " sysmonwait=(true|false)\n"
                  "  P0: status=[0-3] schedtick=" +
                  ms + " syscalltick=" + ms + " m=" + id + " runqsize=" + ms +
                  " gfreecnt=" + ms + " timerslen=" + ms +
                  "\n  P1: status=[0-3] schedtick=") &&
              trace.Await("\n  M" + ms + ": p=" + id + " curg=" + id +
                          " mallocing=0 throwing=0 preemptoff= locks=" + ms +
                          " dying=0 spinning=(true|false) "
                          "blocked=(true|false) lockedg=" +
                          id + "\n") &&
              trace.Await("\n  G" + ms +
                          ": status=4\\(chan receive \\(nil chan\\)\\) m=nil "
                          "lockedm=nil\n") &&
              trace.Await("\n  G" + ms +
                          ": status=4\\(select \\(no cases\\)\\) m=nil "
                          "lockedm=[0-9]+\n") &&
              trace.Await("\n  M" + ms + ": [^\n]* lockedg=[0-9]+\n") &&
              trace.Await("\n  G" + ms + ": status=3\\(\\) m=[0-9]+ ") &&
              trace.Await("\n  G" + ms + ": status=2\\(\\) m=[0-9]+ ");
          trace.Exit(good);
        });
      },
      ExitedWithCode(0), "^$");
}

// Go: 258 goroutines on a busy P: one is next, the ring of 256 is full, and the
// one kicked out takes half of it along to the global queue.
TEST_F(SchedTraceDeathTest, AFullRingGivesHalfToTheGlobalQueue) {
  for (const auto& [spawn, queues] :
       {std::pair{257, "runqueue=0 \\[ 256 \\]"},
        std::pair{258, "runqueue=129 \\[ 128 \\]"},
        std::pair{258 + 129, "runqueue=258 \\[ 128 \\]"}}) {
    EXPECT_EXIT(
        {
          Environment("1", "schedtrace=5");
          Trace trace;
          gosling::Run([&, n = spawn, pattern = queues] {
            sched::Pinned pin;  // the P stays with this goroutine
            for (int i = 0; i < n; i++) Go([] {});
            trace.Exit(trace.Await(pattern));
          });
        },
        ExitedWithCode(0), "^$");
  }
}

// A share of the global queue is its length by GOMAXPROCS, and one. Ms
// take it and then do nothing but hold their Ps.
TEST_F(SchedTraceDeathTest, AShareOfTheGlobalQueueGoesToEachP) {
  EXPECT_EXIT(
      {
        Environment("2", "schedtrace=2");
        Trace trace;
        std::atomic<int> held{0};
        std::atomic<bool> go{false};
        auto hold = [&] {
          sched::Pinned pin;
          held.fetch_add(1);
          while (!go) std::this_thread::yield();
          // Not its end: a P may be taken from a goroutine on the way there.
          sched::Park(pin.g(), sched::WaitReason::kSleep, [] {});
        };
        std::thread([&] { Go(hold); }).detach();
        std::thread([&] { Go(hold); }).detach();
        while (held != 2) std::this_thread::yield();
        // Both Ps are held: 100 from here go to the global queue.
        for (int i = 0; i < 100; i++) {
          Go([] {
            sched::Pinned pin;
            for (;;) std::this_thread::yield();
          });
        }
        bool good = trace.Await("runqueue=100 \\[ 0 0 \\]");
        go = true;
        // 100 / 2 + 1, of which one runs, and then 49 / 2 + 1. A P that was held
        // for longer than a slice takes a single one first, to be fair to the
        // global queue: the first of them, the second, or both.
        good = good && trace.Await(
                           "runqueue=(24 \\[ (24 50|50 24)|49 \\[ (0 49|49 0)|"
                           "48 \\[ (0 50|50 0)|98 \\[ 0 0) \\]");
        trace.Exit(good);
      },
      ExitedWithCode(0), "^$");
}

// An idle program is traced, too, and shows that no M looks for work.
TEST_F(SchedTraceDeathTest, AnIdleProgramShowsThatItIsIdle) {
  EXPECT_EXIT(
      {
        Environment("4", "schedtrace=1");
        Trace trace;
        Chan<Unit> end = MakeChan<Unit>();
        std::thread outside([&trace, end] {
          trace.Exit(trace.Await([](const std::string& text) {
            const std::vector<Line> lines = Lines(text);
            int idle = 0;
            for (const Line& line : lines) {
              idle += line.idleprocs == 4 && line.spinning == 0 &&
                      line.threads == line.idle;
            }
            // sysmon sleeps between them after some 0.2 s of idleness
            return idle >= 1000;
          }));
        });
        gosling::Run([=] {
          Go([=] { end.Recv(); });
          end.Recv();
        });
      },
      ExitedWithCode(0), "^$");
}

// No more Ms spin than there are Ps, and one to be started.
TEST_F(SchedTraceDeathTest, FewThreadsSpin) {
  EXPECT_EXIT(
      {
        Environment("4", "schedtrace=1");
        Trace trace;
        std::atomic<bool> stop{false};
        gosling::Run([&] {
          sync::WaitGroup done;
          for (int i = 0; i < 6; i++) {
            done.Go([&] {
              while (!stop) {
                Chan<int> c = MakeChan<int>();
                Go([=] { c.Send(1); });
                c.Recv();
                time::Sleep(20us);
              }
            });
          }
          std::vector<Line> lines;
          runtime::Blocking([&] {
            trace.Await([&](const std::string& text) {
              lines = Lines(text);
              return lines.size() >= 100;
            });
          });
          stop = true;
          done.Wait();
          bool good = lines.size() >= 100;
          for (const Line& line : lines)
            good = good && line.spinning >= 0 && line.spinning <= 5;
          trace.Exit(good);
        });
      },
      ExitedWithCode(0), "^$");
}

// Tracing while everything changes: TSan and a crash would tell.
TEST_F(SchedTraceDeathTest, DetailWhileEverythingChanges) {
  EXPECT_EXIT(
      {
        Environment("4", "schedtrace=1,scheddetail=1");
        Trace trace;
        gosling::Run([&] {
          std::atomic<bool> stop{false};
          sync::WaitGroup done;
          for (int i = 0; i < 8; i++) {
            done.Go([&, i] {
              while (!stop) {
                Chan<int> c = MakeChan<int>();
                Go(GoOptions{.name = "x"}, [=] {
                  if (i == 0) runtime::LockOSThread();
                  c.Send(1);
                });
                c.Recv();
                if (i == 1) runtime::Blocking([] { ::usleep(10); });
                if (i == 2) time::Sleep(50us);
                if (i == 3) runtime::GOMAXPROCS(1 + std::rand() % 8);
              }
            });
          }
          bool good = false;
          runtime::Blocking([&] {
            good = trace.Await([](const std::string& text) {
              int traces = 0;
              for (std::size_t at = 0;
                   (at = text.find("SCHED ", at)) != std::string::npos; at++) {
                traces++;
              }
              return traces >= 30;
            });
          });
          stop = true;
          done.Wait();
          trace.Exit(good);
        });
      },
      ExitedWithCode(0), "^$");
}

// Sysmon still notices a deadlock when the last thread that might have helped
// is gone, although it no longer sleeps for as long as it likes.
TEST_F(SchedTraceDeathTest, DeadlocksAreFoundAsEver) {
  EXPECT_EXIT(
      {
        Environment("2", "schedtrace=10");
        gosling::Run([] {
          std::thread([] { ::usleep(300'000); }).detach();
          Select();
        });
      },
      ExitedWithCode(2), "\nfatal error: all goroutines are asleep");
}

// --- GODEBUG ---

TEST_F(SchedTraceDeathTest, OtherSettingsAreIgnored) {
  for (const char* value :
       {"", ",", "gctrace=1", "schedtrace", "schedtracer=x",
        "=,=", "madvdontneed=0,http2client=0", "schedtrace=0", "scheddetail=1",
        "schedtrace=5,schedtrace=0"}) {
    EXPECT_EXIT(
        {
          Environment("1", value);
          gosling::Run([] { time::Sleep(30ms); });
          ::_exit(0);
        },
        ExitedWithCode(0), "^$")
        << value;
  }
}

TEST_F(SchedTraceDeathTest, ValuesThatAreNoNumbersAreFatal) {
  for (const char* value : {"schedtrace=", "schedtrace=x", "schedtrace=-1",
                            "schedtrace=10ms", "schedtrace=99999999999"}) {
    EXPECT_EXIT(
        {
          Environment("1", (std::string("a=b,") + value + ",c=d").c_str());
          gosling::Run([] {});
        },
        ExitedWithCode(2),
        std::string("^fatal error: GODEBUG=") + value +
            ": must be schedtrace=n, with a whole number of milliseconds, 0 "
            "for none\n$");
  }
  EXPECT_EXIT(
      {
        Environment("1", "scheddetail=on");
        gosling::Run([] {});
      },
      ExitedWithCode(2),
      "^fatal error: GODEBUG=scheddetail=on: must be scheddetail=n, with a "
      "whole number above 0 for yes, 0 for no\n$");
}

}  // namespace
}  // namespace gosling
