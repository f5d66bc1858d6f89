// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/schedtrace.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sched/global_queue.h"
#include "sched/gpool.h"
#include "sched/os/fatal.h"
#include "sched/os/godebug.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/wait_reason.h"

namespace gosling::sched {

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::int64_t period = 0;  // ns; 0: off
bool detailed = false;
std::int64_t first_trace = 0;
std::int64_t last_trace = 0;

// Text collects lines and writes them in large pieces: a line is never cut as
// long as it is not longer than the room that is kept, which is enough for the
// queues and ticks of kMaxProcs Ps.
class Text {
 public:
  ~Text() { Flush(); }

  [[gnu::format(printf, 2, 3)]] void Printf(const char* format, ...) {
    va_list args;
    va_start(args, format);
    int n = std::vsnprintf(text_ + size_, sizeof text_ - size_, format, args);
    va_end(args);
    if (n <= 0) return;
    size_ += static_cast<std::size_t>(n);
    if (size_ >= sizeof text_) size_ = sizeof text_ - 1;
  }

  void EndLine() {
    Printf("\n");
    if (size_ > sizeof text_ / 2) Flush();
  }

 private:
  void Flush() {
    kStderr.put(kStderr.arg, text_, size_);
    size_ = 0;
  }

  static constexpr std::size_t kNumbers = sizeof " 256" + sizeof " 4294967295";
  static constexpr std::size_t kWords = 512;

  char text_[kMaxProcs * kNumbers + kWords];
  std::size_t size_ = 0;
};

// Number is an id, or "nil".
struct Number {
  char text[24];
  Number() : text("nil") {}
  explicit Number(std::uint64_t n) {
    std::snprintf(text, sizeof text, "%llu",
                  static_cast<unsigned long long>(n));
  }
  static Number Of(const M* m) {
    return m != nullptr ? Number(static_cast<std::uint64_t>(m->id)) : Number();
  }
  static Number Of(const G* g) {
    return g != nullptr ? Number(g->goid) : Number();
  }
};

// What an M or a G says of the other is peeked at (peeked.h): whoever follows it
// must have seen by another way that the object is there. Known are Gs of the
// pool, not g0s, and Ms of threads, not hosts of controlled goroutines.
const G* Known(const G* g) { return gpool.Has(g) ? g : nullptr; }
const M* Known(const M* m) { return IsInAllM(m) ? m : nullptr; }

const char* Bool(bool b) { return b ? "true" : "false"; }

int StatusOf(const P* p, const M* m) {
  switch (p->status.load(std::memory_order_relaxed)) {
    case PStatus::kIdle:
    case PStatus::kHandedOver:
      return 0;
    case PStatus::kRunning:
      return m != nullptr && m->in_syscall.load(std::memory_order_relaxed) != 0
                 ? 2
                 : 1;
    case PStatus::kStopped:
      return 3;
  }
  return 4;
}

int StatusOf(const G* g, const M* m) {
  switch (g->status.load(std::memory_order_relaxed)) {
    case GStatus::kIdle:
      return 0;
    case GStatus::kRunnable:
      return 1;
    case GStatus::kRunning:
      return m != nullptr && m->in_syscall.load(std::memory_order_relaxed) != 0
                 ? 3
                 : 2;
    case GStatus::kWaiting:
      return 4;
  }
  return 0;
}

void PrintP(Text& out, const P* p) {
  const M* m = p->m.load(std::memory_order_acquire);
  out.Printf(
      "  P%d: status=%d schedtick=%u syscalltick=%llu m=%s runqsize=%u "
      "gfreecnt=%d timerslen=%zu",
      p->id, StatusOf(p, m), p->schedtick.load(std::memory_order_relaxed),
      static_cast<unsigned long long>(p->handoffs), Number::Of(m).text,
      p->runq.Size(), static_cast<int>(p->ngfree), p->timers.Size());
  out.EndLine();
}

void PrintM(Text& out, const M* m) {
  Number p;  // as the Ps have it: m->p is its thread's own
  for (int i = 0; i < Procs(); i++) {
    if (scheduler.allp[i]->m.load(std::memory_order_relaxed) == m)
      p = Number(static_cast<std::uint64_t>(i));
  }
  const G* curg = Known(m->curg);
  const G* locked = Known(m->locked_g);
  out.Printf(
      "  M%s: p=%s curg=%s mallocing=0 throwing=0 preemptoff= locks=%u dying=0 "
      "spinning=%s blocked=%s lockedg=%s",
      Number::Of(m).text, p.text, Number::Of(curg).text,
      m->pinned.load(std::memory_order_relaxed), Bool(m->spinning),
      Bool(m->idle), Number::Of(locked).text);
  out.EndLine();
}

void PrintG(G* g, void* arg) {
  const M* m = Known(g->m);
  int status = StatusOf(g, m);
  bool runs = status == 2 || status == 3;
  const M* locked = Known(g->locked_m);
  auto* out = static_cast<Text*>(arg);
  out->Printf("  G%s: status=%d(%s) m=%s lockedm=%s", Number(g->goid).text,
              status, status == 4 ? WaitReasonString(g->wait_reason) : "",
              Number::Of(runs ? m : nullptr).text, Number::Of(locked).text);
  out->EndLine();
}

void SchedTrace(std::int64_t now) {
  int threads, idle, system, stopwait;
  {
    MutexLock l(&scheduler.lock);
    threads = scheduler.mcount;
    idle = scheduler.nmidle;
    system = scheduler.nmsystem;
    stopwait = scheduler.stopwait;
  }
  int n = Procs();
  Text out;
  out.Printf(
      "SCHED %lldms: gomaxprocs=%d idleprocs=%d threads=%d spinningthreads=%d "
      "needspinning=0 idlethreads=%d runqueue=%d",
      static_cast<long long>((now - first_trace) / kNsPerMs), n,
      scheduler.npidle.load(std::memory_order_relaxed), threads,
      scheduler.nmspinning.load(std::memory_order_relaxed), idle, GlobalSize());
  if (!detailed) {
    out.Printf(" [");
    for (int i = 0; i < n; i++)
      out.Printf(" %u", scheduler.allp[i]->runq.Size());
    out.Printf(" ] schedticks=[");
    for (int i = 0; i < n; i++) {
      out.Printf(" %u",
                 scheduler.allp[i]->schedtick.load(std::memory_order_relaxed));
    }
    out.Printf(" ]");
    out.EndLine();
    return;
  }
  out.Printf(" gcwaiting=%s nmidlelocked=%d stopwait=%d sysmonwait=false",
             Bool(scheduler.stopping.load(std::memory_order_relaxed)), system,
             stopwait);
  out.EndLine();
  for (int i = 0; i < n; i++) PrintP(out, scheduler.allp[i]);
  for (M* m = scheduler.allm.load(std::memory_order_acquire); m != nullptr;
       m = m->all_next) {
    if (m->id >= 0) PrintM(out, m);
  }
  gpool.ForEach(PrintG, &out);
}

}  // namespace

std::int64_t ReadGodebug() {
  period = Godebug("schedtrace", "of milliseconds, 0 for none", 0) * kNsPerMs;
  detailed = Godebug("scheddetail", "above 0 for yes, 0 for no", 0) > 0;
  return period;
}

void SchedTraceIfDue(std::int64_t now) {
  if (period == 0 || (first_trace != 0 && now - last_trace < period)) return;
  if (first_trace == 0) first_trace = now;
  last_trace = now;
  SchedTrace(now);
}

}  // namespace gosling::sched
