// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The stack of a parked goroutine is read by resuming it just long enough to
// run the ordinary unwinder on top of its own stack (OnTopOf): no knowledge of
// the saved frame's layout, on any CPU. It then jumps back, and stands inside
// that function, which returns when somebody resumes it.
//
// Go: runtime/traceback.go, panic.go (printpanics, fatalpanic).

#include "sched/traceback.h"

#include <cxxabi.h>
#include <unwind.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <typeinfo>

#include "absl/debugging/symbolize.h"
#include "sched/fork.h"
#include "sched/gpool.h"
#include "sched/os.h"
#include "sched/proc.h"
#include "sched/sched.h"

namespace gosling::sched {

namespace {

constexpr int kMaxFrames = 64;
constexpr int kMaxStacks = 100;

struct Frames {
  std::uintptr_t pc[kMaxFrames];
  int n = 0;
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* arg) {
  auto* frames = static_cast<Frames*>(arg);
  if (frames->n == kMaxFrames) return _URC_END_OF_STACK;
  std::uintptr_t pc = _Unwind_GetIP(context);
  if (pc == 0) return _URC_END_OF_STACK;
  frames->pc[frames->n++] = pc;
  return _URC_NO_REASON;
}

struct Visit {
  Frames frames;
  SwitchAnnotations* visitor;
  G* host;
};

// VisitStack runs on the host's stack and stays there until the host is resumed
// in earnest: the visitors that come before that come back into its loop, or
// each would leave a frame more. They are told from a resumer, who brings a G
// (FinishPrevious), by the lowest bit of what they bring.
Transfer VisitStack(Transfer t) {
  constexpr std::uintptr_t kVisitor = 1;
  G* host = static_cast<Visit*>(t.data)->host;
  for (;;) {
    auto* visit = static_cast<Visit*>(t.data);
    FinishSwitch(host->annotations);
    _Unwind_Backtrace(AddFrame, &visit->frames);
    StartSwitch(host->annotations, *visit->visitor, /*dying=*/false);
    t = JumpContext(t.fctx, nullptr);
    auto data = reinterpret_cast<std::uintptr_t>(t.data);
    if ((data & kVisitor) == 0) break;
    t.data = reinterpret_cast<void*>(data - kVisitor);
  }
  host->visited = false;
  return t;
}

// FramesOf reads the stack of a goroutine that is parked and stays so.
void FramesOf(G* g, Frames* out) {
  Visit visit;
  SwitchAnnotations here;
  here.AttachThread();
  M* m = CurrentM();
  visit.visitor = m != nullptr && !m->curg->HasFlag(kGForeign)
                      ? &m->curg->annotations
                      : &here;
  visit.host = g;
  StartSwitch(*visit.visitor, g->annotations, /*dying=*/false);
  Transfer back =
      g->visited ? JumpContext(g->context, reinterpret_cast<char*>(&visit) + 1)
                 : OnTopOf(g->context, &visit, VisitStack);
  g->visited = true;
  FinishSwitch(*visit.visitor);
  g->context = back.fctx;
  *out = visit.frames;
}

// Abseil's symbolizer has a lock of its own, which ThreadSanitizer cannot see.
Mutex symbolizer_mu;

const char* NameOf(std::uintptr_t pc, char* buffer, int n) {
  MutexLock l(&symbolizer_mu);
  // pc - 1: the call, not what follows it
  return absl::Symbolize(reinterpret_cast<void*>(pc - 1), buffer, n) ? buffer
                                                                     : "?";
}

void PrintFrames(const Output& out, const Frames& frames, int from) {
  char name[512];
  for (int i = from; i < frames.n; i++) {
    out.Printf("%s\n\t0x%zx\n", NameOf(frames.pc[i], name, sizeof name),
               static_cast<std::size_t>(frames.pc[i]));
  }
}

void PrintHeader(const Output& out, const G* g, const char* state) {
  out.Printf("goroutine %llu [%s%s]", static_cast<unsigned long long>(g->goid),
             state, g->HasFlag(kGLocked) ? ", locked to thread" : "");
  if (g->name != nullptr) out.Printf(" \"%s\"", g->name);
  out.Printf(":\n");
}

void PrintCreator(const Output& out, const G* g) {
  if (g->parent_goid != 0) {
    out.Printf("created by goroutine %llu\n",
               static_cast<unsigned long long>(g->parent_goid));
  }
}

// SkipThrow returns the index of the first frame below the machinery of
// throwing, or 0.
int SkipThrow(const Frames& frames) {
  char name[256];
  int from = 0;
  for (int i = 0; i < frames.n && i < 16; i++) {
    const char* n = NameOf(frames.pc[i], name, sizeof name);
    if (std::strstr(n, "__cxa_throw") != nullptr ||
        std::strstr(n, "__cxa_rethrow") != nullptr ||
        std::strstr(n, "std::terminate") != nullptr) {
      from = i + 1;
    }
  }
  return from;
}

std::terminate_handler previous_terminate = nullptr;

void PrintWhat() {
  std::exception_ptr e = std::current_exception();
  if (!e) {
    kStderr.Printf("panic: std::terminate called\n");
    return;
  }
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& x) {
    kStderr.Printf("panic: %s\n", x.what());
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    int status = 0;
    char* name = type != nullptr ? abi::__cxa_demangle(type->name(), nullptr,
                                                       nullptr, &status)
                                 : nullptr;
    kStderr.Printf("panic: exception of type %s\n",
                   name != nullptr ? name : "unknown");
    std::free(name);
  }
}

void OnTerminate() {
  M* m = CurrentM();
  if (m == nullptr || m->curg == &m->g0 || m->curg->HasFlag(kGForeign) ||
      InForkedChild()) {
    if (previous_terminate != nullptr) previous_terminate();
    std::abort();
  }
  // The first one tells its story; others that panic meanwhile wait for the
  // end.
  static std::atomic<bool> dying{false};
  while (dying.exchange(true)) os::SleepNs(INT64_MAX / 2);
  PrintWhat();
  kStderr.Printf("\n");
  PrintStack(kStderr, "running");
  Exit2();
}

struct DumpState {
  const Output* out;
  G* except;
  int printed = 0;
  int left_out = 0;
};

void DumpOne(G* g, void* arg) {
  auto* dump = static_cast<DumpState*>(arg);
  if (g == dump->except || g->HasFlag(kGSystem) || g->HasFlag(kGAbandoned))
    return;
  if (dump->printed == kMaxStacks) {
    dump->left_out++;
    return;
  }
  dump->printed++;
  dump->out->Printf("\n");
  GStatus status = g->status.load(std::memory_order_relaxed);
  bool parked = g->on_cpu.load(std::memory_order_acquire) == 0;
  const char* state = status == GStatus::kWaiting
                          ? WaitReasonString(g->wait_reason)
                      : status == GStatus::kRunnable ? "runnable"
                                                     : "running";
  PrintHeader(*dump->out, g, state);
  if (parked && g->context != nullptr && status != GStatus::kRunning) {
    Frames frames;
    FramesOf(g, &frames);
    PrintFrames(*dump->out, frames, 1);
  } else if (!parked) {
    dump->out->Printf(
        "\tgoroutine running on another thread; stack unavailable\n");
  }
  PrintCreator(*dump->out, g);
}

}  // namespace

__attribute__((noinline)) void PrintStack(const Output& out,
                                          const char* state) {
  Frames frames;
  _Unwind_Backtrace(AddFrame, &frames);
  G* g = CurrentG();
  PrintHeader(out, g, state);
  int from = SkipThrow(frames);
  PrintFrames(out, frames, from > 0 ? from : 1);
  PrintCreator(out, g);
}

void PrintGoroutines(G* except, const Output& out) {
  DumpState dump{&out, except};
  gpool.ForEach(DumpOne, &dump);
  if (dump.left_out > 0)
    out.Printf("\n…and %d more goroutines\n", dump.left_out);
}

void InstallTerminateHandler() {
  previous_terminate = std::set_terminate(OnTerminate);
}

}  // namespace gosling::sched
