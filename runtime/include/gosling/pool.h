// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Pool: things that are costly to make, kept to be used again.
//
//     go::sync::Pool<std::string> buffers;
//     std::string buffer = buffers.Get();  // one that was put back, or a new one
//     buffer.clear();                      // it is as it was when it was put
//     buffer += "text";
//     buffers.Put(std::move(buffer));
//
// For what many goroutines need for a short time each, and can do without: what
// is put into the pool may be gone at any time, in silence.
//
// Each P has an item that its goroutines take and put without an atomic
// instruction, and a list behind a lock, from which other Ps take when they have
// nothing themselves. Threads that are not goroutines use those lists.
//
// What stays: of what was not needed for about a second, all is destroyed, by
// later calls of Put. A pool into which nothing is put any more keeps what it has
// until Clear or its end. (Go's collector empties pools, in two rounds; here is
// none.)
//
// Not for signal handlers. Nothing parks. Memory ordering: a Put happens before
// the Get that returns its item. Items are moved by Get and Put in a place where
// they must not wait or use the pool, as a channel's elements.
//
// Go: sync.Pool.

#ifndef GOSLING_POOL_H_
#define GOSLING_POOL_H_

#include <gosling/internal/chan.h>
#include <gosling/internal/misuse.h>
#include <gosling/internal/pool.h>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace gosling::sync {

// Pool holds any number of Ts, which are nothrow-movable. It is not copied or
// moved, and may be destroyed when no call on it is under way; what it holds is
// destroyed with it. It allocates nothing before the first Put. Go: sync.Pool.
template <class T>
class Pool {
 public:
  static_assert(internal::Movable<T>,
                "Pool moves its items, which must not throw: give the type a "
                "noexcept move constructor, or keep std::unique_ptr to it.");

  Pool() requires(std::is_default_constructible_v<T>) = default;
  explicit Pool(std::function<T()> make) : New(std::move(make)) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Get takes an item out of the pool, any one; if there is none, it returns
  // New(), or T() without a New. Throws what these throw. Go: Pool.Get.
  [[nodiscard]] T Get() {
    internal::Slot<T> slot;
    if (core_.Get(slot.Address())) return *slot.Take();
    if constexpr (std::is_default_constructible_v<T>) {
      if (!New) return T();
    }
    return New();
  }

  // Put puts an item into the pool. Throws nothing: where memory is short, the
  // item is destroyed. Go: Pool.Put.
  void Put(T item) noexcept { core_.Put(std::addressof(item)); }

  // Clear destroys what is in the pool, but for the one item that each other P
  // may have to itself. Go has none.
  void Clear() noexcept { core_.Clear(); }

  // New makes what Get returns of an empty pool; not to be changed while the pool
  // is in use. Go: Pool.New.
  std::function<T()> New;

 private:
  internal::PoolCore core_{&internal::kElemOps<T>};
};

}  // namespace gosling::sync

#endif  // GOSLING_POOL_H_
