// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Channels: typed queues through which goroutines and threads hand each other
// values, and wait for each other.
//
//     #include <gosling/chan.h>
//     #include <gosling/go.h>
//
//     #include <cstdio>
//
//     namespace go = gosling;
//
//     int main() {
//       return go::Run([] {
//         go::Chan<int> squares = go::MakeChan<int>(4);
//         go::Go([squares] {
//           for (int i = 1; i <= 10; i++) squares.Send(i * i);
//           squares.Close();
//         });
//         for (int square : squares) std::printf("%d\n", square);
//       });
//     }
//
// A Chan is a handle, as in Go: copies share one channel, and assigning to a
// handle makes it refer to another one. SendChan and RecvChan are handles that
// can only send or only receive; a Chan converts to either. A handle made by
// default refers to no channel (Go's nil channel): sending and receiving wait
// for ever, the Try forms say no, Close panics, a select never chooses it. The
// channel is gone, with what is still in its buffer, when its last handle is.
//
// The variable of a loop must be a channel that lives as long as the loop, not
// what another channel has just delivered: in C++20 `for (int v : *chans.Recv())`
// loops over a handle that is gone before the first step, without a word from
// the compiler. Give it a name first:
//
//     go::Chan<go::Chan<int>> chans = go::MakeChan<go::Chan<int>>();
//     if (std::optional<go::Chan<int>> next = chans.Recv()) {
//       for (int v : *next) std::printf("%d\n", v);
//     }
//
// Guarantees
// * Values come out in the order in which they went in; goroutines that wait
//   are served in the order in which they came. A value goes straight to a
//   receiver that waits, past the buffer.
// * Close lets every waiting receiver go with std::nullopt and every waiting
//   sender with a Panic. Values already in the buffer can still be received.
// * A send that panics destroys its value. A Try or For form that says no has
//   not touched its argument.
// * Any number of goroutines and of threads that are not goroutines may use one
//   channel at the same time; where a goroutine would park, a thread blocks.
//   None of it may be called from a signal handler.
// * One allocation per channel; sending, receiving and waiting allocate
//   nothing, but the For forms, when they have to wait, a timer, which is gone
//   when they return.
//
// Memory ordering, which is Go's
// * A send happens before the receive of its value returns.
// * Close happens before a receive returns std::nullopt because of it.
// * On a channel without a buffer a receive happens before the send of its
//   value returns. With capacity C, the k-th receive happens before the send
//   number k+C returns.
// * Len, Cap and a Try form that says no order nothing.
//
// The handle itself is an ordinary object: a program must not assign to or
// destroy it during a call through it. Once a goroutine is parked in the call,
// the handle is no longer needed, as long as another one leads to the channel;
// and a waiter that has been served may destroy everything at once, handles
// included, though the call that served it has not quite returned yet.
//
// Element types: any object type whose move constructor and destructor do not
// throw; move-only, over-aligned and empty ones included, and it needs no
// default constructor. They may run while the channel's lock is held, so they
// must not wait, nor use the channel. Unit is for channels that only signal.
//
// Source: Go's runtime/chan.go.

#ifndef GOSLING_CHAN_H_
#define GOSLING_CHAN_H_

#include <gosling/internal/chan.h>
#include <gosling/internal/misuse.h>
#include <gosling/internal/time.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

namespace gosling {

template <class T>
class Chan;
template <class T>
class SendChan;
template <class T>
class RecvChan;

// Unit carries no information: Chan<Unit> is Go's chan struct{}.
struct Unit {
  friend bool operator==(Unit, Unit) = default;
};

// Received is what RecvFor and TryRecv return: Recv's result, and why it is
// nothing if it is. (A std::optional in another would be true, and so taken for
// a value, of a channel that is closed.)
//
//     if (auto v = ch.RecvFor(2s)) {
//       std::printf("%d\n", *v);
//     } else {
//       std::puts(v.Closed() ? "closed" : "nothing yet");
//     }
template <class T>
class Received : public std::optional<T> {
 public:
  // Closed: the channel is closed and drained. TimedOut: it is not, but no
  // value came in time.
  bool Closed() const noexcept { return !this->has_value() && closed_; }
  bool TimedOut() const noexcept { return !this->has_value() && !closed_; }

 private:
  friend struct internal::ChanAccess;

  bool closed_ = false;
};

// MakeChan makes a channel whose buffer holds `capacity` values; 0: each send
// waits for its receiver. Throws Panic("makechan: size out of range") when so
// many values do not fit in memory. Never parks. Go: make(chan T, capacity).
template <class T>
[[nodiscard]] Chan<T> MakeChan(std::size_t capacity = 0);

// Chan is a handle that can do everything. Go: chan T.
template <class T>
class Chan : public internal::ChanHandle<Chan<T>, T> {
 private:
  using Handle = internal::ChanHandle<Chan, T>;

 public:
  // Refers to no channel; MakeChan makes one.
  Chan() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `ch = nullptr`, as in Go
  Chan(std::nullptr_t) noexcept {}

  // Send hands `value` to a receiver or to the buffer; parks while neither is
  // to be had, for ever if this is no channel. Throws Panic("send on closed
  // channel"), also when the channel is closed while it waits. Go: ch <- value.
  void Send(T value) const { internal::Send(this->ref_.get(), value); }

  // TrySend sends if that is possible without waiting, and says whether it did;
  // only then has it moved from `value`. Never parks. Throws as Send does.
  // Go: select { case ch <- value: default: }.
  bool TrySend(T&& value) const {
    return internal::ChanTrySend(this->ref_.get(), std::addressof(value));
  }
  bool TrySend(const T& value) const {
    T copy(value);
    return TrySend(std::move(copy));
  }

  // SendFor is Send for at most `d`: true if it has sent, only then has it moved
  // from `value`; false if neither room nor a receiver was there in time. A `d`
  // that is not positive: TrySend. Throws as Send does, and std::bad_alloc. Go:
  // select { case ch <- value: case <-time.After(d): }.
  template <class Rep, class Period>
  bool SendFor(T&& value, std::chrono::duration<Rep, Period> d) const {
    return internal::ChanSendFor(this->ref_.get(), std::addressof(value),
                                 internal::ClampToNanoseconds(d));
  }
  template <class Rep, class Period>
  bool SendFor(const T& value, std::chrono::duration<Rep, Period> d) const {
    T copy(value);
    return SendFor(std::move(copy), d);
  }

  // Recv returns the next value, or std::nullopt once the channel is closed and
  // its buffer empty. Parks while there is neither, for ever if this is no
  // channel. Go: v, ok := <-ch.
  std::optional<T> Recv() const { return internal::Recv<T>(this->ref_.get()); }

  // TryRecv is Recv if that is possible without waiting. True: `out` is what
  // Recv would have returned, std::nullopt if closed. False: nothing there yet;
  // `out` is as it was. Never parks.
  // Go: select { case v, ok := <-ch: default: }.
  bool TryRecv(std::optional<T>& out) const {
    return internal::TryRecv(this->ref_.get(), out);
  }

  // RecvFor is Recv for at most `d`. A `d` that is not positive: it looks once,
  // without waiting, as TryRecv() does. Throws std::bad_alloc. Go: select { case
  // v, ok := <-ch: case <-time.After(d): }.
  template <class Rep, class Period>
  [[nodiscard]] Received<T> RecvFor(
      std::chrono::duration<Rep, Period> d) const {
    return internal::RecvFor<T>(this->ref_.get(),
                                internal::ClampToNanoseconds(d));
  }
  [[nodiscard]] Received<T> TryRecv() const {
    return internal::RecvFor<T>(this->ref_.get(), 0);
  }

  // Close says that no more values will come. Throws Panic("close of closed
  // channel"), Panic("close of nil channel"). Never parks. Go: close(ch).
  void Close() const { internal::ChanClose(this->ref_.get()); }

  // begin and end: `for (T v : ch)` receives until the channel is closed. The
  // values can be moved from, so move-only types are fine.
  // Go: for v := range ch.
  internal::RecvIterator<T> begin() const {
    return internal::RecvIterator<T>(this->ref_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  // Len() is the number of values in the buffer, at some moment; Cap() the
  // number that it holds. 0 for no channel. Go: len(ch), cap(ch).
  using Handle::Cap;
  using Handle::Len;

  // True if this refers to a channel. Two handles are equal if they refer to
  // the same one, or both to none.
  using Handle::operator bool;
};

// SendChan is a handle that can send and close. Go: chan<- T.
template <class T>
class SendChan : public internal::ChanHandle<SendChan<T>, T>,
                 public internal::CannotRecv<T> {
 private:
  using Handle = internal::ChanHandle<SendChan, T>;

 public:
  SendChan() noexcept = default;
  // Handles convert as Go's do: `SendChan<int> out = ch;` and `= nullptr`.
  // NOLINTBEGIN(google-explicit-constructor)
  SendChan(std::nullptr_t) noexcept {}
  SendChan(const Chan<T>& ch) noexcept
      : Handle(internal::ChanAccess::CopyRef(ch)) {}
  SendChan(Chan<T>&& ch) noexcept : Handle(internal::ChanAccess::TakeRef(ch)) {}
  // NOLINTEND(google-explicit-constructor)

  // Send, TrySend, SendFor, Close, and what ChanHandle has: as Chan's.
  void Send(T value) const { internal::Send(this->ref_.get(), value); }
  bool TrySend(T&& value) const {
    return internal::ChanTrySend(this->ref_.get(), std::addressof(value));
  }
  bool TrySend(const T& value) const {
    T copy(value);
    return TrySend(std::move(copy));
  }
  template <class Rep, class Period>
  bool SendFor(T&& value, std::chrono::duration<Rep, Period> d) const {
    return internal::ChanSendFor(this->ref_.get(), std::addressof(value),
                                 internal::ClampToNanoseconds(d));
  }
  template <class Rep, class Period>
  bool SendFor(const T& value, std::chrono::duration<Rep, Period> d) const {
    T copy(value);
    return SendFor(std::move(copy), d);
  }
  void Close() const { internal::ChanClose(this->ref_.get()); }
};

// RecvChan is a handle that can only receive. Go: <-chan T.
template <class T>
class RecvChan : public internal::ChanHandle<RecvChan<T>, T>,
                 public internal::CannotSend<T> {
 private:
  using Handle = internal::ChanHandle<RecvChan, T>;

 public:
  RecvChan() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): see SendChan
  RecvChan(std::nullptr_t) noexcept {}
  RecvChan(const Chan<T>& ch) noexcept
      : Handle(internal::ChanAccess::CopyRef(ch)) {}
  RecvChan(Chan<T>&& ch) noexcept : Handle(internal::ChanAccess::TakeRef(ch)) {}
  // NOLINTEND(google-explicit-constructor)

  // Recv, TryRecv, RecvFor, begin, end, and what ChanHandle has: as Chan's.
  std::optional<T> Recv() const { return internal::Recv<T>(this->ref_.get()); }
  bool TryRecv(std::optional<T>& out) const {
    return internal::TryRecv(this->ref_.get(), out);
  }
  template <class Rep, class Period>
  [[nodiscard]] Received<T> RecvFor(
      std::chrono::duration<Rep, Period> d) const {
    return internal::RecvFor<T>(this->ref_.get(),
                                internal::ClampToNanoseconds(d));
  }
  [[nodiscard]] Received<T> TryRecv() const {
    return internal::RecvFor<T>(this->ref_.get(), 0);
  }
  internal::RecvIterator<T> begin() const {
    return internal::RecvIterator<T>(this->ref_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }
};

// Channels of what is no element say so and are otherwise another type's.
template <class T>
requires(!internal::Element<T>) class Chan<T>
    : public Chan<internal::NearestElement<T>> {
 public:
  using Nearest = Chan<internal::NearestElement<T>>;
  using Nearest::Nearest;
  static_assert(internal::CheckElement<T>());
};
template <class T>
requires(!internal::Element<T>) class SendChan<T>
    : public SendChan<internal::NearestElement<T>> {
 public:
  using Nearest = SendChan<internal::NearestElement<T>>;
  using Nearest::Nearest;
  static_assert(internal::CheckElement<T>());
};
template <class T>
requires(!internal::Element<T>) class RecvChan<T>
    : public RecvChan<internal::NearestElement<T>> {
 public:
  using Nearest = RecvChan<internal::NearestElement<T>>;
  using Nearest::Nearest;
  static_assert(internal::CheckElement<T>());
};

template <class T>
Chan<T> MakeChan(std::size_t capacity) {
  if constexpr (internal::Element<T>) {
    static_assert(internal::Movable<T>,
                  "A channel moves its elements while other goroutines wait "
                  "for them, so moving or destroying one must not throw: give "
                  "the type a noexcept move constructor, or send a "
                  "std::unique_ptr to it.");
    if constexpr (internal::Movable<T>) {
      return internal::ChanAccess::FromRef<Chan<T>>(internal::ChanRef(
          internal::NewChan(&internal::kElemOps<T>, capacity)));
    }
  }
  return {};
}

}  // namespace gosling

template <class T>
struct std::hash<gosling::Chan<T>>
    : gosling::internal::ChanHash<gosling::Chan<T>> {};
template <class T>
struct std::hash<gosling::SendChan<T>>
    : gosling::internal::ChanHash<gosling::SendChan<T>> {};
template <class T>
struct std::hash<gosling::RecvChan<T>>
    : gosling::internal::ChanHash<gosling::RecvChan<T>> {};

#endif  // GOSLING_CHAN_H_
