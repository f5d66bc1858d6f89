// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Goroutine stacks. The design heads stack.cc.
//
// A stack is a range of virtual memory that costs real memory only where it has
// been touched: 4 KiB for a goroutine that stays shallow, until the memory is
// given back. It never moves and never grows. Below it lies a guard; running
// into the guard is a segmentation fault, whose handler (on the alternate
// signal stack) asks IsStackGuard and reports the overflow. Above it lies
// readable memory that is zero, for unwinders that go too far.
//
// A stack belongs to the goroutine that it was taken for, until StackFree or
// StackCache::Put; no code may be running on it then.

#ifndef GOSLING_SCHED_STACK_H_
#define GOSLING_SCHED_STACK_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/optimization.h"
#include "sched/os/sanitizers.h"

namespace gosling::sched {

enum class GuardMode;  // stack_guard.h

// Sizes of goroutine stacks, in bytes. Requests are rounded up to a power of
// two from kMinStack; the usable range is up to 1 KiB less (see StackColor in
// stack.cc). Sanitizers make frames several times as large. Where addresses
// have 32 bits, 30,000 stacks of the default size, with what lies below and
// above each, are to fit into 3 GiB.
inline constexpr std::size_t kMinStack = std::size_t{16} << 10;
#if defined(GOSLING_ASAN) || defined(GOSLING_TSAN)
inline constexpr std::size_t kRoomyStack = std::size_t{512} << 10;
inline constexpr std::size_t kThriftyStack = std::size_t{128} << 10;
#else
inline constexpr std::size_t kRoomyStack =
    std::size_t{sizeof(void*) == 4 ? 64 : 256} << 10;
inline constexpr std::size_t kThriftyStack = std::size_t{64} << 10;
#endif
inline constexpr std::size_t kMaxStack = std::size_t{1} << 30;

// DefaultStack is the size for goroutines that ask for none: kRoomyStack where
// address space costs nothing, kThriftyStack where all of it counts against a
// limit (os::CommitsAddressSpace). Decided at the first call.
std::size_t DefaultStack();

// StacksAreRoomy says that address space costs nothing.
inline bool StacksAreRoomy() { return DefaultStack() >= kRoomyStack; }

// Stack is the usable range [lo, hi) of one stack. lo == nullptr: none. hi is a
// multiple of 64.
struct Stack {
  char* lo = nullptr;
  char* hi = nullptr;
  // Guarded by words below lo, not by an inaccessible page.
  bool canary = false;
};

inline std::size_t StackSize(const Stack& stack) {
  return static_cast<std::size_t>(stack.hi - stack.lo);
}

// StackAlloc takes a stack of at least `size` bytes (0: DefaultStack()),
// rounded as said above, from the lists that all threads share. Returns
// nullptr, or a sentence, valid for ever, that says what is wrong and what a
// person can do; *out is then unchanged. Contents are arbitrary. Takes a lock,
// may make system calls, never parks. Needs some 2 KiB of stack itself.
const char* StackAlloc(std::size_t size, Stack* out);

// StackFree gives back a stack of any size. Fatal if its canary is damaged.
// Takes a lock, never parks.
void StackFree(Stack stack);

// IsStackGuard says whether addr lies in the guard of a stack, and stores which
// stack it is in *which. Async-signal-safe and lock-free; takes time in
// proportion to the number of stacks there ever were (some 200 a step).
bool IsStackGuard(const void* addr, Stack* which);

// StackTrim gives memory of stacks that have lain unused for a while back to
// the system. For sysmon: call it at every turn with the time of the monotonic
// clock in nanoseconds. It returns at once except about once a second, and then
// works for around a millisecond. True: there is more to give back; come again
// within 10 ms or so even if nothing else is going on. One thread at a time;
// needs 10 KiB of stack.
bool StackTrim(std::int64_t now);

// StackCounts has the numbers of stacks of one size in the shared lists.
struct StackCounts {
  std::size_t made = 0;  // stacks there ever were
  std::size_t warm = 0;  // free, memory still there
  std::size_t cold = 0;  // free, memory given back
};
StackCounts StackCount(std::size_t size);

// StackCache is a P's own supply of stacks of DefaultStack(): last in, first
// out, so that a goroutine starts on memory that is still in the CPU's cache.
// Used only by the owner of the P; no locks, and no atomics while it is neither
// empty nor full. It then exchanges half of itself with the shared lists.
//
// It keeps the ranges in an array of its own rather than as a list through the
// stacks: both touch one warm cache line, but the array needs no word in memory
// that StackTrim may drop and that sanitizers hold to be poisoned.
class StackCache {
 public:
  constexpr StackCache() = default;
  StackCache(const StackCache&) = delete;
  StackCache& operator=(const StackCache&) = delete;

  // Get takes a stack. Returns nullptr, or what StackAlloc would say.
  const char* Get(Stack* out) {
    if (ABSL_PREDICT_FALSE(count_ == 0)) return GetSlow(out);
    *out = stacks_[--count_];
    return nullptr;
  }

  // Put gives back a stack of DefaultStack(). Fatal if its canary is damaged.
  void Put(const Stack& stack) {
    if (ABSL_PREDICT_FALSE(count_ == kCapacity || stack.canary)) {
      PutSlow(stack);
      return;
    }
    stacks_[count_++] = stack;
  }

  // Flush gives everything to the shared lists: when the P is retired.
  void Flush();

  int Count() const { return count_; }

  static constexpr int kCapacity = 64;

 private:
  const char* GetSlow(Stack* out);
  void PutSlow(const Stack& stack);

  int count_ = 0;
  Stack stacks_[kCapacity];
};

// For tests. StackResetForTest unmaps every stack there is, so that the next
// ones are new, and guards those in the given mode, at most max_mprotect of
// them by mprotect (-1: as many as the system's limit allows). `default_size`
// becomes DefaultStack(), 0: by the system's rules. No stack may be in use, nor
// a StackCache be used again.
void StackResetForTest(GuardMode mode, std::int64_t max_mprotect,
                       std::size_t default_size = 0);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_STACK_H_
