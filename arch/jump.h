// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Jumping between stacks without upsetting the CPU's return predictor.
//
// The CPU predicts each `ret` from a stack of the `call`s it has seen. A
// routine that saves the registers of one stack, loads those of another and
// leaves by `jmp` (as Boost's jump_fcontext does on x86) unbalances it: the
// call that entered it is never answered by a return, and from then on every
// return of every caller up the stack is mispredicted, at 15 to 20 cycles each.
// On two goroutines that yield to each other that was half of the time (yield2
// in tools/bench: 24.3 ns with, 13.6 without).
//
// On x86 gosling_jump_through therefore enters the routine by a jump, with a
// return address of its own pushed by hand, and returns with a `ret` when a
// jump comes back to that address. Calls and returns then match, as long as
// goroutines park at the same depth, which they do. On arm and arm64 Boost's
// routine leaves by a return, and nothing of the kind is needed; but it saves
// no floating-point modes there, so gosling_jump_through does.
//
// Rejected on amd64: a switch of our own that leaves MXCSR alone unless the x87
// control word, which <fenv.h> sets along with it and which is cheap to read,
// says that it matters. By itself it takes 2.7 ns where Boost's takes 5.7; but
// in a runtime most of that is hidden behind other work, and a switch that
// leaves by `ret` pays for each first frame: yield2 and pingpong gained 4 %,
// sieve2000 2 %, but skynet lost 19 % and spawn1 45 %.

#ifndef GOSLING_ARCH_JUMP_H_
#define GOSLING_ARCH_JUMP_H_

namespace gosling::arch {

// JumpResult is what a jump gives to the code that it resumes, returned as the
// ABI returns any struct of two pointers.
struct JumpResult {
  void* context;
  void* data;
};

// JumpRoutine saves the caller's registers on its stack, resumes `to`, and
// hands it the place where the caller can be resumed, and `data`.
using JumpRoutine = JumpResult (*)(void* to, void* data);

extern "C" {

// gosling_jump_through calls jump(to, data) as described above. The caller
// finds its floating-point modes (rounding, and what else fenv.h sets) as they
// were.
JumpResult gosling_jump_through(void* to, void* data, JumpRoutine jump);

}  // extern "C"

}  // namespace gosling::arch

#endif  // GOSLING_ARCH_JUMP_H_
