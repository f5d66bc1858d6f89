// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Goroutine stacks. One arena per size class (powers of two), made of chunks of
// address space that are mapped as they are needed and never unmapped:
//
//     chunk:  | guard | stack      | head | guard | stack      | head |
//             |<---------- slot --------->|
//
// The first chunk of a class is some 4 MiB, the next ones twice as large each,
// up to 64 MiB (16 where addresses have 32 bits); where the system refuses
// (ulimit -v), smaller ones are tried, down to a single slot. Nothing of it is
// backed until it is touched, and never by huge pages, with which every shallow
// stack would cost 2 MiB.
//
// With vm.overcommit_memory=2 a mapping is not free: it counts against a limit
// of the whole system, MAP_NORESERVE or not. There a default stack is a quarter
// of the usual size, and all chunks are small. Rejected: to map chunks without
// access, which does not count, and to open one stack after the other by
// mprotect: two mappings of vm.max_map_count each.
//
// Guards stand in stack_guard.h.
//
// Heads. Above every stack lie 16 KiB (a page where address space is short)
// that are readable, zero and never written: an unwinder may read there. A
// signal handler that unwinds while an exception is thrown interrupts libgcc
// between the stores that install the catcher's frame, or at a landing pad
// whose predecessor in memory is another function. The unwinder then computes
// the frame from the wrong rule or the wrong stack pointer, and looks for the
// return address as far above it as some frame is large. On a thread's own
// stack something always lies there; above a goroutine's lay the next one's
// guard. Zero is a return address at which unwinders end. Heads cost page
// tables only (32 bytes each), and the zero page once they are read. Out of
// reach is the case that a word of the frame itself is taken for a return
// address and leads nowhere: that happens on threads as well, at the same
// instructions.
//
// Colours. Stacks that all ended at the same offset in a page would keep their
// hottest lines in the same few sets of the CPU's caches, and the ninth
// goroutine to run would evict the first. Their ends are therefore staggered by
// up to 15 cache lines, which cost nothing but that much of the usable range.
//
// Freed stacks are kept per class in the order in which they were freed, and
// the last one freed is the first one taken. They are warm: their memory stays,
// so that the same burst can come again without page faults (1.7 us each, far
// more than anything else a goroutine costs). StackTrim, called by sysmon,
// gives memory back: about once a second it looks at how many warm stacks lay
// unused for all of that time, and drops the memory of all of those but 16 MiB
// worth of address space (64 default stacks), oldest first and a thousand at a
// time. They are cold then, and cost a page fault when used again, as new ones
// do. The bound: a second or two after a burst of n goroutines, the stacks in
// use have memory, and 64 shallow ones here and 64 in each P's cache. A cold
// stack costs 8 bytes in the list of free ones, and page tables, two thirds of
// a KiB for a default stack: guards are marks in them. Rejected: dropping a
// stack's memory when it is freed, beyond a fixed number. It costs a system
// call and a page fault per goroutine in every program that runs bursts larger
// than that number, on the paths that goroutines wait for; one call for a run
// of neighbours costs a fifth. Rejected: keeping each stack's topmost page, to
// hold a list: most stacks have no other page.
//
// Locks: one per class, held for moving addresses between arrays and for
// mapping a chunk; not while guarding or trimming, and never in a signal
// handler.

#include "sched/stack.h"

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <new>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "sched/os/fatal.h"
#include "sched/os/keep_errno.h"
#include "sched/os/mutex.h"
#include "sched/os/os.h"
#include "sched/spare.h"
#include "sched/stack_guard.h"
#include "sched/switch_annotations.h"

namespace gosling::sched {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kFirstChunk = 4 * kMiB;
constexpr bool k32Bits = sizeof(void*) == 4;
constexpr std::size_t kLargestChunk = (k32Bits ? 16 : 64) * kMiB;
constexpr std::size_t kRoomyHead = std::size_t{k32Bits ? 4 : 16} << 10;
constexpr std::size_t kThriftyHead = std::size_t{4} << 10;
constexpr std::size_t kKeptWarm = 16 * kMiB;
constexpr int kClasses = std::countr_zero(kMaxStack / kMinStack) + 1;

// New and cold stacks are handed out in small batches: one that is not used
// after all has cost a system call or will cost a page fault.
constexpr int kFreshBatch = kMostGuardedAtOnce;

constexpr std::size_t kTrimBatch = 1024;

// Chunk is a run of slots of one class. Never freed but by tests: IsStackGuard
// walks the list without a lock. All but `carved` is constant once the chunk is
// in the list.
struct Chunk {
  char* base;
  std::size_t slot_size;  // guard, stack and head
  std::size_t guard_size;
  std::size_t stack_size;
  std::size_t slots;
  std::atomic<std::size_t> carved{0};  // slots in use or free, from the first
  Chunk* next;
};

// FreeStack is the low end of a stack, whose last bit says that it is guarded
// by a canary.
using FreeStack = std::uintptr_t;

// SizeClass holds the stacks of one size. `free` is one array in four parts:
//
//     0         cold         +trimming           end          capacity
//     |  cold   |  trimming  |  warm, oldest ... |    unused     |
//
// The trimming part is empty, or its contents are in the hands of StackTrim,
// and the places are kept for it. capacity is at least the number of slots, so
// that freeing never allocates.
struct alignas(64) SizeClass {
  Mutex lock;
  FreeStack* free ABSL_GUARDED_BY(lock) = nullptr;
  std::size_t capacity ABSL_GUARDED_BY(lock) = 0;
  std::size_t cold ABSL_GUARDED_BY(lock) = 0;
  std::size_t trimming ABSL_GUARDED_BY(lock) = 0;
  std::size_t end ABSL_GUARDED_BY(lock) = 0;

  Chunk* chunk ABSL_GUARDED_BY(lock) = nullptr;      // slots are carved here
  std::size_t chunk_size ABSL_GUARDED_BY(lock) = 0;  // of the next one, bytes
  std::size_t slots ABSL_GUARDED_BY(lock) = 0;       // in all chunks
  Spare spare ABSL_GUARDED_BY(lock);                 // of the warm ones

  std::size_t Warm() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock) {
    return end - cold - trimming;
  }
};

constinit SizeClass classes[kClasses];
constinit std::atomic<Chunk*> all_chunks{nullptr};
constinit std::atomic<std::size_t> default_stack{0};  // 0: not decided

std::size_t HeadSize() {
  return std::max(StacksAreRoomy() ? kRoomyHead : kThriftyHead, os::PageSize());
}

std::size_t SlotSize(std::size_t class_size) {
  return StackGuardSize() + class_size + HeadSize();
}

// ClassSize returns the rounded size, a power of two. size <= kMaxStack.
std::size_t ClassSize(std::size_t size) {
  return std::bit_ceil(std::max({size, kMinStack, os::PageSize()}));
}

SizeClass& ClassOf(std::size_t class_size) {
  return classes[std::countr_zero(class_size / kMinStack)];
}

// StackColor returns how many bytes a stack ends below the end of its slot.
// Slots are an odd number of times 16 KiB apart from 32 KiB on, so neighbours
// get all sixteen colours in turn.
std::size_t StackColor(std::uintptr_t lo) { return (lo >> 14) % 16 * 64; }

Stack MakeStack(FreeStack free_stack, std::size_t class_size) {
  std::uintptr_t lo = free_stack & ~std::uintptr_t{1};
  return {.lo = reinterpret_cast<char*>(lo),
          .hi = reinterpret_cast<char*>(lo + class_size - StackColor(lo)),
          .canary = (free_stack & 1) != 0};
}

FreeStack ToFree(const Stack& stack) {
  return reinterpret_cast<std::uintptr_t>(stack.lo) | (stack.canary ? 1 : 0);
}

// --- Taking ---

// MapChunk maps a chunk of about `size` bytes, smaller if need be, and makes
// room for its slots in the array of free ones. Returns nullptr or a sentence.
const char* MapChunk(SizeClass& c, std::size_t class_size)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(c.lock) {
  constexpr const char* kNoHeap =
      "no memory left for a goroutine stack: malloc failed";
  std::size_t slot_size = SlotSize(class_size);
  std::size_t size = c.chunk_size != 0 ? c.chunk_size : kFirstChunk;
  std::size_t slots = std::max<std::size_t>(size / slot_size, 1);
  void* base;
  while ((base = os::Reserve(slots * slot_size)) == nullptr) {
    if (slots == 1) return os::ExplainNoMemory(slot_size);
    slots /= 2;
  }
  os::NoHugePages(base, slots * slot_size);
  os::NameMapping(base, slots * slot_size, "gosling stack");

  if (c.slots + slots > c.capacity) {
    std::size_t capacity = std::max(c.slots + slots, 2 * c.capacity);
    void* array = ::realloc(c.free, capacity * sizeof(FreeStack));
    if (array == nullptr) {
      os::Release(base, slots * slot_size);
      return kNoHeap;
    }
    c.free = static_cast<FreeStack*>(array);
    c.capacity = capacity;
  }
  Chunk* chunk = new (std::nothrow) Chunk{.base = static_cast<char*>(base),
                                          .slot_size = slot_size,
                                          .guard_size = StackGuardSize(),
                                          .stack_size = class_size,
                                          .slots = slots,
                                          .next = nullptr};
  if (chunk == nullptr) {
    os::Release(base, slots * slot_size);
    return kNoHeap;
  }
  c.chunk = chunk;
  c.slots += slots;
  c.chunk_size = std::min(StacksAreRoomy() ? kLargestChunk : kFirstChunk,
                          2 * slots * slot_size);

  chunk->next = all_chunks.load(std::memory_order_relaxed);
  // release: publishes *chunk to IsStackGuard's acquire.
  while (!all_chunks.compare_exchange_weak(chunk->next, chunk,
                                           std::memory_order_release,
                                           std::memory_order_relaxed)) {
  }
  return nullptr;
}

// TakeNew carves at most n slots, n <= kFreshBatch, out of the class's chunk.
// They are not guarded yet.
const char* TakeNew(SizeClass& c, std::size_t class_size, Stack* out, int* n)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(c.lock) {
  Chunk* chunk = c.chunk;
  if (chunk == nullptr ||
      chunk->carved.load(std::memory_order_relaxed) == chunk->slots) {
    const char* error = MapChunk(c, class_size);
    if (error != nullptr) return error;
    chunk = c.chunk;
  }
  std::size_t first = chunk->carved.load(std::memory_order_relaxed);
  std::size_t count =
      std::min(chunk->slots - first, static_cast<std::size_t>(*n));
  for (std::size_t i = 0; i < count; i++) {
    char* lo = chunk->base + (first + i) * chunk->slot_size + StackGuardSize();
    out[i] = MakeStack(reinterpret_cast<std::uintptr_t>(lo), class_size);
    AnnotateStack(lo, class_size);
  }
  chunk->carved.store(first + count, std::memory_order_relaxed);
  *n = static_cast<int>(count);
  return nullptr;
}

// Take takes between 1 and *n stacks of one class and says in *n how many:
// warm ones if there are any, else cold, else new. Returns nullptr or a
// sentence.
const char* Take(std::size_t class_size, Stack* out, int* n) {
  KeepErrno keep;  // of the parker, which makes the next goroutine's stack
  SizeClass& c = ClassOf(class_size);
  bool is_new = false;
  {
    MutexLock hold(&c.lock);
    if (std::size_t warm = c.Warm(); warm > 0) {
      *n = static_cast<int>(std::min(warm, static_cast<std::size_t>(*n)));
      for (int i = *n; i > 0;) {
        out[--i] = MakeStack(c.free[--c.end], class_size);
      }
      c.spare.Took(c.Warm());
      return nullptr;
    }
    *n = std::min(*n, kFreshBatch);
    if (c.cold == 0) {
      const char* error = TakeNew(c, class_size, out, n);
      if (error != nullptr) return error;
      is_new = true;
    } else {
      *n = static_cast<int>(std::min(c.cold, static_cast<std::size_t>(*n)));
      for (int i = 0; i < *n; i++) {
        out[i] = MakeStack(c.free[--c.cold], class_size);
      }
      c.end = c.cold + c.trimming;
    }
  }
  if (is_new) {
    GuardNew(out, *n);
  } else {
    // A canary went with the rest of the memory.
    for (int i = 0; i < *n; i++) {
      if (out[i].canary) WriteCanary(out[i]);
    }
  }
  return nullptr;
}

// Give puts n stacks of one class on its list, the last one to be taken first.
void Give(std::size_t class_size, const Stack* stacks, int n) {
  SizeClass& c = ClassOf(class_size);
  MutexLock hold(&c.lock);
  if (c.capacity - c.end < static_cast<std::size_t>(n)) {
    Throw("stack freed twice");
  }
  for (int i = 0; i < n; i++) c.free[c.end++] = ToFree(stacks[i]);
}

}  // namespace

std::size_t DefaultStack() {
  std::size_t size = default_stack.load(std::memory_order_relaxed);
  if (ABSL_PREDICT_FALSE(size == 0)) {
    size = os::CommitsAddressSpace() ? kThriftyStack : kRoomyStack;
    default_stack.store(size, std::memory_order_relaxed);
  }
  return size;
}

const char* StackAlloc(std::size_t size, Stack* out) {
  if (size == 0) size = DefaultStack();
  if (size > kMaxStack) {
    return "stack size above the limit of 1 GiB: ask for a smaller stack";
  }
  Stack stack;
  int n = 1;
  const char* error = Take(ClassSize(size), &stack, &n);
  if (error == nullptr) *out = stack;
  return error;
}

void StackFree(Stack stack) {
  CheckCanary(stack);
  Give(ClassSize(StackSize(stack)), &stack, 1);
}

// --- The P's cache ---

const char* StackCache::GetSlow(Stack* out) {
  int n = kCapacity / 2;
  const char* error = Take(ClassSize(DefaultStack()), stacks_, &n);
  if (error != nullptr) return error;
  count_ = n;
  *out = stacks_[--count_];
  return nullptr;
}

// PutSlow gives the half that has lain longest, and keeps the warmer one.
void StackCache::PutSlow(const Stack& stack) {
  CheckCanary(stack);
  if (count_ == kCapacity) {
    constexpr int kHalf = kCapacity / 2;
    Give(ClassSize(DefaultStack()), stacks_, kHalf);
    std::copy(stacks_ + kHalf, stacks_ + kCapacity, stacks_);
    count_ -= kHalf;
  }
  stacks_[count_++] = stack;
}

void StackCache::Flush() {
  if (count_ > 0) Give(ClassSize(DefaultStack()), stacks_, count_);
  count_ = 0;
}

// --- Looking up ---

bool IsStackGuard(const void* addr, Stack* which) {
  auto at = reinterpret_cast<std::uintptr_t>(addr);
  // acquire: pairs with MapChunk's release.
  for (Chunk* chunk = all_chunks.load(std::memory_order_acquire);
       chunk != nullptr; chunk = chunk->next) {
    std::size_t offset = at - reinterpret_cast<std::uintptr_t>(chunk->base);
    std::size_t slot = offset / chunk->slot_size;
    if (slot >= chunk->slots) continue;  // below base too: offset wrapped
    if (slot >= chunk->carved.load(std::memory_order_relaxed)) return false;
    const std::size_t guard = chunk->guard_size;
    if (offset - slot * chunk->slot_size >= guard) return false;
    *which = MakeStack(reinterpret_cast<std::uintptr_t>(chunk->base) +
                           slot * chunk->slot_size + guard,
                       chunk->stack_size);
    return true;
  }
  return false;
}

StackCounts StackCount(std::size_t size) {
  SizeClass& c = ClassOf(ClassSize(size == 0 ? DefaultStack() : size));
  MutexLock hold(&c.lock);
  StackCounts counts;
  counts.made = c.slots;
  if (c.chunk != nullptr) {
    counts.made -=
        c.chunk->slots - c.chunk->carved.load(std::memory_order_relaxed);
  }
  counts.warm = c.Warm();
  counts.cold = c.cold;
  return counts;
}

// --- Giving memory back ---

namespace {

// DropMemory gives back the memory of n stacks of one class and sorts them by
// address: neighbours, with the head and guard between them, go in one range.
// Guards stay guards, and heads zero.
void DropMemory(FreeStack* stacks, std::size_t n, std::size_t class_size) {
  std::sort(stacks, stacks + n);
  const std::size_t slot_size = SlotSize(class_size);
  const std::size_t between = slot_size - class_size;
  constexpr int kRanges = 32;
  iovec ranges[kRanges];
  int count = 0;
  for (std::size_t i = 0; i < n;) {
    std::uintptr_t lo = stacks[i] & ~std::uintptr_t{1};
    std::uintptr_t hi = lo + class_size;
    for (i++; i < n && (stacks[i] & ~std::uintptr_t{1}) == hi + between; i++) {
      hi += slot_size;
    }
    ranges[count++] = {reinterpret_cast<void*>(lo), hi - lo};
    if (count == kRanges || i == n) {
      os::DontNeedMany(ranges, count);
      count = 0;
    }
  }
}

// TrimClass drops the memory of at most kTrimBatch stacks of one class, and
// says whether more may follow. At the beginning of a period it decides how
// many are to go: as many as were never needed during the one before.
bool TrimClass(std::size_t class_size, bool new_period) {
  SizeClass& c = ClassOf(class_size);
  std::size_t keep = kKeptWarm / class_size;
  FreeStack stacks[kTrimBatch];
  std::size_t n;
  {
    MutexLock hold(&c.lock);
    if (new_period) c.spare.BeginPeriod(c.Warm(), keep);
    std::size_t spare = c.Warm() > keep ? c.Warm() - keep : 0;
    n = c.spare.Batch(spare, kTrimBatch);
    if (n == 0) return spare > 0;
    std::copy_n(c.free + c.cold, n, stacks);
    c.trimming = n;
  }
  DropMemory(stacks, n, class_size);

  MutexLock hold(&c.lock);
  std::copy_n(stacks, n, c.free + c.cold);
  c.cold += n;
  c.trimming = 0;
  return c.Warm() > keep;
}

}  // namespace

bool StackTrim(std::int64_t now) {
  static constinit TrimTurns turns;
  bool new_period;
  if (!turns.Due(now, &new_period)) return turns.More();
  bool more = false;
  for (std::size_t size = ClassSize(kMinStack); size <= kMaxStack; size *= 2) {
    more |= TrimClass(size, new_period);
  }
  return turns.End(now, more);
}

// --- Tests ---

void StackResetForTest(GuardMode mode, std::int64_t max_mprotect,
                       std::size_t default_size) {
  for (SizeClass& c : classes) {
    MutexLock hold(&c.lock);
    ::free(c.free);
    c.free = nullptr;
    c.capacity = c.cold = c.trimming = c.end = 0;
    c.chunk = nullptr;
    c.chunk_size = c.slots = 0;
    c.spare = Spare();
  }
  // Address space is short where addresses have 32 bits.
  Chunk* chunk = all_chunks.exchange(nullptr, std::memory_order_relaxed);
  while (chunk != nullptr) {
    os::Release(chunk->base, chunk->slots * chunk->slot_size);
    delete std::exchange(chunk, chunk->next);
  }
  default_stack.store(default_size, std::memory_order_relaxed);
  ResetGuardsForTest(mode, max_mprotect);
}

}  // namespace gosling::sched
