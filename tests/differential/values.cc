// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "tests/differential/cases.h"

namespace differential {

namespace {

using namespace std::chrono_literals;

const char* TryRecv(const go::RecvChan<go::time::Time>& c, const char* yes,
                    const char* no) {
  std::optional<go::time::Time> v;
  return c.TryRecv(v) ? yes : no;
}

void AddChannels() {
  Add("chan-len-cap", [] {
    auto c = go::MakeChan<int>(3);
    c.Send(1);
    c.Send(2);
    const go::Chan<int> none;
    Say{c.Len(),
        c.Cap(),
        none.Len(),
        none.Cap(),
        go::MakeChan<int>().Len(),
        go::MakeChan<int>().Cap()};
  });
  Add("chan-drain", [] {
    auto c = go::MakeChan<int>(2);
    c.Send(1);
    c.Send(2);
    c.Close();
    for (int i = 0; i < 3; i++) Say{c.Recv()};
  });
  Add("chan-fifo-receivers", [] {
    auto c = go::MakeChan<int>();
    auto said = go::MakeChan<int>(4);
    std::array<int, 4> results;
    InTurn(4, [&](int i) {
      results[static_cast<std::size_t>(i)] = *c.Recv();
      said.Send(i);
    });
    for (int v = 0; v < 4; v++) c.Send(v);
    for (int i = 0; i < 4; i++) said.Recv();
    std::string line;
    for (int v : results) line += (line.empty() ? "[" : " ") + Text(v);
    Say{line + "]"};
  });
  Add("chan-fifo-senders", [] {
    auto c = go::MakeChan<int>(1);
    InTurn(4, [&](int i) { c.Send(i); });
    for (int i = 0; i < 4; i++) {
      Say{*c.Recv()};
      Say{"left", c.Len()};
    }
  });
  Add("chan-handoff", [] {
    auto c = go::MakeChan<int>(2);
    go::Go([c] { Say{"received", *c.Recv()}; });
    Settle();
    c.Send(1);
    Say{"in the buffer:", c.Len()};
    Settle();
  });
  Add("chan-close-order", [] {
    auto c = go::MakeChan<int>();
    InTurn(4, [&](int i) {
      c.Recv();
      Say{"receiver", i};
    });
    c.Close();
    Settle();
  });
  Add("chan-close-order-senders", [] {
    auto c = go::MakeChan<int>();
    InTurn(4, [&](int i) { Say{"sender", i, PanicOf([&] { c.Send(i); })}; });
    c.Close();
    Settle();
  });
  Add("chan-try", [] {
    auto c = go::MakeChan<int>(1);
    const go::Chan<int> none;
    std::optional<int> v;
    for (int i = 0; i < 2; i++) Say{c.TrySend(1) ? "sent" : "full"};
    for (int i = 0; i < 2; i++) {
      if (c.TryRecv(v)) {
        Say{"received", *v};
      } else {
        Say{"empty"};
      }
    }
    go::Select(go::OnSend(none, 1), go::OnRecv(none, [] {}),
               go::OnDefault([] { Say{"none"}; }));
    c.Close();
    if (c.TryRecv(v)) Say{v};
  });
}

void AddOrders() {
  Add("start-order", [] {
    for (int i = 0; i < 5; i++) go::Go([i] { Say{"goroutine", i + 1}; });
    Settle();
  });
  Add("start-order-gosched", [] {
    for (int i = 0; i < 3; i++) {
      go::Go([i] {
        Say{"before", i};
        go::runtime::Gosched();
        Say{"after", i};
      });
    }
    Settle();
  });
}

void AddSelects() {
  Add("select-closed", [] {
    auto c = go::MakeChan<int>(), never = go::MakeChan<int>();
    c.Close();
    go::Select(go::OnRecv(c, [](std::optional<int> v) { Say{v}; }),
               go::OnRecv(never, [] {}));
  });
  Add("select-random", [] {
    auto a = go::MakeChan<int>(1), b = go::MakeChan<int>(1);
    int n[2] = {};
    for (int i = 0; i < 1000; i++) {
      a.Send(0);
      b.Send(0);
      if (go::Select(go::OnRecv(a, [] {}), go::OnRecv(b, [] {})) == 0) {
        n[0]++;
        b.Recv();
      } else {
        n[1]++;
        a.Recv();
      }
    }
    Say{n[0] > 300, n[1] > 300, n[0] + n[1]};
  });
  Add("select-waiting-random", [] {
    auto c = go::MakeChan<int>();
    int n[2] = {};
    for (int i = 0; i < 1000; i++) {
      go::Go([c] {
        go::runtime::Gosched();
        c.Send(1);
      });
      n[go::Select(go::OnRecv(c, [] {}), go::OnRecv(c, [] {}))]++;
    }
    Say{n[0] > 300, n[1] > 300, n[0] + n[1]};
  });
  Add("select-send-or-receive", [] {
    auto c = go::MakeChan<int>();
    auto done = go::MakeChan<bool>();
    for (int i = 0; i < 2; i++) {
      go::Go([=] {
        go::Select(go::OnSend(c, i), go::OnRecv(c, [] {}));
        done.Send(true);
      });
    }
    Say{*done.Recv(), *done.Recv()};
  });
}

void AddLocks() {
  Add("mutex-try", [] {
    go::sync::Mutex mutex;
    Say{mutex.TryLock(), mutex.TryLock()};
    mutex.Unlock();
    Say{mutex.TryLock()};
  });
  Add("mutex-fifo", [] {
    go::sync::Mutex mutex;
    mutex.Lock();
    InTurn(3, [&](int i) {
      mutex.Lock();
      Say{"has it", i};
      mutex.Unlock();
    });
    mutex.Unlock();
    Settle();
  });
  Add("rwmutex-try", [] {
    go::sync::RWMutex mutex;
    Say{mutex.TryRLock(), mutex.TryRLock(), mutex.TryLock()};
    mutex.RUnlock();
    mutex.RUnlock();
    Say{mutex.TryLock(), mutex.TryRLock(), mutex.TryLock()};
  });
  Add("rwmutex-writer-blocks-readers", [] {
    go::sync::RWMutex mutex;
    mutex.RLock();
    go::Go([&] {
      mutex.Lock();
      Say{"writer"};
      mutex.Unlock();
    });
    Settle();
    Say{mutex.TryRLock()};
    go::Go([&] {
      mutex.RLock();
      Say{"reader"};
      mutex.RUnlock();
    });
    Settle();
    mutex.RUnlock();
    Settle();
  });
  Add("cond-order", [] {
    go::sync::Mutex mutex;
    go::sync::Cond cond(mutex);
    InTurn(4, [&](int i) {
      mutex.Lock();
      cond.Wait();
      mutex.Unlock();
      Say{"woken", i};
    });
    cond.Signal();
    Settle();
    cond.Signal();
    Settle();
    cond.Broadcast();
    Settle();
    cond.Broadcast();
  });
  Add("waitgroup-go", [] {
    go::sync::WaitGroup group;
    int n = 0;
    group.Go([&] {
      Settle();
      n++;
    });
    group.Wait();
    Say{n};
    group.Wait();
    group.Add(0);
  });
  Add("once", [] {
    go::sync::Once once;
    once.Do([] { Say{"called"}; });
    once.Do([] { Say{"called again"}; });
  });
}

void AddTimers() {
  Add("timer-stop", [] {
    auto timer = go::time::NewTimer(1h);
    Say{timer.Stop(), timer.Stop()};
    timer = go::time::NewTimer(1ns);
    timer.C().Recv();
    Say{timer.Stop()};
    timer = go::time::NewTimer(1ns);
    Settle();  // it has fired, unread
    Say{timer.Stop()};
    Say{TryRecv(timer.C(), "a stale value", "nothing")};
  });
  Add("timer-reset", [] {
    auto timer = go::time::NewTimer(1h);
    Say{timer.Reset(1h), timer.Stop(), timer.Reset(1h)};
    timer = go::time::NewTimer(1ns);
    Settle();
    Say{timer.Reset(1h)};
    Say{TryRecv(timer.C(), "a stale value", "nothing")};
    Say{timer.Reset(1ns)};
    timer.C().Recv();
    Say{timer.Reset(1ns), timer.Stop()};
  });
  Add("timer-len-cap", [] {
    auto timer = go::time::NewTimer(1ns);
    auto ticker = go::time::NewTicker(1ns);
    Settle();
    Say{timer.C().Len(), timer.C().Cap(), ticker.C().Len(), ticker.C().Cap()};
    auto after = go::time::After(1ns);
    Say{after.Len(), after.Cap()};
  });
  Add("timer-not-positive", [] {
    go::time::After(0s).Recv();
    go::time::After(-1h).Recv();
    go::time::Sleep(0s);
    go::time::Sleep(-1ns);
    Say{"all have fired"};
  });
  Add("timer-for-ever", [] {
    auto timer = go::time::NewTimer(std::chrono::nanoseconds(INT64_MAX));
    Settle();
    Say{timer.Stop()};
  });
  // Whatever the load: a timer that fires late still fires after the earlier.
  Add("timer-order", [] {
    std::vector<std::pair<int, go::time::Timer>> timers;
    for (int ms : {15, 5, 25, 10, 20}) {
      timers.emplace_back(ms,
                          go::time::NewTimer(std::chrono::milliseconds(ms)));
    }
    std::set<std::pair<go::time::Time, int>> fired;  // some at once, if late
    for (const auto& [ms, timer] : timers) fired.emplace(*timer.C().Recv(), ms);
    for (const auto& [when, ms] : fired) Say{ms};
  });
  Add("ticker-drops", [] {
    auto ticker = go::time::NewTicker(1ms);
    Settle();
    ticker.C().Recv();
    ticker.Stop();
    Say{TryRecv(ticker.C(), "a second", "one at most")};
  });
  Add("ticker-stop", [] {
    auto ticker = go::time::NewTicker(1ms);
    ticker.C().Recv();
    ticker.Stop();
    Settle();
    Say{TryRecv(ticker.C(), "received", "silent, and not closed")};
    ticker.Reset(1ms);
    ticker.C().Recv();
    Say{"ticks again"};
  });
  Add("after-func", [] {
    auto done = go::MakeChan<bool>();
    auto timer = go::time::AfterFunc(1ns, [done] { done.Send(true); });
    Say{*done.Recv(), timer.Stop(), timer.Reset(1ns)};
    Say{*done.Recv(), !timer.C()};
    timer = go::time::AfterFunc(1h, [] { Say{"never"}; });
    Say{timer.Stop(), timer.Stop(), timer.Reset(1h), timer.Stop()};
  });
  Add("tick-not-positive", [] {
    Say{!go::time::Tick(0s), !go::time::Tick(-1ns)};
  });
}

void AddRuntime() {
  using go::runtime::GOMAXPROCS;
  Add("gomaxprocs", [] {
    Say{GOMAXPROCS(0), GOMAXPROCS(-1), GOMAXPROCS(5),
        GOMAXPROCS(0), GOMAXPROCS(2),  GOMAXPROCS(0)};
    go::runtime::SetDefaultGOMAXPROCS();
    Say{GOMAXPROCS(0) == go::runtime::NumCPU()};
  });
  Add("num-goroutine", [] {
    Say{go::runtime::NumGoroutine()};
    auto c = go::MakeChan<int>();
    for (int i = 0; i < 3; i++) go::Go([c] { c.Recv(); });
    Say{go::runtime::NumGoroutine()};
    c.Close();
    Settle();
    Say{go::runtime::NumGoroutine()};
  });
  Add("goexit", [] {
    struct AtEnd {
      std::function<void()> f;
      ~AtEnd() { f(); }
    };
    auto done = go::MakeChan<bool>();
    go::Go([done] {
      AtEnd last{[done] { done.Send(true); }};
      AtEnd second{[] { Say{"second"}; }};
      [] {
        AtEnd first{[] { Say{"first"}; }};
        go::runtime::Goexit();
      }();
      Say{"never"};
    });
    done.Recv();
  });
}

}  // namespace

void AddValues() {
  AddChannels();
  AddOrders();
  AddSelects();
  AddLocks();
  AddTimers();
  AddRuntime();
}

}  // namespace differential
