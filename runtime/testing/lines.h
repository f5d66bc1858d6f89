// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Lines: which line of which file an address of code is, for the report of a
// failed schedule, for profiles, and for stacks of a living process. elfutils'
// libdw knows, if the library was built with its header (lines_libdw.cc; else
// lines_none.cc) and the program finds libdw.so.1 when it asks: no program is
// linked with it for the sake of a report.
// libgosling_lockcheck (runtime/lockcheck/) is compiled from the same files.

#ifndef GOSLING_RUNTIME_TESTING_LINES_H_
#define GOSLING_RUNTIME_TESTING_LINES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gosling::testing {

// Line is where a function stands. `function` is its name as its linker knows
// it, "" if the debug information does not say.
struct Line {
  std::string file;
  int line;
  std::string function;
};

class Lines {
 public:
  Lines();
  ~Lines();
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // At returns the line of pc, then those from which the functions were called
  // that were inlined there, outwards. Empty: not known. Needs a stack of a
  // thread's size.
  std::vector<Line> At(std::uintptr_t pc);

  // ObjectAt returns the name of the object with static storage that is there, ""
  // if there is none, or its name is not known.
  std::string ObjectAt(std::uintptr_t address);

 private:
  struct Reader;
  bool Opened();

  std::unique_ptr<Reader> reader_;
};

// AddressIn names pc as addr2line takes it: "program+0x1234". (lines_linux.cc,
// lines_darwin.cc.)
std::string AddressIn(std::uintptr_t pc);

}  // namespace gosling::testing

#endif  // GOSLING_RUNTIME_TESTING_LINES_H_
