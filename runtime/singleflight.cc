// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The part of <gosling/singleflight.h> that handles exceptions, which the header
// may be compiled without.
//
// Go: golang.org/x/sync/singleflight/singleflight.go.

#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/singleflight.h>

#include <exception>

#include "sched/goroutine.h"

namespace gosling::internal {

void Flight::Run(void (*f)(void*), void* arg) {
  try {
    f(arg);
    returned_ = true;
  } catch (...) {
    if (!sched::MustPassOn()) exception_ = std::current_exception();
    throw;
  }
}

void Flight::Join() {
  under_way_.Wait();
  if (returned_) return;
  if (exception_ != nullptr) std::rethrow_exception(exception_);
  runtime::Goexit();
}

void ErrorUnasked(const Error& err) { throw Panic(err.message()); }

}  // namespace gosling::internal
