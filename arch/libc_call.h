// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The routines that every port writes in <cpu>/libc_call.S: a call on another
// stack, and the trampolines into libc. C++ and assembly both include this
// file, so that the layout of the argument blocks is written once: the offsets
// below are what the .S uses, and the static_asserts hold the structs to them.
//
// A trampoline takes the address of its argument block, unpacks it, calls the
// libc function it is named after and returns
//
//     what libc returned, widened with its sign, or
//     minus errno if libc returned -1.
//
// errno is read inside the trampoline, on the thread that made the call. That
// is the point of the convention: by the time its caller looks, a goroutine
// may be on another thread, whose errno says something else. libc does leave
// its errno behind as well; a signal handler has to save and restore it.
//
// The trampolines hold no state, never retry (EINTR is the caller's business),
// need a system stack's worth of room (libc's functions may be interposed), and
// may be called from threads, goroutines and signal handlers alike as far as
// the libc function may; all of those here may, by POSIX. read, write, close
// and fcntl are cancellation points.
//
// From Go's runtime/sys_darwin.go and sys_darwin_*.s.

#ifndef GOSLING_ARCH_LIBC_CALL_H_
#define GOSLING_ARCH_LIBC_CALL_H_

// Offsets into the argument blocks. __SIZEOF_POINTER__ is known to the
// preprocessor, so the same lines serve 32 and 64 bits.
#define GOSLING_PIPE2_FDS 0
#define GOSLING_PIPE2_FLAGS 8
#define GOSLING_READ_FD 0
#define GOSLING_READ_BUF __SIZEOF_POINTER__
#define GOSLING_READ_COUNT (__SIZEOF_POINTER__ + __SIZEOF_POINTER__)
#define GOSLING_WRITE_FD 0
#define GOSLING_WRITE_BUF __SIZEOF_POINTER__
#define GOSLING_WRITE_COUNT (__SIZEOF_POINTER__ + __SIZEOF_POINTER__)
#define GOSLING_CLOSE_FD 0
#define GOSLING_FCNTL_FD 0
#define GOSLING_FCNTL_CMD 4
#define GOSLING_FCNTL_ARG 8

#ifndef __ASSEMBLER__

#include <cstddef>
#include <cstdint>

namespace gosling::arch {

// pipe's block is the array itself; its address goes to libc unchanged.
struct PipeArgs {
  int fds[2];  // out: read end, write end
};

struct Pipe2Args {
  int fds[2];  // out: read end, write end
  int flags;   // O_CLOEXEC, O_NONBLOCK
};

struct ReadArgs {
  int fd;
  void* buf;
  std::size_t count;  // bytes
};

struct WriteArgs {
  int fd;
  const void* buf;
  std::size_t count;  // bytes
};

struct CloseArgs {
  int fd;
};

// arg is an int or a pointer, as cmd wants; a command without one takes 0.
// Commands that may succeed with a negative number (F_GETOWN of a process
// group) do not fit the minus-errno convention.
struct FcntlArgs {
  int fd;
  int cmd;
  std::intptr_t arg;
};

static_assert(sizeof(int) == 4);
static_assert(offsetof(PipeArgs, fds) == 0);
static_assert(offsetof(Pipe2Args, fds) == GOSLING_PIPE2_FDS);
static_assert(offsetof(Pipe2Args, flags) == GOSLING_PIPE2_FLAGS);
static_assert(offsetof(ReadArgs, fd) == GOSLING_READ_FD);
static_assert(offsetof(ReadArgs, buf) == GOSLING_READ_BUF);
static_assert(offsetof(ReadArgs, count) == GOSLING_READ_COUNT);
static_assert(offsetof(WriteArgs, fd) == GOSLING_WRITE_FD);
static_assert(offsetof(WriteArgs, buf) == GOSLING_WRITE_BUF);
static_assert(offsetof(WriteArgs, count) == GOSLING_WRITE_COUNT);
static_assert(offsetof(CloseArgs, fd) == GOSLING_CLOSE_FD);
static_assert(offsetof(FcntlArgs, fd) == GOSLING_FCNTL_FD);
static_assert(offsetof(FcntlArgs, cmd) == GOSLING_FCNTL_CMD);
static_assert(offsetof(FcntlArgs, arg) == GOSLING_FCNTL_ARG);

}  // namespace gosling::arch

#pragma GCC visibility push(hidden)
extern "C" {

// gosling_call_on_stack calls fn(arg) on the stack that ends at stack_top
// (exclusive, rounded down to 16) and returns its result; the caller's stack
// waits meanwhile. With stack_top == nullptr the call is made in place, on the
// caller's own stack, which is what Go's asmcgocall does when it is on g0
// already.
//
// Nothing is saved but the frame pointer: callee-saved registers, MXCSR and the
// x87 control word are as fn leaves them, which by the ABI is as they were. The
// new stack need not hold anything and is not touched after the return.
// Backtraces taken inside fn continue on the caller's stack. fn may throw and
// catch, but no exception may leave it, and it must not switch away from the
// stack it was given. Telling sanitizers about the two stacks is up to the
// caller, which knows their bounds. Async-signal-safe.
//
// A trampoline has fn's type, so libc is called on another stack by
//
//     gosling::arch::PipeArgs args;
//     gosling_call_on_stack(gosling_pipe_trampoline, &args, g0_top);
std::intptr_t gosling_call_on_stack(std::intptr_t (*fn)(void*), void* arg,
                                    void* stack_top);

std::intptr_t gosling_pipe_trampoline(void* pipe_args);
// Exists where libc has pipe2: on everything but Darwin.
std::intptr_t gosling_pipe2_trampoline(void* pipe2_args);
std::intptr_t gosling_read_trampoline(void* read_args);
std::intptr_t gosling_write_trampoline(void* write_args);
std::intptr_t gosling_close_trampoline(void* close_args);
std::intptr_t gosling_fcntl_trampoline(void* fcntl_args);

}  // extern "C"
#pragma GCC visibility pop

#endif  // __ASSEMBLER__

#endif  // GOSLING_ARCH_LIBC_CALL_H_
