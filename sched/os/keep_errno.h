// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// KeepErrno leaves errno as it found it. A goroutine's errno is its own: a call
// that the runtime makes on its behalf, while it waits for a lock or parks,
// must not show there, whether the call failed or was only cut short.
//
// Not across a switch: it would give one thread's errno to another.

#ifndef GOSLING_SCHED_OS_KEEP_ERRNO_H_
#define GOSLING_SCHED_OS_KEEP_ERRNO_H_

#include <cerrno>

namespace gosling::sched {

class [[nodiscard]] KeepErrno {
 public:
  KeepErrno() = default;
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;
  ~KeepErrno() { errno = saved_; }

 private:
  const int saved_ = errno;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_KEEP_ERRNO_H_
