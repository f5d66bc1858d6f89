// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the scheduler asks of the operating system. Everything here blocks or
// acts on the calling thread; nothing knows of goroutines, and nothing in here
// allocates from the heap except StartThread.
//
// Contract of a platform file (os_linux.cc, os_darwin.cc …; the build chooses
// one):
// * It defines every function below that is not in os_posix.cc, which serves all
//   of them, or in a file of its own for what does not go by the system alone:
//   futex_*.cc, cond_*.cc. A facility that the system lacks is reported as
//   missing in the way the function's comment names, never imitated by halves:
//   the callers own the fallbacks.
// * EINTR is retried in here, once, so that no caller sees it. FutexWait is the
//   exception: like any futex wait it may return early, and its callers loop on
//   their own condition.
// * A call that cannot fail unless the runtime itself is broken ends in Throw.
// * Functions marked [signal] are async-signal-safe. They may leave errno
//   changed: a handler saves errno for itself.

#ifndef GOSLING_SCHED_OS_H_
#define GOSLING_SCHED_OS_H_

#include <pthread.h>
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
void Membarrier();

// FutexWait sleeps while *addr == expected, for at most timeout_ns nanoseconds
// (< 0: for ever). It may return early, for a signal or for a wakeup meant for
// an earlier user of that memory: callers test their condition and the clock
// again. Blocks the thread. Fatal in a forked child (fork.h), where nobody is
// left to wake it.
void FutexWait(std::atomic<std::uint32_t>* addr, std::uint32_t expected,
               std::int64_t timeout_ns);

// FutexWake wakes at most n threads that sleep on addr. The memory may be gone
// by then: nothing in it is read. [signal] if FutexWakeIsSignalSafe.
void FutexWake(std::atomic<std::uint32_t>* addr, int n);

bool FutexWakeIsSignalSafe();

// CondWaitFor waits on cond, whose mutex the caller holds, for at most ns
// nanoseconds of the monotonic clock. Returns 0 or ETIMEDOUT; either may come
// early: callers look at their condition and the clock again. cond is statically
// initialised: it carries no clock of its own.
int CondWaitFor(pthread_cond_t* cond, pthread_mutex_t* mutex, std::int64_t ns);

// Yield lets another thread have the processor. [signal]
void Yield();

// SleepNs blocks the thread for at least ns nanoseconds; nothing for ns <= 0.
void SleepNs(std::int64_t ns);

// --- Threads and signal masks ---

// StartThread starts fn(arg) on a new detached thread whose signals are all
// blocked; fn sets the mask it wants when it can take signals. stack_size is in
// bytes, rounded up to what the system demands; 0 is the system's default.
// Returns 0 or the errno. A system short of threads for a moment (EAGAIN) is
// asked again for about 0.2 s, as Go does (retryOnEAGAIN). Allocates.
int StartThread(void (*fn)(void*), void* arg, std::size_t stack_size);

// BlockAllSignals blocks every signal that may be blocked in the calling thread
// (libc keeps its own internal ones open) and stores the former mask in *old,
// which may be nullptr. [signal]
void BlockAllSignals(sigset_t* old);

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

// UnblockableLike gives what `signo` does to another signal, one that libc lets
// no thread block because it needs it itself, and returns that. For processes
// that die: libc then does without. 0: the system has none. [signal]
int UnblockableLike(int signo);

// --- Memory ---

// PageSize returns the size of a page in bytes. [signal]
std::size_t PageSize();

// Reserve maps size bytes (a multiple of the page size) of zeroed, readable and
// writable private memory for stacks, without backing it or reserving swap
// where the system allows that. Returns nullptr on failure and leaves errno.
void* Reserve(std::size_t size);

// CommitsAddressSpace says whether the system counts what is mapped, used or
// not, against a limit that all processes share, so that Reserve is not for
// nothing after all (vm.overcommit_memory=2).
bool CommitsAddressSpace();

// Release unmaps what Reserve returned, or page-aligned parts of it.
void Release(void* addr, std::size_t size);

// GuardInstall makes the pages inaccessible without splitting the mapping
// (Linux's MADV_GUARD_INSTALL). Returns 0 or an errno; EINVAL or ENOSYS: the
// system cannot do that (here).
int GuardInstall(void* addr, std::size_t size);

// GuardInstallMany does that to n ranges, with fewer system calls where it can,
// and returns how many of them, from the first, are done. *err is then what
// stopped it, 0 if nothing did.
int GuardInstallMany(const iovec* ranges, int n, int* err);

// Protect makes the pages inaccessible. It splits the mapping: at most two more
// of the MaxMapCount() that a process may have. Returns 0 or an errno.
int Protect(void* addr, std::size_t size);

// DontNeed gives the pages' memory back: at once, or (Darwin) when the system is
// short of it. They read as zero afterwards, or as they were. Pages made
// inaccessible stay so. A refusal (locked memory) is ignored.
void DontNeed(void* addr, std::size_t size);

// DontNeedMany does that to n ranges, with fewer system calls where it can.
void DontNeedMany(const iovec* ranges, int n);

// IsReadable says whether the byte at addr can be read, without a fault if it
// cannot. [signal]
bool IsReadable(const void* addr);

// NoHugePages asks that the range be backed by pages of PageSize() only: a huge
// page would make every shallow stack cost megabytes. A system without huge
// pages ignores it.
void NoHugePages(void* addr, std::size_t size);

// MaxMapCount returns how many mappings a process may have (vm.max_map_count),
// -1 if unknown or unlimited.
std::int64_t MaxMapCount();

// ExplainNoMemory says in one sentence, valid for ever, why Reserve(size)
// failed and what a person can do about it. Looks at the limits in force now.
const char* ExplainNoMemory(std::size_t size);

// --- Descriptors ---

// PipeCloexec makes a pipe with both ends close-on-exec, at the moment they
// come into being where the system has pipe2, else just after. fds[0] is the
// end to read from. Returns 0 or -errno, with nothing left open. Calls libc by
// the trampolines, on the thread's own stack (sched/libc_call.h).
int PipeCloexec(int fds[2]);

// --- Children ---

// MakeForkWord returns a word that the system, where it can, sets to 0 in a
// forked child; it starts as 0. Never freed. nullptr: no memory.
std::atomic<std::uint32_t>* MakeForkWord();

// --- Alternate signal stacks ---

// AltStack owns the alternate signal stack of one thread. Zeroed: it owns none.
struct AltStack {
  // Guard and stack; nullptr if the thread's stack was somebody else's.
  void* mapping = nullptr;
  std::size_t size = 0;  // of the mapping, bytes
};

// InstallAltStack gives the calling thread a guarded alternate signal stack,
// and *out what is to be freed later. A thread that already has one keeps it,
// whatever its size, as in Go (minitSignalStack): it belongs to another
// library, and *out owns nothing. False: no memory for it (errno is left), and
// the thread has none.
bool InstallAltStack(AltStack* out);

// RemoveAltStack takes that stack away again and frees it; a foreign one is
// left alone. Runs on the thread that installed it, not on that stack. All
// signals are blocked meanwhile. A thread about to end should block them before
// and leave them so: a handler that came after this would run on the thread's
// ordinary stack.
void RemoveAltStack(AltStack* stack);

}  // namespace gosling::sched::os

#endif  // GOSLING_SCHED_OS_H_
