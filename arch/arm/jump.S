// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm: entering a stack-switching routine by a jump. The contract is jump.h.
//
// jump leaves by popping pc, whose prediction is the call that entered this
// routine: going on to jump without another call is all there is to do. A
// struct of two pointers comes back in memory, whose address precedes the
// arguments; the registers are right as they are.

#include "arch/asm.h"

FUNC SYM(gosling_jump_through)   // r0 = the JumpResult, r1 = to, r2 = data, r3 = jump
  bx r3
END_FUNC SYM(gosling_jump_through)

END_FILE
