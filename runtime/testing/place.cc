// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/testing/place.h"

#include <string_view>

namespace gosling::testing {

namespace {

// Functions of the library's: from the inside outwards, the last of them is
// what the program has called.
constexpr std::string_view kLibrary[] = {
    "gosling::sched::",   "gosling::internal::", "gosling::testing::",
    "gosling::sync::",    "gosling::time::",     "gosling::context::",
    "gosling::io::",      "gosling::net::",      "gosling::runtime::",
    "gosling::signal::",  "gosling::Chan<",      "gosling::SendChan<",
    "gosling::RecvChan<", "gosling::Select",     "gosling::Go<",
    "gosling::SendOp",    "gosling::RecvOp",     "std::",
    "__gthread_",
};
constexpr std::string_view kUnnamed = "gosling::(anonymous namespace)::";
constexpr std::string_view kUnnamedLibrary[] = {
    "SendLocked", "SendSlow", "RecvLocked",    "RecvSlow",
    "Select",     "StopChan", "MakeTimerChan", "ResetChan",
};

bool IsLibrary(std::string_view name) {
  for (const std::string_view prefix : kLibrary) {
    if (name.substr(0, prefix.size()) == prefix) return true;
  }
  if (name.substr(0, kUnnamed.size()) != kUnnamed) return false;
  name.remove_prefix(kUnnamed.size());
  for (const std::string_view prefix : kUnnamedLibrary) {
    if (name.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

// IsHeader says whether a line stands in the library's headers or the standard
// library's: in a function of those that is inlined into the program's.
bool IsHeader(std::string_view file) {
  if (file.find("/c++/") != file.npos) return true;
  const std::size_t slash = file.rfind('/');
  if (slash == file.npos || !file.ends_with(".h")) return false;
  const std::string_view folder = file.substr(0, slash);
  return folder.ends_with("gosling") || folder.ends_with("gosling/internal");
}

}  // namespace

std::string PlaceOf(const std::vector<std::uintptr_t>& stack, Lines* lines,
                    Symbolizer symbol) {
  std::string called;
  char buffer[512];
  for (const std::uintptr_t pc : stack) {
    const std::string_view name = symbol(pc - 1, buffer, sizeof buffer);
    // A program's function is often inlined into one of these.
    const bool inlined = name.find("internal::CallOf<") != name.npos ||
                         name.find("internal::RunAndDestroy<") != name.npos ||
                         name.find("std::thread::_State_impl<") != name.npos;
    if (!inlined && IsLibrary(name)) {
      called = name;
      continue;
    }
    std::string at = AddressIn(pc - 1);
    std::vector<Line> known;
    bool own = true;
    if (lines != nullptr) known = lines->At(pc - 1);
    for (const Line& line : known) {
      at = line.file + ":" + std::to_string(line.line);
      own = !IsHeader(line.file);
      if (own) break;
      if (!line.function.empty()) called = line.function;
    }
    // A function that ends with a call may have left no frame of its own.
    if (!own && !inlined) continue;
    std::string text;
    if (!called.empty()) text.append(" (").append(called).append(")");
    text += " in ";
    text += inlined ? "its function" : name;
    return text.append(" at ").append(at);
  }
  return {};
}

}  // namespace gosling::testing
