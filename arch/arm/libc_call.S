// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// arm (AAPCS, version 7 of the architecture, ELF and Mach-O): the call on
// another stack, and the trampolines into libc. The contract is libc_call.h;
// the frame of gosling_call_on_stack is drawn in README.md.
//
// Every routine keeps a frame pointer and describes its frame by it, once for
// debuggers (CFI) and once in arm's own unwind tables, see asm.h. It is written
// in ARM state; callers and libc may be in Thumb, which bl, blx and bx tell by
// the lowest bit of an address.

#include "arch/asm.h"
#include "arch/libc_call.h"

.macro ENTER
  push {FP, lr}
  UNWIND .save {FP, lr}
  .cfi_def_cfa_offset 8
  .cfi_offset FP, -8
  .cfi_offset lr, -4
  mov FP, sp
  UNWIND .setfp FP, sp
  .cfi_def_cfa_register FP
.endm

.macro LEAVE_AND_RETURN
  mov sp, FP
  .cfi_def_cfa_register sp
  pop {FP, pc}
.endm

// RETURN_INT ends a trampoline: -1 becomes minus errno. LIBC_ERRNO returns
// where errno is, hence the load.
.macro RETURN_INT
  cmn r0, #1
  bne 1f
  bl LIBC_ERRNO
  ldr r0, [r0]
  rsb r0, r0, #0
1:
  LEAVE_AND_RETURN
.endm

// RETURN_WORD is for a libc function that returns a ssize_t: an int here.
.macro RETURN_WORD
  RETURN_INT
.endm

FUNC SYM(gosling_call_on_stack)  // r0 = fn, r1 = arg, r2 = stack_top
  ENTER
  mov r3, r0
  mov r0, r1
  cmp r2, #0
  beq 1f                         // in place
  bic r2, r2, #15
  mov sp, r2                     // the frame pointer stays, and with it the CFA
1:
  BEGIN_STACK_SWITCH
  blx r3
  LEAVE_AND_RETURN               // back by the frame pointer, which fn preserved
  END_STACK_SWITCH
END_FUNC SYM(gosling_call_on_stack)

FUNC SYM(gosling_pipe_trampoline)
  ENTER
  bl LIBC(pipe)                  // the block is the array: r0 is right
  RETURN_INT
END_FUNC SYM(gosling_pipe_trampoline)

#ifdef GOSLING_HAVE_PIPE2
FUNC SYM(gosling_pipe2_trampoline)
  ENTER
  ldr r1, [r0, #GOSLING_PIPE2_FLAGS]
  bl LIBC(pipe2)                 // fds come first: r0 is right
  RETURN_INT
END_FUNC SYM(gosling_pipe2_trampoline)
#endif

FUNC SYM(gosling_read_trampoline)
  ENTER
  ldr r2, [r0, #GOSLING_READ_COUNT]
  ldr r1, [r0, #GOSLING_READ_BUF]
  ldr r0, [r0, #GOSLING_READ_FD]
  bl LIBC(read)
  RETURN_WORD
END_FUNC SYM(gosling_read_trampoline)

FUNC SYM(gosling_write_trampoline)
  ENTER
  ldr r2, [r0, #GOSLING_WRITE_COUNT]
  ldr r1, [r0, #GOSLING_WRITE_BUF]
  ldr r0, [r0, #GOSLING_WRITE_FD]
  bl LIBC(write)
  RETURN_WORD
END_FUNC SYM(gosling_write_trampoline)

FUNC SYM(gosling_close_trampoline)
  ENTER
  ldr r0, [r0, #GOSLING_CLOSE_FD]
  bl LIBC(close)
  RETURN_INT
END_FUNC SYM(gosling_close_trampoline)

FUNC SYM(gosling_fcntl_trampoline)
  ENTER
  ldr r2, [r0, #GOSLING_FCNTL_ARG]
  ldr r1, [r0, #GOSLING_FCNTL_CMD]
  ldr r0, [r0, #GOSLING_FCNTL_FD]
  bl LIBC(fcntl)                 // variadic: in registers all the same
  RETURN_INT
END_FUNC SYM(gosling_fcntl_trampoline)

END_FILE
