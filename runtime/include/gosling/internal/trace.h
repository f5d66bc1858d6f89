// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the templates of <gosling/trace.h> need; not for programs.

#ifndef GOSLING_INTERNAL_TRACE_H_
#define GOSLING_INTERNAL_TRACE_H_

#include <gosling/context.h>
#include <gosling/internal/export.h>

#include <cstdint>
#include <string_view>

namespace gosling::internal {

// TraceTask returns the task of ctx; 0: it has none, or nothing records.
GOSLING_API std::uint64_t TraceTask(const context::Context& ctx);
GOSLING_API void TraceRegion(bool begin, std::uint64_t task,
                             std::string_view name);

// Region is one in the trace while it lives.
class Region {
 public:
  Region(std::uint64_t task, std::string_view name) : task_(task), name_(name) {
    TraceRegion(true, task_, name_);
  }
  ~Region() { TraceRegion(false, task_, name_); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

 private:
  const std::uint64_t task_;
  const std::string_view name_;
};

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_TRACE_H_
