// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/switch.h"

// Of the Itanium C++ ABI, in libsupc++ and libc++abi alike. libc++abi's
// <cxxabi.h> does not declare it; libsupc++'s does, and may be included
// already.
namespace __cxxabiv1 {
struct __cxa_eh_globals;
extern "C" __cxa_eh_globals* __cxa_get_globals() noexcept;
}  // namespace __cxxabiv1

namespace gosling::sched {

SwitchPoint MakeSwitchPoint(char* lo, char* hi, void (*entry)(Transfer)) {
  return boost::context::detail::make_fcontext(
      hi, static_cast<std::size_t>(hi - lo), entry);
}

// libsupc++ declares the function const, which it is on one thread only. The
// assembly keeps link-time optimization from carrying that on to callers.
ExceptionState* ThisThreadExceptionState() {
  auto* state =
      reinterpret_cast<ExceptionState*>(__cxxabiv1::__cxa_get_globals());
  asm volatile("" : "+r"(state)::"memory");
  return state;
}

}  // namespace gosling::sched
