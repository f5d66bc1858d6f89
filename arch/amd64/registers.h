// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// amd64: see arch/registers.h.

#ifndef GOSLING_ARCH_AMD64_REGISTERS_H_
#define GOSLING_ARCH_AMD64_REGISTERS_H_

#include "arch/registers.h"

namespace gosling::arch {

inline int ContextRegisters(const ucontext_t& uc, Register* out) {
#if defined(__APPLE__)
  const auto& r = uc.uc_mcontext->__ss;
  const Register all[] = {
      {"rax", r.__rax}, {"rbx", r.__rbx}, {"rcx", r.__rcx},
      {"rdx", r.__rdx}, {"rdi", r.__rdi}, {"rsi", r.__rsi},
      {"rbp", r.__rbp}, {"rsp", r.__rsp}, {"r8", r.__r8},
      {"r9", r.__r9},   {"r10", r.__r10}, {"r11", r.__r11},
      {"r12", r.__r12}, {"r13", r.__r13}, {"r14", r.__r14},
      {"r15", r.__r15}, {"rip", r.__rip}, {"rflags", r.__rflags},
      {"cs", r.__cs},   {"fs", r.__fs},   {"gs", r.__gs},
  };
#else
  auto r = [&uc](int i) {
    return static_cast<std::uintptr_t>(uc.uc_mcontext.gregs[i]);
  };
  // CS, GS and FS share a word, 16 bits each.
  const std::uintptr_t segments = r(REG_CSGSFS);
  const Register all[] = {
      {"rax", r(REG_RAX)},
      {"rbx", r(REG_RBX)},
      {"rcx", r(REG_RCX)},
      {"rdx", r(REG_RDX)},
      {"rdi", r(REG_RDI)},
      {"rsi", r(REG_RSI)},
      {"rbp", r(REG_RBP)},
      {"rsp", r(REG_RSP)},
      {"r8", r(REG_R8)},
      {"r9", r(REG_R9)},
      {"r10", r(REG_R10)},
      {"r11", r(REG_R11)},
      {"r12", r(REG_R12)},
      {"r13", r(REG_R13)},
      {"r14", r(REG_R14)},
      {"r15", r(REG_R15)},
      {"rip", r(REG_RIP)},
      {"rflags", r(REG_EFL)},
      {"cs", segments & 0xffff},
      {"fs", segments >> 32 & 0xffff},
      {"gs", segments >> 16 & 0xffff},
  };
#endif
  return FillRegisters(all, out);
}

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_AMD64_REGISTERS_H_
