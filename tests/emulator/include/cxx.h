// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the sources that the emulator's test compiles take from the standard
// library, and from Abseil: as little as that, so that clang alone makes objects
// for Darwin. The atomics are clang's own, as they are in libc++, Apple's library.

#ifndef GOSLING_TESTS_EMULATOR_CXX_H_
#define GOSLING_TESTS_EMULATOR_CXX_H_

#include <darwin.h>

#define ABSL_EXCLUSIVE_LOCKS_REQUIRED(...)
#define ABSL_EXCLUSIVE_LOCK_FUNCTION(...)
#define ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(...)
#define ABSL_GUARDED_BY(...)
#define ABSL_LOCKABLE
#define ABSL_NO_THREAD_SAFETY_ANALYSIS
#define ABSL_SCOPED_LOCKABLE
#define ABSL_UNLOCK_FUNCTION(...)
#define ABSL_PREDICT_FALSE(x) __builtin_expect(!!(x), 0)
#define ABSL_PREDICT_TRUE(x) __builtin_expect(!!(x), 1)

inline void* operator new(size_t, void* at) noexcept { return at; }

namespace std {

using ::int16_t, ::int32_t, ::int64_t, ::int8_t, ::uint16_t, ::uint32_t,
    ::uint64_t, ::uint8_t;
using ::intptr_t, ::ptrdiff_t, ::size_t, ::uintptr_t;
using nullptr_t = decltype(nullptr);
using ::free, ::getenv, ::memcmp, ::memcpy, ::memset, ::strlen;

class bad_alloc {};

template <class T>
struct numeric_limits {
  static constexpr T max() {
    return T(-1) > T(0) ? T(-1) : T((T(1) << (8 * sizeof(T) - 2)) - 1) * 2 + 1;
  }
  static constexpr T min() { return T(-1) > T(0) ? T(0) : -max() - 1; }
};

template <class T>
constexpr const T& min(const T& a, const T& b) {
  return b < a ? b : a;
}

template <class T>
constexpr const T& max(const T& a, const T& b) {
  return a < b ? b : a;
}

class string_view {
 public:
  constexpr string_view(const char* text)
      : text_(text), size_(__builtin_strlen(text)) {}
  constexpr bool empty() const { return size_ == 0; }
  friend constexpr bool operator==(string_view a, string_view b) {
    return a.size_ == b.size_ &&
           __builtin_memcmp(a.text_, b.text_, a.size_) == 0;
  }

 private:
  const char* text_;
  size_t size_;
};

enum memory_order : int {
  memory_order_relaxed = __ATOMIC_RELAXED,
  memory_order_acquire = __ATOMIC_ACQUIRE,
  memory_order_release = __ATOMIC_RELEASE,
  memory_order_acq_rel = __ATOMIC_ACQ_REL,
  memory_order_seq_cst = __ATOMIC_SEQ_CST,
};

inline void atomic_signal_fence(memory_order order) {
  __c11_atomic_signal_fence(order);
}
inline void atomic_thread_fence(memory_order order) {
  __c11_atomic_thread_fence(order);
}

template <class T>
class atomic {
 public:
  static constexpr bool is_always_lock_free =
      __atomic_always_lock_free(sizeof(T), 0);

  constexpr atomic() noexcept : value_(T()) {}
  constexpr atomic(T value) noexcept : value_(value) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(memory_order order = memory_order_seq_cst) const {
    return __c11_atomic_load(&value_, order);
  }
  void store(T value, memory_order order = memory_order_seq_cst) {
    __c11_atomic_store(&value_, value, order);
  }
  T exchange(T value, memory_order order = memory_order_seq_cst) {
    return __c11_atomic_exchange(&value_, value, order);
  }
  T fetch_add(T value, memory_order order = memory_order_seq_cst) {
    return __c11_atomic_fetch_add(&value_, value, order);
  }
  T fetch_sub(T value, memory_order order = memory_order_seq_cst) {
    return __c11_atomic_fetch_sub(&value_, value, order);
  }
  T fetch_or(T value, memory_order order = memory_order_seq_cst) {
    return __c11_atomic_fetch_or(&value_, value, order);
  }
  T fetch_and(T value, memory_order order = memory_order_seq_cst) {
    return __c11_atomic_fetch_and(&value_, value, order);
  }
  bool compare_exchange_strong(T& old, T value,
                               memory_order order = memory_order_seq_cst) {
    return __c11_atomic_compare_exchange_strong(&value_, &old, value, order,
                                                OrderOfFailure(order));
  }
  bool compare_exchange_strong(T& old, T value, memory_order order,
                               memory_order failure) {
    return __c11_atomic_compare_exchange_strong(&value_, &old, value, order,
                                                failure);
  }
  bool compare_exchange_weak(T& old, T value,
                             memory_order order = memory_order_seq_cst) {
    return __c11_atomic_compare_exchange_weak(&value_, &old, value, order,
                                              OrderOfFailure(order));
  }
  bool compare_exchange_weak(T& old, T value, memory_order order,
                             memory_order failure) {
    return __c11_atomic_compare_exchange_weak(&value_, &old, value, order,
                                              failure);
  }

 private:
  static constexpr memory_order OrderOfFailure(memory_order order) {
    return order == memory_order_acq_rel   ? memory_order_acquire
           : order == memory_order_release ? memory_order_relaxed
                                           : order;
  }

  _Atomic(T) value_;
};

}  // namespace std

#endif  // GOSLING_TESTS_EMULATOR_CXX_H_
