// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The scheduler as a program sees it: yielding, ending, blocking, counting. Go:
// package runtime.
//
// Environment: GOTRACEBACK (panic.h). GOMAXPROCS, the number of goroutines that
// run at once (the function of that name says what it is otherwise). GODEBUG,
// of which four settings are ours, with commas between: schedtrace=N prints a
// line about the scheduler on stderr every N milliseconds, scheddetail=1 makes
// that a line for every P, M and goroutine, in Go's format
// (sched/report/schedtrace.cc explains it); containermaxprocs=0 has the default
// of GOMAXPROCS take no limit of a control group into account, updatemaxprocs=0
// has it stay as it is at the start; other settings are ignored. A value that
// is no number is fatal.

#ifndef GOSLING_RUNTIME_H_
#define GOSLING_RUNTIME_H_

#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gosling::runtime {

// Gosched lets other goroutines run; the caller goes behind those that are
// runnable here. On a thread that is not a goroutine it yields the thread. May
// park. Go: runtime.Gosched.
GOSLING_API void Gosched();

// Goexit ends the calling goroutine. Its stack is unwound: destructors run.
// Other goroutines go on; if main calls it, the program goes on without main,
// and a deadlock ends it when nothing is left to do. A catch (...) that does
// not rethrow it is fatal. Fatal on a thread that is not a goroutine. Go:
// runtime.Goexit.
[[noreturn]] GOSLING_API void Goexit();

// GOMAXPROCS sets how many goroutines may run at once, if n > 0, and returns
// the former setting. At most 1024; more counts as that. Stops the world for a
// moment if it is another one; may park. From any thread or goroutine; not from
// a signal handler.
//
// Until it is set, by this or by the environment, it follows the system: it is
// the number of CPUs that this process may run on (NumCPU), but no more than
// the CPU time that its control group may use, as in a container (quota /
// period of cpu.max, or of cpu.cfs_quota_us in version 1), rounded up, where
// less than 2 counts as 2. The runtime looks once a second whether that has
// changed, or less often if the program is idle. Unlike Go, a limit on a group
// above this one counts too, as far up as this process sees them. Go:
// runtime.GOMAXPROCS.
GOSLING_API int GOMAXPROCS(int n);

// SetDefaultGOMAXPROCS has GOMAXPROCS follow the system, as it does if it is
// never set: at once, after a look at what the system says now, and from then
// on; whatever the environment and earlier calls of GOMAXPROCS said. Also for a
// program that knows that its CPUs, its control group or that one's limit has
// just changed. Stops the world for a moment if that makes a difference; may
// park. Never throws. From any thread or goroutine; not from a signal handler.
// Go: runtime.SetDefaultGOMAXPROCS.
GOSLING_API void SetDefaultGOMAXPROCS();

// NumCPU returns how many CPUs this process may use. From anywhere. Go:
// runtime.NumCPU.
GOSLING_API int NumCPU();

// NumGoroutine returns how many goroutines exist, the runtime's own not
// counted. Exact when no goroutine is starting or ending at the moment. Go:
// runtime.NumGoroutine.
GOSLING_API int NumGoroutine();

// Goid returns the calling goroutine's number, as in its stack trace; 0 on a
// thread that is not a goroutine.
GOSLING_API std::uint64_t Goid();

// LockOSThread ties the calling goroutine to its thread: it runs there and
// nothing else does, until UnlockOSThread has been called as many times. If it
// ends before, the thread ends with it: whatever was done to the thread
// (affinity, namespaces …) is gone, and no other thread has inherited it. A
// thread that no goroutine is tied to ends when a burst of blocking calls is
// over: what the system ties to a thread (PR_SET_PDEATHSIG) wants this. On
// threads that are not the runtime's they do nothing. Go: runtime.LockOSThread.
GOSLING_API void LockOSThread();
GOSLING_API void UnlockOSThread();

// SetMaxThreads sets how many threads the runtime may make (10,000 at first)
// and returns the former setting. One more is fatal: `thread exhaustion`.
// Throws Panic if n < 1. Go: runtime/debug.SetMaxThreads. Unlike Go, a thread
// that the system refuses is done without, with a warning, as long as some
// other may run goroutines.
GOSLING_API int SetMaxThreads(int n);

// Hints around code that blocks the thread. None is needed: a goroutine that
// blocks in a system call, or computes, does not stop the others. That its
// thread sleeps is noticed about 0.1 ms later in a program that blocks all the
// time, 0.2 to 0.3 ms after a pause of the whole program, 0.5 ms if a busy one
// blocks every 20 ms, and within 4 ms if it has never blocked before (medians
// of an otherwise idle machine; 10 ms where /proc cannot be read). A call that
// is over by then costs nothing. EnterSyscall saves the system that question,
// after EnterSyscallBlock others run at once. For calls that mostly take less
// than 0.1 ms no hint is best: 100 clients and their server on blocking sockets
// took 16 to 18 us an echo without, 70 to 90 with Blocking (blockecho and
// blockechohint in tools/bench, two cores). Code that computes and calls
// nothing of this library is left behind after 10 ms, later if many do, 0.5 s
// at most. ExitSyscall waits for its turn: it may park. The goroutine stays on
// its thread in between. Calls of this library in between are allowed, and end
// the effect. Never throw. No-ops on a thread that is not a goroutine. Go:
// entersyscall and so on.
GOSLING_API void EnterSyscall();
GOSLING_API void EnterSyscallBlock();
GOSLING_API void ExitSyscall();

// Errno is errno, whichever thread the goroutine is on by now, and SetErrno sets
// it. errno itself is a thread's, and a compiler takes its address once for a
// whole function: in one that parks in between it is another thread's then, or,
// as threads end that are no longer needed, memory that is gone. So is the
// address of every thread_local: a function that uses one does not park.
//
//     const int fd = STDIN_FILENO;
//     char to[512];
//     ssize_t n;
//     while ((n = ::read(fd, to, sizeof to)) < 0 &&
//            go::runtime::Errno() == EAGAIN) {  // not errno: the loop parks
//       go::runtime::WaitReadable(fd);
//     }
//
// From any thread, goroutine or signal handler. Go: none; its calls return it.
[[nodiscard]] GOSLING_API int Errno();
GOSLING_API void SetErrno(int value);

// WaitReadable parks the calling goroutine until `fd` can be read without
// blocking: it has data, the other end has been closed, or an error is to be
// told. WaitWritable, until it can be written. For descriptors of other
// libraries (libpq, libcurl's multi interface, c-ares, OpenSSL), which say what
// they want to be waited for: no thread blocks meanwhile. `deadline` ends the
// wait with an error of which Timeout() is true, and that errors::Is takes for
// os::DeadlineExceeded and std::errc::timed_out; time::Time{}, the default, is
// none. Several goroutines may wait for one descriptor.
//
//     while (PQisBusy(conn) == 1) {  // PQsendQuery was called
//       if (go::runtime::WaitReadable(PQsocket(conn))) GiveUp();
//       PQconsumeInput(conn);
//     }
//
// Other errors are the system's, such as std::errc::bad_file_descriptor.
// Regular files are always ready. The descriptor must stay open until the call
// returns; it may be in blocking mode or not. Three to five system calls,
// unless it is ready at once (one). From any thread or goroutine; not from a
// signal handler.
GOSLING_API Error
WaitReadable(int fd, std::chrono::steady_clock::time_point deadline = {});
GOSLING_API Error
WaitWritable(int fd, std::chrono::steady_clock::time_point deadline = {});

// FdWait is an entry of WaitAny: what is wanted of a descriptor, and what has
// come of it. One that is negative, or of which nothing is wanted, is left out.
struct FdWait {
  int fd = -1;
  bool read = false;
  bool write = false;
  // WaitAny sets these. An error or a hang-up is both, as far as wanted: the next
  // read or write tells.
  bool readable = false;
  bool writable = false;
};

// WaitAny parks the calling goroutine until one of the descriptors is ready, and
// returns how many are: for libraries that have several at a time (libcurl's
// multi interface, c-ares). Each entry says what came. `deadline` as for
// WaitReadable; without any descriptor it is all that is waited for, and without
// a deadline either that is an error at once (std::errc::invalid_argument).
//
//     go::runtime::FdWait waits[] = {{.fd = STDIN_FILENO, .read = true},
//                                    {.fd = PQsocket(conn), .read = true}};
//     if (go::runtime::WaitAny(waits, go::time::Now() + 5s).second) GiveUp();
//     if (waits[1].readable) PQconsumeInput(conn);
//
// A bad descriptor is an error of the whole, std::errc::bad_file_descriptor;
// after an error nothing is set. A descriptor may stand in several entries, and
// in other waits at the same time, each of which takes a duplicate of it
// meanwhile. All of them must stay open until the call returns. A goroutine and
// three to five system calls for each descriptor, unless one is ready at once
// (one call). Throws std::bad_alloc. From any thread or goroutine; not from a
// signal handler. tools/examples/fetch.cc drives libcurl by it.
GOSLING_API std::pair<int, Error> WaitAny(
    std::span<FdWait> waits,
    std::chrono::steady_clock::time_point deadline = {});

// Blocking calls f between EnterSyscallBlock and ExitSyscall, and returns what
// f returns; what f throws passes through.
template <class F>
decltype(auto) Blocking(F&& f) {
  if constexpr (gosling::internal::CheckCallable<F>()) {
    struct Exit {
      ~Exit() { ExitSyscall(); }
    };
    EnterSyscallBlock();
    Exit exit;
    return std::forward<F>(f)();
  }
}

namespace internal {
// CallOnSystemStack calls f(arg) there, and throws here what that throws.
GOSLING_API void CallOnSystemStack(void (*f)(void*), void* arg);
}  // namespace internal

// OnSystemStack calls f on the thread's own, big stack, and returns what f
// returns: for libraries that need more stack than a goroutine has. f must not
// park. An exception of f is thrown again here. On a thread that is not a
// goroutine f is simply called. Go: systemstack.
template <class F>
auto OnSystemStack(F&& f) {
  if constexpr (gosling::internal::CheckCallable<F>()) {
    using Result = std::invoke_result_t<F>;
    static_assert(!std::is_reference_v<Result>,
                  "OnSystemStack: return a pointer instead of a reference");
    struct Call {
      F& f;
      std::conditional_t<std::is_void_v<Result>, std::optional<char>,
                         std::optional<Result>>
          result;
    } call{f, std::nullopt};
    internal::CallOnSystemStack(
        [](void* arg) {
          auto* c = static_cast<Call*>(arg);
          if constexpr (std::is_void_v<Result>) {
            std::forward<F>(c->f)();
          } else {
            c->result.emplace(std::forward<F>(c->f)());
          }
        },
        &call);
    if constexpr (!std::is_void_v<Result>) return std::move(*call.result);
  }
}

// Stack returns the calling goroutine's stack as text; with `all`, every
// goroutine's, after stopping the world for as long as that takes. At most 100
// stacks. With files, lines and the functions that are inlined, if the code has
// debug information and libdw.so.1 (elfutils) is installed, which is loaded for
// that: a big program's takes a second, the first time. A report of a crash has
// addresses instead. May throw std::bad_alloc. Go: runtime.Stack.
GOSLING_API std::string Stack(bool all);

// Counters are what the scheduler has done and what it has at hand. Each number
// was right at some moment during the call, not all at the same one.
struct Counters {
  // Since the program began. These only grow, GOMAXPROCS changing or not.

  std::uint64_t started = 0;  // goroutines
  // How often a goroutine parked (waited for a channel, a lock, a timer …),
  // yielded (Gosched, or to hand a lock over), and was made to yield, at a call
  // of this library, because it had used up its slice of 10 ms.
  std::uint64_t parks = 0;
  std::uint64_t yields = 0;
  std::uint64_t preemptions = 0;
  // How often an idle P took work from another P's queue, and half of a queue,
  // which was full, went to the one that all share.
  std::uint64_t steals = 0;
  std::uint64_t overflows = 0;
  // How often a P was taken from a thread whose goroutine computed or blocked
  // without a word, or because the world was to stop; and how often a P was
  // handed on because its thread could not go on with it: most of those, each
  // EnterSyscallBlock, each time a locked goroutine waits.
  std::uint64_t retakes = 0;
  std::uint64_t handoffs = 0;
  // How often a sleeping thread was woken to use a P. With threads_started,
  // what it took to get Ps used.
  std::uint64_t wakeups = 0;
  std::uint64_t threads_started = 0;  // by the runtime, but for its monitor
  std::uint64_t timers_fired = 0;     // each tick of a Ticker counts
  std::uint64_t world_stops = 0;      // GOMAXPROCS, Stack(true), end of a Run

  // Now.

  int goroutines = 0;       // as NumGoroutine says
  int runnable = 0;         // of these, in a queue
  int procs = 0;            // as GOMAXPROCS(0) says
  int idle_procs = 0;       // of these, with nothing to do
  int threads = 0;          // the runtime's own, but for its monitor
  int idle_threads = 0;     // of these, asleep until they are needed
  int foreign_threads = 0;  // others that have used the library
  std::size_t timers = 0;   // armed

  // Stacks that goroutines have had, of all sizes. Warm ones are free and keep
  // their memory, cold ones are free and have given it back; the rest are in
  // use, or kept for the next goroutine on a P (64 at most each).
  std::size_t stacks_made = 0;
  std::size_t stacks_warm = 0;
  std::size_t stacks_cold = 0;
  // How the next new stack will be guarded: "madvise" costs no mapping,
  // "mprotect" two of vm.max_map_count, "canary" is what is left after those,
  // and finds an overflow late.
  const char* stack_guard = "";
};

// Stats returns them. To keep them costs three instructions when a goroutine
// starts and when it yields, and none when it parks. To read them costs some
// microseconds, a few locks, and a walk over the Ps that there ever were. Never
// parks. From any thread or goroutine; not from a signal handler.
GOSLING_API Counters Stats();

// Metric is one number of ReadMetrics; its name says the unit behind a colon.
// Of a histogram, `value` is how many there are in all, and counts[i] how many from
// buckets[i] up to, not including, buckets[i + 1].
struct Metric {
  std::string name;
  std::uint64_t value = 0;
  std::vector<std::uint64_t> counts;
  std::vector<double> buckets;
  double seconds = 0;  // of a sum of times, whose `value` is in whole ones
};

// ReadMetrics returns what can be read cheaply, each number as of some moment
// during the call, sorted by name:
//
//   /sched/goroutines:goroutines           as NumGoroutine says
//   /sched/goroutines/running:goroutines   /runnable, /waiting: slow, one by one
//   /sched/goroutines-created:goroutines
//   /sched/gomaxprocs:threads
//   /sched/threads/total:threads
//   /sched/latencies:seconds               how long goroutines waited to run
//   /sched/pauses/stopping/other:seconds   for how long the world was being stopped
//   /sched/pauses/total/other:seconds      and until it went on
//   /sync/mutex/wait/total:seconds         goroutines' waits for Mutex and RWMutex
//
// as Go names them; the three before the last are histograms (of latencies a sample:
// unlike Go, not of each eighth, but of one on each P every 10 ms, and one in eight
// of those that an idle P has found; it costs nothing in between), the last a sum:
// of long waits that have ended, and an estimate of short ones. And, of our own, the
// other numbers of Stats below /gosling/sched/, and those of signal::Stats, all
// signals together, below /gosling/signals/. Never parks. Throws std::bad_alloc.
// Go: runtime/metrics.Read.
GOSLING_API std::vector<Metric> ReadMetrics();

// LeakedGoroutine is one that will wait for ever.
struct LeakedGoroutine {
  std::uint64_t id = 0;
  std::string name;  // empty: it has none
  std::string state;
};

// Leaked returns the goroutines of which that is certain: those that send to, or
// receive from, a nil channel, and those in a select without cases. Any other
// wait might be ended by something that still holds the channel or the lock, and
// without a garbage collector there is no telling whether anything does. Stack
// marks them (leaked). Never parks. Throws std::bad_alloc. Go: the profile
// goroutineleak.
GOSLING_API std::vector<LeakedGoroutine> Leaked();

// SetBlockProfileRate has waits counted for debug::BlockProfile, one for each `ns`
// nanoseconds spent waiting in the mean: all those that last as long or longer, of
// shorter ones a sample, which stands for the others too. 1 counts each; 0 or less,
// as it is at first, none. Waits are those for channels, in select, for locks,
// Conds and WaitGroups; not sleeps and not waits for descriptors; until the
// goroutine is woken, not until it runs. Threads that are not goroutines do not
// count. What is counted stays for as long as the process lives. Throws
// std::bad_alloc. Costs nothing while it is off; on, each park reads the clock
// twice, and each that is counted reads the stack: 0.3 us, and 8 (two virtual
// cores). Go: runtime.SetBlockProfileRate.
GOSLING_API void SetBlockProfileRate(std::int64_t ns);

// SetMutexProfileFraction has one in n Unlocks that others wait for counted, for
// debug::MutexProfile: with the stack of the one that unlocks, and for how long all
// those others have waited. Of sync::Mutex and sync::RWMutex. 0 turns it off, below
// 0 changes nothing; returns the former setting. Throws std::bad_alloc. Costs as
// much as SetBlockProfileRate. Go: runtime.SetMutexProfileFraction.
GOSLING_API int SetMutexProfileFraction(int n);

// SetName names the calling goroutine in dumps and panics; empty: no name. The
// text is copied.
GOSLING_API void SetName(std::string_view name);

}  // namespace gosling::runtime

#endif  // GOSLING_RUNTIME_H_
