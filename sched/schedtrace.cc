// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// GODEBUG=schedtrace=N: the scheduler's state on stderr every N milliseconds,
// in the words of Go, so that what reads Go's traces reads ours:
//
//   SCHED 2008ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=0
//       needspinning=0 idlethreads=1 runqueue=5 [128 3]
//
// (one line). runqueue is the global queue, the brackets hold the length of
// each P's ring. With scheddetail=1 every P, M and G has a line of its own:
//
//     P0: status=1 schedtick=74 syscalltick=2 m=3 runqsize=3 gfreecnt=12
//         timerslen=0
//     M3: p=0 curg=17 mallocing=0 throwing=0 preemptoff= locks=0 dying=0
//         spinning=false blocked=false lockedg=nil
//     G17: status=2() m=3 lockedm=nil
//
// with Go's numbers for P's status (0 idle, 1 running, 2 in a system call, 3
// the world is stopped) and G's (1 runnable, 2 running, 3 in a system call, 4
// waiting).
//
// Everything goes on meanwhile: what is printed was true of each word at some
// moment, and need not add up. Only words that may be peeked at are read
// (peeked.h), and Ms and Gs are never freed; sched.lock is held for what stands
// under it, not while printing, which may wait for whoever reads stderr.
//
// Unlike Go: threads= leaves sysmon out, which is no M here; no M ever
// allocates or throws with P in a way that could be seen, so mallocing=,
// throwing=, preemptoff= and dying= never change; needspinning= neither. locks=
// is how often the M is pinned, syscalltick= how often the P has been handed
// off: a system call that leaves P where it is leaves no trace here. A
// goroutine that does not wait has no reason in the brackets, where Go leaves
// the last one.
//
// Go: runtime/proc.go, schedtrace; runtime/runtime1.go, parsegodebug.

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sched/debug.h"
#include "sched/gpool.h"
#include "sched/os.h"
#include "sched/sched.h"
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
// queues of kMaxProcs Ps.
class Text {
 public:
  ~Text() { Flush(); }

  void Printf(const char* format, ...) __attribute__((format(printf, 2, 3))) {
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

  char text_[16 * 1024];
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
};

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
  for (int i = 0; i < sched.gomaxprocs.load(std::memory_order_acquire); i++) {
    if (sched.allp[i]->m.load(std::memory_order_relaxed) == m)
      p = Number(static_cast<std::uint64_t>(i));
  }
  const G* curg = m->curg;
  const G* locked = m->locked_g;
  out.Printf(
      "  M%s: p=%s curg=%s mallocing=0 throwing=0 preemptoff= locks=%u dying=0 "
      "spinning=%s blocked=%s lockedg=%s",
      Number::Of(m).text, p.text,
      curg != nullptr && curg != &m->g0 ? Number(curg->goid).text : "nil",
      m->pinned.load(std::memory_order_relaxed), Bool(m->spinning),
      Bool(m->idle), locked != nullptr ? Number(locked->goid).text : "nil");
  out.EndLine();
}

void PrintG(G* g, void* arg) {
  const M* m = g->m;
  int status = StatusOf(g, m);
  bool runs = status == 2 || status == 3;
  const M* locked = g->locked_m;
  auto* out = static_cast<Text*>(arg);
  out->Printf("  G%s: status=%d(%s) m=%s lockedm=%s", Number(g->goid).text,
              status, status == 4 ? WaitReasonString(g->wait_reason) : "",
              Number::Of(runs ? m : nullptr).text, Number::Of(locked).text);
  out->EndLine();
}

void SchedTrace(std::int64_t now) {
  int threads, idle, system, stopwait;
  {
    MutexLock l(&sched.lock);
    threads = sched.mcount;
    idle = sched.nmidle;
    system = sched.nmsystem;
    stopwait = sched.stopwait;
  }
  int n = sched.gomaxprocs.load(std::memory_order_acquire);
  Text out;
  out.Printf(
      "SCHED %lldms: gomaxprocs=%d idleprocs=%d threads=%d spinningthreads=%d "
      "needspinning=0 idlethreads=%d runqueue=%d",
      static_cast<long long>((now - first_trace) / kNsPerMs), n,
      sched.npidle.load(std::memory_order_relaxed), threads,
      sched.nmspinning.load(std::memory_order_relaxed), idle,
      sched.runqsize.load(std::memory_order_relaxed));
  if (!detailed) {
    for (int i = 0; i < n; i++)
      out.Printf("%s%u", i == 0 ? " [" : " ", sched.allp[i]->runq.Size());
    out.Printf("]");
    out.EndLine();
    return;
  }
  out.Printf(" gcwaiting=%s nmidlelocked=%d stopwait=%d sysmonwait=false",
             Bool(sched.stopping.load(std::memory_order_relaxed)), system,
             stopwait);
  out.EndLine();
  for (int i = 0; i < n; i++) PrintP(out, sched.allp[i]);
  for (M* m = sched.allm.load(std::memory_order_acquire); m != nullptr;
       m = m->all_next) {
    if (m->id >= 0) PrintM(out, m);
  }
  gpool.ForEach(PrintG, &out);
}

// Setting takes the value of `name` from a field of GODEBUG: whether it was
// that field. `what` the number is, for those who got it wrong.
bool Setting(const char* field, std::size_t size, const char* name,
             const char* what, int* value) {
  std::size_t length = std::strlen(name);
  if (size <= length || std::memcmp(field, name, length) != 0 ||
      field[length] != '=')
    return false;
  const char* text = field + length + 1;
  const char* end = field + size;
  char* stop = nullptr;
  errno = 0;
  long n = std::strtol(text, &stop, 10);
  if (stop == text || stop != end || errno != 0 || n < 0 || n > INT32_MAX) {
    Throw("GODEBUG=%.*s: must be %s=n, with a whole number %s",
          static_cast<int>(size), field, name, what);
  }
  *value = static_cast<int>(n);
  return true;
}

}  // namespace

void ReadGodebug() {
  const char* text = std::getenv("GODEBUG");
  if (text == nullptr) return;
  int trace = 0;
  int detail = 0;
  for (;;) {
    std::size_t size = std::strcspn(text, ",");
    // Go's other settings are none of ours.
    if (!Setting(text, size, "schedtrace", "of milliseconds, 0 for none",
                 &trace))
      Setting(text, size, "scheddetail", "above 0 for yes, 0 for no", &detail);
    if (text[size] == '\0') break;
    text += size + 1;
  }
  period = trace * kNsPerMs;
  detailed = detail > 0;
}

std::int64_t SchedTracePeriod() { return period; }

void SchedTraceIfDue(std::int64_t now) {
  if (period == 0 || (first_trace != 0 && now - last_trace < period)) return;
  if (first_trace == 0) first_trace = now;
  last_trace = now;
  SchedTrace(now);
}

}  // namespace gosling::sched
