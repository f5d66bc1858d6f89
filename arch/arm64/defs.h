// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm64: the functions of arch.h, inline, as assembly routines would be too
// slow. Include "arch/arch.h", where these functions are described.

#ifndef GOSLING_ARCH_ARM64_DEFS_H_
#define GOSLING_ARCH_ARM64_DEFS_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>

#include "arch/jump.h"
#include "arch/thread_word.h"

namespace gosling::arch {

static_assert(sizeof(void*) == 8, "ILP32 is not a port of gosling.");

inline constexpr const char kCpuName[] = "arm64";

inline constexpr bool kFramesAreLinked = true;

inline constexpr std::size_t kProbeInterval = std::size_t{64} << 10;

// The stack below is jump's to save registers on; they are never read again.
[[noreturn]] inline void JumpAway(void* to, void* data, JumpRoutine jump) {
  register void* x0 asm("x0") = to;
  register void* x1 asm("x1") = data;
  register JumpRoutine x16 asm("x16") = jump;  // may land on a `bti c`
  asm volatile(
#if defined(__APPLE__)
      "sub sp, sp, #128\n\t"  // over the red zone
#endif
      "br %2"
      :
      : "r"(x0), "r"(x1), "r"(x16)
      : "memory");
  __builtin_unreachable();
}

// `yield` does nothing on most cores; `isb` takes about as long as amd64's
// pause.
inline void Pause() { asm volatile("isb" : : : "memory"); }

inline std::uint64_t CycleCount() {
  std::uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
}

// The counter's rate is the system's choice, from 19 MHz to 1 GHz.
inline std::uint64_t CyclesIn(std::uint64_t ns) {
  std::uint64_t hertz;
  asm("mrs %0, cntfrq_el0" : "=r"(hertz));
  return ns * (hertz / 1'000'000) / 1'000;
}

#if defined(__APPLE__)

inline std::uintptr_t ContextPC(const ucontext_t& uc) {
  return __darwin_arm_thread_state64_get_pc(uc.uc_mcontext->__ss);
}
inline std::uintptr_t ContextSP(const ucontext_t& uc) {
  return __darwin_arm_thread_state64_get_sp(uc.uc_mcontext->__ss);
}
inline std::uintptr_t ContextFP(const ucontext_t& uc) {
  return __darwin_arm_thread_state64_get_fp(uc.uc_mcontext->__ss);
}

inline void ContextReturn(ucontext_t* uc) {
  auto& ss = uc->uc_mcontext->__ss;
  __darwin_arm_thread_state64_set_pc_fptr(
      ss, __darwin_arm_thread_state64_get_lr_fptr(ss));
}

#else

inline std::uintptr_t ContextPC(const ucontext_t& uc) {
  return uc.uc_mcontext.pc;
}
inline std::uintptr_t ContextSP(const ucontext_t& uc) {
  return uc.uc_mcontext.sp;
}
inline std::uintptr_t ContextFP(const ucontext_t& uc) {
  return uc.uc_mcontext.regs[29];
}

inline void ContextReturn(ucontext_t* uc) {
  uc->uc_mcontext.pc = uc->uc_mcontext.regs[30];
}

#endif

// brk leaves the program counter where it is; a debugger may have moved on.
inline bool AtBreakpoint(const ucontext_t& uc) {
  const auto pc = reinterpret_cast<const std::uint32_t*>(ContextPC(uc));
  const auto is_brk = [](std::uint32_t code) {
    return (code & 0xffe0001f) == 0xd4200000;
  };
  return is_brk(pc[0]) || is_brk(pc[-1]);
}

#if defined(__ELF__)

// As on amd64: the variable's distance from the thread pointer comes from the
// GOT, and the compiler never sees the thread's address.
inline void* ThreadWord() {
  void* word;
  std::uintptr_t offset;
  asm volatile(
      "adrp %1, :gottprel:gosling_thread_word\n\t"
      "ldr %1, [%1, :gottprel_lo12:gosling_thread_word]\n\t"
      "mrs %0, tpidr_el0\n\t"
      "ldr %0, [%0, %1]"
      : "=&r"(word), "=&r"(offset)
      :
      : "memory");
  return word;
}

inline void SetThreadWord(void* word) {
  std::uintptr_t thread, offset;
  asm volatile(
      "adrp %1, :gottprel:gosling_thread_word\n\t"
      "ldr %1, [%1, :gottprel_lo12:gosling_thread_word]\n\t"
      "mrs %0, tpidr_el0\n\t"
      "str %2, [%0, %1]"
      : "=&r"(thread), "=&r"(offset)
      : "r"(word)
      : "memory");
}

#else

inline void* ThreadWord() { return ThreadWordByCall(); }

inline void SetThreadWord(void* word) { SetThreadWordByCall(word); }

#endif

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_ARM64_DEFS_H_
