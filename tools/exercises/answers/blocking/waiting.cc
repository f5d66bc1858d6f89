// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <gosling/gosling.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace go = gosling;

// Get waits for a byte that can be read from fd, and returns it. The goroutine
// parks in the netpoller, and its thread runs others; read finds the byte there.
char Get(int fd) {
  char c = 0;
  if (go::runtime::WaitReadable(fd)) std::abort();
  if (::read(fd, &c, 1) != 1) std::abort();
  return c;
}

int main() {
  constexpr int kPipes = 100;
  int fds[kPipes][2];
  for (auto& fd : fds) {
    if (::pipe(fd) != 0) std::abort();
  }
  return go::Run([&] {
    auto got = go::MakeChan<char>(kPipes);
    for (auto& fd : fds) go::Go([&fd, got] { got.Send(Get(fd[0])); });
    go::time::Sleep(std::chrono::seconds(1));  // all wait by now
    const int threads = go::runtime::Stats().threads;
    int sum = 0;
    for (auto& fd : fds) {
      if (::write(fd[1], "\1", 1) != 1) std::abort();
    }
    for (int i = 0; i < kPipes; i++) sum += *got.Recv();
    std::printf("%d bytes, %d threads\n", sum, threads);
  });
}
