// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/lockcheck/checker.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/lockcheck/interpose.h"
#include "runtime/testing/lines.h"
#include "runtime/testing/place.h"
#include "sched/os/keep_errno.h"

namespace gosling::lockcheck {

namespace {

using sched::LockCheckHost;
using sched::LockLeaving;
using Stack = std::vector<std::uintptr_t>;

constexpr std::size_t kDeepestTaken = 12;
constexpr std::size_t kDeepestLeaving = 48;
constexpr std::size_t kMostHeld = 4096;
constexpr std::size_t kMostReports = 100;

constexpr char kWhy[] =
    "A mutex belongs to the thread that has locked it. A goroutine that has "
    "left "
    "its thread may go on on another one: unlocking the mutex there is "
    "undefined "
    "behaviour, and until then each goroutine that wants the mutex holds up "
    "its "
    "thread, in the end all of them (deadlock by migration). Unlock first, or "
    "take a gosling::sync::Mutex, which may be held.\n";

// Held is one lock that is held. By a goroutine, whose number is `holder`, or a
// thread: then holder is 0.
struct Held {
  const void* lock = nullptr;
  Kind kind = Kind::kMutex;
  std::uint64_t holder = 0;
  pid_t thread = 0;  // that took it
  std::array<std::uintptr_t, kDeepestTaken> stack{};
  std::size_t depth = 0;

  Stack Where() const { return Stack(stack.begin(), stack.begin() + depth); }
};

std::atomic<const LockCheckHost*> host{nullptr};
bool fatal = false;  // set with `host`

constinit pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
// Under mu. An array: an allocator may be what takes the lock. What it has no room
// for is not recorded.
constinit std::array<Held, kMostHeld> held_locks{};
constinit std::size_t held_count = 0;
// Under mu: where a lock was taken, and where it was left. Never freed: locks are
// taken until the process ends.
constinit std::set<Stack>* reported = nullptr;

class StateLock {
 public:
  StateLock() { OwnLock(&mu); }
  ~StateLock() { OwnUnlock(&mu); }
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;
};

// The checker takes locks itself, by way of malloc and libdw.
[[gnu::tls_model("initial-exec")]] constinit thread_local bool busy = false;

// Inside is the checker at work: the program's errno stays.
class Inside {
 public:
  Inside() { busy = true; }
  ~Inside() { busy = false; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  sched::KeepErrno keep_;
};

const LockCheckHost* Host() {
  // acquire: pairs with GoslingLockChecker; reported and fatal are set
  return busy ? nullptr : host.load(std::memory_order_acquire);
}

// ThisThread is not the library's own thread_local: goroutines change threads.
pid_t ThisThread() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

// ReadStack reads the caller's stack from the frame on that returns to `from`, and
// says how deep it is.
std::size_t ReadStack(const void* from, std::uintptr_t* stack,
                      std::size_t deepest) {
  struct Walk {
    std::uintptr_t from;
    std::uintptr_t* stack;
    std::size_t deepest;
    std::size_t depth = 0;
  } walk{reinterpret_cast<std::uintptr_t>(from), stack, deepest};
  ::_Unwind_Backtrace(
      [](_Unwind_Context* context, void* arg) {
        auto* w = static_cast<Walk*>(arg);
        const std::uintptr_t pc = ::_Unwind_GetIP(context);
        if (pc != 0 && (pc == w->from || w->depth > 0)) {
          w->stack[w->depth++] = pc;
        }
        return w->depth < w->deepest ? _URC_NO_REASON : _URC_END_OF_STACK;
      },
      &walk);
  if (walk.depth == 0) stack[walk.depth++] = walk.from;
  return walk.depth;
}

Stack StackFrom(const void* from) {
  Stack stack(kDeepestLeaving);
  stack.resize(ReadStack(from, stack.data(), stack.size()));
  return stack;
}

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kMutex:
      return "mutex";
    case Kind::kReadLock:
      return "read lock";
    case Kind::kWriteLock:
      return "write lock";
    case Kind::kSpinlock:
      return "spin lock";
  }
  return "lock";
}

std::string Goroutine(std::uint64_t number) {
  return "goroutine " + std::to_string(number);
}

std::string Holder(const Held& held) {
  return held.holder != 0 ? Goroutine(held.holder)
                          : "thread " + std::to_string(held.thread);
}

std::string LockText(const Held& held, testing::Lines* lines) {
  char text[48];
  std::snprintf(text, sizeof text, "%s at %p", NameOf(held.kind), held.lock);
  const std::string name =
      lines == nullptr
          ? std::string()
          : lines->ObjectAt(reinterpret_cast<std::uintptr_t>(held.lock));
  return name.empty() ? text : std::string(text) + " (" + name + ")";
}

// Seen says whether that has been reported before, or is one report too many.
bool Seen(const Held& held, const Stack& where) {
  Stack key = held.Where();
  key.push_back(0);
  key.insert(key.end(), where.begin(), where.end());
  StateLock l;
  return reported->size() >= kMostReports ||
         !reported->insert(std::move(key)).second;
}

void Say(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(2, text.data() + at, text.size() - at);
    if (n < 0 && errno != EINTR) return;
    if (n > 0) at += static_cast<std::size_t>(n);
  }
}

// Report prints what `tell` makes of the lines of the program.
template <class Tell>
void Report(const LockCheckHost* h, Tell tell) {
  std::string text;
  testing::WithLines([&](testing::Lines* lines) {
    const bool was_busy = busy;  // true: no thread could be started
    busy = true;
    text = tell(lines);
    busy = was_busy;
  });
  Say("gosling: " + text + kWhy);
  if (fatal) h->die("a lock of the C library's goes with a goroutine");
}

void ReportLeaving(const LockCheckHost* h, const LockLeaving& leaving,
                   const Held& held, const Stack& where) {
  Report(h, [&](testing::Lines* lines) {
    std::string text = Goroutine(leaving.goid);
    if (leaving.name != nullptr) {
      text.append(" \"").append(leaving.name).append("\"");
    }
    text += std::string(" ") + leaving.how + " while it holds a " +
            NameOf(held.kind) + "\n    it holds: " + LockText(held, lines) +
            ", taken" + PlaceOf(held.Where(), lines, h->symbol) + "\n";
    if (!leaving.ends) {
      text += std::string("    it ") + leaving.how +
              PlaceOf(where, lines, h->symbol) + "\n";
    }
    if (leaving.created_at != nullptr) {
      const Stack created{reinterpret_cast<std::uintptr_t>(leaving.created_at)};
      text += "    it was started" + PlaceOf(created, lines, h->symbol) + "\n";
    }
    return text;
  });
}

void ReportElsewhere(const LockCheckHost* h, const Held& held,
                     std::uint64_t goid, pid_t thread, const Stack& where) {
  Report(h, [&](testing::Lines* lines) {
    const std::string who =
        goid != 0 ? Goroutine(goid) : "thread " + std::to_string(thread);
    return who + " gives a " + NameOf(held.kind) +
           " back on another thread than that which took it\n    it gives "
           "back: " +
           LockText(held, lines) + PlaceOf(where, lines, h->symbol) +
           "\n    taken by " + Holder(held) + " on thread " +
           std::to_string(held.thread) +
           PlaceOf(held.Where(), lines, h->symbol) + "\n";
  });
}

// Leaves is what the runtime calls.
void Leaves(const LockLeaving& leaving) {
  const LockCheckHost* h = Host();
  if (h == nullptr) return;
  const Inside inside;
  std::vector<Held> its;
  {
    StateLock l;
    const auto is_its = [&](const Held& held) {
      return held.holder == leaving.goid;
    };
    Held* const end = held_locks.data() + held_count;
    std::copy_if(held_locks.data(), end, std::back_inserter(its), is_its);
    if (its.empty()) return;
    if (leaving.ends) {
      held_count = static_cast<std::size_t>(
          std::remove_if(held_locks.data(), end, is_its) - held_locks.data());
    }
  }
  const Stack where = StackFrom(__builtin_return_address(0));
  for (const Held& held : its) {
    if (!Seen(held, where)) ReportLeaving(h, leaving, held, where);
  }
}

constexpr sched::LockChecker kChecker = {Leaves};

}  // namespace

void Taken(const void* lock, Kind kind, const void* caller) {
  const LockCheckHost* h = Host();
  if (h == nullptr) return;
  const Inside inside;
  Held held{lock, kind, h->running(), ThisThread()};
  // Of a thread one frame has to do: reading more takes time.
  if (held.holder != 0) {
    held.depth = ReadStack(caller, held.stack.data(), held.stack.size());
  } else {
    held.stack[held.depth++] = reinterpret_cast<std::uintptr_t>(caller);
  }
  StateLock l;
  if (held_count < kMostHeld) held_locks[held_count++] = held;
}

void GivenBack(const void* lock, const void* caller) {
  const LockCheckHost* h = Host();
  if (h == nullptr) return;
  const Inside inside;
  const std::uint64_t goid = h->running();
  const pid_t thread = ThisThread();
  Held held;
  {
    StateLock l;
    // The last one that was taken: a lock may be recursive.
    const auto find = [&](auto is) {
      std::size_t i = held_count;
      while (i > 0 &&
             !(held_locks[i - 1].lock == lock && is(held_locks[i - 1]))) {
        i--;
      }
      return i;
    };
    std::size_t place = find([&](const Held& other) {
      return other.holder == goid && (goid != 0 || other.thread == thread);
    });
    if (place == 0) {
      // Taken before the runtime was started, or by another one. Readers have
      // nothing to tell them apart.
      place = find([&](const Held& other) {
        return other.kind != Kind::kReadLock && (goid | other.holder) != 0;
      });
    }
    if (place == 0) return;
    held = held_locks[place - 1];
    std::copy(held_locks.data() + place, held_locks.data() + held_count,
              held_locks.data() + place - 1);
    held_count--;
  }
  if (held.thread == thread || (goid | held.holder) == 0) return;
  const Stack where = StackFrom(caller);
  if (!Seen(held, where)) ReportElsewhere(h, held, goid, thread, where);
}

namespace {

const sched::LockChecker* Attach(const LockCheckHost* to) {
  const Inside inside;
  const char* text = ::secure_getenv("GOSLING_LOCKCHECK");
  const std::string_view value = text != nullptr ? text : "";
  if (value == "off") return nullptr;
  fatal = value == "fatal";
  if (!value.empty() && !fatal && value != "on") {
    const std::string words = "GOSLING_LOCKCHECK=" + std::string(value) +
                              ": must be on, fatal or off";
    to->die(words.c_str());
  }
  reported = new std::set<Stack>;
  // In a forked child another thread may have had mu.
  if (::pthread_atfork(nullptr, nullptr, [] {
        host.store(nullptr, std::memory_order_relaxed);
      }) != 0) {
    return nullptr;
  }
  // release: pairs with Host
  host.store(to, std::memory_order_release);
  return &kChecker;
}

}  // namespace

}  // namespace gosling::lockcheck

#pragma GCC visibility push(default)

const gosling::sched::LockChecker* GoslingLockChecker(
    const gosling::sched::LockCheckHost* host) {
  return gosling::lockcheck::Attach(host);
}

#pragma GCC visibility pop
