// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigstorm diff: two reports side by side.

#ifndef TOOLS_SIGSTORM_DIFF_H_
#define TOOLS_SIGSTORM_DIFF_H_

#include <string>

#include "tools/sigstorm/options.h"

namespace sigstorm {

// Comparison is the text of a comparison, and how many figures are worse.
struct Comparison {
  std::string text;
  int worse = 0;
};

// Compare reads two reports of JsonReport. Throws std::runtime_error with a
// sentence that names the report by `name`.
Comparison Compare(const std::string& before, const std::string& before_name,
                   const std::string& after, const std::string& after_name,
                   double tolerance);

// Diff compares the files, prints that, and returns the exit status.
int Diff(const DiffOptions& options);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_DIFF_H_
