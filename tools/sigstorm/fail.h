// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The way out when sigstorm cannot go on.

#ifndef TOOLS_SIGSTORM_FAIL_H_
#define TOOLS_SIGSTORM_FAIL_H_

#include <string>

namespace sigstorm {

// Fail prints "sigstorm: <why>" and ends the process at once with status 2.
// Unlike an exception it destroys nothing that other goroutines still use.
[[noreturn]] void Fail(const std::string& why);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_FAIL_H_
