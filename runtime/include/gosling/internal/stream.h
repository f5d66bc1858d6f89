// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/stream.h>: closing at the end of the last goroutine, and one
// value for many channels.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_STREAM_H_
#define GOSLING_INTERNAL_STREAM_H_

#include <gosling/chan.h>
#include <gosling/internal/export.h>
#include <gosling/select.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace gosling::internal {

// CloseAtEnd closes its channel when it is destroyed, unless it has been moved
// from.
template <class T>
class CloseAtEnd {
 public:
  explicit CloseAtEnd(SendChan<T> out) noexcept : out_(std::move(out)) {}
  CloseAtEnd(CloseAtEnd&& other) noexcept
      : out_(std::exchange(other.out_, nullptr)) {}
  CloseAtEnd& operator=(CloseAtEnd&&) = delete;
  ~CloseAtEnd() {
    if (out_) out_.Close();
  }

 private:
  SendChan<T> out_;
};

[[noreturn]] GOSLING_API void PanicEmptyBatch();

// SendToAll sends v to each of outs, in the order in which they take it; false:
// `done` came first.
template <class T>
bool SendToAll(const RecvChan<Unit>& done, const std::vector<Chan<T>>& outs,
               const T& v) {
  auto stop = OnRecv(done);
  std::vector<decltype(OnSend(outs[0], T(v)))> cases;
  cases.reserve(outs.size());
  std::vector<SelectCase*> list{&stop};
  for (const Chan<T>& out : outs) {
    cases.push_back(OnSend(out, T(v)));
    list.push_back(&cases.back());
  }
  for (std::size_t left = outs.size(); left != 0; left--) {
    const auto sent = static_cast<std::size_t>(Select(list));
    if (sent == 0) return false;
    list[sent] = nullptr;
  }
  return true;
}

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_STREAM_H_
