// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Goroutines beside an event loop that knows nothing of them, boost::asio's: they
// work, and the loop's thread takes their answers between its own events. No Run.
//
// Readable turns a channel into a descriptor that can be read from when there is
// something to receive; asio only waits for it.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/readable.h>
#include <gosling/sync.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <utility>

namespace go = gosling;
namespace asio = boost::asio;

// Receiver calls take(value) on the loop's thread for all that a channel brings,
// until it is closed. It outlives the loop's run.
template <class T>
class Receiver {
 public:
  Receiver(asio::io_context& loop, go::RecvChan<T> ch,
           std::function<void(T)> take)
      : readable_(std::move(ch), /*ahead=*/16),
        descriptor_(loop, readable_.Fd()),
        take_(std::move(take)) {
    Await();
  }
  ~Receiver() { descriptor_.release(); }  // it is readable_'s to close
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

 private:
  void Await() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (!error && TakeAll()) Await();
                           });
  }

  // TakeAll returns false when the channel is closed.
  bool TakeAll() {
    for (;;) {
      go::Received<T> value = readable_.TryRecv();
      if (value.Closed()) return false;
      if (!value) return true;
      take_(*std::move(value));
    }
  }

  go::Readable<T> readable_;
  asio::posix::stream_descriptor descriptor_;
  std::function<void(T)> take_;
};

int main() {
  asio::io_context loop;

  // An event of the loop's own starts the work.
  const go::Chan<int> squares = go::MakeChan<int>();
  asio::steady_timer start(loop, std::chrono::milliseconds(10));
  start.async_wait([squares](const boost::system::error_code&) {
    go::Go([squares] {
      go::sync::WaitGroup group;
      for (int i = 1; i <= 100; i++) {
        group.Go([squares, i] { squares.Send(i * i); });
      }
      group.Wait();
      squares.Close();
    });
  });

  int count = 0;
  int sum = 0;
  const Receiver<int> receiver(loop, squares, [&](int square) {
    count++;
    sum += square;
  });
  loop.run();  // until the channel is closed
  std::printf("%d squares, sum %d\n", count, sum);
}
