// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine: its birth, its name, its end. Dead Gs are kept with the P (64,
// the rest in gpool) and reused.
//
// A goroutine's first frame is GoroutineEntry. When its closure has returned
// and the next G of the P is a fresh one, the loop there runs that one on the
// same stack: spawning and ending short goroutines costs no jump and no stack.
// Uncaught exceptions find no handler here, on purpose: std::terminate is then
// called where they were thrown, and the report shows that stack
// (traceback.cc).
//
// Go: runtime/proc.go, newproc1, goexit0, gfget, gfput.

#ifndef GOSLING_SCHED_GOROUTINE_H_
#define GOSLING_SCHED_GOROUTINE_H_

#include <cstddef>

#include "sched/g.h"
#include "sched/m.h"
#include "sched/p.h"

namespace gosling::sched {

// NewG takes a free G with room for a closure of `size` bytes (inline or on the
// heap, in g->closure). `created_at` is the address that dumps name as its
// origin; null: none. StartG queues it; FreeNewG gives it back if constructing
// the closure threw. None may be called pinned.
G* NewG(std::size_t size, std::size_t align, const void* created_at);
void StartG(G* g);
void FreeNewG(G* g);

// SetGName names a goroutine for dumps and panics.
void SetGName(G* g, const char* name, std::size_t length);

int NumGoroutine();

// Goexit unwinds the calling goroutine: destructors run, then it ends. It is an
// exception that no handler should stop: if some catch (...) swallows it, the
// program dies with a message, since code after Goexit must not run. Fatal on a
// thread that is not a goroutine.
[[noreturn]] void Goexit();

// MustPassOn says, in a catch (...), whether the handler has to throw on what it
// has caught: Goexit's unwinding, or one that is not C++'s.
bool MustPassOn();

// AttachStack gives a fresh G a stack, and a place on it to be switched to.
// AttachStackFar does so on an M without a P.
void AttachStack(P* p, G* g);
void AttachStackFar(G* g);

// ReleaseDead, after the switch away from a goroutine that has ended, frees its
// stack and the G.
void ReleaseDead(M* m, G* g);

// FlushGs gives p's free Gs to the pool, when p is retired.
void FlushGs(P* p);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_GOROUTINE_H_
