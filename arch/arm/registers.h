// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm: see arch/registers.h.

#ifndef GOSLING_ARCH_ARM_REGISTERS_H_
#define GOSLING_ARCH_ARM_REGISTERS_H_

#include "arch/registers.h"

namespace gosling::arch {

inline int ContextRegisters(const ucontext_t& uc, Register* out) {
#if defined(__APPLE__)
  const auto& r = uc.uc_mcontext->__ss;
  const Register all[] = {
      {"r0", r.__r[0]},  {"r1", r.__r[1]},   {"r2", r.__r[2]},
      {"r3", r.__r[3]},  {"r4", r.__r[4]},   {"r5", r.__r[5]},
      {"r6", r.__r[6]},  {"r7", r.__r[7]},   {"r8", r.__r[8]},
      {"r9", r.__r[9]},  {"r10", r.__r[10]}, {"fp", r.__r[11]},
      {"ip", r.__r[12]}, {"sp", r.__sp},     {"lr", r.__lr},
      {"pc", r.__pc},    {"cpsr", r.__cpsr},
  };
#else
  const auto& r = uc.uc_mcontext;
  const Register all[] = {
      {"trap", r.trap_no}, {"error", r.error_code}, {"oldmask", r.oldmask},
      {"r0", r.arm_r0},    {"r1", r.arm_r1},        {"r2", r.arm_r2},
      {"r3", r.arm_r3},    {"r4", r.arm_r4},        {"r5", r.arm_r5},
      {"r6", r.arm_r6},    {"r7", r.arm_r7},        {"r8", r.arm_r8},
      {"r9", r.arm_r9},    {"r10", r.arm_r10},      {"fp", r.arm_fp},
      {"ip", r.arm_ip},    {"sp", r.arm_sp},        {"lr", r.arm_lr},
      {"pc", r.arm_pc},    {"cpsr", r.arm_cpsr},    {"fault", r.fault_address},
  };
#endif
  return FillRegisters(all, out);
}

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_ARM_REGISTERS_H_
