// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/contention_profile.h"

#include <algorithm>
#include <cstring>

#include "sched/contention.h"
#include "sched/os/keep_errno.h"
#include "sched/os/mutex.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/report/unwind.h"

namespace gosling::sched {

namespace {

// 4 MiB of address space for each profile; memory as far as it is used.
constexpr std::uint32_t kSlots = 8192;
// Of these so many are used, that a look for one be short.
constexpr std::uint32_t kMostStacks = kSlots / 8 * 7;

class Table {
 public:
  // Make returns false if there is no memory.
  bool Make();
  void Add(const Frames& frames, double count, double ns);
  bool Read(std::uint32_t i, ContentionStack* to);
  std::uint64_t Dropped();

 private:
  ContentionStack* Find(const ContentionStack& stack)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Mutex mu_;
  ContentionStack* slots_ ABSL_GUARDED_BY(mu_) = nullptr;
  // The places that are used, in the order in which they came to be.
  std::uint16_t order_[kMostStacks] ABSL_GUARDED_BY(mu_) = {};
  std::uint32_t used_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t dropped_ ABSL_GUARDED_BY(mu_) = 0;
};

constinit Table block_table;
constinit Table mutex_table;

Table& TableOf(ContentionKind kind) {
  return kind == ContentionKind::kBlock ? block_table : mutex_table;
}

bool Table::Make() {
  MutexLock l(&mu_);
  if (slots_ != nullptr) return true;
  const std::size_t page = os::PageSize();
  const std::size_t size =
      (kSlots * sizeof(ContentionStack) + page - 1) & ~(page - 1);
  // Zeroed memory is a table of free places.
  slots_ = static_cast<ContentionStack*>(os::Reserve(size));
  return slots_ != nullptr;
}

// Find returns the place of a stack, a new one if need be; null: there is no room.
ContentionStack* Table::Find(const ContentionStack& stack) {
  for (auto at = static_cast<std::uint32_t>(stack.hash % kSlots);;
       at = (at + 1) % kSlots) {
    ContentionStack& slot = slots_[at];
    if (slot.depth == 0) {
      if (used_ == kMostStacks) return nullptr;
      order_[used_++] = static_cast<std::uint16_t>(at);
      slot = stack;
      return &slot;
    }
    if (slot.hash == stack.hash && slot.depth == stack.depth &&
        std::equal(stack.pc, stack.pc + stack.depth, slot.pc)) {
      return &slot;
    }
  }
}

void Table::Add(const Frames& frames, double count, double ns) {
  constexpr std::uint64_t kPrime = 0x9e3779b97f4a7c15;
  ContentionStack stack;
  for (int i = 0; i < frames.Count() && i < ContentionStack::kMost; i++) {
    if (frames.Elided(i) > 0) break;
    stack.pc[stack.depth++] = frames.PC(i);
    stack.hash = (stack.hash ^ frames.PC(i)) * kPrime;
    stack.hash ^= stack.hash >> 29;
  }
  KeepErrno keep;
  MutexLock l(&mu_);
  ContentionStack* slot = stack.depth != 0 ? Find(stack) : nullptr;
  if (slot == nullptr) {
    dropped_++;
    return;
  }
  slot->count += count;
  slot->ns += ns;
}

bool Table::Read(std::uint32_t i, ContentionStack* to) {
  MutexLock l(&mu_);
  if (i >= used_) return false;
  *to = slots_[order_[i]];
  return true;
}

std::uint64_t Table::Dropped() {
  MutexLock l(&mu_);
  return dropped_;
}

std::uint64_t Draw(std::uint64_t n) {
  return (std::uint64_t{FastRand()} << 32 | FastRand()) % n;
}

}  // namespace

bool SetBlockProfileRate(std::int64_t ns) {
  if (ns > 0 && !block_table.Make()) return false;
  SetBlockRate(std::max<std::int64_t>(ns, 0));
  return true;
}

std::int32_t SetMutexProfileFraction(std::int32_t n) {
  if (n < 0) return contention.mutex_fraction.load(std::memory_order_relaxed);
  if (n > 0 && !mutex_table.Make()) return -1;
  return SetMutexFraction(n);
}

// As in Go: a wait that is longer than the rate is counted, of shorter ones as
// many as make up for that in the mean.
[[gnu::noinline]] void CountBlock(std::int64_t ns) {
  const std::int64_t rate =
      contention.block_rate.load(std::memory_order_relaxed);
  if (rate <= 0) return;
  const bool is_short = ns < rate;
  if (is_short &&
      Draw(static_cast<std::uint64_t>(rate)) > static_cast<std::uint64_t>(ns)) {
    return;
  }
  Frames frames;
  frames.Collect();
  const auto each = static_cast<double>(is_short ? rate : ns);
  block_table.Add(frames, each / static_cast<double>(ns), each);
}

bool DrawsMutex() {
  const std::int32_t fraction =
      contention.mutex_fraction.load(std::memory_order_relaxed);
  return fraction > 0 && Draw(static_cast<std::uint64_t>(fraction)) == 0;
}

[[gnu::noinline]] void CountMutex(std::int64_t ns) {
  const std::int32_t fraction =
      contention.mutex_fraction.load(std::memory_order_relaxed);
  if (fraction <= 0) return;
  Frames frames;
  frames.Collect();
  mutex_table.Add(frames, fraction,
                  static_cast<double>(ns) * static_cast<double>(fraction));
}

bool ReadContention(ContentionKind kind, std::uint32_t i, ContentionStack* to) {
  return TableOf(kind).Read(i, to);
}

std::uint64_t DroppedContention(ContentionKind kind) {
  return TableOf(kind).Dropped();
}

}  // namespace gosling::sched
