// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm64: entering a stack-switching routine, and keeping what it does not. The
// contract is jump.h.
//
// jump leaves by `ret`, whose prediction is the call that entered it: so it is
// entered by a plain call. Unlike on x86, Boost's saves no floating-point
// modes.

#include "arch/asm.h"

FUNC SYM(gosling_jump_through)   // x0 = to, x1 = data, x2 = jump
  SIGN_RETURN_ADDRESS
  stp x29, x30, [sp, #-32]!
  .cfi_def_cfa_offset 32
  .cfi_offset x29, -32
  .cfi_offset x30, -24
  mov x29, sp
  .cfi_def_cfa_register x29
  mrs x3, fpcr
  str x3, [sp, #16]
  blr x2                         // x0 and x1 hold the JumpResult from here on
  ldr x2, [sp, #16]
  mrs x3, fpcr
  cmp x2, x3
  b.eq 1f                        // mostly, and writing it is slow
  msr fpcr, x2
1:
  .cfi_def_cfa_register sp
  ldp x29, x30, [sp], #32
  .cfi_def_cfa_offset 0
  .cfi_restore x30
  .cfi_restore x29
  CHECK_RETURN_ADDRESS
  ret
END_FUNC SYM(gosling_jump_through)

END_FILE
