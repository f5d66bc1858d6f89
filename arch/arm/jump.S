// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm: entering a stack-switching routine, and keeping what it does not. The
// contract is jump.h.
//
// jump leaves by popping pc, whose prediction is the call that entered it: so
// it is entered by a plain call. Unlike on x86, Boost's saves no floating-point
// modes. A struct of two pointers comes back in memory, whose address precedes
// the arguments; those registers are right as they are.

#include "arch/asm.h"

// r0 = where the JumpResult goes, r1 = to, r2 = data, r3 = jump
FUNC SYM(gosling_jump_through)
  push {FP, lr}
  UNWIND .save {FP, lr}
  .cfi_def_cfa_offset 8
  .cfi_offset FP, -8
  .cfi_offset lr, -4
  mov FP, sp
  UNWIND .setfp FP, sp
  .cfi_def_cfa_register FP
#if defined(__ARM_FP)
  vmrs r12, fpscr
  push {r11, r12}                // one of them for alignment
  blx r3
  ldr r2, [sp, #4]
  vmrs r3, fpscr
  cmp r2, r3
  beq 1f                         // mostly, and writing it is slow
  vmsr fpscr, r2
1:
#else
  blx r3
#endif
  mov sp, FP
  .cfi_def_cfa_register sp
  pop {FP, pc}
END_FUNC SYM(gosling_jump_through)

END_FILE
