// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A compiler is to answer a wrong use of the library with one sentence that
// names the mend, and nothing else. So a static_assert in the first template
// that a program calls finds the mistake, and code that would not compile after
// it stands in an `if constexpr`. tests/misuse/ has each with its first line.
//
// Private.

#ifndef GOSLING_INTERNAL_MISUSE_H_
#define GOSLING_INTERNAL_MISUSE_H_

#include <type_traits>

namespace gosling::internal {

// kNever is false, but not before a template that only misuse calls is called.
template <class...>
inline constexpr bool kNever = false;

// Anything stands where there is nothing sensible, so that no second error
// follows: it is made of anything, converts to anything, and is an empty range.
struct Anything {
  template <class... Args>
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr Anything(Args&&...) noexcept {}
  template <class T>
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator T() const;

  Anything operator*() const { return {}; }
  Anything& operator++() { return *this; }
  bool operator!=(const Anything&) const { return false; }
};

// CheckCallable is used as `if constexpr (CheckCallable<F>())`, in functions
// that call f().
template <class F>
constexpr bool CheckCallable() {
  static_assert(std::is_invocable_v<F>,
                "the function is called without arguments: capture what it "
                "needs, as in [=] { f(x); }");
  return std::is_invocable_v<F>;
}

// CheckStored is CheckCallable for those that keep a copy of f.
template <class F>
constexpr bool CheckStored() {
  static_assert(std::is_constructible_v<std::decay_t<F>, F>,
                "the function cannot be copied: give it away with std::move");
  if constexpr (std::is_constructible_v<std::decay_t<F>, F>) {
    return CheckCallable<std::decay_t<F>&>();
  } else {
    return false;
  }
}

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_MISUSE_H_
