// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// os: the operating system's part of the scheduler. Everything here blocks or
// acts on the calling thread; nothing knows of goroutines, and nothing in here
// allocates from the heap except StartThread.
//
// Contract of a platform file (os_linux.cc, os_darwin.cc …; the build chooses
// one):
// * It defines every function below that is not in os_posix.cc, which serves
//   all of them. Functions that do not go by the system alone have files of
//   their own: futex_*.cc, cond_*.cc. A facility that the system lacks is
//   reported as missing in the way the function's comment names, never imitated
//   by halves: the callers own the fallbacks.
// * EINTR is retried in here, once, so that no caller sees it. FutexWait is the
//   exception: like any futex wait it may return early, and its callers loop on
//   their own condition.
// * A call that cannot fail unless the runtime itself is broken ends in Throw.
// * Functions marked [signal] are async-signal-safe. They may leave errno
//   changed: a handler saves errno for itself.

#ifndef GOSLING_SCHED_OS_OS_H_
#define GOSLING_SCHED_OS_OS_H_

#include <signal.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gosling::sched::os {

// --- Time and the machine ---

// Nanotime returns the monotonic clock in nanoseconds. Its zero is arbitrary.
// [signal]
std::int64_t Nanotime();

// ProcessCpuTime returns the CPU time that the process has used on all its
// threads, in nanoseconds. A system call.
std::int64_t ProcessCpuTime();

// NumCPU returns how many processors the calling thread may run on (its
// affinity mask), at least 1.
int NumCPU();

// ThreadId returns the kernel's number of the calling thread, as debuggers show
// it. [signal]
std::int64_t ThreadId();

// ThreadHandle returns the number by which the next two know the calling
// thread, for as long as it lives. [signal]
std::int64_t ThreadHandle();

// ThreadCpuTime returns the CPU time that a thread of this process has used, in
// nanoseconds, or -1 where the system does not tell. While the thread does not
// run, it stays what it is. A system call.
std::int64_t ThreadCpuTime(std::int64_t handle);

// StateOfThread says whether a thread of this process sleeps in the system, for
// whatever it waits for there (kAsleep), or is ready: it runs or wants to
// (kReady). kUnknown: the system does not tell. Some system calls; on Linux it
// opens a descriptor for their length, and so says kUnknown while 0, 1 or 2 is
// closed: sysmon asks often, and a thread may be about to close and open one of
// them anew, which must get that number.
enum class ThreadState { kUnknown, kReady, kAsleep };
ThreadState StateOfThread(std::int64_t handle);

// ThreadCount returns how many threads the process has in the kernel's view,
// those of other libraries included, or -1 where the system does not tell. One
// system call. [signal]
int ThreadCount();

// --- Barriers and waiting ---

// RegisterMembarrier prepares Membarrier; call it once at start. False: the
// system has none, and the fast side of an asymmetric protocol must use a real
// fence instead.
bool RegisterMembarrier();

// Membarrier makes every running thread of the process pass a full memory
// barrier before it returns. Only after RegisterMembarrier returned true.
// False: the system refuses it to this thread from now on (a seccomp filter),
// and it has done nothing.
bool Membarrier();

// VisitCpusOf runs the calling thread on every processor that thread `tid` of
// the process may run on, one after the other: that thread has been off its
// processor meanwhile, and so has passed a full barrier. False: refused, or
// there is no such thing here.
bool VisitCpusOf(std::int64_t tid);

// Yield lets another thread have the processor. [signal]
void Yield();

// SleepNs blocks the thread for at least ns nanoseconds; nothing for ns <= 0.
void SleepNs(std::int64_t ns);

// SleepExactlyNs is SleepNs for when some 50 us more would be too long: the
// system does not put the wake-up off to share it with another, where it can be
// told so.
void SleepExactlyNs(std::int64_t ns);

// --- Threads and signal masks ---

// StartThread starts fn(arg) on a new detached thread whose signals are all
// blocked; fn sets the mask it wants when it can take signals. stack_size is in
// bytes, rounded up to what the system demands; 0 is the system's default.
// Returns 0 or the errno. Allocates.
int StartThread(void (*fn)(void*), void* arg, std::size_t stack_size);

// StartThreadPatiently asks a system that is short of threads for a moment
// (EAGAIN) again, for about 0.2 s, as Go does (retryOnEAGAIN). For a thread
// without which nothing goes on.
int StartThreadPatiently(void (*fn)(void*), void* arg, std::size_t stack_size);

// BlockAllSignals blocks every signal that may be blocked in the calling thread
// (libc keeps its own internal ones open) and stores the former mask in *old,
// which may be nullptr. [signal]
void BlockAllSignals(sigset_t* old);

// SigsetOf returns the signals of a word: bit n-1 is signal n.
sigset_t SigsetOf(std::uint64_t signals);

// SetSignalMask replaces the calling thread's signal mask. [signal]
void SetSignalMask(const sigset_t& mask);

// ThreadStack returns the bounds of the calling thread's own stack. False: the
// system does not tell.
bool ThreadStack(void** lo, std::size_t* size);

// SignalThread sends a signal to the thread of this process that ThreadId
// returned `tid` for. False: there is none. [signal]
bool SignalThread(std::int64_t tid, int signo);

// Raise sends a signal to the calling thread, like raise, which in a child that
// libc did not fork may take the parent's thread for it. [signal]
void Raise(int signo);

// UnblockableLike gives the action of `signo` to another signal, one that libc
// lets no thread block because it needs it itself, and returns that signal. For
// processes that die: libc then does without. 0: the system has none. [signal]
int UnblockableLike(int signo);

// StartTicks has the system send `signo` to the calling thread every `period`
// nanoseconds, in real time, until StopTicks. One thread at a time does that.
// False: not now. A system without such timers says true and sends none.
// [signal]
bool StartTicks(int signo, std::int64_t period);
void StopTicks();

// --- Memory ---

// PageSize returns the size of a page in bytes. [signal]
std::size_t PageSize();

// Reserve maps size bytes (a multiple of the page size) of zeroed, readable and
// writable private memory for stacks, without backing it or reserving swap
// where the system allows that. Returns nullptr on failure and leaves errno.
void* Reserve(std::size_t size);

// CommitsAddressSpace says whether the system counts mappings, used or not,
// against a limit that all processes share, so that Reserve is not free
// (vm.overcommit_memory=2).
bool CommitsAddressSpace();

// Release unmaps what Reserve returned, or page-aligned parts of it.
void Release(void* addr, std::size_t size);

// GuardInstallMany makes n ranges of pages inaccessible without splitting the
// mapping (Linux's MADV_GUARD_INSTALL). Returns how many of them, from the first,
// are done. *err is then what stopped it, 0 if nothing did; EINVAL or ENOSYS: the
// system cannot do that (here).
int GuardInstallMany(const iovec* ranges, int n, int* err);

// Protect makes the pages inaccessible. It splits the mapping: at most two more
// of the MaxMapCount() that a process may have. Returns 0 or an errno.
int Protect(void* addr, std::size_t size);

// DontNeed gives the pages' memory back: at once, or (Darwin) when the system
// is short of it. They read as zero afterwards, or as they were. Pages made
// inaccessible stay so. A refusal (locked memory) is ignored.
void DontNeed(void* addr, std::size_t size);

// DontNeedMany does that to n ranges, with fewer system calls where it can.
void DontNeedMany(const iovec* ranges, int n);

// IsReadable says whether the byte at addr can be read, without a fault if it
// cannot; false, too, where the system does not tell. [signal]
bool IsReadable(const void* addr);

// NoHugePages asks that the range be backed by pages of PageSize() only: a huge
// page would make every shallow stack cost megabytes. A system without huge
// pages ignores it.
void NoHugePages(void* addr, std::size_t size);

// NameMapping gives the mapping a name, [anon:NAME] in /proc/PID/maps and in
// debuggers, where the system can (Linux 5.17, if it was built so).
void NameMapping(void* addr, std::size_t size, const char* name);

// MaxMapCount returns how many mappings a process may have (vm.max_map_count),
// -1 if unknown or unlimited.
std::int64_t MaxMapCount();

// ExplainNoMemory says in one sentence, valid for ever, why Reserve(size)
// failed and what a person can do about it. Looks at the limits in force now.
const char* ExplainNoMemory(std::size_t size);

// --- The environment ---

// Privileged says whether the program has more rights than who called it, as one
// with the set-user-ID bit has. Then what the caller has written is not to be
// obeyed, nor the program's memory to be shown. [signal]
bool Privileged();

// Getenv is getenv, but nullptr in a program that is Privileged: a trace written
// to any file, for one, would be anybody's way to overwrite it.
// Go: runtime/security_unix.go.
const char* Getenv(const char* name);

// --- Descriptors ---
//
// A process may be started with 0, 1 or 2 closed, and the next descriptor to be
// opened gets that number. A goroutine that reads the standard input would then
// read the runtime's own bytes. So no descriptor that the runtime opens, or has
// a library open on its behalf, is ever one of these. Unlike Go, which opens
// /dev/null on them when a program starts: a library leaves the process's
// descriptors as they are.

// ShunStandard keeps, while it lives, 0, 1 and 2 from being given to a
// descriptor that is opened: each of them that is closed is taken by one that
// answers reads and writes as a closed one does. No more than an attempt where
// the system refuses that, or in a forked child: RaiseFd then moves the
// descriptor that was opened. Leaves errno alone. [signal]
class ShunStandard {
 public:
  ShunStandard();
  ~ShunStandard();
  ShunStandard(const ShunStandard&) = delete;
  ShunStandard& operator=(const ShunStandard&) = delete;

 private:
  bool listed_;
};

// StandardAreOpen says whether none of 0, 1 and 2 is closed. [signal]
bool StandardAreOpen();

// RaiseFd returns fd if it is above 2, or negative; else it closes it and
// returns a close-on-exec duplicate of it which is, or -errno. [signal]
int RaiseFd(int fd);

// IsForGood says of an open's errno that there is no such file, or none that this
// process may read; with another one a later open may do. [signal]
bool IsForGood(int err);

// OpenNothing opens a close-on-exec descriptor that nothing can be read from or
// written to. Negative: the system refuses. [signal]
int OpenNothing();

// --- Children ---

// MakeForkWord returns a word that the system, where it can, sets to 0 in a
// forked child; it starts as 0. Never freed. nullptr: no memory.
std::atomic<std::uint32_t>* MakeForkWord();

// --- Alternate signal stacks ---

// AltStack owns the alternate signal stack of one thread. Zeroed: it owns none.
struct AltStack {
  // Guard and stack; nullptr if the stack in place is another library's.
  void* mapping = nullptr;
  std::size_t size = 0;  // of the mapping, bytes
};

// InstallAltStack gives the calling thread a guarded alternate signal stack,
// which *out then owns. A thread that already has one keeps it, whatever its
// size, as in Go (minitSignalStack): it belongs to another library, and *out
// owns nothing. False: no memory for it (errno is left), and the thread has
// none.
bool InstallAltStack(AltStack* out);

// What differs by system of that. AltStackSize is the size of such a stack without
// its guard, in whole pages; PrepareAltStack, with the guard at its low end, guards
// it, and does what else the system wants. Failing is no reason to be without.
std::size_t AltStackSize();
void PrepareAltStack(void* mapping, std::size_t size);

// RemoveAltStack takes that stack away again and frees it; a foreign one is
// left alone. Runs on the thread that installed it, not on that stack. All
// signals are blocked meanwhile. A thread about to end should block them before
// and leave them so: a handler that came after this would run on the thread's
// ordinary stack.
void RemoveAltStack(AltStack* stack);

}  // namespace gosling::sched::os

#endif  // GOSLING_SCHED_OS_OS_H_
