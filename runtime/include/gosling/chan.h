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
//           for (int i = 1; i <= 10; ++i) squares.Send(i * i);
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
// Guarantees
// * Values come out in the order in which they went in; goroutines that wait
//   are served in the order in which they came. A value goes straight to a
//   receiver that waits, past the buffer.
// * Close lets every waiting receiver go with std::nullopt and every waiting
//   sender with a Panic. Values already in the buffer can still be received.
// * A send that panics destroys its value. A Try form that says no has not
//   touched its argument.
// * Any number of goroutines and of threads that are not goroutines may use one
//   channel at the same time; where a goroutine would park, a thread blocks.
//   None of it may be called from a signal handler.
// * One allocation per channel; sending, receiving and waiting allocate
//   nothing.
//
// Memory ordering, which is Go's
// * A send happens before the receive of its value returns.
// * Close happens before a receive returns std::nullopt because of it.
// * On a channel without a buffer a receive happens before the send of its
//   value returns. With capacity C, the k-th receive happens before the send
//   number k+C returns.
// * Len, Cap and a Try form that says no order nothing.
//
// The handle itself is an ordinary object: while a call through it is being
// made, nobody may assign to or destroy it. Once a goroutine is parked in the
// call, the handle is no longer needed, as long as another one leads to the
// channel; and a waiter that has been served may destroy everything at once,
// handles included, though the call that served it has not quite returned yet.
//
// Element types: any object type whose move constructor and destructor do not
// throw; move-only, over-aligned and empty ones included, and it needs no
// default constructor. They may run while the channel's lock is held, so they
// must not wait, nor use the channel. Unit is for channels that only signal.
//
// Source: Go's runtime/chan.go.

#ifndef GOSLING_CHAN_H_
#define GOSLING_CHAN_H_

#include <gosling/internal/chan_core.h>

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

// MakeChan makes a channel whose buffer holds `capacity` values; 0: each send
// waits for its receiver. Throws Panic("makechan: size out of range") when so
// many values do not fit in memory. Never parks. Go: make(chan T, capacity).
template <class T>
[[nodiscard]] Chan<T> MakeChan(std::size_t capacity = 0);

namespace internal {

template <class T>
constexpr bool CheckElement() {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> &&
                    std::is_same_v<T, std::remove_cv_t<T>>,
                "A channel's element is a plain object type: neither const nor "
                "a reference nor an array nor void. Use std::array, a pointer, "
                "or gosling::Unit.");
  return true;
}

// RecvIterator is what `for (T v : ch)` uses. Each step is a Recv.
template <class T>
class RecvIterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  explicit RecvIterator(ChanRef ref) : ref_(std::move(ref)) { ++*this; }

  // The value may be moved out of the iterator, once.
  T&& operator*() const noexcept { return std::move(*value_); }
  RecvIterator& operator++() {
    Slot<T> slot;
    value_.reset();
    if (ChanRecv(ref_.get(), slot.Address())) slot.TakeInto(value_);
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const RecvIterator& it, std::default_sentinel_t) {
    return !it.value_.has_value();
  }

 private:
  ChanRef ref_;  // the loop's own: its body may assign to the handle
  mutable std::optional<T> value_;
};

template <class T>
void Send(ChanCore* core, T& value) {
  ChanSend(core, std::addressof(value));
}

template <class T>
std::optional<T> Recv(ChanCore* core) {
  Slot<T> slot;
  if (!ChanRecv(core, slot.Address())) return std::nullopt;
  return slot.Take();
}

template <class T>
bool TryRecv(ChanCore* core, std::optional<T>& out) {
  Slot<T> slot;
  switch (ChanTryRecv(core, slot.Address())) {
    case TryResult::kWouldBlock:
      return false;
    case TryResult::kClosed:
      out.reset();
      return true;
    case TryResult::kDone:
      slot.TakeInto(out);
      return true;
  }
  return false;
}

}  // namespace internal

// SendChan is a handle that can send and close. Go: chan<- T.
template <class T>
class SendChan {
 public:
  static_assert(internal::CheckElement<T>());
  using value_type = T;

  SendChan() noexcept = default;
  // Handles convert as Go's do: `SendChan<int> out = ch;` and `= nullptr`.
  // NOLINTBEGIN(google-explicit-constructor)
  SendChan(std::nullptr_t) noexcept {}
  SendChan(const Chan<T>& ch) noexcept : ref_(ch.ref_) {}
  SendChan(Chan<T>&& ch) noexcept : ref_(std::move(ch.ref_)) {}
  // NOLINTEND(google-explicit-constructor)

  // Send, TrySend, Close, Len, Cap: as Chan's.
  void Send(T value) const { internal::Send(ref_.get(), value); }
  bool TrySend(T&& value) const {
    return internal::ChanTrySend(ref_.get(), std::addressof(value));
  }
  bool TrySend(const T& value) const {
    T copy(value);
    return TrySend(std::move(copy));
  }
  void Close() const { internal::ChanClose(ref_.get()); }
  std::size_t Len() const noexcept { return internal::ChanLen(ref_.get()); }
  std::size_t Cap() const noexcept { return internal::ChanCap(ref_.get()); }

  explicit operator bool() const noexcept { return ref_.get() != nullptr; }
  friend bool operator==(const SendChan& a, const SendChan& b) noexcept {
    return a.ref_.get() == b.ref_.get();
  }

 private:
  friend struct internal::ChanAccess;

  internal::ChanRef ref_;
};

// RecvChan is a handle that can only receive. Go: <-chan T.
template <class T>
class RecvChan {
 public:
  static_assert(internal::CheckElement<T>());
  using value_type = T;

  RecvChan() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): see SendChan
  RecvChan(std::nullptr_t) noexcept {}
  RecvChan(const Chan<T>& ch) noexcept : ref_(ch.ref_) {}
  RecvChan(Chan<T>&& ch) noexcept : ref_(std::move(ch.ref_)) {}
  // NOLINTEND(google-explicit-constructor)

  // Recv, TryRecv, Len, Cap, begin, end: as Chan's.
  std::optional<T> Recv() const { return internal::Recv<T>(ref_.get()); }
  bool TryRecv(std::optional<T>& out) const {
    return internal::TryRecv(ref_.get(), out);
  }
  std::size_t Len() const noexcept { return internal::ChanLen(ref_.get()); }
  std::size_t Cap() const noexcept { return internal::ChanCap(ref_.get()); }

  internal::RecvIterator<T> begin() const {
    return internal::RecvIterator<T>(ref_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  explicit operator bool() const noexcept { return ref_.get() != nullptr; }
  friend bool operator==(const RecvChan& a, const RecvChan& b) noexcept {
    return a.ref_.get() == b.ref_.get();
  }

 private:
  friend struct internal::ChanAccess;

  internal::ChanRef ref_;
};

// Chan is a handle that can do everything. Go: chan T.
template <class T>
class Chan {
 public:
  using value_type = T;

  // Refers to no channel; MakeChan makes one.
  Chan() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `ch = nullptr`, as in Go
  Chan(std::nullptr_t) noexcept {}

  // Send hands `value` to a receiver or to the buffer; parks while neither is
  // to be had, for ever if this is no channel. Throws Panic("send on closed
  // channel"), also when the channel is closed while it waits. Go: ch <- value.
  void Send(T value) const { internal::Send(ref_.get(), value); }

  // TrySend sends if that is possible without waiting, and says whether it did;
  // only then has it moved from `value`. Never parks. Throws as Send does.
  // Go: select { case ch <- value: default: }.
  bool TrySend(T&& value) const {
    return internal::ChanTrySend(ref_.get(), std::addressof(value));
  }
  bool TrySend(const T& value) const {
    T copy(value);
    return TrySend(std::move(copy));
  }

  // Recv returns the next value, or std::nullopt once the channel is closed and
  // its buffer empty. Parks while there is neither, for ever if this is no
  // channel. Go: v, ok := <-ch.
  std::optional<T> Recv() const { return internal::Recv<T>(ref_.get()); }

  // TryRecv is Recv if that is possible without waiting. True: `out` is what
  // Recv would have returned, std::nullopt if closed. False: nothing there yet;
  // `out` is as it was. Never parks.
  // Go: select { case v, ok := <-ch: default: }.
  bool TryRecv(std::optional<T>& out) const {
    return internal::TryRecv(ref_.get(), out);
  }

  // Close says that no more values will come. Throws Panic("close of closed
  // channel"), Panic("close of nil channel"). Never parks. Go: close(ch).
  void Close() const { internal::ChanClose(ref_.get()); }

  // Len is the number of values in the buffer, at some moment; Cap the number
  // that it holds. 0 for no channel. Go: len(ch), cap(ch).
  std::size_t Len() const noexcept { return internal::ChanLen(ref_.get()); }
  std::size_t Cap() const noexcept { return internal::ChanCap(ref_.get()); }

  // begin and end: `for (T v : ch)` receives until the channel is closed. The
  // values can be moved from, so move-only types are fine.
  // Go: for v := range ch.
  internal::RecvIterator<T> begin() const {
    return internal::RecvIterator<T>(ref_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  // True if this refers to a channel. Two handles are equal if they refer to
  // the same one, or both to none.
  explicit operator bool() const noexcept { return ref_.get() != nullptr; }
  friend bool operator==(const Chan& a, const Chan& b) noexcept {
    return a.ref_.get() == b.ref_.get();
  }

 private:
  friend struct internal::ChanAccess;
  friend class SendChan<T>;
  friend class RecvChan<T>;

  internal::ChanRef ref_;
};

template <class T>
Chan<T> MakeChan(std::size_t capacity) {
  return internal::ChanAccess::FromRef<Chan<T>>(
      internal::ChanRef(internal::NewChan(&internal::kElemOps<T>, capacity)));
}

}  // namespace gosling

template <class T>
struct std::hash<gosling::Chan<T>> {
  std::size_t operator()(const gosling::Chan<T>& ch) const noexcept {
    return std::hash<void*>()(gosling::internal::ChanAccess::Core(ch));
  }
};
template <class T>
struct std::hash<gosling::SendChan<T>> {
  std::size_t operator()(const gosling::SendChan<T>& ch) const noexcept {
    return std::hash<void*>()(gosling::internal::ChanAccess::Core(ch));
  }
};
template <class T>
struct std::hash<gosling::RecvChan<T>> {
  std::size_t operator()(const gosling::RecvChan<T>& ch) const noexcept {
    return std::hash<void*>()(gosling::internal::ChanAccess::Core(ch));
  }
};

#endif  // GOSLING_CHAN_H_
