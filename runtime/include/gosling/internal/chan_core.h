// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What <gosling/chan.h> and <gosling/select.h> need of a channel: the handle
// that counts references, the table through which type-erased code moves
// elements, and the operations themselves, which live in the library.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_CHAN_CORE_H_
#define GOSLING_INTERNAL_CHAN_CORE_H_

#include <gosling/internal/export.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace gosling::internal {

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
  static_assert(
      std::is_nothrow_move_constructible_v<T> &&
          std::is_nothrow_destructible_v<T>,
      "A channel moves its elements while other goroutines wait for them, so "
      "moving or destroying one must not throw: give the type a noexcept move "
      "constructor, or send a std::unique_ptr to it.");
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
GOSLING_API std::size_t ChanLen(const ChanCore* core) noexcept;
GOSLING_API std::size_t ChanCap(const ChanCore* core) noexcept;

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
    // Alone, nobody else can add a reference meanwhile, so the read-modify-
    // write is spared. acquire and acq_rel: pair with the release of every
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
  static ChanRef TakeRef(Handle& handle) noexcept {
    return std::move(handle.ref_);
  }
  template <class Handle>
  static Handle FromRef(ChanRef ref) noexcept {
    Handle handle;
    handle.ref_ = std::move(ref);
    return handle;
  }
};

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_CHAN_CORE_H_
