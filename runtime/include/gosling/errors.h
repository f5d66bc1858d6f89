// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Errors as values: what went wrong, to be returned, kept and passed on.
//
//     gosling::Error Load(const std::string& name) {
//       if (::access(name.c_str(), R_OK) != 0) {
//         return gosling::errors::Wrap(std::errc::no_such_file_or_directory,
//                                      "load " + name);
//       }
//       return nullptr;  // all went well
//     }
//
//     if (gosling::Error err = Load("x")) std::puts(err.message().c_str());
//
// An Error is a handle on something that never changes: copying it is cheap,
// and any thread may do anything with it at any time. Nothing parks. Not for
// signal handlers.
//
// Go: package errors and the type error.

#ifndef GOSLING_ERRORS_H_
#define GOSLING_ERRORS_H_

#include <gosling/internal/export.h>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace gosling {

class Error;

namespace internal {

// ErrorNode is what an Error refers to; counted (runtime/errors.h).
struct ErrorNode;

GOSLING_API void RefError(const ErrorNode* node) noexcept;
GOSLING_API void UnrefError(const ErrorNode* node) noexcept;
GOSLING_API bool SameError(const ErrorNode* a, const ErrorNode* b) noexcept;

// ErrorAccess is for the library's own.
struct ErrorAccess;

}  // namespace internal

// Error is an error, or nil: none. Two are equal if they are the same one: not
// if they say the same; those made from equal std::error_codes are the same.
class Error {
 public:
  constexpr Error() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): as in `return nullptr;`
  constexpr Error(std::nullptr_t) noexcept {}

  // The error that a code stands for; nil if the code says success. Throws
  // std::bad_alloc. Go: syscall.Errno.
  GOSLING_API Error(std::error_code code);
  Error(std::errc code) : Error(std::make_error_code(code)) {}
  // NOLINTEND(google-explicit-constructor)

  Error(const Error& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) internal::RefError(node_);
  }
  Error(Error&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Error& operator=(Error other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Error() {
    if (node_ != nullptr) internal::UnrefError(node_);
  }

  explicit operator bool() const noexcept { return node_ != nullptr; }
  friend bool operator==(const Error& a, const Error& b) noexcept {
    return internal::SameError(a.node_, b.node_);
  }

  // message returns its text, of nil "<nil>". Go: error.Error.
  GOSLING_API std::string message() const;

  // code returns the code that it, or the first that it wraps, was made from;
  // otherwise one that says success.
  GOSLING_API std::error_code code() const;

  // Timeout says whether it, or one that it wraps, means that time was up:
  // context::DeadlineExceeded, std::errc::timed_out. Go: net.Error.Timeout.
  GOSLING_API bool Timeout() const;

 private:
  friend struct internal::ErrorAccess;

  // Takes over a reference that the caller owns.
  constexpr explicit Error(const internal::ErrorNode* node) noexcept
      : node_(node) {}

  const internal::ErrorNode* node_ = nullptr;
};

namespace errors {

// New makes an error that differs from every other, whatever it says. Throws
// std::bad_alloc. Go: errors.New.
[[nodiscard]] GOSLING_API Error New(std::string_view text);

// Wrap makes an error that says "text: " and what `err` says, and wraps it; nil
// if err is nil. Throws std::bad_alloc. Go: fmt.Errorf("text: %w", err).
[[nodiscard]] GOSLING_API Error Wrap(Error err, std::string_view text);

// Unwrap returns what Wrap was given; nil for every other error. Go:
// errors.Unwrap.
[[nodiscard]] GOSLING_API Error Unwrap(const Error& err);

// Join wraps all of `errs` that are not nil, and says what they say, a line
// each; nil if all are. Throws std::bad_alloc. Go: errors.Join.
[[nodiscard]] GOSLING_API Error Join(std::span<const Error> errs);

template <std::convertible_to<Error>... E>
[[nodiscard]] Error Join(E&&... errs) {
  const std::vector<Error> list = {Error(std::forward<E>(errs))...};
  return Join(std::span<const Error>(list));
}

// Is says whether err, or anything that it wraps, is `target`. Codes of
// different categories are alike here if the standard library takes them for
// the same condition: ENOENT of the system and
// std::errc::no_such_file_or_directory. Throws std::bad_alloc. Go: errors.Is.
[[nodiscard]] GOSLING_API bool Is(const Error& err, const Error& target);

}  // namespace errors
}  // namespace gosling

#endif  // GOSLING_ERRORS_H_
