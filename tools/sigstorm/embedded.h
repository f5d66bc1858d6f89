// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Files that the build puts into the program (embed.py).

#ifndef TOOLS_SIGSTORM_EMBEDDED_H_
#define TOOLS_SIGSTORM_EMBEDDED_H_

namespace sigstorm {

extern const char kVersion[];     // of gosling
extern const char kPage[];        // page.html; ends with a zero
extern const char kGoReceiver[];  // compare/receiver.go; likewise

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_EMBEDDED_H_
