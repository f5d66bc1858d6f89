// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <sys/mman.h>

#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "tests/differential/cases.h"

namespace differential {

namespace {

[[gnu::noinline]] int Load(std::uintptr_t at) {
  return *reinterpret_cast<volatile char*>(at);
}

// Volatile, or the compiler would work it out.
int Divide(const volatile int& n, const volatile int& by) { return n / by; }

// NOLINTNEXTLINE(misc-no-recursion): that is the test
[[gnu::noinline]] int Deep(int n) {
  volatile char room[1024];
  room[n % 1024] = static_cast<char>(n);
  if (n == INT_MAX) return 0;
  return Deep(n + 1) + room[(n + 1) % 1024];
}

std::uintptr_t PastTheEnd() {
  const int file = ::fileno(std::tmpfile());
  return reinterpret_cast<std::uintptr_t>(
      ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0));
}

void Illegal() {
  constexpr unsigned char kCode[] = {0x0f, 0x0b, 0xc3};
  void* code = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::memcpy(code, kCode, sizeof kCode);
  reinterpret_cast<void (*)()>(code)();
}

go::Chan<int> never;
go::sync::WaitGroup group;
go::sync::Mutex mutex;
go::sync::RWMutex rwmutex;
go::sync::Cond cond(mutex);

std::vector<std::pair<const char*, void (*)()>> Waits() {
  return {
      {"receive", [] { go::MakeChan<int>().Recv(); }},
      {"send", [] { go::MakeChan<int>().Send(1); }},
      {"range",
       [] {
         for ([[maybe_unused]] int v : go::MakeChan<int>()) {
         }
       }},
      {"receive-nil", [] { never.Recv(); }},
      {"send-nil", [] { never.Send(1); }},
      {"select",
       [] {
         go::Select(go::OnRecv(go::MakeChan<int>(), [] {}),
                    go::OnSend(go::MakeChan<int>(), 1));
       }},
      {"select-one",
       [] { go::Select(go::OnRecv(go::MakeChan<int>(), [] {})); }},
      {"select-none", [] { go::Select(); }},
      {"select-nil",
       [] { go::Select(go::OnRecv(never, [] {}), go::OnSend(never, 1)); }},
      {"mutex",
       [] {
         mutex.Lock();
         mutex.Lock();
       }},
      {"rwmutex-lock",
       [] {
         rwmutex.Lock();
         rwmutex.Lock();
       }},
      {"rwmutex-rlock",
       [] {
         rwmutex.Lock();
         rwmutex.RLock();
       }},
      {"rwmutex-writer",
       [] {
         rwmutex.RLock();
         rwmutex.Lock();
       }},
      {"waitgroup",
       [] {
         group.Add(1);
         group.Wait();
       }},
      {"cond",
       [] {
         mutex.Lock();
         cond.Wait();
       }},
      {"locked",
       [] {
         go::runtime::LockOSThread();
         never.Recv();
       }},
  };
}

void AddDeadlocks() {
  for (const auto& [name, f] : Waits()) Add(std::string("deadlock-") + name, f);
  Add("deadlock-many", [] {
    auto c = go::MakeChan<int>();
    for (int i = 0; i < 3; i++) go::Go([c] { c.Send(1); });
    go::Go([] { go::Select(); });
    Settle();
    never.Recv();
  });
  Add("deadlock-goexit", [] { go::runtime::Goexit(); });
  Add("deadlock-goexit-others", [] {
    go::Go([] { never.Recv(); });
    Settle();
    go::runtime::Goexit();
  });
  Add("deadlock-goexit-later", [] {
    go::Go([] { Settle(); });
    go::runtime::Goexit();
  });
  Add("deadlock-traceback-none", [] { never.Recv(); });
}

void AddFaults() {
  Add("fault-nil", [] { Say{Load(0)}; });
  Add("fault-near-nil", [] { Say{Load(16)}; });
  Add("fault-wild", [] { Say{Load(0x123456)}; });
  Add("fault-non-canonical",
      [] { Say{Load(static_cast<std::uintptr_t>(0x1234567812345678))}; });
  Add("fault-divide", [] {
    volatile int one = 1, zero = 0;
    Say{Divide(one, zero)};
  });
  Add("fault-illegal", [] { Illegal(); });
  Add("fault-bus", [] { Say{Load(PastTheEnd())}; });
  Add("fault-traceback-none", [] { Say{Load(0)}; });
}

}  // namespace

void AddFatal() {
  Add("fatal-unlock", [] { mutex.Unlock(); });
  Add("fatal-unlock-twice", [] {
    mutex.Lock();
    mutex.Unlock();
    try {
      mutex.Unlock();
    } catch (...) {  // in vain
    }
  });
  Add("fatal-rwmutex-unlock", [] { rwmutex.Unlock(); });
  Add("fatal-rwmutex-runlock", [] { rwmutex.RUnlock(); });
  Add("fatal-go-nil", [] { go::Go(std::function<void()>()); });
  Add("fatal-threads", [] {
    go::runtime::SetMaxThreads(8);
    for (int i = 0; i < 20; i++) {
      go::Go([] {
        go::runtime::LockOSThread();
        go::Select();
      });
    }
    go::time::Sleep(kForever);
  });
  Add("fatal-stack-overflow", [] { Say{Deep(0)}; });
  AddDeadlocks();
  AddFaults();
  for (const char* name : {"quit", "quit-none", "quit-all", "quit-system"}) {
    Add(name, [] {
      go::Go([] { never.Recv(); });
      go::Go([] {
        go::runtime::LockOSThread();
        never.Recv();
      });
      Settle();
      Say{"ready"};
      go::time::Sleep(kForever);
    });
  }
  Add("exit-0", [] { Say{"main returns"}; });
  Add("exit-3", [] { Exit(3); });
  Add("exit-others", [] {
    go::Go([] { go::time::Sleep(kForever); });
    go::Go([] { never.Recv(); });
    Settle();
  });
}

}  // namespace differential
