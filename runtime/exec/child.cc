// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <gosling/runtime.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mutex>

#include "runtime/poll/errors.h"
#include "sched/syscall.h"

namespace gosling::internal {

namespace {

// Pointers are what the system wants: argv, envp.
std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    for (const int fd : moved_) ::close(fd);
  }

  // Give makes `files` the program's descriptors 0, 1, 2 …: in that order, so one
  // that would be overwritten before its turn is moved out of the way first. A
  // descriptor that has its number already only has to stay open, which dup2 to
  // itself does here. Returns 0 or an errno.
  int Give(std::vector<int> files) {
    const int n = static_cast<int>(files.size());
    for (int i = 0; i < n; i++) {
      int& fd = files[static_cast<std::size_t>(i)];
      if (fd < 0 || fd >= n || fd == i) continue;
      const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, n);
      if (moved < 0) return errno;
      moved_.push_back(moved);
      fd = moved;
    }
    for (int i = 0; i < n; i++) {
      const int err = ::posix_spawn_file_actions_adddup2(
          &actions_, files[static_cast<std::size_t>(i)], i);
      if (err != 0) return err;
    }
    return 0;
  }

  int Chdir(const std::string& dir) {
    return ::posix_spawn_file_actions_addchdir_np(&actions_, dir.c_str());
  }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
  std::vector<int> moved_;
};

class Attributes {
 public:
  // No signal is blocked in the program.
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// Spawn returns 0 or an errno.
int Spawn(const Program& program, pid_t* pid) {
  const std::vector<char*> args = Pointers(program.args);
  const std::vector<char*> env = Pointers(program.env);
  FileActions actions;
  const Attributes attributes;
  if (int err = actions.Give(program.files); err != 0) return err;
  if (!program.dir.empty()) {
    if (int err = actions.Chdir(program.dir); err != 0) return err;
  }
  sched::EnterSyscall();
  const int err = ::posix_spawn(pid, program.path.c_str(), actions.get(),
                                attributes.get(), args.data(), env.data());
  sched::ExitSyscall();
  return err;
}

int StatErrno(const std::string& name) {
  struct stat status;
  return ::stat(name.c_str(), &status) == 0 ? 0 : errno;
}

// Reap takes the status of the child, or waits for it if `options` says no
// WNOHANG. Not inlined: errno is this thread's.
[[gnu::noinline]] int Reap(pid_t pid, int pidfd, siginfo_t* info, int options) {
  // P_PIDFD, which older C libraries do not know.
  const idtype_t type = pidfd >= 0 ? static_cast<idtype_t>(3) : P_PID;
  const id_t id = static_cast<id_t>(pidfd >= 0 ? pidfd : pid);
  *info = {};
  int result;
  do {
    result = ::waitid(type, id, info, WEXITED | options);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

}  // namespace

std::pair<std::shared_ptr<ChildProcess>, Error> ChildProcess::Start(
    const Program& program) {
  pid_t pid = 0;
  const int err = Spawn(program, &pid);
  if (err == 0) return {std::make_shared<ChildProcess>(pid), nullptr};
  // The folder is named if that is not there.
  if (const int dir_err = program.dir.empty() ? 0 : StatErrno(program.dir);
      dir_err != 0) {
    return {nullptr,
            errors::Wrap(poll::ErrnoError(dir_err), "chdir " + program.dir)};
  }
  return {nullptr,
          errors::Wrap(poll::ErrnoError(err), "fork/exec " + program.path)};
}

constinit std::atomic<bool> use_pidfds{true};

ChildProcess::ChildProcess(pid_t pid)
    : pid_(pid), pidfd_(use_pidfds ? OpenPidfd(pid) : -1) {}

ChildProcess::~ChildProcess() {
  if (pidfd_ >= 0) ::close(pidfd_);
}

std::pair<exec::ProcessState, Error> ChildProcess::Wait() {
  siginfo_t info;
  int err = 0;
  if (pidfd_ < 0 || runtime::WaitReadable(pidfd_)) {
    sched::EnterSyscallBlock();
    err = Reap(pid_, pidfd_, &info, WNOWAIT);
    sched::ExitSyscall();
  }
  {
    std::lock_guard lock(mu_);
    if (err == 0) err = Reap(pid_, pidfd_, &info, 0);
    reaped_ = true;
    // Handles on the process may remain.
    if (pidfd_ >= 0) ::close(std::exchange(pidfd_, -1));
  }
  if (err != 0) return {{}, poll::CallError("waitid", err)};
  exec::ProcessState state;
  state.ended_ = true;
  state.exited_ = info.si_code == CLD_EXITED;
  state.dumped_ = info.si_code == CLD_DUMPED;
  state.status_ = info.si_status;
  return {state, nullptr};
}

Error ChildProcess::Signal(int sig) {
  std::lock_guard lock(mu_);
  if (reaped_) return exec::ProcessDone;
  int err = 0;
  if (pidfd_ >= 0) err = SendToPidfd(pidfd_, sig);
  // A filter of system calls may say either. Until it is reaped, its number is
  // its own.
  if (pidfd_ < 0 || err == ENOSYS || err == EPERM) {
    err = ::kill(pid_, sig) == 0 ? 0 : errno;
  }
  return err == ESRCH ? exec::ProcessDone : poll::ErrnoError(err);
}

}  // namespace gosling::internal
