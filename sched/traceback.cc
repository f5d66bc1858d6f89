// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// All of it may run in a signal handler of a dying process: text goes through a
// buffer on the stack, and the one lock there is, is not waited for without a
// bound then.

#include "sched/traceback.h"

#include <cstddef>

#include "absl/debugging/symbolize.h"
#include "arch/registers.h"
#include "sched/death.h"
#include "sched/freeze.h"
#include "sched/gpool.h"
#include "sched/libc_call.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

constexpr int kMaxStacks = 100;

// Abseil's symbolizer has a lock of its own, which ThreadSanitizer cannot see.
Mutex symbolizer_mu;

// LockSymbolizer returns false if a dying thread has waited for a second: who
// holds the lock may be frozen, or be this thread. Abseil copes.
bool LockSymbolizer() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true, symbolizer_mu) {
  for (int i = 0; i < 1000 && Dying(); i++) {
    if (symbolizer_mu.TryLock()) return true;
    os::SleepNs(1'000'000);
  }
  if (Dying()) return false;
  symbolizer_mu.Lock();
  return true;
}

// MemoryForSymbols: Abseil aborts where it finds no memory or no mapping, which
// may be what the process is dying of.
bool MemoryForSymbols() {
  constexpr std::size_t kEnough = std::size_t{1} << 20;
  if (!Dying()) return true;
  void* memory = os::Reserve(kEnough);
  if (memory != nullptr) os::Release(memory, kEnough);
  return memory != nullptr;
}

struct Symbolization {
  const void* at;
  char* buffer;
  int n;
};

std::intptr_t Symbolize(void* arg) {
  const auto& s = *static_cast<Symbolization*>(arg);
  if (!MemoryForSymbols()) return false;
  if (LockSymbolizer()) {
    const bool found = absl::Symbolize(s.at, s.buffer, s.n);
    symbolizer_mu.Unlock();
    return found;
  }
  return absl::Symbolize(s.at, s.buffer, s.n);
}

bool IsOnStackOf(const G* g, const void* at) {
  return g->stack.lo <= at && at < g->stack.hi;
}

void PrintFrames(const Output& out, const Frames& frames, int from) {
  char name[512];
  for (int i = from; i < frames.Count(); i++) {
    if (const int elided = frames.Elided(i); elided > 0) {
      out.Printf("...%d frames elided...\n", elided);
    }
    const std::uintptr_t pc = frames.PC(i);
    out.Printf("%s\n\t0x%zx\n",
               SymbolOf(frames.IsCall(i) ? pc - 1 : pc, name, sizeof name),
               static_cast<std::size_t>(pc));
  }
}

void PrintHeader(const Output& out, const G* g, const char* state,
                 std::int64_t minutes) {
  out.Printf("goroutine %llu [%s", static_cast<unsigned long long>(g->goid),
             state);
  if (minutes > 0)
    out.Printf(", %lld minutes", static_cast<long long>(minutes));
  if (g->HasFlag(kGLocked)) out.Printf(", locked to thread");
  out.Printf("]");
  if (g->name != nullptr) out.Printf(" \"%s\"", g->name);
  out.Printf(":\n");
}

void PrintCreator(const Output& out, const G* g) {
  const auto at = reinterpret_cast<std::uintptr_t>(g->created_at);
  if (at == 0) return;
  char name[512];
  out.Printf("created by %s", SymbolOf(at - 1, name, sizeof name));
  if (g->parent_goid != 0) {
    out.Printf(" in goroutine %llu",
               static_cast<unsigned long long>(g->parent_goid));
  }
  out.Printf("\n\t0x%zx\n", static_cast<std::size_t>(at));
}

struct Dump {
  const Output* out;
  const G* except;
  int printed = 0;
  int left_out = 0;
};

void DumpOne(G* g, void* arg) {
  auto* dump = static_cast<Dump*>(arg);
  if (g == dump->except || g->HasFlag(kGAbandoned)) return;
  if (g->HasFlag(kGSystem) && TracebackLevel() < Traceback::kSystem) return;
  if (dump->printed == kMaxStacks) {
    dump->left_out++;
    return;
  }
  dump->printed++;
  const Output& out = *dump->out;
  out.Printf("\n");
  const GStatus status = g->status.load(std::memory_order_relaxed);
  if (status == GStatus::kWaiting) {
    const std::uint8_t reason = g->wait_reason.load(std::memory_order_acquire);
    PrintHeader(out, g, WaitReasonString(reason),
                (reason & kWaitSeen) != 0
                    ? (os::Nanotime() - g->wait_since) / kMinute
                    : 0);
  } else {
    PrintHeader(out, g, status == GStatus::kRunnable ? "runnable" : "running",
                0);
  }
  Frames frames;
  // acquire: pairs with FinishPrevious; the stack is complete
  if (status != GStatus::kRunning &&
      g->on_cpu.load(std::memory_order_acquire) == 0) {
    if (g->context != nullptr) {  // else it has not started
      frames.CollectParked(g);
      PrintFrames(out, frames, 0);
    }
  } else if (CollectFrozen(g, &frames)) {
    PrintFrames(out, frames, 0);
  } else {
    out.Printf("\tgoroutine running on another thread; stack unavailable\n");
  }
  PrintCreator(out, g);
}

}  // namespace

// On g0's stack where that is at hand: Abseil may want more than a small
// goroutine has.
const char* SymbolOf(std::uintptr_t pc, char* buffer, int n) {
  Symbolization s{reinterpret_cast<const void*>(pc), buffer, n};
  M* m = CurrentM();
  const bool found = m != nullptr && IsOnStackOf(m->curg, &s)
                         ? LibcCall(Symbolize, &s) != 0
                         : Symbolize(&s) != 0;
  return found ? buffer : "?";
}

void PrintGoroutine(const Output& out, const G* g, const char* state,
                    const Frames& frames, int from) {
  PrintHeader(out, g, state, 0);
  PrintFrames(out, frames, from);
  PrintCreator(out, g);
}

[[gnu::noinline]] void PrintStack(const Output& out) {
  Frames frames;
  frames.Collect();
  PrintGoroutine(out, CurrentG(), "running", frames);
}

void PrintGoroutines(const G* except, const Output& out) {
  Dump dump{&out, except};
  gpool.ForEach(DumpOne, &dump);
  if (dump.left_out > 0) {
    out.Printf("\n…and %d more goroutines\n", dump.left_out);
  }
}

[[gnu::noinline]] void PrintFatalStacks() {
  // Before there is a runtime there is nothing to show but a wrong setting.
  if (sched.gomaxprocs.load(std::memory_order_relaxed) == 0 ||
      TracebackLevel() == Traceback::kNone) {
    return;
  }
  Frames frames;
  frames.Collect();
  const M* m = CurrentM();
  const G* g = m != nullptr ? static_cast<G*>(m->curg) : nullptr;
  if (g == nullptr || g->HasFlag(kGForeign) || g == &m->g0) {
    kStderr.Printf("\n%s stack:\n",
                   m != nullptr && g == &m->g0 ? "runtime" : "thread");
    PrintFrames(kStderr, frames, 0);
  } else {
    kStderr.Printf("\n");
    PrintGoroutine(kStderr, g, "running", frames);
  }
  FreezeOthers();
  PrintGoroutines(g);
}

void PrintRegisters(const ucontext_t& context) {
  arch::Register registers[arch::kMostRegisters];
  const int n = arch::ContextRegisters(context, registers);
  if (n > 0) kStderr.Printf("\n");
  for (int i = 0; i < n; i++) {
    kStderr.Printf("%-6s 0x%zx\n", registers[i].name,
                   static_cast<std::size_t>(registers[i].value));
  }
}

void PrintOthers(const G* except) {
  if (TracebackLevel() < Traceback::kAll) return;
  FreezeOthers();
  PrintGoroutines(except);
}

}  // namespace gosling::sched
