// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Uses every template of the public headers once, so that modes.py sees what
// compilers say of their bodies; as a program, it exits with 0.

#include <gosling/gosling.h>
#include <gosling/testing.h>
#include <gosling/testing_net.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace go = gosling;
using namespace std::chrono_literals;

namespace {

int failures = 0;

void Check(bool holds, int line) {
  if (holds) return;
  std::printf("line %d: does not hold\n", line);
  failures++;
}
#define CHECK(holds) Check(holds, __LINE__)

struct Key {
  int number;
  bool operator==(const Key&) const = default;
};

template <class T>
void Channels(T first, T second) {
  go::Chan<T> ch = go::MakeChan<T>(4);
  const go::SendChan<T> in = ch;
  const go::RecvChan<T> out = ch;
  in.Send(std::move(first));
  CHECK(ch.TrySend(std::move(second)));
  CHECK(in.Len() == 2 && out.Cap() == 4 && ch.Len() == 2);
  std::optional<T> got;
  CHECK(out.TryRecv(got) && got.has_value());
  CHECK(ch.Recv().has_value());
  CHECK(!ch.TryRecv(got));
  in.Close();
  for ([[maybe_unused]] const T& value : out) CHECK(false);
  CHECK(!out.Recv().has_value());
  std::unordered_set<go::Chan<T>> set = {ch};
  CHECK(set.count(ch) == 1 && ch && std::hash<go::SendChan<T>>()(in) != 0 &&
        std::hash<go::RecvChan<T>>()(out) != 0);
  go::Select(go::OnRecv(out, [](std::optional<T> v) { CHECK(!v.has_value()); }),
             go::OnRecv(go::RecvChan<T>(nullptr)));
}

void Bubbles() {
  go::testing::Bubble([] {
    const go::testing::Network network;
    network.Set({.latency = 1ms, .loss = 0.5});
    const go::testing::Host host = network.AddHost("host");
    int calls = 0;
    host.Do([&calls] { calls++; });
    host.Go([&calls] { calls++; });
    go::testing::Wait();
    CHECK(calls == 2 && host.name() == "host");
  });
  CHECK(go::testing::Explore({.schedules = 1}, [] {}).ok());
}

void Selects() {
  auto a = go::MakeChan<std::string>(2);
  auto b = go::MakeChan<int>(1);
  int defaults = 0;
  go::Select(go::OnSend(a, "x"), go::OnDefault([&] { defaults++; }));
  go::Select(go::OnRecv(b), go::OnDefault([&] { defaults++; }));
  go::Select(go::OnRecv(b, [] {}), go::OnSend(b, 1, [] {}),
             go::OnDefault([&] { defaults++; }));
  go::Select(go::OnRecv(a, [](const std::optional<std::string>&) {}),
             go::OnRecv(go::MakeChan<int>()));
  CHECK(defaults == 1);
  auto send = go::OnSend(b, 2);
  auto receive = go::OnRecv(b, [](std::optional<int> v) { CHECK(v == 1); });
  go::SelectCase* cases[] = {&send, &receive, nullptr};
  CHECK(go::Select(cases) == 1);
  send.Set(3);
  CHECK(go::Select(send) == 0);
}

void Sync() {
  go::sync::Mutex mu;
  go::sync::RWMutex rw;
  go::sync::Cond changed(mu);
  go::sync::WaitGroup wg;
  go::sync::Once once;
  int hits = 0;
  for (int i = 0; i < 10; i++) {
    wg.Go([&, owned = std::make_unique<int>(1)] {
      const std::lock_guard lock(mu);
      once.Do([&] { hits++; });
      hits += *owned;
      changed.Broadcast();
    });
  }
  {
    const std::lock_guard lock(mu);
    changed.Wait([&] { return hits == 11; });
  }
  wg.Wait();
  {
    const std::shared_lock lock(rw);
    CHECK(rw.TryRLock());
    rw.RUnlock();
    const std::lock_guard reading(rw.RLocker());
  }
  CHECK(mu.TryLock());
  mu.Unlock();
  const auto value = go::sync::OnceValue([&] { return ++hits; });
  const auto function = go::sync::OnceFunc([&] { hits++; });
  function();
  function();
  CHECK(value() == 13 && value() == 13);
}

void Groups() {
  const auto [group, ctx] = go::sync::WithContext(go::context::Background());
  group.SetLimit(2);
  group.Go([owned = std::make_unique<int>(1)]() -> go::Error {
    return *owned == 1 ? nullptr : go::errors::New("not one");
  });
  CHECK(group.TryGo([] { return nullptr; }));
  CHECK(!group.Wait());
  CHECK(ctx.Err() == go::context::Canceled);
  int sum = 0;
  {
    go::sync::Scope scope(1);
    scope.Go([&, owned = std::make_unique<int>(1)] { sum += *owned; });
    scope.Wait();
    CHECK(!scope.Context().Err());
    scope.Go([&] { sum++; });
  }
  CHECK(sum == 2);
  go::sync::Weighted sem(2);
  CHECK(!sem.Acquire(go::context::Background(), 1));
  CHECK(!sem.TryAcquire(2));
  sem.Release(1);
  go::sync::SingleFlight<std::string> flights;
  const auto [value, shared] = flights.Do("key", [] { return "value"; });
  CHECK(value == "value" && !shared);
  const auto [text, err, together] = flights.Do("key", [] {
    return std::pair<std::string, go::Error>("x", go::errors::New("y"));
  });
  CHECK(text == "x" && err && !together);
  flights.Forget("key");
  go::sync::Map<std::string, int> map;
  map.Store("a", 1);
  CHECK(map.Load("a") == 1 && map.Swap("a", 2) == 1);
  CHECK(map.LoadOrStore("a", 3) == std::pair(2, true));
  CHECK(map.CompareAndSwap("a", 2, 4) && !map.CompareAndDelete("a", 2));
  map.Range([](const std::string& key, int) { CHECK(key == "a"); });
  map.Range([](const std::string&, int) { return false; });
  CHECK(map.LoadAndDelete("a") == 4);
  map.Delete("a");
  map.Clear();
}

void Time() {
  go::time::Sleep(1ms);
  go::time::Sleep(std::chrono::duration<double>(0.0001));
  auto done = go::MakeChan<go::Unit>();
  const go::time::Timer timer =
      go::time::AfterFunc(0s, [done] { done.Close(); });
  done.Recv();
  CHECK(!timer.Stop());
  const go::time::Ticker ticker = go::time::NewTicker(1ms);
  ticker.C().Recv();
  ticker.Stop();
  go::Select(go::OnRecv(go::time::After(1ms), [](auto now) { (void)now; }));
}

void Contexts() {
  const auto [ctx, cancel] = go::context::WithTimeout(
      go::context::WithValue(
          go::context::WithValue(go::context::Background(), Key{1}, 2), "k",
          std::string("v")),
      1h);
  CHECK(*ctx.Value<int>(Key{1}) == 2 && *ctx.Value<std::string>("k") == "v");
  CHECK(ctx.Value<int>("k") == nullptr && ctx.Value<int>(Key{2}) == nullptr);
  auto ran = go::MakeChan<go::Unit>();
  const auto stop = go::context::AfterFunc(ctx, [ran] { ran.Close(); });
  cancel();
  ran.Recv();
  CHECK(!stop() && ctx.Err() == go::context::Canceled);
  const go::Error joined = go::errors::Join(ctx.Err(), std::errc::timed_out);
  CHECK(go::errors::Is(joined, go::context::Canceled) && joined.Timeout());
}

void Signals() {
  const auto c = go::MakeChan<go::signal::Signal>(1);
  const auto info = go::MakeChan<go::signal::SignalInfo>(1);
  go::signal::Notify(c, SIGUSR1, SIGUSR2);
  go::signal::NotifyInfo(info, {SIGUSR1});
  std::raise(SIGUSR1);
  CHECK(c.Recv() == SIGUSR1 && info.Recv()->signal == SIGUSR1);
  const std::vector<go::signal::Signal> list = {SIGUSR2};
  go::signal::Ignore(list);
  go::signal::Reset({SIGUSR1});
  go::signal::Reset(SIGUSR1);
  go::signal::Stop(c);
  go::signal::Stop(info);
  const auto [ctx, stop] =
      go::signal::NotifyContext(go::context::Background(), SIGUSR1);
  stop();
  CHECK(std::hash<go::signal::Signal>()(SIGUSR1) != 0);
}

void Streams() {
  std::string out;
  go::io::StringReader text("one\ntwo");
  go::io::BufReader lines(std::ref(text));
  CHECK(lines.ReadLine(3).first == "one" && lines.Peek(1).first == "t");
  CHECK(go::io::Copy(go::io::StringWriter(&out), lines).first == 3);
  CHECK(go::io::ReadAll(text, 0).first.empty() && out == "two");
  char c = 0;
  CHECK(
      go::io::ReadFull(text, std::as_writable_bytes(std::span(&c, 1))).second ==
      go::io::Eof);
  auto [r, w] = go::io::Pipe();
  go::Go([to = w] {
    go::io::BufWriter buffered(to);
    buffered.Write("piped");
    buffered.Flush();
    to.Close();
  });
  CHECK(go::io::CopyN(go::io::Discard, go::io::LimitReader(r, 5), 5).first ==
        5);
}

void Files() {
  auto [r, w, err] = go::os::Pipe();
  CHECK(!err && w.Write("abc").first == 3 && !w.Close());
  CHECK(go::io::ReadAll(r, 3).first == "abc");
  CHECK(go::errors::Is(w.Close(), go::os::Closed));
  auto [file, open_err] = go::os::Open("/none");
  CHECK(!file &&
        go::errors::Is(open_err, std::errc::no_such_file_or_directory));
  CHECK(go::os::Stdout.Name() == "/dev/stdout");
}

void Programs() {
  go::exec::Cmd cmd = go::exec::Command("sh", "-c", "cat; exit 3");
  cmd.Stdin = go::io::StringReader("abc");
  auto [out, err] = cmd.Output();
  CHECK(out == "abc" && go::exec::ExitCode(err) == 3);
  const auto [ctx, cancel] = go::context::WithCancel(go::context::Background());
  go::exec::Cmd sleep = go::exec::CommandContext(ctx, "sleep", "100");
  CHECK(!sleep.Start());
  cancel();
  CHECK(sleep.Wait().message() == "signal: killed");
}

void Runtime() {
  CHECK(go::runtime::Blocking([] { return 5; }) == 5);
  go::runtime::Blocking([] {});
  int number = 0;
  int& same = go::runtime::Blocking([&]() -> int& { return number; });
  CHECK(&same == &number);
  CHECK(*go::runtime::OnSystemStack([] { return std::make_unique<int>(6); }) ==
        6);
  go::runtime::OnSystemStack([&] { number++; });
  CHECK(number == 1 && !go::runtime::Stack(false).empty());
}

}  // namespace

int main() {
  return go::Run([] {
    Channels<int>(1, 2);
    Channels<std::string>("a", "b");
    Channels<std::unique_ptr<int>>(nullptr, nullptr);
    Channels<go::Unit>({}, {});
    Bubbles();
    Selects();
    Sync();
    Groups();
    Time();
    Contexts();
    Signals();
    Streams();
    Files();
    Programs();
    Runtime();
    auto done = go::MakeChan<int>();
    go::Go({.name = "named", .stack_size = 64 << 10}, [done] { done.Send(1); });
    go::Go([done, owned = std::make_unique<int>(2)] { done.Send(*owned); });
    CHECK(*done.Recv() + *done.Recv() == 3);
    return failures;
  });
}
