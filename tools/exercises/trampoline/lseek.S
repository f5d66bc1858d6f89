// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "arch/asm.h"

FUNC SYM(exercise_lseek_trampoline)  // %rdi = args
  callq LIBC(lseek)
  retq
END_FUNC SYM(exercise_lseek_trampoline)

END_FILE
