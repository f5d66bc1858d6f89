// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Guards below stacks: no overflow goes unnoticed.
//
// A guard is 64 KiB, so that a smaller frame cannot step over it. Code compiled
// with -fstack-clash-protection, as the library is and as its users are told to
// be, touches every page of a larger frame in turn, alloca's too, and meets the
// guard whatever the frame's size; on arm64 gcc touches one place in 64 KiB, so
// a smaller guard would not do there (arch::kProbeInterval). A larger one was
// rejected: with MADV_GUARD_INSTALL each page of it costs 8 bytes of page table
// and 15 to 20 ns when the slot is first used. 64 KiB cost 96 bytes and 0.2 us
// a stack more than 16 KiB do, 256 KiB 480 bytes and 1.2 us, half as much as
// the first use by itself; and no size holds against frames that grow with it.
// 16 KiB where address space is short (32 bits, vm.overcommit_memory=2). Guards
// are made when the slot is first used, by the best means that is left:
//   1. MADV_GUARD_INSTALL costs no mapping; a million stacks are possible.
//   2. mprotect splits the mapping in two places. A process has 65,530 mappings
//      unless vm.max_map_count says otherwise, and malloc and dlopen fail when
//      none is left: so at most 45 % of that number are guarded so, which uses
//      90 %.
//   3. After that, canary words below the stack and a warning on stderr, once.
//      They are checked when the stack is freed: an overrun is noticed, late.
// A slot keeps its guard for ever, through reuse and MADV_DONTNEED.

#ifndef GOSLING_SCHED_STACK_GUARD_H_
#define GOSLING_SCHED_STACK_GUARD_H_

#include <cstddef>
#include <cstdint>

#include "sched/stack.h"

namespace gosling::sched {

// How the next new stack will be guarded; it only ever goes down this list.
enum class GuardMode {
  kMadvise,   // MADV_GUARD_INSTALL: no mapping is spent
  kMprotect,  // two mappings each, as long as the system's limit allows
  kCanary,    // words below the stack, looked at when the stack is freed
};
GuardMode StackGuardMode();

// StackForgoMadvise goes down to kMprotect, as if the system had nothing
// better. For Bootstrap.
void StackForgoMadvise();

// StackGuardSize is how many bytes below every stack are guarded: no frame
// smaller than that, and no frame of code that probes its stack
// (-fstack-clash-protection), leaves its stack unnoticed. Constant once
// DefaultStack is.
std::size_t StackGuardSize();

// GuardNew guards n stacks that were never used, n <= kMostGuardedAtOnce, and
// says in each whether it has a canary. May make system calls.
inline constexpr int kMostGuardedAtOnce = 16;
void GuardNew(Stack* stacks, int n);

// StackIntact says whether a stack without an inaccessible guard still has its
// canary, that is, whether it has not been overrun; true for all others. For
// ReleaseDead, which reports an overrun before StackFree and Put do.
bool StackIntact(const Stack& stack);

// CheckCanary is fatal for a stack that has been overrun.
void CheckCanary(const Stack& stack);

// WriteCanary writes the canary of a stack whose memory was given back.
void WriteCanary(const Stack& stack);

// For tests: StackResetForTest's part.
void ResetGuardsForTest(GuardMode mode, std::int64_t max_mprotect);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_STACK_GUARD_H_
