// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// amd64: the functions of arch.h, inline, as assembly routines would be too
// slow. Include "arch/arch.h", where these functions are described.

#ifndef GOSLING_ARCH_AMD64_DEFS_H_
#define GOSLING_ARCH_AMD64_DEFS_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>

#include "arch/jump.h"
#include "arch/thread_word.h"

namespace gosling::arch {

static_assert(sizeof(void*) == 8, "x32 is not a port of gosling.");

inline constexpr const char kCpuName[] = "amd64";

inline constexpr bool kFramesAreLinked = true;

inline constexpr std::size_t kProbeInterval = 4096;

// The stack below is jump's to save registers on; they are never read again.
[[noreturn]] inline void JumpAway(void* to, void* data, JumpRoutine jump) {
  asm volatile(
      "subq $128, %%rsp\n\t"
      "jmpq *%2"
      :
      : "D"(to), "S"(data), "r"(jump)
      : "memory");
  __builtin_unreachable();
}

inline void Pause() { __builtin_ia32_pause(); }

inline std::uint64_t CycleCount() { return __builtin_ia32_rdtsc(); }

inline constexpr std::uint64_t CyclesIn(std::uint64_t ns) { return 3 * ns; }

#if defined(__APPLE__)

inline std::uintptr_t ContextPC(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext->__ss.__rip);
}
inline std::uintptr_t ContextSP(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext->__ss.__rsp);
}
inline std::uintptr_t ContextFP(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext->__ss.__rbp);
}

inline void ContextReturn(ucontext_t* uc) {
  auto& ss = uc->uc_mcontext->__ss;
  ss.__rip = *reinterpret_cast<std::uint64_t*>(ss.__rsp);
  ss.__rsp += 8;
}

#else

inline std::uintptr_t ContextPC(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext.gregs[REG_RIP]);
}
inline std::uintptr_t ContextSP(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext.gregs[REG_RSP]);
}
inline std::uintptr_t ContextFP(const ucontext_t& uc) {
  return static_cast<std::uintptr_t>(uc.uc_mcontext.gregs[REG_RBP]);
}
inline void ContextReturn(ucontext_t* uc) {
  auto& regs = uc->uc_mcontext.gregs;
  regs[REG_RIP] = *reinterpret_cast<greg_t*>(regs[REG_RSP]);
  regs[REG_RSP] += 8;
}

#endif

// int3 leaves the program counter behind itself.
inline bool AtBreakpoint(const ucontext_t& uc) {
  const auto pc = reinterpret_cast<const unsigned char*>(ContextPC(uc));
  return pc[-1] == 0xcc;
}

#if defined(__ELF__)

// The variable's distance from the thread pointer comes from the GOT, where the
// dynamic linker put it before main; a linker that knows it turns the load into
// a constant. Both instructions are in one volatile asm that clobbers memory:
// the compiler never sees the thread's address, so it has none to keep across a
// stack switch, and it can neither merge two reads nor move one over a call.
// The register in between holds an offset, the same for every thread.
inline void* ThreadWord() {
  void* word;
  asm volatile(
      "movq gosling_thread_word@gottpoff(%%rip), %0\n\t"
      "movq %%fs:(%0), %0"
      : "=r"(word)
      :
      : "memory");
  return word;
}

inline void SetThreadWord(void* word) {
  std::uintptr_t offset;
  asm volatile(
      "movq gosling_thread_word@gottpoff(%%rip), %0\n\t"
      "movq %1, %%fs:(%0)"
      : "=&r"(offset)
      : "r"(word)
      : "memory");
}

#else

inline void* ThreadWord() { return ThreadWordByCall(); }

inline void SetThreadWord(void* word) { SetThreadWordByCall(word); }

#endif

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_AMD64_DEFS_H_
