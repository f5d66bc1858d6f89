// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Replay goes through a history once more, step by step, and tells a Sink, which
// writes a format, what each goroutine, M and P does.
//
// What it tells is in order even where the history is not: an event on one CPU
// may bear an earlier time than its cause on another, a goroutine may be woken
// before its block is recorded, events from before the recorder was on are
// missing. So Replay keeps the state of each G, M and P, and where an event does
// not fit adds the step that is missing, or leaves out what has been added
// before.
//
// Invariant, of what a Sink is told: a goroutine runs on one M at a time, and
// that M has a P; a P is held by one M at a time; a goroutine starts when it is
// runnable, and is unblocked when it waits; a step of one M bears no earlier
// time than the one before it. This is what Go's reader of traces demands.
//
// P is taken from code that computes or blocks (m.h): that is told as a system
// call of the goroutine, from which P is stolen.

#ifndef GOSLING_SCHED_REPORT_TRACE_REPLAY_H_
#define GOSLING_SCHED_REPORT_TRACE_REPLAY_H_

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sched/os/fatal.h"
#include "sched/report/trace/history.h"
#include "sched/trace/event.h"

namespace gosling::sched::trace {

// How an M, a log's index, and a P are named here; none.
inline constexpr int kNone = -1;

enum class GoState : std::uint8_t {
  kAbsent,
  kRunnable,
  kRunning,
  kSyscall,
  kWaiting
};

// Format is what the writers of all formats have.
struct Format {
  std::int64_t base;  // ns; when the history begins
  const Raw& raw;
  bool symbols;  // addresses may be given names
  const Output& out;
  std::pmr::memory_resource* memory;
};

class Sink {
 public:
  virtual ~Sink() = default;

  // What there is at the beginning: a P that M m holds (kNone: idle), and a
  // goroutine, on M m if it runs or is in a system call.
  virtual void HasP(int p, int m) = 0;
  virtual void HasG(std::uint64_t g, GoState state, int m) = 0;

  // Names, when they are known: where a goroutine was made, and what it is called.
  virtual void Name(std::uint64_t g, std::uint64_t place,
                    std::string_view name) = 0;

  virtual void ProcStart(std::int64_t t, int m, int p) = 0;
  virtual void ProcStop(std::int64_t t, int m, int p) = 0;
  virtual void ProcSteal(std::int64_t t, int m, int p, int victim) = 0;

  // GoCreate: by m's goroutine, or by none; m may be without P.
  virtual void GoCreate(std::int64_t t, int m, std::uint64_t g, bool has_p) = 0;
  virtual void GoStart(std::int64_t t, int m, std::uint64_t g) = 0;
  virtual void GoStop(std::int64_t t, int m, std::uint64_t g,
                      StopReason reason) = 0;
  virtual void GoBlock(std::int64_t t, int m, std::uint64_t g,
                       std::uint8_t reason) = 0;
  virtual void GoEnd(std::int64_t t, int m, std::uint64_t g) = 0;
  virtual void GoUnblock(std::int64_t t, int m, std::uint64_t g) = 0;
  // m holds p.
  virtual void SyscallBegin(std::int64_t t, int m, std::uint64_t g, int p) = 0;
  virtual void SyscallEnd(std::int64_t t, int m, std::uint64_t g) = 0;
  // The goroutine has lost its P meanwhile, and is runnable.
  virtual void SyscallEndBlocked(std::int64_t t, int m, std::uint64_t g) = 0;

  // An annotation of the goroutine g that runs on m: kTaskBegin … kLog.
  virtual void User(std::int64_t t, int m, std::uint64_t g, const Entry& e,
                    std::string_view text) = 0;

  // All other events.
  virtual void Other(std::int64_t t, int m, const Entry& e) = 0;
};

class Replay {
 public:
  Replay(const History& history, std::size_t logs, Sink& sink,
         std::pmr::memory_resource* memory)
      : history_(history),
        sink_(sink),
        ms_(logs, M{}, memory),
        ps_(memory),
        gs_(memory) {}

  void Run();

 private:
  struct M {
    std::uint64_t g = 0;  // 0: none
    int p = kNone;
    bool p_known = false;  // for Prepare
    bool g_known = false;
  };
  struct P {
    int m = kNone;
    bool known = false;
  };
  struct G {
    GoState state = GoState::kAbsent;
    int m = kNone;
    bool known = false;
    bool woken = false;  // its block is yet to be recorded
  };

  void Prepare();
  void ClaimP(int m, int p);
  void Step(const Entry& e);

  P& Proc(int p);
  void LoseP(std::int64_t t, int victim, int by);
  void GetP(std::int64_t t, int m, int p);
  void HaveP(std::int64_t t, int m, unsigned p);
  bool Runs(std::int64_t t, int m, std::uint64_t g, unsigned p);
  void Start(std::int64_t t, int m, std::uint64_t g);
  void LeaveM(std::int64_t t, std::uint64_t g);
  void LeaveRunning(int m, G& g, GoState state);
  void EndSyscall(std::int64_t t, int m);
  void Unblock(std::int64_t t, int m, std::uint64_t g);

  const History& history_;
  Sink& sink_;
  std::pmr::vector<M> ms_;
  std::pmr::vector<P> ps_;
  std::pmr::unordered_map<std::uint64_t, G> gs_;
};

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_REPORT_TRACE_REPLAY_H_
