// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Faults of what sched/os asks of the system. No runtime runs here, but where a
// scenario starts one.

#include <fcntl.h>
#include <gosling/gosling.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "sched/os/code_file.h"
#include "sched/os/cpu_limit.h"
#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/fork.h"
#include "sched/os/futex.h"
#include "sched/os/os.h"
#include "sched/report/cpu_profile.h"
#include "sched/report/limit.h"
#include "tests/descriptors.h"
#include "tests/faults/inject.h"
#include "tests/sanitizers.h"

namespace gosling::faults {
namespace {

namespace os = sched::os;

constexpr int kGuardInstall = 102;  // MADV_GUARD_INSTALL
constexpr std::int64_t kMs = 1'000'000;

// --- Files of /proc ---

SURVIVES(ProcCannotBeOpened) {
  const Injected fault(
      {.call = "open", .err = EMFILE, .times = kAlways, .path = "/proc/"});
  Check(os::StateOfThread(os::ThreadHandle()) == os::ThreadState::kUnknown);
  Check(!os::CommitsAddressSpace());
  Check(os::MaxMapCount() == -1);
}

SURVIVES(ProcCannotBeRead) {
  const Injected fault({.call = "read", .err = EIO, .times = kAlways});
  Check(os::StateOfThread(os::ThreadHandle()) == os::ThreadState::kUnknown);
  Check(os::MaxMapCount() == -1);
}

SURVIVES(ReadingProcIsInterrupted) {
  const Injected fault({.call = "read", .err = EINTR, .times = 3});
  Check(os::StateOfThread(os::ThreadHandle()) == os::ThreadState::kReady);
}

SURVIVES(ProcDoesNotCountThreads) {
  const Injected fault({.call = "stat", .err = ENOENT});
  Check(os::ThreadCount() == -1);
}

SURVIVES(LimitsOfMemoryAreNotTold) {
  const Injected fault({.call = "getrlimit", .err = EPERM, .times = 2});
  Check(os::ExplainNoMemory(1 << 20) != nullptr);
}

// --- Clocks and waiting ---

DIES(TheClockIsRefused, "the clock cannot be read") {
  const Injected fault(
      {.call = "clock_gettime", .err = EPERM, .first = CLOCK_MONOTONIC});
  os::Nanotime();
}

SURVIVES(AThreadsClockIsRefused) {
  const Injected fault({.call = "clock_gettime", .err = EPERM});
  Check(os::ThreadCpuTime(os::ThreadHandle()) == -1);
}

SURVIVES(ASleepIsInterrupted) {
  const Injected fault({.call = "clock_nanosleep", .err = EINTR, .times = 3});
  const std::int64_t start = os::Nanotime();
  os::SleepNs(5 * kMs);
  Check(os::Nanotime() - start >= 5 * kMs);
}

// A filter of system calls that is older than this one says so.
SURVIVES(ASleepIsRefused) {
  for (const int err : {EPERM, ENOSYS}) {
    const Injected fault({.call = "clock_nanosleep", .err = err});
    const Injected other({.call = "poll", .err = EINTR});
    const std::int64_t start = os::Nanotime();
    os::SleepNs(5 * kMs);
    Check(os::Nanotime() - start >= 5 * kMs, "it did not sleep");
  }
}

SURVIVES(AnExactSleepIsRefused) {
  const Injected fault(
      {.call = "prctl", .err = EPERM, .times = 2, .first = PR_SET_TIMERSLACK});
  const std::int64_t start = os::Nanotime();
  os::SleepExactlyNs(kMs);
  Check(os::Nanotime() - start >= kMs);
}

// --- Processors and barriers ---

SURVIVES(TheAffinityIsNotTold) {
  const Injected fault({.call = "syscall",
                        .err = EPERM,
                        .times = kAlways,
                        .first = SYS_sched_getaffinity});
  Check(os::NumCPU() == 1);
  Check(!os::VisitCpusOf(os::ThreadId()));
}

SURVIVES(TheAffinityCannotBeSet) {
  const Injected fault({.call = "syscall",
                        .err = EPERM,
                        .times = kAlways,
                        .first = SYS_sched_setaffinity});
  Check(!os::VisitCpusOf(os::ThreadId()));
}

SURVIVES(TheBarrierHasNoMemory) {
  Check(os::RegisterMembarrier());
  const Injected fault(
      {.call = "syscall", .err = ENOMEM, .times = 3, .first = SYS_membarrier});
  Check(os::Membarrier());
}

SURVIVES(TheBarrierIsRefused) {
  {
    const Injected fault({.call = "syscall",
                          .err = EPERM,
                          .times = kAlways,
                          .first = SYS_membarrier});
    Check(!os::RegisterMembarrier());
    Check(!os::Membarrier());
  }
  const Injected fault(
      {.call = "syscall", .err = EPERM, .skip = 1, .first = SYS_membarrier});
  Check(!os::RegisterMembarrier());
}

// --- Threads and signals ---

SURVIVES(TheStackIsNotTold) {
  const Injected fault({.call = "pthread_getattr_np", .err = ENOMEM});
  void* lo;
  std::size_t size;
  Check(!os::ThreadStack(&lo, &size));
}

SURVIVES(AThreadIsGone) {
  const Injected fault({.call = "syscall", .err = ESRCH, .first = SYS_tgkill});
  Check(!os::SignalThread(os::ThreadId(), SIGUSR1));
}

// The queue of signals is full: real-time ones need a place there, unless they
// come by kill.
std::atomic<int> raised{0};

SURVIVES(NoPlaceInTheQueueOfSignals) {
  ::signal(SIGRTMIN + 3, [](int) { raised++; });
  const Injected fault({.call = "syscall", .err = EAGAIN, .first = SYS_tgkill});
  os::Raise(SIGRTMIN + 3);
  // To the process, which has this thread alone.
  Check(kThreadSanitizer || raised == 1, "the signal was lost");
}

SURVIVES(NoTimerForTheDying) {
  {
    const Injected fault(
        {.call = "syscall", .err = EAGAIN, .first = SYS_timer_create});
    Check(!os::StartTicks(SIGALRM, kMs));
  }
  const Injected fault(
      {.call = "syscall", .err = EINVAL, .first = SYS_timer_settime});
  const Injected end(
      {.call = "syscall", .err = EINVAL, .first = SYS_timer_delete});
  Check(!os::StartTicks(SIGALRM, kMs));
}

SURVIVES(TheDyingBorrowATimer) {
  if (kThreadSanitizer) return;
  bool done = false;
  const Injected fault({.call = "syscall",
                        .err = EAGAIN,
                        .times = 2,
                        .first = SYS_timer_create});
  Check(sched::RunLimited([](void* d) { *static_cast<bool*>(d) = true; }, &done,
                          1'000 * kMs, nullptr));
  Check(done);
  const Injected other(
      {.call = "setitimer", .err = EPERM, .first = ITIMER_REAL});
  Check(!sched::RunLimited([](void*) {}, nullptr, kMs, nullptr));
}

SURVIVES(NoSignalLeftUnblocked) {
  if (kThreadSanitizer) return;
  const Injected fault({.call = "syscall",
                        .err = EINVAL,
                        .times = 2,
                        .first = SYS_rt_sigaction});
  Check(os::UnblockableLike(SIGUSR1) == 0);
}

void SetTrue(void* flag) { *static_cast<std::atomic<bool>*>(flag) = true; }

REPORTS(AThreadIsRefused) {
  std::atomic<bool> ran{false};
  for (const char* call : {"malloc", "pthread_attr_init",
                           "pthread_attr_setstacksize", "pthread_create"}) {
    const Injected fault({.call = call, .err = ENOMEM});
    Check(os::StartThread(SetTrue, &ran, 64 << 10) == ENOMEM, call);
  }
  Check(!ran);
}

SURVIVES(AThreadIsAskedForAgain) {
  std::atomic<bool> ran{false};
  const Injected fault({.call = "pthread_create", .err = EAGAIN, .times = 3});
  Check(os::StartThreadPatiently(SetTrue, &ran, 0) == 0);
  while (!ran) os::Yield();
}

// --- Memory ---

REPORTS(NoMemoryToReserve) {
  const Injected fault({.call = "mmap", .err = ENOMEM});
  Check(os::Reserve(os::PageSize()) == nullptr && errno == ENOMEM);
}

REPORTS(NoMappingLeftToProtect) {
  void* page = os::Reserve(os::PageSize());
  const Injected fault({.call = "mprotect", .err = ENOMEM});
  Check(os::Protect(page, os::PageSize()) == ENOMEM);
}

SURVIVES(NoMappingLeftToRelease) {
  void* page = os::Reserve(os::PageSize());
  const Injected fault({.call = "munmap", .err = ENOMEM});
  os::Release(page, os::PageSize());
}

DIES(ReleasingIsRefused, "munmap failed: errno 22") {
  void* page = os::Reserve(os::PageSize());
  const Injected fault({.call = "munmap", .err = EINVAL});
  os::Release(page, os::PageSize());
}

// Whether the kernel has guards at all: before 6.13 it says EINVAL.
bool Guards(void* page) {
  const iovec range = {page, os::PageSize()};
  int err = 0;
  return os::GuardInstallMany(&range, 1, &err) == 1;
}

SURVIVES(InstallingAGuardIsInterrupted) {
  void* page = os::Reserve(os::PageSize());
  if (!Guards(page)) return;
  const Injected fault(
      {.call = "madvise", .err = EINTR, .times = 3, .first = kGuardInstall});
  const Injected many(
      {.call = "syscall", .err = ENOSYS, .first = SYS_process_madvise});
  Check(Guards(page));
}

REPORTS(InstallingAGuardNeverWorks) {
  void* page = os::Reserve(os::PageSize());
  const iovec range = {page, os::PageSize()};
  const Injected many({.call = "syscall",
                       .err = ENOSYS,
                       .times = kAlways,
                       .first = SYS_process_madvise});
  Guards(page);  // looks, the first time, whether there are guards
  const Injected fault({.call = "madvise",
                        .err = EAGAIN,
                        .times = kAlways,
                        .first = kGuardInstall});
  int err = 0;
  if (os::GuardInstallMany(&range, 1, &err) == 0 && err != EAGAIN) {
    (void)::madvise(page, os::PageSize(), kGuardInstall);  // an older kernel
    return;
  }
  Check(err == EAGAIN);
}

SURVIVES(GivingMemoryBackNeverWorks) {
  void* page = os::Reserve(os::PageSize());
  const iovec range = {page, os::PageSize()};
  const Injected many(
      {.call = "syscall", .err = ENOSYS, .first = SYS_process_madvise});
  const Injected fault({.call = "madvise",
                        .err = EAGAIN,
                        .times = kAlways,
                        .first = MADV_DONTNEED});
  os::DontNeedMany(&range, 1);
  os::DontNeed(page, os::PageSize());
}

SURVIVES(AdviceIsRefused) {
  void* page = os::Reserve(os::PageSize());
  const Injected fault({.call = "madvise", .err = EINVAL, .times = kAlways});
  const Injected name({.call = "prctl", .err = EINVAL});
  os::NoHugePages(page, os::PageSize());
  os::NameMapping(page, os::PageSize(), "a name");
}

// A byte of which nothing is known is not to be read.
SURVIVES(ReadabilityIsNotTold) {
  for (const int err : {EPERM, ENOSYS}) {
    const Injected fault(
        {.call = "syscall", .err = err, .first = SYS_rt_sigprocmask});
    Check(!os::IsReadable(&err), "it is said to be readable");
  }
  const int there = 0;
  Check(os::IsReadable(&there));
}

// --- Alternate signal stacks ---

SURVIVES(NoAlternateStack) {
  os::AltStack stack;
  std::thread([&] {
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);  // a sanitizer's
    {
      const Injected fault({.call = "sigaltstack", .err = EPERM, .first = 0});
      Check(!os::InstallAltStack(&stack));
    }
    {
      const Injected fault({.call = "mmap", .err = ENOMEM});
      Check(!os::InstallAltStack(&stack));
    }
    const Injected fault({.call = "sigaltstack", .err = ENOMEM, .first = 1});
    Check(!os::InstallAltStack(&stack) && errno == ENOMEM);
    Check(stack.mapping == nullptr);
  }).join();
}

DIES(AnAlternateStackInUseIsRemoved, "alternate signal stack removed while") {
  std::thread([] {
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    os::AltStack stack;
    Check(os::InstallAltStack(&stack));
    const Injected fault({.call = "sigaltstack", .err = EPERM, .first = 1});
    os::RemoveAltStack(&stack);
  }).join();
}

// --- Children ---

SURVIVES(ChildrenFindNoClearedPage) {
  const Injected fault(
      {.call = "madvise", .err = EINVAL, .first = MADV_WIPEONFORK});
  Check(os::MakeForkWord() != nullptr);
}

DIES(NoPageForChildren, "no memory left to start the runtime") {
  const Injected fault({.call = "mmap", .err = ENOMEM});
  sched::WatchForks([] {});
}

DIES(ForksCannotBeWatched, "pthread_atfork failed: error 12") {
  const Injected fault({.call = "pthread_atfork", .err = ENOMEM});
  sched::WatchForks([] {});
}

// --- Descriptors ---

REPORTS(NoDescriptorToRaise) {
  ::close(STDIN_FILENO);
  const int low = ::open("/", O_RDONLY | O_CLOEXEC);
  Check(low == STDIN_FILENO);
  const Injected fault(
      {.call = "fcntl", .err = EMFILE, .second = F_DUPFD_CLOEXEC});
  Check(os::RaiseFd(low) == -EMFILE);
  Check(::fcntl(low, F_GETFD) < 0);
}

SURVIVES(NoDescriptorToCoverWith) {
  ::close(STDIN_FILENO);
  {
    const Injected fault({.call = "open", .err = EMFILE});
    const os::ShunStandard shun;
  }
  Check(::fcntl(STDIN_FILENO, F_GETFD) < 0);
  const Injected fault({.call = "fcntl", .err = EBADF, .second = F_GETFD});
  Check(!os::StandardAreOpen());
}

// --- Control groups ---

// Limited is a folder that looks like a system with a limit of two processors.
class Limited {
 public:
  Limited() {
    std::string name =
        std::filesystem::temp_directory_path() / "gosling-XXXXXX";
    Check(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    Put("proc/self/cgroup", "0::/of/me\n");
    Put("proc/self/mountinfo",
        "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    Put("sys/fs/cgroup/of/me/cpu.max", "200000 100000\n");
    ::setenv("GOSLING_CGROUP_ROOT", root_.c_str(), 1);
  }
  Limited(const Limited&) = delete;
  Limited& operator=(const Limited&) = delete;
  ~Limited() { std::filesystem::remove_all(root_); }

 private:
  void Put(const char* name, const char* text) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  std::filesystem::path root_;
};

// What cannot be read for a moment says nothing: the limit stays.
SURVIVES(TheLimitCannotBeRead) {
  const Limited limited;
  sched::FindCpuLimit();
  Check(sched::ReadCpuLimit() == 2);
  {
    const Injected fault({.call = "open", .err = EMFILE, .path = "of/me"});
    Check(sched::ReadCpuLimit() == -1, "the folder");
  }
  {
    const Injected fault({.call = "open", .err = EMFILE, .path = "cpu.max"});
    Check(sched::ReadCpuLimit() == -1, "the file is taken for no limit");
  }
  {
    const Injected fault({.call = "read", .err = EIO});
    Check(sched::ReadCpuLimit() == -1, "what is not read: no limit");
  }
  const Injected fault({.call = "read", .err = EINTR, .times = 3});
  Check(sched::ReadCpuLimit() == 2);
  const Injected parts({.call = "read", .err = kShort, .times = kAlways});
  Check(sched::ReadCpuLimit() == 2);
}

SURVIVES(TheGroupCannotBeFound) {
  const Limited limited;
  for (const char* file : {"self/cgroup", "mountinfo", "of/me"}) {
    const Injected fault({.call = "open", .err = EMFILE, .path = file});
    sched::FindCpuLimit();
    Check(sched::ReadCpuLimit() == 0, file);
  }
}

// --- What is printed ---

// ReadAll reads what others write to a pipe.
std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 4096> buf;
  ssize_t n;
  while ((n = ::read(fd, buf.data(), buf.size())) > 0) {
    text.append(buf.data(), static_cast<std::size_t>(n));
  }
  return text;
}

// Stderr that does not block, since another program has set that, may be full.
SURVIVES(StderrTakesItsTime) {
  int ends[2];
  Check(::pipe(ends) == 0);
  const int terminal = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  const std::string text(1'000, 'x');
  const auto put = [&](int err) {
    const Injected fault(
        {.call = "write", .err = err, .times = 3, .first = STDERR_FILENO});
    sched::kStderr.put(sched::kStderr.arg, text.data(), text.size());
  };
  for (const int err : {EINTR, kShort, EAGAIN}) put(err);
  ::dup2(terminal, STDERR_FILENO);
  Check(ReadAll(ends[0]).size() == 3 * text.size(), "some is missing");
}

SURVIVES(StderrTakesNothing) {
  {
    const Injected fault({.call = "write", .err = EIO, .first = STDERR_FILENO});
    sched::Warn("not to be seen");
  }
  const Injected full({.call = "write",
                       .err = EAGAIN,
                       .times = kAlways,
                       .first = STDERR_FILENO});
  const Injected never({.call = "poll", .err = ENOMEM, .times = kAlways});
  sched::Warn("not to be seen");
}

// --- Futexes ---

SURVIVES(AFutexIsInterrupted) {
  std::atomic<std::uint32_t> word{0};
  const Injected fault({.call = "syscall", .err = EINTR, .first = SYS_futex});
  Check(os::FutexWait(&word, 0, -1));
}

DIES(AFutexCannotBeSleptOn, "futex: wait failed: errno 1") {
  std::atomic<std::uint32_t> word{0};
  const Injected fault({.call = "syscall", .err = EPERM, .first = SYS_futex});
  os::FutexWait(&word, 0, 1);
}

DIES(AFutexCannotBeWoken, "futex: wake failed: errno 1") {
  std::atomic<std::uint32_t> word{0};
  const Injected fault({.call = "syscall", .err = EPERM, .first = SYS_futex});
  os::FutexWake(&word, 1);
}

// --- Symbols, profiles, stacks ---

SURVIVES(TheProgramsFileCannotBeRead) {
  const auto pc = reinterpret_cast<std::uintptr_t>(&ReadAll);
  {
    const Injected fault({.call = "open", .err = EMFILE});
    Check(!sched::CanReadCodeFile(pc));
  }
  {
    const Injected fault({.call = "open", .err = EMFILE, .skip = 1});
    Check(!sched::CanReadCodeFile(pc));
  }
  {
    const Injected fault({.call = "read", .err = EIO});
    (void)sched::CanReadCodeFile(pc);
  }
  const Injected fault({.call = "read", .err = EINTR, .times = 3});
  Check(sched::CanReadCodeFile(pc));
}

SURVIVES(TheProfilerGetsNoTimer) {
  const Injected fault(
      {.call = "setitimer", .err = EPERM, .times = 2, .first = ITIMER_PROF});
  Check(sched::StartCpuProfile() == nullptr);
  sched::StopCpuProfile();
}

DIES(NoRoomForStacks, "cannot give goroutine") {
  gosling::Run([] {
    const Injected fault({.call = "realloc", .err = ENOMEM, .times = kAlways});
    for (int i = 0; i < 100'000; i++) Go([] { MakeChan<int>().Recv(); });
    runtime::Gosched();
  });
}

}  // namespace
}  // namespace gosling::faults
