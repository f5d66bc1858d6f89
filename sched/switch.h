// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SwitchPoint: where a suspended goroutine stands (its registers, on its
// stack). Jump goes from one such point to another. Only this file and
// switch.cc know Boost.Context.
//
// Boost's detail::jump_fcontext is used, not context::fiber: it costs less, it
// has no forced unwinding (a fiber destroyed inside catch (...) aborts), and
// its behaviour towards C++ exceptions is ours to decide. It is unofficial but
// has not changed from 1.74 to the newest release.
//
// Two things that belong to the goroutine live in the thread, and Boost 1.74
// moves neither: errno and the two words of __cxa_get_globals(). SwitchTo
// (switch_to.h) saves and restores both, through pointers that each M took of
// its own thread when it started, because a compiler may keep the address of a
// thread-local over a switch.

#ifndef GOSLING_SCHED_SWITCH_H_
#define GOSLING_SCHED_SWITCH_H_

#include <boost/context/detail/fcontext.hpp>

#include "arch/arch.h"

namespace gosling::sched {

using SwitchPoint = boost::context::detail::fcontext_t;
using Transfer = boost::context::detail::transfer_t;

// ExceptionState mirrors __cxa_eh_globals of the Itanium C++ ABI: what
// __cxa_get_globals points to.
struct ExceptionState {
  void* caught = nullptr;     // stack of exceptions being handled
  unsigned int uncaught = 0;  // std::uncaught_exceptions()
#if defined(__ARM_EABI__)
  void* propagating = nullptr;
#endif
};

// JumpRoutine is Boost's jump, as arch/ knows it: Transfer is an
// arch::JumpResult by another name.
inline arch::JumpRoutine JumpRoutine() {
  return reinterpret_cast<arch::JumpRoutine>(
      reinterpret_cast<void (*)()>(boost::context::detail::jump_fcontext));
}

// Jump suspends the caller and resumes `to`, which receives the caller's switch
// point and `data`. Returns when a jump comes back here, perhaps on another
// thread. The detour through arch/ keeps the CPU's return predictor in step
// (arch/jump.h).
inline Transfer Jump(SwitchPoint to, void* data) {
  arch::JumpResult r = arch::gosling_jump_through(to, data, JumpRoutine());
  return {r.context, r.data};
}

// JumpAway is Jump from a stack that is never resumed.
[[noreturn]] inline void JumpAway(SwitchPoint to, void* data) {
  arch::JumpAway(to, data, JumpRoutine());
}

// ThisThreadExceptionState returns the calling thread's exception state. Valid
// for the thread's lifetime.
ExceptionState* ThisThreadExceptionState();

// MakeSwitchPoint prepares a point that will run `entry` on the stack [lo, hi).
// Unwinding ends in Boost's first frame, which has no unwind information: so an
// exception that no handler catches calls std::terminate at the place where it
// was thrown, with the whole stack still there.
SwitchPoint MakeSwitchPoint(char* lo, char* hi, void (*entry)(Transfer));

// EndFramePointers ends the chain of frame pointers at the function that calls
// it, the entry of a stack, which never returns: Boost leaves something else
// there, on amd64 an address of code, into which perf and other walkers of the
// chain would go on. It goes by the frame and not by Boost's layout, which
// changes.
[[gnu::always_inline]] inline void EndFramePointers() {
  *static_cast<void* volatile*>(__builtin_frame_address(0)) = nullptr;
}

// OnTopOf resumes `to` just long enough to run `f(data)` on top of its stack; f
// jumps back through the Transfer it gets. Stack dumps walk a parked goroutine
// this way, with the ordinary unwinder.
inline Transfer OnTopOf(SwitchPoint to, void* data, Transfer (*f)(Transfer)) {
  return boost::context::detail::ontop_fcontext(to, data, f);
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SWITCH_H_
