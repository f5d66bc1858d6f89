// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/op_error.h"

#include <gosling/context.h>

#include <cerrno>
#include <string>
#include <utility>

#include "runtime/errors.h"
#include "runtime/poll/errors.h"

namespace gosling::net {

namespace {

using internal::ErrorAccess;
using internal::ErrorNode;

// TextOver has a text of its own and wraps an error.
class TextOver final : public ErrorNode {
 public:
  TextOver(std::string text, Error inner)
      : ErrorNode(/*is_counted=*/true),
        text_(std::move(text)),
        inner_(std::move(inner)) {}
  std::string Message() const override { return text_; }
  std::span<const Error> Wrapped() const override { return {&inner_, 1}; }
  Error Unwrap() const override { return inner_; }

 private:
  const std::string text_;
  const Error inner_;
};

// TimeoutOfContext says what a deadline of the connection's own does, and
// errors::Is takes it for either. Go: net.timeoutError.
class TimeoutOfContext final : public ErrorNode {
 public:
  constexpr TimeoutOfContext() : ErrorNode(/*is_counted=*/false) {}
  std::string Message() const override { return "i/o timeout"; }
  bool Timeout() const override { return true; }
  bool Is(const Error& target) const override {
    return target == context::DeadlineExceeded ||
           target == poll::DeadlineExceeded;
  }
};

constinit const internal::Immortal<TimeoutOfContext> timeout_node;
constinit const ErrorAccess::Known timeout(&timeout_node.value);

constinit const internal::Immortal<internal::KnownError> closed_node(
    "use of closed network connection", false);
constinit const ErrorAccess::Known closed(&closed_node.value);

}  // namespace

constinit const Error& Closed = closed.error;

bool TimedOut(const Error& err) { return err.Timeout(); }

Error OpError(std::string_view op, std::string_view network, const Addr* source,
              const Addr* addr, Error err) {
  if (!err) return nullptr;
  std::string text(op);
  if (!network.empty()) text.append(" ").append(network);
  const bool has_source = source != nullptr && *source;
  if (has_source) text.append(" ").append(source->String());
  if (addr != nullptr && *addr) {
    text.append(has_source ? "->" : " ").append(addr->String());
  }
  text.append(": ").append(err.message());
  return ErrorAccess::Make(new TextOver(std::move(text), std::move(err)));
}

Error UnknownNetwork(std::string_view network) {
  return errors::New("unknown network " + std::string(network));
}

Error ContextError(const Error& err) {
  if (err == context::DeadlineExceeded) return timeout.error;
  if (err == context::Canceled) {
    return internal::ErrorThatIs("operation was canceled", err);
  }
  return err;
}

Error Invalid() { return poll::ErrnoError(EINVAL); }

}  // namespace gosling::net
