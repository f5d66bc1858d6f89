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
// Goroutines run on the runtime's own threads. Code that must run on a
// particular thread (a GUI's main loop) stays outside, on that thread, and
// talks to goroutines through channels, which any thread may use.
//
// fork: from the first use of the library on, a forked child may call exec or
// _exit, as any child of a threaded program; its next call in here ends it with
// a sentence that says so. posix_spawn, system and popen work from everywhere.
// daemon(3) is such a fork: it has to come before the first use.
//
// Stacks do not grow. Below each lies a guard of 64 KiB (16 where addresses have
// 32 bits or vm.overcommit_memory is 2), and running into it ends the program
// with the goroutine's name, its stack's size, its frames and exit status 2. Code
// compiled with -fstack-clash-protection meets the guard whatever the size of
// its frames, alloca and variable-length arrays included: the flag is part of
// what pkg-config, CMake's package and Meson's dependency hand on, where the
// compiler has it. Without it, a frame larger than the guard may step over it
// into the stack of another goroutine, without a report. So it may with a
// compiler that takes the flag but does not heed it in every function (gcc for
// 32-bit arm), in libraries that were compiled without it, and where stacks have
// no guards (Stats, in runtime.h, says so; a warning has been printed then).
//
// A std::mutex belongs to the thread that has locked it, and a goroutine that parks
// may go on on another: unlock before a call that may park, or take a lock of
// <gosling/sync.h>, which may be held. libgosling_lockcheck (Linux, glibc) reports
// a goroutine that does otherwise, with both places. It is preloaded
// (LD_PRELOAD=/usr/local/lib/libgosling_lockcheck.so) or linked (pkg-config --libs
// gosling-lockcheck); GOSLING_LOCKCHECK=fatal in the environment ends the program
// at the first report, =off keeps it silent.
//
// A program with Boost fibers of its own links with -lboost_context by itself:
// gosling's use of that library is private.

#ifndef GOSLING_GO_H_
#define GOSLING_GO_H_

#include <gosling/internal/export.h>
#include <gosling/internal/go.h>
#include <gosling/internal/misuse.h>

#include <cstddef>
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
  if constexpr (internal::CheckStored<F>()) {
    void* g = internal::Emplace(std::forward<F>(f));
    internal::StartGoroutine(g, internal::RunAndDestroy<std::decay_t<F>>);
  }
}

// Go with options. Throws Panic if stack_size is more than 1 GiB.
template <class F>
[[gnu::always_inline]] inline void Go(const GoOptions& options, F&& f) {
  if constexpr (internal::CheckStored<F>()) {
    void* g =
        internal::Emplace(std::forward<F>(f), options.name, options.stack_size);
    internal::StartGoroutine(g, internal::RunAndDestroy<std::decay_t<F>>);
  }
}

// Go with arguments as std::thread has them only says that there is none.
template <class F, class... Args>
requires(sizeof...(Args) != 0 &&
         !std::is_convertible_v<F, GoOptions>) void Go(F&&, Args&&...) {
  static_assert(internal::kNever<F>,
                "Go takes a function alone: capture its arguments, as in "
                "Go([=] { f(x); })");
}

// Run runs `main` as the main goroutine and returns its value (0 for void) when
// it returns, without waiting for the others: nothing of this run is resumed
// afterwards, as if the program had ended for them. Their stacks, and what they
// hold, are not destroyed. Run may be called again.
//
// While it runs, a program in which every goroutine is asleep ends with `fatal
// error: all goroutines are asleep - deadlock!`, unless a thread that is not
// the runtime's, or a signal that was asked for, may still wake one.
//
// Blocks the calling thread, which must not be a goroutine: Run inside Run, or
// in two threads at once, throws Panic. Go: runtime.main.
template <class F>
int Run(F&& main) {
  int status = 0;
  if constexpr (internal::CheckMain<F&>()) {
    auto body = [&] {
      if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        main();
      } else {
        status = static_cast<int>(main());
      }
      internal::MainReturned();
    };
    void* g = internal::Emplace(std::move(body));
    internal::RunMain(g, internal::RunAndDestroy<decltype(body)>);
  }
  return status;
}

}  // namespace gosling

#endif  // GOSLING_GO_H_
