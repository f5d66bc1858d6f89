// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/trace/replay.h"

namespace gosling::sched::trace {

namespace {

// IsOfRunning says whether the event's goroutine ran on that M just before.
bool IsOfRunning(Kind kind) {
  return kind == Kind::kGoStop || kind == Kind::kGoBlock ||
         kind == Kind::kGoEnd || kind == Kind::kSyscallEnter ||
         kind == Kind::kSyscallBlock || kind == Kind::kSyscallExit;
}

bool IsOfG(Kind kind) {
  return IsOfRunning(kind) || kind == Kind::kGoStart ||
         kind == Kind::kGoUnblock || kind == Kind::kGoCreate;
}

int ProcOf(const Entry& e) {
  return static_cast<int>(e.event().object() & ((1 << kVictimShift) - 1));
}

}  // namespace

Replay::P& Replay::Proc(int p) {
  const auto i = static_cast<std::size_t>(p);
  if (i >= ps_.size()) ps_.resize(i + 1);
  return ps_[i];
}

void Replay::ClaimP(int m, int p) {
  M& of = ms_[static_cast<std::size_t>(m)];
  if (of.p_known) return;
  of.p_known = true;
  P& proc = Proc(p);
  if (proc.known) return;
  proc.known = true;
  proc.m = m;
  of.p = p;
}

// Prepare finds out what there was at the beginning, from what is seen of each
// first.
void Replay::Prepare() {
  for (const Entry& e : history_.entries) {
    const Event event = e.event();
    const Kind kind = event.kind();
    const int m = static_cast<int>(e.log);
    M& of = ms_[e.log];
    if (kind == Kind::kProcStart) {
      of.p_known = true;
      Proc(ProcOf(e)).known = true;
    } else if (kind == Kind::kProcStop) {
      ClaimP(m, ProcOf(e));
    } else if (event.p() != Event::kNoP) {
      ClaimP(m, static_cast<int>(event.p()));
    }
    if (kind == Kind::kGoStart) of.g_known = true;
    if (!IsOfG(kind) || event.object() == 0) continue;
    G& g = gs_[event.object()];
    if (g.known) continue;
    g.known = true;
    if (kind == Kind::kGoStart) g.state = GoState::kRunnable;
    if (kind == Kind::kGoUnblock) g.state = GoState::kWaiting;
    if (IsOfRunning(kind)) {
      g.state = GoState::kRunnable;
      if (!of.g_known) {
        of.g_known = true;
        of.g = event.object();
        g.m = m;
        g.state = of.p != kNone ? GoState::kRunning : GoState::kSyscall;
      }
    }
  }
}

void Replay::Run() {
  Prepare();
  for (std::size_t p = 0; p < ps_.size(); p++) {
    if (ps_[p].known) sink_.HasP(static_cast<int>(p), ps_[p].m);
  }
  for (const auto& [id, g] : gs_) {
    if (g.state != GoState::kAbsent) sink_.HasG(id, g.state, g.m);
  }
  for (const Entry& e : history_.entries) Step(e);
}

// LoseP takes the victim's P away, on behalf of `by`.
void Replay::LoseP(std::int64_t t, int victim, int by) {
  M& m = ms_[static_cast<std::size_t>(victim)];
  if (m.p == kNone) return;
  const int p = m.p;
  if (m.g == 0) {
    sink_.ProcStop(t, victim, p);
  } else {
    G& g = gs_[m.g];
    if (g.state == GoState::kRunning) {
      sink_.SyscallBegin(t, victim, m.g, p);
      g.state = GoState::kSyscall;
    }
    sink_.ProcSteal(t, by, p, victim);
  }
  m.p = kNone;
  Proc(p).m = kNone;
}

void Replay::GetP(std::int64_t t, int m, int p) {
  M& of = ms_[static_cast<std::size_t>(m)];
  if (of.p == p) return;
  LoseP(t, m, m);
  P& proc = Proc(p);
  if (!proc.known) {
    proc.known = true;
    sink_.HasP(p, kNone);
  }
  if (proc.m != kNone) LoseP(t, proc.m, m);
  // Back from what was told as a system call: as if it had waited for the P.
  const std::uint64_t g = of.g;
  if (g != 0) EndSyscall(t, m);
  sink_.ProcStart(t, m, p);
  of.p = p;
  Proc(p).m = m;
  if (g != 0) Start(t, m, g);
}

void Replay::HaveP(std::int64_t t, int m, unsigned p) {
  if (p != Event::kNoP) GetP(t, m, static_cast<int>(p));
}

// EndSyscall ends the system call of m's goroutine, which is running then if m
// has kept its P, and runnable else.
void Replay::EndSyscall(std::int64_t t, int m) {
  M& of = ms_[static_cast<std::size_t>(m)];
  if (of.g == 0) return;
  G& g = gs_[of.g];
  if (g.state != GoState::kSyscall) return;
  if (of.p != kNone) {
    sink_.SyscallEnd(t, m, of.g);
    g.state = GoState::kRunning;
  } else {
    sink_.SyscallEndBlocked(t, m, of.g);
    LeaveRunning(m, g, GoState::kRunnable);
  }
}

void Replay::LeaveRunning(int m, G& g, GoState state) {
  g.state = state;
  g.m = kNone;
  ms_[static_cast<std::size_t>(m)].g = 0;
}

// LeaveM has a goroutine that is said to run, or to be in a system call, leave
// its M: it has been seen elsewhere.
void Replay::LeaveM(std::int64_t t, std::uint64_t id) {
  G& g = gs_[id];
  if (g.m == kNone) return;
  const int m = g.m;
  EndSyscall(t, m);
  if (g.state != GoState::kRunning) return;
  sink_.GoStop(t, m, id, StopReason::kPreempted);
  LeaveRunning(m, g, GoState::kRunnable);
}

// Start starts g on m, which has a P, and adds what is missing before.
void Replay::Start(std::int64_t t, int m, std::uint64_t id) {
  M& of = ms_[static_cast<std::size_t>(m)];
  if (of.p == kNone) return;
  if (of.g == id) return EndSyscall(t, m);
  if (of.g != 0) LeaveM(t, of.g);
  G& g = gs_[id];
  LeaveM(t, id);
  if (g.state == GoState::kAbsent) {
    sink_.GoCreate(t, m, id, true);
    g.state = GoState::kRunnable;
  }
  if (g.state == GoState::kWaiting) {
    sink_.GoUnblock(t, m, id);
    g.state = GoState::kRunnable;
  }
  sink_.GoStart(t, m, id);
  g.woken = false;
  g.state = GoState::kRunning;
  g.m = m;
  of.g = id;
}

// Runs sees to it that g runs on m. False: m has no P.
bool Replay::Runs(std::int64_t t, int m, std::uint64_t g, unsigned p) {
  HaveP(t, m, p);
  if (ms_[static_cast<std::size_t>(m)].p == kNone) return false;
  Start(t, m, g);
  return true;
}

void Replay::Unblock(std::int64_t t, int m, std::uint64_t id) {
  G& g = gs_[id];
  if (g.state == GoState::kWaiting) {
    sink_.GoUnblock(t, m, id);
    g.state = GoState::kRunnable;
  } else if (g.state == GoState::kRunning || g.state == GoState::kSyscall) {
    g.woken = true;
  }
}

void Replay::Step(const Entry& e) {
  const Event event = e.event();
  const Kind kind = event.kind();
  const std::int64_t t = e.time;
  const int m = static_cast<int>(e.log);
  M& of = ms_[e.log];
  const std::uint64_t id = event.object();
  if (IsOfG(kind) && id == 0) return;  // a thread of the program's own
  switch (kind) {
    case Kind::kGoIs:
      sink_.Name(id, e.extra, history_.Text(e));
      return;
    case Kind::kGoCreate: {
      HaveP(t, m, event.p());
      sink_.Name(id, e.extra, history_.Text(e));
      G& g = gs_[id];
      if (g.state != GoState::kAbsent) return;
      if (of.g != 0) EndSyscall(t, m);
      sink_.GoCreate(t, m, id, of.p != kNone);
      g.state = GoState::kRunnable;
      return;
    }
    case Kind::kGoStart:
      Runs(t, m, id, event.p());
      return;
    case Kind::kGoStop:
      if (static_cast<StopReason>(event.argument()) == StopReason::kNoP) {
        if (of.g != id) return;
        LoseP(t, m, m);
        EndSyscall(t, m);
      } else if (Runs(t, m, id, event.p())) {
        sink_.GoStop(t, m, id, static_cast<StopReason>(event.argument()));
        LeaveRunning(m, gs_[id], GoState::kRunnable);
      }
      return;
    case Kind::kGoBlock:
      if (Runs(t, m, id, event.p())) {
        const bool woken = gs_[id].woken;
        sink_.GoBlock(t, m, id, static_cast<std::uint8_t>(event.argument()));
        LeaveRunning(m, gs_[id], GoState::kWaiting);
        gs_[id].woken = false;
        if (woken) Unblock(t, m, id);
      }
      return;
    case Kind::kGoEnd:
      if (Runs(t, m, id, event.p())) {
        sink_.GoEnd(t, m, id);
        LeaveRunning(m, gs_[id], GoState::kAbsent);
      }
      return;
    case Kind::kGoUnblock:
      HaveP(t, m, event.p());
      Unblock(t, m, id);
      return;
    case Kind::kProcStart:
      GetP(t, m, ProcOf(e));
      return;
    case Kind::kProcStop:
      if (of.p == ProcOf(e)) LoseP(t, m, m);
      return;
    case Kind::kProcRetake: {
      const std::uint64_t victim = id >> kVictimShift;
      const int holder = Proc(ProcOf(e)).m;
      if (holder == kNone) return;
      if (victim != 0 && static_cast<int>(victim) - 1 != holder) return;
      LoseP(t, holder, m);
      return;
    }
    case Kind::kSyscallEnter:
    case Kind::kSyscallBlock:
      if (of.g == id && of.p != kNone && gs_[id].state == GoState::kRunning) {
        sink_.SyscallBegin(t, m, id, of.p);
        gs_[id].state = GoState::kSyscall;
      }
      return;
    case Kind::kSyscallExit:
      if (of.g == id && of.p != kNone) EndSyscall(t, m);
      return;
    case Kind::kTaskBegin:
    case Kind::kTaskEnd:
    case Kind::kRegionBegin:
    case Kind::kRegionEnd:
    case Kind::kLog:
      HaveP(t, m, event.p());
      if (of.p != kNone && of.g != 0) EndSyscall(t, m);
      sink_.User(t, m, of.g, e, history_.Text(e));
      return;
    default:
      sink_.Other(t, m, e);
      return;
  }
}

}  // namespace gosling::sched::trace
