// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <csignal>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/differential/cases.h"

namespace differential {

namespace {

using namespace std::chrono_literals;

void Boom() { throw go::Panic("boom"); }

// Misuses are what panics, by name: each is a case that ends by it, and a line
// of the case that catches them all.
std::vector<std::pair<std::string, std::function<void()>>> Misuses() {
  return {
      {"close-closed",
       [] {
         auto c = go::MakeChan<int>();
         c.Close();
         c.Close();
       }},
      {"close-nil", [] { go::Chan<int>().Close(); }},
      {"send-closed",
       [] {
         auto c = go::MakeChan<int>();
         c.Close();
         c.Send(1);
       }},
      {"try-send-closed",
       [] {
         auto c = go::MakeChan<int>(1);
         c.Close();
         c.TrySend(1);
       }},
      {"select-send-closed",
       [] {
         auto c = go::MakeChan<int>(), never = go::MakeChan<int>();
         c.Close();
         go::Select(go::OnSend(c, 1), go::OnRecv(never, [] {}));
       }},
      {"closed-while-sending",
       [] {
         auto c = go::MakeChan<int>();
         go::Go([c] {
           Settle();
           c.Close();
         });
         c.Send(1);
       }},
      {"closed-while-selecting",
       [] {
         auto c = go::MakeChan<int>(), never = go::MakeChan<int>();
         go::Go([c] {
           Settle();
           c.Close();
         });
         go::Select(go::OnSend(c, 1), go::OnRecv(never, [] {}));
       }},
      {"makechan-size", [] { (void)go::MakeChan<int>(SIZE_MAX); }},
      {"waitgroup-negative",
       [] {
         go::sync::WaitGroup group;
         group.Add(1);
         group.Add(-2);
       }},
      {"waitgroup-done", [] { go::sync::WaitGroup().Done(); }},
      {"ticker-zero", [] { (void)go::time::NewTicker(0s); }},
      {"ticker-negative", [] { (void)go::time::NewTicker(-1ns); }},
      {"ticker-reset-zero", [] { go::time::NewTicker(1h).Reset(0s); }},
      {"ticker-reset-none", [] { go::time::Ticker().Reset(1ns); }},
      {"timer-stop-none", [] { go::time::Timer().Stop(); }},
      {"timer-reset-none", [] { go::time::Timer().Reset(1ns); }},
      {"cancel-nil-parent", [] { (void)go::context::WithCancel(nullptr); }},
      {"cause-nil-parent", [] { (void)go::context::WithCancelCause(nullptr); }},
      {"timeout-nil-parent",
       [] { (void)go::context::WithTimeout(nullptr, 1ns); }},
      {"value-nil-parent",
       [] { (void)go::context::WithValue(nullptr, "key", 1); }},
      {"value-nil-key",
       [] {
         (void)go::context::WithValue(go::context::Background(), nullptr, 1);
       }},
      {"without-cancel-nil", [] { (void)go::context::WithoutCancel(nullptr); }},
      {"notify-nil",
       [] { go::signal::Notify(go::Chan<go::signal::Signal>(), SIGINT); }},
      {"words", [] { throw go::Panic("words"); }},
      {"lines",
       [] { throw go::Panic("first\nsecond\ngoroutine 1 [running]:"); }},
      {"error", [] { throw go::Panic(go::errors::New("an error").message()); }},
  };
}

}  // namespace

void AddPanics() {
  for (const auto& [name, f] : Misuses()) Add("panic-" + name, f);
  Add("recovered", [] {
    for (const auto& [name, f] : Misuses()) Say{name + ":", PanicOf(f)};
  });
  Add("panic-again", [] {
    try {
      Boom();
    } catch (...) {
      throw;
    }
  });
  Add("panic-another", [] {
    try {
      Boom();
    } catch (...) {
      throw go::Panic("another");
    }
  });
  Add("panic-in-goroutine", [] {
    go::Go(Boom);
    go::time::Sleep(kForever);
  });
  Add("panic-in-waitgroup-go", [] {
    go::sync::WaitGroup group;
    group.Go(Boom);
    group.Wait();
  });
  Add("panic-in-timer", [] {
    (void)go::time::AfterFunc(1ns, Boom);
    go::time::Sleep(kForever);
  });
  Add("panic-in-once", [] {
    go::sync::Once once;
    Say{PanicOf([&] { once.Do(Boom); })};
    once.Do([] { Say{"called again"}; });
    Say{"done"};
  });
  Add("panic-in-once-func", [] {
    int calls = 0;
    auto once = go::sync::OnceFunc([&] {
      calls++;
      Boom();
    });
    Say{PanicOf(once)};
    Say{PanicOf(once), calls};
  });
  Add("panic-in-once-value", [] {
    auto once = go::sync::OnceValue([]() -> int { throw go::Panic("boom"); });
    Say{PanicOf([&] { once(); })};
    Say{PanicOf([&] { once(); })};
  });
  for (const char* level : {"none", "single", "all", "system", "0", "1", "2"}) {
    Add(std::string("traceback-") + level, [] {
      go::Go([] { go::MakeChan<int>().Recv(); });
      go::Go([] { go::time::Sleep(kForever); });
      Settle();
      Boom();
    });
  }
}

}  // namespace differential
