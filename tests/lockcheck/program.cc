// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Programs that hold locks of the C library's, some where they should not:
// lockcheck_test.py has libgosling_lockcheck watch them. The marks are the lines
// that reports have to name.

#include <gosling/gosling.h>
#include <gosling/testing.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

namespace go = gosling;

namespace {

std::mutex table_mu;
std::shared_mutex shared_mu;

[[gnu::noinline]] void HoldOverRecv(const go::Chan<int>& ch) {
  std::lock_guard lock(table_mu);  // MARK: taken
  ch.Recv();                       // MARK: parked
}

// A compiler may keep errno's address within a function.
[[gnu::noinline]] void SetErrno(int n) { errno = n; }
[[gnu::noinline]] int Errno() { return errno; }

// Park has a goroutine that parks with the mutex.
void Park() {
  go::Run([] {
    go::Chan<int> ch = go::MakeChan<int>();
    go::sync::WaitGroup group;
    group.Add(1);
    go::Go(go::GoOptions{.name = "holder"}, [=, &group] {
      SetErrno(77);
      HoldOverRecv(ch);
      if (Errno() != 77) std::puts("errno has changed");
      group.Done();
    });
    go::runtime::Gosched();
    ch.Send(1);
    group.Wait();
  });
}

void ManyTimes() {
  go::Run([] {
    go::Chan<int> ch = go::MakeChan<int>();
    go::Go([=] {
      for (int i = 0; i < 100; i++) ch.Send(i);
    });
    for (int i = 0; i < 100; i++) HoldOverRecv(ch);
  });
}

// Silent unlocks before it waits.
void Silent() {
  go::Run([] {
    go::Chan<int> ch = go::MakeChan<int>();
    go::sync::WaitGroup group;
    int count = 0;
    for (int i = 0; i < 8; i++) {
      group.Go([&, ch] {
        for (int n = 0; n < 100; n++) {
          {
            std::lock_guard lock(table_mu);
            count++;
          }
          if (std::unique_lock lock(table_mu, std::try_to_lock); lock) count--;
          {
            std::shared_lock lock(shared_mu);
            count += 0;
          }
          go::runtime::Gosched();
          go::Select(
              go::OnSend(ch, 1, [] {}), go::OnRecv(ch, [](auto) {}),
              go::OnRecv(go::time::After(std::chrono::milliseconds(1)), [] {}));
        }
      });
    }
    group.Wait();
  });
}

// Condition has goroutines wait as threads do.
void Condition() {
  go::Run([] {
    std::condition_variable cv;
    int turn = 0;
    go::sync::WaitGroup group;
    for (int me = 0; me < 2; me++) {
      group.Go([&, me] {
        for (int n = 0; n < 50; n++) {
          {
            std::unique_lock lock(table_mu);
            cv.wait(lock, [&] { return turn % 2 == me; });
            turn++;
            cv.notify_all();
          }
          go::runtime::Gosched();
        }
      });
    }
    group.Wait();
  });
}

// Foreign has a thread hold the mutex, while it waits for a channel, and a
// goroutine wait for the mutex.
void Foreign() {
  go::Run([] {
    go::Chan<int> locked = go::MakeChan<int>();
    go::Chan<int> on = go::MakeChan<int>();
    std::thread thread([=] {
      std::lock_guard lock(table_mu);
      locked.Send(1);
      on.Recv();
    });
    locked.Recv();
    go::sync::WaitGroup group;
    group.Go([] { std::lock_guard lock(table_mu); });
    on.Send(1);
    group.Wait();
    thread.join();
  });
}

void Shared() {
  go::Run([] {
    std::shared_lock lock(shared_mu);
    go::runtime::Gosched();
  });
}

void Exclusive() {
  go::Run([] {
    std::unique_lock lock(shared_mu);
    go::time::Sleep(std::chrono::milliseconds(1));
  });
}

void End() {
  go::Run([] {
    go::sync::WaitGroup group;
    group.Go([] { table_mu.lock(); });
    group.Wait();
  });
}

// OwnThread keeps its thread, and may keep its mutex.
void OwnThread() {
  go::Run([] {
    go::runtime::LockOSThread();
    {
      std::lock_guard lock(table_mu);
      go::time::Sleep(std::chrono::milliseconds(1));
    }
    go::runtime::UnlockOSThread();
  });
}

void InBubble() {
  go::testing::Bubble([] {
    std::lock_guard lock(table_mu);
    go::time::Sleep(std::chrono::hours(1));
  });
}

// Elsewhere has another thread unlock what a goroutine has locked.
void Elsewhere() {
  go::Run([] {
    table_mu.lock();  // MARK: taken here
    std::thread thread([] {
      table_mu.unlock();  // MARK: given back
    });
    thread.join();
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<void()>> programs = {
      {"park", Park},
      {"many", ManyTimes},
      {"silent", Silent},
      {"condition", Condition},
      {"foreign", Foreign},
      {"shared", Shared},
      {"exclusive", Exclusive},
      {"end", End},
      {"own_thread", OwnThread},
      {"bubble", InBubble},
      {"elsewhere", Elsewhere},
  };
  const auto at = programs.find(argc > 1 ? argv[1] : "");
  if (at == programs.end()) {
    std::fprintf(stderr, "no such program\n");
    return 1;
  }
  at->second();
  std::puts("done");
}
