// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Stacks at the level of threads: ranges, guards in each mode, reuse, what
// happens when the system has no more, and giving memory back.

#include "sched/stack.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "arch/arch.h"
#include "arch/libc_call.h"
#include "sched/os/note.h"
#include "sched/os/os.h"
#include "sched/stack_guard.h"
#include "sched/switch.h"
#include "tests/emulated.h"
#include "tests/system.h"

namespace gosling::sched {
namespace {

#if defined(GOSLING_ASAN) || defined(GOSLING_TSAN)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr std::int64_t kSecond = 1'000'000'000;

Stack MustAlloc(std::size_t size) {
  Stack stack;
  const char* error = StackAlloc(size, &stack);
  EXPECT_EQ(error, nullptr) << error;
  return stack;
}

// StackTest gives each test its own stacks, guarded as the system does it best.
class StackTest : public ::testing::Test {
 protected:
  StackTest() { StackResetForTest(GuardMode::kMadvise, -1); }
};

// --- Ranges ---

TEST_F(StackTest, IsWritableFromEndToEnd) {
  Stack stack = MustAlloc(0);
  std::memset(stack.lo, 1, StackSize(stack));
  StackFree(stack);
}

TEST_F(StackTest, SizeIsWhatWasAskedForRoundedUpToAPowerOfTwo) {
  for (auto [asked, expected] :
       {std::pair<std::size_t, std::size_t>{0, DefaultStack()},
        {1, kMinStack},
        {kMinStack, kMinStack},
        {kMinStack + 1, 2 * kMinStack},
        {1'000'000, std::size_t{1} << 20},
        {kMaxStack, kMaxStack}}) {
    Stack stack = MustAlloc(asked);
    EXPECT_LE(StackSize(stack), expected) << asked;
    EXPECT_GT(StackSize(stack), expected - 1024) << asked;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(stack.hi) % 64, 0u) << asked;
    stack.lo[0] = 1;
    stack.hi[-1] = 1;
    StackFree(stack);
  }
}

TEST_F(StackTest, ImpossibleSizeIsRefusedWithASentence) {
  for (std::size_t size : {kMaxStack + 1, SIZE_MAX}) {
    Stack stack;
    const char* error = StackAlloc(size, &stack);
    ASSERT_NE(error, nullptr);
    EXPECT_NE(std::strstr(error, "1 GiB"), nullptr) << error;
    EXPECT_EQ(stack.lo, nullptr);
  }
}

// So that the hottest lines of many stacks do not share a cache set. Of so many,
// sixteen are neighbours.
TEST_F(StackTest, EndsOfNeighboursAreStaggered) {
  std::set<std::uintptr_t> offsets;
  for (int i = 0; i < 100; i++) {
    Stack stack = MustAlloc(0);
    offsets.insert(reinterpret_cast<std::uintptr_t>(stack.hi) % 4096);
  }
  EXPECT_EQ(offsets.size(), 16u);
}

TEST_F(StackTest, CostsOnePageWhenShallow) {
  Stack stack = MustAlloc(0);
  std::memset(stack.hi - 2048, 1, 2048);
  char* end = reinterpret_cast<char*>(
      (reinterpret_cast<std::uintptr_t>(stack.hi) + 4095) &
      ~std::uintptr_t{4095});
  EXPECT_EQ(ResidentPages(stack.lo, static_cast<std::size_t>(end - stack.lo)),
            1u);
}

// --- Reuse ---

TEST_F(StackTest, LastFreedIsFirstTaken) {
  Stack a = MustAlloc(0);
  Stack b = MustAlloc(0);
  StackFree(a);
  StackFree(b);
  EXPECT_EQ(MustAlloc(0).lo, b.lo);
  EXPECT_EQ(MustAlloc(0).lo, a.lo);
}

TEST_F(StackTest, SizesDoNotMix) {
  Stack small = MustAlloc(kMinStack);
  StackFree(small);
  EXPECT_NE(MustAlloc(2 * kMinStack).lo, small.lo);
  EXPECT_EQ(MustAlloc(kMinStack).lo, small.lo);
}

TEST_F(StackTest, CacheGivesTheLastOnePutFirst) {
  StackCache cache;
  Stack a = MustAlloc(0);
  Stack b = MustAlloc(0);
  cache.Put(a);
  cache.Put(b);
  Stack got;
  ASSERT_EQ(cache.Get(&got), nullptr);
  EXPECT_EQ(got.lo, b.lo);
  ASSERT_EQ(cache.Get(&got), nullptr);
  EXPECT_EQ(got.lo, a.lo);
}

TEST_F(StackTest, CacheThatOverflowsKeepsTheWarmerHalf) {
  StackCache cache;
  std::vector<Stack> stacks;
  for (int i = 0; i <= StackCache::kCapacity; i++) {
    stacks.push_back(MustAlloc(0));
  }
  for (const Stack& stack : stacks) cache.Put(stack);
  EXPECT_EQ(cache.Count(), StackCache::kCapacity / 2 + 1);
  EXPECT_EQ(StackCount(0).warm, std::size_t{StackCache::kCapacity / 2});
  Stack got;
  for (int i = StackCache::kCapacity; i >= StackCache::kCapacity / 2; i--) {
    ASSERT_EQ(cache.Get(&got), nullptr);
    EXPECT_EQ(got.lo, stacks[i].lo) << i;
  }
  // Now empty: it takes the others back, still in order.
  ASSERT_EQ(cache.Get(&got), nullptr);
  EXPECT_EQ(got.lo, stacks[StackCache::kCapacity / 2 - 1].lo);
  EXPECT_EQ(StackCount(0).warm, 0u);
}

TEST_F(StackTest, FlushGivesEverythingBack) {
  StackCache cache;
  Stack stack;
  ASSERT_EQ(cache.Get(&stack), nullptr);
  cache.Put(stack);
  cache.Flush();
  EXPECT_EQ(cache.Count(), 0);
  EXPECT_EQ(StackCount(0).warm, StackCount(0).made);
}

// Each thread writes its mark on every stack it holds and finds it there again,
// while the memory of free ones is given back beside them.
TEST_F(StackTest, NoStackIsHandedOutTwiceAmongThreads) {
  static std::int64_t now = 1'000'000 * kSecond;
  std::atomic<int> running{3};
  std::atomic<int> clashes{0};
  std::vector<std::thread> threads;
  for (int id = 1; id <= 3; id++) {
    threads.emplace_back([&, id] {
      StackCache cache;
      std::vector<Stack> held;
      for (int i = 0; i < 3000; i++) {
        Stack stack;
        bool single = i % 3 == 0;
        const char* error = single ? StackAlloc(0, &stack) : cache.Get(&stack);
        if (error != nullptr) {
          clashes += 1000;
          break;
        }
        *stack.lo = static_cast<char>(id);
        stack.hi[-1] = static_cast<char>(id);
        held.push_back(stack);
        if (held.size() < 200) continue;
        for (const Stack& s : held) {
          if (*s.lo != id || s.hi[-1] != id) clashes++;
          if (i % 2 == 0) {
            cache.Put(s);
          } else {
            StackFree(s);
          }
        }
        held.clear();
      }
      for (const Stack& s : held) StackFree(s);
      cache.Flush();
      running--;
    });
  }
  while (running > 0) StackTrim(now += kSecond);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(clashes, 0);
  StackCounts counts = StackCount(0);
  EXPECT_EQ(counts.warm + counts.cold, counts.made);
}

// --- Guards ---

class GuardTest : public ::testing::TestWithParam<GuardMode> {
 protected:
  GuardTest() { StackResetForTest(GetParam(), -1); }
};

INSTANTIATE_TEST_SUITE_P(Inaccessible, GuardTest,
                         ::testing::Values(GuardMode::kMadvise,
                                           GuardMode::kMprotect),
                         [](const auto& info) {
                           return info.param == GuardMode::kMadvise
                                      ? "Madvise"
                                      : "Mprotect";
                         });

Stack overflowed;

// ExitIfGuard is the SIGSEGV handler of the death tests: exit status 42 if
// IsStackGuard knew the address and the stack, else 1.
void ExitIfGuard(int, siginfo_t* info, void*) {
  Stack which;
  bool known = IsStackGuard(info->si_addr, &which) &&
               which.lo == overflowed.lo && which.hi == overflowed.hi;
  std::_Exit(known ? 42 : 1);
}

void CatchOverflow(int flags) {
  struct sigaction action = {};
  action.sa_sigaction = ExitIfGuard;
  action.sa_flags = SA_SIGINFO | flags;
  ::sigaction(SIGSEGV, &action, nullptr);
  ::sigaction(SIGBUS, &action, nullptr);
}

TEST_P(GuardTest, AccessBelowAStackFaultsAndIsRecognised) {
  MustAlloc(0);
  overflowed = MustAlloc(0);
  MustAlloc(0);
  if (StackGuardMode() != GetParam()) GTEST_SKIP() << "the system lacks it";
  EXPECT_FALSE(overflowed.canary);
  EXPECT_TRUE(StackIntact(overflowed));
  for (std::size_t below :
       {std::size_t{1}, std::size_t{8}, std::size_t{4096}, StackGuardSize()}) {
    EXPECT_EXIT(
        {
          CatchOverflow(0);
          *const_cast<volatile char*>(overflowed.lo - below) = 1;
          std::_Exit(0);
        },
        ::testing::ExitedWithCode(42), "")
        << below;
  }
}

// Recurse takes frames of half a page, which cannot step over a guard, until
// none of *left are left.
[[gnu::noinline]] std::intptr_t Recurse(void* left) {
  volatile char frame[2048];
  frame[0] = 1;
  if (--*static_cast<std::int64_t*>(left) == 0) return 0;
  return Recurse(left) + frame[0];
}

TEST_P(GuardTest, RunawayRecursionIsCaughtOnTheAlternateStack) {
  if (kSanitized) GTEST_SKIP() << "sanitizers follow stacks of their own";
  for (std::size_t size : {kMinStack, DefaultStack()}) {
    overflowed = MustAlloc(size);
    EXPECT_EXIT(
        {
          os::AltStack alt;
          if (!os::InstallAltStack(&alt)) std::_Exit(3);
          CatchOverflow(SA_ONSTACK);
          std::int64_t for_ever = INT64_MAX;
          gosling_call_on_stack(Recurse, &for_ever, overflowed.hi);
          std::_Exit(0);
        },
        ::testing::ExitedWithCode(42), "")
        << size;
  }
}

TEST_P(GuardTest, GuardOutlivesReuseAndTrimming) {
  Stack first = MustAlloc(kMaxStack / 4);
  Stack second = MustAlloc(0);
  static std::int64_t now = 2'000'000 * kSecond;
  StackFree(first);
  StackFree(second);
  for (int i = 0; i < 3; i++) StackTrim(now += kSecond);
  EXPECT_FALSE(os::IsReadable(first.lo - 1));
  EXPECT_FALSE(os::IsReadable(second.lo - 1));
}

TEST_F(StackTest, OnlyGuardsOfStacksAreGuards) {
  Stack stack = MustAlloc(0);
  Stack which;
  EXPECT_TRUE(IsStackGuard(stack.lo - 1, &which));
  EXPECT_EQ(which.lo, stack.lo);
  EXPECT_EQ(which.hi, stack.hi);
  EXPECT_TRUE(IsStackGuard(stack.lo - StackGuardSize(), &which));
  EXPECT_FALSE(IsStackGuard(stack.lo - StackGuardSize() - 1, &which));
  EXPECT_FALSE(IsStackGuard(stack.lo, &which));
  EXPECT_FALSE(IsStackGuard(stack.hi - 1, &which));
  EXPECT_FALSE(IsStackGuard(&which, &which));
  EXPECT_FALSE(IsStackGuard(nullptr, &which));
  EXPECT_FALSE(IsStackGuard(reinterpret_cast<void*>(UINTPTR_MAX), &which));
}

#if defined(__linux__)
// MappingWith returns the line of /proc/self/maps that has `at` in it.
std::string MappingWith(const void* at) {
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long lo = 0;
    unsigned long hi = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &lo, &hi) == 2 && lo <= address &&
        address < hi) {
      return line;
    }
  }
  return "";
}

TEST_F(StackTest, MappingIsNamedWhereTheSystemCan) {
  void* page = os::Reserve(os::PageSize());
  ASSERT_NE(page, nullptr);
  os::NameMapping(page, os::PageSize(), "a page");
  const bool can = MappingWith(page).ends_with("[anon:a page]");
  os::Release(page, os::PageSize());
  if (!can) GTEST_SKIP() << "the kernel names no mappings";
  EXPECT_TRUE(MappingWith(MustAlloc(0).lo).ends_with("[anon:gosling stack]"));
}
#endif

// A frame of less cannot step over it; see also arch::kProbeInterval.
TEST_F(StackTest, GuardsAreAsLargeAsAddressSpaceAllowsCheaply) {
  StackResetForTest(GuardMode::kMadvise, -1, kRoomyStack);
  EXPECT_GE(StackGuardSize(), std::size_t{sizeof(void*) == 4 ? 16 : 64} << 10);
  EXPECT_GE(StackGuardSize(), arch::kProbeInterval);
  StackResetForTest(GuardMode::kMadvise, -1, kThriftyStack);
  EXPECT_GE(StackGuardSize(), std::size_t{16} << 10);
  EXPECT_GE(StackGuardSize(), arch::kProbeInterval);
}

// IsReadableAndZeroAbove looks at what an unwinder reads that goes too far.
bool IsReadableAndZeroAbove(const Stack& stack) {
  const std::size_t head = sizeof(void*) == 4 ? 4096 : 16384;
  for (const char* p = stack.hi; p < stack.hi + head; p += sizeof(void*)) {
    if (!os::IsReadable(p) || *reinterpret_cast<void* const*>(p) != nullptr) {
      return false;
    }
  }
  return true;
}

// Neighbours, and the last ones of some chunks; new, used, and used again.
TEST_P(GuardTest, AboveEveryStackIsReadableMemoryOfZeroes) {
  static std::int64_t now = 5'000'000 * kSecond;
  StackResetForTest(GetParam(), -1, kRoomyStack);
  std::vector<Stack> stacks;
  for (int i = 0; i < 200; i++) stacks.push_back(MustAlloc(0));
  for (std::size_t size : {kMinStack, kMaxStack / 4}) {
    for (int i = 0; i < 3; i++) stacks.push_back(MustAlloc(size));
  }
  for (int round = 0; round < 2; round++) {
    for (const Stack& stack : stacks) {
      stack.hi[-1] = 1;
      EXPECT_TRUE(IsReadableAndZeroAbove(stack)) << StackSize(stack);
    }
    std::vector<std::size_t> sizes;
    for (const Stack& stack : stacks) sizes.push_back(StackSize(stack));
    for (const Stack& stack : stacks) StackFree(stack);
    for (int i = 0; i < 3; i++) StackTrim(now += kSecond);
    for (std::size_t i = 0; i < stacks.size(); i++) {
      stacks[i] = MustAlloc(sizes[i]);
    }
  }
}

// Looked up when all are there, as arenas tend to lie side by side.
TEST_F(StackTest, StacksOfEverySizeHaveGuardsThatAreRecognised) {
  std::vector<Stack> stacks;
  for (std::size_t size = kMinStack; size <= kMaxStack; size *= 2) {
    stacks.push_back(MustAlloc(size));
  }
  for (const Stack& stack : stacks) {
    Stack which;
    ASSERT_TRUE(IsStackGuard(stack.lo - 1, &which)) << StackSize(stack);
    EXPECT_EQ(which.lo, stack.lo);
    EXPECT_EQ(which.hi, stack.hi);
    StackFree(stack);
  }
}

// --- Canaries ---

TEST_F(StackTest, CanaryTellsThatAStackWasOverrun) {
  StackResetForTest(GuardMode::kCanary, 0);
  Stack stack = MustAlloc(0);
  EXPECT_TRUE(stack.canary);
  EXPECT_TRUE(StackIntact(stack));
  *stack.lo = 1;
  EXPECT_TRUE(StackIntact(stack));
  stack.lo[-1] ^= 1;
  EXPECT_FALSE(StackIntact(stack));
  stack.lo[-1] ^= 1;
  StackFree(stack);
}

TEST_F(StackTest, FreeingAnOverrunStackIsFatal) {
  StackResetForTest(GuardMode::kCanary, 0);
  Stack stack = MustAlloc(65536);
  std::memset(stack.lo - 8, 0, 8);
  EXPECT_EXIT(StackFree(stack), ::testing::ExitedWithCode(2),
              "fatal error: stack overflow: .* of 64 KiB");
}

TEST_F(StackTest, PuttingAnOverrunStackIntoACacheIsFatal) {
  StackResetForTest(GuardMode::kCanary, 0);
  StackCache cache;
  Stack stack;
  ASSERT_EQ(cache.Get(&stack), nullptr);
  std::memset(stack.lo - 8, 0, 8);
  EXPECT_EXIT(cache.Put(stack), ::testing::ExitedWithCode(2),
              "fatal error: stack overflow: ");
}

TEST_F(StackTest, CanaryIsWholeAgainAfterTrimming) {
  StackResetForTest(GuardMode::kCanary, 0);
  static std::int64_t now = 3'000'000 * kSecond;
  constexpr std::size_t kSize = std::size_t{32} << 20;  // none is kept warm
  std::vector<Stack> stacks;
  for (int i = 0; i < 4; i++) stacks.push_back(MustAlloc(kSize));
  for (const Stack& stack : stacks) StackFree(stack);
  for (int i = 0; i < 3; i++) StackTrim(now += kSecond);
  ASSERT_EQ(StackCount(kSize).cold, 4u);
  for (int i = 0; i < 4; i++) EXPECT_TRUE(StackIntact(MustAlloc(kSize)));
}

// MappingCount returns how many mappings the process has.
int MappingCount() {
  std::ifstream maps("/proc/self/maps");
  int n = 0;
  for (std::string line; std::getline(maps, line);) n++;
  return n;
}

// TakeMany takes n stacks of the smallest size and returns how many of them
// have an inaccessible guard. Those come first.
int TakeMany(int n) {
  int guarded = 0;
  for (int i = 0; i < n; i++) {
    Stack stack = MustAlloc(kMinStack);
    if (stack.canary) continue;
    if (guarded != i) return -1;
    guarded++;
  }
  return guarded;
}

TEST_F(StackTest, MprotectGuardsAsManyAsItMayAndCanariesGuardTheRest) {
  EXPECT_EXIT(
      {
        StackResetForTest(GuardMode::kMprotect, 12'000);
        std::_Exit(TakeMany(20'000) == 12'000 &&
                           StackGuardMode() == GuardMode::kCanary
                       ? 0
                       : 1);
      },
      ::testing::ExitedWithCode(0), "^[^\n]*no mappings left [^\n]*\n$");
}

TEST_F(StackTest, MprotectLeavesSomeMappingsToTheRestOfTheProgram) {
  std::int64_t limit = os::MaxMapCount();
  if (limit > 200'000) GTEST_SKIP() << "vm.max_map_count is " << limit;
  EXPECT_EXIT(
      {
        StackResetForTest(GuardMode::kMprotect, -1);
        int guarded = TakeMany(static_cast<int>(limit / 2));
        int mappings = MappingCount();
        std::fprintf(stderr, "%d guarded, %d mappings", guarded, mappings);
        std::_Exit(guarded > limit * 44 / 100 && mappings > limit * 88 / 100 &&
                           mappings < limit * 92 / 100
                       ? 0
                       : 1);
      },
      ::testing::ExitedWithCode(0), "guarded");
}

// --- No more to be had ---

TEST_F(StackTest, LimitOnAddressSpaceIsNamedAndUsedUpToTheEnd) {
  if (kSanitized) GTEST_SKIP() << "sanitizers reserve terabytes";
  SKIP_IF_EMULATED("sets no limit on memory");
  EXPECT_EXIT(
      {
        long pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        rlim_t limit =
            static_cast<rlim_t>(pages) * 4096 + (std::size_t{50} << 20);
        rlimit as;
        as.rlim_cur = as.rlim_max = limit;
        ::setrlimit(RLIMIT_AS, &as);
        std::size_t got = 0;
        Stack stack;
        const char* error;
        while ((error = StackAlloc(std::size_t{1} << 20, &stack)) == nullptr) {
          got++;
        }
        std::fprintf(stderr, "%zu stacks, then: %s", got, error);
        std::_Exit(got >= 45 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "ulimit -v");
}

TEST_F(StackTest, TheDefaultSizeFollowsTheSystem) {
  EXPECT_EQ(DefaultStack(),
            os::CommitsAddressSpace() ? kThriftyStack : kRoomyStack);
}

// RLIMIT_DATA counts for a process what vm.overcommit_memory=2 counts for the
// system: private memory that may be written, used or not. (Run under that
// setting, the tests of this folder are the test of the real thing.)
TEST_F(StackTest, WhereUnusedMemoryCountsThereIsRoomForFourTimesAsMany) {
  if (kSanitized) GTEST_SKIP() << "sanitizers reserve terabytes";
  SKIP_IF_EMULATED("sets no limit on memory");
  EXPECT_EXIT(
      {
        StackResetForTest(GuardMode::kMadvise, -1, kThriftyStack);
        long pages = 0;
        std::ifstream statm("/proc/self/statm");
        for (int i = 0; i < 6; i++) statm >> pages;
        rlimit data;
        data.rlim_cur = data.rlim_max =
            static_cast<rlim_t>(pages) * 4096 + (std::size_t{100} << 20);
        ::setrlimit(RLIMIT_DATA, &data);
        std::size_t got = 0;
        Stack stack;
        while (StackAlloc(0, &stack) == nullptr) {
          *stack.lo = stack.hi[-1] = 1;
          got++;
        }
        // 84 KiB each, with guard and head, 132 on arm64; the end is made of
        // ever smaller chunks.
        std::fprintf(stderr, "%zu stacks", got);
        std::_Exit(got >= (arch::kProbeInterval > 16384 ? 740 : 1160) ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "stacks");
}

TEST_F(StackTest, LimitOnMappingsIsNamed) {
  std::int64_t limit = os::MaxMapCount();
  if (limit > 200'000) GTEST_SKIP() << "vm.max_map_count is " << limit;
  EXPECT_EXIT(
      {
        // Neighbours that differ do not merge into one mapping.
        for (std::int64_t i = 0; i <= limit; i++) {
          ::mmap(nullptr, 4096, i % 2 == 0 ? PROT_READ : PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        }
        Stack stack;
        const char* error = StackAlloc(0, &stack);
        if (error == nullptr) std::_Exit(1);
        (void)!::write(2, error, std::strlen(error));
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "vm.max_map_count");
}

// --- Giving memory back ---

// Trimming sees the time it is told; every test goes on from the last one's.
class TrimTest : public StackTest {
 protected:
  TrimTest() {
    StackResetForTest(GuardMode::kMadvise, -1, kRoomyStack);
    NextPeriod();
  }

  static bool NextPeriod() { return StackTrim(now_ += kSecond); }

  // Finish trims on within the period until there is nothing more to do.
  static void Finish() {
    for (int i = 0; i < 100; i++) StackTrim(now_ += 5'000'000);
  }

  static std::vector<Stack> Touched(int n) {
    std::vector<Stack> stacks;
    for (int i = 0; i < n; i++) {
      stacks.push_back(MustAlloc(0));
      stacks.back().hi[-1] = 1;
    }
    return stacks;
  }

  static constexpr int kKept = (16 << 20) / kRoomyStack;
  static inline std::int64_t now_ = 4'000'000 * kSecond;
};

TEST_F(TrimTest, StacksUnusedForAPeriodLoseTheirMemoryButForSome) {
  std::vector<Stack> stacks = Touched(kKept + 136);
  NextPeriod();  // a period in which they were used
  for (const Stack& stack : stacks) StackFree(stack);
  EXPECT_TRUE(NextPeriod()) << "there are stacks to look at";
  EXPECT_EQ(StackCount(0).cold, 0u) << "they were just freed";
  EXPECT_FALSE(NextPeriod()) << "all is done";
  StackCounts counts = StackCount(0);
  EXPECT_EQ(counts.warm, std::size_t{kKept});
  EXPECT_EQ(counts.cold, 136u);
  // The oldest went; the last freed are as they were.
  for (int i = 0; i < kKept + 136; i++) {
    EXPECT_EQ(stacks[i].hi[-1], i < 136 ? 0 : 1) << i;
  }
}

TEST_F(TrimTest, ColdStacksAreUsedBeforeNewOnes) {
  for (const Stack& stack : Touched(kKept + 136)) StackFree(stack);
  NextPeriod();
  NextPeriod();
  std::size_t made = StackCount(0).made;
  Touched(kKept + 136);
  EXPECT_EQ(StackCount(0).made, made);
  Touched(1);
  EXPECT_GT(StackCount(0).made, made);
}

TEST_F(TrimTest, BurstsThatComeAgainKeepTheirMemory) {
  std::vector<Stack> stacks = Touched(kKept + 136);
  for (const Stack& stack : stacks) StackFree(stack);
  for (int i = 0; i < 5; i++) {
    NextPeriod();
    EXPECT_EQ(StackCount(0).cold, 0u);
    stacks = Touched(kKept + 136);
    for (const Stack& stack : stacks) StackFree(stack);
  }
}

TEST_F(TrimTest, ManyAreTrimmedInTurnsWithPausesBetween) {
  for (const Stack& stack : Touched(5000)) StackFree(stack);
  NextPeriod();
  EXPECT_TRUE(NextPeriod());
  std::size_t first = StackCount(0).cold;
  EXPECT_GT(first, 0u);
  EXPECT_LT(first, std::size_t{5000 - kKept});
  EXPECT_TRUE(StackTrim(now_ += 1'000'000));
  EXPECT_EQ(StackCount(0).cold, first) << "no pause";
  Finish();
  EXPECT_EQ(StackCount(0).cold, std::size_t{5000 - kKept});
  EXPECT_FALSE(StackTrim(now_));
}

}  // namespace
}  // namespace gosling::sched
