// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/poll/errors.h"

#include <cctype>
#include <system_error>
#include <utility>

#include "runtime/errors.h"
#include "runtime/poll/fd.h"

namespace gosling::poll {

namespace {

using internal::ErrorAccess;
using internal::ErrorNode;
using internal::KnownError;

class Errno final : public ErrorNode {
 public:
  explicit Errno(int err) : ErrorNode(/*is_counted=*/true), err_(err) {}
  std::string Message() const override { return ErrnoText(err_); }
  std::error_code Code() const override {
    return {err_, std::generic_category()};
  }
  bool Timeout() const override { return Code() == std::errc::timed_out; }

 private:
  const int err_;
};

// Without a code: errors::Is would take ETIMEDOUT, a connection's end, for it.
constinit const internal::Immortal<KnownError> timeout_node("i/o timeout",
                                                            true);
constinit const internal::Immortal<KnownError> no_deadline_node(
    "file type does not support deadline", false);
constinit const internal::Immortal<KnownError> not_pollable_node("not pollable",
                                                                 false);
constinit const ErrorAccess::Known not_pollable(&not_pollable_node.value);

}  // namespace

constinit const ErrorAccess::Known timeout_error(&timeout_node.value);
constinit const ErrorAccess::Known no_deadline_error(&no_deadline_node.value);

constinit const Error& DeadlineExceeded = timeout_error.error;
constinit const Error& NoDeadline = no_deadline_error.error;
constinit const Error& NotPollable = not_pollable.error;

std::string ErrnoText(int err) {
  std::string text = std::generic_category().message(err);
  // "RFS specific error", ".lib section in a.out corrupted" stay.
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1]))) {
    text[0] =
        static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

Error ErrnoError(int err) {
  if (err == 0) return nullptr;
  return ErrorAccess::Make(new Errno(err));
}

Error CallError(std::string_view call, int err) {
  return errors::Wrap(ErrnoError(err), call);
}

Error ResultError(int err, const Error& closing, std::string_view call) {
  switch (err) {
    case 0:
      return nullptr;
    case kErrClosing:
      return closing;
    case kErrTimeout:
      return DeadlineExceeded;
    case kErrNoDeadline:
      return NoDeadline;
    case kErrNotPollable:
      return NotPollable;
    default:
      return call.empty() ? ErrnoError(err) : CallError(call, err);
  }
}

}  // namespace gosling::poll
