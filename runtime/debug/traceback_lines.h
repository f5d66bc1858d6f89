// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Files and lines for a traceback's text (sched/report/traceback.h), when it is not
// a dying process's:
//
//     main::Inlined()
//     	/src/main.cc:7
//     main::Consumer(int)
//     	/src/main.cc:12 0x55d0c8a4f1e3

#ifndef GOSLING_RUNTIME_DEBUG_TRACEBACK_LINES_H_
#define GOSLING_RUNTIME_DEBUG_TRACEBACK_LINES_H_

#include <string>
#include <string_view>

namespace gosling::debug {

// AddLines puts them in as far as they are known, and the functions that are inlined
// there. The caller may be a goroutine, or a thread with a small stack: then a
// bigger one is used, a new thread's if need be; if none can be started, the text
// stays as it is. Throws std::bad_alloc.
std::string AddLines(std::string_view text);

}  // namespace gosling::debug

#endif  // GOSLING_RUNTIME_DEBUG_TRACEBACK_LINES_H_
