// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tests/faults/inject.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/sanitizers.h"

namespace gosling::faults {

namespace {

// One that is never used again: a thread that still looks at it disturbs none.
struct Slot {
  Fault fault;
  std::atomic<bool> on{false};
  std::atomic<int> seen{0};
  std::atomic<int> fired{0};
};
constexpr int kSlots = 64;
std::array<Slot, kSlots> slots;
std::atomic<int> used{0};

Scenario* scenarios = nullptr;

// Arm takes the next slot. One thread at a time does.
int Arm(const Fault& fault) {
  const int n = used.load();
  Slot& slot = slots.at(static_cast<std::size_t>(n));
  slot.fault = fault;
  slot.on.store(true, std::memory_order_release);
  used.store(n + 1, std::memory_order_release);
  return n;
}

// Error returns how a call is to fail: an errno, kShort, or 0: not at all. Takes
// no lock, and allocates nothing: signal handlers come here, too.
int Error(std::string_view call, long first, long second = kAny,
          const char* path = nullptr) {
  // acquire: pairs with Injected's release
  const int n = used.load(std::memory_order_acquire);
  for (int i = 0; i < n; i++) {
    Slot& slot = slots[static_cast<std::size_t>(i)];
    const Fault& f = slot.fault;
    if (!slot.on.load(std::memory_order_acquire) || f.call != call ||
        (f.first != kAny && f.first != first) ||
        (f.second != kAny && f.second != second) ||
        (!f.path.empty() &&
         (path == nullptr ||
          std::string_view(path).find(f.path) == std::string_view::npos))) {
      continue;
    }
    const int nth = slot.seen.fetch_add(1);
    if (nth < f.skip || nth >= f.skip + f.times) continue;
    slot.fired.fetch_add(1);
    return f.err;
  }
  return 0;
}

// Fails is Error for calls that say -1 and set errno.
bool Fails(std::string_view call, long first, long second = kAny,
           const char* path = nullptr) {
  const int err = Error(call, first, second, path);
  if (err > 0) errno = err;
  return err > 0;
}

}  // namespace

Injected::Injected(const Fault& fault, Where where)
    : slot_(Arm(fault)), where_(where) {}

Injected::~Injected() {
  slots[static_cast<std::size_t>(slot_)].on.store(false);
  Check(fired() > 0, "the call was never made", where_);
}

void QuietSysmon() {
  ::setenv("GODEBUG", "containermaxprocs=0,updatemaxprocs=0", 1);
  Arm({.call = "open",
       .err = EMFILE,
       .times = kAlways,
       .path = "/proc/self/task/"});
}

int Injected::fired() const {
  return slots[static_cast<std::size_t>(slot_)].fired.load();
}

void Check(bool holds, std::string_view what, Where where) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: %.*s\n", where.file, where.line,
               static_cast<int>(what.size()), what.data());
  std::_Exit(1);
}

Scenario::Scenario(const char* n, const char* o, const char* w, void (*p)())
    : name(n), outcome(o), words(w), play(p), next(scenarios) {
  scenarios = this;
}

}  // namespace gosling::faults

using gosling::faults::Error;
using gosling::faults::Fails;
using gosling::faults::kAny;
using gosling::faults::kShort;

// One that says -1 and sets errno. `params` are in parentheses, as `args` are;
// first and second are what a Fault may want to see of them.
#define WRAP(type, name, params, args, ...)                  \
  type __real_##name params;                                 \
  type __wrap_##name params;                                 \
  type __wrap_##name params {                                \
    return Fails(#name, __VA_ARGS__) ? static_cast<type>(-1) \
                                     : __real_##name args;   \
  }
// Likewise, where libc has a function of another name for 64 bits, which is the
// one that the library calls.
#define WRAP64(type, name, params, args, ...)                  \
  type __real_##name##64 params;                               \
  type __wrap_##name##64 params;                               \
  type __wrap_##name##64 params {                              \
    return Fails(#name, __VA_ARGS__) ? static_cast<type>(-1)   \
                                     : __real_##name##64 args; \
  }
// One that moves n bytes.
#define WRAP_MOVE(name, params, args)  \
  ssize_t __real_##name params;        \
  ssize_t __wrap_##name params;        \
  ssize_t __wrap_##name params {       \
    const int err = Error(#name, fd);  \
    if (err == kShort && n > 1) n = 1; \
    if (err > 0) {                     \
      errno = err;                     \
      return -1;                       \
    }                                  \
    return __real_##name args;         \
  }
// One that returns its error.
#define WRAP_ERROR(name, params, args)          \
  int __real_##name params;                     \
  int __wrap_##name params;                     \
  int __wrap_##name params {                    \
    const int err = Error(#name, kAny);         \
    return err != 0 ? err : __real_##name args; \
  }

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
WRAP_MOVE(read, (int fd, void* at, size_t n), (fd, at, n))
WRAP_MOVE(write, (int fd, const void* at, size_t n), (fd, at, n))
WRAP_MOVE(recv, (int fd, void* at, size_t n, int flags), (fd, at, n, flags))
WRAP_MOVE(send, (int fd, const void* at, size_t n, int flags),
          (fd, at, n, flags))
WRAP_MOVE(recvfrom,
          (int fd, void* at, size_t n, int flags, sockaddr* from,
           socklen_t* size),
          (fd, at, n, flags, from, size))
WRAP_MOVE(sendto,
          (int fd, const void* at, size_t n, int flags, const sockaddr* to,
           socklen_t size),
          (fd, at, n, flags, to, size))
WRAP_MOVE(pread64, (int fd, void* at, size_t n, long offset),
          (fd, at, n, offset))
WRAP_MOVE(pwrite64, (int fd, const void* at, size_t n, long offset),
          (fd, at, n, offset))
WRAP(ssize_t, sendmsg, (int fd, const msghdr* m, int flags), (fd, m, flags), fd)
WRAP(ssize_t, recvmsg, (int fd, msghdr* m, int flags), (fd, m, flags), fd)
WRAP(ssize_t, writev, (int fd, const iovec* v, int n), (fd, v, n), fd)
WRAP(ssize_t, splice,
     (int from, loff_t* a, int to, loff_t* b, size_t n, unsigned flags),
     (from, a, to, b, n, flags), from, to)
WRAP64(ssize_t, sendfile, (int to, int from, long* offset, size_t n),
       (to, from, offset, n), to)

WRAP64(int, open, (const char* path, int flags, mode_t mode),
       (path, flags, mode), kAny, kAny, path)
WRAP(int, close, (int fd), (fd), fd)
WRAP64(int, fcntl, (int fd, int command, long arg), (fd, command, arg), fd,
       command)
int __real_fcntl(int fd, int command, long arg);
int __wrap_fcntl(int fd, int command, long arg);
int __wrap_fcntl(int fd, int command, long arg) {  // the trampoline's
  return Fails("fcntl", fd, command) ? -1 : __real_fcntl(fd, command, arg);
}
WRAP64(int, stat, (const char* path, struct stat* out), (path, out), kAny, kAny,
       path)
WRAP64(int, fstat, (int fd, struct stat* out), (fd, out), fd)
WRAP(int, faccessat, (int at, const char* path, int mode, int flags),
     (at, path, mode, flags), kAny, kAny, path)
WRAP(int, fsync, (int fd), (fd), fd)
WRAP64(int, ftruncate, (int fd, long size), (fd, size), fd)
WRAP64(long, lseek, (int fd, long offset, int whence), (fd, offset, whence), fd)
WRAP(int, pipe2, (int* fds, int flags), (fds, flags), kAny)
WRAP(int, unlink, (const char* path), (path), kAny, kAny, path)

WRAP(int, epoll_create1, (int flags), (flags), kAny)
WRAP(int, eventfd, (unsigned n, int flags), (n, flags), kAny)
WRAP(int, epoll_ctl, (int fd, int op, int of, epoll_event* event),
     (fd, op, of, event), of, op)
WRAP(int, epoll_pwait,
     (int fd, epoll_event* events, int n, int ms, const sigset_t* mask),
     (fd, events, n, ms, mask), kAny)
WRAP(int, poll, (struct pollfd * fds, unsigned long n, int ms), (fds, n, ms),
     kAny)

WRAP(int, socket, (int family, int type, int protocol),
     (family, type, protocol), family)
WRAP(int, connect, (int fd, const sockaddr* to, socklen_t size), (fd, to, size),
     fd)
WRAP(int, bind, (int fd, const sockaddr* to, socklen_t size), (fd, to, size),
     fd)
WRAP(int, listen, (int fd, int most), (fd, most), fd)
WRAP(int, accept4, (int fd, sockaddr* from, socklen_t* size, int flags),
     (fd, from, size, flags), fd)
WRAP(int, getsockname, (int fd, sockaddr* to, socklen_t* size), (fd, to, size),
     fd)
WRAP(int, getpeername, (int fd, sockaddr* to, socklen_t* size), (fd, to, size),
     fd)
WRAP(int, getsockopt, (int fd, int level, int name, void* to, socklen_t* size),
     (fd, level, name, to, size), level, name)
WRAP(int, setsockopt,
     (int fd, int level, int name, const void* to, socklen_t size),
     (fd, level, name, to, size), level, name)
WRAP(int, shutdown, (int fd, int how), (fd, how), fd)
WRAP(int, gethostname, (char* name, size_t size), (name, size), kAny)

WRAP(int, clock_gettime, (clockid_t clock, timespec* out), (clock, out), clock)
WRAP_ERROR(clock_nanosleep,
           (clockid_t clock, int flags, const timespec* at, timespec* left),
           (clock, flags, at, left))
WRAP(int, madvise, (void* at, size_t n, int advice), (at, n, advice), advice)
WRAP(int, munmap, (void* at, size_t n), (at, n), kAny)
WRAP(int, mprotect, (void* at, size_t n, int how), (at, n, how), kAny)
WRAP64(int, getrlimit, (int resource, rlimit* out), (resource, out), resource)
WRAP(int, prctl, (int what, long a, long b, long c, long d), (what, a, b, c, d),
     what)
WRAP(int, kill, (pid_t pid, int signo), (pid, signo), kAny, signo)
WRAP(int, waitid, (idtype_t type, id_t id, siginfo_t* info, int options),
     (type, id, info, options), type, options)
WRAP(int, sigaction,
     (int signo, const struct sigaction* to, struct sigaction* former),
     (signo, to, former), signo, to != nullptr)
WRAP(int, sigaltstack, (const stack_t* to, stack_t* former), (to, former),
     to != nullptr)
WRAP(int, sigpending, (sigset_t * out), (out), kAny)
WRAP(int, sigtimedwait,
     (const sigset_t* set, siginfo_t* info, const timespec* limit),
     (set, info, limit), kAny)
WRAP(int, setitimer, (int which, const itimerval* to, itimerval* former),
     (which, to, former), which)
WRAP(long, syscall,
     (long number, long a, long b, long c, long d, long e, long f),
     (number, a, b, c, d, e, f), number, b)

WRAP_ERROR(pthread_atfork,
           (void (*before)(), void (*parent)(), void (*child)()),
           (before, parent, child))
WRAP_ERROR(pthread_attr_init, (pthread_attr_t * attr), (attr))
WRAP_ERROR(pthread_attr_setstacksize, (pthread_attr_t * attr, size_t n),
           (attr, n))
WRAP_ERROR(pthread_create,
           (pthread_t * thread, const pthread_attr_t* attr, void* (*f)(void*),
            void* arg),
           (thread, attr, f, arg))
WRAP_ERROR(pthread_getattr_np, (pthread_t thread, pthread_attr_t* attr),
           (thread, attr))
WRAP_ERROR(posix_spawn,
           (pid_t * pid, const char* path,
            const posix_spawn_file_actions_t* actions,
            const posix_spawnattr_t* attr, char* const* argv, char* const* env),
           (pid, path, actions, attr, argv, env))
WRAP_ERROR(posix_spawn_file_actions_adddup2,
           (posix_spawn_file_actions_t * actions, int fd, int to),
           (actions, fd, to))
WRAP_ERROR(posix_spawn_file_actions_addchdir_np,
           (posix_spawn_file_actions_t * actions, const char* to),
           (actions, to))

// --- Those that return an address ---

void* __real_mmap64(void* at, size_t n, int how, int flags, int fd,
                    long offset);
void* __wrap_mmap64(void* at, size_t n, int how, int flags, int fd,
                    long offset);
void* __wrap_mmap64(void* at, size_t n, int how, int flags, int fd,
                    long offset) {
  return Fails("mmap", kAny) ? MAP_FAILED
                             : __real_mmap64(at, n, how, flags, fd, offset);
}
void* __real_malloc(size_t n);
void* __wrap_malloc(size_t n);
void* __wrap_malloc(size_t n) {
  return Fails("malloc", kAny) ? nullptr : __real_malloc(n);
}
void* __real_realloc(void* at, size_t n);
void* __wrap_realloc(void* at, size_t n);
void* __wrap_realloc(void* at, size_t n) {
  return Fails("realloc", kAny) ? nullptr : __real_realloc(at, n);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

}  // extern "C"

// Without a name: all scenarios are listed. With one it is played; the status
// is then 0, or what the runtime has died with.
int main(int argc, char** argv) {
  using gosling::faults::Scenario;
  using gosling::faults::scenarios;
  for (const Scenario* s = scenarios; s != nullptr; s = s->next) {
    if (argc < 2) {
      std::printf("%s\t%s\t%s\n", s->name, s->outcome, s->words);
    } else if (std::strcmp(argv[1], s->name) == 0) {
      ::alarm(gosling::kSanitized ? 240 : 60);  // one that hangs
      s->play();
      return 0;
    }
  }
  return argc < 2 ? 0 : 3;
}
