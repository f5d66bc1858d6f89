// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm64 (AAPCS64 on ELF, Apple's variant of it on Mach-O): the call on another
// stack, and the trampolines into libc. The contract is libc_call.h; the frame
// of gosling_call_on_stack is drawn in README.md.
//
// Every routine keeps a frame pointer and describes its frame by it. x18
// belongs to the system on Apple's and is not used.

#include "arch/asm.h"
#include "arch/libc_call.h"

.macro ENTER
  SIGN_RETURN_ADDRESS
  stp x29, x30, [sp, #-16]!
  .cfi_def_cfa_offset 16
  .cfi_offset x29, -16
  .cfi_offset x30, -8
  mov x29, sp
  .cfi_def_cfa_register x29
.endm

.macro LEAVE_AND_RETURN
  mov sp, x29
  .cfi_def_cfa_register sp
  ldp x29, x30, [sp], #16
  .cfi_def_cfa_offset 0
  .cfi_restore x30
  .cfi_restore x29
  CHECK_RETURN_ADDRESS
  ret
.endm

// RETURN_WORD ends a trampoline whose libc function returns a ssize_t: -1
// becomes minus errno. LIBC_ERRNO returns where errno is, hence the load.
.macro RETURN_WORD
  cmn x0, #1
  b.ne 1f
  bl LIBC_ERRNO
  ldrsw x0, [x0]
  neg x0, x0
1:
  LEAVE_AND_RETURN
.endm

// RETURN_INT is RETURN_WORD for a libc function that returns an int. The ABI
// leaves the upper half of x0 undefined.
.macro RETURN_INT
  sxtw x0, w0
  RETURN_WORD
.endm

// VARIADIC_X2 passes x2 as the first of the variadic arguments: in its register
// by AAPCS64, on the stack by Apple's rules.
.macro VARIADIC_X2
#if defined(__APPLE__)
  str x2, [sp, #-16]!
#endif
.endm

FUNC SYM(gosling_call_on_stack)  // x0 = fn, x1 = arg, x2 = stack_top
  ENTER
  mov x3, x0
  mov x0, x1
  cbz x2, 1f                     // in place
  and x2, x2, #-16
  mov sp, x2                     // x29 stays, and with it the CFA
1:
  BEGIN_STACK_SWITCH
  blr x3
  LEAVE_AND_RETURN               // back by x29, which fn preserved
  END_STACK_SWITCH
END_FUNC SYM(gosling_call_on_stack)

FUNC SYM(gosling_pipe_trampoline)
  ENTER
  bl LIBC(pipe)                  // the block is the array: x0 is right
  RETURN_INT
END_FUNC SYM(gosling_pipe_trampoline)

#ifdef GOSLING_HAVE_PIPE2
FUNC SYM(gosling_pipe2_trampoline)
  ENTER
  ldr w1, [x0, #GOSLING_PIPE2_FLAGS]
  bl LIBC(pipe2)                 // fds come first: x0 is right
  RETURN_INT
END_FUNC SYM(gosling_pipe2_trampoline)
#endif

FUNC SYM(gosling_read_trampoline)
  ENTER
  ldr x2, [x0, #GOSLING_READ_COUNT]
  ldr x1, [x0, #GOSLING_READ_BUF]
  ldr w0, [x0, #GOSLING_READ_FD]
  bl LIBC(read)
  RETURN_WORD
END_FUNC SYM(gosling_read_trampoline)

FUNC SYM(gosling_write_trampoline)
  ENTER
  ldr x2, [x0, #GOSLING_WRITE_COUNT]
  ldr x1, [x0, #GOSLING_WRITE_BUF]
  ldr w0, [x0, #GOSLING_WRITE_FD]
  bl LIBC(write)
  RETURN_WORD
END_FUNC SYM(gosling_write_trampoline)

FUNC SYM(gosling_close_trampoline)
  ENTER
  ldr w0, [x0, #GOSLING_CLOSE_FD]
  bl LIBC(close)
  RETURN_INT
END_FUNC SYM(gosling_close_trampoline)

FUNC SYM(gosling_fcntl_trampoline)
  ENTER
  ldr x2, [x0, #GOSLING_FCNTL_ARG]
  ldr w1, [x0, #GOSLING_FCNTL_CMD]
  ldr w0, [x0, #GOSLING_FCNTL_FD]
  VARIADIC_X2
  bl LIBC(fcntl)
  RETURN_INT
END_FUNC SYM(gosling_fcntl_trampoline)

END_FILE
