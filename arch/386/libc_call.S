// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// 386 (System V ABI with the stack aligned to 16, ELF and Mach-O): the call on
// another stack, and the trampolines into libc. The contract is libc_call.h;
// the frame of gosling_call_on_stack is drawn in README.md.
//
// Every routine keeps a frame pointer and describes its frame by it. In a
// trampoline's frame, from %ebp downwards:
//
//      8(%ebp)  the address of the argument block
//     -4(%ebp)  the caller's %ebx: ours holds the GOT's address, which calls
//               through the PLT want on ELF
//     12(%esp), 8, 4, 0   room for libc's arguments; %esp is a multiple of 16

#include "arch/asm.h"
#include "arch/libc_call.h"

.macro ENTER
  pushl %ebp
  .cfi_def_cfa_offset 8
  .cfi_offset %ebp, -8
  movl %esp, %ebp
  .cfi_def_cfa_register %ebp
.endm

.macro LEAVE_AND_RETURN
  leavel
  .cfi_def_cfa %esp, 4
  .cfi_restore %ebp
  retl
.endm

// ENTER_TRAMPOLINE leaves the address of the argument block in %edx.
.macro ENTER_TRAMPOLINE
  ENTER
  pushl %ebx
  .cfi_offset %ebx, -12
  leal -20(%esp), %esp           // see asm.h about immediates in macros
  movl 8(%ebp), %edx
#if defined(__ELF__)
  calll gosling_pc_in_ebx
  addl $_GLOBAL_OFFSET_TABLE_, %ebx
#endif
.endm

// RETURN_INT ends a trampoline: -1 becomes minus errno. LIBC_ERRNO returns
// where errno is, hence the load.
.macro RETURN_INT
  cmpl $-1, %eax
  jne 1f
  calll LIBC_ERRNO
  movl (%eax), %eax
  negl %eax
1:
  movl -4(%ebp), %ebx
  .cfi_restore %ebx
  LEAVE_AND_RETURN
.endm

// RETURN_WORD is for a libc function that returns a ssize_t: an int here.
.macro RETURN_WORD
  RETURN_INT
.endm

FUNC SYM(gosling_call_on_stack)  // fn, arg, stack_top: 8, 12, 16(%ebp)
  ENTER
  movl 8(%ebp), %eax
  movl 12(%ebp), %ecx
  movl 16(%ebp), %edx
  testl %edx, %edx
  jz 1f                          // in place
  movl %edx, %esp                // %ebp stays, and with it the CFA
1:
  andl $-16, %esp
  subl $12, %esp
  pushl %ecx
  BEGIN_STACK_SWITCH
  calll *%eax
  LEAVE_AND_RETURN               // back by %ebp, which fn preserved
  END_STACK_SWITCH
END_FUNC SYM(gosling_call_on_stack)

FUNC SYM(gosling_pipe_trampoline)
  ENTER_TRAMPOLINE
  movl %edx, 0(%esp)             // the block is the array
  calll LIBC(pipe)
  RETURN_INT
END_FUNC SYM(gosling_pipe_trampoline)

#ifdef GOSLING_HAVE_PIPE2
FUNC SYM(gosling_pipe2_trampoline)
  ENTER_TRAMPOLINE
  movl GOSLING_PIPE2_FLAGS(%edx), %eax
  movl %eax, 4(%esp)
  movl %edx, 0(%esp)             // fds come first
  calll LIBC(pipe2)
  RETURN_INT
END_FUNC SYM(gosling_pipe2_trampoline)
#endif

FUNC SYM(gosling_read_trampoline)
  ENTER_TRAMPOLINE
  movl GOSLING_READ_COUNT(%edx), %eax
  movl %eax, 8(%esp)
  movl GOSLING_READ_BUF(%edx), %eax
  movl %eax, 4(%esp)
  movl GOSLING_READ_FD(%edx), %eax
  movl %eax, 0(%esp)
  calll LIBC(read)
  RETURN_WORD
END_FUNC SYM(gosling_read_trampoline)

FUNC SYM(gosling_write_trampoline)
  ENTER_TRAMPOLINE
  movl GOSLING_WRITE_COUNT(%edx), %eax
  movl %eax, 8(%esp)
  movl GOSLING_WRITE_BUF(%edx), %eax
  movl %eax, 4(%esp)
  movl GOSLING_WRITE_FD(%edx), %eax
  movl %eax, 0(%esp)
  calll LIBC(write)
  RETURN_WORD
END_FUNC SYM(gosling_write_trampoline)

FUNC SYM(gosling_close_trampoline)
  ENTER_TRAMPOLINE
  movl GOSLING_CLOSE_FD(%edx), %eax
  movl %eax, 0(%esp)
  calll LIBC(close)
  RETURN_INT
END_FUNC SYM(gosling_close_trampoline)

FUNC SYM(gosling_fcntl_trampoline)
  ENTER_TRAMPOLINE
  movl GOSLING_FCNTL_ARG(%edx), %eax
  movl %eax, 8(%esp)
  movl GOSLING_FCNTL_CMD(%edx), %eax
  movl %eax, 4(%esp)
  movl GOSLING_FCNTL_FD(%edx), %eax
  movl %eax, 0(%esp)
  calll LIBC(fcntl)
  RETURN_INT
END_FUNC SYM(gosling_fcntl_trampoline)

#if defined(__ELF__)
// Reading the program counter by a call that is answered keeps the CPU's return
// predictor in step.
  .p2align 4
gosling_pc_in_ebx:
  .cfi_startproc
  movl (%esp), %ebx
  retl
  .cfi_endproc
#endif

END_FILE
