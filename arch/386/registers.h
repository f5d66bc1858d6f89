// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// 386: see arch/registers.h.

#ifndef GOSLING_ARCH_386_REGISTERS_H_
#define GOSLING_ARCH_386_REGISTERS_H_

#include "arch/registers.h"

namespace gosling::arch {

inline int ContextRegisters(const ucontext_t& uc, Register* out) {
#if defined(__APPLE__)
  const auto& r = uc.uc_mcontext->__ss;
  const Register all[] = {
      {"eax", r.__eax},       {"ebx", r.__ebx}, {"ecx", r.__ecx},
      {"edx", r.__edx},       {"edi", r.__edi}, {"esi", r.__esi},
      {"ebp", r.__ebp},       {"esp", r.__esp}, {"eip", r.__eip},
      {"eflags", r.__eflags}, {"cs", r.__cs},   {"fs", r.__fs},
      {"gs", r.__gs},
  };
#else
  auto r = [&uc](int i) {
    return static_cast<std::uintptr_t>(uc.uc_mcontext.gregs[i]);
  };
  const Register all[] = {
      {"eax", r(REG_EAX)},        {"ebx", r(REG_EBX)},
      {"ecx", r(REG_ECX)},        {"edx", r(REG_EDX)},
      {"edi", r(REG_EDI)},        {"esi", r(REG_ESI)},
      {"ebp", r(REG_EBP)},        {"esp", r(REG_ESP)},
      {"eip", r(REG_EIP)},        {"eflags", r(REG_EFL)},
      {"cs", r(REG_CS) & 0xffff}, {"fs", r(REG_FS) & 0xffff},
      {"gs", r(REG_GS) & 0xffff},
  };
#endif
  return FillRegisters(all, out);
}

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_386_REGISTERS_H_
