// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// os.h on Darwin, from what Apple documents of libSystem and Mach. It was
// compiled and linked for macOS, and never run on a Mac; what tests/emulator
// needs of it runs there.
//
// Darwin lacks futexes (futex_pthread.cc), membarrier (fence.h), guard pages
// within a mapping, pipe2, and memory that a child finds cleared.
//
// Go: runtime/os_darwin.go, sys_darwin.go, mem_darwin.go.

#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <mach/mach.h>
#include <mach/vm_map.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/proc_info.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "sched/os/os.h"
#include "sched/os/timespec.h"

namespace gosling::sched::os {

// --- Time and the machine ---

// The clock that condition waits go by. It stands still while the machine
// sleeps, as Linux's CLOCK_MONOTONIC does; Darwin's CLOCK_MONOTONIC goes on.
std::int64_t Nanotime() {
  return static_cast<std::int64_t>(::clock_gettime_nsec_np(CLOCK_UPTIME_RAW));
}

std::int64_t ProcessCpuTime() {
  return static_cast<std::int64_t>(
      ::clock_gettime_nsec_np(CLOCK_PROCESS_CPUTIME_ID));
}

// Threads have no affinity masks here.
int NumCPU() {
  return std::max(static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)), 1);
}

std::int64_t ThreadId() {
  std::uint64_t id = 0;
  ::pthread_threadid_np(nullptr, &id);
  return static_cast<std::int64_t>(id);
}

std::int64_t ThreadHandle() {
  return static_cast<std::int64_t>(::pthread_mach_thread_np(::pthread_self()));
}

namespace {

bool BasicInfo(std::int64_t handle, thread_basic_info_data_t* info) {
  mach_msg_type_number_t count = THREAD_BASIC_INFO_COUNT;
  return ::thread_info(static_cast<mach_port_t>(handle), THREAD_BASIC_INFO,
                       reinterpret_cast<thread_info_t>(info),
                       &count) == KERN_SUCCESS;
}

std::int64_t ToNs(const time_value_t& time) {
  constexpr std::int64_t kMicrosecond = 1000;
  return time.seconds * kSecond + time.microseconds * kMicrosecond;
}

}  // namespace

std::int64_t ThreadCpuTime(std::int64_t handle) {
  thread_basic_info_data_t info;
  if (!BasicInfo(handle, &info)) return -1;
  return ToNs(info.user_time) + ToNs(info.system_time);
}

// TH_STATE_RUNNING is that of a thread without a processor as well.
ThreadState StateOfThread(std::int64_t handle) {
  thread_basic_info_data_t info;
  if (!BasicInfo(handle, &info)) return ThreadState::kUnknown;
  switch (info.run_state) {
    case TH_STATE_RUNNING:
      return ThreadState::kReady;
    case TH_STATE_WAITING:
    case TH_STATE_UNINTERRUPTIBLE:
    case TH_STATE_STOPPED:
      return ThreadState::kAsleep;
    default:
      return ThreadState::kUnknown;
  }
}

int ThreadCount() {
  proc_taskinfo info;
  const int size =
      ::proc_pidinfo(::getpid(), PROC_PIDTASKINFO, 0, &info, sizeof(info));
  return size == static_cast<int>(sizeof(info)) ? info.pti_threadnum : -1;
}

// --- Barriers and waiting ---

// Rejected: asking the kernel for every thread's registers, which makes each
// pass a barrier (.NET does); nothing documents it.
bool RegisterMembarrier() { return false; }

bool Membarrier() { return false; }

bool VisitCpusOf(std::int64_t) { return false; }

void SleepNs(std::int64_t ns) {
  const std::int64_t start = Nanotime();
  for (std::int64_t left = ns; left > 0; left = ns - (Nanotime() - start)) {
    const timespec span = WaitSpan(left);
    ::nanosleep(&span, nullptr);
  }
}

// A thread's class of service says here how far a wake-up may be put off; it is
// not changed, since the threads that this one starts would inherit it.
void SleepExactlyNs(std::int64_t ns) { SleepNs(ns); }

// --- Threads and signal masks ---

bool ThreadStack(void** lo, std::size_t* size) {
  const pthread_t self = ::pthread_self();
  *size = ::pthread_get_stacksize_np(self);
  *lo = static_cast<char*>(::pthread_get_stackaddr_np(self)) - *size;
  return true;
}

void Raise(int signo) { ::raise(signo); }

// The system sends signals to what pthread_self returned or to a Mach port, so
// the thread is looked for among all there are. pthread_kill, unlike tgkill,
// may be given neither a thread that has ended nor a null one.
bool SignalThread(std::int64_t tid, int signo) {
  thread_act_array_t ports;
  mach_msg_type_number_t n;
  if (::task_threads(mach_task_self(), &ports, &n) != KERN_SUCCESS) {
    return false;
  }
  bool sent = false;
  for (mach_msg_type_number_t i = 0; i < n; i++) {
    thread_identifier_info_data_t info;
    mach_msg_type_number_t count = THREAD_IDENTIFIER_INFO_COUNT;
    if (!sent &&
        ::thread_info(ports[i], THREAD_IDENTIFIER_INFO,
                      reinterpret_cast<thread_info_t>(&info),
                      &count) == KERN_SUCCESS &&
        info.thread_id == static_cast<std::uint64_t>(tid)) {
      const pthread_t thread = ::pthread_from_mach_thread_np(ports[i]);
      sent = thread != nullptr && ::pthread_kill(thread, signo) == 0;
    }
    ::mach_port_deallocate(mach_task_self(), ports[i]);
  }
  ::vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(ports),
                  n * sizeof(*ports));
  return sent;
}

int UnblockableLike(int) { return 0; }

// Timers signal the process here, whichever thread that reaches: no ticks.
bool StartTicks(int, std::int64_t) { return true; }

void StopTicks() {}

// --- Memory ---

std::size_t PageSize() { return vm_page_size; }

void* Reserve(std::size_t size) {
  void* addr = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
  return addr == MAP_FAILED ? nullptr : addr;
}

int GuardInstallMany(const iovec*, int, int* err) {
  *err = ENOSYS;
  return 0;
}

// MADV_DONTNEED only pages out here. MADV_FREE_REUSABLE, which Go takes and
// which shows at once in the process's footprint, refuses ranges with guard
// pages in them, and wants to hear of it when the memory is used again.
void DontNeed(void* addr, std::size_t size) {
  ::madvise(addr, size, MADV_FREE);
}

void DontNeedMany(const iovec* ranges, int n) {
  for (int i = 0; i < n; i++) DontNeed(ranges[i].iov_base, ranges[i].iov_len);
}

bool IsReadable(const void* addr) {
  char byte;
  vm_size_t n = 0;
  return ::vm_read_overwrite(
             mach_task_self(), reinterpret_cast<vm_address_t>(addr), 1,
             reinterpret_cast<vm_address_t>(&byte), &n) == KERN_SUCCESS;
}

void NoHugePages(void*, std::size_t) {}

bool CommitsAddressSpace() { return false; }

void NameMapping(void*, std::size_t, const char*) {}

std::int64_t MaxMapCount() { return -1; }

const char* ExplainNoMemory(std::size_t) {
  rlimit limit;
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    return "no memory left for a goroutine stack: the system refused to map "
           "it, and the process has a limit on virtual memory (raise ulimit "
           "-v, or use fewer or smaller stacks)";
  }
  return "no memory left for a goroutine stack: the system refused to map it "
         "(use fewer or smaller stacks)";
}

// --- The environment ---

bool Privileged() { return ::issetugid() != 0; }

// --- Descriptors ---

// A folder can be neither read nor written (EISDIR, EBADF).
int OpenNothing() { return ::open("/", O_RDONLY | O_CLOEXEC); }

// --- Children ---

std::atomic<std::uint32_t>* MakeForkWord() {
  static constinit std::atomic<std::uint32_t> word{0};
  return &word;
}

// --- Alternate signal stacks ---

// Abseil takes half of it to print symbols.
std::size_t AltStackSize() {
  return std::max<std::size_t>(std::size_t{128} << 10, MINSIGSTKSZ);
}

// The top page, where a signal's frame goes, is locked: on arm64 the kernel may
// raise SIGILL instead of the signal if it finds that page missing (Go issue
// 42774).
void PrepareAltStack(void* mapping, std::size_t size) {
  const std::size_t page = PageSize();
  Protect(mapping, page);
  char* top = static_cast<char*>(mapping) + size;
  ::mlock(top - page, page);
}

}  // namespace gosling::sched::os
