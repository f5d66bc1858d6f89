// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/readable.h>: the pipe whose one end is the descriptor.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_READABLE_H_
#define GOSLING_INTERNAL_READABLE_H_

#include <gosling/internal/export.h>

#include <cstddef>

namespace gosling::internal {

// As many signals at once as any pipe has room for.
inline constexpr std::size_t kMaxAhead = 4096;

// SignalPipe counts signals: one side gives them, the other takes them. None of it
// waits.
class SignalPipe {
 public:
  GOSLING_API SignalPipe();
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;
  GOSLING_API ~SignalPipe();

  // Fd is readable as long as Take returns true.
  int Fd() const noexcept { return read_; }
  GOSLING_API void Signal() noexcept;
  // SignalEnd lets Take return true for ever, when all signals are taken.
  GOSLING_API void SignalEnd() noexcept;
  GOSLING_API bool Take() noexcept;

 private:
  int read_ = -1;
  int write_ = -1;  // the giver's
};

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_READABLE_H_
