// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// See fail.h.

#include "tools/sigstorm/fail.h"

#include <unistd.h>

#include "tools/sigstorm/full_io.h"

namespace sigstorm {

void Fail(const std::string& why) {
  const std::string line = "sigstorm: " + why + "\n";
  WriteFull(STDERR_FILENO, line.data(), line.size());
  ::_exit(2);
}

}  // namespace sigstorm
