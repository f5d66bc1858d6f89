// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Macros by which one .S serves ELF and Mach-O: symbol names, function
// boundaries, libc's names. Together with arch.h and the CPU's defs.h it is the
// only place of arch/ that asks which system this is.
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
// without a word. In a macro without parameters, in turn, Apple's syntax takes
// $2 for the third argument: `subl $20, %esp` becomes `subl 0, %esp`, likewise
// without a word. No immediate there begins with a digit.

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

// LIBC_ERRNO is the function that returns the address of errno. A trampoline
// loads errno from there before it negates it.
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
// indirect jump may land. An ELF property note says that the file keeps the
// rules; without it the linker turns the protection off for the whole program.
// <cet.h> writes x86's, END_FILE arm64's. gosling_call_on_stack needs no second
// shadow stack, for its call returns before it does.
#if defined(__CET__) && defined(__ELF__)
#include <cet.h>
#endif

.macro LANDING_PAD
#if defined(__CET__) && defined(__x86_64__)
  endbr64
#elif defined(__CET__)
  endbr32
#elif defined(__ARM_FEATURE_BTI_DEFAULT)
  hint #34  // bti c, by a name that older assemblers know
#endif
.endm

// arm64's signed return addresses: between the two, x30 holds no plain return
// address, and the CFI says so.
#if defined(__aarch64__)
.macro SIGN_RETURN_ADDRESS
#if defined(__ARM_FEATURE_PAC_DEFAULT)
  hint #25  // paciasp
  .cfi_negate_ra_state
#endif
.endm

.macro CHECK_RETURN_ADDRESS
#if defined(__ARM_FEATURE_PAC_DEFAULT)
  hint #29  // autiasp
  .cfi_negate_ra_state
#endif
.endm

// GOSLING_ARM64_FEATURES is the contents of the property note: BTI, PAC.
#if defined(__ARM_FEATURE_BTI_DEFAULT) && defined(__ARM_FEATURE_PAC_DEFAULT)
#define GOSLING_ARM64_FEATURES 3
#elif defined(__ARM_FEATURE_BTI_DEFAULT)
#define GOSLING_ARM64_FEATURES 1
#elif defined(__ARM_FEATURE_PAC_DEFAULT)
#define GOSLING_ARM64_FEATURES 2
#endif
#endif

// 32-bit arm. Its C++ unwinder reads tables of its own on ELF; the directives
// that make them are preceded by UNWIND, and vanish on Mach-O. CFI is for
// debuggers only.
// FP is the frame pointer of code in ARM state.
#if defined(__arm__)
  .syntax unified
#if defined(__APPLE__)
#define FP r7
#else
#define FP r11
#endif
#if defined(__ELF__)
  .cfi_sections .debug_frame
.macro UNWIND directive:vararg
  \directive
.endm
#else
.macro UNWIND directive:vararg
.endm
#endif
.macro BEGIN_UNWIND
  UNWIND .fnstart
.endm
.macro END_UNWIND
  UNWIND .fnend
.endm
#else
.macro BEGIN_UNWIND
.endm
.macro END_UNWIND
.endm
#endif

#if defined(__ELF__)

.macro FUNC name
  .text
#if defined(__arm__)
  .arm
#endif
  .p2align 4
  .globl \name
  .hidden \name
  .type \name, %function
\name:
  .cfi_startproc
  BEGIN_UNWIND
  LANDING_PAD
.endm

.macro END_FUNC name
  END_UNWIND
  .cfi_endproc
  .size \name, . - \name
.endm

.macro END_FILE
  .section .note.GNU-stack, "", %progbits
#if defined(GOSLING_ARM64_FEATURES)
  .section .note.gnu.property, "a"
  .p2align 3
  .long 4, 16, 5                 // lengths of name and contents; the type
  .asciz "GNU"
  .long 0xc0000000, 4            // GNU_PROPERTY_AARCH64_FEATURE_1_AND
  .long GOSLING_ARM64_FEATURES, 0
#endif
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
#if defined(__arm__)
  .arm
#endif
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
