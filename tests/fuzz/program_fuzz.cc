// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Whole programs of channel operations, made by the generator of tests/programs
// from the fuzzer's bytes, and run by the scheduler: each comes to nothing but
// what the model allows. chan_fuzz.cc takes one operation at a time, and has
// timers; here the goroutines race.

#include <gosling/go.h>
#include <gosling/runtime.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tests/fuzz/fuzz.h"
#include "tests/programs/interpret.h"
#include "tests/programs/model.h"
#include "tests/programs/program.h"

namespace gosling::fuzz {
namespace {

constexpr std::uint64_t kRuns = 4;

void Drive(Input input) {
  const std::uint64_t seed = input.Byte();
  const auto program = std::make_shared<const programs::Program>(
      programs::Generate([&input](int n) { return input.Below(n); }));
  for (std::uint64_t run = 0; run < kRuns; run++) {
    const std::string outcome = programs::RunFreely(program, seed + run);
    Expect(programs::Allows(*program, programs::ParseOutcome(outcome)),
           "the program %s came to %s", programs::Text(*program).c_str(),
           outcome.c_str());
  }
}

}  // namespace
}  // namespace gosling::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  gosling::fuzz::Input input(data, size);
  gosling::runtime::GOMAXPROCS(1 + input.Below(2));
  return gosling::Run([input] { gosling::fuzz::Drive(input); });
}
