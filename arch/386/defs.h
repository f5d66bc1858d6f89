// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// 386: the functions of arch.h, inline, as assembly routines would be too slow.
// Include "arch/arch.h", where these functions are described.

#ifndef GOSLING_ARCH_386_DEFS_H_
#define GOSLING_ARCH_386_DEFS_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>

#include "arch/jump.h"
#include "arch/thread_word.h"

namespace gosling::arch {

inline constexpr const char kCpuName[] = "386";

inline constexpr bool kFramesAreLinked = true;

inline constexpr std::size_t kProbeInterval = 4096;

// jump takes its arguments from the stack, as after a call: the return address,
// on ELF where the result goes, `to` and `data`. The former two are for a jump
// back to this stack, which never comes.
[[noreturn]] inline void JumpAway(void* to, void* data, JumpRoutine jump) {
  asm volatile(
      "pushl %1\n\t"
      "pushl %0\n\t"
#if defined(__ELF__)
      "pushl $0\n\t"
#endif
      "pushl $0\n\t"
      "jmpl *%2"
      :
      : "r"(to), "r"(data), "r"(jump)
      : "memory");
  __builtin_unreachable();
}

inline void Pause() { __builtin_ia32_pause(); }

inline std::uint64_t CycleCount() { return __builtin_ia32_rdtsc(); }

inline constexpr std::uint64_t CyclesIn(std::uint64_t ns) { return 3 * ns; }

#if defined(__APPLE__)

inline std::uintptr_t ContextPC(const ucontext_t& uc) {
  return uc.uc_mcontext->__ss.__eip;
}
inline std::uintptr_t ContextSP(const ucontext_t& uc) {
  return uc.uc_mcontext->__ss.__esp;
}
inline std::uintptr_t ContextFP(const ucontext_t& uc) {
  return uc.uc_mcontext->__ss.__ebp;
}

inline void ContextReturn(ucontext_t* uc) {
  auto& ss = uc->uc_mcontext->__ss;
  ss.__eip = *reinterpret_cast<std::uint32_t*>(ss.__esp);
  ss.__esp += 4;
}

#else

inline std::uintptr_t ContextPC(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext.gregs[REG_EIP]);
}
inline std::uintptr_t ContextSP(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext.gregs[REG_ESP]);
}
inline std::uintptr_t ContextFP(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext.gregs[REG_EBP]);
}

inline void ContextReturn(ucontext_t* uc) {
  auto& regs = uc->uc_mcontext.gregs;
  regs[REG_EIP] = *reinterpret_cast<greg_t*>(regs[REG_ESP]);
  regs[REG_ESP] += 4;
}

#endif

// int3 leaves the program counter behind itself.
inline bool AtBreakpoint(const ucontext_t& uc) {
  const auto pc = reinterpret_cast<const unsigned char*>(ContextPC(uc));
  return pc[-1] == 0xcc;
}

// By call: position-independent code reaches the variable through the GOT,
// whose address takes as many instructions to find as the call does.
inline void* ThreadWord() { return ThreadWordByCall(); }

inline void SetThreadWord(void* word) { SetThreadWordByCall(word); }

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_386_DEFS_H_
