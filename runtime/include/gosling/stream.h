// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Merge, Tee and Batch: goroutines between channels.
//
//     const go::context::Scoped work =
//         go::context::WithCancel(go::context::Background());
//     const auto all = go::stream::Merge(work, inputs);
//     for (const std::vector<int>& some : go::stream::Batch(work, all, 100, 1s)) {
//       std::printf("%zu values\n", some.size());
//     }
//
// Each starts goroutines that receive until their inputs are closed, and then
// close what they have made. A program that stops receiving earlier cancels the
// context: then they end, close, and drop what they hold. Nothing is buffered
// that is not said to be, so a slow receiver slows its senders.
//
// They may be called by goroutines and threads, not by signal handlers, and never
// park. They throw std::bad_alloc, and Panic if the context is nil.
//
// Go has none; "Go Concurrency Patterns: Pipelines and cancellation" has their
// like.

#ifndef GOSLING_STREAM_H_
#define GOSLING_STREAM_H_

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/internal/stream.h>
#include <gosling/select.h>
#include <gosling/time.h>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace gosling::stream {

// Merge returns a channel of what comes from all the inputs, each one's values in
// their order; closed when all are. One goroutine for each.
template <class T>
[[nodiscard]] RecvChan<T> Merge(const context::Context& ctx,
                                const std::vector<RecvChan<T>>& inputs) {
  const RecvChan<Unit> done = ctx.Done();
  const Chan<T> out = MakeChan<T>();
  // The last goroutine that drops it closes `out`.
  const auto closing = std::make_shared<internal::CloseAtEnd<T>>(out);
  for (const RecvChan<T>& in : inputs) {
    Go([done, in, out, closing] {
      std::optional<T> v;
      while (Select(OnRecv(done), OnRecv(in, v)) == 1 && v &&
             Select(OnRecv(done), OnSend(out, *std::move(v))) == 1) {
      }
    });
  }
  return out;
}
template <class T>
[[nodiscard]] RecvChan<T> Merge(const context::Context& ctx,
                                const std::vector<Chan<T>>& inputs) {
  return Merge(ctx, std::vector<RecvChan<T>>(inputs.begin(), inputs.end()));
}
template <class T, std::convertible_to<RecvChan<T>>... Inputs>
[[nodiscard]] RecvChan<T> Merge(const context::Context& ctx,
                                const RecvChan<T>& first,
                                const Inputs&... others) {
  return Merge(ctx, std::vector<RecvChan<T>>{first, others...});
}

// Tee returns n channels on each of which all values of `in` come; closed when it
// is. The next value is received when all have taken the one before, in any
// order, so all must be received from. T is copyable. One goroutine.
template <class T>
[[nodiscard]] std::vector<RecvChan<T>> Tee(const context::Context& ctx,
                                           const RecvChan<T>& in,
                                           std::size_t n = 2) {
  static_assert(std::is_copy_constructible_v<T>,
                "Tee copies the values: send a std::shared_ptr to them");
  const RecvChan<Unit> done = ctx.Done();
  std::vector<Chan<T>> outs;
  std::vector<internal::CloseAtEnd<T>> closing;
  outs.reserve(n);
  closing.reserve(n);
  for (std::size_t i = 0; i < n; i++) {
    outs.push_back(MakeChan<T>());
    closing.emplace_back(outs.back());
  }
  std::vector<RecvChan<T>> result(outs.begin(), outs.end());
  Go([done, in, outs = std::move(outs), closing = std::move(closing)] {
    std::optional<T> v;
    while (Select(OnRecv(done), OnRecv(in, v)) == 1 && v &&
           internal::SendToAll(done, outs, *v)) {
    }
  });
  return result;
}
template <class T>
[[nodiscard]] std::vector<RecvChan<T>> Tee(const context::Context& ctx,
                                           const Chan<T>& in,
                                           std::size_t n = 2) {
  return Tee(ctx, RecvChan<T>(in), n);
}

// Batch returns a channel of what comes from `in`, `count` values at a time; or
// fewer, when `longest` is over since the first of them, and at the end. Never
// none. While a batch is not received the next value is not either. Throws Panic
// if count is 0. One goroutine.
template <class T>
[[nodiscard]] RecvChan<std::vector<T>> Batch(const context::Context& ctx,
                                             const RecvChan<T>& in,
                                             std::size_t count,
                                             time::Delay longest) {
  if (count == 0) internal::PanicEmptyBatch();
  const RecvChan<Unit> done = ctx.Done();
  const Chan<std::vector<T>> out = MakeChan<std::vector<T>>();
  Go([done, in, out, count, longest,
      closing = internal::CloseAtEnd<std::vector<T>>(out)] {
    std::vector<T> batch;
    RecvChan<time::Time> late;  // none as long as the batch is empty
    for (bool more = true; more;) {
      std::optional<T> v;
      const int event = Select(OnRecv(done), OnRecv(in, v), OnRecv(late));
      if (event == 0) return;
      if (event == 1 && v) {
        if (batch.empty())
          late = time::After(time::Duration(longest.Nanoseconds()));
        batch.push_back(*std::move(v));
        if (batch.size() < count) continue;
      }
      more = event != 1 || v.has_value();
      late = nullptr;
      if (batch.empty()) continue;
      if (Select(OnRecv(done),
                 OnSend(out, std::exchange(batch, std::vector<T>()))) == 0) {
        return;
      }
    }
  });
  return out;
}
template <class T>
[[nodiscard]] RecvChan<std::vector<T>> Batch(const context::Context& ctx,
                                             const Chan<T>& in,
                                             std::size_t count,
                                             time::Delay longest) {
  return Batch(ctx, RecvChan<T>(in), count, longest);
}

}  // namespace gosling::stream

#endif  // GOSLING_STREAM_H_
