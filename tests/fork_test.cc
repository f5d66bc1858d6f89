// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Children of a program that uses the runtime: what they may do, that they end
// with a sentence where they may not, and that none hangs. Each scenario runs
// in a process of its own, and every child in it has an alarm.

#include <execinfo.h>
#include <fcntl.h>
#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sched/os/os.h"
#include "signals/pipe.h"
#include "tests/children.h"
#include "tests/emulated.h"
#include "tests/go_test.h"
#include "tests/system.h"

namespace gosling {
namespace {

constexpr char kDeath[] = "fatal error: gosling used in a forked child";
constexpr int kSurvived = 42;

// Dead is what is left of a child.
struct Dead {
  int status = -1;
  std::string stderr_text;

  bool Exited(int code) const {
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
  }
  bool OfTheRuntime() const {
    return Exited(2) && stderr_text.rfind(kDeath, 0) == 0;
  }
};

std::ostream& operator<<(std::ostream& out, const Dead& dead) {
  return out << "status " << std::hex << dead.status << ": "
             << dead.stderr_text;
}

// A thread that the child does not have may have been in the allocator: glibc's
// survives that, a sanitizer's stays locked. (Under ThreadSanitizer of g++ 12
// children of a program of std::threads that allocate hang soon; gosling has no
// part in it.)
constexpr char kAllocatorOfTheParent[] =
    "a sanitizer's allocator may be locked in a child of several threads";

// SayWhere tells in a child that hangs where it does, before its alarm ends it.
void SayWhere(int signo) {
  void* pcs[64];
  ::backtrace_symbols_fd(pcs, ::backtrace(pcs, 64), 2);
  ::signal(signo, SIG_DFL);
  ::raise(signo);
}

// Bury runs `body` in a child made by `fork`, and waits for its end.
Dead Bury(const std::function<void()>& body, pid_t (*fork)() = ::fork) {
  int fds[2];
  if (signals::PipeCloexec(fds) != 0) std::abort();
  void* pc;
  ::backtrace(&pc, 1);  // it loads the unwinder when it is first called
  const pid_t pid = fork();
  if (pid == 0) {
    ::signal(SIGALRM, SayWhere);
    ::alarm(60);
    ::dup2(fds[1], 2);
    body();
    ::_exit(kSurvived);
  }
  ::close(fds[1]);
  Dead dead;
  char buf[512];
  for (ssize_t n; (n = ::read(fds[0], buf, sizeof buf)) != 0;) {
    if (n > 0) dead.stderr_text.append(buf, static_cast<std::size_t>(n));
  }
  ::close(fds[0]);
  dead.status = AwaitStatus(pid);
  return dead;
}

// Load keeps goroutines and threads busy with everything that takes locks.
class Load {
 public:
  Load() {
    for (int i = 0; i < 4; i++) {
      Go([this, i, c = chans_[i / 2]] {
        while (!stop_) {
          if (i % 2 == 0) {
            c.TrySend(i);
          } else {
            std::optional<int> out;
            c.TryRecv(out);
          }
          workers_.Go([] { time::Sleep(std::chrono::microseconds(1)); });
          mu_.Lock();
          mu_.Unlock();
          runtime::Gosched();
        }
        done_.Send(true);
      });
    }
    foreign_ = std::thread([this, c = chans_[0]] {
      while (!stop_) {
        c.TrySend(1);
        mu_.Lock();
        mu_.Unlock();
      }
    });
  }
  ~Load() {
    stop_ = true;
    for (int i = 0; i < 4; i++) done_.Recv();
    workers_.Wait();
    foreign_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  Chan<int> chans_[2] = {MakeChan<int>(3), MakeChan<int>(3)};
  Chan<bool> done_ = MakeChan<bool>(4);
  sync::Mutex mu_;
  sync::WaitGroup workers_;
  std::thread foreign_;
};

class ForkTest : public FreshDeathTest,
                 public ::testing::WithParamInterface<int> {
 protected:
  void Program(const std::function<void()>& body) {
    EXPECT_EXIT(
        {
          body();
          std::exit(ChildStatus());
        },
        ::testing::ExitedWithCode(0), "");
  }
  void GoProgram(const std::function<void()>& body) {
    Program([&] { RunWith(GetParam(), body); });
  }
};

INSTANTIATE_TEST_SUITE_P(Procs, ForkTest, kProcs, ProcsName);

// An act that a goroutine or a thread might do next, with objects that its
// parent made.
struct Call {
  const char* name;
  std::function<void()> body;
};

std::vector<Call> Calls() {
  auto buffered = MakeChan<int>(1);
  auto empty = MakeChan<int>();
  return {
      {"Gosched", [] { runtime::Gosched(); }},
      {"Go", [] { Go([] {}); }},
      {"Send", [=] { buffered.Send(1); }},
      {"Recv", [=] { empty.Recv(); }},
      {"Close", [=] { empty.Close(); }},
      {"MakeChan and Send", [] { MakeChan<int>(1).Send(1); }},
      {"Select", [=] { Select(OnRecv(empty, [] {})); }},
      {"Sleep", [] { time::Sleep(std::chrono::milliseconds(1)); }},
      {"After", [] { time::After(std::chrono::milliseconds(1)).Recv(); }},
      {"WaitGroup",
       [] {
         sync::WaitGroup wg;
         wg.Add(1);
         wg.Wait();
       }},
      {"Mutex",
       [] {
         sync::Mutex mu;
         mu.Lock();
         mu.Lock();
       }},
      {"Blocking", [] { runtime::Blocking([] {}); }},
      {"ExitSyscall", [] { runtime::ExitSyscall(); }},
      {"GOMAXPROCS", [] { runtime::GOMAXPROCS(3); }},
      {"LockOSThread", [] { runtime::LockOSThread(); }},
      {"Stack", [] { runtime::Stack(true); }},
      {"Run", [] { gosling::Run([] {}); }},
      {"Notify", [=] { signal::Notify(MakeChan<signal::Signal>(1), SIGUSR1); }},
      {"Ignored", [] { signal::Ignored(SIGUSR1); }},
  };
}

// --- Death at the next call ---

TEST_P(ForkTest, AGoroutinesChildDiesAtItsNextCall) {
  GoProgram([] {
    Load load;
    for (const Call& call : Calls()) {
      const Dead dead = Bury(call.body);
      EXPECT_TRUE(dead.OfTheRuntime()) << call.name << ": " << dead;
    }
  });
}

TEST_P(ForkTest, AGoroutinesChildDiesWhenTheGoroutineEnds) {
  GoProgram([] {
    Load load;
    auto dead = MakeChan<Dead>();
    for (int i = 0; i < 20; i++) {
      Go([dead] {
        int fds[2];
        ASSERT_EQ(signals::PipeCloexec(fds), 0);
        const pid_t pid = ::fork();
        if (pid == 0) {
          ::alarm(60);
          ::dup2(fds[1], 2);
          return;
        }
        ::close(fds[1]);
        Dead d;
        char buf[512];
        const ssize_t n = ::read(fds[0], buf, sizeof buf);
        if (n > 0) d.stderr_text.assign(buf, static_cast<std::size_t>(n));
        ::close(fds[0]);
        d.status = AwaitStatus(pid);
        dead.Send(d);
      });
      const Dead d = *dead.Recv();
      EXPECT_TRUE(d.OfTheRuntime()) << d;
    }
  });
}

TEST_P(ForkTest, AChildOfAThreadThatIsNotOursDiesAtItsNextCall) {
  GoProgram([] {
    Load load;
    for (bool known : {false, true}) {
      std::thread([&] {
        if (known) runtime::Gosched();
        for (const Call& call : Calls()) {
          const Dead dead = Bury(call.body);
          EXPECT_TRUE(dead.OfTheRuntime()) << call.name << ": " << dead;
        }
      }).join();
    }
  });
}

TEST_P(ForkTest, AThreadThatTheChildStartsDiesAtItsFirstCall) {
  if (kSanitized) {
    // ThreadSanitizer allows none; AddressSanitizer's locks (GCC 12) may be held
    // for ever there, by a thread that the child does not have.
    GTEST_SKIP() << "no thread in a forked child under a sanitizer";
  }
  GoProgram([] {
    const Dead dead = Bury([] { std::thread(runtime::Gosched).join(); });
    EXPECT_TRUE(dead.OfTheRuntime()) << dead;
  });
}

TEST_P(ForkTest, AChildOfAChildDiesAtItsNextCall) {
  GoProgram([] {
    const Dead dead = Bury([] {
      const Dead inner = Bury([] { runtime::Gosched(); });
      ::_exit(inner.OfTheRuntime() ? 7 : 8);
    });
    EXPECT_TRUE(dead.Exited(7)) << dead;
  });
}

TEST_P(ForkTest, AfterRunTheChildDiesAtItsNextCall) {
  Program([] {
    RunWith(GetParam(), [] {});
    const Dead dead = Bury([] { gosling::Run([] {}); });
    EXPECT_TRUE(dead.OfTheRuntime()) << dead;
  });
}

// --- What a child may do ---

// Locks are held by threads that the child does not have.
TEST_P(ForkTest, AChildMayExitWhateverTheParentsThreadsWereDoing) {
  if (kSanitized) GTEST_SKIP() << kAllocatorOfTheParent;
  GoProgram([] {
    Load load;
    std::thread([] {
      runtime::Gosched();
      auto c = MakeChan<int>(1);
      for (int i = 0; i < 200; i++) {
        const Dead dead = Bury([c] { std::exit(5); });
        EXPECT_TRUE(dead.Exited(5)) << dead;
      }
    }).join();
  });
}

TEST_P(ForkTest, AnUncaughtExceptionInTheChildEndsIt) {
  if (kSanitized) GTEST_SKIP() << kAllocatorOfTheParent;
  GoProgram([] {
    Load load;
    const Dead dead = Bury([] { throw 1; });
    EXPECT_TRUE(WIFSIGNALED(dead.status) && WTERMSIG(dead.status) == SIGABRT)
        << dead;
  });
}

TEST_P(ForkTest, ForkAndExecWorkUnderLoadAndSignals) {
  GoProgram([] {
    Load load;
    auto signals = MakeChan<signal::Signal>(1);
    signal::Notify(signals, SIGUSR1, SIGCHLD);
    std::atomic<bool> stop{false};
    std::thread storm([&] {
      while (!stop) {
        ::kill(::getpid(), SIGUSR1);
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    });
    for (int i = 0; i < (kSanitized ? 20 : 200); i++) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::execl("/bin/sh", "sh", "-c", "exit 9", nullptr);
        ::_exit(1);
      }
      const int status = AwaitStatus(pid);
      ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 9) << status;
    }
    stop = true;
    storm.join();
    // No Stop: the last of the storm may still be on its way, and would end the
    // program.
  });
}

// Small stacks: none of these may need more of its caller.
TEST_P(ForkTest, SpawnSystemPopenAndVforkWorkFromGoroutines) {
  GoProgram([] {
    Load load;
    auto signals = MakeChan<signal::Signal>(1);
    signal::Notify(signals, SIGTERM);
    const std::size_t stack = kSanitized ? 0 : std::size_t{64} << 10;
    const auto exited = [](int status, int code) {
      return WIFEXITED(status) && WEXITSTATUS(status) == code;
    };
    sync::WaitGroup wg;
    const auto start = [&](std::function<void()> f) {
      wg.Add(1);
      Go(GoOptions{.stack_size = stack}, [&wg, f = std::move(f)] {
        for (int i = 0; i < (kSanitized ? 3 : 20); i++) f();
        wg.Done();
      });
    };
    start([&] { EXPECT_TRUE(exited(SpawnShell("exit 4"), 4)); });
    start([&] { EXPECT_TRUE(exited(std::system("exit 5"), 5)); });
    start([&] {
      FILE* f = ::popen("echo goose", "re");
      ASSERT_NE(f, nullptr);
      char line[64] = "";
      EXPECT_NE(std::fgets(line, sizeof line, f), nullptr);
      EXPECT_STREQ(line, "goose\n");
      EXPECT_EQ(::pclose(f), 0);
    });
    if (!kSanitized) {  // they put their own calls into the child
      start([&] {
        const pid_t pid = ::vfork();
        if (pid == 0) {
          ::execl("/bin/sh", "sh", "-c", "exit 6", nullptr);
          ::_exit(1);
        }
        EXPECT_TRUE(exited(AwaitStatus(pid), 6));
      });
    }
    wg.Wait();
    signal::Stop(signals);
  });
}

// --- Exec ---

// The kernel ends the other threads and resets what was handled.
TEST_P(ForkTest, ExecUnderLoadReplacesTheProgram) {
  EXPECT_EXIT(RunWith(GetParam(),
                      [] {
                        Load load;
                        auto signals = MakeChan<signal::Signal>(1);
                        signal::Notify(signals, SIGUSR1, SIGTERM);
                        ::execl("/bin/sh", "sh", "-c", "kill -TERM $$; exit 1",
                                nullptr);
                      }),
              ::testing::KilledBySignal(SIGTERM), "");
}

// --- Before the start ---

TEST_P(ForkTest, AChildMadeBeforeTheStartHasARuntimeOfItsOwn) {
  if (kThreadSanitizer) {
    GTEST_SKIP() << "ThreadSanitizer allows no thread in a forked child";
  }
  Program([] {
    const auto run = [] {
      RunWith(GetParam(), [] {
        auto c = MakeChan<int>();
        Go([c] { c.Send(7); });
        if (*c.Recv() != 7) ::_exit(1);
      });
    };
    Dead dead = Bury(run);
    EXPECT_TRUE(dead.Exited(kSurvived)) << dead;
    run();
    dead = Bury(run);
    EXPECT_TRUE(dead.OfTheRuntime()) << dead;
  });
}

// Whichever came first: the child works or crashes, it does not hang.
TEST_P(ForkTest, AForkDuringTheStartLeavesNoChildThatHangs) {
  if (kSanitized) GTEST_SKIP() << kAllocatorOfTheParent;
  Program([] {
    int dead_ones = 0;
    constexpr int kRounds = 60;
    for (int i = 0; i < kRounds; i++) {
      const Dead outer = Bury([i] {
        std::atomic<bool> go{false};
        std::thread starter([&] {
          while (!go) {
          }
          runtime::Gosched();
        });
        go = true;
        // A little later from round to round; in the last one, too late.
        for (std::atomic<int> j{0}; j < i * 500; j++) {
        }
        if (i == kRounds - 1) starter.join();
        const Dead inner = Bury([] { gosling::Run([] {}); });
        if (starter.joinable()) starter.join();
        ::_exit(inner.OfTheRuntime() ? 1 : inner.Exited(kSurvived) ? 0 : 3);
      });
      ASSERT_TRUE(outer.Exited(0) || outer.Exited(1)) << outer;
      dead_ones += outer.Exited(1);
    }
    EXPECT_GT(dead_ones, 0);
  });
}

// --- daemon(3) ---

// Daemonize calls daemon(3) and `body`, in a child, and returns the byte that
// `body` returned; -1 if it crashed. Its output goes to `text`.
int Daemonize(const std::function<int()>& body, std::string* text) {
  int fds[2];
  if (signals::PipeCloexec(fds) != 0) std::abort();
  int result = -1;
  const Dead dead = Bury([&] {
    if (::daemon(/*nochdir=*/1, /*noclose=*/1) != 0) ::_exit(1);
    ::alarm(60);
    const char byte = static_cast<char>(body());
    if (::write(fds[1], &byte, 1) != 1) ::_exit(1);
  });
  ::close(fds[1]);
  char byte;
  if (::read(fds[0], &byte, 1) == 1) result = byte;
  ::close(fds[0]);
  *text = dead.stderr_text;
  return result;
}

TEST_P(ForkTest, ADaemonStartsTheRuntimeAfterItHasForked) {
  if (kThreadSanitizer) {
    GTEST_SKIP() << "ThreadSanitizer allows no thread in a forked child";
  }
  Program([] {
    std::string text;
    const auto body = [] {
      RunWith(GetParam(), [] {});
      return 6;
    };
    EXPECT_EQ(Daemonize(body, &text), 6) << text;
    RunWith(GetParam(), [] {});
    EXPECT_EQ(Daemonize(body, &text), -1);
    EXPECT_EQ(text.rfind(kDeath, 0), 0u) << text;
  });
}

// --- Signals ---

void SignalChildren(pid_t (*fork)()) {
  auto signals = MakeChan<signal::SignalInfo>(64);
  signal::NotifyInfo(signals, SIGTERM);
  for (int i = 0; i < 10; i++) {
    const Dead dead = Bury(
        [] {
          // Not raise, which believes the parent's thread id. The default:
          // it ends.
          ::kill(::getpid(), SIGTERM);
        },
        fork);
    EXPECT_TRUE(WIFSIGNALED(dead.status) && WTERMSIG(dead.status) == SIGTERM)
        << dead;
  }
  EXPECT_EQ(signals.Len(), 0u);
  EXPECT_EQ(signal::Stats(SIGTERM).received, 0u);
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(signals.Recv()->pid, ::getpid());
  signal::Stop(signals);
}

TEST_P(ForkTest, ASignalToAChildStaysThere) {
  if (kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer puts signals off";
  GoProgram([] { SignalChildren(::fork); });
}

constexpr char kWipesNothing[] =
    "empties no memory in a child (MADV_WIPEONFORK)";

// No handler of pthread_atfork runs in such a child: the handler itself has to
// see that the receiver, and the pipe to it, are the parent's.
TEST_P(ForkTest, ASignalToAChildMadeBehindLibcsBackStaysThere) {
  if (kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer puts signals off";
  SKIP_IF_EMULATED(kWipesNothing);
  GoProgram([] { SignalChildren(BareFork); });
}

// Where it would wait for what only the parent's threads could do.
TEST_P(ForkTest, AChildMadeBehindLibcsBackDiesInsteadOfSleeping) {
  if (kSanitized) {
    GTEST_SKIP() << "sanitizers do not survive such a fork";
  }
  SKIP_IF_EMULATED(kWipesNothing);
  GoProgram([] {
    std::thread([] {
      auto c = MakeChan<int>();
      runtime::Gosched();
      const Dead dead = Bury([c] { c.Recv(); }, BareFork);
      EXPECT_TRUE(dead.OfTheRuntime()) << dead;
    }).join();
  });
}

}  // namespace
}  // namespace gosling
