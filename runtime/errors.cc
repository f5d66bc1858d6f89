// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/errors.h>. An error may wrap others, those others again: a tree, and
// as deep as a caller wraps in a loop. So nothing here recurses, on stacks that
// do not grow.
//
// Go: errors/errors.go, wrap.go, join.go.

#include "runtime/errors.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace gosling {
namespace internal {
namespace {

class TextError final : public ErrorNode {
 public:
  explicit TextError(std::string_view text)
      : ErrorNode(/*is_counted=*/true), text_(text) {}
  std::string Message() const override { return text_; }

 private:
  std::string text_;
};

class CodeError final : public ErrorNode {
 public:
  explicit CodeError(std::error_code code)
      : ErrorNode(/*is_counted=*/true), code_(code) {}
  std::string Message() const override { return code_.message(); }
  std::error_code Code() const override { return code_; }
  bool Timeout() const override { return code_ == std::errc::timed_out; }

 private:
  std::error_code code_;
};

// KindError says what it likes, and counts as its target.
class KindError final : public ErrorNode {
 public:
  KindError(std::string_view text, Error target)
      : ErrorNode(/*is_counted=*/true),
        text_(text),
        target_(std::move(target)) {}
  std::string Message() const override { return text_; }
  std::span<const Error> Wrapped() const override { return {&target_, 1}; }

 private:
  std::string text_;
  Error target_;
};

// OwnKindError is a program's own.
class OwnKindError final : public ErrorNode {
 public:
  explicit OwnKindError(std::shared_ptr<const errors::Base> own)
      : ErrorNode(/*is_counted=*/true),
        own_(std::move(own)),
        wrapped_(own_->Unwrap()) {}
  std::string Message() const override { return own_->message(); }
  bool Timeout() const override { return own_->Timeout(); }
  bool Is(const Error& target) const override { return own_->Is(target); }
  const errors::Base* Own() const override { return own_.get(); }
  std::span<const Error> Wrapped() const override {
    return {&wrapped_, wrapped_ ? std::size_t{1} : std::size_t{0}};
  }
  Error Unwrap() const override { return wrapped_; }

 private:
  std::shared_ptr<const errors::Base> own_;
  Error wrapped_;
};

// WrappingError says what it says from the start: its text is made of theirs.
class WrappingError final : public ErrorNode {
 public:
  WrappingError(std::string text, std::vector<Error> wrapped, bool is_list)
      : ErrorNode(/*is_counted=*/true),
        text_(std::move(text)),
        wrapped_(std::move(wrapped)),
        is_list_(is_list) {}

  // The destructor takes apart each wrapped error whose last reference it has.
  ~WrappingError() override {
    std::vector<Error> doomed = std::move(wrapped_);
    while (!doomed.empty()) {
      Error last = std::move(doomed.back());
      doomed.pop_back();
      const auto* node =
          dynamic_cast<const WrappingError*>(ErrorAccess::NodeOf(last));
      // acquire: pairs with the release of the other references
      if (node == nullptr ||
          node->references.load(std::memory_order_acquire) != 1) {
        continue;
      }
      auto& inner = const_cast<WrappingError*>(node)->wrapped_;
      doomed.insert(doomed.end(), std::move_iterator(inner.begin()),
                    std::move_iterator(inner.end()));
      inner.clear();
    }
  }

  std::string Message() const override { return text_; }
  std::span<const Error> Wrapped() const override { return wrapped_; }
  Error Unwrap() const override {
    return is_list_ ? Error() : wrapped_.front();
  }

 private:
  std::string text_;
  std::vector<Error> wrapped_;
  bool is_list_;
};

// Any says whether `is` holds for the error or for one that it wraps; it looks
// at them in Go's order, and ends with the first.
template <class Predicate>
bool Any(const Error& error, Predicate is) {
  std::vector<const ErrorNode*> todo;
  if (error) todo.push_back(ErrorAccess::NodeOf(error));
  while (!todo.empty()) {
    const ErrorNode* node = todo.back();
    todo.pop_back();
    if (is(node)) return true;
    const std::span<const Error> wrapped = node->Wrapped();
    for (auto it = wrapped.rbegin(); it != wrapped.rend(); it++) {
      todo.push_back(ErrorAccess::NodeOf(*it));
    }
  }
  return false;
}

// Of codes that say success there are no errors.
bool SameCondition(const ErrorNode* a, const ErrorNode* b) {
  const std::error_code code = a->Code();
  return code &&
         code.default_error_condition() == b->Code().default_error_condition();
}

}  // namespace

void RefError(const ErrorNode* node) noexcept {
  // relaxed: the caller has a reference itself
  if (node->counted) node->references.fetch_add(1, std::memory_order_relaxed);
}

void UnrefError(const ErrorNode* node) noexcept {
  // acq_rel: the last one destroys what the others have read
  if (node->counted &&
      node->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete node;
  }
}

bool SameError(const ErrorNode* a, const ErrorNode* b) noexcept {
  if (a == b) return true;
  if (a == nullptr || b == nullptr) return false;
  const std::error_code code = a->Code();
  return code && code == b->Code();
}

}  // namespace internal

using internal::ErrorAccess;
using internal::ErrorNode;

Error internal::ErrorThatIs(std::string_view text, Error target) {
  return ErrorAccess::Make(new KindError(text, std::move(target)));
}

Error internal::OwnError(std::shared_ptr<const errors::Base> own) {
  return ErrorAccess::Make(new OwnKindError(std::move(own)));
}

const void* internal::FindError(const Error& err,
                                const void* (*is)(const errors::Base& own)) {
  const void* found = nullptr;
  Any(err, [&](const ErrorNode* node) {
    if (node->Own() != nullptr) found = is(*node->Own());
    return found != nullptr;
  });
  return found;
}

Error::Error(std::error_code code)
    : node_(code ? new internal::CodeError(code) : nullptr) {}

std::string Error::message() const {
  return node_ != nullptr ? node_->Message() : "<nil>";
}

std::error_code Error::code() const {
  std::error_code code;
  internal::Any(*this, [&](const ErrorNode* node) {
    code = node->Code();
    return static_cast<bool>(code);
  });
  return code;
}

bool Error::Timeout() const {
  return internal::Any(*this,
                       [](const ErrorNode* node) { return node->Timeout(); });
}

namespace errors {

Base::~Base() = default;
Error Base::Unwrap() const { return nullptr; }
bool Base::Is(const Error& /*target*/) const { return false; }
bool Base::Timeout() const { return false; }

Error New(std::string_view text) {
  return ErrorAccess::Make(new internal::TextError(text));
}

Error Wrap(Error err, std::string_view text) {
  if (!err) return nullptr;
  std::string whole(text);
  whole += ": ";
  whole += err.message();
  std::vector<Error> wrapped;
  wrapped.push_back(std::move(err));
  return ErrorAccess::Make(new internal::WrappingError(
      std::move(whole), std::move(wrapped), /*is_list=*/false));
}

Error Unwrap(const Error& err) {
  return err ? ErrorAccess::NodeOf(err)->Unwrap() : Error();
}

Error Join(std::span<const Error> errs) {
  std::string whole;
  std::vector<Error> wrapped;
  for (const Error& err : errs) {
    if (!err) continue;
    if (!wrapped.empty()) whole += '\n';
    whole += err.message();
    wrapped.push_back(err);
  }
  if (wrapped.empty()) return nullptr;
  return ErrorAccess::Make(new internal::WrappingError(
      std::move(whole), std::move(wrapped), /*is_list=*/true));
}

bool Is(const Error& err, const Error& target) {
  if (!err || !target) return !err && !target;
  const ErrorNode* wanted = ErrorAccess::NodeOf(target);
  return internal::Any(err, [&](const ErrorNode* node) {
    return node == wanted || internal::SameCondition(node, wanted) ||
           node->Is(target);
  });
}

}  // namespace errors
}  // namespace gosling
