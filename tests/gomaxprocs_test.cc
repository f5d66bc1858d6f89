// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The default of GOMAXPROCS (sched/gomaxprocs.h), on a machine of eight
// processors, by files of control groups under a folder of the test's own. Each
// case is a process of its own: the runtime reads them at its start.

#include "sched/gomaxprocs.h"

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "sched/sched.h"
#include "tests/children.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using ::testing::ExitedWithCode;

constexpr char kMountsV2[] =
    "22 28 0:21 / /proc rw,nosuid shared:12 - proc proc rw\n"
    "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 "
    "rw,nsdelegate\n";
constexpr char kMountsV1[] =
    "35 24 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    "36 24 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "37 24 0:32 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "38 24 0:33 / /sys/fs/cgroup/cpu,cpuacct rw shared:3 - cgroup cgroup "
    "rw,cpu,cpuacct\n";
constexpr char kGroupsV1[] =
    "12:memory:/a\n11:cpuset:/\n10:cpu,cpuacct:/a/b\n0::/elsewhere\n";

class GomaxprocsDeathTest : public FreshDeathTest {
 protected:
  void SetUp() override {
    ::unsetenv("GOMAXPROCS");
    // The child plays the test again up to its exit, on the same folder.
    const char* shared = std::getenv("GOMAXPROCS_TEST_ROOT");
    if (shared == nullptr) {
      char name[] = "/tmp/gomaxprocs_test.XXXXXX";
      ASSERT_NE(::mkdtemp(name), nullptr);
      ::setenv("GOMAXPROCS_TEST_ROOT", name, 1);
      root_ = name;
      mine_ = true;
    } else {
      root_ = shared;
    }
    ::setenv("GOSLING_CGROUP_ROOT", root_.c_str(), 1);
    sched::cpus_of_process = [] { return 8; };
  }
  void TearDown() override {
    if (!mine_) return;
    std::filesystem::remove_all(root_);
    ::unsetenv("GOMAXPROCS_TEST_ROOT");
  }

  // Write makes a file of what is to be one, folders included.
  void Write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  void WriteV2(const std::string& group, const std::string& limit) const {
    Write("/proc/self/cgroup", "0::" + group + "\n");
    Write("/proc/self/mountinfo", kMountsV2);
    Write("/sys/fs/cgroup" + group + "/cpu.max", limit);
  }

  void WriteV1(const std::string& group, const std::string& quota,
               const std::string& period) const {
    const std::string folder = "/sys/fs/cgroup/cpu,cpuacct" + group;
    Write("/proc/self/cgroup", kGroupsV1);
    Write("/proc/self/mountinfo", kMountsV1);
    Write(folder + "/cpu.cfs_quota_us", quota);
    Write(folder + "/cpu.cfs_period_us", period);
  }

  // Expect starts the runtime in a process of its own.
  static void Expect(int procs, const std::string& what = "") {
    EXPECT_EXIT(
        {
          ::alarm(60);
          const int n = runtime::GOMAXPROCS(0);
          std::fprintf(stderr, "%d procs", n);
          ::_exit(0);
        },
        ExitedWithCode(0), "^" + std::to_string(procs) + " procs$")
        << what;
  }

  // AwaitProcs waits until GOMAXPROCS is n, for which sysmon may take a second,
  // on a program that is busy.
  static bool AwaitProcs(int n, std::chrono::seconds limit = 20s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
      if (runtime::GOMAXPROCS(0) == n) return true;
      runtime::Gosched();
    }
    return false;
  }

  // Play runs f in a process of its own, as main, which ends well if it
  // returns true.
  template <class F>
  static void Play(F f) {
    EXPECT_EXIT(
        {
          ::alarm(kSanitized ? 120 : 60);
          bool good = false;
          gosling::Run([&] { good = f(); });
          ::_exit(good ? 0 : 1);
        },
        ExitedWithCode(0), "^$");
  }

  std::string root_;
  bool mine_ = false;
};

TEST_F(GomaxprocsDeathTest, WithoutAnyFileAllProcessorsCount) { Expect(8); }

// --- Version 2 ---

TEST_F(GomaxprocsDeathTest, ALimitIsRoundedUpAndNotBelowTwo) {
  for (const auto& [limit, procs] : {std::pair{"max 100000\n", 8},
                                     {"300000 100000\n", 3},
                                     {"300001 100000\n", 4},
                                     {"250000 100000\n", 3},
                                     {"200000 100000\n", 2},
                                     {"100000 100000\n", 2},
                                     {"1 100000\n", 2},
                                     {"900000 100000\n", 8},
                                     {"9223372036854775807 1\n", 8},
                                     {"15000 5000\n", 3},
                                     {"3 1", 3}}) {
    WriteV2("/a", limit);
    Expect(procs, limit);
  }
}

TEST_F(GomaxprocsDeathTest, ASingleProcessorStaysOne) {
  sched::cpus_of_process = [] { return 1; };
  WriteV2("/a", "100000 100000\n");
  Expect(1);
}

TEST_F(GomaxprocsDeathTest, WhatMakesNoSenseIsNoLimit) {
  for (const char* limit :
       {"", "\n", "max\n", "300000\n", "300000 \n", "300000 0\n",
        "-300000 100000\n", "300000 -100000\n", "3e5 100000\n",
        "300000 100000 1\n", "99999999999999999999 1\n", " 300000 100000\n",
        "garbage"}) {
    WriteV2("/a", limit);
    Expect(8, limit);
  }
  for (const char* groups :
       {"", "\n", "0", "0:", "0::", "0::relative\n", "garbage\n:::::\n",
        "1:name=systemd:/a\n", "4:cpuset,cpuacct:/a\n"}) {
    WriteV2("/a", "300000 100000\n");
    Write("/proc/self/cgroup", groups);
    Expect(8, groups);
  }
  for (const char* mounts :
       {"", "\n", "35\n", "35 24 0:30 / /sys/fs/cgroup rw\n",
        "35 24 0:30 / /sys/fs/cgroup rw -\n",
        "35 24 0:30 / /sys/fs/cgroup rw - tmpfs cgroup2 rw\n"}) {
    WriteV2("/a", "300000 100000\n");
    Write("/proc/self/mountinfo", mounts);
    Expect(8, mounts);
  }
}

TEST_F(GomaxprocsDeathTest, TheStrictestOfNestedGroupsCounts) {
  WriteV2("/a/b/c", "600000 100000\n");
  Write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  Expect(6);
  Write("/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  Expect(3);
  Write("/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
  Expect(3);
  // A group without the controller has no such file.
  std::filesystem::remove(root_ + "/sys/fs/cgroup/a/b/c/cpu.max");
  Expect(3);
  Write("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  Expect(2);
}

// A container sees its own group as the root, or is told of the whole path.
TEST_F(GomaxprocsDeathTest, AGroupIsFoundWhereItIsMounted) {
  WriteV2("/", "300000 100000\n");
  Expect(3);
  const std::string limit = "/cpu.max";
  for (const auto& [group, mounted, below] :
       {std::tuple{"/docker/x", "/docker/x", ""},
        {"/docker/x", "/docker", "/x"},
        {"/docker/x y", "/docker\\040", nullptr},
        {"/docker/x", "/doc", nullptr},
        {"/a b/c", "/a\\040b", "/c"},
        {"/../../init", "/..", nullptr},
        {"/../../init", "/../..", "/init"}}) {
    Write("/proc/self/cgroup", std::string("0::") + group + "\n");
    Write("/proc/self/mountinfo",
          std::string("35 24 0:30 ") + mounted +
              " /cg\\011x rw shared:1 master:2 - cgroup2 none rw\n");
    std::filesystem::remove_all(root_ + "/cg\tx");
    if (below != nullptr) {
      Write(std::string("/cg\tx") + below + limit, "500000 100000\n");
    }
    Expect(below != nullptr ? 5 : 8, group);
  }
}

// --- Version 1 ---

TEST_F(GomaxprocsDeathTest, OfVersionOneTheControllerCpuCounts) {
  WriteV1("/a/b", "300000\n", "100000\n");
  Expect(3);
  WriteV1("/a/b", "-1\n", "100000\n");
  Expect(8);
  WriteV1("/a", "450000\n", "100000\n");
  Expect(5);
  WriteV1("/a/b", "x\n", "100000\n");
  Expect(5);
  Write("/sys/fs/cgroup/unified/elsewhere/cpu.max", "200000 100000\n");
  Expect(5);
}

// --- Following ---

TEST_F(GomaxprocsDeathTest, AChangedLimitIsFollowedWhileTheProgramWorks) {
  WriteV2("/a", "500000 100000\n");
  Play([&] {
    if (runtime::GOMAXPROCS(0) != 5) return false;
    std::atomic<bool> stop{false};
    sync::WaitGroup done;
    for (int i = 0; i < 6; i++) {
      done.Go([&] {
        while (!stop) time::Sleep(100us);
      });
    }
    bool good = true;
    for (const auto& [limit, procs] : {std::pair{"300000 100000\n", 3},
                                       {"max 100000\n", 8},
                                       {"200000 100000\n", 2}}) {
      WriteV2("/a", limit);
      good = good && AwaitProcs(procs);
    }
    stop = true;
    done.Wait();
    return good && AwaitGoroutines(1) == 1;
  });
}

// "Cannot tell" is not "no limit": after chroot, or in a sandbox.
// Go: GODEBUG=containermaxprocs=0 and updatemaxprocs=0.
TEST_F(GomaxprocsDeathTest, ByGodebugALimitIsNotHeeded) {
  WriteV2("/a", "300000 100000\n");
  ::setenv("GODEBUG", "containermaxprocs=0", 1);
  Expect(8);
  Play([] {
    runtime::GOMAXPROCS(5);
    runtime::SetDefaultGOMAXPROCS();
    return runtime::GOMAXPROCS(0) == 8;
  });
  ::setenv("GODEBUG", "other=0,containermaxprocs=1", 1);
  Expect(3);
  ::unsetenv("GODEBUG");
}

TEST_F(GomaxprocsDeathTest, ByGodebugAChangeIsNotFollowed) {
  WriteV2("/a", "500000 100000\n");
  ::setenv("GODEBUG", "updatemaxprocs=0", 1);
  Play([&] {
    WriteV2("/a", "300000 100000\n");
    if (AwaitProcs(3, 3s)) return false;
    runtime::SetDefaultGOMAXPROCS();
    return runtime::GOMAXPROCS(0) == 3;
  });
  ::unsetenv("GODEBUG");
}

TEST_F(GomaxprocsDeathTest, AGroupThatCannotBeReadAnyMoreChangesNothing) {
  WriteV2("/a", "500000 100000\n");
  Play([&] {
    if (runtime::GOMAXPROCS(0) != 5) return false;
    std::filesystem::rename(root_ + "/sys", root_ + "/gone");
    // Longer than sysmon leaves between two looks.
    if (AwaitProcs(8, 3s)) return false;
    WriteV2("/a", "300000 100000\n");
    return AwaitProcs(3);
  });
}

// The thread that changes it is gone before a verdict on those that wait.
TEST_F(GomaxprocsDeathTest, AfterAChangeADeadlockIsStillFound) {
  WriteV2("/a", "500000 100000\n");
  EXPECT_EXIT(
      {
        ::alarm(60);
        gosling::Run([&] {
          WriteV2("/a", "300000 100000\n");
          if (!AwaitProcs(3)) ::_exit(1);
          MakeChan<int>().Recv();
        });
      },
      ExitedWithCode(2), "^fatal error: all goroutines are asleep - deadlock!");
}

TEST_F(GomaxprocsDeathTest, WhatIsSetByHandStays) {
  WriteV2("/a", "500000 100000\n");
  for (const char* environment : {"", "4"}) {
    ::setenv("GOMAXPROCS", environment, 1);
    Play([&] {
      const int first = *environment != '\0' ? 4 : 5;
      if (runtime::GOMAXPROCS(first) != first) return false;
      WriteV2("/a", "300000 100000\n");
      // Longer than sysmon leaves between two looks, which are made in vain.
      return !AwaitProcs(3, 3s) && runtime::GOMAXPROCS(0) == first;
    });
    WriteV2("/a", "500000 100000\n");
  }
}

TEST_F(GomaxprocsDeathTest, TheDefaultIsReturnedToAtOnceAndFollowed) {
  WriteV2("/a", "500000 100000\n");
  ::setenv("GOMAXPROCS", "7", 1);
  Play([&] {
    if (runtime::GOMAXPROCS(0) != 7) return false;
    runtime::SetDefaultGOMAXPROCS();
    if (runtime::GOMAXPROCS(6) != 5) return false;
    // Another group altogether.
    WriteV2("/b", "400000 100000\n");
    runtime::SetDefaultGOMAXPROCS();
    if (runtime::GOMAXPROCS(0) != 4) return false;
    WriteV2("/b", "300000 100000\n");
    return AwaitProcs(3);
  });
}

// From a thread, and a goroutine with a stack as small as can be.
TEST_F(GomaxprocsDeathTest, TheDefaultIsReturnedToFromAnywhere) {
  WriteV2("/a", "500000 100000\n");
  Play([&] {
    runtime::GOMAXPROCS(1);
    std::thread([] { runtime::SetDefaultGOMAXPROCS(); }).join();
    if (runtime::GOMAXPROCS(2) != 5) return false;
    sync::WaitGroup done;
    done.Add(1);
    errno = 77;
    bool kept = false;
    Go(GoOptions{.stack_size = 16 * 1024}, [&] {
      errno = 77;
      runtime::SetDefaultGOMAXPROCS();
      kept = errno == 77;
      done.Done();
    });
    done.Wait();
    return kept && runtime::GOMAXPROCS(0) == 5;
  });
}

// Setting it by hand while limits change under it: nothing is overwritten.
TEST_F(GomaxprocsDeathTest, AHandAndTheSystemDoNotMix) {
  WriteV2("/a", "500000 100000\n");
  Play([&] {
    for (int i = 0; i < 200; i++) {
      sync::WaitGroup done;
      done.Go([] { runtime::SetDefaultGOMAXPROCS(); });
      done.Go([] { runtime::SetDefaultGOMAXPROCS(); });
      done.Wait();
      if (runtime::GOMAXPROCS(1 + i % 4) != 5) return false;
      runtime::Gosched();
      if (runtime::GOMAXPROCS(0) != 1 + i % 4) return false;
    }
    return true;
  });
}

// An idle program is not woken: sysmon sleeps, and so nothing is read.
TEST_F(GomaxprocsDeathTest, NothingIsReadWhileTheProgramIsIdle) {
  WriteV2("/a", "500000 100000\n");
  EXPECT_EXIT(
      {
        ::alarm(60);
        runtime::GOMAXPROCS(0);
        std::thread([this] {
          const auto asleep = [] {
            sched::MutexLock lock(&sched::scheduler.lock);
            return sched::scheduler.sysmon_waiting;
          };
          while (!asleep()) std::this_thread::sleep_for(1ms);
          WriteV2("/a", "300000 100000\n");
          // Twice as long as sysmon leaves between looks: it makes none.
          std::this_thread::sleep_for(2s);
          ::_exit(asleep() && sched::GoMaxProcs() == 5 ? 0 : 1);
        }).join();
      },
      ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace gosling
