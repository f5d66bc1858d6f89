// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Faults of the netpoller, of signals, of other programs and of traces.

#include <fcntl.h>
#include <gosling/gosling.h>
#include <gosling/readable.h>
#include <gosling/trace.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "runtime/exec/child.h"
#include "sched/netpoll.h"
#include "tests/descriptors.h"
#include "tests/faults/inject.h"
#include "tests/sanitizers.h"

namespace gosling::faults {
namespace {

using namespace std::chrono_literals;

constexpr long kEpollPwait2 = 441;
constexpr long kPidfdSendSignal = 424;
constexpr long kPidfdOpen = 434;

bool Says(const Error& err, int code) {
  return err.code() == std::error_condition(code, std::generic_category());
}

// Ends are of a pipe that does not block.
struct Ends {
  Ends() {
    int fds[2];
    Check(::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
    r = fds[0];
    w = fds[1];
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    ::close(r);
    ::close(w);
  }

  int r;
  int w;
};

// --- The netpoller ---

REPORTS(ThePollerCannotBeMade) {
  QuietSysmon();
  gosling::Run([] {
    const Ends ends;
    const std::set<int> before = LastingDescriptors();
    for (const char* call : {"epoll_create1", "eventfd"}) {
      const Injected fault({.call = call, .err = EMFILE});
      Check(Says(runtime::WaitReadable(ends.r), EMFILE), call);
    }
    {
      const Injected fault({.call = "epoll_ctl", .err = ENOMEM});
      Check(Says(runtime::WaitReadable(ends.r), ENOMEM));
    }
    Check(LastingDescriptors() == before, "some were left open");
    Check(::write(ends.w, "x", 1) == 1);
    Check(!runtime::WaitReadable(ends.r));
  });
}

REPORTS(ADescriptorIsRefused) {
  gosling::Run([] {
    const Ends ends;
    const Injected fault({.call = "epoll_ctl",
                          .err = ENOSPC,
                          .first = ends.r,
                          .second = EPOLL_CTL_ADD});
    Check(Says(runtime::WaitReadable(ends.r), ENOSPC));
  });
}

SURVIVES(ADescriptorIsNotThereToDelete) {
  gosling::Run([] {
    const Ends ends;
    const Injected fault({.call = "epoll_ctl",
                          .err = EBADF,
                          .first = ends.r,
                          .second = EPOLL_CTL_DEL});
    Check(Says(
        runtime::WaitReadable(ends.r, std::chrono::steady_clock::now() + 1ms),
        ETIMEDOUT));
  });
}

// AwaitByte parks for a byte that another thread writes.
void AwaitByte() {
  const Ends ends;
  std::thread writer([&] {
    std::this_thread::sleep_for(2ms);  // until the reader parks, most often
    Check(::write(ends.w, "x", 1) == 1);
  });
  Check(!runtime::WaitReadable(ends.r));
  writer.join();
}

// PollUntil has threads sleep in the poller until the fault has happened.
void PollUntil(const Injected& fault) {
  gosling::Run([&] {
    while (fault.fired() == 0) AwaitByte();
  });
}

SURVIVES(PollingIsInterrupted) {
  QuietSysmon();
  PollUntil(Injected({.call = kThreadSanitizer ? "epoll_pwait" : "syscall",
                      .err = EINTR,
                      .times = 3,
                      .first = kThreadSanitizer ? kAny : kEpollPwait2}));
}

void PollWithoutNanoseconds(int err) {
  if (kThreadSanitizer) return;
  QuietSysmon();
  PollUntil(Injected({.call = "syscall", .err = err, .first = kEpollPwait2}));
}

SURVIVES(PollingToTheNanosecondIsRefused) { PollWithoutNanoseconds(EPERM); }

SURVIVES(PollingToTheNanosecondIsUnknown) { PollWithoutNanoseconds(ENOSYS); }

DIES(PollingFails, "runtime: netpoll: epoll failed with errno 9") {
  const Injected other(
      {.call = "syscall", .err = EBADF, .first = kEpollPwait2});
  PollUntil(Injected({.call = "epoll_pwait", .err = EBADF, .skip = 1'000'000}));
}

// BreakUntil breaks a poll again and again until the fault has happened.
void BreakUntil(const Fault& what) {
  QuietSysmon();
  gosling::Run([] { AwaitByte(); });  // makes the poller
  const Injected fault(what);
  gosling::Run([&] {
    const Ends ends;
    std::atomic<bool> done{false};
    sync::WaitGroup waiter;  // so that there is a poll
    waiter.Go([&] { static_cast<void>(runtime::WaitReadable(ends.r)); });
    std::thread other([&] {
      while (fault.fired() == 0) {
        sched::BreakPoll();
        std::this_thread::sleep_for(1ms);  // until it is taken
      }
      done = true;
    });
    while (!done) time::Sleep(1ms);
    other.join();
    Check(::write(ends.w, "x", 1) == 1);
    waiter.Wait();
  });
}

SURVIVES(BreakingAPollIsInterrupted) {
  BreakUntil({.call = "write", .err = EINTR, .times = 3});
}

DIES(BreakingAPollFails, "runtime: netpoll: break failed with errno 9") {
  BreakUntil({.call = "write", .err = EBADF});
}

SURVIVES(TakingABreakIsInterrupted) {
  BreakUntil({.call = "read", .err = EINTR, .times = 3});
}

SURVIVES(NoBreakToTake) { BreakUntil({.call = "read", .err = EAGAIN}); }

DIES(TakingABreakFails, "runtime: netpoll: read of a break failed: errno 9") {
  BreakUntil({.call = "read", .err = EBADF});
}

// --- Waiting for the descriptors of others ---

SURVIVES(AskingForReadinessIsInterrupted) {
  gosling::Run([] {
    const Ends ends;
    Check(::write(ends.w, "x", 1) == 1);
    const Injected fault({.call = "poll", .err = EINTR, .times = 3});
    Check(!runtime::WaitReadable(ends.r));
  });
}

REPORTS(AskingForReadinessFails) {
  gosling::Run([] {
    const Ends ends;
    const Injected fault({.call = "poll", .err = ENOMEM});
    Check(Says(runtime::WaitReadable(ends.r), ENOMEM));
  });
}

REPORTS(NoDescriptorForASecondWait) {
  gosling::Run([] {
    const Ends ends;
    const Injected there({.call = "epoll_ctl",
                          .err = EEXIST,
                          .first = ends.r,
                          .second = EPOLL_CTL_ADD});
    const Injected fault({.call = "fcntl",
                          .err = EMFILE,
                          .first = ends.r,
                          .second = F_DUPFD_CLOEXEC});
    Check(Says(runtime::WaitReadable(ends.r), EMFILE));
  });
}

// --- Channels that other event loops wait for ---

REPORTS(NoPipeForAReadable) {
  QuietSysmon();
  gosling::Run([] {
    const std::set<int> before = LastingDescriptors();
    const auto made = [] {
      try {
        const Readable<int> readable(MakeChan<int>());
        return 0;
      } catch (const std::system_error& err) {
        return err.code().value();
      }
    };
    {
      const Injected fault({.call = "pipe2", .err = EMFILE});
      Check(made() == EMFILE);
    }
    for (const int command : {F_GETFL, F_SETFL}) {
      const Injected fault({.call = "fcntl", .err = EPERM, .second = command});
      Check(made() == EPERM, "an end blocks");
    }
    Check(LastingDescriptors() == before, "some were left open");
  });
}

SURVIVES(AReadablesPipeIsInterrupted) {
  gosling::Run([] {
    const Chan<int> c = MakeChan<int>();
    Readable<int> readable(c);
    {
      const Injected fault({.call = "write", .err = EINTR, .times = 3});
      c.Send(7);
      Check(!runtime::WaitReadable(readable.Fd()));
    }
    const Injected fault(
        {.call = "read", .err = EINTR, .times = 3, .first = readable.Fd()});
    Check(*readable.TryRecv() == 7);
  });
}

// --- Signals ---

bool Notifies() {
  const Chan<signal::Signal> c = MakeChan<signal::Signal>(1);
  try {
    signal::Notify(c, SIGUSR1);
  } catch (const Panic& panic) {
    Check(std::string(panic.what()).find("signal: ") == 0, panic.what());
    return false;
  }
  ::raise(SIGUSR1);
  c.Recv();
  return true;
}

// Refuses plays a Notify that is refused what it needs for its pipe; the next
// one gets it, and as many forks are watched as ever.
void Refuses(const Fault& what) {
  QuietSysmon();
  gosling::Run([&] {
    const std::set<int> before = LastingDescriptors();
    {
      const Injected fault(what);
      Check(!Notifies(), "it was not told");
    }
    Check(LastingDescriptors() == before, "some were left open");
    Check(Notifies());
  });
  const pid_t child = ::fork();
  if (child == 0) {
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    ::_exit(sigismember(&mask, SIGUSR2));
  }
  int status = -1;
  Check(::waitpid(child, &status, 0) == child && status == 0,
        "the child's signals are blocked");
}

REPORTS(NoPipeForSignals) { Refuses({.call = "pipe2", .err = EMFILE}); }

REPORTS(TheFlagsOfTheSignalPipeAreNotTold) {
  Refuses({.call = "fcntl", .err = EPERM, .second = F_GETFL});
}

REPORTS(TheSignalPipeBlocks) {
  Refuses({.call = "fcntl", .err = EPERM, .second = F_SETFL});
}

REPORTS(TheSignalPipeIsNotToBeWrittenTo) {
  Refuses({.call = "write", .err = EBADF});
}

REPORTS(ForksCannotBeWatchedForSignals) {
  gosling::Run([] {});  // has its own
  Refuses({.call = "pthread_atfork", .err = ENOMEM});
}

DIES(AnActionIsNotTold, "sigaction of signal 10 failed: errno 22") {
  gosling::Run([] {
    const Injected fault(
        {.call = "sigaction", .err = EINVAL, .first = SIGUSR1, .second = 0});
    Notifies();
  });
}

DIES(AnActionIsNotSet, "sigaction of signal 10 failed: errno 22") {
  gosling::Run([] {
    const Injected fault(
        {.call = "sigaction", .err = EINVAL, .first = SIGUSR1, .second = 1});
    signal::Ignore(SIGUSR1);
  });
}

// Storm sends signals, one after the other, so that the receiver sleeps in
// between, until the fault has happened.
void Storm(const Fault& what) {
  QuietSysmon();
  gosling::Run([&] {
    const Chan<signal::Signal> c = MakeChan<signal::Signal>(1);
    signal::Notify(c, SIGUSR1);
    const Injected fault(what);
    while (fault.fired() == 0) {
      ::raise(SIGUSR1);
      c.Recv();
      time::Sleep(100us);
    }
  });
}

SURVIVES(SleepingOnThePipeIsInterrupted) {
  Storm({.call = "read", .err = EINTR, .times = 3});
}

SURVIVES(WritingToThePipeIsInterrupted) {
  Storm({.call = "write", .err = EINTR, .times = 3});
}

// The pipe is full: then its reader wakes in any case. Here it is not, and the
// next signal wakes it.
SURVIVES(ThePipeIsFull) {
  QuietSysmon();
  gosling::Run([&] {
    const Chan<signal::Signal> c = MakeChan<signal::Signal>(1);
    signal::Notify(c, SIGUSR1);
    const Injected fault({.call = "write", .err = EAGAIN});
    while (fault.fired() == 0) {
      ::raise(SIGUSR1);
      time::Sleep(100us);
    }
  });
}

DIES(SleepingOnThePipeFails, "PipeNote: read from descriptor") {
  Storm({.call = "read", .err = EIO});
}

DIES(WritingToThePipeFails, "PipeNote: write to descriptor") {
  Storm({.call = "write", .err = EBADF});
}

// --- Other programs ---

Error RunTrue() {
  exec::Cmd cmd = exec::Command("/bin/true");
  return cmd.Run();
}

REPORTS(AProgramCannotBeStarted) {
  gosling::Run([] {
    for (const char* call :
         {"posix_spawn", "posix_spawn_file_actions_adddup2"}) {
      const Injected fault({.call = call, .err = EAGAIN});
      const Error err = RunTrue();
      Check(Says(err, EAGAIN), call);
      Check(err.message().find("fork/exec /bin/true") == 0, err.message());
    }
    exec::Cmd cmd = exec::Command("/bin/true");
    cmd.Dir = "/tmp";
    const Injected fault(
        {.call = "posix_spawn_file_actions_addchdir_np", .err = ENOMEM});
    // And its folder, it seems, is not there either: that is what is told.
    const Injected folder({.call = "stat", .err = EIO, .path = "/tmp"});
    Check(Says(cmd.Run(), EIO));
  });
}

REPORTS(NoDescriptorToMoveOutOfTheWay) {
  const internal::Program program = {.path = "/bin/true",
                                     .args = {"true"},
                                     .env = {},
                                     .dir = "",
                                     .files = {1, 0}};
  gosling::Run([&] {
    const Injected fault(
        {.call = "fcntl", .err = EMFILE, .second = F_DUPFD_CLOEXEC});
    Check(Says(internal::ChildProcess::Start(program).second, EMFILE));
  });
}

SURVIVES(AwaitingAProgramIsInterrupted) {
  gosling::Run([] {
    const Injected fault({.call = "waitid", .err = EINTR, .times = 3});
    Check(!RunTrue());
  });
}

REPORTS(AProgramCannotBeAwaited) {
  gosling::Run([] {
    const Injected fault({.call = "waitid", .err = ECHILD});
    const Error err = RunTrue();
    Check(Says(err, ECHILD) && err.message().find("waitid") == 0,
          err.message());
  });
}

SURVIVES(NoDescriptorOfAProgram) {
  gosling::Run([] {
    const Injected fault(
        {.call = "syscall", .err = EMFILE, .first = kPidfdOpen});
    Check(!RunTrue());
  });
}

// A filter of system calls may refuse the younger way; then it goes the older.
SURVIVES(SignallingByDescriptorIsRefused) {
  gosling::Run([] {
    for (const int err : {EPERM, ENOSYS}) {
      exec::Cmd cmd = exec::Command("/bin/sleep", "1000");
      Check(!cmd.Start());
      {
        const Injected fault(
            {.call = "syscall", .err = err, .first = kPidfdSendSignal});
        Check(!cmd.Process.Kill());
      }
      Check(cmd.Wait() && cmd.ProcessState.Signal() == SIGKILL);
    }
  });
}

REPORTS(AProgramCannotBeSignalled) {
  gosling::Run([] {
    exec::Cmd cmd = exec::Command("/bin/sleep", "1000");
    Check(!cmd.Start());
    {
      const Injected fault(
          {.call = "syscall", .err = EPERM, .first = kPidfdSendSignal});
      const Injected other({.call = "kill", .err = EPERM});
      Check(Says(cmd.Process.Kill(), EPERM));
    }
    Check(!cmd.Process.Kill());
    Check(static_cast<bool>(cmd.Wait()));
  });
}

REPORTS(AProgramCannotBeLookedAt) {
  {
    const Injected fault({.call = "stat", .err = EIO, .path = "/bin/true"});
    Check(Says(exec::LookPath("/bin/true").second, EIO));
  }
  const Injected fault({.call = "faccessat", .err = EIO});
  Check(Says(exec::LookPath("/bin/true").second, EIO));
}

// --- Traces ---

#if !defined(GOSLING_NO_TRACE)
// Traced records for a moment; when it is over, `fault` happens to calls on the
// trace's descriptor.
Error Traced(Fault fault) {
  const std::string path = "/tmp/gosling-faults-" + std::to_string(::getpid());
  const std::set<int> before = LastingDescriptors();
  Error err = trace::Start(path);
  if (!err) {
    for (const int fd : LastingDescriptors()) {
      if (!before.contains(fd)) fault.first = fd;
    }
    const Injected injected(fault);
    err = trace::Stop();
  }
  ::unlink(path.c_str());
  return err;
}

REPORTS(ATraceCannotBeOpened) {
  gosling::Run([] {
    const Injected fault({.call = "open", .err = EACCES, .path = "faults"});
    Check(Says(Traced({}), EACCES));
  });
}

REPORTS(ATraceCannotBeWritten) {
  QuietSysmon();
  gosling::Run([] {
    Check(Says(Traced({.call = "write", .err = ENOSPC}), ENOSPC));
    Check(Says(Traced({.call = "close", .err = EIO}), EIO));
  });
}

SURVIVES(WritingATraceIsInterrupted) {
  QuietSysmon();
  gosling::Run([] {
    Check(!Traced({.call = "write", .err = EINTR, .times = 3}));
    Check(!Traced({.call = "write", .err = kShort, .times = 100}));
    // Then it is closed all the same.
    Check(!Traced({.call = "close", .err = EINTR}), "closing");
  });
}
#endif

}  // namespace
}  // namespace gosling::faults
