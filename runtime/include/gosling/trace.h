// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the scheduler does, and the program's own remarks on it, as a file that
// `go tool trace` opens (Go 1.23 and later); or ui.perfetto.dev, if the file's name
// ends in ".json".
//
//     namespace go = gosling;
//     using namespace std::chrono_literals;
//
//     go::Error err = go::trace::Start("run.trace");
//     const auto [ctx, end] =
//         go::trace::NewTask(go::context::Background(), "an order");
//     go::trace::WithRegion(ctx, "pack", [] { go::time::Sleep(1ms); });
//     go::trace::Log(ctx, "progress", "packed");
//     end();
//     if (!err) err = go::trace::Stop();
//
// A flight recorder keeps the last seconds only, until they are asked for:
//
//     go::Error err = go::trace::StartFlightRecorder(10s);
//     …
//     err = go::trace::WriteTo("slow.trace");
//
// In the environment GODEBUG=flight=10s starts a flight recorder with the
// runtime; and GOSLING_TRACE names the file to which a crash, and SIGQUIT, write
// what a recorder that is on has kept.
//
// How far back a flight recorder reaches: each thread keeps 262,144 events of 16
// bytes, 65,536 where addresses have 32 bits; a switch of goroutines is one. What
// is written begins when the last of the threads' histories does.
//
// Off, all of it costs the scheduler nothing; on, some tens of instructions an
// event (tools/bench/README.md).
//
// Any goroutine and any thread may call anything here, but not a signal handler.
// What begins or writes a recording blocks the calling goroutine, and its thread,
// while the file is written.
//
// A library that was built without its recorder (the option -Dtrace=false) says so:
// Start, StartFlightRecorder and WriteTo by their error, GODEBUG=flight on stderr.
//
// Unlike Go's, these traces have no stacks, but for a goroutine's name: who made
// it, or what GoOptions or SetName say. The stream is a file, and Stop says what
// went wrong.
//
// Go: package runtime/trace.

#ifndef GOSLING_TRACE_H_
#define GOSLING_TRACE_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/internal/trace.h>
#include <gosling/time.h>

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gosling::trace {

// Start begins a trace, which Stop writes to the file at `path`. An error: the
// file cannot be made, or a trace is being made already. Throws std::bad_alloc.
// Go: trace.Start.
[[nodiscard]] GOSLING_API Error Start(std::string_view path);

// Stop ends it and writes it. An error: there is none, or it could not be
// written, or not all of it. Throws std::bad_alloc. Go: trace.Stop.
GOSLING_API Error Stop();

// IsEnabled says whether a trace is being made; then annotations are recorded,
// and so they are while a flight recorder is on. Go: trace.IsEnabled.
GOSLING_API bool IsEnabled();

// StartFlightRecorder keeps, from now on, what has happened in the last `window`,
// as far as memory goes (see above). An error: one is on already, or the window
// is not positive. StopFlightRecorder ends it. Go: trace.FlightRecorder.
GOSLING_API Error StartFlightRecorder(time::Duration window);
GOSLING_API Error StopFlightRecorder();

// WriteTo writes what the flight recorder has kept, or a trace that is being
// made, to the file at `path`; the recording goes on. An error: nothing records,
// or the file cannot be written. Throws std::bad_alloc. Go:
// FlightRecorder.WriteTo.
[[nodiscard]] GOSLING_API Error WriteTo(std::string_view path);

// NewTask begins a task, a piece of work that may be done by several goroutines,
// and returns a context that carries it, for the regions and remarks that belong
// to it; `end` ends it. A task below a task of ctx is part of that. Throws
// std::bad_alloc. Go: trace.NewTask.
[[nodiscard]] GOSLING_API std::pair<context::Context, std::function<void()>>
NewTask(const context::Context& ctx, std::string_view name);

// WithRegion calls f() and returns what it returns: in the trace, a stretch of
// this goroutine's time by that name. Throws what f throws. Go: trace.WithRegion.
template <class F>
std::invoke_result_t<F> WithRegion(const context::Context& ctx,
                                   std::string_view name, F&& f) {
  const internal::Region region(internal::TraceTask(ctx), name);
  return std::forward<F>(f)();
}

// Log records a remark, of which 1,000 bytes are kept. Go: trace.Log.
GOSLING_API void Log(const context::Context& ctx, std::string_view category,
                     std::string_view text);

}  // namespace gosling::trace

#endif  // GOSLING_TRACE_H_
