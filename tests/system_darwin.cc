// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <execinfo.h>
#include <mach/mach.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "tests/system.h"

namespace gosling {
namespace {

// IsAwake looks for the thread among all there are.
bool IsAwake(std::int64_t tid) {
  thread_act_array_t ports;
  mach_msg_type_number_t n;
  if (::task_threads(mach_task_self(), &ports, &n) != KERN_SUCCESS) {
    return false;
  }
  bool awake = false;
  for (mach_msg_type_number_t i = 0; i < n; i++) {
    thread_identifier_info_data_t id;
    mach_msg_type_number_t id_count = THREAD_IDENTIFIER_INFO_COUNT;
    thread_basic_info_data_t basic;
    mach_msg_type_number_t basic_count = THREAD_BASIC_INFO_COUNT;
    awake |= ::thread_info(ports[i], THREAD_IDENTIFIER_INFO,
                           reinterpret_cast<thread_info_t>(&id),
                           &id_count) == KERN_SUCCESS &&
             id.thread_id == static_cast<std::uint64_t>(tid) &&
             ::thread_info(ports[i], THREAD_BASIC_INFO,
                           reinterpret_cast<thread_info_t>(&basic),
                           &basic_count) == KERN_SUCCESS &&
             basic.run_state != TH_STATE_WAITING;
    ::mach_port_deallocate(mach_task_self(), ports[i]);
  }
  ::vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(ports),
                  n * sizeof(*ports));
  return awake;
}

}  // namespace

bool HasQueuedSignals() { return false; }

bool ReservedByLibc(int) { return false; }

bool QueueToProcess(int, std::int64_t) { return false; }

bool QueueToThread(int, std::int64_t) { return false; }

int LibcBacktrace(void** pcs, int size) { return ::backtrace(pcs, size); }

void WaitUntilAsleep(std::int64_t tid) {
  while (IsAwake(tid)) ::sched_yield();
}

std::size_t ResidentPages(void* lo, std::size_t size) {
  std::vector<char> resident(size / static_cast<std::size_t>(::getpagesize()));
  if (::mincore(lo, size, resident.data()) != 0) return 0;
  std::size_t count = 0;
  for (char page : resident) count += (page & MINCORE_INCORE) != 0 ? 1 : 0;
  return count;
}

bool ChangeFolderOfThread(const char*) { return false; }

bool StayOnOneProcessor() { return false; }

bool IsClosedDescriptor(int fd) {
  struct stat status;
  return ::fstat(fd, &status) != 0 || S_ISDIR(status.st_mode);
}

pid_t BareFork() { return ::fork(); }

void DieWithParent() {}

bool AskNameServer(const sockaddr_in&) { return false; }

}  // namespace gosling
