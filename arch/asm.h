// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What an assembly file of a port needs so that one .S serves ELF and Mach-O:
// symbol names, function boundaries, libc's names. Together with arch.h and
// the CPU's defs.h it is the only place of arch/ that asks which system this
// is.
//
// A routine reads
//
//     FUNC SYM(gosling_name)
//       ...
//     END_FUNC SYM(gosling_name)
//
// and a file ends with END_FILE. Every symbol is global among our object files
// and invisible outside of the library.
//
// FUNC and its kin are assembler macros, not preprocessor ones: a #define that
// holds two instructions needs a separator, and the usual one, the semicolon,
// opens a comment in Apple's arm64 syntax, which drops the second instruction
// without a word.

#ifndef GOSLING_ARCH_ASM_H_
#define GOSLING_ARCH_ASM_H_

// clang-format off

#define GOSLING_PASTE(a, b) a##b
#define GOSLING_EXPAND_AND_PASTE(a, b) GOSLING_PASTE(a, b)

// SYM(x) is the assembler's name of the C symbol x: _x on Mach-O, x on ELF.
#define SYM(x) GOSLING_EXPAND_AND_PASTE(__USER_LABEL_PREFIX__, x)

// LIBC(x) is the operand of a direct call to libc's function x. In a shared
// library that call goes through the PLT; x86 wants it spelled out on ELF.
#if defined(__ELF__) && (defined(__x86_64__) || defined(__i386__))
#define LIBC(x) SYM(x)@PLT
#else
#define LIBC(x) SYM(x)
#endif

// LIBC_ERRNO is the function that returns the address of errno. What it
// returns must be loaded through before it is negated.
#if defined(__APPLE__) || defined(__FreeBSD__)
#define LIBC_ERRNO LIBC(__error)
#elif defined(__linux__) && !defined(__ANDROID__)
#define LIBC_ERRNO LIBC(__errno_location)
#else
#define LIBC_ERRNO LIBC(__errno)
#endif

// Darwin alone lacks pipe2.
#if !defined(__APPLE__)
#define GOSLING_HAVE_PIPE2 1
#endif

// Indirect-branch tracking: FUNC starts with the instruction at which an
// indirect jump may land. <cet.h> also writes the ELF property note saying that
// this file keeps the rules; without it the linker turns the protection off for
// the whole program. call_on_stack needs no second shadow stack, for its call
// returns before it does.
#if defined(__CET__) && defined(__ELF__)
#include <cet.h>
#endif

.macro LANDING_PAD
#if defined(__CET__)
  endbr64
#endif
.endm

#if defined(__ELF__)

.macro FUNC name
  .text
  .p2align 4
  .globl \name
  .hidden \name
  .type \name, %function
\name:
  .cfi_startproc
  LANDING_PAD
.endm

.macro END_FUNC name
  .cfi_endproc
  .size \name, . - \name
.endm

.macro END_FILE
  .section .note.GNU-stack, "", %progbits
.endm

// BEGIN_STACK_SWITCH stands before the one call that runs on another stack than
// its caller, END_STACK_SWITCH after the last instruction of the routine.
// Unwinders need nothing but the CFI. gdb reads that too, but then distrusts a
// caller whose frame lies at a lower address than its callee's, and ends the
// backtrace there. It lets a single case pass: a call made from under a symbol
// named __morestack, after the routine of gcc -fsplit-stack. So the rest of the
// routine bears that name as well, local to the file. gdb prints the routine's
// own name if the file was assembled with debug information by gas, else
// __morestack. The symbol needs a size, or gdb prefers the one around it; it
// must not be typed as a function, or gas describes it as one.
.macro BEGIN_STACK_SWITCH
__morestack:
.endm

.macro END_STACK_SWITCH
  .size __morestack, . - __morestack
.endm

#elif defined(__APPLE__)

.macro FUNC name
  .text
  .p2align 4
  .globl \name
  .private_extern \name
\name:
  .cfi_startproc
  LANDING_PAD
.endm

.macro END_FUNC name
  .cfi_endproc
.endm

.macro END_FILE
  .subsections_via_symbols
.endm

// On Mach-O a symbol inside a function would cut it in two, and lldb does not
// compare the addresses of frames.
.macro BEGIN_STACK_SWITCH
.endm

.macro END_STACK_SWITCH
.endm

#else
#error "gosling's assembly is written for ELF and Mach-O."
#endif

#endif  // GOSLING_ARCH_ASM_H_
