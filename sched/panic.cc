// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The handler of std::terminate runs where the exception was thrown, with the
// whole stack still there: the throw found no handler (context.h says why), and
// so nothing was unwound.
//
// Go: runtime/panic.go, printpanics, fatalpanic.

#include "sched/panic.h"

#include <cxxabi.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>

#include "sched/death.h"
#include "sched/debug.h"
#include "sched/fork.h"
#include "sched/proc.h"
#include "sched/traceback.h"

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

// PutWhat writes the words of the exception being handled. The type goes first:
// what() may be what kills next.
void PutWhat() {
  std::exception_ptr e = std::current_exception();
  if (!e) {
    kStderr.Printf("panic: std::terminate called\n");
    return;
  }
  kStderr.Printf("panic: ");
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& x) {
    PutType("", ": ");
    PutText(x.what());
  } catch (...) {
    PutType("exception of type ", "");
  }
  kStderr.Printf("\n");
}

// SkipThrow returns the index of the first frame below the machinery of
// throwing, or 0.
int SkipThrow(const Frames& frames) {
  char name[256];
  int from = 0;
  for (int i = 0; i < frames.Count() && i < 16; i++) {
    const char* n = SymbolOf(frames.PC(i) - 1, name, sizeof name);
    if (std::strstr(n, "__cxa_throw") != nullptr ||
        std::strstr(n, "__cxa_rethrow") != nullptr ||
        std::strstr(n, "std::terminate") != nullptr) {
      from = i + 1;
    }
  }
  return from;
}

void OnTerminate() {
  M* m = CurrentM();
  if (GoroutineOn(m) == nullptr || InForkedChild()) {
    if (previous_terminate != nullptr) previous_terminate();
    std::abort();
  }
  const bool first = BeginDeath();
  if (first) PutWhat();
  const G* g = m->curg;
  if (TracebackLevel() > Traceback::kNone) {
    kStderr.Printf("\n");
    Frames frames;
    frames.Collect();
    PrintGoroutine(kStderr, g, "running", frames,
                   first ? SkipThrow(frames) : 0);
    if (first) PrintOthers(g);
  }
  EndDeath();
}

}  // namespace

void InstallTerminateHandler() {
  previous_terminate = std::set_terminate(OnTerminate);
}

}  // namespace gosling::sched
