// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The handler of std::terminate runs where the exception was thrown, with the
// whole stack still there: the throw found no handler (switch.h says why), and
// so nothing was unwound.
//
// Go: runtime/panic.go, printpanics, fatalpanic.

#include "sched/report/panic.h"

#include <cxxabi.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>

#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/fork.h"
#include "sched/proc.h"
#include "sched/report/traceback.h"

namespace gosling::sched {

namespace {

std::terminate_handler previous_terminate = nullptr;

// PutText writes text of any length; lines after the first are indented, as
// Go's are, so that no text passes for part of the report.
void PutText(const char* text) {
  for (;;) {
    const std::size_t line = std::strcspn(text, "\n");
    kStderr.put(kStderr.arg, text, line);
    if (text[line] == '\0') return;
    kStderr.Printf("\n\t");
    text += line + 1;
  }
}

// PutType writes the type of the exception being handled.
void PutType(const char* before, const char* after) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  int status = 0;
  char* name = type != nullptr ? abi::__cxa_demangle(type->name(), nullptr,
                                                     nullptr, &status)
                               : nullptr;
  // Go's words stand alone.
  if (name == nullptr || std::strcmp(name, "gosling::Panic") != 0) {
    kStderr.Printf("%s%s%s", before, name != nullptr ? name : "unknown type",
                   after);
  }
  std::free(name);
}

// PutWhat writes the words of the exception being handled, and then its type, as
// "[recovered]" stands behind Go's words.
void PutWhat() {
  std::exception_ptr e = std::current_exception();
  if (!e) {
    kStderr.Printf("panic: std::terminate called");
    return;
  }
  kStderr.Printf("panic: ");
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& x) {
    PutText(x.what());
    PutType(" [", "]");
  } catch (...) {
    PutType("exception of type ", "");
  }
}

// Throwing is where the machinery of throwing stands at the top of a stack.
struct Throwing {
  int below = 0;       // the index of the first frame below it
  bool again = false;  // the exception had been caught: `throw;` or the like
};

Throwing FindThrowing(const Frames& frames) {
  Throwing found;
  char name[256];
  for (int i = 0; i < frames.Count() && i < 16; i++) {
    const char* n = SymbolOf(frames.PC(i) - 1, name, sizeof name);
    const bool again = std::strstr(n, "__cxa_rethrow") != nullptr ||
                       std::strstr(n, "std::rethrow_exception") != nullptr;
    if (again || std::strstr(n, "__cxa_throw") != nullptr ||
        std::strstr(n, "std::terminate") != nullptr) {
      found.below = i + 1;
      found.again |= again;
    }
  }
  return found;
}

void OnTerminate() {
  M* m = CurrentM();
  if (GoroutineOn(m) == nullptr || InForkedChild()) {
    if (previous_terminate != nullptr) previous_terminate();
    std::abort();
  }
  const bool first = BeginCrash();
  if (first) PutWhat();
  Frames frames;
  frames.Collect();
  const Throwing throwing = first ? FindThrowing(frames) : Throwing{};
  if (first) {
    kStderr.Printf("%s\n", throwing.again ? " [recovered, repanicked]" : "");
  }
  const G* g = m->curg;
  if (TracebackLevel() > Traceback::kNone) {
    kStderr.Printf("\n");
    PrintGoroutine(kStderr, g, "running", frames, throwing.below);
    if (first) PrintOthers(g);
  }
  EndCrash();
}

}  // namespace

void InstallTerminateHandler() {
  previous_terminate = std::set_terminate(OnTerminate);
}

}  // namespace gosling::sched
