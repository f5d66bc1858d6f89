// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The nodes behind <gosling/errors.h>: they never change, and are counted, but
// for those of the library's own errors, which live for ever.

#ifndef GOSLING_RUNTIME_ERRORS_H_
#define GOSLING_RUNTIME_ERRORS_H_

#include <gosling/errors.h>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>

namespace gosling::internal {

struct ErrorNode {
  constexpr explicit ErrorNode(bool is_counted) : counted(is_counted) {}
  ErrorNode(const ErrorNode&) = delete;
  ErrorNode& operator=(const ErrorNode&) = delete;
  virtual ~ErrorNode() = default;

  virtual std::string Message() const = 0;
  // Of its own, not of what it wraps:
  virtual std::error_code Code() const { return {}; }
  virtual bool Timeout() const { return false; }
  virtual std::span<const Error> Wrapped() const { return {}; }

  // Is says that errors::Is is to take it for the target.
  virtual bool Is(const Error& /*target*/) const { return false; }
  // Own is what a program has made; null: it is the library's.
  virtual const errors::Base* Own() const { return nullptr; }

  // What errors::Unwrap returns.
  virtual Error Unwrap() const { return nullptr; }

  // Not counted: the processors of a program would pass the count of an error
  // around that all of them use.
  const bool counted;
  mutable std::atomic<std::uint32_t> references{1};
};

struct ErrorAccess {
  // Known is an Error that is constant-initialised and never destroyed.
  union Known {
    constexpr explicit Known(const ErrorNode* node) : error(node) {}
    Known(const Known&) = delete;
    Known& operator=(const Known&) = delete;
    ~Known() {}

    Error error;
  };

  static Error Make(const ErrorNode* node) { return Error(node); }
  static const ErrorNode* NodeOf(const Error& error) { return error.node_; }
};

// Immortal<T> is a T that is constant-initialised and never destroyed.
template <class T>
union Immortal {
  template <class... Args>
  constexpr explicit Immortal(Args... args) : value(args...) {}
  Immortal(const Immortal&) = delete;
  Immortal& operator=(const Immortal&) = delete;
  ~Immortal() {}

  T value;
};

// KnownError is an error of the library's own, like Go's io.EOF.
class KnownError final : public ErrorNode {
 public:
  constexpr KnownError(const char* text, bool timeout)
      : ErrorNode(/*is_counted=*/false), text_(text), timeout_(timeout) {}

  std::string Message() const override { return text_; }
  bool Timeout() const override { return timeout_; }

 private:
  const char* text_;
  bool timeout_;
};

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_ERRORS_H_
