// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/context.h"

#include <cxxabi.h>
#include <pthread.h>

namespace gosling::sched {

Context MakeContext(char* lo, char* hi, void (*entry)(Transfer)) {
  return boost::context::detail::make_fcontext(
      hi, static_cast<std::size_t>(hi - lo), entry);
}

ExceptionState* ThisThreadExceptionState() {
  return reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
}

void SwitchAnnotations::AttachThread() {
#if defined(GOSLING_ASAN)
  pthread_attr_t attr;
  void* lo = nullptr;
  std::size_t n = 0;
  if (pthread_getattr_np(pthread_self(), &attr) == 0) {
    pthread_attr_getstack(&attr, &lo, &n);
    pthread_attr_destroy(&attr);
  }
  bottom = lo;
  size = n;
#endif
#if defined(GOSLING_TSAN)
  fiber = __tsan_get_current_fiber();
#endif
}

}  // namespace gosling::sched
