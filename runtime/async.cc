// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/async.h>.

#include <gosling/internal/async.h>
#include <gosling/panic.h>

#include <exception>

#include "sched/goroutine.h"

namespace gosling::internal {

void FutureCore::Run(void (*f)(void*), void* arg) {
  try {
    f(arg);
  } catch (...) {
    if (sched::MustPassOn()) throw;
    failure_ = std::current_exception();
  }
  has_returned_ = true;
}

void FutureCore::End() noexcept {
  if (!has_returned_) {
    failure_ =
        std::make_exception_ptr(Panic("Async: the function has called Goexit"));
  }
  done_.Close();
}

void FutureCore::Wait() const {
  done_.Recv();
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

}  // namespace gosling::internal
