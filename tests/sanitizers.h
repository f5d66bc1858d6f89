// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which sanitizer this build runs under, for tests that must know.

#ifndef GOSLING_TESTS_SANITIZERS_H_
#define GOSLING_TESTS_SANITIZERS_H_

#if !defined(__has_feature)  // g++ 12 has macros instead
#define __has_feature(x) 0
#define GOSLING_TESTS_UNDEFINE
#endif

namespace gosling {

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

// True in builds that run many times slower: tests shorten their loops.
inline constexpr bool kSanitized = kThreadSanitizer || kAddressSanitizer;

}  // namespace gosling

#if defined(GOSLING_TESTS_UNDEFINE)
#undef GOSLING_TESTS_UNDEFINE
#undef __has_feature
#endif

#endif  // GOSLING_TESTS_SANITIZERS_H_
