// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What go_trace_test.py runs: program WHAT FILE. The goroutines do what a
// scheduler does, in the form of WHAT, and FILE is the recording of it.

#include <gosling/gosling.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace go = gosling;
using namespace std::chrono_literals;

int Fail(std::string_view what, const go::Error& err) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(),
               err.message().c_str());
  return 1;
}

void Work(const go::context::Context& ctx, int rounds) {
  const auto ping = go::MakeChan<int>();
  const auto pong = go::MakeChan<int>();
  go::sync::WaitGroup group;
  go::Go({.name = "echo"}, [=] {
    for (int i : ping) pong.Send(i);
  });
  for (int i = 0; i < 4; i++) {
    group.Go([=] {
      go::trace::WithRegion(ctx, "yields", [rounds] {
        for (int n = 0; n < rounds; n++) go::runtime::Gosched();
      });
    });
  }
  group.Go([] { go::time::Sleep(2ms); });
  group.Go([] { go::runtime::Blocking([] { ::usleep(2000); }); });
  group.Go([] { ::usleep(20'000); });  // P is taken from it
  group.Go([rounds] {
    volatile unsigned sum = 0;
    for (int i = 0; i < rounds * 20'000; i++) sum = sum + 1;
  });
  go::sync::Mutex mutex;
  for (int i = 0; i < 3; i++) {
    group.Go([&mutex, rounds] {
      for (int n = 0; n < rounds; n++) {
        mutex.Lock();
        go::runtime::Gosched();
        mutex.Unlock();
      }
    });
  }
  for (int i = 0; i < rounds; i++) {
    ping.Send(i);
    pong.Recv();
  }
  go::trace::Log(ctx, "progress", "the echo is done");
  ping.Close();
  group.Wait();
}

int WriteFile(const char* file, const std::string& text) {
  std::FILE* const out = std::fopen(file, "wb");
  if (out == nullptr) return 1;
  const bool all = std::fwrite(text.data(), 1, text.size(), out) == text.size();
  return std::fclose(out) == 0 && all ? 0 : 1;
}

// Compute uses up CPU time, whatever else the machine does meanwhile.
[[gnu::noinline]] void Compute(double seconds) {
  const std::clock_t until =
      std::clock() + static_cast<std::clock_t>(seconds * CLOCKS_PER_SEC);
  volatile unsigned sum = 0;
  while (std::clock() < until) {
    for (int i = 0; i < 100'000; i++) sum = sum + 1;
  }
}

// CpuProfile writes one of a goroutine that computes.
int CpuProfile(const char* file) {
  if (auto err = go::debug::StartCPUProfile()) return Fail("start", err);
  if (!go::debug::StartCPUProfile()) return 3;
  go::sync::WaitGroup group;
  group.Go([] { Compute(0.5); });
  group.Wait();
  const auto [profile, err] = go::debug::StopCPUProfile();
  if (err) return Fail("stop", err);
  return WriteFile(file, profile);
}

// AwaitParked returns once n goroutines are parked for that reason.
void AwaitParked(std::string_view reason, int n) {
  const std::string state = "[" + std::string(reason) + "]";
  for (int found = 0; found < n;) {
    go::runtime::Gosched();
    const std::string stacks = go::runtime::Stack(true);
    found = 0;
    for (std::size_t at = stacks.find(state); at != std::string::npos;
         at = stacks.find(state, at + 1)) {
      found++;
    }
  }
}

// Profile writes one of seven goroutines that wait, and of itself.
int Profile(const char* file) {
  const auto gate = go::MakeChan<go::Unit>();
  go::sync::WaitGroup group;
  for (int i = 0; i < 7; i++) group.Go([gate] { gate.Recv(); });
  AwaitParked("chan receive", 7);
  const std::string profile = go::debug::GoroutineProfile();
  gate.Close();
  group.Wait();
  return WriteFile(file, profile);
}

// Again writes the second of two traces, which is to name goroutines that it finds.
int Again(const char* file) {
  std::vector<go::Chan<go::Unit>> asks;
  const auto answer = go::MakeChan<go::Unit>();
  const auto make = [&](const char* name) {
    asks.push_back(go::MakeChan<go::Unit>());
    go::Go({.name = name}, [ask = asks.back(), answer] {
      while (ask.Recv()) answer.Send({});
    });
  };
  make("made before the first");
  for (int i = 0; i < 2; i++) {
    if (auto err = go::trace::Start(file)) return Fail("start", err);
    if (i == 0) make("made in the first");
    for (int n = 0; n < 50; n++) {
      for (const auto& ask : asks) {
        ask.Send({});
        answer.Recv();
      }
    }
    if (auto err = go::trace::Stop()) return Fail("stop", err);
  }
  for (const auto& ask : asks) ask.Close();
  return 0;
}

// Block writes a block profile of one wait of 50 ms and more for a channel, one for
// a group, and one for a lock.
int Block(const char* file) {
  go::runtime::SetBlockProfileRate(1);
  const auto gate = go::MakeChan<go::Unit>();
  go::sync::WaitGroup group;
  group.Go([gate] { gate.Recv(); });
  AwaitParked("chan receive", 1);
  go::time::Sleep(60ms);
  gate.Close();
  group.Go([] {
    AwaitParked("sync.WaitGroup.Wait", 1);
    go::time::Sleep(60ms);
  });
  group.Wait();
  go::sync::Mutex mutex;
  mutex.Lock();
  group.Go([&mutex] {
    mutex.Lock();
    mutex.Unlock();
  });
  AwaitParked("sync.Mutex.Lock", 1);
  go::time::Sleep(60ms);
  mutex.Unlock();
  group.Wait();
  return WriteFile(file, go::debug::BlockProfile());
}

// HoldLong holds the lock while two others wait for it, for 60 ms.
[[gnu::noinline]] void HoldLong(go::sync::Mutex& mutex,
                                const std::function<void()>& held) {
  mutex.Lock();
  held();
  AwaitParked("sync.Mutex.Lock", 2);
  go::time::Sleep(60ms);
  mutex.Unlock();
  asm volatile("" : : : "memory");  // no tail call: it stays on the stack
}

// Mutex writes a mutex profile of a lock that is held long while two wait for it.
int Mutex(const char* file) {
  go::runtime::SetMutexProfileFraction(1);
  go::sync::Mutex mutex;
  go::sync::WaitGroup group;
  group.Go([&] {
    HoldLong(mutex, [&] {
      for (int i = 0; i < 2; i++) {
        group.Go([&mutex] {
          mutex.Lock();
          mutex.Unlock();
        });
      }
    });
  });
  group.Wait();
  return WriteFile(file, go::debug::MutexProfile());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view what = argv[1];
  const char* const file = argv[2];
  if (what == "cpu") return go::Run([=] { return CpuProfile(file); });
  if (what == "profile") return go::Run([=] { return Profile(file); });
  if (what == "again") return go::Run([=] { return Again(file); });
  if (what == "block") return go::Run([=] { return Block(file); });
  if (what == "mutex") return go::Run([=] { return Mutex(file); });
  return go::Run([=] {
    std::atomic<bool> stop{false};
    go::sync::WaitGroup before;  // which the recording finds at work
    before.Go([&stop] {
      while (!stop.load()) Work(go::context::Background(), 5);
    });
    go::time::Sleep(5ms);
    go::Error err = what == "flight" ? go::trace::StartFlightRecorder(10s)
                                     : go::trace::Start(file);
    if (err) return Fail("start", err);
    {
      const auto [ctx, end] =
          go::trace::NewTask(go::context::Background(), "all of it");
      Work(ctx, what == "long" ? 20'000 : 200);
      end();
    }
    err = what == "flight" ? go::trace::WriteTo(file) : go::trace::Stop();
    stop.store(true);
    before.Wait();
    return err ? Fail("stop", err) : 0;
  });
}
