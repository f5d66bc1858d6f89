// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Pin against retake: one M holds P (sched/m.h).
//
//   M        a thread that goes between user code and the runtime: Pin, Unpin
//            (sched/proc.h), PinSlow (sched/proc.cc), EnterSyscallBlock's
//            GiveUpP (sched/syscall.cc), AcquireP, ReleaseP (sched/m.cc)
//   Sysmon   TryRetake (sched/sysmon.cc), by sysmon and by a stopper of the
//            world: two of them
//
// With LOST, membarrier works until it is refused, at any moment; from then on
// it is LoseMembarrier and M::fences (sched/fence.cc), which sysmon sets, too,
// for an M that has passed a barrier (MendFences).
//
// One P; an M that finds none waits for it, as in FindRunnable and GoIdle.
//
// SMALL is a level of tools/theatre: the first M has P, the second wants it, each
// pins once, and sysmon alone retakes.
//
// Property: an M that comes back from Pin owns P, until it unpins or gives it
// up; no other M owns it then. So a retaken M finds out at its next Pin.
//
//   holds:
//   holds: NO_MEMBARRIER
//   holds: LOST
//   holds: SMALL
//   fails: MUTANT_NO_HEAVY_FENCE | assertion | sysmon reads pinned too early
//   fails: SMALL MUTANT_NO_HEAVY_FENCE | assertion | the same
//   fails: MUTANT_LATE_FLAG | assertion | sysmon looks first and flags then
//   fails: MUTANT_NO_RETAKE_MU | assertion | PinSlow does not await sysmon's decision
//   fails: NO_MEMBARRIER MUTANT_NO_FENCE | assertion | PinSlow does not fence
//   fails: MUTANT_SILENT_HANDOFF | assertion | GiveUpP without SetSlow
//   fails: LOST MUTANT_NO_FENCES | assertion | a full fence is taken for a membarrier
//   fails: LOST MUTANT_EARLY_FENCES | assertion | sysmon sets M::fences before the barrier
//   fails: LOST MUTANT_NO_FENCE | assertion | PinSlow does not fence

#define NM 2
#ifdef SMALL
#define NTHREADS 3
#else
#define NTHREADS 4  // the Ms, then sysmon and the stopper
#endif
#define DEPTH 3

#define PINNED(m) (m)
#define HAS_P(m) (NM + m)  // m->p != nullptr
#define P_M (2 * NM)       // p->m: the M + 1
#define NWORDS (2 * NM + 1)

#include "tso.pml"

bool retake_flag[NM];  // kRetake in m->slow; written by locked instructions
bool fence_flag[NM];   // kFence, likewise
bool fences[NM];       // M::fences
bool lost;             // membarrier is refused
byte retake_mu[NM];
bool p_idle = true;  // P is in the idle list; under scheduler.lock
byte owner;          // ghost: the M that P was given to, + 1

inline AcquireP(m) {
  atomic {
    assert(owner == 0);
    owner = m + 1
  }
  Store(m, HAS_P(m), true);
  Store(m, P_M, m + 1)
}

inline ReleaseP(by, from) {
  atomic {
    assert(owner == from + 1);
    owner = 0
  }
  Store(by, HAS_P(from), false);
  Store(by, P_M, 0)
}

inline PutIdle(by) {
  atomic { DRAINED(by) -> assert(!p_idle); p_idle = true }
}

inline PinSlow(m) {
#ifndef MUTANT_NO_RETAKE_MU
  LOCK(m, retake_mu[m]);
#endif
  atomic { DRAINED(m) -> retake_flag[m] = false }
#ifndef MUTANT_NO_RETAKE_MU
  UNLOCK(m, retake_mu[m]);
#endif
  if
  :: LOADED(m, HAS_P(m))
  :: else ->
    atomic { DRAINED(m) && p_idle -> p_idle = false }
    AcquireP(m)
  fi
}

proctype M(byte m) {
end:
  do
  :: Store(m, PINNED(m), 1);
#if defined(NO_MEMBARRIER) && !defined(MUTANT_NO_FENCE)
    DRAINED(m);
#endif
    if
#ifdef LOST
    :: fence_flag[m] ->
#ifndef MUTANT_NO_FENCE
      DRAINED(m);
#endif
      if
      :: atomic { retake_flag[m] -> fences[m] = true }
        PinSlow(m)
      :: atomic { !retake_flag[m] -> fences[m] = true }
      fi
    :: !fence_flag[m] && retake_flag[m] -> PinSlow(m)
#else
    :: retake_flag[m] -> PinSlow(m)
#endif
    :: else
    fi;
    assert(LOADED(m, HAS_P(m)) && owner == m + 1);
#ifndef SMALL
    if
    :: skip
    :: // GiveUpP
#ifndef MUTANT_SILENT_HANDOFF
      atomic { DRAINED(m) -> retake_flag[m] = true }
#endif
      ReleaseP(m, m);
      PutIdle(m);
      goto unpin
    fi;
    assert(LOADED(m, HAS_P(m)) && owner == m + 1);
#endif
unpin:
    Store(m, PINNED(m), 0);
#ifdef SMALL
    break
#endif
  od
}

#ifdef LOST
// HeavyFence: `sure` is what it returns.
inline HeavyFence(t) {
  if
  :: !lost ->
    HEAVY_FENCE(t, i);
    sure = true
  :: sure = false;
    lost = true;
    fence_flag[0] = true;
    fence_flag[1] = true;
    DRAINED(t)
  fi
}
#endif

proctype Sysmon(byte t) {
  byte m, i;
  bool sure;
end:
  do
#ifdef LOST
  :: t == NM && lost && !fences[0] ->  // MendFences
    fence_flag[0] = true;
#ifndef MUTANT_EARLY_FENCES
    DRAINED(0);
#endif
    fences[0] = true
#endif
  :: mem[P_M] != 0 ->
    m = mem[P_M] - 1;
    if
    :: m == 255 -> m = 0; goto end  // gone meanwhile
    :: else
    fi;
    LOCK(t, retake_mu[m]);
#ifndef MUTANT_LATE_FLAG
    atomic { DRAINED(t) -> retake_flag[m] = true }
#endif
#ifdef LOST
    HeavyFence(t);
#else
#ifndef MUTANT_NO_HEAVY_FENCE
    HEAVY_FENCE(t, i);
#endif
    sure = true;
#endif
#ifndef MUTANT_NO_FENCES
    if
    :: !sure && fences[m] -> sure = true
    :: else
    fi;
#else
    sure = true;
#endif
    if
    :: sure && LOADED(t, PINNED(m)) == 0 && LOADED(t, HAS_P(m)) ->
#ifdef MUTANT_LATE_FLAG
      atomic { DRAINED(t) -> retake_flag[m] = true }
#endif
      ReleaseP(t, m);
      UNLOCK(t, retake_mu[m]);
      PutIdle(t)  // HandoffP
    :: else ->
      UNLOCK(t, retake_mu[m])
    fi;
    m = 0;
    sure = false
  od
}

init {
  atomic {
    // Ms are made pinned, on g0; these come from there without a P.
    retake_flag[1] = true;
#ifdef SMALL
    p_idle = false;
    owner = 1;
    mem[HAS_P(0)] = 1;
    mem[P_M] = 1;
#else
    retake_flag[0] = true;
#endif
    run M(0);
    run M(1);
    run Sysmon(2);
#ifndef SMALL
    run Sysmon(3);
#endif
  }
}
