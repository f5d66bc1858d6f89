// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/trace.h>: files are written on the thread's own stack, with the P
// given to another M.

#include <gosling/runtime.h>
#include <gosling/trace.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <system_error>

#include "sched/proc.h"
#include "sched/report/trace/session.h"
#include "sched/trace/recorder.h"

namespace gosling {

namespace {

namespace t = ::gosling::sched::trace;

constinit std::atomic<std::uint64_t> last_task{0};

enum class TaskKey { kTask };

Error ToError(t::Problem problem) {
  if (problem.text != nullptr) return errors::New(problem.text);
  return std::error_code(problem.err, std::system_category());
}

// Away calls f where it may take its time. An exception must not leave the
// thread's stack.
template <class F>
Error Away(F f) {
  bool no_memory = false;
  const t::Problem problem = runtime::Blocking([&f, &no_memory] {
    return runtime::OnSystemStack([&f, &no_memory]() -> t::Problem {
      try {
        return f();
      } catch (const std::bad_alloc&) {
        no_memory = true;
        return {};
      }
    });
  });
  if (no_memory) throw std::bad_alloc();
  return ToError(problem);
}

// Record adds an annotation. One of a category has a 0 behind that.
void Record(t::Kind kind, std::uint64_t task, std::string_view text,
            std::uint64_t parent = 0) {
  if (!t::On()) return;
  sched::Pinned pin;
  t::AddText(kind, task, text.data(), text.size(), parent);
}

}  // namespace

namespace trace {

Error Start(std::string_view path) {
  const std::string name(path);
  return Away([&name] { return t::StartTrace(name.c_str()); });
}

Error Stop() {
  return Away([] { return t::StopTrace(); });
}

bool IsEnabled() { return t::TraceRuns(); }

Error StartFlightRecorder(time::Duration window) {
  return Away([window] { return t::StartFlight(window.count()); });
}

Error StopFlightRecorder() {
  return Away([] { return t::StopFlight(); });
}

Error WriteTo(std::string_view path) {
  const std::string name(path);
  return Away([&name] { return t::WriteFlight(name.c_str()); });
}

std::pair<context::Context, std::function<void()>> NewTask(
    const context::Context& ctx, std::string_view name) {
  const std::uint64_t task =
      last_task.fetch_add(1, std::memory_order_relaxed) + 1;
  context::Context child = context::WithValue(ctx, TaskKey::kTask, task);
  Record(t::Kind::kTaskBegin, task, name, internal::TraceTask(ctx));
  return {std::move(child), [task] { Record(t::Kind::kTaskEnd, task, {}); }};
}

void Log(const context::Context& ctx, std::string_view category,
         std::string_view text) {
  if (!t::On()) return;
  std::string both(category);
  both.push_back('\0');
  both.append(text);
  Record(t::Kind::kLog, internal::TraceTask(ctx), both);
}

}  // namespace trace

namespace internal {

std::uint64_t TraceTask(const context::Context& ctx) {
  if (!t::On()) return 0;
  const auto* task = ctx.Value<std::uint64_t>(TaskKey::kTask);
  return task != nullptr ? *task : 0;
}

void TraceRegion(bool begin, std::uint64_t task, std::string_view name) {
  Record(begin ? t::Kind::kRegionBegin : t::Kind::kRegionEnd, task, name);
}

}  // namespace internal

}  // namespace gosling
