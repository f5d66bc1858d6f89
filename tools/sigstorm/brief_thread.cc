// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/brief_thread.h"

#include <signal.h>

#include <utility>

#include "absl/strings/match.h"
#include "tools/sigstorm/os.h"

namespace sigstorm {

// The thread starts with every signal blocked, so that no sender aims at it
// before it carries the name that tells them not to.
std::thread StartBriefThread(const char* name, std::function<void()> f) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread([name, before, f = std::move(f)] {
    os::NameThread(name);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    f();
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

bool IsBriefThread(const std::string& name) {
  return absl::StartsWith(name, "sigstorm-");
}

}  // namespace sigstorm
