// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm: the functions of arch.h, inline, as assembly routines would be too slow.
// Include "arch/arch.h", where these functions are described.

#ifndef GOSLING_ARCH_ARM_DEFS_H_
#define GOSLING_ARCH_ARM_DEFS_H_

#include <signal.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "arch/jump.h"
#include "arch/thread_word.h"

namespace gosling::arch {

static_assert(__ARM_ARCH >= 7, "gosling needs arm's version 7 or a later one.");

inline constexpr const char kCpuName[] = "arm";

inline constexpr bool kFramesAreLinked = false;

inline constexpr std::size_t kProbeInterval = 4096;

// r0, where the result goes, and lr are for a jump back to this stack, which
// never comes.
[[noreturn]] inline void JumpAway(void* to, void* data, JumpRoutine jump) {
  register void* r1 asm("r1") = to;
  register void* r2 asm("r2") = data;
  register JumpRoutine r3 asm("r3") = jump;
  asm volatile("bx %2" : : "r"(r1), "r"(r2), "r"(r3) : "memory");
  __builtin_unreachable();
}

inline void Pause() { asm volatile("yield" : : : "memory"); }

// Nanoseconds: whether programs may read the CPU's own counters is the system's
// choice, and no instruction tells.
inline std::uint64_t CycleCount() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline constexpr std::uint64_t CyclesIn(std::uint64_t ns) { return ns; }

// In Thumb code the lowest bit of an address that is jumped to is set, and so
// is a bit of the status register. The frame pointer is r7 there.
inline constexpr unsigned kThumbStatus = 0x20;

#if defined(__APPLE__)

inline bool InThumb(const ucontext_t& uc) {
  return (uc.uc_mcontext->__ss.__cpsr & kThumbStatus) != 0;
}
inline std::uintptr_t ContextPC(const ucontext_t& uc) {
  return uc.uc_mcontext->__ss.__pc;
}
inline std::uintptr_t ContextSP(const ucontext_t& uc) {
  return uc.uc_mcontext->__ss.__sp;
}
inline std::uintptr_t ContextFP(const ucontext_t& uc) {
  return uc.uc_mcontext->__ss.__r[7];
}

inline void ContextReturn(ucontext_t* uc) {
  auto& ss = uc->uc_mcontext->__ss;
  ss.__pc = ss.__lr & ~1u;
  ss.__cpsr = (ss.__cpsr & ~kThumbStatus) | (ss.__lr & 1) * kThumbStatus;
}

#else

inline bool InThumb(const ucontext_t& uc) {
  return (uc.uc_mcontext.arm_cpsr & kThumbStatus) != 0;
}
inline std::uintptr_t ContextPC(const ucontext_t& uc) {
  return uc.uc_mcontext.arm_pc;
}
inline std::uintptr_t ContextSP(const ucontext_t& uc) {
  return uc.uc_mcontext.arm_sp;
}
inline std::uintptr_t ContextFP(const ucontext_t& uc) {
  return InThumb(uc) ? uc.uc_mcontext.arm_r7 : uc.uc_mcontext.arm_fp;
}

inline void ContextReturn(ucontext_t* uc) {
  auto& regs = uc->uc_mcontext;
  regs.arm_pc = regs.arm_lr & ~1ul;
  regs.arm_cpsr =
      (regs.arm_cpsr & ~kThumbStatus) | (regs.arm_lr & 1) * kThumbStatus;
}

#endif

// bkpt, and the two undefined instructions that Darwin has for breakpoints, the
// first of them clang's __builtin_trap, leave the program counter where it is; a
// debugger may have moved on.
inline bool AtBreakpoint(const ucontext_t& uc) {
  if (InThumb(uc)) {
    const auto pc = reinterpret_cast<const std::uint16_t*>(ContextPC(uc));
    const auto is_breakpoint = [](std::uint16_t code) {
      return (code & 0xff00) == 0xbe00 || code == 0xdefe || code == 0xdeff;
    };
    return is_breakpoint(pc[0]) || is_breakpoint(pc[-1]);
  }
  const auto pc = reinterpret_cast<const std::uint32_t*>(ContextPC(uc));
  const auto is_breakpoint = [](std::uint32_t code) {
    return (code & 0xfff000f0) == 0xe1200070 || code == 0xe7ffdefe ||
           code == 0xe7ffdeff;
  };
  return is_breakpoint(pc[0]) || is_breakpoint(pc[-1]);
}

// By call: position-independent code needs a word beside the instructions to
// reach the variable's offset, which inline assembly has no place for.
inline void* ThreadWord() { return ThreadWordByCall(); }

inline void SetThreadWord(void* word) { SetThreadWordByCall(word); }

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_ARM_DEFS_H_
