// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Annotations tell sanitizers and Valgrind of stacks and of switches between
// them. They are empty in an ordinary build.

#ifndef GOSLING_SCHED_SWITCH_ANNOTATIONS_H_
#define GOSLING_SCHED_SWITCH_ANNOTATIONS_H_

#include <cstddef>

#include "sched/os/sanitizers.h"

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

// SwitchAnnotations tells the sanitizers which stack is current.
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
  // Abandon is Detach for a goroutine that never runs again while its stack stays:
  // other goroutines may have pointers there.
  void Abandon() {
#if defined(GOSLING_TSAN)
    if (fiber != nullptr) __tsan_destroy_fiber(fiber);
    fiber = nullptr;
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

// AnnotateRoots tells LeakSanitizer that memory to which [lo, lo + n) points is
// not leaked. It knows threads' own stacks and globals, but no memory that the
// runtime mapped.
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

// StartSwitch is called just before a jump, FinishSwitch just after it.
// `dying`: the leaver never comes back.
[[gnu::always_inline]] inline void StartSwitch(
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

[[gnu::always_inline]] inline void FinishSwitch(
    [[maybe_unused]] SwitchAnnotations& self) {
#if defined(GOSLING_ASAN)
  __sanitizer_finish_switch_fiber(self.fake_stack, nullptr, nullptr);
#endif
}

// StartBorrowing and StopBorrowing surround a call that the code of `borrower`
// makes below `top` on the stack of `lender`, which was left there.
//
// Valgrind has seen no code make room for the first words. ASan would give the
// call's locals room on the borrower's fake stack; and where an exception has
// been thrown, the next function to ask for room frees there what lies below
// itself: all that the borrower has, when it asks from another stack. For TSan,
// which counts calls and knows no addresses, the borrower's fiber goes on.
[[gnu::always_inline]] inline void StartBorrowing(
    [[maybe_unused]] SwitchAnnotations& borrower,
    [[maybe_unused]] SwitchAnnotations& lender, [[maybe_unused]] char* top) {
#if defined(GOSLING_ASAN)
  StartSwitch(borrower, lender, /*dying=*/false);
  FinishSwitch(lender);
#endif
#if defined(GOSLING_VALGRIND)
  VALGRIND_MAKE_MEM_UNDEFINED(top - 64, 64);
#endif
}

[[gnu::always_inline]] inline void StopBorrowing(
    [[maybe_unused]] SwitchAnnotations& borrower,
    [[maybe_unused]] SwitchAnnotations& lender) {
#if defined(GOSLING_ASAN)
  StartSwitch(lender, borrower, /*dying=*/false);
  FinishSwitch(borrower);
#endif
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SWITCH_ANNOTATIONS_H_
