// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// receiver.go, compiled by the Go that this machine has.

#ifndef TOOLS_SIGSTORM_COMPARE_GO_TWIN_H_
#define TOOLS_SIGSTORM_COMPARE_GO_TWIN_H_

#include <string>

namespace sigstorm {

// FindGo returns the path of a Go: $GO, or else the first of what PATH has, what
// tools/setup --go gets, and where Go lies otherwise. Throws std::runtime_error
// with a sentence if there is none.
std::string FindGo();

// GoTwin is the program, in a folder that goes when it does.
class GoTwin {
 public:
  // Called by a goroutine; parks. Throws std::runtime_error with a sentence.
  explicit GoTwin(const std::string& go);
  ~GoTwin();
  GoTwin(const GoTwin&) = delete;
  GoTwin& operator=(const GoTwin&) = delete;

  const std::string& path() const { return path_; }
  const std::string& version() const { return version_; }  // "go1.27.3"

 private:
  std::string folder_;
  std::string path_;
  std::string version_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_COMPARE_GO_TWIN_H_
