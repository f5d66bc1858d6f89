// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The ways of a report out of sigstorm: all of it, or a sentence (fail.h).

#ifndef TOOLS_SIGSTORM_WRITE_OUT_H_
#define TOOLS_SIGSTORM_WRITE_OUT_H_

#include <string>

namespace sigstorm {

// ExpectOutput fails if there is no standard output: before the storm, not after
// it. Where there is no standard input or error, /dev/null is, so that no other
// descriptor takes its place.
void ExpectOutput();

// WriteOut writes the whole report to the standard output.
void WriteOut(const std::string& report);

// ExpectFile fails if no file can be made where `path` is: before the storm, not
// after it.
void ExpectFile(const std::string& path);

// WriteFile makes the file, as one beside it that is renamed: whatever happens,
// there is all of it, or the file as it was. What is there and is no file, a pipe
// or a device, is written to.
void WriteFile(const std::string& path, const std::string& text);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WRITE_OUT_H_
