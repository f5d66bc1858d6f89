// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/debug/traceback_lines.h"

#include <gosling/runtime.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "runtime/testing/lines.h"
#include "runtime/testing/place.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"

namespace gosling::debug {

namespace {

using testing::Line;
using testing::Lines;

// AddressOf returns the address that a line of a traceback consists of, with its
// place in its file perhaps; 0: none.
std::uintptr_t AddressOf(std::string_view line) {
  constexpr std::string_view kBegin = "\t0x";
  if (line.substr(0, kBegin.size()) != kBegin) return 0;
  std::uintptr_t pc = 0;
  const char* const end = line.data() + line.size();
  const auto [at, err] =
      std::from_chars(line.data() + kBegin.size(), end, pc, 16);
  return err == std::errc() && (at == end || *at == ' ') ? pc : 0;
}

void AddPlace(const Line& line, std::string* text) {
  text->append("\t").append(line.file).append(":");
  text->append(std::to_string(line.line));
}

// HasRoom says whether this is the thread's own stack, and as much of it is left
// as libdw may want. It has been seen to take 160 KB.
bool HasRoom() {
  constexpr std::size_t kEnough = std::size_t{512} << 10;
  void* lo = nullptr;
  std::size_t size = 0;
  if (!sched::os::ThreadStack(&lo, &size)) return false;
  const auto* here = static_cast<const char*>(__builtin_frame_address(0));
  const auto* bottom = static_cast<const char*>(lo);
  return bottom + kEnough <= here && here < bottom + size;
}

std::string Add(std::string_view text, Lines& lines) {
  constexpr std::string_view kCreator = "created by ";
  std::string told;
  std::string_view function;  // the line before
  while (!text.empty()) {
    const std::size_t n = text.find('\n');
    const std::string_view line = text.substr(0, n);
    text.remove_prefix(n == std::string_view::npos ? text.size() : n + 1);
    const std::uintptr_t pc = AddressOf(line);
    const std::vector<Line> found =
        pc != 0 ? lines.At(pc - 1) : std::vector<Line>();
    if (found.empty()) {
      told.append(function.data() != nullptr ? function : "");
      if (function.data() != nullptr) told += '\n';
      function = line;
      continue;
    }
    if (function.substr(0, kCreator.size()) != kCreator) {
      for (std::size_t i = 0; i + 1 < found.size(); i++) {
        told.append(found[i].function.empty() ? "?" : found[i].function);
        told += '\n';
        AddPlace(found[i], &told);
        told += '\n';
      }
    }
    // What the symbolizer could not demangle, libdw's name is better for.
    const bool mangled = function.substr(0, 2) == "_Z";
    told.append(mangled && !found.back().function.empty()
                    ? std::string_view(found.back().function)
                    : function);
    told += '\n';
    AddPlace(found.back(), &told);
    told += ' ';
    function = line.substr(1, line.find(' ') - 1);
  }
  if (function.data() != nullptr) told.append(function).append("\n");
  return told;
}

}  // namespace

std::string AddLines(std::string_view text) {
  return runtime::OnSystemStack([text] {
    const sched::os::ShunStandard shun;  // libdw opens files
    const sched::KeepErrno keep;
    if (HasRoom()) {
      Lines lines;
      return Add(text, lines);
    }
    std::string told;
    std::exception_ptr error;
    testing::WithLines([&](Lines* lines) {
      try {
        told = lines != nullptr && HasRoom() ? Add(text, *lines)
                                             : std::string(text);
      } catch (...) {
        error = std::current_exception();
      }
    });
    if (error) std::rethrow_exception(std::move(error));
    return told;
  });
}

}  // namespace gosling::debug
