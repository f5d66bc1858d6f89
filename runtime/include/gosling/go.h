// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Starting goroutines, and running a program of them.
//
//     #include <gosling/gosling.h>
//     namespace go = gosling;
//
//     int main() {
//       return go::Run([] {
//         go::Chan<int> c = go::MakeChan<int>();
//         go::Go([c] { c.Send(42); });
//         return *c.Recv() == 42 ? 0 : 1;
//       });
//     }
//
// Goroutines run on the runtime's own threads. What must run on a particular
// thread (a GUI's main loop) stays outside, on that thread, and talks to
// goroutines through channels, which any thread may use.
//
// fork: from the first use of the library on, a forked child may call exec or
// _exit, as any child of a threaded program; its next call in here ends it with
// a sentence that says so. posix_spawn, system and popen work from everywhere.
// daemon(3) is such a fork: it has to come before the first use.

#ifndef GOSLING_GO_H_
#define GOSLING_GO_H_

#include <gosling/internal/closure.h>
#include <gosling/internal/export.h>

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gosling {

// GoOptions are what may be said of a goroutine when it is started.
struct GoOptions {
  // For dumps and panics; copied.
  std::string_view name = {};
  // Bytes of stack, rounded up to a power of two; 0: 256 KiB, or 64 KiB where
  // pointers have 32 bits or the system counts unused memory too
  // (vm.overcommit_memory=2).
  std::size_t stack_size = 0;
};

// Go starts f() as a goroutine. f is moved or copied into it and destroyed when
// it ends; a move-only f is fine. An exception that leaves f is a panic and
// ends the program (panic.h).
//
// Allocates nothing for closures of up to 56 bytes once the runtime is warm.
// Throws std::bad_alloc, or what f's copy constructor throws, and then nothing
// has been started. `go of nil func value` is fatal. Never parks. From any
// thread or goroutine; not from a signal handler. Go: the go statement.
template <class F>
[[gnu::always_inline]] inline void Go(F&& f) {
  void* g = internal::Emplace(std::forward<F>(f));
  internal::StartGoroutine(g, internal::RunAndDestroy<std::decay_t<F>>);
}

// Go with options. Throws Panic if stack_size is more than 1 GiB.
template <class F>
[[gnu::always_inline]] inline void Go(const GoOptions& options, F&& f) {
  void* g =
      internal::Emplace(std::forward<F>(f), options.name, options.stack_size);
  internal::StartGoroutine(g, internal::RunAndDestroy<std::decay_t<F>>);
}

// Run runs `main` as the main goroutine and returns its value (0 for void) when
// it returns, without waiting for the others: nothing of this run is resumed
// afterwards, as if the program had ended for them. Their stacks, and what they
// hold, are not destroyed. Run may be called again.
//
// While it runs, a program in which every goroutine is asleep dies of `all
// goroutines are asleep - deadlock!`, unless a thread that is not the
// runtime's, or a signal that was asked for, may still wake one.
//
// Blocks the calling thread, which must not be a goroutine: Run inside Run, or
// in two threads at once, throws Panic. Go: runtime.main.
template <class F>
int Run(F&& main) {
  using Result = std::invoke_result_t<F&>;
  static_assert(std::is_void_v<Result> || std::is_convertible_v<Result, int>,
                "Run: main must return int or nothing");
  int status = 0;
  auto body = [&] {
    if constexpr (std::is_void_v<Result>) {
      main();
    } else {
      status = static_cast<int>(main());
    }
    internal::MainReturned();
  };
  void* g = internal::Emplace(std::move(body));
  internal::RunMain(g, internal::RunAndDestroy<decltype(body)>);
  return status;
}

}  // namespace gosling

#endif  // GOSLING_GO_H_
