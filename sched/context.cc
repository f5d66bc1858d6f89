// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/context.h"

#include "sched/os.h"

// Of the Itanium C++ ABI, in libsupc++ and libc++abi alike. libc++abi's
// <cxxabi.h> does not declare it.
extern "C" void* __cxa_get_globals() noexcept;

namespace gosling::sched {

Context MakeContext(char* lo, char* hi, void (*entry)(Transfer)) {
  return boost::context::detail::make_fcontext(
      hi, static_cast<std::size_t>(hi - lo), entry);
}

ExceptionState* ThisThreadExceptionState() {
  return static_cast<ExceptionState*>(__cxa_get_globals());
}

void SwitchAnnotations::AttachThread() {
#if defined(GOSLING_ASAN)
  void* lo = nullptr;
  std::size_t n = 0;
  os::ThreadStack(&lo, &n);
  bottom = lo;
  size = n;
#endif
#if defined(GOSLING_TSAN)
  fiber = __tsan_get_current_fiber();
#endif
}

}  // namespace gosling::sched
