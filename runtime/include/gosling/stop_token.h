// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Contexts and std::stop_token: each cancels the other.
//
//     std::jthread worker([](std::stop_token stop) {
//       const go::context::Scoped work =
//           go::context::WithStopToken(go::context::Background(), stop);
//       Serve(*work);
//     });
//
// Not part of <gosling/gosling.h>, and empty where the standard library has no
// std::stop_token (__cpp_lib_jthread).

#ifndef GOSLING_STOP_TOKEN_H_
#define GOSLING_STOP_TOKEN_H_

#include <gosling/context.h>

#include <version>

#ifdef __cpp_lib_jthread

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace gosling::context {

// WithStopToken makes a child of `parent` that is cancelled, too, when a stop is
// requested through `token`: before request_stop returns, on its thread. As with
// all children, the function returned is to be called when the work is done.
// Throws Panic if parent is nil, and std::bad_alloc.
[[nodiscard]] inline std::pair<Context, CancelFunc> WithStopToken(
    const Context& parent, std::stop_token token) {
  // The callback works on a copy of the function: its own may be destroyed while
  // it is called, by what it cancels.
  struct Call {
    CancelFunc cancel;
    void operator()() const {
      const CancelFunc mine = cancel;
      mine();
    }
  };
  struct Link {
    std::optional<std::stop_callback<Call>> callback;
  };
  auto [ctx, cancel] = WithCancel(parent);
  const auto link = std::make_shared<Link>();
  link->callback.emplace(std::move(token), Call{cancel});
  // The child has the link until it ends.
  AfterFunc(ctx, [link] { link->callback.reset(); });
  return {std::move(ctx), std::move(cancel)};
}

// StopToken returns a token through which a stop is requested when `ctx` ends, by
// a goroutine. The function ends that, as AfterFunc's; it may be dropped if ctx
// is going to end. Throws Panic if ctx is nil, and std::bad_alloc.
[[nodiscard]] inline std::pair<std::stop_token, std::function<bool()>>
StopToken(const Context& ctx) {
  std::stop_source source;
  std::stop_token token = source.get_token();
  return {std::move(token), AfterFunc(ctx, [source = std::move(source)] {
            std::stop_source(source).request_stop();
          })};
}

}  // namespace gosling::context

#endif  // __cpp_lib_jthread

#endif  // GOSLING_STOP_TOKEN_H_
