// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A look into the running program, by HTTP and as files of pprof's.
//
//     namespace go = gosling;
//
//     const auto [address, err] = go::debug::Serve("127.0.0.1:6060");
//
// and then
//
//   curl http://127.0.0.1:6060/goroutines
//   go tool pprof http://127.0.0.1:6060/debug/pprof/goroutine
//   curl -o run.trace 'http://127.0.0.1:6060/trace?seconds=5'; go tool trace run.trace
//
// The pages:
//
//   /                       a list of them
//   /goroutines             all, with their stacks; see runtime::Stack
//   /sched                  the Ps and their queues, threads, counters; reloads
//   /metrics                what runtime::ReadMetrics tells
//   /debug/pprof/goroutine  the stacks, counted: a profile for pprof
//   /debug/pprof/block      where goroutines have waited for each other
//   /debug/pprof/mutex      where those were that others have waited for
//   … ?debug=1              these three as text, ?debug=2 the first as /goroutines
//   /debug/pprof/profile?seconds=30  a CPU profile of that time
//   /trace?seconds=5        a trace of that time; /debug/pprof/trace is the same
//
// block and mutex are empty until runtime::SetBlockProfileRate and
// runtime::SetMutexProfileFraction turn them on.
//
// Go: package net/http/pprof.

#ifndef GOSLING_DEBUG_H_
#define GOSLING_DEBUG_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/internal/export.h>

#include <string>
#include <string_view>
#include <utility>

namespace gosling::debug {

struct ServeOptions {
  // Also on addresses that other machines reach. The pages show stacks to
  // whoever asks, and stop the world for them.
  bool anyone = false;
  // The serving ends with it; nil: with the Run.
  context::Context until;
};

// Serve answers requests at `address`, "host:port", from goroutines of its own,
// until the Run in which it was called is over, or `until` ends; and returns the
// address with the port that the system has given for port 0. The host must be 127.x.x.x, ::1 or
// localhost, and a request must be for such a one (no name that leads there, as a
// web page's would), unless the options say otherwise. An error: so it is not, or
// the address is in use. May park. Throws std::bad_alloc.
[[nodiscard]] GOSLING_API std::pair<std::string, Error> Serve(
    std::string_view address, const ServeOptions& options = {});

// Profiles, and the pages of stacks, have files and lines, and inlined functions,
// where the program has debug information (-g) and finds elfutils' libdw.so.1 when it
// runs. The first one reads that, a second in a big program.

// GoroutineProfile returns the stacks of all goroutines, counted, as pprof reads
// them (profile.proto, not compressed). Of a goroutine that runs on another
// thread there is no stack. Stops the world. Throws std::bad_alloc. Go:
// pprof.Lookup("goroutine").
[[nodiscard]] GOSLING_API std::string GoroutineProfile();

// BlockProfile returns the stacks at which goroutines have waited since
// runtime::SetBlockProfileRate turned that on, each with how often and for how
// long; MutexProfile the stacks of the Unlocks for which others have waited, since
// runtime::SetMutexProfileFraction did. In the same format. Of at most 7168 stacks
// each, and the 50 innermost frames. Throw std::bad_alloc. Go:
// pprof.Lookup("block"), pprof.Lookup("mutex").
[[nodiscard]] GOSLING_API std::string BlockProfile();
[[nodiscard]] GOSLING_API std::string MutexProfile();

// StartCPUProfile has the process interrupted 100 times in each second of CPU time
// that it uses, until StopCPUProfile, which returns where it was then, as pprof
// reads it. Callers are found by frame pointers: code compiled without them
// (-fno-omit-frame-pointer) hides some of its callers, and of 32-bit ARM's code
// only the place itself is known. An error of Start: a profile is being made, or
// the program has a handler of its own for SIGPROF; of Stop: none is being made.
// Stop may sleep for some milliseconds, and throws std::bad_alloc. Go:
// pprof.StartCPUProfile.
[[nodiscard]] GOSLING_API Error StartCPUProfile();
[[nodiscard]] GOSLING_API std::pair<std::string, Error> StopCPUProfile();

}  // namespace gosling::debug

#endif  // GOSLING_DEBUG_H_
