// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm64: see arch/registers.h.

#ifndef GOSLING_ARCH_ARM64_REGISTERS_H_
#define GOSLING_ARCH_ARM64_REGISTERS_H_

#include "arch/registers.h"

namespace gosling::arch {

inline int ContextRegisters(const ucontext_t& uc, Register* out) {
#if defined(__APPLE__)
  const auto& r = uc.uc_mcontext->__ss;
  auto x = [&r](int i) {
    return static_cast<std::uintptr_t>(i == 29 ? r.__fp : r.__x[i]);
  };
  const auto lr = static_cast<std::uintptr_t>(r.__lr);
  const auto sp = static_cast<std::uintptr_t>(r.__sp);
  const auto pc = static_cast<std::uintptr_t>(r.__pc);
  const auto fault = static_cast<std::uintptr_t>(uc.uc_mcontext->__es.__far);
#else
  const auto& r = uc.uc_mcontext;
  auto x = [&r](int i) { return static_cast<std::uintptr_t>(r.regs[i]); };
  const std::uintptr_t lr = x(30);
  const std::uintptr_t sp = r.sp;
  const std::uintptr_t pc = r.pc;
  const std::uintptr_t fault = r.fault_address;
#endif
  const Register all[] = {
      {"r0", x(0)},   {"r1", x(1)},     {"r2", x(2)},   {"r3", x(3)},
      {"r4", x(4)},   {"r5", x(5)},     {"r6", x(6)},   {"r7", x(7)},
      {"r8", x(8)},   {"r9", x(9)},     {"r10", x(10)}, {"r11", x(11)},
      {"r12", x(12)}, {"r13", x(13)},   {"r14", x(14)}, {"r15", x(15)},
      {"r16", x(16)}, {"r17", x(17)},   {"r18", x(18)}, {"r19", x(19)},
      {"r20", x(20)}, {"r21", x(21)},   {"r22", x(22)}, {"r23", x(23)},
      {"r24", x(24)}, {"r25", x(25)},   {"r26", x(26)}, {"r27", x(27)},
      {"r28", x(28)}, {"r29", x(29)},   {"lr", lr},     {"sp", sp},
      {"pc", pc},     {"fault", fault},
  };
  return FillRegisters(all, out);
}

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_ARM64_REGISTERS_H_
