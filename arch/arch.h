// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The CPU's part of the runtime, and the contract that a port fulfils. A port
// is a folder named as Go names the CPU, with the same files in each:
//
//     defs.h       the functions described below, inline
//     jump.S       the routine of jump.h
//     libc_call.S  the routines of libc_call.h, in that header's order
//     registers.h  what registers.h beside this file describes
//
// In namespace gosling::arch a defs.h provides
//
//     [[noreturn]] void JumpAway(void* to, void* data, JumpRoutine jump)
//         Enters jump (jump.h) by a plain jump, never to come back: a call
//         would leave an entry in the return predictor that nothing answers.
//
//     const char kCpuName[]
//         The folder's name, for messages.
//
//     void Pause()
//         One turn of a spin loop: tells the CPU that it is in one.
//
//     std::uint64_t CycleCount()
//         A counter that runs at a constant rate of its own and is cheap to
//         read: for seeding random numbers and comparing durations on one
//         thread, not for telling the time. Neither ordered against the
//         instructions around it nor promised to agree between CPUs.
//
//     std::uint64_t CyclesIn(std::uint64_t ns)
//         Roughly how far CycleCount gets in that time: right within a factor
//         of two.
//
//     std::uintptr_t ContextPC(const ucontext_t&)
//     std::uintptr_t ContextSP(const ucontext_t&)
//     std::uintptr_t ContextFP(const ucontext_t&)
//         Program counter, stack pointer and frame pointer of the code that a
//         signal interrupted; the ucontext_t is the handler's third argument.
//
//     const bool kFramesAreLinked
//         Where code keeps frame pointers, whether each points at the caller's,
//         with the return address above it. Not on arm, whose compilers do not
//         agree.
//
//     const std::size_t kProbeInterval
//         Code compiled with -fstack-clash-protection touches its stack at least
//         once in so many bytes, gcc's default and clang's, as long as they are
//         not told otherwise: what a guard has to measure at least.
//
//     void ContextReturn(ucontext_t*)
//         Makes it look as if the function that was called last, and has not
//         executed an instruction yet, had returned.
//
//     bool AtBreakpoint(const ucontext_t&)
//         Whether the code that a SIGTRAP interrupted has executed a
//         breakpoint. For Darwin, whose kernel does not say so by itself.
//
//     void* ThreadWord()
//     void SetThreadWord(void*)
//         One word per thread, null at first, which the runtime uses to find
//         what it knows about the thread it is on (Go keeps g in a register or
//         a TLS slot for this).
//
//         Each call reaches the word of the thread that executes it, at the
//         point of the program where the call is written: the compiler may not
//         reuse an earlier value, nor the address behind it. Plain thread_local
//         variables lack this property: after a stack switch that moved a
//         goroutine to another thread, compiled code goes on using the address
//         it computed before. The word read is still only as good as its
//         moment: read it again after anything that may have parked.
//
// All of these may be called from threads, goroutines and signal handlers;
// none parks, allocates or throws (but see thread_word.cc on Mach-O).

#ifndef GOSLING_ARCH_ARCH_H_
#define GOSLING_ARCH_ARCH_H_

// The choice of the CPU, made by the compiler's target here, so that headers
// find the port without the build adding to the include path. The build makes
// the same choice for libc_call.S.
#if defined(__i386__)
#include "arch/386/defs.h"
#elif defined(__x86_64__)
#include "arch/amd64/defs.h"
#elif defined(__arm__)
#include "arch/arm/defs.h"
#elif defined(__aarch64__)
#include "arch/arm64/defs.h"
#else
#error \
    "gosling runs on 386, amd64, arm and arm64; arch/README.md says how to add a CPU."
#endif

namespace gosling::arch {

// FoldedProduct returns the two halves of the product of x and y, each as wide
// as they are, xored with each other. Random number generators mix with it.
inline std::uint64_t FoldedProduct(std::uint64_t x, std::uint64_t y) {
#if defined(__SIZEOF_INT128__)
  auto product = static_cast<unsigned __int128>(x) * y;
  return static_cast<std::uint64_t>(product >> 64) ^
         static_cast<std::uint64_t>(product);
#else
  // (a·2³² + b)(c·2³² + d)
  const std::uint64_t a = x >> 32, b = x & 0xffffffff;
  const std::uint64_t c = y >> 32, d = y & 0xffffffff;
  const std::uint64_t inner = a * d + (b * d >> 32);
  const std::uint64_t middle = b * c + (inner & 0xffffffff);
  const std::uint64_t high = a * c + (inner >> 32) + (middle >> 32);
  return high ^ x * y;
#endif
}

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_ARCH_H_
