// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The scheduler as a program sees it: yielding, ending, blocking, counting. Go:
// package runtime.
//
// Environment: GOTRACEBACK (panic.h). GOMAXPROCS, the number of goroutines that run at once (default:
// the CPUs this process may use); a value that is no number is fatal.

#ifndef GOSLING_RUNTIME_H_
#define GOSLING_RUNTIME_H_

#include <gosling/internal/export.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gosling::runtime {

// Gosched lets other goroutines run; the caller goes behind those that are
// runnable here. On a thread that is not a goroutine it yields the thread. May
// park. Go: runtime.Gosched.
GOSLING_API void Gosched();

// Goexit ends the calling goroutine. Its stack is unwound: destructors run.
// Other goroutines go on; if main calls it, the program goes on without main,
// and dies of deadlock when nothing is left to do. A catch (...) that does not
// rethrow it is fatal. Fatal on a thread that is not a goroutine. Go:
// runtime.Goexit.
[[noreturn]] GOSLING_API void Goexit();

// GOMAXPROCS sets how many goroutines may run at once, if n > 0, and returns
// the former setting. At most 1024; more counts as that. Stops the world for a
// moment; may park. Go: runtime.GOMAXPROCS.
GOSLING_API int GOMAXPROCS(int n);

// NumCPU returns how many CPUs this process may use. From anywhere. Go:
// runtime.NumCPU.
GOSLING_API int NumCPU();

// NumGoroutine returns how many goroutines exist, the runtime's own not
// counted. Exact when no goroutine is starting or ending at the moment. Go:
// runtime.NumGoroutine.
GOSLING_API int NumGoroutine();

// Goid returns the calling goroutine's number, as in its stack trace; 0 on a
// thread that is not a goroutine.
GOSLING_API std::uint64_t Goid();

// LockOSThread ties the calling goroutine to its thread: it runs there and
// nothing else does, until UnlockOSThread has been called as many times. On
// other threads they do nothing. Go: runtime.LockOSThread.
GOSLING_API void LockOSThread();
GOSLING_API void UnlockOSThread();

// SetMaxThreads sets how many threads the runtime may make (10,000 at first)
// and returns the former setting. One more is fatal: `thread exhaustion`.
// Throws Panic if n < 1. Go: runtime/debug.SetMaxThreads.
GOSLING_API int SetMaxThreads(int n);

// Hints around code that blocks the thread. None is needed: a goroutine that
// blocks in a system call, or computes, does not stop the others. They make the
// hand-over quicker: after EnterSyscall others get to run within some 20 us
// instead of 10 ms, after EnterSyscallBlock at once. ExitSyscall waits for its
// turn: it may park. The goroutine stays on its thread in between. Calls of
// this library in between are allowed, and end the effect. Never throw. No-ops
// on a thread that is not a goroutine. Go: entersyscall and so on.
GOSLING_API void EnterSyscall();
GOSLING_API void EnterSyscallBlock();
GOSLING_API void ExitSyscall();

// Blocking calls f between EnterSyscallBlock and ExitSyscall, and returns what
// f returns; what f throws passes through.
template <class F>
auto Blocking(F&& f) -> std::invoke_result_t<F&&> {
  struct Exit {
    ~Exit() { ExitSyscall(); }
  };
  EnterSyscallBlock();
  Exit exit;
  return std::forward<F>(f)();
}

namespace internal {
GOSLING_API void CallOnSystemStack(void (*f)(void*), void* arg);
}  // namespace internal

// OnSystemStack calls f on the thread's own, big stack, and returns what f
// returns: for libraries that need more stack than a goroutine has. f must not
// park. What it throws is thrown again here. On a thread that is not a
// goroutine f is simply called. Go: systemstack.
template <class F>
auto OnSystemStack(F&& f) -> std::invoke_result_t<F&&> {
  using Result = std::invoke_result_t<F&&>;
  static_assert(!std::is_reference_v<Result>,
                "OnSystemStack: return a pointer instead of a reference");
  struct Call {
    F& f;
    std::exception_ptr error;
    std::conditional_t<std::is_void_v<Result>, std::optional<char>,
                       std::optional<Result>>
        result;
  } call{f, nullptr, std::nullopt};
  internal::CallOnSystemStack(
      [](void* arg) {
        auto* c = static_cast<Call*>(arg);
        try {
          if constexpr (std::is_void_v<Result>) {
            std::forward<F>(c->f)();
          } else {
            c->result.emplace(std::forward<F>(c->f)());
          }
        } catch (...) {
          c->error = std::current_exception();
        }
      },
      &call);
  if (call.error) std::rethrow_exception(std::move(call.error));
  if constexpr (!std::is_void_v<Result>) return std::move(*call.result);
}

// Stack returns the calling goroutine's stack as text; with `all`, every
// goroutine's, after stopping the world for as long as that takes. At most 100
// stacks. May throw std::bad_alloc. Go: runtime.Stack.
GOSLING_API std::string Stack(bool all);

// SetName names the calling goroutine in dumps and panics; empty: no name. The
// text is copied.
GOSLING_API void SetName(std::string_view name);

}  // namespace gosling::runtime

#endif  // GOSLING_RUNTIME_H_
