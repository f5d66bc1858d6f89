// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which sanitizer the library is compiled with: GOSLING_ASAN, GOSLING_TSAN.

#ifndef GOSLING_SCHED_OS_SANITIZERS_H_
#define GOSLING_SCHED_OS_SANITIZERS_H_

#if defined(__SANITIZE_ADDRESS__)
#define GOSLING_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GOSLING_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define GOSLING_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GOSLING_TSAN 1
#endif
#endif

namespace gosling::sched {

#if defined(GOSLING_TSAN)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_OS_SANITIZERS_H_
