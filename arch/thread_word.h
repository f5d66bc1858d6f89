// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The thread word by function call: for targets whose defs.h has no way to
// reach a thread-local variable in an instruction or two without showing its
// address to the compiler. Code outside of arch/ calls ThreadWord and
// SetThreadWord, see arch.h.

#ifndef GOSLING_ARCH_THREAD_WORD_H_
#define GOSLING_ARCH_THREAD_WORD_H_

namespace gosling::arch {

void* ThreadWordByCall();
void SetThreadWordByCall(void* word);

// A use of thread_word.cc that link-time optimisation sees. It does not see
// uses inside asm: without this one it would leave thread_word.cc out of a
// static library, and find the variable missing at the end.
[[gnu::used]] inline void* (*const kThreadWordAnchor)() = &ThreadWordByCall;

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_THREAD_WORD_H_
