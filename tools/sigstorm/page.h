// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// page.html as the build puts it into the program (page.py).

#ifndef TOOLS_SIGSTORM_PAGE_H_
#define TOOLS_SIGSTORM_PAGE_H_

namespace sigstorm {

extern const char kPage[];     // ends with a zero
extern const char kVersion[];  // of gosling

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_PAGE_H_
