// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "tests/differential/cases.h"

namespace differential {

namespace {

std::map<std::string, std::function<void()>>& Cases() {
  static std::map<std::string, std::function<void()>> cases;
  return cases;
}

int exit_status = 0;

}  // namespace

void Add(const std::string& name, std::function<void()> f) {
  if (!Cases().emplace(name, std::move(f)).second) {
    std::fprintf(stderr, "two cases are called %s\n", name.c_str());
    std::abort();
  }
}

void Exit(int status) { exit_status = status; }

// Whatever the program may crash of later, the line is out.
void SayLine(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  if (::write(1, text.data(), text.size()) < 0) std::abort();
}

void Settle() {
  go::time::Sleep(std::chrono::milliseconds(50));
  // If the machine was late, they are runnable by now.
  for (int i = 0; i < 3; i++) go::runtime::Gosched();
}

void InTurn(int n, const std::function<void(int i)>& f) {
  for (int i = 0; i < n; i++) {
    go::Go([f, i] { f(i); });
    Settle();
  }
}

std::string PanicOf(const std::function<void()>& f) {
  try {
    f();
  } catch (const go::Panic& panic) {
    return panic.what();
  }
  return "no panic";
}

}  // namespace differential

int main(int argc, char** argv) {
  using namespace differential;  // NOLINT(google-build-using-namespace)
  AddPanics();
  AddFatal();
  AddValues();
  AddTexts();
  AddNet();
  AddAddresses();
  const std::string name = argc == 2 ? argv[1] : "";
  if (name == "--list") {
    for (const auto& [listed, f] : Cases()) std::printf("%s\n", listed.c_str());
    return 0;
  }
  const auto found = Cases().find(name);
  if (found == Cases().end()) return 64;
  go::Run(found->second);
  return exit_status;
}
