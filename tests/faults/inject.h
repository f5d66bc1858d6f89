// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For the tests of faults: libc's functions fail on demand, since the linker
// gives the program's and the library's calls of them to inject.cc (--wrap).
// And the scenarios: each is played in a process of its own.
//
//     SURVIVES(AnInterruptedAcceptIsMadeAgain) {
//       const Injected fault({.call = "accept4", .err = EINTR, .times = 3});
//       …
//     }
//
// A scenario ends in one way: SURVIVES, the runtime does as if nothing had
// happened, or does without; REPORTS, the caller is told; DIES, the process
// ends in a fatal error that has the words.

#ifndef GOSLING_TESTS_FAULTS_INJECT_H_
#define GOSLING_TESTS_FAULTS_INJECT_H_

#include <string_view>

namespace gosling::faults {

inline constexpr int kAlways = 1 << 30;
inline constexpr long kAny = -0x7fff'ffff;
// In the place of an errno: the call succeeds, but moves one byte only.
inline constexpr int kShort = -1;

// Fault says which calls fail, and how.
struct Fault {
  std::string_view call;
  int err;
  int times = 1;               // of those that match
  int skip = 0;                // so many that match go well before
  long first = kAny;           // argument: a descriptor, a system call's number
  long second = kAny;          // argument
  std::string_view path = "";  // a part of the name that is opened
};

// Where is the caller's line, of an argument that is left out. (clang 14 cannot
// read libstdc++'s source_location.)
struct Where {
  const char* file;
  int line;
  static constexpr Where Here(const char* file = __builtin_FILE(),
                              int line = __builtin_LINE()) {
    return {file, line};
  }
};

// Injected has the fault happen while it lives. At its end it must have.
class Injected {
 public:
  explicit Injected(const Fault& fault, Where where = Where::Here());
  Injected(const Injected&) = delete;
  Injected& operator=(const Injected&) = delete;
  ~Injected();

  int fired() const;

 private:
  const int slot_;
  const Where where_;
};

// QuietSysmon has sysmon read no file from now on: its calls would be taken for
// those that a scenario means.
void QuietSysmon();

// Check ends the process, with status 1 and a line that says where, unless
// `holds`.
void Check(bool holds, std::string_view what = "a check failed",
           Where where = Where::Here());

// Scenario registers one.
struct Scenario {
  Scenario(const char* name, const char* outcome, const char* words,
           void (*play)());
  const char* name;
  const char* outcome;
  const char* words;
  void (*play)();
  Scenario* next;
};

#define GOSLING_SCENARIO(name, outcome, words)                             \
  static void name();                                                      \
  static const ::gosling::faults::Scenario name##_scenario(#name, outcome, \
                                                           words, name);   \
  static void name()
#define SURVIVES(name) GOSLING_SCENARIO(name, "survives", "")
#define REPORTS(name) GOSLING_SCENARIO(name, "reports", "")
#define DIES(name, words) GOSLING_SCENARIO(name, "dies", words)

}  // namespace gosling::faults

#endif  // GOSLING_TESTS_FAULTS_INJECT_H_
