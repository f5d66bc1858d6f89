// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The runtime where the system refuses it something that others take for
// granted: standard descriptors, threads, /proc, membarrier. The table in
// sched/HACKING.md says what is to happen. Each is played in a child process
// that starts from nothing, since a process does not get back what it has given
// up.

#include <fcntl.h>
#include <gosling/gosling.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "sched/os/os.h"
#include "sched/sched.h"
#include "tests/children.h"
#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/system.h"

namespace {

// While set, there is no memory for what is aligned more than usual: Ms, Ps.
constinit std::atomic<bool> no_aligned_memory{false};

}  // namespace

void* operator new(std::size_t size, std::align_val_t align) {
  void* memory = nullptr;
  if (no_aligned_memory ||
      ::posix_memalign(&memory, static_cast<std::size_t>(align), size) != 0) {
    throw std::bad_alloc();
  }
  return memory;
}
void* operator new(std::size_t size, std::align_val_t align,
                   const std::nothrow_t&) noexcept {
  try {
    return operator new(size, align);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace gosling {
namespace {

using namespace std::chrono_literals;
using ::testing::ExitedWithCode;

class RefusedDeathTest : public FreshDeathTest {};

// A child that hangs gets this long.
void LimitChild() { ::alarm(kSanitized ? 120 : 60); }

// --- Standard descriptors ---

// The child closes the ones of 0, 1 and 2 in `mask`, and they stay closed
// although the runtime makes its pipe and reads files meanwhile.
void PlayWithoutStandardDescriptors(int mask) {
  LimitChild();
  for (int fd = 0; fd <= 2; fd++) {
    if ((mask & 1 << fd) != 0) ::close(fd);
  }
  const auto still_closed = [mask] {
    for (int fd = 0; fd <= 2; fd++) {
      if ((mask & 1 << fd) != 0 && !IsClosedDescriptor(fd)) return false;
    }
    return true;
  };
  const int code = gosling::Run([&] {
    std::atomic<bool> done{false};
    sync::WaitGroup readers;
    for (int fd = 0; fd <= 2; fd++) {
      if ((mask & 1 << fd) == 0) continue;
      readers.Add(1);
      Go([&, fd] {
        while (!done) {
          // Not read(): ThreadSanitizer takes what reads a closed descriptor
          // and what opens one at that moment for a race.
          char byte;
          if (::syscall(SYS_read, fd, &byte, 1) >= 0) {
            std::_Exit(6);  // a stolen wake-up
          }
        }
        readers.Done();
      });
    }
    Chan<signal::Signal> signals = MakeChan<signal::Signal>(1);
    signal::Notify(signals, SIGUSR1);
    if (!still_closed()) std::_Exit(3);
    for (int i = 0; i < 100; i++) {
      ::raise(SIGUSR1);
      signals.Recv();
    }
    // Abseil reads files for it, and keeps them open.
    if (runtime::Stack(false).find("Run") == std::string::npos) std::_Exit(4);
    if (!still_closed()) std::_Exit(5);
    done = true;
    readers.Wait();
    return 0;
  });
  std::_Exit(code);
}

TEST_F(RefusedDeathTest, StandardDescriptorsThatAreClosedStayClosed) {
  for (int mask = 1; mask <= 7; mask++) {
    EXPECT_EXIT(PlayWithoutStandardDescriptors(mask), ExitedWithCode(0), "")
        << "mask " << mask;
  }
}

// Threads open and close files at once, and none gets the number of a standard
// descriptor that is closed, which the one that comes first covers and the one
// that goes last uncovers.
void OpenFromManyThreads() {
  LimitChild();
  ::close(STDERR_FILENO);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([] {
      for (int n = 0; n < 5000; n++) {
        sched::os::ShunStandard shun;
        const int fd = ::open("/", O_RDONLY | O_CLOEXEC);
        if (fd <= STDERR_FILENO) std::_Exit(7);
        ::close(fd);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::_Exit(IsClosedDescriptor(STDERR_FILENO) &&
                     ::fcntl(STDERR_FILENO, F_GETFD) < 0
                 ? 0
                 : 8);
}

TEST_F(RefusedDeathTest, ManyThreadsShunStandardDescriptorsAtOnce) {
  EXPECT_EXIT(OpenFromManyThreads(), ExitedWithCode(0), "");
}

// --- Threads ---

// An ordinary user that nothing else runs as, so that nothing else counts
// against its limits.
bool BecomeOrdinaryUser() {
  const auto uid = static_cast<uid_t>(1'000'000 + ::getpid());
  return ::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0;
}

// --- The caller's wishes ---

// OwnersProgram is a copy of this program that runs with its owner's rights.
class OwnersProgram {
 public:
  OwnersProgram() {
    std::string name = ::testing::TempDir() + "gosling-owners-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    ::chmod(folder_.c_str(), 0777);
    std::filesystem::copy_file("/proc/self/exe", program());
    ::chmod(program().c_str(), 04755);
  }
  OwnersProgram(const OwnersProgram&) = delete;
  OwnersProgram& operator=(const OwnersProgram&) = delete;
  ~OwnersProgram() { std::filesystem::remove_all(folder_); }

  std::string program() const { return folder_ / "program"; }
  std::string trace() const { return folder_ / "trace"; }

  // Become is for a child: it goes on as another user in the test of that name.
  [[noreturn]] void Become(const std::string& test) const {
    ::setenv("GOTRACEBACK", "system", 1);
    ::setenv("GODEBUG", "schedtrace=1", 1);
    ::setenv("GOSLING_TRACE", trace().c_str(), 1);
    const std::string filter = "--gtest_filter=OwnersProgram." + test;
    if (BecomeOrdinaryUser()) {
      ::execl(program().c_str(), "program", filter.c_str(),
              "--gtest_also_run_disabled_tests", nullptr);
    }
    std::_Exit(127);
  }

 private:
  std::filesystem::path folder_;
};

TEST(OwnersProgram, DISABLED_TellsItsRights) {
  std::_Exit(sched::os::Privileged() ? 0 : 1);
}

TEST(OwnersProgram, DISABLED_Faults) {
  gosling::Run([] {
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
  });
}

TEST(OwnersProgram, DISABLED_IsToldToQuit) {
  IgnoreNoSignals();
  gosling::Run([] { ::raise(SIGQUIT); });
}

TEST_F(RefusedDeathTest,
       AProgramWithItsOwnersRightsObeysNobodyAndShowsNothing) {
  if (::geteuid() != 0 || kSanitized || Emulator() != nullptr) {
    GTEST_SKIP() << "needs root, and a program that is only itself";
  }
  const OwnersProgram owners;
  const pid_t child = ::fork();
  if (child == 0) owners.Become("DISABLED_TellsItsRights");
  if (AwaitStatus(child) != 0) {
    GTEST_SKIP() << "files here give nobody their owner's rights";
  }
  EXPECT_EXIT(owners.Become("DISABLED_Faults"), ExitedWithCode(2),
              "^SIGSEGV: segmentation violation\n$");
  EXPECT_EXIT(owners.Become("DISABLED_IsToldToQuit"), ExitedWithCode(2),
              "^SIGQUIT: quit\n$");
  EXPECT_FALSE(std::filesystem::exists(owners.trace()));
}

// LimitThreads lets the process have `more` threads than it has. The hard limit
// stays high.
void LimitThreads(int more) {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NPROC, &limit);
  limit.rlim_cur = static_cast<rlim_t>(sched::os::ThreadCount() + more);
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0) std::_Exit(9);
}

void UnlimitThreads() {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NPROC, &limit);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0) std::_Exit(9);
}

void EnterChildWithThreads(int more) {
  LimitChild();
  if (!BecomeOrdinaryUser()) std::_Exit(9);
  LimitThreads(more);
}

// ThreadsCanBeLimited: root may do all that, and a sanitizer's runtime has
// threads and mappings of its own.
bool ThreadsCanBeLimited() {
  return ::geteuid() == 0 && !kSanitized && Emulator() == nullptr;
}
#define SKIP_UNLESS_THREADS_CAN_BE_LIMITED()                    \
  if (std::getenv("GOSLING_FORCE_MIGRATE") != nullptr) {        \
    GTEST_SKIP() << "a forced switch waits for another thread"; \
  }                                                             \
  if (!ThreadsCanBeLimited()) GTEST_SKIP() << "needs root, and no sanitizer"

// Compute uses CPU time, and calls nothing of the runtime.
void Compute(std::int64_t ns) {
  const auto used = [] {
    timespec ts;
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return std::int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
  };
  for (const std::int64_t start = used(); used() - start < ns;) {
  }
}

// Occurrences of `word` in what was written to the pipe whose end to read from
// is `fd`.
int CountIn(int fd, const std::string& word) {
  std::string text(1 << 16, '\0');
  const ssize_t n = ::read(fd, text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  int count = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;
       at++) {
    count++;
  }
  return count;
}

// More goroutines compute, and block, than there may be threads.
void PlayManyOnFewThreads(const char* procs, int threads) {
  EnterChildWithThreads(threads);
  ::setenv("GOMAXPROCS", procs, 1);
  int err[2];
  if (::pipe2(err, O_NONBLOCK) != 0) std::_Exit(9);
  const int terminal = ::dup(2);
  ::dup2(err[1], 2);
  const int code = gosling::Run([] {
    sync::WaitGroup all;
    all.Add(24);
    for (int i = 0; i < 24; i++) {
      Go([&all, i] {
        Compute(30'000'000);
        if (i % 3 == 0) ::usleep(20'000);
        time::Sleep(1ms);
        all.Done();
      });
    }
    all.Wait();
    return 0;
  });
  ::dup2(terminal, 2);
  const int warnings = CountIn(err[0], "failed to create new OS thread");
  std::fprintf(stderr, "%d warnings\n", warnings);
  std::_Exit(code);
}

TEST_F(RefusedDeathTest, ThreadsForFairnessAreOptional) {
  SKIP_UNLESS_THREADS_CAN_BE_LIMITED();
  constexpr struct {
    const char* procs;
    int threads;  // one is sysmon's
  } kCases[] = {{"1", 2}, {"2", 2}, {"8", 4}};
  for (const auto& [procs, threads] : kCases) {
    EXPECT_EXIT(PlayManyOnFewThreads(procs, threads), ExitedWithCode(0),
                "^1 warnings")
        << threads << " threads, GOMAXPROCS=" << procs;
  }
}

TEST_F(RefusedDeathTest, AThreadThatWasRefusedIsAskedForAgain) {
  SKIP_UNLESS_THREADS_CAN_BE_LIMITED();
  for (const char* procs : {"1", "2", "8"}) {
    EXPECT_EXIT(
        {
          EnterChildWithThreads(2);
          ::setenv("GOMAXPROCS", procs, 1);
          int ends[2];
          if (::pipe(ends) != 0) std::_Exit(9);
          std::_Exit(gosling::Run([&] {
            Go([&] { static_cast<void>(!::write(ends[1], "x", 1)); });
            // Without a call into the runtime: only another thread can write.
            while (!sched::scheduler.thread_refused) {
            }
            UnlimitThreads();
            char byte;
            return ::read(ends[0], &byte, 1) == 1 ? 0 : 1;
          }));
        },
        ExitedWithCode(0), "going on without it")
        << "GOMAXPROCS=" << procs;
  }
}

TEST_F(RefusedDeathTest, TimersFireThoughNoThreadCouldKeepTime) {
  SKIP_UNLESS_THREADS_CAN_BE_LIMITED();
  EXPECT_EXIT(
      {
        EnterChildWithThreads(2);
        ::setenv("GOMAXPROCS", "2", 1);
        int ends[2];
        if (::pipe(ends) != 0) std::_Exit(9);
        std::_Exit(gosling::Run([&] {
          Go([&] {
            time::Sleep(50ms);
            static_cast<void>(!::write(ends[1], "x", 1));
          });
          runtime::Gosched();
          while (!sched::scheduler.thread_refused) {
          }
          UnlimitThreads();
          char byte;
          return ::read(ends[0], &byte, 1) == 1 ? 0 : 1;
        }));
      },
      ExitedWithCode(0), "");
}

TEST_F(RefusedDeathTest, ALockedThreadDoesWithoutATemplate) {
  SKIP_UNLESS_THREADS_CAN_BE_LIMITED();
  for (const char* procs : {"1", "2"}) {
    EXPECT_EXIT(
        {
          EnterChildWithThreads(2);
          ::setenv("GOMAXPROCS", procs, 1);
          std::_Exit(gosling::Run([] {
            runtime::LockOSThread();
            Chan<int> c = MakeChan<int>();
            Go([c] { c.Send(0); });
            UnlimitThreads();
            return *c.Recv();
          }));
        },
        ExitedWithCode(0), "going on without it")
        << "GOMAXPROCS=" << procs;
  }
}

TEST_F(RefusedDeathTest, WithoutAnyThreadItDiesInGosWords) {
  SKIP_UNLESS_THREADS_CAN_BE_LIMITED();
  for (int threads : {0, 1}) {
    EXPECT_EXIT(
        {
          EnterChildWithThreads(threads);
          std::_Exit(gosling::Run([] { return 0; }));
        },
        ExitedWithCode(2),
        "runtime: failed to create new OS thread \\(have .* already; "
        "errno=11: .*\\)\nruntime: may need to increase max user "
        "processes.*\nfatal error: newosproc")
        << threads << " threads";
  }
}

// The only M waits for its goroutine: no other can ever run.
TEST_F(RefusedDeathTest, WhenAllMsAreLockedItDiesInGosWords) {
  SKIP_UNLESS_THREADS_CAN_BE_LIMITED();
  EXPECT_EXIT(
      {
        EnterChildWithThreads(2);
        std::_Exit(gosling::Run([] {
          runtime::LockOSThread();
          Chan<int> c = MakeChan<int>();
          Go([c] { c.Send(0); });
          return *c.Recv();
        }));
      },
      ExitedWithCode(2), "fatal error: newosproc");
}

TEST_F(RefusedDeathTest, DeadlockIsToldAfterAThreadWasRefused) {
  SKIP_UNLESS_THREADS_CAN_BE_LIMITED();
  EXPECT_EXIT(
      {
        EnterChildWithThreads(2);
        ::setenv("GOMAXPROCS", "2", 1);
        std::_Exit(gosling::Run([] {
          Go([] { Compute(1'000'000); });
          while (!sched::scheduler.thread_refused) {
          }
          MakeChan<int>().Recv();
          return 0;
        }));
      },
      ExitedWithCode(2), "all goroutines are asleep - deadlock!");
}

TEST_F(RefusedDeathTest, TheWorldStopsAlthoughAThreadWasRefused) {
  SKIP_UNLESS_THREADS_CAN_BE_LIMITED();
  EXPECT_EXIT(
      {
        EnterChildWithThreads(3);
        ::setenv("GOMAXPROCS", "8", 1);
        std::_Exit(gosling::Run([] {
          sync::WaitGroup all;
          for (int i = 0; i < 20; i++) {
            all.Add(1);
            Go([&all] {
              for (int j = 0; j < 20; j++) {
                Compute(200'000);
                runtime::Gosched();
              }
              all.Done();
            });
          }
          for (int i = 0; i < 100; i++) runtime::GOMAXPROCS(1 + i % 8);
          all.Wait();
          return 0;
        }));
      },
      ExitedWithCode(0), "");
}

// --- Memory ---

TEST_F(RefusedDeathTest, WithoutMemoryForAPNothingChanges) {
  EXPECT_EXIT(
      {
        LimitChild();
        std::_Exit(gosling::Run([] {
          const int former = runtime::GOMAXPROCS(0);
          bool thrown = false;
          no_aligned_memory = true;
          try {
            runtime::GOMAXPROCS(former + 100);
          } catch (const std::bad_alloc&) {
            thrown = true;
          }
          no_aligned_memory = false;
          if (!thrown || runtime::GOMAXPROCS(0) != former) return 1;
          runtime::GOMAXPROCS(former + 100);
          return runtime::GOMAXPROCS(0) == former + 100 ? 0 : 2;
        }));
      },
      ExitedWithCode(0), "");
}

TEST_F(RefusedDeathTest, WithoutMemoryForAnMItGoesOn) {
  EXPECT_EXIT(
      {
        LimitChild();
        ::setenv("GOMAXPROCS", "2", 1);
        std::_Exit(gosling::Run([] {
          bool done = false;
          no_aligned_memory = true;
          Go([&done] { done = true; });
          while (!sched::scheduler.thread_refused) {
          }
          no_aligned_memory = false;
          while (!done) runtime::Gosched();
          return 0;
        }));
      },
      ExitedWithCode(0), "Cannot allocate memory.: going on without it");
}

TEST_F(RefusedDeathTest, AThreadWithoutMemoryForItsMMayTryAgain) {
  EXPECT_EXIT(
      {
        LimitChild();
        std::_Exit(gosling::Run([] {
          Chan<int> c = MakeChan<int>(1);
          bool thrown = false;
          std::thread([&] {
            no_aligned_memory = true;
            try {
              c.Send(1);
            } catch (const std::bad_alloc&) {
              thrown = true;
            }
            no_aligned_memory = false;
            c.Send(0);
          }).join();
          return thrown ? *c.Recv() : 1;
        }));
      },
      ExitedWithCode(0), "");
}

TEST_F(RefusedDeathTest, WithoutMemoryForAClosureGoThrows) {
  EXPECT_EXIT(
      {
        LimitChild();
        std::_Exit(gosling::Run([] {
          Chan<int> c = MakeChan<int>();
          // Too big for the place that a G has.
          std::array<char, 4096> big = {};
          const auto start = [&] { Go([c, big] { c.Send(big[0]); }); };
          bool thrown = false;
          no_aligned_memory = true;
          try {
            start();
          } catch (const std::bad_alloc&) {
            thrown = true;
          }
          no_aligned_memory = false;
          start();
          return thrown ? *c.Recv() : 1;
        }));
      },
      ExitedWithCode(0), "");
}

// --- /proc ---

// ChangeRoot makes an empty folder the root, in which there is nothing but, if
// wanted, /proc.
bool ChangeRoot(bool with_proc) {
  char root[] = "/tmp/gosling_refused_XXXXXX";
  if (::mkdtemp(root) == nullptr) return false;
  const std::string proc = std::string(root) + "/proc";
  bool ok = !with_proc ||
            (::unshare(CLONE_NEWNS) == 0 &&
             ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
             ::mkdir(proc.c_str(), 0700) == 0 &&
             ::mount("/proc", proc.c_str(), nullptr, MS_BIND, nullptr) == 0);
  // Of the folder nothing is left behind but, at times, its name.
  const int folder = ::open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ok = ok && ::chroot(root) == 0 && ::chdir("/") == 0;
  ::close(folder);
  return ok;
}

// A filter that refuses a system call with EPERM, to all threads of the process
// and those that they start, or to the calling one.
bool Refuse(std::initializer_list<long> calls, bool all_threads) {
  std::vector<sock_filter> code;
  code.push_back(
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
               static_cast<std::uint32_t>(offsetof(seccomp_data, nr))));
  for (long call : calls) {
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                            static_cast<std::uint32_t>(call), 0, 1));
    code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog program = {static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                   all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0, &program) == 0;
}

// Possible tries what a child is to do in a child of its own.
template <class F>
bool Possible(F f) {
  const pid_t child = ::fork();
  if (child == 0) std::_Exit(f() ? 0 : 1);
  int status = 1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

TEST_F(RefusedDeathTest, WithoutProcThereIsNoVerdictOfDeadlock) {
  if (!Possible([] { return ChangeRoot(false); })) GTEST_SKIP() << "no chroot";
  EXPECT_EXIT(
      {
        LimitChild();
        if (!ChangeRoot(false)) std::_Exit(9);
        Chan<int> c = MakeChan<int>();
        std::thread stranger([c] {
          // It uses the runtime for the first time when main has been asleep
          // for long.
          ::usleep(300'000);
          c.Send(0);
        });
        const int got = gosling::Run([c] { return *c.Recv(); });
        stranger.join();
        std::_Exit(got);
      },
      ExitedWithCode(0), "");
}

// No thread's state is to be read: the runtime's own descriptors are kept open as
// little as others'. Unlike ChangeRoot, no root is needed.
bool HideStates() {
  return Refuse({SYS_openat}, true) &&
         sched::os::StateOfThread(sched::os::ThreadHandle()) ==
             sched::os::ThreadState::kUnknown;
}

// A goroutine blocks without a hint, and what would wake it waits for its P. That
// is taken after a slice of 10 ms by the clock; from one that computes, it would
// be after 100 (kLongestHold).
void PlayBlockingWithoutStates() {
  LimitChild();
  ::setenv("GOMAXPROCS", "1", 1);
  int ends[2];
  if (::pipe(ends) != 0 || !HideStates()) std::_Exit(9);
  std::_Exit(gosling::Run([&] {
    std::chrono::nanoseconds soonest = 1h;
    for (int i = 0; i < 10; i++) {
      const std::uint64_t taken = runtime::Stats().retakes;
      Go([&] { static_cast<void>(!::write(ends[1], "x", 1)); });
      const auto start = std::chrono::steady_clock::now();
      char byte;
      if (::read(ends[0], &byte, 1) != 1) return 3;
      if (runtime::Stats().retakes == taken) continue;  // it had yielded
      soonest = std::min<std::chrono::nanoseconds>(
          soonest, std::chrono::steady_clock::now() - start);
    }
    return soonest < 60ms ? 0 : 1;
  }));
}

TEST_F(RefusedDeathTest, WithoutStatesBlockingCodeLosesItsPAfterASlice) {
  if (!Possible(HideStates)) GTEST_SKIP() << "no filter of system calls";
  EXPECT_EXIT(PlayBlockingWithoutStates(), ExitedWithCode(0), "");
}

// No clock of a thread is to be read; time is, without a system call.
bool HideThreadClocks() {
  const auto start = std::chrono::steady_clock::now();
#if defined(SYS_clock_gettime64)
  if (!Refuse({SYS_clock_gettime64}, true)) return false;
#endif
  return Refuse({SYS_clock_gettime}, true) &&
         sched::os::ThreadCpuTime(sched::os::ThreadHandle()) < 0 &&
         std::chrono::steady_clock::now() - start < 1h &&
         sched::os::Nanotime() > 0;
}

// P is taken from one that computes after 10 ms by the clock, too; if that were
// for its CPU time, which is not known, it would be after 100 (kLongestHold).
void PlayComputingWithoutClocks() {
  LimitChild();
  ::setenv("GOMAXPROCS", "1", 1);
  if (!HideThreadClocks()) std::_Exit(9);
  std::_Exit(gosling::Run([&] {
    std::chrono::nanoseconds soonest = 1h;
    for (int i = 0; i < 20; i++) {
      std::atomic<bool> ran{false};
      Go([&] { ran = true; });
      const auto start = std::chrono::steady_clock::now();
      while (!ran) {
      }
      soonest = std::min<std::chrono::nanoseconds>(
          soonest, std::chrono::steady_clock::now() - start);
      runtime::Gosched();
    }
    return soonest < 60ms ? 0 : 1;
  }));
}

TEST_F(RefusedDeathTest, WithoutCpuTimesComputingCodeLosesItsPAfterASlice) {
  if (!Possible(HideThreadClocks)) GTEST_SKIP() << "no filter of system calls";
  EXPECT_EXIT(PlayComputingWithoutClocks(), ExitedWithCode(0), "");
}

// Where there are no files to read symbols from, a panic prints nothing but
// what this runtime prints. Abseil's lines have RAW in them.
void PlayPanic(bool with_proc) {
  LimitChild();
  int err[2];
  if (::pipe2(err, O_NONBLOCK) != 0) std::_Exit(9);
  if (::fcntl(err[1], F_SETPIPE_SZ, 1 << 16) < 0) std::_Exit(9);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(err[1], 2);
    if (!ChangeRoot(with_proc)) std::_Exit(9);
    ::setenv("GOTRACEBACK", "all", 1);
    gosling::Run([] { throw Panic("no symbols"); });
  }
  int status;
  ::waitpid(child, &status, 0);
  std::string text(1 << 16, '\0');
  const ssize_t n = ::read(err[0], text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  const bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 2 &&
                  text.find("panic: no symbols") != std::string::npos &&
                  text.find("goroutine 1") != std::string::npos &&
                  text.find("RAW") == std::string::npos;
  if (!ok) std::fprintf(stderr, "%s\n", text.c_str());
  std::_Exit(ok ? 0 : 1);
}

TEST_F(RefusedDeathTest, ADumpWithoutProcHasNoLinesOfOthers) {
  if (!Possible([] { return ChangeRoot(false); })) GTEST_SKIP() << "no chroot";
  EXPECT_EXIT(PlayPanic(false), ExitedWithCode(0), "");
}

TEST_F(RefusedDeathTest, ADumpWithoutTheProgramsFileHasNoLinesOfOthers) {
  if (!Possible([] { return ChangeRoot(true); })) {
    GTEST_SKIP() << "no mount namespaces";
  }
  EXPECT_EXIT(PlayPanic(true), ExitedWithCode(0), "");
}

// --- Membarrier ---

bool MembarrierCanBeRefused() {
  return Possible([] {
    return sched::os::RegisterMembarrier() && Refuse({SYS_membarrier}, true) &&
           !sched::os::Membarrier();
  });
}

// Exercise uses every protocol that has a HeavyFence in it.
void Exercise() {
  sync::WaitGroup all;
  Chan<int> shared = MakeChan<int>(4);
  for (int i = 0; i < 8; i++) {
    all.Add(2);
    Go([&all, shared] {
      for (int j = 0; j < 500; j++) shared.Send(j);
      all.Done();
    });
    Go([&all, shared] {
      for (int j = 0; j < 500; j++) {
        shared.Recv();
        if (j % 100 == 0) time::Sleep(100us);
      }
      all.Done();
    });
  }
  int ends[2];
  if (::pipe(ends) != 0) std::_Exit(9);
  for (int i = 0; i < 20; i++) {
    Go([&] { static_cast<void>(!::write(ends[1], "x", 1)); });
    char byte;
    if (::read(ends[0], &byte, 1) != 1) std::_Exit(9);  // it blocks the thread
  }
  ::close(ends[0]);
  ::close(ends[1]);
  all.Wait();
}

void PlayRefused(const char* procs, bool all_threads) {
  LimitChild();
  ::setenv("GOMAXPROCS", procs, 1);
  std::_Exit(gosling::Run([all_threads] {
    Exercise();
    std::atomic<bool> done{false};
    sync::WaitGroup meanwhile;
    meanwhile.Add(2);
    for (int i = 0; i < 2; i++) {
      Go([&] {
        while (!done) {
          Chan<int> c = MakeChan<int>();
          Go([c] { c.Send(0); });
          c.Recv();
          Compute(20'000);
        }
        meanwhile.Done();
      });
    }
    if (!Refuse({SYS_membarrier}, all_threads)) return 9;
    for (int i = 0; i < 3; i++) Exercise();
    done = true;
    meanwhile.Wait();
    return 0;
  }));
}

TEST_F(RefusedDeathTest, MembarrierMayBeRefusedAfterTheStart) {
  if (!MembarrierCanBeRefused()) GTEST_SKIP() << "no seccomp or no membarrier";
  for (const char* procs : {"1", "2", "8"}) {
    for (bool all_threads : {true, false}) {
      EXPECT_EXIT(PlayRefused(procs, all_threads), ExitedWithCode(0), "")
          << "GOMAXPROCS=" << procs << (all_threads ? ", all" : ", one");
    }
  }
}

// P is taken from an M that has not called the runtime since membarrier was
// refused, and computes, or sleeps.
TEST_F(RefusedDeathTest, PIsTakenFromWhatRanWhenMembarrierWasRefused) {
  if (!MembarrierCanBeRefused()) GTEST_SKIP() << "no seccomp or no membarrier";
  EXPECT_EXIT(
      {
        LimitChild();
        ::setenv("GOMAXPROCS", "1", 1);
        std::_Exit(gosling::Run([] {
          std::atomic<bool> done{false};
          Go([&] { done = true; });
          if (!Refuse({SYS_membarrier}, true)) return 9;
          while (!done) {
          }
          return 0;
        }));
      },
      ExitedWithCode(0), "");
  EXPECT_EXIT(
      {
        LimitChild();
        ::setenv("GOMAXPROCS", "1", 1);
        int ends[2];
        if (::pipe(ends) != 0) std::_Exit(9);
        std::_Exit(gosling::Run([&] {
          Go([&] { static_cast<void>(!::write(ends[1], "x", 1)); });
          if (!Refuse({SYS_membarrier, SYS_sched_setaffinity}, true)) return 9;
          char byte;
          return ::read(ends[0], &byte, 1) == 1 ? 0 : 1;
        }));
      },
      ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gosling
