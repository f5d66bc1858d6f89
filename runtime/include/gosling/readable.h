// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Readable: a descriptor that can be read from when a channel can be received
// from, for event loops that know nothing of goroutines: poll, libuv's uv_poll_t,
// Qt's QSocketNotifier, boost::asio::posix::stream_descriptor::async_wait.
//
//     go::Readable<int> readable(results);
//     pollfd poll{.fd = readable.Fd(), .events = POLLIN, .revents = 0};
//     while (::poll(&poll, 1, -1) > 0) {
//       const go::Received<int> v = readable.TryRecv();
//       if (v.Closed()) break;
//       if (v) std::printf("%d\n", *v);
//     }
//
// A goroutine receives from the channel for it, up to `ahead` values before the
// loop asks for them; so a sender on a channel without a buffer goes on a little
// earlier. When the channel is closed the descriptor stays readable, and TryRecv
// says so, once all values have been taken.
//
// The loop only waits for the descriptor: it neither reads it nor closes it.

#ifndef GOSLING_READABLE_H_
#define GOSLING_READABLE_H_

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/internal/readable.h>
#include <gosling/select.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace gosling {

// Readable is neither copied nor moved. One thread or goroutine at a time uses it.
// Nothing parks. Not for signal handlers.
template <class T>
class Readable {
 public:
  // Throws std::system_error if there is no descriptor left, and std::bad_alloc.
  // `ahead` is 1 at least and 4096 at most.
  explicit Readable(RecvChan<T> ch, std::size_t ahead = 1)
      : state_(std::make_shared<State>(
            std::clamp<std::size_t>(ahead, 1, internal::kMaxAhead))) {
    Go([state = state_, ch = std::move(ch)] {
      std::optional<T> v;
      while (Select(OnRecv(state->stop), OnRecv(ch, v)) == 1) {
        if (!v) {
          state->taken.Close();
          state->pipe.SignalEnd();
          return;
        }
        // The value is there before its signal.
        if (Select(OnRecv(state->stop), OnSend(state->taken, *std::move(v))) ==
            1) {
          state->pipe.Signal();
        }
      }
    });
  }
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;

  // The destructor lets the goroutine end, which closes the descriptor; what it has
  // received ahead is destroyed.
  ~Readable() { state_->stop.Close(); }

  // Fd returns the descriptor, which is this object's.
  [[nodiscard]] int Fd() const noexcept { return state_->pipe.Fd(); }

  // TryRecv returns the next value, if there is one: as RecvChan::TryRecv().
  [[nodiscard]] Received<T> TryRecv() {
    // Nothing ever comes from no channel.
    return (state_->pipe.Take() ? state_->taken : Chan<T>()).TryRecv();
  }

 private:
  struct State {
    explicit State(std::size_t ahead) : taken(MakeChan<T>(ahead)) {}

    internal::SignalPipe pipe;
    const Chan<T> taken;
    const Chan<Unit> stop = MakeChan<Unit>();
  };

  std::shared_ptr<State> state_;
};

}  // namespace gosling

#endif  // GOSLING_READABLE_H_
