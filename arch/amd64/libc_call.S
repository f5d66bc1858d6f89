// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// amd64 (System V ABI, ELF and Mach-O): the call on another stack, and the
// trampolines into libc. The contract is libc_call.h; the frame of
// gosling_call_on_stack is drawn in README.md.
//
// Every routine keeps a frame pointer and describes its frame by it. That also
// makes %rsp, which is 8 mod 16 at entry, a multiple of 16 at the calls.

#include "arch/asm.h"
#include "arch/libc_call.h"

.macro ENTER
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
.endm

.macro LEAVE_AND_RETURN
  leaveq
  .cfi_def_cfa %rsp, 8
  .cfi_restore %rbp
  retq
.endm

// RETURN_WORD ends a trampoline whose libc function returns a ssize_t: -1
// becomes minus errno. LIBC_ERRNO returns where errno is, hence the load.
.macro RETURN_WORD
  cmpq $-1, %rax
  jne 1f
  callq LIBC_ERRNO
  movslq (%rax), %rax
  negq %rax
1:
  LEAVE_AND_RETURN
.endm

// RETURN_INT is RETURN_WORD for a libc function that returns an int. The ABI
// leaves the upper half of %rax undefined.
.macro RETURN_INT
  cltq
  RETURN_WORD
.endm

FUNC SYM(gosling_call_on_stack)  // %rdi = fn, %rsi = arg, %rdx = stack_top
  ENTER
  movq %rdi, %rax
  movq %rsi, %rdi
  testq %rdx, %rdx
  jz 1f                          // in place
  andq $-16, %rdx
  movq %rdx, %rsp                // %rbp stays, and with it the CFA
1:
  BEGIN_STACK_SWITCH
  callq *%rax
  LEAVE_AND_RETURN               // back by %rbp, which fn preserved
  END_STACK_SWITCH
END_FUNC SYM(gosling_call_on_stack)

FUNC SYM(gosling_pipe_trampoline)
  ENTER
  callq LIBC(pipe)               // the block is the array: %rdi is right
  RETURN_INT
END_FUNC SYM(gosling_pipe_trampoline)

#ifdef GOSLING_HAVE_PIPE2
FUNC SYM(gosling_pipe2_trampoline)
  ENTER
  movl GOSLING_PIPE2_FLAGS(%rdi), %esi
  callq LIBC(pipe2)              // fds come first: %rdi is right
  RETURN_INT
END_FUNC SYM(gosling_pipe2_trampoline)
#endif

FUNC SYM(gosling_read_trampoline)
  ENTER
  movq GOSLING_READ_COUNT(%rdi), %rdx
  movq GOSLING_READ_BUF(%rdi), %rsi
  movl GOSLING_READ_FD(%rdi), %edi
  callq LIBC(read)
  RETURN_WORD
END_FUNC SYM(gosling_read_trampoline)

FUNC SYM(gosling_write_trampoline)
  ENTER
  movq GOSLING_WRITE_COUNT(%rdi), %rdx
  movq GOSLING_WRITE_BUF(%rdi), %rsi
  movl GOSLING_WRITE_FD(%rdi), %edi
  callq LIBC(write)
  RETURN_WORD
END_FUNC SYM(gosling_write_trampoline)

FUNC SYM(gosling_close_trampoline)
  ENTER
  movl GOSLING_CLOSE_FD(%rdi), %edi
  callq LIBC(close)
  RETURN_INT
END_FUNC SYM(gosling_close_trampoline)

FUNC SYM(gosling_fcntl_trampoline)
  ENTER
  movq GOSLING_FCNTL_ARG(%rdi), %rdx
  movl GOSLING_FCNTL_CMD(%rdi), %esi
  movl GOSLING_FCNTL_FD(%rdi), %edi
  xorl %eax, %eax                // variadic: no vector registers used
  callq LIBC(fcntl)
  RETURN_INT
END_FUNC SYM(gosling_fcntl_trampoline)

END_FILE
