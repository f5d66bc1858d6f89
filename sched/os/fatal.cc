// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/os/fatal.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "sched/os/crash.h"
#include "sched/os/fork.h"

namespace gosling::sched {

namespace {

constinit std::atomic<void (*)()> print_stacks{nullptr};

// How many milliseconds the process may still wait, in all, for a reader of
// what it prints.
constinit std::atomic<int> stderr_patience{2000};

// AwaitStderr waits until descriptor 2 takes more. It may be one that does not
// block: its flags are those of all programs that share it. False: it takes
// nothing, or has taken too long.
bool AwaitStderr() {
  constexpr int kStep = 10;  // ms
  while (stderr_patience.load(std::memory_order_relaxed) > 0) {
    pollfd ask = {2, POLLOUT, 0};
    const int n = ::poll(&ask, 1, kStep);
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
    stderr_patience.fetch_sub(kStep, std::memory_order_relaxed);
  }
  return false;
}

void PutStderr(void*, const char* text, std::size_t n) {
  while (n > 0) {
    ssize_t written = ::write(2, text, n);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN && AwaitStderr()) continue;
    if (written <= 0) return;
    text += written;
    n -= static_cast<std::size_t>(written);
  }
}

// One line in one write, so that lines of several threads do not mix.
void PrintLine(const char* prefix, const char* format, va_list args) {
  char line[1024];
  int n = std::snprintf(line, sizeof line, "%s", prefix);
  int more = std::vsnprintf(line + n, sizeof line - n - 1, format, args);
  if (more < 0) more = 0;
  n += more;
  if (n > static_cast<int>(sizeof line) - 2) n = sizeof line - 2;
  line[n++] = '\n';
  PutStderr(nullptr, line, static_cast<std::size_t>(n));
}

}  // namespace

const Output kStderr{PutStderr, nullptr};

void Output::Printf(const char* format, ...) const {
  char text[1024];
  va_list args;
  va_start(args, format);
  int n = std::vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (n <= 0) return;
  put(arg, text,
      n < static_cast<int>(sizeof text) ? static_cast<std::size_t>(n)
                                        : sizeof text - 1);
}

void Throw(const char* format, ...) {
  const bool first = BeginCrash();
  va_list args;
  va_start(args, format);
  PrintLine("fatal error: ", format, args);
  va_end(args);
  // A forked child has locks that no thread will release: no stacks.
  void (*const stacks)() = print_stacks.load(std::memory_order_relaxed);
  if (first && stacks != nullptr && !InForkedChild()) stacks();
  EndCrash();
}

void SetFatalStacks(void (*print)()) {
  print_stacks.store(print, std::memory_order_relaxed);
}

void PrintFatal(const char* words) {
  kStderr.Printf("fatal error: %s\n", words);
}

void Warn(const char* format, ...) {
  va_list args;
  va_start(args, format);
  PrintLine("runtime: ", format, args);
  va_end(args);
}

}  // namespace gosling::sched
