// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/workers/forker.h"

#include <gosling/exec.h>
#include <gosling/runtime.h>
#include <gosling/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/random.h"

namespace sigstorm {

void Forker::Start(gosling::sync::WaitGroup& group,
                   const std::atomic<bool>& stop) {
  Launch(group, [this, &stop] { Loop(stop); });
}

void Forker::Loop(const std::atomic<bool>& stop) {
  gosling::runtime::SetName(name());
  Random random(seed_);
  while (!stop.load(std::memory_order_relaxed) && mistake_.empty()) {
    if (random.Below(2) == 0) {
      Fork();
    } else {
      Execute();
    }
    Advance();
    gosling::time::Sleep(std::chrono::nanoseconds(random.Below(5'000'000)));
  }
}

// Fork is what programs do that know nothing of the runtime.
void Forker::Fork() {
  constexpr int kStatus = 7;
  const ::pid_t child = ::fork();
  if (child == 0) ::_exit(kStatus);
  int status = 0;
  int error = errno;
  if (child > 0) {
    error = gosling::runtime::Blocking([&] {
      while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return errno;
      }
      return 0;
    });
  }
  if (child < 0 || error != 0) {
    mistake_ = absl::StrCat("fork: ", std::strerror(error));
  } else if (!WIFEXITED(status) || WEXITSTATUS(status) != kStatus) {
    mistake_ = absl::StrCat("a child ended with the status ", status);
  }
}

void Forker::Execute() {
  if (gosling::Error err = gosling::exec::Command("true").Run()) {
    mistake_ = absl::StrCat("true: ", err.message());
  }
}

}  // namespace sigstorm
