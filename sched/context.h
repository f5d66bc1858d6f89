// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The machine context of a suspended goroutine, and the jump between two of
// them. The only file, with context.cc, that knows Boost.Context.
//
// Boost's detail::jump_fcontext is used, not context::fiber: it costs less, it
// has no forced unwinding (a fiber destroyed inside catch (...) aborts), and
// its behaviour towards C++ exceptions is ours to decide. It is unofficial but
// has not changed from 1.74 to the newest release.
//
// Two things that belong to the goroutine live in the thread, and Boost 1.74
// moves neither: errno and the two words of __cxa_get_globals(). Switch
// (proc.cc) saves and restores both, through pointers that each M took of its
// own thread when it started, because a compiler may keep the address of a
// thread-local over a switch.

#ifndef GOSLING_SCHED_CONTEXT_H_
#define GOSLING_SCHED_CONTEXT_H_

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>

#include "arch/arch.h"
#include "sched/sanitizers.h"

#if defined(GOSLING_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if defined(GOSLING_TSAN)
#include <sanitizer/tsan_interface.h>
#endif
#if defined(GOSLING_VALGRIND)
#include <valgrind/memcheck.h>
#endif

namespace gosling::sched {

using Context = boost::context::detail::fcontext_t;
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

// JumpContext suspends the caller and resumes `to`, which receives the caller's
// context and `data`. Returns when somebody jumps back, perhaps on another
// thread. The detour through arch/ keeps the CPU's return predictor in step
// (arch/jump.h).
inline Transfer JumpContext(Context to, void* data) {
  arch::JumpResult r = arch::gosling_jump_through(to, data, JumpRoutine());
  return {r.context, r.data};
}

// JumpAway is JumpContext for a stack that nobody will resume.
[[noreturn]] inline void JumpAway(Context to, void* data) {
  arch::JumpAway(to, data, JumpRoutine());
}

// ThisThreadExceptionState returns the calling thread's exception state. Valid
// for the thread's lifetime.
ExceptionState* ThisThreadExceptionState();

// MakeContext prepares a context that will run `entry` on the stack [lo, hi).
// Unwinding ends in Boost's first frame, which has no unwind information: that
// is what makes an exception that nobody catches call std::terminate at the
// place where it was thrown, with the whole stack still there.
Context MakeContext(char* lo, char* hi, void (*entry)(Transfer));

// EndFramePointers ends the chain of frame pointers at the function that calls
// it, a context's entry, which never returns: Boost leaves something else there,
// on amd64 an address of code, into which perf and others that walk the chain
// would go on. By the frame and not by Boost's layout, which changes.
[[gnu::always_inline]] inline void EndFramePointers() {
  *static_cast<void* volatile*>(__builtin_frame_address(0)) = nullptr;
}

// OnTopOf resumes `to` just long enough to run `f(data)` on top of its stack; f
// jumps back through the Transfer it gets. Stack dumps walk a parked goroutine
// this way, with the ordinary unwinder.
inline Transfer OnTopOf(Context to, void* data, Transfer (*f)(Transfer)) {
  return boost::context::detail::ontop_fcontext(to, data, f);
}

// SwitchAnnotations tells the sanitizers which stack is current. Empty in an
// ordinary build.
//
// ASan: the leaver saves its fake stack and names the *target's* bounds; a
// dying goroutine passes null so that its fake stack is freed. TSan: one fiber
// per stack; the call is made by the leaver just before the jump. Both are
// no-ops where the sanitizer is absent.
struct SwitchAnnotations {
#if defined(GOSLING_ASAN)
  void* fake_stack = nullptr;
#endif
#if defined(GOSLING_TSAN)
  void* fiber = nullptr;
#endif
  // bounds of the stack, for ASan: set when the stack is attached (or, for g0,
  // when the M starts)
#if defined(GOSLING_ASAN)
  const void* bottom = nullptr;
  std::size_t size = 0;
#endif

  void Attach([[maybe_unused]] const void* lo, [[maybe_unused]] std::size_t n) {
#if defined(GOSLING_ASAN)
    bottom = lo;
    size = n;
    fake_stack = nullptr;
#endif
#if defined(GOSLING_TSAN)
    fiber = __tsan_create_fiber(0);
#endif
  }
  // AttachThread is Attach for a thread's own stack.
  void AttachThread();
  void Detach() {
#if defined(GOSLING_TSAN)
    __tsan_destroy_fiber(fiber);
    fiber = nullptr;
#endif
#if defined(GOSLING_ASAN)
    __asan_unpoison_memory_region(bottom, size);
#endif
  }
  // MoveTo hands the stack's annotations to the goroutine that takes the stack
  // over.
  void MoveTo([[maybe_unused]] SwitchAnnotations& to) {
#if defined(GOSLING_ASAN) || defined(GOSLING_TSAN)
    to = *this;
#endif
  }
};

// AnnotateRoots tells LeakSanitizer that what [lo, lo + n) points to is not
// leaked. It knows threads' own stacks and globals; ours are in memory that we
// mapped ourselves.
inline void AnnotateRoots([[maybe_unused]] const void* lo,
                          [[maybe_unused]] std::size_t n) {
#if defined(GOSLING_ASAN)
  __lsan_register_root_region(lo, n);
#endif
}

// AnnotateStack says of [lo, lo + n), once and for ever, that it is a stack: to
// LeakSanitizer as above, and to Valgrind, which would take a jump there for a
// frame of some gigabytes.
inline void AnnotateStack(const char* lo, std::size_t n) {
  AnnotateRoots(lo, n);
#if defined(GOSLING_VALGRIND)
  VALGRIND_STACK_REGISTER(lo, lo + n);
#endif
}

// AnnotateBorrowed says that code is about to run below `top` on a stack that
// was left there: Valgrind has seen nobody make room for its first words.
inline void AnnotateBorrowed([[maybe_unused]] char* top) {
#if defined(GOSLING_VALGRIND)
  VALGRIND_MAKE_MEM_UNDEFINED(top - 64, 64);
#endif
}

// `dying`: the leaver never comes back.
__attribute__((always_inline)) inline void StartSwitch(
    [[maybe_unused]] SwitchAnnotations& from,
    [[maybe_unused]] SwitchAnnotations& to, [[maybe_unused]] bool dying) {
#if defined(GOSLING_ASAN)
  __sanitizer_start_switch_fiber(dying ? nullptr : &from.fake_stack, to.bottom,
                                 to.size);
#endif
#if defined(GOSLING_TSAN)
  __tsan_switch_to_fiber(to.fiber, 0);
#endif
}

__attribute__((always_inline)) inline void FinishSwitch(
    [[maybe_unused]] SwitchAnnotations& self) {
#if defined(GOSLING_ASAN)
  __sanitizer_finish_switch_fiber(self.fake_stack, nullptr, nullptr);
#endif
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_CONTEXT_H_
