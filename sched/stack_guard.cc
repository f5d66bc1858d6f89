// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/stack_guard.h"

#include <errno.h>

#include <algorithm>
#include <atomic>
#include <bit>

#include "arch/arch.h"
#include "sched/os/fatal.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

constexpr std::size_t kRoomyGuard = std::size_t{(sizeof(void*) == 4) ? 16 : 64}
                                    << 10;
constexpr std::size_t kThriftyGuard = std::size_t{16} << 10;
constexpr int kCanaryWords = 8;

constinit std::atomic<GuardMode> guard_mode{GuardMode::kMadvise};
constinit std::atomic<bool> warned{false};               // of canaries
constinit std::atomic<std::int64_t> mprotects_left{-1};  // -1: not looked up

// CanaryWord differs from stack to stack, so that a copy of one stack over
// another does not go unnoticed.
std::uintptr_t CanaryWord(const char* lo) {
  return reinterpret_cast<std::uintptr_t>(lo) ^
         static_cast<std::uintptr_t>(0x5ca1ab1e0ddba11e);
}

std::uintptr_t* CanaryOf(char* lo) {
  return reinterpret_cast<std::uintptr_t*>(lo) - kCanaryWords;
}

// LowerGuardMode goes down to `mode`, never up.
void LowerGuardMode(GuardMode mode) {
  GuardMode now = guard_mode.load(std::memory_order_relaxed);
  while (now < mode && !guard_mode.compare_exchange_weak(
                           now, mode, std::memory_order_relaxed)) {
  }
}

// GuardByMadvise guards the first of n stacks it can, and returns how many.
int GuardByMadvise(const Stack* stacks, int n) {
  iovec ranges[kMostGuardedAtOnce];
  for (int i = 0; i < n; i++) {
    ranges[i] = {stacks[i].lo - StackGuardSize(), StackGuardSize()};
  }
  int err;
  int done = os::GuardInstallMany(ranges, n, &err);
  if (err == EINVAL || err == ENOSYS) LowerGuardMode(GuardMode::kMprotect);
  return done;
}

// TakeMprotect takes one of the mprotects that may be made.
bool TakeMprotect() {
  std::int64_t left = mprotects_left.load(std::memory_order_relaxed);
  if (left < 0) {
    std::int64_t mappings = os::MaxMapCount();
    if (mappings < 0) mappings = 65530;
    mprotects_left.compare_exchange_strong(left, mappings / 100 * 45,
                                           std::memory_order_relaxed);
    left = mprotects_left.load(std::memory_order_relaxed);
  }
  while (left > 0) {
    if (mprotects_left.compare_exchange_weak(left, left - 1,
                                             std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

bool GuardByMprotect(const Stack& stack) {
  return TakeMprotect() &&
         os::Protect(stack.lo - StackGuardSize(), StackGuardSize()) == 0;
}

void GuardByCanary(Stack* stack) {
  stack->canary = true;
  WriteCanary(*stack);
  LowerGuardMode(GuardMode::kCanary);
  if (!warned.exchange(true, std::memory_order_relaxed)) {
    Warn(
        "no mappings left for guard pages: from now on an overflow of a new "
        "goroutine's stack is noticed only when the goroutine ends (raise "
        "vm.max_map_count, or use Linux 6.13 or later)");
  }
}

}  // namespace

std::size_t StackGuardSize() {
  return std::max({StacksAreRoomy() ? kRoomyGuard : kThriftyGuard,
                   arch::kProbeInterval, os::PageSize()});
}

void GuardNew(Stack* stacks, int n) {
  int i = 0;
  if (StackGuardMode() == GuardMode::kMadvise) i = GuardByMadvise(stacks, n);
  for (; i < n; i++) {
    if (StackGuardMode() == GuardMode::kCanary || !GuardByMprotect(stacks[i])) {
      GuardByCanary(&stacks[i]);
    }
  }
}

void CheckCanary(const Stack& stack) {
  if (!StackIntact(stack)) {
    Throw(
        "stack overflow: a goroutine overran its stack of %zu KiB (it had no "
        "guard page, so this was noticed only when it ended)",
        std::bit_ceil(StackSize(stack)) >> 10);
  }
}

void WriteCanary(const Stack& stack) {
  std::fill_n(CanaryOf(stack.lo), kCanaryWords, CanaryWord(stack.lo));
}

bool StackIntact(const Stack& stack) {
  if (!stack.canary) return true;
  const std::uintptr_t* words = CanaryOf(stack.lo);
  return std::all_of(words, words + kCanaryWords, [&](std::uintptr_t word) {
    return word == CanaryWord(stack.lo);
  });
}

GuardMode StackGuardMode() {
  return guard_mode.load(std::memory_order_relaxed);
}

void StackForgoMadvise() { LowerGuardMode(GuardMode::kMprotect); }

void ResetGuardsForTest(GuardMode mode, std::int64_t max_mprotect) {
  guard_mode.store(mode, std::memory_order_relaxed);
  mprotects_left.store(max_mprotect, std::memory_order_relaxed);
  warned.store(false, std::memory_order_relaxed);
}

}  // namespace gosling::sched
