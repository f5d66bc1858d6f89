// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Errors as values: what went wrong, to be returned, kept and passed on.
//
//     #include <gosling/errors.h>
//     #include <unistd.h>
//
//     #include <cstdio>
//
//     gosling::Error Load(const std::string& name) {
//       if (::access(name.c_str(), R_OK) != 0) {
//         return gosling::errors::Wrap(std::errc::no_such_file_or_directory,
//                                      "load " + name);
//       }
//       return nullptr;  // all went well
//     }
//
//     int main() {
//       if (gosling::Error err = Load("x")) std::puts(err.message().c_str());
//     }
//
// A program makes errors of its own kinds, and gets at what they know:
//
//     class NotFound : public go::errors::Base {
//      public:
//       explicit NotFound(std::string name) : name_(std::move(name)) {}
//       std::string message() const override { return name_ + " not found"; }
//       const std::string& name() const { return name_; }
//
//      private:
//       std::string name_;
//     };
//
//     go::Error err = go::errors::Wrap(go::errors::Make<NotFound>("x"), "load");
//     if (const auto* e = go::errors::As<NotFound>(err)) {
//       std::puts(e->name().c_str());
//     }
//
// Errors go into streams, and into std::format where there is one.
//
// An Error is a handle on something that never changes: copying it is cheap,
// and any thread may do anything with it at any time. Nothing parks. Not for
// signal handlers.
//
// Go: package errors and the type error.

#ifndef GOSLING_ERRORS_H_
#define GOSLING_ERRORS_H_

#include <gosling/internal/errors.h>
#include <gosling/internal/export.h>
#include <gosling/internal/format.h>
#include <gosling/internal/misuse.h>

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace gosling {

// Error is an error, or nil: none. Equality is identity, not equal text; errors
// made from equal std::error_codes are the same.
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

// Base is what errors of a program's own kinds derive from. Such an error must
// not change, and any thread may call its functions at any time. Go: the
// interface error.
class GOSLING_API Base {
 public:
  virtual ~Base();

  // message is its text. Go: Error.
  virtual std::string message() const = 0;

  // Unwrap returns what this error wraps, several by way of Join; nil if it wraps
  // none. Asked once, by Make. Go: Unwrap.
  virtual Error Unwrap() const;

  // Is says whether errors::Is is to take this error, without what it wraps, for
  // `target`, though it is not the same. Go: Is.
  virtual bool Is(const Error& target) const;

  // Timeout says whether this error means that time was up. Go: Timeout.
  virtual bool Timeout() const;

 protected:
  Base() = default;
  Base(const Base&) = default;
  Base& operator=(const Base&) = default;
};

// Make makes an error that is E(args…). Throws what that throws, and
// std::bad_alloc. Go: &E{…}.
template <std::derived_from<Base> E, class... Args>
[[nodiscard]] Error Make(Args&&... args) {
  return internal::OwnError(
      std::make_shared<const E>(std::forward<Args>(args)...));
}

// As returns err, or the first that it wraps, that is a T: a class derived from
// Base, or any polymorphic class that such a class has for a base too. Null if
// none is. The T lives as long as err or a copy of it. Needs RTTI, also where
// the errors' classes are compiled. Throws std::bad_alloc. Go: errors.As.
template <class T>
[[nodiscard]] const T* As(const Error& err) {
  static_assert(std::is_polymorphic_v<T>,
                "errors::As finds errors by their class, which derives from "
                "errors::Base: errors::As<NotFound>(err).");
#ifdef __cpp_rtti
  if constexpr (std::is_polymorphic_v<T>) {
    return static_cast<const T*>(
        internal::FindError(err, [](const Base& base) -> const void* {
          return dynamic_cast<const T*>(std::addressof(base));
        }));
  }
#else
  static_assert(internal::kNever<T>,
                "errors::As needs RTTI: compile without -fno-rtti.");
#endif
  (void)err;
  return nullptr;
}

// Join wraps all of `errs` that are not nil, and says what they say, a line
// each; nil if all are. Throws std::bad_alloc. Go: errors.Join.
[[nodiscard]] GOSLING_API Error Join(std::span<const Error> errs);

template <std::convertible_to<Error>... E>
[[nodiscard]] Error Join(E&&... errs) {
  const std::vector<Error> list = {Error(std::forward<E>(errs))...};
  return Join(std::span<const Error>(list));
}

// Is says whether err, or anything that it wraps, is `target`, or says so itself
// (Base::Is). Codes of
// different categories are alike here if the standard library takes them for
// the same condition: ENOENT of the system and
// std::errc::no_such_file_or_directory. Throws std::bad_alloc. Go: errors.Is.
[[nodiscard]] GOSLING_API bool Is(const Error& err, const Error& target);

}  // namespace errors

// What message() says, in a stream.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(
    std::basic_ostream<char, Traits>& out, const Error& err) {
  return out << err.message();
}

}  // namespace gosling

#ifdef __cpp_lib_format
template <>
struct std::formatter<gosling::Error> : std::formatter<std::string_view> {
  template <class FormatContext>
  auto format(const gosling::Error& err, FormatContext& ctx) const {
    return std::formatter<std::string_view>::format(err.message(), ctx);
  }
};
#endif

#endif  // GOSLING_ERRORS_H_
