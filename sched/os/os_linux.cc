// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// os.h on Linux. Constants of newer kernels that Debian 12's headers lack are
// given by number here, and nowhere else.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"
#include "sched/os/sanitizers.h"
#include "sched/os/timespec.h"

namespace gosling::sched::os {
namespace {

constexpr int kMadvGuardInstall = 102;  // MADV_GUARD_INSTALL, Linux 6.13
constexpr int kPidfdSelf = -10001;      // PIDFD_SELF_THREAD_GROUP, Linux 6.15
constexpr int kAtMinSigStackSize = 51;  // AT_MINSIGSTKSZ

// A processor mask as large as the kernel's own limit, in words.
constexpr std::size_t kCpuWords = 8192 / (8 * sizeof(unsigned long));

std::size_t RoundUp(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// ReadFile reads the beginning of a small file of /proc into buf, terminated,
// and returns its length, or -1.
ssize_t ReadFile(const char* path, char* buf, std::size_t size) {
  ShunStandard shun;
  int fd = RaiseFd(::open(path, O_RDONLY | O_CLOEXEC));
  if (fd < 0) return -1;
  ssize_t n;
  do {
    n = ::read(fd, buf, size - 1);
  } while (n < 0 && errno == EINTR);
  ::close(fd);
  if (n >= 0) buf[n] = 0;
  return n;
}

// ReadNumber returns the number a small file of /proc begins with, or -1.
std::int64_t ReadNumber(const char* path) {
  char buf[64];
  if (ReadFile(path, buf, sizeof(buf)) <= 0) return -1;
  if (buf[0] < '0' || buf[0] > '9') return -1;
  return ::strtoll(buf, nullptr, 10);
}

}  // namespace

// --- The machine ---

// The system call and not libc's sched_getaffinity: it says how much of the
// mask it filled in, so that any number of processors up to the kernel's own
// limit fits without knowing it beforehand.
int NumCPU() {
  unsigned long mask[kCpuWords];
  long bytes = ::syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
  if (bytes <= 0) return 1;
  int n = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(bytes) / sizeof(mask[0]);
       i++) {
    n += __builtin_popcountl(mask[i]);
  }
  return std::max(n, 1);
}

std::int64_t ThreadId() { return ::syscall(SYS_gettid); }

std::int64_t ThreadHandle() { return ThreadId(); }

// The clock of any thread of the process has a number that is made of the
// thread's, as pthread_getcpuclockid makes it; but that one wants a pthread_t,
// and may be given none whose thread has ended.
std::int64_t ThreadCpuTime(std::int64_t handle) {
  constexpr std::uint32_t kPerThread = 4;
  constexpr std::uint32_t kScheduler = 2;  // in nanoseconds, not in ticks
  auto clock = static_cast<clockid_t>(
      (~static_cast<std::uint32_t>(handle) << 3) | kPerThread | kScheduler);
  timespec ts;
  if (::clock_gettime(clock, &ts) != 0) return -1;
  return static_cast<std::int64_t>(ts.tv_sec) * kSecond + ts.tv_nsec;
}

// In the file's line the state follows the name, which is in parentheses and
// may have some in it. R: runs or waits for a processor. Every other letter of
// a thread that has not ended is one of waiting for something else.
ThreadState StateOfThread(std::int64_t handle) {
  if (!StandardAreOpen()) return ThreadState::kUnknown;
  char path[64];
  ::snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
             static_cast<int>(handle));
  char line[128];
  if (ReadFile(path, line, sizeof(line)) <= 0) return ThreadState::kUnknown;
  const char* name_end = ::strrchr(line, ')');
  if (name_end == nullptr || name_end[1] != ' ') return ThreadState::kUnknown;
  switch (name_end[2]) {
    case 'R':
      return ThreadState::kReady;
    case 'S':
    case 'D':
    case 'T':
    case 't':
    case 'I':
      return ThreadState::kAsleep;
    default:
      return ThreadState::kUnknown;
  }
}

// A directory's link count is two and one for each directory in it: the kernel
// keeps to that for the threads in /proc/self/task, and so they are counted
// without opening anything.
int ThreadCount() {
  struct stat st;
  if (::stat("/proc/self/task", &st) != 0 || st.st_nlink < 3) return -1;
  return static_cast<int>(st.st_nlink) - 2;
}

// --- Barriers and waiting ---

bool RegisterMembarrier() {
  long commands = ::syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  return commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 &&
         ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0,
                   0) == 0;
}

// The kernel may be short of the memory for a processor mask at this moment,
// and then does nothing: the caller's protocol cannot go on without the
// barrier, so it is asked until it has some.
bool Membarrier() {
  KeepErrno keep;
  while (::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) !=
         0) {
    if (errno != ENOMEM && errno != EINTR) return false;
    Yield();
  }
  return true;
}

bool VisitCpusOf(std::int64_t tid) {
  KeepErrno keep;
  unsigned long own[kCpuWords];
  unsigned long its[kCpuWords];
  const long own_bytes = ::syscall(SYS_sched_getaffinity, 0, sizeof(own), own);
  const long its_bytes = ::syscall(SYS_sched_getaffinity,
                                   static_cast<pid_t>(tid), sizeof(its), its);
  if (own_bytes <= 0 || its_bytes <= 0) return false;
  constexpr unsigned kBits = 8 * sizeof(unsigned long);
  const auto cpus = static_cast<unsigned>(its_bytes) * 8;
  bool all = true;
  for (unsigned cpu = 0; all && cpu < cpus; cpu++) {
    if ((its[cpu / kBits] >> (cpu % kBits) & 1) == 0) continue;
    unsigned long one[kCpuWords] = {};
    one[cpu / kBits] = 1UL << (cpu % kBits);
    all = ::syscall(SYS_sched_setaffinity, 0, its_bytes, one) == 0;
  }
  ::syscall(SYS_sched_setaffinity, 0, own_bytes, own);
  return all;
}

namespace {

// SleepInPoll is for where a filter of system calls refuses clock_nanosleep.
void SleepInPoll(std::int64_t until) {
  constexpr std::int64_t kMs = 1'000'000;
  for (;;) {
    const std::int64_t left = until - Nanotime();
    if (left <= 0) return;
    const std::int64_t ms =
        std::min<std::int64_t>((left - 1) / kMs + 1, INT_MAX);
    if (::poll(nullptr, 0, static_cast<int>(ms)) != 0) Yield();
  }
}

}  // namespace

void SleepNs(std::int64_t ns) {
  if (ns <= 0) return;
  const std::int64_t until = SaturatingAdd(Nanotime(), ns);
  const timespec at = ToTimespec(until);
  int err;
  do {
    err = ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
  } while (err == EINTR);
  if (err != 0) SleepInPoll(until);
}

// Set for each sleep and not for good: threads inherit it from those that start
// them.
void SleepExactlyNs(std::int64_t ns) {
  constexpr unsigned long kOneNs = 1;
  constexpr unsigned long kDefault = 0;  // the one it was started with
  ::prctl(PR_SET_TIMERSLACK, kOneNs, 0, 0, 0);
  SleepNs(ns);
  ::prctl(PR_SET_TIMERSLACK, kDefault, 0, 0, 0);
}

// --- Threads and signal masks ---

bool ThreadStack(void** lo, std::size_t* size) {
  pthread_attr_t attr;
  if (::pthread_getattr_np(::pthread_self(), &attr) != 0) return false;
  ::pthread_attr_getstack(&attr, lo, size);
  ::pthread_attr_destroy(&attr);
  return true;
}

bool SignalThread(std::int64_t tid, int signo) {
  // As wide as the kernel's: `syscall` takes words, and a 64-bit integer is two
  // of them on some CPUs.
  return ::syscall(SYS_tgkill, ::getpid(), static_cast<pid_t>(tid), signo) == 0;
}

// A full queue has no place for a real-time signal to a thread; kill's needs
// none.
void Raise(int signo) {
  if (!SignalThread(ThreadId(), signo) && errno == EAGAIN) {
    ::kill(::getpid(), signo);
  }
}

// The first real-time signal cancels threads in glibc and in musl, and their
// functions for signal masks leave it open. They would not set its action
// either; the kernel's own struct is copied as it is, which the kernel made
// sure is well-formed. ThreadSanitizer would not know of that handler.
int UnblockableLike(int signo) {
  constexpr int kCancel = 32;
  constexpr std::size_t kKernelSigset = _NSIG / 8;
  alignas(std::max_align_t) char action[256];
  if (kThreadSanitizer ||
      ::syscall(SYS_rt_sigaction, signo, nullptr, action, kKernelSigset) != 0 ||
      ::syscall(SYS_rt_sigaction, kCancel, action, nullptr, kKernelSigset) !=
          0) {
    return 0;
  }
  return kCancel;
}

// The kernel's timer and not libc's, whose timer_create allocates; so the
// structs are the kernel's as well, and their numbers are words.
namespace {

constinit int ticker;  // the kernel's number of it

}  // namespace

bool StartTicks(int signo, std::int64_t period) {
  struct {
    void* value;
    int signo;
    int notify;
    int thread;
    char unused[64];
  } event = {nullptr, signo, SIGEV_THREAD_ID, static_cast<int>(ThreadId()), {}};
  if (::syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &ticker) != 0) {
    return false;
  }
  const long ns = static_cast<long>(period % kSecond);
  const long s = static_cast<long>(period / kSecond);
  const long every[] = {s, ns, s, ns};
  if (::syscall(SYS_timer_settime, ticker, 0, every, nullptr) == 0) return true;
  StopTicks();
  return false;
}

void StopTicks() { ::syscall(SYS_timer_delete, ticker); }

// --- Memory ---

namespace {

// AdviseMany gives the advice for as many of the ranges as one system call
// takes, and returns for how many: 0 where process_madvise does not apply to
// the caller itself (before Linux 6.15). PIDFD_SELF_THREAD_GROUP needs no
// descriptor; a real one would have to be kept, and would name the parent after
// a fork.
int AdviseMany(const iovec* ranges, int n, int advice) {
  long bytes = ::syscall(SYS_process_madvise, kPidfdSelf, ranges,
                         static_cast<std::size_t>(n), advice, 0);
  int done = 0;
  for (; done < n && bytes > 0; done++) {
    bytes -= static_cast<long>(ranges[done].iov_len);
    if (bytes < 0) break;  // this one was cut short: again, as a whole
  }
  return done;
}

}  // namespace

// getauxval reads what the kernel put on the first stack: no call can fail, and
// nothing needs to be remembered.
std::size_t PageSize() { return ::getauxval(AT_PAGESZ); }

void* Reserve(std::size_t size) {
  void* addr =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  return addr == MAP_FAILED ? nullptr : addr;
}

bool CommitsAddressSpace() {
  return ReadNumber("/proc/sys/vm/overcommit_memory") == 2;
}

namespace {

// AdvisePatiently gives advice that the system may be unable to take at the
// moment; 0, or an errno once that has lasted.
int AdvisePatiently(void* addr, std::size_t size, int advice) {
  constexpr int kTries = 100;
  for (int i = 0; ::madvise(addr, size, advice) != 0; i++) {
    if ((errno != EINTR && errno != EAGAIN) || i == kTries) return errno;
    Yield();
  }
  return 0;
}

int AdviseGuard(void* addr, std::size_t size) {
  return AdvisePatiently(addr, size, kMadvGuardInstall);
}

// HasGuards says whether the advice does what it should. Emulators take any
// advice and say yes (qemu-user), so the first time a page is tried. Where
// IsReadable cannot tell, the advice is not relied on.
bool HasGuards() {
  enum { kUnknown, kNo, kYes };
  static constinit std::atomic<int> known{kUnknown};
  int answer = known.load(std::memory_order_relaxed);
  if (answer != kUnknown) return answer == kYes;
  void* page = Reserve(PageSize());
  if (page == nullptr) return false;
  answer = IsReadable(page) && AdviseGuard(page, PageSize()) == 0 &&
                   !IsReadable(page)
               ? kYes
               : kNo;
  Release(page, PageSize());
  known.store(answer, std::memory_order_relaxed);
  return answer == kYes;
}

int GuardInstall(void* addr, std::size_t size) {
  return HasGuards() ? AdviseGuard(addr, size) : ENOSYS;
}

}  // namespace

int GuardInstallMany(const iovec* ranges, int n, int* err) {
  *err = HasGuards() ? 0 : ENOSYS;
  if (*err != 0) return 0;
  int done = AdviseMany(ranges, n, kMadvGuardInstall);
  for (; done < n && *err == 0; done += *err == 0) {
    *err = AdviseGuard(ranges[done].iov_base, ranges[done].iov_len);
  }
  return done;
}

void DontNeed(void* addr, std::size_t size) {
  AdvisePatiently(addr, size, MADV_DONTNEED);
}

void DontNeedMany(const iovec* ranges, int n) {
  for (int i = AdviseMany(ranges, n, MADV_DONTNEED); i < n; i++) {
    DontNeed(ranges[i].iov_base, ranges[i].iov_len);
  }
}

// The kernel is asked to set the signal mask found there, in a manner that does
// not exist: it reads the mask before it notices, and says EINVAL. No address
// means no mask to it. A filter of system calls may say something else.
bool IsReadable(const void* addr) {
  constexpr std::size_t kKernelSigset = _NSIG / 8;
  std::uintptr_t aligned =
      reinterpret_cast<std::uintptr_t>(addr) & ~(kKernelSigset - 1);
  if (aligned == 0) return false;
  return ::syscall(SYS_rt_sigprocmask, ~0, aligned, nullptr, kKernelSigset) ==
             0 ||
         errno == EINVAL;
}

void NoHugePages(void* addr, std::size_t size) {
  ::madvise(addr, size, MADV_NOHUGEPAGE);
}

void NameMapping(void* addr, std::size_t size, const char* name) {
  constexpr int kSetVma = 0x53564d41;
  constexpr unsigned long kAnonName = 0;
  KeepErrno keep;
  ::prctl(kSetVma, kAnonName, addr, size, name);
}

std::int64_t MaxMapCount() { return ReadNumber("/proc/sys/vm/max_map_count"); }

namespace {

// Exceeds says whether `size` bytes more would go over a limit that field
// number `field` of /proc/self/statm, in pages, counts against.
bool Exceeds(int resource, int field, std::size_t size) {
  rlimit limit;
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return false;
  }
  char buf[256];
  if (ReadFile("/proc/self/statm", buf, sizeof(buf)) <= 0) return true;
  char* at = buf;
  std::uint64_t pages = 0;
  for (int i = 0; i <= field; i++) pages = ::strtoull(at, &at, 10);
  return pages * PageSize() + size > limit.rlim_cur;
}

}  // namespace

const char* ExplainNoMemory(std::size_t size) {
  // Limits on the process come first: they are the user's own doing, and the
  // kernel looks at them first. RLIMIT_DATA counts private writable memory.
  if (Exceeds(RLIMIT_AS, 0, size) || Exceeds(RLIMIT_DATA, 5, size)) {
    return "no address space left for a goroutine stack: the process has "
           "reached its limit on virtual memory (raise ulimit -v and -d, or "
           "use fewer or smaller stacks)";
  }
  if (CommitsAddressSpace()) {
    return "no memory left for a goroutine stack: vm.overcommit_memory is 2 "
           "and the system's commit limit is reached (set it to 0 or 1, raise "
           "vm.overcommit_ratio, or use fewer or smaller stacks)";
  }
  // One page more takes one mapping and hardly any memory: if that is refused
  // too, there are no mappings left.
  void* page = Reserve(PageSize());
  if (page == nullptr) {
    return "no mapping left for a goroutine stack: the process has as many as "
           "vm.max_map_count allows (raise it with sysctl, or use fewer "
           "stacks)";
  }
  Release(page, PageSize());
  return "no memory left for a goroutine stack: the system refused to map it "
         "(use fewer or smaller stacks)";
}

// --- The environment ---

bool Privileged() { return ::getauxval(AT_SECURE) != 0; }

// --- Descriptors ---

// Reads and writes of it fail as those of a closed one do, with EBADF.
int OpenNothing() { return ::open("/", O_PATH | O_CLOEXEC); }

// --- Children ---

// Emulators and kernels before 4.14 do not know the advice; then the word stays
// as it is.
std::atomic<std::uint32_t>* MakeForkWord() {
  void* page = Reserve(PageSize());
  if (page == nullptr) return nullptr;
  ::madvise(page, PageSize(), MADV_WIPEONFORK);
  return new (page) std::atomic<std::uint32_t>(0);
}

// --- Alternate signal stacks ---

// 128 KiB for handlers, twice what Abseil takes to print symbols (its recursion
// over a mangled name is 256 deep at most), and on top the largest frame of a
// signal on this CPU, as the kernel says (AMX alone takes 8 KiB).
std::size_t AltStackSize() {
  return RoundUp(
      (std::size_t{128} << 10) +
          std::max<std::size_t>(::getauxval(kAtMinSigStackSize), MINSIGSTKSZ),
      PageSize());
}

// A handler that overruns the stack is a bug with a guard or without.
void PrepareAltStack(void* mapping, std::size_t size) {
  NoHugePages(mapping, size);
  if (GuardInstall(mapping, PageSize()) != 0) Protect(mapping, PageSize());
}

}  // namespace gosling::sched::os
