// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Tests of concurrent code: with a clock of their own, and under every schedule.
//
//     // Hours pass at once, and to the nanosecond.
//     gosling::testing::Bubble([] {
//       gosling::Chan<int> ch = gosling::MakeChan<int>();
//       gosling::Go([=] {
//         gosling::time::Sleep(std::chrono::hours(2));
//         ch.Send(1);
//       });
//       ch.Recv();  // two hours later, in no time
//     });
//
//     // Does it ever fail? If so: how, and again.
//     auto result = gosling::testing::Explore({.schedules = 1000}, [] {
//       gosling::Chan<int> first = gosling::MakeChan<int>();
//       for (int i = 0; i < 2; i++) gosling::Go([=] { first.Send(i); });
//       first.Recv();  // the slower one waits for ever
//     });
//     assert(!result.ok());
//     std::puts(result.schedule().c_str());
//
// In a bubble the goroutines run one at a time, on the thread of the caller of
// Bubble or Explore, and change places only at calls of this library. A loop
// that calls none of it never lets another one run; nor may a std::mutex be
// held over a call that may park, since the others want it on the same thread.
//
// Dial and Listen use a network of the bubble's own in there, with hosts, latency,
// loss and partitions as the test wants them: <gosling/testing_net.h>.
//
// GoogleTest's namespace has the same name: with `using namespace gosling`, or
// inside it, that one is ::testing. <gosling/testing_gtest.h> makes a GoogleTest
// of an exploration.
//
// Bubble and Explore are not for use in a bubble. Both may be called by a goroutine or by
// any thread, in Run and outside of it.
//
// Go: package testing/synctest.

#ifndef GOSLING_TESTING_H_
#define GOSLING_TESTING_H_

#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>
#include <gosling/signal.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace gosling::testing {

struct BubbleOptions {
  // How long, in real time, a goroutine may run without a call of the library,
  // and the bubble wait for what is outside without news. 0: for ever.
  std::chrono::nanoseconds patience = std::chrono::seconds(10);
  // Dial, Listen and lookups use the system's network, whose sockets are waited
  // for in real time; false: the bubble's own (<gosling/testing_net.h>).
  bool real_network = false;
};

// Bubble calls f() as the main goroutine of a bubble, to which all goroutines
// belong that are started inside, and returns when all of them have ended.
//
// Time inside begins at midnight UTC of 2000-01-01, for Sleep, timers, contexts
// and the clock of <gosling/time.h>. It stands still while a goroutine runs, and
// moves to the next timer when all of them are durably blocked: in an operation
// on channels that were made in the bubble, or a select of such, in Sleep, or
// on a Mutex, RWMutex, WaitGroup or Cond. net::Pipe and io::Pipe are made of
// those; so are connections that are dialed and listened for inside: they belong
// to a network of the bubble's own (<gosling/testing_net.h>). A wait for a descriptor or for an outside channel is not durable: the
// bubble then waits in real time, as long as its patience lasts. Once f has
// returned, time stands still for good.
//
// A goroutine that runs for longer than that without a call of the library,
// since it computes without end or blocks its thread, ends the program: a fatal
// error that names it and the bubble, with all stacks.
//
// Whoever else uses a bubble's channel or timer ends the program, as in Go: a
// fatal error that says who does what to which. A Wait of a WaitGroup or Cond
// that another thread ends is a failure of the bubble, and so is the use of a
// channel that was made in another one.
//
// Throws the exception that leaves f or a goroutine of the bubble; Panic
// "deadlock: all goroutines in bubble are blocked", or "deadlock: main bubble
// goroutine has exited but blocked goroutines remain", with their stacks. Those
// that have not ended by then never go on, and their objects stay. Go:
// synctest.Test.
template <class F>
void Bubble(F&& f);
template <class F>
void Bubble(const BubbleOptions& options, F&& f);

// Wait parks until all other goroutines of the bubble are durably blocked, or
// have ended. Throws Panic outside of a bubble, and if another goroutine is in
// Wait. Go: synctest.Wait.
GOSLING_API void Wait();

// Fail says that what is tested has failed. In a bubble it is as if an
// exception with these words had left a goroutine, but the caller goes on until
// its next call of the library. Outside of one it throws Panic.
GOSLING_API void Fail(const std::string& words);

// Raise delivers a signal to the channels of the bubble that Notify has
// registered for it, without the kernel. True: there was one. Throws Panic
// outside of a bubble.
GOSLING_API bool Raise(signal::Signal sig);

// Strategy is how Explore chooses schedules.
enum class Strategy : std::uint8_t {
  // Each decision for itself, all that can go on being equally likely.
  kUniform,
  // PCT: goroutines have random priorities, which change at `depth` - 1 random
  // moments. It finds what needs few, but certain, changes of goroutine.
  // (Burckhardt and others, ASPLOS 2010.)
  kPct,
  // Every schedule in which at most `preemptions` goroutines are put aside that
  // could have gone on; `schedules` is the limit. For small programs.
  kExhaustive,
};

struct ExploreOptions {
  int schedules = 1000;
  std::uint64_t seed = 1;
  Strategy strategy = Strategy::kUniform;
  int depth = 3;
  int preemptions = 2;
  // Raise one of these at every scheduling point in turn, one in each schedule,
  // if a channel asks for it by then.
  std::vector<signal::Signal> signals{};
  // Print a failure to standard error.
  bool print = true;
  // As a Bubble's, for each run.
  std::chrono::nanoseconds patience = std::chrono::seconds(10);
};

// ExploreResult is what Explore has found.
class ExploreResult {
 public:
  bool ok() const { return failure_.empty(); }
  // What went wrong: the words of the exception, panic, deadlock, leak or Fail.
  const std::string& failure() const { return failure_; }
  // GOSLING_REPLAY=<seed> in the environment runs that schedule again.
  std::uint64_t seed() const { return seed_; }
  // The shortest schedule found that fails in the same way: a line for each
  // change of goroutine, with its operation and where that stands: file and line
  // if the program has debug information and there is a libdw.so.1, else an
  // address as addr2line takes it.
  const std::string& schedule() const { return schedule_; }
  // How many schedules were run until then; for kExhaustive, less than
  // `schedules` says that there are no others.
  int schedules() const { return schedules_; }

 private:
  friend class Explorer;

  std::string failure_;
  std::string schedule_;
  std::uint64_t seed_ = 0;
  int schedules_ = 0;
};

// Explore calls f() in bubbles, again and again, each time under another
// schedule: the seed decides which goroutine goes on at each call of the
// library, which of the ready cases a select takes, and whether time moves
// although others could go on. It stops at the first failure: an exception that
// leaves f or a goroutine, a deadlock, goroutines that are left behind, Fail, a
// wait for what is outside, or no end after a million decisions. f must do the
// same each time, but for the schedule: no real clock, no random numbers from
// elsewhere, no threads, no state that is left over from the run before.
//
// What f makes of <gosling/sync.h>, on the stack or the heap, has points for a
// change of goroutine at each call. A global, and all that was made before or is
// constant-initialized, has one only where it waits: faults that need a change at
// another call of it are not found. A channel has points at each call, wherever it
// was made; but where a goroutine waits for one that f has not made, the run fails.
//
// If GOSLING_REPLAY is set, only that schedule is run, and then made shorter
// as before. If the program has changed so that it makes other decisions, that
// is the failure.
template <class F>
ExploreResult Explore(const ExploreOptions& options, F&& f);

}  // namespace gosling::testing

// ---------------------------------------------------------------------------

namespace gosling::internal {

GOSLING_API void RunBubble(const testing::BubbleOptions& options,
                           void (*f)(void*), void* arg);
GOSLING_API testing::ExploreResult RunExplore(
    const testing::ExploreOptions& options, void (*f)(void*), void* arg);

template <class F>
void CallOf(void* f) {
  (*static_cast<F*>(f))();
}

template <class F>
void* AddressOf(F& f) {
  return const_cast<void*>(
      static_cast<const volatile void*>(std::addressof(f)));
}

}  // namespace gosling::internal

namespace gosling::testing {

template <class F>
void Bubble(F&& f) {
  Bubble(BubbleOptions{}, std::forward<F>(f));
}

template <class F>
void Bubble(const BubbleOptions& options, F&& f) {
  if constexpr (internal::CheckCallable<F&>()) {
    auto call = [&f] { f(); };
    internal::RunBubble(options, internal::CallOf<decltype(call)>,
                        internal::AddressOf(call));
  }
}

template <class F>
ExploreResult Explore(const ExploreOptions& options, F&& f) {
  if constexpr (internal::CheckCallable<F&>()) {
    auto call = [&f] { f(); };
    return internal::RunExplore(options, internal::CallOf<decltype(call)>,
                                internal::AddressOf(call));
  } else {
    return {};
  }
}

}  // namespace gosling::testing

#endif  // GOSLING_TESTING_H_
