// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// amd64: entering a stack-switching routine by a jump. The contract is jump.h.

#include "arch/asm.h"

FUNC SYM(gosling_jump_through)   // %rdi = to, %rsi = data, %rdx = jump
  subq $8, %rsp                  // so that jump finds %rsp as after a call:
  .cfi_def_cfa_offset 16         // 8 mod 16, for code that runs on top of it
  leaq 1f(%rip), %rax
  pushq %rax                     // where jump returns to, one day
  .cfi_def_cfa_offset 24
  jmpq *%rdx
  .cfi_def_cfa_offset 16
  nop                            // unwinders look one byte before a return address
1:
  LANDING_PAD                    // jump comes back by an indirect jump
  addq $8, %rsp
  .cfi_def_cfa_offset 8
  retq                           // %rax and %rdx hold the JumpResult
END_FUNC SYM(gosling_jump_through)

END_FILE
