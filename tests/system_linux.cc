// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <fcntl.h>
#include <resolv.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<execinfo.h>)
#include <execinfo.h>
#endif

#include <fstream>
#include <string>
#include <vector>

#include "tests/system.h"

namespace gosling {
namespace {

// As much of a value as a pointer holds.
sigval Payload(std::int64_t value) {
  sigval payload;
  payload.sival_ptr = reinterpret_cast<void*>(value);
  return payload;
}

}  // namespace

bool HasQueuedSignals() { return true; }

bool ReservedByLibc(int sig) { return sig >= 32 && sig < SIGRTMIN; }

bool QueueToProcess(int sig, std::int64_t value) {
  return ::sigqueue(::getpid(), sig, Payload(value)) == 0;
}

// pthread_sigqueue, which musl has not.
bool QueueToThread(int sig, std::int64_t value) {
  siginfo_t info = {};
  info.si_signo = sig;
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value = Payload(value);
  return ::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), ::syscall(SYS_gettid),
                   sig, &info) == 0;
}

int LibcBacktrace([[maybe_unused]] void** pcs, [[maybe_unused]] int size) {
#if __has_include(<execinfo.h>)
  return ::backtrace(pcs, size);
#else  // musl
  return -1;
#endif
}

void WaitUntilAsleep(std::int64_t tid) {
  for (;;) {
    std::ifstream file("/proc/self/task/" + std::to_string(tid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return;
    // The state follows the name, which is in parentheses.
    std::size_t end = line.rfind(')');
    if (end != std::string::npos && line[end + 2] == 'S') return;
    ::sched_yield();
  }
}

std::size_t ResidentPages(void* lo, std::size_t size) {
  std::vector<unsigned char> resident(
      size / static_cast<std::size_t>(::getpagesize()));
  if (::mincore(lo, size, resident.data()) != 0) return 0;
  std::size_t count = 0;
  for (unsigned char page : resident) count += page & 1;
  return count;
}

bool ChangeFolderOfThread(const char* path) {
  return ::unshare(CLONE_FS) == 0 && ::chdir(path) == 0;
}

bool StayOnOneProcessor() {
  const int cpu = ::sched_getcpu();
  if (cpu < 0) return false;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  return ::sched_setaffinity(0, sizeof one, &one) == 0;
}

bool IsClosedDescriptor(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags == -1 || (flags & O_PATH) != 0;
}

pid_t BareFork() {
  return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

void DieWithParent() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

bool AskNameServer(const sockaddr_in& server) {
  if (res_init() != 0) return false;
  _res.nscount = 1;
  _res.nsaddr_list[0] = server;
  _res.retrans = 2;
  _res.retry = 1;
  return true;
}

}  // namespace gosling
