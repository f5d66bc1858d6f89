// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/chan.h> and <gosling/select.h>: the reference that is counted,
// the table through which type-erased code moves elements, the operations, which
// live in the library, and the base of the three handles.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_CHAN_H_
#define GOSLING_INTERNAL_CHAN_H_

#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace gosling {

struct Unit;
template <class T>
class Received;

namespace internal {

// ElemOps is what a channel knows of its element type. The three functions are
// null for a trivially copyable type, which is copied as bytes.
struct ElemOps {
  std::size_t size;  // bytes in the buffer per element; 0: nothing to store
  std::size_t align;
  void (*move)(void* to, void* from) noexcept;      // *from stays, moved from
  void (*relocate)(void* to, void* from) noexcept;  // *from is destroyed
  void (*destroy)(void* at) noexcept;
};

template <class T>
struct ElemFunctions {
  static void Move(void* to, void* from) noexcept {
    ::new (to) T(std::move(*static_cast<T*>(from)));
  }
  static void Relocate(void* to, void* from) noexcept {
    Move(to, from);
    Destroy(from);
  }
  static void Destroy(void* at) noexcept {
    std::destroy_at(static_cast<T*>(at));
  }
};

template <class T>
constexpr ElemOps MakeElemOps() {
  if constexpr (std::is_trivially_copyable_v<T>) {
    return {std::is_empty_v<T> ? 0 : sizeof(T), alignof(T), nullptr, nullptr,
            nullptr};
  } else {
    using F = ElemFunctions<T>;
    return {sizeof(T), alignof(T), &F::Move, &F::Relocate, &F::Destroy};
  }
}

template <class T>
inline constexpr ElemOps kElemOps = MakeElemOps<T>();

// ChanCore is the part of a channel that handles touch; the library derives the
// rest from it (runtime/chan.h).
struct ChanCore {
  std::atomic<std::uint32_t> refs{1};  // handles
};

// NewChan makes a channel with one reference, which the caller owns. Throws
// Panic if the buffer is larger than any memory or cannot be had.
GOSLING_API ChanCore* NewChan(const ElemOps* ops, std::size_t capacity);

// DropChan is called by the one whose reference was the last. Never parks.
// Elements still in the buffer are destroyed, on the caller's stack.
GOSLING_API void DropChan(ChanCore* core) noexcept;

enum class TryResult : std::uint8_t { kWouldBlock, kClosed, kDone };

// The operations. A null core is a nil channel. `value` is moved from only if
// the send happens; `out` is raw storage, which holds an element afterwards
// only if the result is true or kDone.
GOSLING_API void ChanSend(ChanCore* core, void* value);
GOSLING_API bool ChanRecv(ChanCore* core, void* out);       // false: closed
GOSLING_API bool ChanTrySend(ChanCore* core, void* value);  // throws if closed
GOSLING_API TryResult ChanTryRecv(ChanCore* core, void* out);
GOSLING_API void ChanClose(ChanCore* core);
// These give up after so many nanoseconds (runtime/chan_for.cc).
GOSLING_API bool ChanSendFor(ChanCore* core, void* value, std::int64_t ns);
GOSLING_API TryResult ChanRecvFor(ChanCore* core, void* out, std::int64_t ns);
GOSLING_API std::size_t ChanLen(const ChanCore* core) noexcept;
GOSLING_API std::size_t ChanCap(const ChanCore* core) noexcept;
// ChanOwner is the bubble that has made it (<gosling/testing.h>); 0: none.
GOSLING_API std::uint32_t ChanOwner(const ChanCore* core) noexcept;

// ChanRef is a counted reference to a channel, or null.
class ChanRef {
 public:
  constexpr ChanRef() noexcept = default;
  // Takes over a reference that the caller owns.
  explicit ChanRef(ChanCore* core) noexcept : core_(core) {}
  ChanRef(const ChanRef& other) noexcept : core_(other.core_) {
    if (core_ != nullptr) core_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  ChanRef(ChanRef&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)) {}
  ChanRef& operator=(ChanRef other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~ChanRef() {
    if (core_ == nullptr) return;
    // A sole reference is copied by no other thread meanwhile, so the read-
    // modify-write is spared. acquire and acq_rel: pair with the release of every
    // other reference's end, whose owner's use of the channel is over.
    if (core_->refs.load(std::memory_order_acquire) == 1 ||
        core_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      DropChan(core_);
    }
  }

  ChanCore* get() const noexcept { return core_; }

 private:
  ChanCore* core_ = nullptr;
};

// Slot is room for one element on a receiver's stack.
template <class T>
class Slot {
 public:
  Slot() noexcept {}  // NOLINT(modernize-use-equals-default): leaves it raw
  void* Address() noexcept { return bytes_; }
  // Take empties a slot that has been received into.
  std::optional<T> Take() noexcept {
    T* at = std::launder(reinterpret_cast<T*>(bytes_));
    std::optional<T> value(std::in_place, std::move(*at));
    std::destroy_at(at);
    return value;
  }
  void TakeInto(std::optional<T>& out) noexcept {
    T* at = std::launder(reinterpret_cast<T*>(bytes_));
    out.emplace(std::move(*at));
    std::destroy_at(at);
  }
  void Discard() noexcept {
    std::destroy_at(std::launder(reinterpret_cast<T*>(bytes_)));
  }

 private:
  alignas(T) unsigned char bytes_[sizeof(T)];
};

// ChanAccess reaches the channel behind a handle.
struct ChanAccess {
  template <class Handle>
  static ChanCore* Core(const Handle& handle) noexcept {
    return handle.ref_.get();
  }
  template <class Handle>
  static ChanRef CopyRef(const Handle& handle) noexcept {
    return handle.ref_;
  }
  template <class Handle>
  static ChanRef TakeRef(Handle& handle) noexcept {
    return std::move(handle.ref_);
  }
  template <class T>
  static void SetClosed(Received<T>& received) noexcept {
    received.closed_ = true;
  }
  template <class Handle>
  // NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved from
  static Handle FromRef(ChanRef ref) noexcept {
    Handle handle;
    handle.ref_ = std::move(ref);
    return handle;
  }
};

// ChanHandle is what the three kinds of handle have in common; <gosling/chan.h>
// says what it does.
template <class Handle, class T>
class ChanHandle {
 public:
  using value_type = T;

  std::size_t Len() const noexcept { return ChanLen(ref_.get()); }
  std::size_t Cap() const noexcept { return ChanCap(ref_.get()); }

  explicit operator bool() const noexcept { return ref_.get() != nullptr; }
  friend bool operator==(const Handle& a, const Handle& b) noexcept {
    return ChanAccess::Core(a) == ChanAccess::Core(b);
  }

 protected:
  ChanHandle() noexcept = default;
  explicit ChanHandle(ChanRef ref) noexcept : ref_(std::move(ref)) {}

  ChanRef ref_;

 private:
  friend struct ChanAccess;
};

template <class Handle>
struct ChanHash {
  std::size_t operator()(const Handle& ch) const noexcept {
    return std::hash<void*>()(ChanAccess::Core(ch));
  }
};

// Element is a type of which there are channels. It may be incomplete.
template <class T>
concept Element = std::is_object_v<T> && !std::is_array_v<T> &&
                  std::is_same_v<T, std::remove_cv_t<T>>;

// NearestElement is T, if that is one, or what was perhaps meant.
template <class T>
using NearestElement =
    std::conditional_t<Element<std::decay_t<T>>, std::decay_t<T>, Unit>;

template <class T>
constexpr bool CheckElement() {
  static_assert(Element<T>,
                "A channel's element is a plain object type: neither const nor "
                "a reference nor an array nor void. Use std::array, a pointer, "
                "or gosling::Unit.");
  return true;
}

// Movable is an element that a channel can move.
template <class T>
concept Movable = std::is_nothrow_move_constructible_v<T> &&
    std::is_nothrow_destructible_v<T>;

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

template <class T>
Received<T> RecvFor(ChanCore* core, std::int64_t ns) {
  Slot<T> slot;
  Received<T> received;
  const TryResult result = ChanRecvFor(core, slot.Address(), ns);
  if (result == TryResult::kDone) slot.TakeInto(received);
  if (result == TryResult::kClosed) ChanAccess::SetClosed(received);
  return received;
}

// CannotRecv and CannotSend are the operations that a handle lacks: they only
// say so.
template <class T>
struct CannotRecv {
  template <class... Args>
  std::optional<T> Recv(const Args&...) const {
    static_assert(kNever<Args...>,
                  "a SendChan cannot receive: use the Chan or a RecvChan");
    return std::nullopt;
  }
  template <class... Args>
  bool TryRecv(const Args&...) const {
    static_assert(kNever<Args...>,
                  "a SendChan cannot receive: use the Chan or a RecvChan");
    return false;
  }
  template <class... Args>
  std::optional<T> RecvFor(const Args&...) const {
    static_assert(kNever<Args...>,
                  "a SendChan cannot receive: use the Chan or a RecvChan");
    return std::nullopt;
  }
  template <class... Args>
  Anything begin(const Args&...) const {
    static_assert(kNever<Args...>,
                  "a SendChan cannot receive: use the Chan or a RecvChan");
    return {};
  }
  Anything end() const { return {}; }
};

template <class T>
struct CannotSend {
  template <class... Args>
  void Send(const Args&...) const {
    static_assert(kNever<Args...>,
                  "a RecvChan cannot send: use the Chan or a SendChan");
  }
  template <class... Args>
  bool TrySend(const Args&...) const {
    static_assert(kNever<Args...>,
                  "a RecvChan cannot send: use the Chan or a SendChan");
    return false;
  }
  template <class... Args>
  bool SendFor(const Args&...) const {
    static_assert(kNever<Args...>,
                  "a RecvChan cannot send: use the Chan or a SendChan");
    return false;
  }
  template <class... Args>
  void Close(const Args&...) const {
    static_assert(kNever<Args...>,
                  "a RecvChan cannot be closed: senders close, through the "
                  "Chan or a SendChan");
  }
};

}  // namespace internal
}  // namespace gosling

#endif  // GOSLING_INTERNAL_CHAN_H_
