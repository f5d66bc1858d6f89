// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The system's memory that a program still holds after many goroutines.

#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sched/gpool.h"
#include "sched/proc.h"
#include "tests/emulated.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using sched::G;
using sched::GPool;
using sched::GStatus;

constexpr std::int64_t kSecond = 1'000'000'000;

// --- The pool of Gs ---

// Each test has a pool, whose address space stays when it has gone.
class GPoolTest : public ::testing::Test {
 protected:
  std::vector<G*> TakeAll(int n) {
    std::vector<G*> gs;
    while (static_cast<int>(gs.size()) < n) {
      G* taken[32];
      gs.insert(gs.end(), taken, taken + pool_.Take(taken, 32));
    }
    return gs;
  }

  void GiveAll(const std::vector<G*>& gs) {
    for (G* g : gs) pool_.Give(&g, 1);
  }

  // Idle lets two periods go by, and the turns between.
  void Idle() {
    for (int i = 0; i < 600; i++) pool_.Trim(now_ += kSecond / 200);
  }

  std::size_t Resident() { return pool_.Count().resident_slabs; }

  GPool pool_;
  std::int64_t now_ = kSecond;
};

TEST_F(GPoolTest, TakesEachGOnce) {
  std::vector<G*> gs = TakeAll(1000);
  for (G* g : gs) {
    EXPECT_EQ(g->goid, 0u);
    g->goid = 1;
  }
  GiveAll(gs);
  for (G* g : gs) g->goid = 0;
  for (G* g : TakeAll(1000)) {
    EXPECT_EQ(g->goid, 0u);
    g->goid = 1;
  }
}

TEST_F(GPoolTest, GsUnusedForAPeriodLoseTheirMemory) {
  std::vector<G*> gs = TakeAll(20'000);
  const std::size_t most = Resident();
  EXPECT_GT(most, 100u);
  Idle();
  EXPECT_EQ(Resident(), most) << "they were in use";
  GiveAll(gs);
  EXPECT_EQ(Resident(), most);
  Idle();
  EXPECT_LE(Resident(), 1u);  // the one that is being carved
  for (G* g : TakeAll(20'000)) {
    ASSERT_EQ(g->status.load(), GStatus::kIdle);
    ASSERT_EQ(g->name, nullptr);
  }
  EXPECT_LE(Resident(), most + 1) << "new ones, though there were cold ones";
}

TEST_F(GPoolTest, ALivingGKeepsItsSlabAndIsFoundByForEach) {
  std::vector<G*> gs = TakeAll(10'000);
  std::vector<G*> living;
  std::vector<G*> dead;
  for (std::size_t i = 0; i < gs.size(); i++) {
    (i % 2500 == 7 ? living : dead).push_back(gs[i]);
  }
  for (G* g : living) g->status = GStatus::kWaiting;
  GiveAll(dead);
  Idle();
  EXPECT_LE(Resident(), living.size() + 1);
  std::vector<G*> found;
  pool_.ForEach(
      [](G* g, void* arg) { static_cast<std::vector<G*>*>(arg)->push_back(g); },
      &found);
  std::sort(found.begin(), found.end());
  std::sort(living.begin(), living.end());
  EXPECT_EQ(found, living);
  // The Gs beside the living come first.
  TakeAll(50);
  EXPECT_LE(Resident(), living.size() + 1);
}

TEST_F(GPoolTest, BurstsThatComeAgainKeepTheirMemory) {
  std::vector<G*> gs = TakeAll(10'000);
  const std::size_t most = Resident();
  for (int i = 0; i < 10; i++) {
    GiveAll(gs);
    for (int j = 0; j < 150; j++) pool_.Trim(now_ += kSecond / 200);
    gs = TakeAll(10'000);
    EXPECT_EQ(Resident(), most);
  }
}

// --- The whole ---

std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  statm >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

// Burst lets n goroutines park together, and end.
void Burst(int n) {
  auto gate = MakeChan<Unit>();
  sync::WaitGroup arrived;
  sync::WaitGroup ended;
  arrived.Add(n);
  for (int i = 0; i < n; i++) {
    ended.Go([&, gate] {
      arrived.Done();
      gate.Recv();
    });
  }
  arrived.Wait();
  gate.Close();
  ended.Wait();
}

// One thing is known to stay, and grows with the burst: 8 bytes a stack in the
// list of free ones, which doubles when it grows. Page tables are not in the
// resident set; the system frees them as it likes.
TEST(Memory, ComesBackAfterABurst) {
  if (kSanitized) GTEST_SKIP() << "sanitizers keep memory of their own";
  SKIP_IF_EMULATED("keeps tables of every page that there was");
  constexpr int kGoroutines = kManyGoroutines;
  RunWith(2, [] {
    Burst(1000);
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
    const std::int64_t before = ResidentBytes();
    Burst(kGoroutines);
    EXPECT_GT(ResidentBytes() - before, kGoroutines * std::int64_t{3000});
    const std::int64_t bound =
        before + before / 20 + kGoroutines * std::int64_t{16};
    const auto limit = std::chrono::steady_clock::now() + 25s;
    while (ResidentBytes() > bound &&
           std::chrono::steady_clock::now() < limit) {
      time::Sleep(100ms);  // sysmon gives back by and by
    }
    EXPECT_LE(ResidentBytes(), bound) << "before: " << before;
  });
}

// FlagsOf returns the VmFlags of the mapping that holds p, and how much of it
// stands on huge pages.
std::string FlagsOf(const void* p, std::int64_t* huge_kib) {
  const auto at = reinterpret_cast<std::uintptr_t>(p);
  std::ifstream smaps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t lo = 0;
    std::uintptr_t hi = 0;
    char dash = 0;
    std::istringstream range(line);
    if (range >> std::hex >> lo >> dash >> hi && dash == '-') {
      here = lo <= at && at < hi;
    } else if (here && line.rfind("AnonHugePages:", 0) == 0) {
      *huge_kib = std::atoll(line.c_str() + sizeof "AnonHugePages:");
    } else if (here && line.rfind("VmFlags:", 0) == 0) {
      return line + " ";
    }
  }
  return "";
}

TEST(Memory, StacksAndGsAreNeverOnHugePages) {
  SKIP_IF_EMULATED("does not hand on advice about huge pages");
  RunWith(2, [] {
    auto pointers = MakeChan<const void*>(2);
    Go([pointers] {
      // Not a local's address, which AddressSanitizer may keep elsewhere.
      pointers.Send(__builtin_frame_address(0));
      pointers.Send(sched::CurrentG());
    });
    for (const char* what : {"stack", "G"}) {
      std::int64_t huge_kib = -1;
      const std::string flags = FlagsOf(*pointers.Recv(), &huge_kib);
      if (flags.empty()) GTEST_SKIP() << "/proc/self/smaps has no VmFlags";
      EXPECT_NE(flags.find(" nh "), std::string::npos) << what << ": " << flags;
      EXPECT_EQ(huge_kib, 0) << what;
    }
  });
}

}  // namespace
}  // namespace gosling
