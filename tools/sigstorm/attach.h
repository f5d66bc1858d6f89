// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigstorm attach: a storm on a program of another's.

#ifndef TOOLS_SIGSTORM_ATTACH_H_
#define TOOLS_SIGSTORM_ATTACH_H_

#include "tools/sigstorm/options.h"

namespace sigstorm {

// Attach sends the signals, prints what became of them, and returns the exit
// status.
int Attach(const AttachOptions& options);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_ATTACH_H_
