// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Thread-locals, read anew each time. The compiler may keep the address of errno, and
// of any thread-local, over a switch of threads: goroutines reach them through these
// alone.

#ifndef GOSLING_TESTS_THREAD_LOCALS_H_
#define GOSLING_TESTS_THREAD_LOCALS_H_

#include <cerrno>
#include <thread>

namespace gosling {

[[gnu::noinline]] inline int ReadErrno() {
  asm volatile("" : : : "memory");
  return errno;
}

[[gnu::noinline]] inline void WriteErrno(int value) {
  asm volatile("" : : : "memory");
  errno = value;
}

[[gnu::noinline]] inline std::thread::id ThisThread() {
  asm volatile("" : : : "memory");
  return std::this_thread::get_id();
}

}  // namespace gosling

#endif  // GOSLING_TESTS_THREAD_LOCALS_H_
