// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The registers that a fatal report shows: those that Go shows on this CPU, by
// its names and in its order. Each port has a registers.h with
//
//     int ContextRegisters(const ucontext_t&, Register* out)
//         Fills in, at `out`, the registers of the code that a signal has
//         interrupted, and returns how many: kMostRegisters at most.
//         Async-signal-safe.
//
// Go: runtime/signal_amd64.go, signal_arm64.go …, dumpregs.

#ifndef GOSLING_ARCH_REGISTERS_H_
#define GOSLING_ARCH_REGISTERS_H_

#include <signal.h>

#include <cstdint>

namespace gosling::arch {

struct Register {
  const char* name;
  std::uintptr_t value;
};

inline constexpr int kMostRegisters = 40;

template <int n>
int FillRegisters(const Register (&all)[n], Register* out) {
  static_assert(n <= kMostRegisters);
  for (const Register& one : all) *out++ = one;
  return n;
}

}  // namespace gosling::arch

#if defined(__x86_64__)
#include "arch/amd64/registers.h"
#elif defined(__i386__)
#include "arch/386/registers.h"
#elif defined(__aarch64__)
#include "arch/arm64/registers.h"
#elif defined(__arm__)
#include "arch/arm/registers.h"
#endif

#endif  // GOSLING_ARCH_REGISTERS_H_
