// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How a closure reaches the runtime without the runtime knowing its type.
// Private: use gosling/go.h.
//
// The runtime hands out room in a goroutine that has not started
// (NewGoroutine), the template constructs the closure there, and StartGoroutine
// queues it. RunAndDestroy is what the goroutine calls; it destroys the closure
// on every way out, Goexit's unwinding included.

#ifndef GOSLING_INTERNAL_GO_H_
#define GOSLING_INTERNAL_GO_H_

#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>

#include <cstddef>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gosling::internal {

struct NewGoroutine {
  void* goroutine;  // opaque
  void* closure;    // room for the closure
};

GOSLING_API NewGoroutine MakeGoroutine(std::size_t size, std::size_t align,
                                       std::string_view name,
                                       std::size_t stack_size);
GOSLING_API void StartGoroutine(void* goroutine, void (*run)(void*)) noexcept;
GOSLING_API void DropGoroutine(void* goroutine) noexcept;
[[noreturn]] GOSLING_API void GoOfNil();
// RunMain starts the goroutine as the main one of a Run and returns when
// MainReturned has been called.
GOSLING_API void RunMain(void* goroutine, void (*run)(void*));
GOSLING_API void MainReturned() noexcept;

template <class F>
void RunAndDestroy(void* closure) {
  struct Destroyer {
    F* f;
    ~Destroyer() { f->~F(); }
  } destroyer{static_cast<F*>(closure)};
  (*destroyer.f)();
}

// Emplace makes a goroutine that holds a copy of f, not started yet. Leaves
// nothing behind if it throws. Always inlined, as its callers are: the address
// that MakeGoroutine returns to is then in the function that says Go, and dumps
// name that one.
template <class F>
[[gnu::always_inline]] inline void* Emplace(F&& f, std::string_view name = {},
                                            std::size_t stack_size = 0) {
  using Closure = std::decay_t<F>;
  // A function by its name is never null, and the comparison would be warned
  // of.
  if constexpr (!std::is_function_v<std::remove_reference_t<F>> &&
                requires { static_cast<bool>(f == nullptr); }) {
    if (f == nullptr) GoOfNil();
  }
  NewGoroutine g =
      MakeGoroutine(sizeof(Closure), alignof(Closure), name, stack_size);
  struct DropUnlessFilled {
    void* goroutine;
    ~DropUnlessFilled() {
      if (goroutine != nullptr) DropGoroutine(goroutine);
    }
  } guard{g.goroutine};
  ::new (g.closure) Closure(std::forward<F>(f));
  return std::exchange(guard.goroutine, nullptr);
}

// CheckMain is CheckCallable for Run's main.
template <class F>
constexpr bool CheckMain() {
  if constexpr (CheckCallable<F>()) {
    using Result = std::invoke_result_t<F>;
    constexpr bool kFits =
        std::is_void_v<Result> || std::is_convertible_v<Result, int>;
    static_assert(kFits,
                  "Run: main returns the exit status, an int, or nothing");
    return kFits;
  } else {
    return false;
  }
}

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_GO_H_
