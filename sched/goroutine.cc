// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Birth and death of goroutines. Dead Gs are kept with the P (64, the rest in
// gpool) and reused.
//
// A goroutine's first frame is GoroutineEntry. When its closure has returned
// and the next G of the P is a fresh one, the loop there runs that one on the
// same stack: spawning and ending short goroutines costs no jump and no stack.
// Uncaught exceptions find no handler here, on purpose: std::terminate is then
// called where they were thrown, and the report shows that stack
// (traceback.cc).
//
// Go: runtime/proc.go, newproc1, goexit0, gfget, gfput.

#include "sched/goroutine.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "sched/debug.h"
#include "sched/fault.h"
#include "sched/gpool.h"
#include "sched/proc.h"
#include "sched/sched.h"

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
__attribute__((noinline)) void RunClosure(G* g) {
  try {
    g->invoke(g->closure);
  } catch (GoexitUnwind& unwind) {
    unwind.Arrived();
    if (g->HasFlag(kGMain)) sched.main_exited.store(true);
  }
}

void FreeClosure(G* g) {
  if (g->closure != nullptr && g->closure != g->closure_storage) {
    ::operator delete (g->closure, std::align_val_t{g->closure_align});
  }
  g->closure = nullptr;
  g->invoke = nullptr;
}

void CountStart(P* p) {
  if (p != nullptr) {
    p->started.Add();
  } else {
    sched.started.fetch_add(1, std::memory_order_relaxed);
  }
}

// release, acquired in NumGoroutine: who finds a goroutine gone finds done what
// it did.
void CountEnd(P* p) {
  p->ended.store(p->ended.load(std::memory_order_relaxed) + 1,
                 std::memory_order_release);
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
    if (!g->HasFlag(kGSystem)) CountEnd(CurrentM()->p);
    if (g->HasFlag(kGLocked)) {
      // Nobody else runs on this thread any more; kLocked takes it to g0.
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
      JumpAway(next.g->context, g);
    }
    m = CurrentM();
    g = next.g;
  }
}

void ResetG(G* g) {
  g->context = nullptr;
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

// So far ahead, the Gs that will be started are asked for.
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
    return sched.goid_next.fetch_add(1, std::memory_order_relaxed);
  if (p->goid_next == p->goid_end) {
    p->goid_next =
        sched.goid_next.fetch_add(kGoidBatch, std::memory_order_relaxed);
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

void StartG(G* g) {
  Pin();
  if (g->HasFlag(kGSystem)) {
    g->run_id = 0;  // outlives the Run that happened to need it first
  } else {
    CountStart(CurrentM()->p);
  }
  QueueNew(g);
  Unpin();
}

void FreeNewG(G* g) {
  FreeClosure(g);
  Pin();
  FreeG(CurrentM()->p, g);
  Unpin();
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

void FlushGs(P* p) {
  gpool.Give(p->gfree, p->ngfree);
  p->ngfree = 0;
}

void AttachStack(P* p, G* g) {
  const char* problem = g->stack_size == 0
                            ? p->stacks.Get(&g->stack)
                            : StackAlloc(g->stack_size, &g->stack);
  if (problem != nullptr)
    Throw("cannot give goroutine %llu a stack: %s",
          static_cast<unsigned long long>(g->goid), problem);
  g->annotations.Attach(g->stack.lo, StackSize(g->stack));
  g->context = MakeContext(g->stack.lo, g->stack.hi, GoroutineEntry);
}

void ReleaseDead(M* m, G* g) {
  g->annotations.Detach();
  if (__builtin_expect(g->stack.canary, 0) && !StackIntact(g->stack)) {
    TellOverrun(g);
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

void LockOSThread() {
  Pinned pin;
  G* g = pin.g();
  if (g->HasFlag(kGForeign)) return;
  if (g->lock_count++ > 0) return;
  EnsureTemplateThread();
  M* m = CurrentM();
  g->locked_m = m;
  m->locked_g = g;
  g->flags.fetch_or(kGLocked, std::memory_order_relaxed);
  SetSlow(m, kLocked);
}

void UnlockOSThread() {
  Pinned pin;
  G* g = pin.g();
  if (g->lock_count == 0 || --g->lock_count > 0) return;
  M* m = CurrentM();
  m->locked_g = nullptr;
  g->locked_m = nullptr;
  g->flags.fetch_and(~static_cast<std::uint32_t>(kGLocked),
                     std::memory_order_relaxed);
  ClearSlow(m, kLocked);
}

int NumGoroutine() {
  // The ends first: whose end is seen, its start is seen as well.
  int ps = sched.nallp.load(std::memory_order_acquire);
  std::uint64_t n = -sched.abandoned.load(std::memory_order_relaxed);
  for (int i = 0; i < ps; i++)
    n -= sched.allp[i]->ended.load(std::memory_order_acquire);
  n += sched.started.load(std::memory_order_relaxed);
  for (int i = 0; i < ps; i++) n += sched.allp[i]->started;
  return static_cast<int>(n);
}

}  // namespace gosling::sched
