// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A DNSError's node wraps what errors::Is is to find: NoSuchHost, or the error of
// the context that ended the lookup.

#include "runtime/net/resolver_error.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/errors.h"

namespace gosling::net {

namespace {

using gosling::internal::ErrorAccess;
using gosling::internal::ErrorNode;
using gosling::internal::Immortal;
using gosling::internal::KnownError;

constexpr char kNoSuchHost[] = "no such host";

constinit Immortal<KnownError> no_such_host(kNoSuchHost,
                                            /*timeout=*/false);
constinit ErrorAccess::Known known_no_such_host(&no_such_host.value);

class DNSErrorNode final : public ErrorNode {
 public:
  DNSErrorNode(DNSError what, Error wrapped)
      : ErrorNode(/*is_counted=*/true),
        what_(std::move(what)),
        wrapped_(std::move(wrapped)) {}

  std::string Message() const override {
    std::string text = "lookup " + what_.name;
    if (!what_.server.empty()) text += " on " + what_.server;
    return text + ": " + what_.err;
  }
  bool Timeout() const override { return what_.is_timeout; }
  std::span<const Error> Wrapped() const override {
    return {&wrapped_, wrapped_ ? std::size_t{1} : 0};
  }

  const DNSError& What() const { return what_; }

 private:
  const DNSError what_;
  const Error wrapped_;
};

// Find looks in Go's order, and without recursion, as errors::Is does.
const DNSErrorNode* Find(const Error& err) {
  std::vector<Error> todo = {err};
  while (!todo.empty()) {
    const Error last = std::move(todo.back());
    todo.pop_back();
    const ErrorNode* node = ErrorAccess::NodeOf(last);
    if (node == nullptr) continue;
    if (const auto* found = dynamic_cast<const DNSErrorNode*>(node)) {
      return found;
    }
    const auto wrapped = node->Wrapped();
    todo.insert(todo.end(), wrapped.rbegin(), wrapped.rend());
  }
  return nullptr;
}

}  // namespace

constinit const Error& NoSuchHost = known_no_such_host.error;

const DNSError* AsDNSError(const Error& err) {
  const DNSErrorNode* node = Find(err);
  return node != nullptr ? &node->What() : nullptr;
}

Error MakeDNSError(DNSError what, Error wrapped) {
  return ErrorAccess::Make(
      new DNSErrorNode(std::move(what), std::move(wrapped)));
}

Error NotFound(std::string_view name, std::string_view server) {
  DNSError what;
  what.err = kNoSuchHost;
  what.name = name;
  what.server = server;
  what.is_not_found = true;
  return MakeDNSError(std::move(what), NoSuchHost);
}

Error Ended(const context::Context& ctx, std::string_view name) {
  const Error why = ctx.Err();
  DNSError what;
  what.name = name;
  what.is_timeout = what.is_temporary = why.Timeout();
  what.err = why == context::Canceled           ? "operation was canceled"
             : why == context::DeadlineExceeded ? "i/o timeout"
                                                : why.message();
  return MakeDNSError(std::move(what), why);
}

Error Named(const Error& err, std::string_view name) {
  const DNSErrorNode* node = Find(err);
  if (node == nullptr || node->What().name == name) return err;
  DNSError what = node->What();
  what.name = name;
  const auto wrapped = node->Wrapped();
  return MakeDNSError(std::move(what),
                      wrapped.empty() ? Error() : wrapped.front());
}

}  // namespace gosling::net
