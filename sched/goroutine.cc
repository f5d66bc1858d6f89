// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/goroutine.h"

#include <cxxabi.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <typeinfo>

#include "absl/base/optimization.h"
#include "sched/control.h"
#include "sched/gpool.h"
#include "sched/next.h"
#include "sched/os/fatal.h"
#include "sched/proc.h"
#include "sched/reports.h"
#include "sched/run_latency.h"
#include "sched/sched.h"
#include "sched/stack_guard.h"
#include "sched/switch_to.h"
#include "sched/trace/on_switch.h"
#include "sched/trace/recorder.h"

namespace gosling::sched {

namespace {

constexpr std::uint64_t kGoidBatch = 16;

// GoexitUnwind is thrown by Goexit and caught by GoroutineEntry alone.
class GoexitUnwind {
 public:
  explicit GoexitUnwind(G* g) : g_(g) {}
  GoexitUnwind(const GoexitUnwind&) = delete;
  ~GoexitUnwind() {
    if (g_ != nullptr)
      Throw("runtime.Goexit: swallowed by a catch (...) that did not rethrow");
  }
  void Arrived() { g_ = nullptr; }

 private:
  G* g_;
};

// RunClosure calls user code. Not inlined: nothing of the thread may be kept in
// registers over it.
[[gnu::noinline]] void RunClosure(G* g) {
  try {
    g->invoke(g->closure);
  } catch (GoexitUnwind& unwind) {
    unwind.Arrived();
    if (g->HasFlag(kGMain)) scheduler.main_exited.store(true);
  }
}

void FreeClosure(G* g) {
  if (g->closure != nullptr && g->closure != g->closure_storage) {
    ::operator delete (g->closure, std::align_val_t{g->closure_align});
  }
  g->closure = nullptr;
  g->invoke = nullptr;
}

// StartedFar is CountStart on an M without a P.
[[gnu::noinline]] void StartedFar(M* m, G* g) {
  scheduler.started.fetch_add(1, std::memory_order_relaxed);
  AdoptHere(m, g);
}

void CountStart(M* m, G* g) {
  if (P* p = m->p; p != nullptr) {
    p->started.Add();
  } else {
    StartedFar(m, g);
  }
}

// release: pairs with NumGoroutine's acquire; a caller that finds the goroutine
// gone also sees what it did.
void CountEnd(P* p) {
  p->ended.store(p->ended.load(std::memory_order_relaxed) + 1,
                 std::memory_order_release);
}

void ResetG(G* g) {
  g->switch_point = nullptr;
  g->on_cpu.store(0, std::memory_order_relaxed);
  g->flags.store(0, std::memory_order_relaxed);
  g->param = nullptr;
  g->wait_reason.store(0, std::memory_order_relaxed);
  g->locked_m = nullptr;
  g->stack_size = 0;
  if (g->name != nullptr) {
    std::free(g->name);
    g->name = nullptr;
  }
}

void FreeG(P* p, G* g) {
  ResetG(g);
  if (p == nullptr) {
    gpool.Give(&g, 1);
    return;
  }
  int n = p->ngfree;
  if (n == kMaxGFree) {
    n /= 2;
    gpool.Give(p->gfree + n, kMaxGFree - n);
  }
  p->gfree[n] = g;
  p->ngfree = n + 1;
}

// Successor is the one that runs after a goroutine that has ended: to be
// switched to, or a fresh one that has taken over the stack (here).
struct Successor {
  G* g;
  bool here;
};

// NextTraced is NextLocal there, while the recorder is on.
[[gnu::noinline]] G* NextTraced(M* m, std::uint32_t slow, G* dying) {
  G* next = nullptr;
  P* p = m->p;
  if (trace::IsTracedOnly(slow)) {
    next = NextLocal(m, p, p->ended.load(std::memory_order_relaxed),
                     /*traced=*/true);
  }
  if (next != nullptr) {
    trace::AddAt(m, p, trace::Kind::kSwitchEnd, 0, next);
  } else {
    trace::Ended(m, dying);
  }
  return next;
}

// NextAfterDying picks it, and makes it current.
Successor NextAfterDying(M* m, G* g) {
  G* next = nullptr;
  const std::uint32_t slow = m->slow.load(std::memory_order_relaxed);
  if (ABSL_PREDICT_TRUE((slow & kSwitchSlow) == 0)) {
    next = NextLocal(m, m->p, m->p->ended.load(std::memory_order_relaxed));
  } else {
    if ((slow & kLockChecked) != 0) reports.leaves_thread(g, "ends");
    if (trace::IsTraced(slow)) next = NextTraced(m, slow, g);
  }
  if (next == nullptr) {
    next = &m->g0;
  } else if (next->switch_point == nullptr) {
    if (next->stack_size == g->stack_size) {
      // The successor starts on the stack that is ending, which is warm: no
      // jump at all.
      next->stack = g->stack;
      next->switch_point = g->switch_point;  // not null: it has a stack
      g->annotations.MoveTo(next->annotations);
      g->stack = Stack{};
      Arrive(m, next);
      FreeG(m->p, g);
      return {next, true};
    }
    AttachStack(m->p, next);
  }
  Arrive(m, next);
  return {next, false};
}

void GoroutineEntry(Transfer t) {
  EndFramePointers();
  M* m = CurrentM();
  G* g = m->curg;
  FinishSwitch(g->annotations);
  FinishPrevious(m, static_cast<G*>(t.data), t.fctx);
  for (;;) {
    *m->errno_ptr = 0;
    *m->eh_ptr = ExceptionState{};
    Unpin();
    RunClosure(g);
    Pin();
    FreeClosure(g);
    if ((g->flags.load(std::memory_order_relaxed) &
         (kGSystem | kGControlled)) == 0) {
      CountEnd(CurrentM()->p);
    } else if (g->HasFlag(kGControlled)) {
      scheduler.abandoned.fetch_add(1, std::memory_order_release);
    }
    if (g->HasFlag(kGLocked)) {
      // No other goroutine runs on this thread any more; kLocked takes it to
      // g0.
      m = CurrentM();
      m->locked_g = nullptr;
      m->exiting = true;
      g->lock_count = 0;
    }
    g->status.store(GStatus::kIdle, std::memory_order_relaxed);
    m = CurrentM();
    Successor next = NextAfterDying(m, g);
    if (!next.here) {
      StartSwitch(g->annotations, next.g->annotations, /*dying=*/true);
      JumpAway(next.g->switch_point, g);
    }
    m = CurrentM();
    g = next.g;
  }
}

// GetG prefetches the G that it will return so many calls later.
constexpr int kGsAhead = 3;

// GetG takes a dead G: from the P's list, or, for a thread without a P, from
// the pool. May throw std::bad_alloc.
G* GetG(P* p) {
  if (p == nullptr) {
    G* g;
    gpool.Take(&g, 1);
    return g;
  }
  int n = p->ngfree;
  if (n == 0) n = gpool.Take(p->gfree, kMaxGFree / 2);
  p->ngfree = --n;
  if (n >= kGsAhead) PrefetchG(p->gfree[n - kGsAhead]);
  return p->gfree[n];
}

std::uint64_t NextGoid(P* p) {
  if (p == nullptr)
    return scheduler.goid_next.fetch_add(1, std::memory_order_relaxed);
  if (p->goid_next == p->goid_end) {
    p->goid_next =
        scheduler.goid_next.fetch_add(kGoidBatch, std::memory_order_relaxed);
    p->goid_end = p->goid_next + kGoidBatch;
  }
  return p->goid_next++;
}

}  // namespace

G* NewG(std::size_t size, std::size_t align, const void* created_at) {
  Pinned pin;
  P* p = CurrentM()->p;
  G* g = GetG(p);
  if (size <= kInlineClosure && align <= alignof(std::max_align_t)) {
    g->closure = g->closure_storage;
  } else {
    g->closure_align =
        align > alignof(std::max_align_t) ? align : alignof(std::max_align_t);
    try {
      g->closure = ::operator new (size, std::align_val_t{g->closure_align});
    } catch (...) {
      FreeG(p, g);
      throw;
    }
  }
  g->goid = NextGoid(p);
  g->run_id = pin.g()->run_id;
  g->parent_goid = pin.g()->goid;
  g->created_at = created_at;
  return g;
}

namespace {

// StartGSlow is StartG where Pin takes a call, or the recorder is on.
[[gnu::noinline]] void StartGSlow(G* g) {
  Pin();
  M* m = CurrentM();
  if (g->HasFlag(kGSystem)) {
    g->run_id = 0;
  } else {
    CountStart(m, g);
  }
  if (trace::On()) trace::Created(m, g);
  if ((m->slow.load(std::memory_order_relaxed) & kSampleNext) != 0) {
    SampleRunnable(m, g);
  }
  ReadyNew(g);
  Unpin();
}

}  // namespace

void StartG(G* g) {
  if (ABSL_PREDICT_FALSE(!TryPin(CurrentM(), ~std::uint32_t{kTimedParks}))) {
    return StartGSlow(g);
  }
  if (g->HasFlag(kGSystem)) {
    g->run_id = 0;  // outlives the Run that happened to need it first
  } else {
    CountStart(CurrentM(), g);
  }
  ReadyNew(g);
  Unpin();
}

void FreeNewG(G* g) {
  FreeClosure(g);
  Pin();
  FreeG(CurrentM()->p, g);
  Unpin();
}

void FlushGs(P* p) {
  gpool.Give(p->gfree, p->ngfree);
  p->ngfree = 0;
}

namespace {

inline void Attached(G* g, const char* problem) {
  if (problem != nullptr)
    Throw("cannot give goroutine %llu a stack: %s",
          static_cast<unsigned long long>(g->goid), problem);
  g->annotations.Attach(g->stack.lo, StackSize(g->stack));
  g->switch_point = MakeSwitchPoint(g->stack.lo, g->stack.hi, GoroutineEntry);
}

}  // namespace

void AttachStack(P* p, G* g) {
  Attached(g, g->stack_size == 0 ? p->stacks.Get(&g->stack)
                                 : StackAlloc(g->stack_size, &g->stack));
}

void AttachStackFar(G* g) { Attached(g, StackAlloc(g->stack_size, &g->stack)); }

void ReleaseDead(M* m, G* g) {
  g->annotations.Detach();
  if (ABSL_PREDICT_FALSE(g->stack.canary) && !StackIntact(g->stack)) {
    reports.overrun(g);
  }
  if (g->stack_size == 0 && m->p != nullptr) {
    m->p->stacks.Put(g->stack);
  } else {
    StackFree(g->stack);
  }
  g->stack = Stack{};
  FreeG(m->p, g);
}

void SetGName(G* g, const char* name, std::size_t length) {
  char* copy = nullptr;
  if (length > 0) {
    copy = static_cast<char*>(std::malloc(length + 1));
    if (copy == nullptr) throw std::bad_alloc();
    std::memcpy(copy, name, length);
    copy[length] = '\0';
  }
  std::free(g->name);
  g->name = copy;
}

void Goexit() {
  G* g = CurrentG();
  if (g->HasFlag(kGForeign)) {
    Throw("runtime.Goexit called on a thread that is not a goroutine");
  }
  throw GoexitUnwind(g);
}

bool MustPassOn() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  return type == nullptr || *type == typeid(GoexitUnwind);
}

int NumGoroutine() {
  // The ends first: if a goroutine's end is seen, so is its start.
  int ps = scheduler.nallp.load(std::memory_order_acquire);
  std::uint64_t n = -scheduler.abandoned.load(std::memory_order_relaxed);
  for (int i = 0; i < ps; i++)
    n -= scheduler.allp[i]->ended.load(std::memory_order_acquire);
  n += scheduler.started.load(std::memory_order_relaxed);
  for (int i = 0; i < ps; i++) n += scheduler.allp[i]->started;
  return static_cast<int>(n);
}

}  // namespace gosling::sched
