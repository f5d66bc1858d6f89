// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Checks, when this is compiled, of all that the trampolines and their callers
// take for granted about libc, against the system's headers. There is no code
// here.
//
// Our C++ takes constants from the headers, unlike Go, which keeps a generated
// table per system and CPU; the numbers below are that table's, so that a
// system on which they differ is noticed before it is supported.

#include "arch/libc_call.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <type_traits>

namespace gosling::arch {
namespace {

// Same result, same arguments as the .S passes; noexcept may differ.
template <auto function, class Signature>
constexpr bool kIs = std::is_convertible_v<decltype(function), Signature*>;

static_assert(kIs<&::pipe, int(int*)>);
static_assert(kIs<&::read, ssize_t(int, void*, std::size_t)>);
static_assert(kIs<&::write, ssize_t(int, const void*, std::size_t)>);
static_assert(kIs<&::close, int(int)>);
static_assert(kIs<&::fcntl, int(int, int, ...)>);

// Results are widened to intptr_t: it must hold them.
static_assert(sizeof(ssize_t) == sizeof(std::intptr_t));

// The same on every system we know of.
static_assert(F_GETFD == 1);
static_assert(F_SETFD == 2);
static_assert(F_GETFL == 3);
static_assert(F_SETFL == 4);
static_assert(FD_CLOEXEC == 1);
static_assert(O_RDONLY == 0 && O_WRONLY == 1 && O_RDWR == 2);
static_assert(EBADF == 9 && EINTR == 4 && EMFILE == 24);

// By system: Linux on our four CPUs, then Darwin.
static_assert(O_NONBLOCK == 0x800 || O_NONBLOCK == 0x4);
static_assert(O_CLOEXEC == 0x80000 || O_CLOEXEC == 0x1000000);
static_assert(EAGAIN == 11 || EAGAIN == 35);

// Callers treat either name of a full pipe as the same.
static_assert(EAGAIN == EWOULDBLOCK);

}  // namespace
}  // namespace gosling::arch
