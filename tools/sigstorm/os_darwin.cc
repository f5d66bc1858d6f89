// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// os.h on Darwin, out of Mach and libproc. It was compiled and linked for
// macOS, and never run.

#include <fcntl.h>
#include <libproc.h>
#include <mach/mach.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/event.h>
#include <sys/proc_info.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/os.h"

namespace sigstorm::os {
namespace {

constexpr std::array<const char*, NSIG> kAbbreviations = {
    "",     "HUP",  "INT",    "QUIT", "ILL",   "TRAP", "ABRT", "EMT",
    "FPE",  "KILL", "BUS",    "SEGV", "SYS",   "PIPE", "ALRM", "TERM",
    "URG",  "STOP", "TSTP",   "CONT", "CHLD",  "TTIN", "TTOU", "IO",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "INFO", "USR1", "USR2"};

// ForEachThread calls f(port) for each thread of this process.
template <class F>
void ForEachThread(F f) {
  thread_act_array_t ports;
  mach_msg_type_number_t n;
  if (::task_threads(mach_task_self(), &ports, &n) != KERN_SUCCESS) return;
  for (mach_msg_type_number_t i = 0; i < n; i++) {
    f(ports[i]);
    ::mach_port_deallocate(mach_task_self(), ports[i]);
  }
  ::vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(ports),
                  n * sizeof(*ports));
}

// IdOf returns 0 for a thread that has ended.
ThreadId IdOf(thread_act_t port) {
  thread_identifier_info_data_t info;
  mach_msg_type_number_t count = THREAD_IDENTIFIER_INFO_COUNT;
  if (::thread_info(port, THREAD_IDENTIFIER_INFO,
                    reinterpret_cast<thread_info_t>(&info),
                    &count) != KERN_SUCCESS) {
    return 0;
  }
  return static_cast<ThreadId>(info.thread_id);
}

std::string NameOf(thread_act_t port) {
  thread_extended_info_data_t info;
  mach_msg_type_number_t count = THREAD_EXTENDED_INFO_COUNT;
  if (::thread_info(port, THREAD_EXTENDED_INFO,
                    reinterpret_cast<thread_info_t>(&info),
                    &count) != KERN_SUCCESS) {
    return "";
  }
  return info.pth_name;
}

// Describe says what a descriptor leads to, as far as there is a name for it.
std::string Describe(const proc_fdinfo& fd) {
  if (fd.proc_fdtype == PROX_FDTYPE_VNODE) {
    vnode_fdinfowithpath vnode;
    if (::proc_pidfdinfo(::getpid(), fd.proc_fd, PROC_PIDFDVNODEPATHINFO,
                         &vnode, sizeof vnode) > 0) {
      return vnode.pvip.vip_path;
    }
  }
  return fd.proc_fdtype == PROX_FDTYPE_PIPE
             ? "pipe"
             : absl::StrCat("type ", fd.proc_fdtype);
}

}  // namespace

Realtime RealtimeSignals() { return {0, 0}; }

int LastSignal() { return NSIG - 1; }

bool ReservedByLibc(int) { return false; }

const char* SignalAbbreviation(int signal) {
  return signal < 0 || signal >= NSIG
             ? ""
             : kAbbreviations[static_cast<std::size_t>(signal)];
}

std::uint64_t QueueLimit() { return 0; }

void NameThread(const char* name) { ::pthread_setname_np(name); }

std::vector<Thread> Threads() {
  std::vector<Thread> threads;
  ForEachThread([&](thread_act_t port) {
    const ThreadId id = IdOf(port);
    if (id != 0) threads.push_back({id, NameOf(port), 0, 0});
  });
  return threads;
}

SignalSet PendingForProcess() {
  sigset_t pending;
  ::sigpending(&pending);
  SignalSet set = 0;
  for (int signal = 1; signal < NSIG; signal++) {
    if (sigismember(&pending, signal) == 1) set |= BitOf(signal);
  }
  return set;
}

std::uint64_t OwnMemory() {
  mach_task_basic_info info = {};
  mach_msg_type_number_t size = MACH_TASK_BASIC_INFO_COUNT;
  return ::task_info(mach_task_self(), MACH_TASK_BASIC_INFO,
                     reinterpret_cast<task_info_t>(&info),
                     &size) == KERN_SUCCESS
             ? info.resident_size
             : 0;
}

std::vector<std::string> OpenFiles() {
  const pid_t self = ::getpid();
  const int size = ::proc_pidinfo(self, PROC_PIDLISTFDS, 0, nullptr, 0);
  if (size <= 0) return {};
  std::vector<proc_fdinfo> fds(static_cast<std::size_t>(size) /
                               sizeof(proc_fdinfo));
  const int used =
      ::proc_pidinfo(self, PROC_PIDLISTFDS, 0, fds.data(),
                     static_cast<int>(fds.size() * sizeof(proc_fdinfo)));
  if (used <= 0) return {};
  fds.resize(static_cast<std::size_t>(used) / sizeof(proc_fdinfo));
  std::vector<std::string> files;
  for (const proc_fdinfo& fd : fds) {
    files.push_back(absl::StrCat(fd.proc_fd, " -> ", Describe(fd)));
  }
  return files;
}

int SendToThread(ThreadId thread, int signal, bool, std::int64_t) {
  int error = ESRCH;
  ForEachThread([&](thread_act_t port) {
    if (error != ESRCH || IdOf(port) != thread) return;
    const pthread_t handle = ::pthread_from_mach_thread_np(port);
    if (handle != nullptr) error = ::pthread_kill(handle, signal);
  });
  return error;
}

int SendQueued(::pid_t process, int signal, std::int64_t) {
  return ::kill(process, signal) == 0 ? 0 : errno;
}

int Ending(::pid_t process) {
  return ::kill(process, 0) == 0 || errno != ESRCH ? kLives : kEnded;
}

std::string Machine() {
  utsname name = {};
  ::uname(&name);
  return absl::StrCat(::sysconf(_SC_NPROCESSORS_ONLN), " x ", name.machine,
                      ", ", name.sysname, " ", name.release);
}

int SharedMemory(std::size_t size) {
  char name[] = "/tmp/sigstorm.XXXXXX";
  const int fd = ::mkstemp(name);
  if (fd < 0) return -1;
  ::unlink(name);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return ::ftruncate(fd, static_cast<off_t>(size)) == 0 ? fd : -1;
}

std::string OwnProgram() {
  char path[PROC_PIDPATHINFO_MAXSIZE];
  const int n = ::proc_pidpath(::getpid(), path, sizeof path);
  return n > 0 ? std::string(path, n) : "";
}

// The kernel tells a thread of ours, which is as good unless that thread comes
// too late to be told: then the parent is another one already.
void DieWithParent() {
  const pid_t parent = ::getppid();
  std::thread([parent] {
    const int queue = ::kqueue();
    struct kevent event;
    EV_SET(&event, parent, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, nullptr);
    if (queue < 0 || ::kevent(queue, &event, 1, nullptr, 0, nullptr) != 0) {
      return;
    }
    while (::getppid() == parent &&
           ::kevent(queue, nullptr, 0, &event, 1, nullptr) < 0 &&
           errno == EINTR) {
    }
    ::_exit(128 + SIGKILL);
  }).detach();
}

}  // namespace sigstorm::os
