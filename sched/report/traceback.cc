// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// All of it may run in a signal handler of the dying thread: text goes through
// a buffer on the stack, and no lock is waited for without a bound. There are
// two: the one below, and that of Abseil's memory, which a thread holds with
// its signals blocked, but for the one that freezes such a thread (freeze.h).
// TrySymbolizer sees to both.

#include "sched/report/traceback.h"

#include <atomic>
#include <cstddef>
#include <cstdio>

#include "absl/debugging/symbolize.h"
#include "arch/registers.h"
#include "sched/gpool.h"
#include "sched/libc_call.h"
#include "sched/os/code_file.h"
#include "sched/os/crash.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/report/freeze.h"
#include "sched/report/limit.h"
#include "sched/sched.h"
#include "sched/thread.h"

namespace gosling::sched {

namespace {

constexpr int kMaxStacks = 100;

// Abseil's symbolizer has a lock of its own, which ThreadSanitizer cannot see.
Mutex symbolizer_mu;

// The dying thread does without that lock, or without names.
constinit std::atomic<bool> lock_given_up{false};
constinit std::atomic<bool> symbolizer_given_up{false};

// The M whose thread holds the lock.
constinit std::atomic<const M*> symbolizer_holder{nullptr};

// LockSymbolizer returns false if the dying thread holds the lock itself, since
// a signal has struck it there, or has waited for a second: the holder is
// frozen. Abseil copes.
bool LockSymbolizer() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true, symbolizer_mu) {
  const M* self = CurrentM();
  if (!Crashing()) {
    symbolizer_mu.Lock();
    symbolizer_holder.store(self, std::memory_order_relaxed);
    return true;
  }
  if (self != nullptr && symbolizer_holder.load() == self) return false;
  for (int i = 0; i < 1000 && !lock_given_up.load(); i++) {
    if (symbolizer_mu.TryLock()) {
      symbolizer_holder.store(self, std::memory_order_relaxed);
      return true;
    }
    os::SleepNs(1'000'000);
  }
  lock_given_up.store(true);
  return false;
}

void UnlockSymbolizer() ABSL_UNLOCK_FUNCTION(symbolizer_mu) {
  symbolizer_holder.store(nullptr, std::memory_order_relaxed);
  symbolizer_mu.Unlock();
}

// MemoryForSymbols says whether there is memory for Abseil, which aborts if it
// finds none, or no mapping: the lack of it may be why the process dies.
bool MemoryForSymbols() {
  constexpr std::size_t kEnough = std::size_t{1} << 20;
  if (!Crashing()) return true;
  void* memory = os::Reserve(kEnough);
  if (memory != nullptr) os::Release(memory, kEnough);
  return memory != nullptr;
}

struct Symbolization {
  const void* at;
  char* buffer;
  int n;
};

bool Find(const Symbolization& s) {
  return CanReadCodeFile(reinterpret_cast<std::uintptr_t>(s.at)) &&
         absl::Symbolize(s.at, s.buffer, s.n);
}

std::intptr_t Symbolize(void* arg) {
  const auto& s = *static_cast<Symbolization*>(arg);
  if (!MemoryForSymbols()) return false;
  os::ShunStandard shun;  // Abseil keeps the files open that it reads
  if (LockSymbolizer()) {
    const bool found = Find(s);
    UnlockSymbolizer();
    return found;
  }
  return Find(s);
}

bool IsOnStackOf(const G* g, const void* at) {
  return g->stack.lo <= at && at < g->stack.hi;
}

// PrintAddress prints where code lies, in memory and in its file; for the code
// at `pc` SymbolOf was called last.
void PrintAddress(const Output& out, std::uintptr_t address,
                  std::uintptr_t pc) {
  CodePlace place;
  if (PlaceInFile(pc, &place)) {
    out.Printf("\t0x%zx %s+0x%zx\n", static_cast<std::size_t>(address),
               place.file, static_cast<std::size_t>(place.at));
  } else {
    out.Printf("\t0x%zx\n", static_cast<std::size_t>(address));
  }
}

void PrintFrames(const Output& out, const Frames& frames, int from) {
  char name[512];
  for (int i = from; i < frames.Count(); i++) {
    if (const int elided = frames.Elided(i); elided > 0) {
      out.Printf("...%d frames elided...\n", elided);
    }
    const std::uintptr_t pc = frames.PC(i);
    const std::uintptr_t instruction = frames.IsCall(i) ? pc - 1 : pc;
    out.Printf("%s\n", SymbolOf(instruction, name, sizeof name));
    PrintAddress(out, pc, instruction);
  }
}

// PrintIdentity is for a debugger's user: the objects of the goroutine, and of
// the M it is on.
void PrintIdentity(const Output& out, const G* g) {
  out.Printf(" gp=%p", static_cast<const void*>(g));
  const bool runs =
      g->status.load(std::memory_order_relaxed) == GStatus::kRunning;
  const M* m = runs ? static_cast<M*>(g->m) : nullptr;
  if (m == nullptr || !IsInAllM(m)) {
    out.Printf(" m=nil");
  } else {
    out.Printf(" m=%lld mp=%p", static_cast<long long>(m->id),
               static_cast<const void*>(m));
  }
}

void PrintHeader(const Output& out, const G* g, const char* state,
                 std::int64_t minutes) {
  out.Printf("goroutine %llu", static_cast<unsigned long long>(g->goid));
  if (TracebackLevel() >= Traceback::kSystem) PrintIdentity(out, g);
  out.Printf(" [%s", state);
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
  out.Printf("\n");
  PrintAddress(out, at, at - 1);
}

struct Dump {
  const Output* out;
  const G* except;
  bool mark_leaked = false;
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
    char state[64];
    std::snprintf(state, sizeof state, "%s%s", WaitReasonString(reason),
                  dump->mark_leaked && WaitsForEver(g) ? " (leaked)" : "");
    PrintHeader(out, g, state,
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
    if (g->switch_point != nullptr) {  // else it has not started
      if (frames.CollectParked(g)) {
        PrintFrames(out, frames, 0);
      } else {
        out.Printf("\tstack was being read by a stopped thread; unavailable\n");
      }
    }
  } else if (CollectFrozen(g, &frames)) {
    PrintFrames(out, frames, 0);
  } else {
    out.Printf("\tgoroutine running on another thread; stack unavailable\n");
  }
  PrintCreator(out, g);
}

}  // namespace

// SymbolOf runs on g0's stack where that is at hand: Abseil may want more than
// a small goroutine has.
const char* SymbolOf(std::uintptr_t pc, char* buffer, int n) {
  if (symbolizer_given_up.load(std::memory_order_relaxed)) return "?";
  Symbolization s{reinterpret_cast<const void*>(pc), buffer, n};
  M* m = CurrentM();
  const bool found = m != nullptr && IsOnStackOf(m->curg, &s)
                         ? LibcCall(Symbolize, &s) != 0
                         : Symbolize(&s) != 0;
  return found ? buffer : "?";
}

// The limit leaves time to read a big program's file from a slow disk.
bool TrySymbolizer(void (*meanwhile)()) {
  constexpr std::int64_t kPatience = 10'000'000'000;
  if (symbolizer_given_up.load(std::memory_order_relaxed)) return false;
  auto probe = [](void*) {
    char name[256];
    SymbolOf(reinterpret_cast<std::uintptr_t>(&TrySymbolizer), name,
             sizeof name);
  };
  return RunLimited(probe, nullptr, kPatience, meanwhile);
}

void GiveSymbolizerUp() {
  if (symbolizer_given_up.exchange(true, std::memory_order_relaxed)) return;
  Warn("the symbolizer's lock is not to be had: names are left out");
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

void PrintSuspended(const Output& out, G* g) {
  Dump dump{&out, nullptr};
  DumpOne(g, &dump);
}

bool WaitsForEver(const G* g) {
  if (g->status.load(std::memory_order_relaxed) != GStatus::kWaiting) {
    return false;
  }
  switch (static_cast<WaitReason>(
      g->wait_reason.load(std::memory_order_relaxed) & ~kWaitSeen)) {
    case WaitReason::kChanReceiveNilChan:
    case WaitReason::kChanSendNilChan:
    case WaitReason::kSelectNoCases:
      return true;
    default:
      return false;
  }
}

void PrintGoroutines(const G* except, const Output& out, bool mark_leaked) {
  Dump dump{&out, except, mark_leaked};
  gpool.ForEach(DumpOne, &dump);
  if (dump.left_out > 0) {
    out.Printf("\n…and %d more goroutines\n", dump.left_out);
  }
}

[[gnu::noinline]] void PrintFatalStacks() {
  // Before there is a runtime there is nothing to show but a wrong setting.
  if (scheduler.gomaxprocs.load(std::memory_order_relaxed) == 0 ||
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

void PrintSignal(const char* name, const siginfo_t& info,
                 const ucontext_t& context) {
  kStderr.Printf("%s\n", name);
  if (os::Privileged()) return;
  const M* m = CurrentM();
  kStderr.Printf(
      "PC=0x%zx m=%lld sigcode=%d",
      static_cast<std::size_t>(arch::ContextPC(context)),
      static_cast<long long>(m != nullptr ? m->id : std::int64_t{-1}),
      info.si_code);
  if (info.si_signo == SIGSEGV || info.si_signo == SIGBUS) {
    kStderr.Printf(" addr=0x%zx", reinterpret_cast<std::size_t>(info.si_addr));
  }
  kStderr.Printf("\n");
  if (info.si_signo == SIGILL) PrintInstruction(context);
}

// The length of the instruction is not known: 16 bytes hold any, and the page
// behind its own may not be there.
void PrintInstruction(const ucontext_t& context) {
  constexpr std::size_t kMost = 16;
  const std::uintptr_t pc = arch::ContextPC(context);
  const auto* code = reinterpret_cast<const unsigned char*>(pc);
  if (!os::IsReadable(code)) return;
  const std::size_t page = os::PageSize();
  kStderr.Printf("instruction bytes:");
  for (std::size_t i = 0; i < kMost && i < page - pc % page; i++) {
    kStderr.Printf(" 0x%x", code[i]);
  }
  kStderr.Printf("\n");
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
