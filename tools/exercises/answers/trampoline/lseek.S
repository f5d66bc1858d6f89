// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "arch/asm.h"

FUNC SYM(exercise_lseek_trampoline)  // %rdi = args
  pushq %rbp                         // and the stack is aligned
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  movl 16(%rdi), %edx
  movq 8(%rdi), %rsi
  movl (%rdi), %edi                  // last: the others are read through it
  callq LIBC(lseek)
  cmpq $-1, %rax
  jne 1f
  callq LIBC_ERRNO                   // where it is, on this thread
  movslq (%rax), %rax
  negq %rax
1:
  leaveq
  .cfi_def_cfa %rsp, 8
  .cfi_restore %rbp
  retq
END_FUNC SYM(exercise_lseek_trampoline)

END_FILE
