// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// LibcCall: a call into libc made on the thread's own stack (g0), through a
// trampoline of arch/.
//
// The trampoline returns the result or minus errno, read on the same thread
// before anything else can happen: errno needs no other care although
// goroutines change threads.
//
// Go: runtime/sys_libc.go, libcCall; asmcgocall.

#ifndef GOSLING_SCHED_LIBC_CALL_H_
#define GOSLING_SCHED_LIBC_CALL_H_

#include <cstdint>

namespace gosling::sched {

// LibcCall switches to g0's stack, calls trampoline(args) and comes back. On a
// foreign thread, or on g0 itself, or within another LibcCall, it calls in
// place. The call may block the thread; it must not park (fatal), nor throw. It
// may call the runtime otherwise: if P is taken meanwhile, it goes on without,
// as a foreign thread does.
std::intptr_t LibcCall(std::intptr_t (*trampoline)(void*), void* args);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_LIBC_CALL_H_
