// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/debug.h>, and what <gosling/runtime.h> tells in numbers. What Go's
// pprof says of a profile, go_trace_test.py asks.

#include <dlfcn.h>
#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/debug.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/trace.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/debug/traceback_lines.h"
#include "sched/report/cpu_profile.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Ask sends text to the server and returns all that it answers.
std::string Ask(const std::string& address, std::string_view text) {
  const auto [conn, err] = net::Dial("tcp", address);
  EXPECT_FALSE(err) << err.message();
  conn.Write(text);
  const auto [answer, bad] = io::ReadAll(conn, 64 << 20);
  EXPECT_FALSE(bad) << bad.message();
  conn.Close();
  return answer;
}

std::string Get(const std::string& address, std::string_view target) {
  std::string text = "GET ";
  text += target;
  text += " HTTP/1.1\r\nHost: " + address + "\r\n\r\n";
  return Ask(address, text);
}

std::map<std::string, std::uint64_t> Metrics() {
  std::map<std::string, std::uint64_t> all;
  for (const runtime::Metric& m : runtime::ReadMetrics()) {
    EXPECT_TRUE(all.emplace(m.name, m.value).second) << m.name;
  }
  return all;
}

TEST(Metrics, CountGoroutinesByState) {
  RunWith(2, [] {
    const auto before = Metrics();
    const auto gate = MakeChan<Unit>();
    const auto parked = [&gate] {
      sync::WaitGroup group;
      for (int i = 0; i < 10; i++) group.Go([gate] { gate.Recv(); });
      // Until all of them wait there.
      while (Metrics()["/sched/goroutines/waiting:goroutines"] < 10) {
        runtime::Gosched();
      }
      const auto now = Metrics();
      gate.Close();
      group.Wait();
      return now;
    }();
    EXPECT_EQ(before.at("/sched/goroutines:goroutines"), 1U);
    EXPECT_EQ(before.at("/sched/goroutines/running:goroutines"), 1U);
    EXPECT_EQ(parked.at("/sched/goroutines:goroutines"), 11U);
    EXPECT_EQ(parked.at("/sched/goroutines/waiting:goroutines"), 10U);
    EXPECT_EQ(parked.at("/sched/goroutines/running:goroutines"), 1U);
    EXPECT_EQ(parked.at("/sched/goroutines-created:goroutines"),
              before.at("/sched/goroutines-created:goroutines") + 10);
    EXPECT_EQ(parked.at("/sched/gomaxprocs:threads"), 2U);
    EXPECT_GE(parked.at("/sched/threads/total:threads"), 1U);
  });
}

TEST(Metrics, CountSignals) {
  RunWith(2, [] {
    const auto signals = MakeChan<signal::Signal>(1);
    signal::Notify(signals, SIGUSR2);
    const auto before = Metrics();
    ::raise(SIGUSR2);
    signals.Recv();
    signal::Stop(signals);  // the receiver has counted
    EXPECT_EQ(Metrics()["/gosling/signals/received:signals"],
              before.at("/gosling/signals/received:signals") + 1);
  });
}

// What Go finds by collecting garbage, and is certain without, too.
TEST(Leaked, AreThoseThatNothingCanWake) {
  RunWith(
      2,
      [] {
        EXPECT_TRUE(runtime::Leaked().empty());
        const auto alive = MakeChan<int>();
        sync::WaitGroup group;
        group.Go([alive] { alive.Recv(); });
        Go({.name = "receives from nil"}, [] { Chan<int>().Recv(); });
        Go([] { Chan<int>().Send(1); });
        Go([] { Select(); });
        std::vector<runtime::LeakedGoroutine> leaked;
        while ((leaked = runtime::Leaked()).size() < 3) runtime::Gosched();
        std::vector<std::string> states;
        for (const auto& g : leaked) states.push_back(g.state);
        std::sort(states.begin(), states.end());
        EXPECT_EQ(states, (std::vector<std::string>{"chan receive (nil chan)",
                                                    "chan send (nil chan)",
                                                    "select (no cases)"}));
        EXPECT_EQ(std::count_if(leaked.begin(), leaked.end(),
                                [](const auto& g) {
                                  return g.name == "receives from nil";
                                }),
                  1);
        const std::string stacks = runtime::Stack(true);
        EXPECT_TRUE(Contains(stacks, "[select (no cases) (leaked)]"));
        EXPECT_FALSE(Contains(stacks, "[chan receive (leaked)]"));
        alive.Send(1);
        group.Wait();
      },
      /*left_behind=*/3);
}

TEST(CPUProfile, FindsWhatComputes) {
  RunWith(2, [] {
    EXPECT_TRUE(static_cast<bool>(debug::StopCPUProfile().second));
    ASSERT_FALSE(debug::StartCPUProfile());
    EXPECT_EQ(debug::StartCPUProfile().message(),
              "cpu profiling already in use");
    volatile unsigned sum = 0;
    // Until some samples have been taken, however busy the machine is.
    while (sched::cpu_profile.claimed.load() < 5) {
      for (int i = 0; i < 1000; i++) sum = sum + 1;
      if (sum % 64'000 == 0) runtime::Gosched();
    }
    const auto [profile, err] = debug::StopCPUProfile();
    EXPECT_FALSE(err);
    EXPECT_TRUE(Contains(profile, "nanoseconds"));
    bool on_goroutine = false;
    for (int i = 0; i < 5; i++) {
      const sched::ProfileSample& sample = sched::cpu_profile.samples[i];
      EXPECT_GE(sample.count, 1U);
      on_goroutine |= sample.goid == runtime::Goid();
    }
    EXPECT_TRUE(on_goroutine);
  });
}

// LinesAreKnown says whether the library was built with libdw's header, and the
// program finds libdw.
bool LinesAreKnown() {
#if __has_include(<elfutils/libdwfl.h>)
  return ::dlopen("libdw.so.1", RTLD_NOW) != nullptr;
#else
  return false;
#endif
}

struct StackHere {
  std::string text;
  int line;
};

[[gnu::noinline]] StackHere TakeStack(bool all) {
  StackHere here{{}, __LINE__ + 1};
  here.text = runtime::Stack(all);
  return here;
}

bool SaysWhere(const StackHere& here) {
  return Contains(here.text,
                  "debug_test.cc:" + std::to_string(here.line) + " 0x");
}

TEST(Lines, AreInStacks) {
  RunWith(2, [] {
    for (const bool all : {false, true}) {
      const StackHere here = TakeStack(all);
      EXPECT_EQ(SaysWhere(here), LinesAreKnown()) << here.text;
      EXPECT_TRUE(Contains(
          here.text,
          "goroutine " + std::to_string(runtime::Goid()) + " [running]:\n"))
          << here.text;
      EXPECT_EQ(here.text.back(), '\n');
      EXPECT_FALSE(Contains(here.text, "\n\n\n"));
    }
  });
}

// A closure that is inlined has no name for the linker. Full debug information says
// which function made it: "TakeStackInClosure()::{lambda}::operator()".
[[gnu::noinline]] StackHere TakeStackInClosure() {
  StackHere here;
  [&here]() __attribute__((always_inline)) { here = TakeStack(/*all=*/false); }
  ();
  return here;
}

TEST(Lines, NameClosures) {
  RunWith(2, [] {
    const std::string text = TakeStackInClosure().text;
    EXPECT_EQ(Contains(text, "operator()"), LinesAreKnown()) << text;
    EXPECT_FALSE(Contains(text, "\n?\n")) << text;
  });
}

// Where a goroutine was made: in the program, not in what is inlined there.
TEST(Lines, SayWhereAGoroutineWasMade) {
  RunWith(2, [] {
    const auto gate = MakeChan<Unit>();
    sync::WaitGroup group;
    group.Add(1);
    const int line = __LINE__ + 1;
    Go([&group, gate] {
      gate.Recv();
      group.Done();
    });
    EXPECT_TRUE(YieldUntil(
        [] { return Contains(runtime::Stack(true), "[chan receive]"); }));
    const std::string text = TakeStack(/*all=*/true).text;
    const std::size_t made = text.find("created by ");
    ASSERT_NE(made, std::string::npos) << text;
    if (LinesAreKnown()) {
      EXPECT_TRUE(Contains(text.substr(made),
                           "debug_test.cc:" + std::to_string(line) + " 0x"))
          << text;
    }
    gate.Close();
    group.Wait();
  });
}

// Of threads that are no goroutines, some have a stack too small for libdw, and
// some stand on another than their own.
TEST(Lines, AreInThreadsStacks) {
  RunWith(2, [] {
    for (const std::size_t size : {96 << 10, 1 << 20}) {
      StackHere here{};
      pthread_attr_t small;
      ASSERT_EQ(::pthread_attr_init(&small), 0);
      ASSERT_EQ(::pthread_attr_setstacksize(
                    &small, kSanitized ? std::size_t{1} << 20 : size),
                0);
      pthread_t thread;
      ASSERT_EQ(::pthread_create(
                    &thread, &small,
                    [](void* arg) -> void* {
                      *static_cast<StackHere*>(arg) = TakeStack(/*all=*/false);
                      return nullptr;
                    },
                    &here),
                0);
      ::pthread_attr_destroy(&small);
      runtime::Blocking([thread] { ::pthread_join(thread, nullptr); });
      EXPECT_EQ(SaysWhere(here), LinesAreKnown()) << here.text;
    }
  });
}

TEST(Lines, OfTextsWithoutAddressesChangeNothing) {
  for (const char* text :
       {"", "\n", "a\n", "\t0xg\n", "f\n\t0x\n", "a\n\nb\n\t0x1\n"}) {
    EXPECT_EQ(debug::AddLines(text), text);
  }
}

TEST(Debug, RefusesAddressesThatOthersReach) {
  RunWith(2, [] {
    for (const char* address : {":0", "0.0.0.0:0", "[::]:0", "example.org:0"}) {
      EXPECT_TRUE(Contains(debug::Serve(address).second.message(),
                           "can be reached from other machines"))
          << address;
    }
    EXPECT_TRUE(static_cast<bool>(debug::Serve("127.0.0.1").second));
  });
}

TEST(Debug, ServesItsPages) {
  RunWith(2, [] {
    const auto [ctx, cancel] = context::WithCancel(context::Background());
    const auto [address, err] = debug::Serve("127.0.0.1:0", {.until = ctx});
    ASSERT_FALSE(err) << err.message();
    EXPECT_TRUE(Contains(Get(address, "/"), "/goroutines"));
    EXPECT_TRUE(Contains(Get(address, "/goroutines"), "\"debug server\""));
    EXPECT_TRUE(Contains(Get(address, "/sched"), "<td>P1<td>"));
    EXPECT_TRUE(
        Contains(Get(address, "/metrics"), "/sched/gomaxprocs:threads 2\n"));
    EXPECT_TRUE(Contains(Get(address, "/debug/pprof/goroutine"), "IO wait"));
    for (const std::string profile : {"block", "mutex"}) {
      EXPECT_TRUE(Contains(Get(address, "/"), "/debug/pprof/" + profile));
      EXPECT_TRUE(
          Contains(Get(address, "/debug/pprof/" + profile), "contentions"));
    }
    const std::string text = Get(address, "/debug/pprof/goroutine?debug=1");
    EXPECT_TRUE(Contains(text, "goroutine profile: total ")) << text;
    EXPECT_TRUE(Contains(text, "\n1 @ 0x")) << text;
    EXPECT_TRUE(Contains(text, "# labels: {\"state\":\"IO wait\"}\n#\t0x"))
        << text;
    EXPECT_EQ(Contains(text, "debug.cc:"), LinesAreKnown()) << text;
    EXPECT_TRUE(Contains(Get(address, "/debug/pprof/goroutine?debug=2"),
                         "\ngoroutine "));
    EXPECT_TRUE(Contains(Get(address, "/debug/pprof/block?debug=1"),
                         "--- contention:\ncycles/second=1000000000\n"));
    EXPECT_TRUE(Contains(Get(address, "/debug/pprof/mutex?debug=1"),
                         "--- mutex:\ncycles/second=1000000000\n"));
    EXPECT_TRUE(Contains(Get(address, "/trace?seconds=1"), "go 1.23 trace"));
    EXPECT_TRUE(Contains(Get(address, "/trace?seconds=x"), " 400 "));
    EXPECT_TRUE(Contains(Get(address, "/no"), " 404 "));
    EXPECT_TRUE(Contains(
        Ask(address, "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"), " 405 "));
    EXPECT_TRUE(Contains(
        Ask(address, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), " 403 "));
    EXPECT_TRUE(Contains(
        Ask(address, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), " 200 "));
    EXPECT_TRUE(Contains(Ask(address, "nonsense\r\n\r\n"), " 400 "));
    cancel();
  });
}

}  // namespace
}  // namespace gosling
