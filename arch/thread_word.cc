// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The thread word's variable, and the portable way to it. No header declares
// the variable: an access that the compiler can see is an access whose address
// it may keep, and a goroutine that comes back on another thread would then
// read the old thread's word.

#include "arch/thread_word.h"

// Initial-exec: the slot exists from a thread's first instruction and reaching
// it allocates nothing, so that a signal handler may read it. The word comes
// out of libc's reserve if the library is loaded by dlopen. Mach-O knows no
// such model: there a thread's first use allocates, and has to happen before
// the thread takes a signal. `used`, because link-time optimisation does not
// see the uses inside asm.
extern "C" {
[[gnu::visibility("hidden"), gnu::used,
  gnu::tls_model(
      "initial-exec")]] constinit thread_local void* gosling_thread_word =
    nullptr;
}

namespace gosling::arch {
namespace {

// Slot returns the variable's address in this thread. The asm hides from the
// compiler which variable it is, and that it is one that stays where it is.
inline void** Slot() {
  void** slot = &gosling_thread_word;
  asm volatile("" : "+r"(slot) : : "memory");
  return slot;
}

}  // namespace

// These two return or take the value, never the address: noinline alone does
// not stop a compiler from merging two calls that yield the same address.
[[gnu::noinline]] void* ThreadWordByCall() { return *Slot(); }

[[gnu::noinline]] void SetThreadWordByCall(void* word) { *Slot() = word; }

}  // namespace gosling::arch
