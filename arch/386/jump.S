// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// 386: entering a stack-switching routine by a jump. The contract is jump.h.
//
// On ELF a struct of two pointers comes back in memory: the caller passes its
// address before the arguments, and the callee takes that word off the stack.
// On Mach-O it comes back in %eax and %edx, and there is no such word.

#include "arch/asm.h"

// On entry 4(%esp) = where the JumpResult goes (ELF), then to, data, jump.
FUNC SYM(gosling_jump_through)
#if !defined(__ELF__)
  subl $4, %esp                  // so that jump finds %esp as after a call:
  .cfi_adjust_cfa_offset 4       // 12 mod 16, for code that runs on top of it
#endif
  movl 16(%esp), %ecx          // jump
  pushl 12(%esp)               // data
  .cfi_adjust_cfa_offset 4
  pushl 12(%esp)               // to
  .cfi_adjust_cfa_offset 4
#if defined(__ELF__)
  pushl 12(%esp)               // where the JumpResult goes
  .cfi_adjust_cfa_offset 4
#endif
  calll 2f                       // %eax = 1f; a call that is answered
1:
  addl $(3f - 1b), %eax
  pushl %eax                     // where jump returns to, one day
  .cfi_adjust_cfa_offset 4
  jmpl *%ecx
2:
  movl (%esp), %eax              // (as deep here as there)
  retl
  .cfi_adjust_cfa_offset -4
  nop                            // unwinders look one byte before a return address
3:
  LANDING_PAD                    // jump comes back by an indirect jump
#if defined(__ELF__)
  .cfi_adjust_cfa_offset -4      // it took the address, and left it in %eax
  addl $8, %esp
  .cfi_adjust_cfa_offset -8
  retl $4
#else
  addl $12, %esp
  .cfi_adjust_cfa_offset -12
  retl                           // %eax and %edx hold the JumpResult
#endif
END_FUNC SYM(gosling_jump_through)

END_FILE
