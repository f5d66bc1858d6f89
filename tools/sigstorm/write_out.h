// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The ways of a report out of sigstorm: all of it, or a sentence (fail.h).

#ifndef TOOLS_SIGSTORM_WRITE_OUT_H_
#define TOOLS_SIGSTORM_WRITE_OUT_H_

#include <string>

namespace sigstorm {

// WriteOut writes the whole report to the standard output.
void WriteOut(const std::string& report);

// ExpectFile fails if no file can be made where `path` is: before the storm, not
// after it.
void ExpectFile(const std::string& path);

// WriteFile makes the file, as one beside it that is renamed: whatever happens,
// there is all of it, or the file as it was.
void WriteFile(const std::string& path, const std::string& text);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WRITE_OUT_H_
