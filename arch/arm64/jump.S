// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm64: entering a stack-switching routine by a jump. The contract is jump.h.
//
// jump leaves by `ret`, whose prediction is the call that entered this routine:
// going on to jump without another call is all there is to do. %x16 is the
// register through which an indirect jump may land on a `bti c`.

#include "arch/asm.h"

FUNC SYM(gosling_jump_through)   // x0 = to, x1 = data, x2 = jump
  mov x16, x2
  br x16
END_FUNC SYM(gosling_jump_through)

END_FILE
