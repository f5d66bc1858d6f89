// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What tests/programs_test.py asks for:
//
//     program print FIRST COUNT      the texts of programs, a line each
//     program check FIRST < outcomes checks lines "program<tab>outcome", programs
//                                    counted from FIRST
//     program ends FIRST COUNT       numbers, kinds and texts of those programs
//                                    that can end in one way only, where panics
//                                    end them
//     program end SEED               runs such a one

#include <gosling/go.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/programs/interpret.h"
#include "tests/programs/model.h"
#include "tests/programs/program.h"

namespace gosling::programs {

namespace {

std::uint64_t Number(const char* text) {
  return std::strtoull(text, nullptr, 10);
}

void Print(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; i++) {
    std::printf("%s\n", Text(GenerateFromSeed(first + i)).c_str());
  }
}

int Check(std::uint64_t first) {
  int outcomes = 0;
  int wrong = 0;
  std::set<std::uint64_t> programs;
  for (std::string line; std::getline(std::cin, line); outcomes++) {
    const std::size_t tab = line.find('\t');
    const std::uint64_t n = Number(line.c_str());
    programs.insert(n);
    const Program program = GenerateFromSeed(first + n);
    const std::string text = line.substr(tab + 1);
    if (Allows(program, ParseOutcome(text))) continue;
    wrong++;
    std::printf("program %llu: %s\ncame to: %s\n",
                static_cast<unsigned long long>(first + n),
                Text(program).c_str(), text.c_str());
  }
  std::printf("%zu programs, %d outcomes, %d wrong\n", programs.size(),
              outcomes, wrong);
  return wrong == 0 ? 0 : 1;
}

const char* KindOf(const std::string& ending) {
  if (ending.find('!') != std::string::npos) return "panic";
  return ending.find('?') != std::string::npos ? "deadlock" : "end";
}

void Ends(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t i = first; i < first + count; i++) {
    const Program program = GenerateFromSeed(i, true);
    const std::optional<std::set<std::string>> endings = Endings(program);
    if (!endings || endings->size() != 1) continue;
    std::printf("%llu\t%s\t%s\n", static_cast<unsigned long long>(i),
                KindOf(*endings->begin()), Text(program).c_str());
  }
}

}  // namespace

}  // namespace gosling::programs

int main(int argc, char** argv) {
  using namespace gosling::programs;  // NOLINT(google-build-using-namespace)
  const std::vector<const char*> arguments(argv + 1, argv + argc);
  const std::string_view what = arguments.empty() ? "" : arguments[0];
  if (what == "print" && argc == 4) {
    Print(Number(argv[2]), Number(argv[3]));
  } else if (what == "check" && argc == 3) {
    return Check(Number(argv[2]));
  } else if (what == "ends" && argc == 4) {
    Ends(Number(argv[2]), Number(argv[3]));
  } else if (what == "end" && argc == 3) {
    const auto program = std::make_shared<const Program>(
        GenerateFromSeed(Number(argv[2]), true));
    gosling::Run([&program] { RunToItsEnd(program); });
  } else {
    return 64;
  }
}
