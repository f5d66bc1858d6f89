// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What gosling takes from Darwin's headers, as far as the sources that the
// emulator's test compiles need it: Apple's public declarations, types and
// numbers, in one file. The test makes every system header an include of this
// one. The library itself is compiled with Apple's own (tools/cross darwin-*).

#ifndef GOSLING_TESTS_EMULATOR_DARWIN_H_
#define GOSLING_TESTS_EMULATOR_DARWIN_H_

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

// clang-format off

extern "C" {

using ssize_t = long;
using pid_t = int;
using uid_t = unsigned;
using off_t = long long;
using mode_t = unsigned short;
using id_t = unsigned;

// --- errno.h ---

int* __error();
#define errno (*__error())
enum : int {
  EPERM = 1, ENOENT = 2, EINTR = 4, EBADF = 9, ENOMEM = 12, EACCES = 13,
  ENOTDIR = 20, EINVAL = 22, ENFILE = 23, EMFILE = 24,
  EPIPE = 32, EAGAIN = 35, EWOULDBLOCK = EAGAIN, ETIMEDOUT = 60, ENOSYS = 78,
};

// --- fcntl.h, unistd.h, stdlib.h, string.h, sched.h ---

int open(const char*, int, ...);
int fcntl(int, int, ...);
enum : int {
  F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4,
  F_DUPFD_CLOEXEC = 67, FD_CLOEXEC = 1,
  O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 4, O_CLOEXEC = 0x1000000,
};

int pipe(int*);
ssize_t read(int, void*, size_t);
ssize_t write(int, const void*, size_t);
int close(int);
pid_t getpid();
int issetugid();
char* getenv(const char*);
long sysconf(int);
enum : int { STDERR_FILENO = 2, _SC_NPROCESSORS_ONLN = 58 };
void* malloc(size_t);
void free(void*);
char* getenv(const char*);
int memcmp(const void*, const void*, size_t);
void* memcpy(void*, const void*, size_t);
void* memset(void*, int, size_t);
size_t strlen(const char*);
int sched_yield();

// --- time.h ---

using time_t = long;
struct timespec { time_t tv_sec; long tv_nsec; };
enum clockid_t : int {
  CLOCK_MONOTONIC = 6, CLOCK_UPTIME_RAW = 8, CLOCK_PROCESS_CPUTIME_ID = 12,
};
uint64_t clock_gettime_nsec_np(clockid_t);
int clock_gettime(clockid_t, timespec*);
int nanosleep(const timespec*, timespec*);

// --- signal.h ---

using sigset_t = uint32_t;
enum : int {
  SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGEMT, SIGFPE, SIGKILL,
  SIGBUS, SIGSEGV, SIGSYS, SIGPIPE, SIGALRM, SIGTERM, SIGURG, SIGSTOP, SIGTSTP,
  SIGCONT, SIGCHLD, SIGTTIN, SIGTTOU, SIGIO, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF,
  SIGWINCH, SIGINFO, SIGUSR1, SIGUSR2, NSIG,
  SIG_BLOCK = 1, SIG_UNBLOCK = 2, SIG_SETMASK = 3, SI_USER = 0x10001,
  SS_DISABLE = 4, MINSIGSTKSZ = 32768,
};
// libc has all of these as functions, too; its headers have them as macros.
#define sigemptyset(set) (*(set) = 0, 0)
#define sigfillset(set) (*(set) = ~sigset_t{0}, 0)
#define sigaddset(set, sig) (*(set) |= 1u << ((sig) - 1), 0)
#define sigismember(set, sig) ((*(set) & 1u << ((sig) - 1)) != 0)

union sigval { int sival_int; void* sival_ptr; };
struct siginfo_t {
  int si_signo, si_errno, si_code;
  pid_t si_pid;
  uid_t si_uid;
  int si_status;
  void* si_addr;
  sigval si_value;
  long si_band;
  unsigned long pad[7];
};
struct stack_t { void* ss_sp; size_t ss_size; int ss_flags; };
int sigaltstack(const stack_t*, stack_t*);
int raise(int);

#if defined(__x86_64__)
struct darwin_thread_state {
  uint64_t __rax, __rbx, __rcx, __rdx, __rdi, __rsi, __rbp, __rsp, __r8, __r9, __r10,
      __r11, __r12, __r13, __r14, __r15, __rip, __rflags, __cs, __fs, __gs;
};
struct darwin_mcontext { uint64_t __es[2]; darwin_thread_state __ss; };
#elif defined(__aarch64__)
struct darwin_thread_state {
  uint64_t __x[29], __fp, __lr, __sp, __pc;
  uint32_t __cpsr, __pad;
};
struct darwin_mcontext { uint64_t __es[2]; darwin_thread_state __ss; };
#define __darwin_arm_thread_state64_get_pc(ss) ((ss).__pc)
#define __darwin_arm_thread_state64_get_sp(ss) ((ss).__sp)
#define __darwin_arm_thread_state64_get_fp(ss) ((ss).__fp)
#define __darwin_arm_thread_state64_get_lr_fptr(ss) ((void*)((ss).__lr))
#define __darwin_arm_thread_state64_set_pc_fptr(ss, p) ((ss).__pc = (uint64_t)(p))
#elif defined(__i386__)
struct darwin_thread_state {
  uint32_t __eax, __ebx, __ecx, __edx, __edi, __esi, __ebp, __esp, __eflags_ss,
      __eflags, __eip, __cs, __ds, __es, __fs, __gs;
};
struct darwin_mcontext { uint32_t __es[3]; darwin_thread_state __ss; };
#else
struct darwin_thread_state { uint32_t __r[13], __sp, __lr, __pc, __cpsr; };
struct darwin_mcontext { uint32_t __es[3]; darwin_thread_state __ss; };
#endif
struct ucontext_t {
  int uc_onstack;
  sigset_t uc_sigmask;
  stack_t uc_stack;
  ucontext_t* uc_link;
  size_t uc_mcsize;
  darwin_mcontext* uc_mcontext;
};

// --- pthread.h ---

using pthread_t = struct _opaque_pthread_t*;
#if __SIZEOF_POINTER__ == 8
struct pthread_mutex_t { long __sig; char __opaque[56]; };
struct pthread_cond_t { long __sig; char __opaque[40]; };
struct pthread_attr_t { long __sig; char __opaque[56]; };
#else
struct pthread_mutex_t { long __sig; char __opaque[40]; };
struct pthread_cond_t { long __sig; char __opaque[24]; };
struct pthread_attr_t { long __sig; char __opaque[36]; };
#endif
#define PTHREAD_MUTEX_INITIALIZER {0x32AAABA7, {0}}
#define PTHREAD_COND_INITIALIZER {0x3CB0B1BB, {0}}
enum : int { PTHREAD_CREATE_DETACHED = 2, PTHREAD_STACK_MIN = 8192 };
pthread_t pthread_self();
int pthread_kill(pthread_t, int);
int pthread_sigmask(int, const sigset_t*, sigset_t*);
int pthread_threadid_np(pthread_t, uint64_t*);
size_t pthread_get_stacksize_np(pthread_t);
void* pthread_get_stackaddr_np(pthread_t);
int pthread_attr_init(pthread_attr_t*);
int pthread_attr_setdetachstate(pthread_attr_t*, int);
int pthread_attr_setstacksize(pthread_attr_t*, size_t);
int pthread_attr_destroy(pthread_attr_t*);
int pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

// --- sys/mman.h, sys/uio.h, sys/resource.h ---

void* mmap(void*, size_t, int, int, int, off_t);
int munmap(void*, size_t);
int mprotect(void*, size_t, int);
int madvise(void*, size_t, int);
int mlock(const void*, size_t);
enum : int {
  PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2,
  MAP_PRIVATE = 2, MAP_NORESERVE = 0x40, MAP_ANON = 0x1000, MADV_FREE = 5,
};
#define MAP_FAILED ((void*)-1)
struct iovec { void* iov_base; size_t iov_len; };
struct rlimit { uint64_t rlim_cur, rlim_max; };
int getrlimit(int, rlimit*);
enum : int { RLIMIT_AS = 5 };
#define RLIM_INFINITY ((uint64_t{1} << 63) - 1)

// --- Mach, libproc.h ---

using kern_return_t = int;
using mach_port_t = unsigned;
using mach_msg_type_number_t = unsigned;
using thread_info_t = int*;
using vm_address_t = uintptr_t;
using vm_size_t = uintptr_t;
using thread_act_array_t = mach_port_t*;
struct time_value_t { int seconds, microseconds; };
struct thread_basic_info_data_t {
  time_value_t user_time, system_time;
  int cpu_usage, policy, run_state, flags, suspend_count, sleep_time;
};
struct thread_identifier_info_data_t {
  uint64_t thread_id, thread_handle, dispatch_qaddr;
};
enum : int {
  KERN_SUCCESS = 0, THREAD_BASIC_INFO = 3, THREAD_IDENTIFIER_INFO = 4,
  TH_STATE_RUNNING = 1, TH_STATE_STOPPED, TH_STATE_WAITING,
  TH_STATE_UNINTERRUPTIBLE, TH_STATE_HALTED,
};
#define THREAD_BASIC_INFO_COUNT \
  ((mach_msg_type_number_t)(sizeof(thread_basic_info_data_t) / 4))
#define THREAD_IDENTIFIER_INFO_COUNT \
  ((mach_msg_type_number_t)(sizeof(thread_identifier_info_data_t) / 4))
extern mach_port_t mach_task_self_;
#define mach_task_self() mach_task_self_
extern vm_size_t vm_page_size;
kern_return_t thread_info(mach_port_t, unsigned, thread_info_t,
                          mach_msg_type_number_t*);
kern_return_t task_threads(mach_port_t, thread_act_array_t*,
                           mach_msg_type_number_t*);
kern_return_t mach_port_deallocate(mach_port_t, mach_port_t);
kern_return_t vm_deallocate(mach_port_t, vm_address_t, vm_size_t);
kern_return_t vm_read_overwrite(mach_port_t, vm_address_t, vm_size_t, vm_address_t,
                                vm_size_t*);
mach_port_t pthread_mach_thread_np(pthread_t);
pthread_t pthread_from_mach_thread_np(mach_port_t);
struct proc_taskinfo {
  uint64_t pti_sizes_and_times[6];
  int pti_counts[9], pti_threadnum, pti_numrunning, pti_priority;
};
enum : int { PROC_PIDTASKINFO = 4 };
int proc_pidinfo(int, int, uint64_t, void*, int);

}  // extern "C"

// --- Boost.Context's fcontext.hpp, so that no other of Boost's is needed ---

namespace boost::context::detail {

using fcontext_t = void*;
struct transfer_t { fcontext_t fctx; void* data; };
extern "C" {
transfer_t jump_fcontext(fcontext_t to, void* data);
fcontext_t make_fcontext(void* stack, size_t size, void (*entry)(transfer_t));
transfer_t ontop_fcontext(fcontext_t to, void* data, transfer_t (*f)(transfer_t));
}

}  // namespace boost::context::detail

#endif  // GOSLING_TESTS_EMULATOR_DARWIN_H_
