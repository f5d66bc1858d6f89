// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// host.cc opens, uses and closes this: it leaves the runtime's threads behind,
// and the calling thread as one that the runtime knows.

#include <gosling/gosling.h>

#include <chrono>

namespace go = gosling;
using namespace std::chrono_literals;

extern "C" int Use() {
  auto numbers = go::MakeChan<int>();
  go::Go([numbers] {
    go::time::Sleep(1ms);
    numbers.Send(40);
  });
  auto answer = go::MakeChan<int>(1);
  go::Go([numbers, answer] { answer.Send(*numbers.Recv() + 2); });
  return *answer.Recv();
}
