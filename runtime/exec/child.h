// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// ChildProcess: a program that was started, until it has been waited for.
//
// Invariant: a signal is sent under mu_, and only before the child is reaped,
// which happens under mu_, too: until then no other process has its number. A
// pidfd holds even where other code reaps it.
//
// It is started by posix_spawn, which shares this process's memory until the
// program is there: no page is copied, however large this process is, and no
// code of ours runs in the child.
//
// Go: os/exec_unix.go, os/pidfd_linux.go.

#ifndef GOSLING_RUNTIME_EXEC_CHILD_H_
#define GOSLING_RUNTIME_EXEC_CHILD_H_

#include <gosling/errors.h>
#include <gosling/exec.h>
#include <gosling/sync.h>
#include <sys/types.h>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gosling::internal {

// Program is what to start.
struct Program {
  std::string path;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string dir;         // "": as here
  std::vector<int> files;  // its descriptors 0, 1, 2 …
};

class ChildProcess {
 public:
  // Start starts it. Go: os.StartProcess.
  static std::pair<std::shared_ptr<ChildProcess>, Error> Start(
      const Program& program);

  explicit ChildProcess(pid_t pid);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  // Wait parks until it has ended, and takes its status. For one caller, once.
  std::pair<exec::ProcessState, Error> Wait();

  Error Signal(int sig);

 private:
  const pid_t pid_;
  sync::Mutex mu_;
  bool reaped_ = false;  // under mu_
  // -1: the system has none, or it is reaped. The waiter changes it under mu_.
  int pidfd_;
};

// By system, child_linux.cc or child_darwin.cc. OpenPidfd returns a descriptor
// that can be read once the process has ended, or -1. SendToPidfd returns 0 or an
// errno.
int OpenPidfd(pid_t pid);
int SendToPidfd(int pidfd, int sig);

// Whether pidfds are used where there are any. For tests, to see what happens
// where there are none.
extern std::atomic<bool> use_pidfds;

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_EXEC_CHILD_H_
