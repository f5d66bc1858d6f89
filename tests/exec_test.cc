// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/exec.h: programs that run, fail, are killed and cut off, and what
// they get of this process. After Go's exec_test.go, and os/exec_unix_test.go.

#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/exec.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/os.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/exec/child.h"
#include "tests/descriptors.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using exec::Cmd;
using exec::Command;
using exec::CommandContext;

Cmd Shell(const std::string& script) { return Command("sh", "-c", script); }

time::Time Now() { return std::chrono::steady_clock::now(); }

std::string OutputOf(Cmd cmd) {
  auto [out, err] = cmd.Output();
  EXPECT_FALSE(err) << err.message();
  return out;
}

// The descriptors that this process was started with, before the library opened
// any: some runners of tests leave one or two open.
const std::set<int> kInherited = OpenDescriptors();

class ExecTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, ExecTest, kProcs, ProcsName);

TEST_P(ExecTest, OutputIsWhatTheProgramWrites) {
  Run([] {
    EXPECT_EQ(OutputOf(Command("echo", "foo bar", std::string_view("baz"))),
              "foo bar baz\n");
    Cmd cmd = Shell("echo out; echo err >&2");
    auto [both, err] = cmd.CombinedOutput();
    EXPECT_EQ(both, "out\nerr\n");
    EXPECT_FALSE(err);
    EXPECT_TRUE(cmd.ProcessState.Success());
    EXPECT_EQ(cmd.ProcessState.String(), "exit status 0");
    std::string out;
    std::string err_out;
    Cmd apart = Shell("echo out; echo err >&2");
    apart.Stdout = io::StringWriter(&out);
    apart.Stderr = io::StringWriter(&err_out);
    EXPECT_FALSE(apart.Run());
    EXPECT_EQ(out, "out\n");
    EXPECT_EQ(err_out, "err\n");
  });
}

TEST_P(ExecTest, AFailureIsAnError) {
  Run([] {
    Cmd cmd = Shell("exit 7");
    const Error err = cmd.Run();
    EXPECT_EQ(err.message(), "exit status 7");
    EXPECT_EQ(exec::ExitCode(err), 7);
    EXPECT_EQ(exec::ExitCode(errors::Wrap(err, "sh")), 7);
    EXPECT_EQ(exec::ExitCode(nullptr), -1);
    EXPECT_EQ(cmd.ProcessState.ExitCode(), 7);
    EXPECT_FALSE(cmd.ProcessState.Success());
    const Error killed = Shell("kill -KILL $$").Run();
    EXPECT_EQ(killed.message(), "signal: killed");
    EXPECT_EQ(exec::ExitCode(killed), -1);
    EXPECT_EQ(Shell("kill -TERM $$").Run().message(), "signal: terminated");
    // Its output until then comes along.
    Cmd wrote = Shell("echo some; exit 1");
    auto [out, out_err] = wrote.Output();
    EXPECT_EQ(out, "some\n");
    EXPECT_EQ(out_err.message(), "exit status 1");
  });
}

TEST_P(ExecTest, WhatCannotBeStartedSaysWhy) {
  Run([] {
    const std::set<int> before = LastingDescriptors();
    Cmd none = Command("no-such-program-here");
    EXPECT_EQ(none.Run().message(),
              "exec: \"no-such-program-here\": executable file not found in "
              "$PATH");
    EXPECT_TRUE(errors::Is(none.Err, exec::NotFound));
    EXPECT_EQ(Command("/none/x").Run().message(),
              "fork/exec /none/x: no such file or directory");
    EXPECT_EQ(Command("/tmp").Run().message(),
              "fork/exec /tmp: permission denied");
    Cmd dir = Command("/bin/sh");
    dir.Dir = "/none";
    const Error err = dir.Run();
    EXPECT_EQ(err.message(), "chdir /none: no such file or directory");
    EXPECT_TRUE(errors::Is(err, std::errc::no_such_file_or_directory));
    EXPECT_EQ(exec::LookPath("/none/x").second.message(),
              "exec: \"/none/x\": no such file or directory");
    EXPECT_EQ(exec::LookPath("/tmp").second.message(),
              "exec: \"/tmp\": is a directory");
    EXPECT_EQ(exec::LookPath("/etc/passwd").second.message(),
              "exec: \"/etc/passwd\": permission denied");
    EXPECT_EQ(exec::LookPath("").second.message(),
              "exec: \"\": executable file not found in $PATH");
    EXPECT_TRUE(exec::LookPath("sh").first.ends_with("/sh"));
    Cmd empty = Command("");
    EXPECT_TRUE(empty.Run());
    Cmd nul = Command("echo", std::string("a\0b", 3));
    EXPECT_EQ(nul.Run().message(),
              "fork/exec " + nul.Path + ": invalid argument");
    Cmd piped = Command("/none/x");
    ASSERT_FALSE(piped.StdinPipe().second);
    ASSERT_FALSE(piped.StdoutPipe().second);
    EXPECT_TRUE(piped.Run());
    Cmd canceled = Command("true");
    canceled.Cancel = [] { return Error(); };
    EXPECT_EQ(canceled.Run().message(),
              "exec: command with a non-nil Cancel was not created with "
              "CommandContext");
    {
      const auto [ctx, cancel] = context::WithCancel(context::Background());
      cancel();
      EXPECT_EQ(CommandContext(ctx, "true").Run(), context::Canceled);
    }
    EXPECT_EQ(LastingDescriptors(), before);
  });
}

TEST_P(ExecTest, EachStepIsTakenOnce) {
  Run([] {
    Cmd cmd = Command("true");
    EXPECT_EQ(cmd.Wait().message(), "exec: not started");
    EXPECT_FALSE(cmd.Process);
    EXPECT_EQ(cmd.Process.Kill().message(), "invalid argument");
    EXPECT_FALSE(cmd.Start());
    EXPECT_GT(cmd.Process.Pid(), 0);
    EXPECT_EQ(cmd.Start().message(), "exec: already started");
    EXPECT_EQ(cmd.StdinPipe().second.message(),
              "exec: StdinPipe after process started");
    EXPECT_EQ(cmd.StdoutPipe().second.message(),
              "exec: StdoutPipe after process started");
    EXPECT_FALSE(cmd.Wait());
    EXPECT_EQ(cmd.Wait().message(), "exec: Wait was already called");
    EXPECT_EQ(cmd.Process.Kill(), exec::ProcessDone);
    EXPECT_EQ(exec::ProcessDone.message(), "os: process already finished");
    Cmd set = Command("true");
    set.Stdout = io::Discard;
    EXPECT_EQ(set.Output().second.message(), "exec: Stdout already set");
    EXPECT_EQ(set.StdoutPipe().second.message(), "exec: Stdout already set");
  });
}

TEST_P(ExecTest, InputComesFromAReader) {
  Run([] {
    Cmd cat = Command("cat");
    cat.Stdin = io::StringReader("from a text");
    EXPECT_EQ(OutputOf(std::move(cat)), "from a text");
    Cmd nothing = Command("cat");  // /dev/null
    EXPECT_EQ(OutputOf(std::move(nothing)), "");
    // More than pipes hold, in both directions.
    const std::string text(kSanitized ? 500'000 : 3'000'000, 'x');
    Cmd much = Command("cat");
    much.Stdin = io::StringReader(text);
    EXPECT_TRUE(OutputOf(std::move(much)) == text);
    // A program need not read it.
    Cmd unread = Command("true");
    unread.Stdin = io::StringReader(text);
    EXPECT_FALSE(unread.Run());
    const Error broken = errors::New("broken");
    struct Broken {
      Error err;
      std::pair<std::size_t, Error> Read(std::span<std::byte>) const {
        return {0, err};
      }
      std::pair<std::size_t, Error> Write(std::span<const std::byte>) const {
        return {0, err};
      }
    };
    Cmd bad = Command("cat");
    bad.Stdin = Broken{broken};
    EXPECT_EQ(bad.Run(), broken);
    Cmd full = Command("echo", "x");
    full.Stdout = Broken{broken};
    EXPECT_EQ(full.Run(), broken);
  });
}

TEST_P(ExecTest, PipesTalkToTheProgramWhileItRuns) {
  Run([] {
    Cmd cat = Command("cat");
    auto [in, in_err] = cat.StdinPipe();
    auto [out, out_err] = cat.StdoutPipe();
    ASSERT_FALSE(in_err || out_err);
    ASSERT_FALSE(cat.Start());
    io::BufReader lines(out);
    for (int i = 0; i < 20; i++) {
      const std::string line = "line " + std::to_string(i);
      in.Write(line + "\n");
      EXPECT_EQ(lines.ReadLine(100).first, line);
    }
    EXPECT_FALSE(out.SetReadDeadline(Now() + 2ms));
    EXPECT_TRUE(lines.ReadLine(100).second.Timeout());
    EXPECT_FALSE(out.SetReadDeadline({}));
    in.Close();
    EXPECT_EQ(lines.ReadLine(100).second, io::Eof);
    EXPECT_FALSE(cat.Wait());
    EXPECT_TRUE(errors::Is(out.Close(), os::Closed));
    Cmd errs = Shell("echo e >&2");
    auto [err_pipe, pipe_err] = errs.StderrPipe();
    ASSERT_FALSE(errs.Start());
    EXPECT_EQ(io::ReadAll(err_pipe, 10).first, "e\n");
    EXPECT_FALSE(errs.Wait());
  });
}

TEST_P(ExecTest, FilesArePassedOnAsTheyAre) {
  Run([] {
    std::string name = "/tmp/gosling-exec-XXXXXX";
    ::close(::mkstemp(name.data()));
    {
      auto [file, err] = os::OpenFile(name, O_RDWR, 0);
      ASSERT_FALSE(err);
      Cmd cmd = Shell("echo first; echo second >&2; echo third");
      cmd.Stdout = file;
      cmd.Stderr = file;
      EXPECT_FALSE(cmd.Run());
      file.Seek(6, os::Whence::kStart);
      // From where it stands, and without a goroutine that reads ahead.
      Cmd read = Shell("read line; echo $line");
      read.Stdin = file;
      EXPECT_EQ(OutputOf(std::move(read)), "second\n");
    }
    std::filesystem::remove(name);
    // One end for each of two programs: no goroutine between.
    auto [r, w, pipe_err] = os::Pipe();
    Cmd first = Command("echo", "through a pipe");
    first.Stdout = w;
    Cmd second = Command("cat");
    second.Stdin = r;
    std::string out;
    second.Stdout = io::StringWriter(&out);
    ASSERT_FALSE(second.Start());
    EXPECT_FALSE(first.Run());
    w.Close();
    EXPECT_FALSE(second.Wait());
    EXPECT_EQ(out, "through a pipe\n");
  });
}

TEST_P(ExecTest, DirAndEnvAreTheProgramsOwn) {
  Run([] {
    Cmd dir = Shell("pwd; echo $PWD");
    dir.Dir = "/usr";
    EXPECT_EQ(OutputOf(std::move(dir)), "/usr\n/usr\n");
    Cmd env = Command("env");
    env.Env = {"A=1", "B=2", "A=3"};
    EXPECT_EQ(OutputOf(std::move(env)), "A=3\nB=2\n");
    Cmd none = Command("env");
    none.Env = std::vector<std::string>{};
    EXPECT_EQ(OutputOf(std::move(none)), "");
    Cmd nul = Command("env");
    nul.Env = {std::string("A=\0", 3)};
    EXPECT_EQ(nul.Run().message(), "exec: environment variable contains NUL");
    ::setenv("GOSLING_EXEC_TEST", "inherited", 1);
    EXPECT_EQ(OutputOf(Shell("echo $GOSLING_EXEC_TEST")), "inherited\n");
    Cmd more = Shell("echo $GOSLING_EXEC_TEST $MORE");
    more.Env = exec::Environ();
    more.Env->push_back("MORE=more");
    EXPECT_EQ(OutputOf(std::move(more)), "inherited more\n");
    Cmd relative = Command("./sh", "-c", "echo $0");
    relative.Dir = "/bin";
    EXPECT_EQ(OutputOf(std::move(relative)), "./sh\n");
    Cmd renamed = Command("sh", "-c", "echo $0");
    renamed.Args[0] = "other";
    EXPECT_EQ(OutputOf(std::move(renamed)), "other\n");
  });
}

TEST_P(ExecTest, NoDescriptorLeaksIntoTheProgram) {
  Run([] {
    auto ends = os::Pipe();
    auto [file, err] = os::Open("/etc/passwd");
    Cmd other = Command("cat");
    auto [in, in_err] = other.StdinPipe();
    ASSERT_FALSE(other.Start());
    // The folder that is listed is one more than this process was given.
    std::set<int> got;
    Cmd cmd = Command("ls", "/dev/fd/");
    io::BufReader lines{io::StringReader(OutputOf(std::move(cmd)))};
    for (;;) {
      auto [line, end] = lines.ReadLine(100);
      if (end) break;
      got.insert(std::atoi(line.c_str()));
    }
    EXPECT_EQ(got.size(), kInherited.size() + 1);
    for (const int fd : kInherited) EXPECT_EQ(got.count(fd), 1U) << fd;
    in.Close();
    EXPECT_FALSE(other.Wait());
    Cmd extra = Shell("cat <&3; echo given >&4");
    auto given = os::Pipe();
    extra.ExtraFiles = {ends.r, given.w};
    ends.w.Write("extra");
    ends.w.Close();
    EXPECT_EQ(OutputOf(std::move(extra)), "extra");
    given.w.Close();
    EXPECT_EQ(io::ReadAll(given.r, 100).first, "given\n");
  });
}

// Files whose numbers are each other's places.
TEST_P(ExecTest, DescriptorsMayChangePlaces) {
  Run([] {
    std::vector<os::PipeEnds> pipes;
    std::vector<os::File> files;
    for (int i = 0; i < 8; i++) {
      pipes.push_back(os::Pipe());
      files.insert(files.begin(), pipes.back().w);
    }
    Cmd cmd = Shell("for i in 3 4 5 6 7 8 9; do eval \"echo $i >&$i\"; done");
    cmd.ExtraFiles = files;
    EXPECT_FALSE(cmd.Run());
    for (int i = 0; i < 8; i++) {
      pipes[7 - i].w.Close();
      // The eighth is descriptor 10, which sh may use itself.
      if (i == 7) continue;
      EXPECT_EQ(io::ReadAll(pipes[7 - i].r, 100).first,
                std::to_string(3 + i) + "\n");
    }
  });
}

TEST_P(ExecTest, KillAndSignalReachIt) {
  Run([] {
    Cmd cmd = Command("sleep", "100");
    ASSERT_FALSE(cmd.Start());
    const exec::Process process = cmd.Process;
    Go([process] {
      time::Sleep(2ms);
      EXPECT_FALSE(process.Kill());
    });
    EXPECT_EQ(cmd.Wait().message(), "signal: killed");
    EXPECT_EQ(cmd.ProcessState.Signal(), SIGKILL);
    EXPECT_EQ(process.Signal(SIGTERM), exec::ProcessDone);
    Cmd trap = Shell(
        "trap 'echo caught; exit 3' USR1; echo ready; "
        "while :; do sleep 0.01; done");
    auto [out, err] = trap.StdoutPipe();
    ASSERT_FALSE(trap.Start());
    io::BufReader lines(out);
    EXPECT_EQ(lines.ReadLine(100).first, "ready");
    EXPECT_FALSE(trap.Process.Signal(SIGUSR1));
    EXPECT_EQ(lines.ReadLine(100).first, "caught");
    EXPECT_EQ(trap.Wait().message(), "exit status 3");
  });
}

TEST_P(ExecTest, AContextKills) {
  Run([] {
    const time::Time start = Now();
    {
      // Long enough for the program to be started before.
      const auto [ctx, cancel] =
          context::WithTimeout(context::Background(), 500ms);
      EXPECT_EQ(CommandContext(ctx, "sleep", "100").Run().message(),
                "signal: killed");
      cancel();
    }
    {
      // One that ends in time is not touched, and leaves no watcher behind.
      const auto [ctx, cancel] =
          context::WithTimeout(context::Background(), 100s);
      EXPECT_FALSE(CommandContext(ctx, "true").Run());
      cancel();
    }
    {
      // Cancel may be gentle: a program that then ends well is an error too.
      const auto [ctx, cancel] = context::WithCancel(context::Background());
      Cmd cmd = CommandContext(ctx, "sh", "-c",
                               "trap 'exit 0' TERM; echo ready; "
                               "while :; do sleep 0.01; done");
      auto [out, err] = cmd.StdoutPipe();
      cmd.Cancel = [&] { return cmd.Process.Signal(SIGTERM); };
      ASSERT_FALSE(cmd.Start());
      EXPECT_EQ(io::BufReader(out).ReadLine(100).first, "ready");
      cancel();
      EXPECT_EQ(cmd.Wait(), context::Canceled);
    }
    {
      const auto [ctx, cancel] = context::WithCancel(context::Background());
      Cmd cmd = CommandContext(ctx, "cat");
      auto [in, err] = cmd.StdinPipe();
      // The program does not end before this is called.
      cmd.Cancel = [in = in] {
        in.Close();
        return errors::New("will not");
      };
      ASSERT_FALSE(cmd.Start());
      cancel();
      EXPECT_EQ(cmd.Wait().message(), "exec: canceling Cmd: will not");
    }
    {
      const auto [ctx, cancel] = context::WithCancel(context::Background());
      Cmd cmd = CommandContext(ctx, "sleep", "100");
      cmd.Cancel = [] { return Error(); };  // does nothing
      cmd.WaitDelay = 5ms;
      ASSERT_FALSE(cmd.Start());
      cancel();
      EXPECT_EQ(cmd.Wait().message(), "signal: killed");
    }
    EXPECT_LT(Now() - start, 50s);
  });
}

// Kill ends the process whose number a script has written. 0 would be all of
// this group.
void Kill(const std::string& pid) {
  const int number = std::atoi(pid.c_str());
  ASSERT_GT(number, 0) << pid;
  ::kill(number, SIGKILL);
}

// Heard keeps what is written, and tells of each line.
struct Heard {
  std::pair<std::size_t, Error> Write(std::span<const std::byte> from) const {
    const std::string_view more(reinterpret_cast<const char*>(from.data()),
                                from.size());
    text->append(more);
    for (const char c : more) {
      if (c == '\n') lines.Send({});
    }
    return {from.size(), nullptr};
  }
  std::string* text;
  Chan<Unit> lines;
};

// A grandchild holds the pipe. The program itself ends once all that it has
// written was read: what comes in later than the delay is lost.
TEST_P(ExecTest, WaitDelayCutsStreamsOff) {
  Run([] {
    const auto lines = MakeChan<Unit>(2);
    const auto run = [lines](Cmd& cmd, int n) {
      auto [in, err] = cmd.StdinPipe();
      EXPECT_FALSE(cmd.Start());
      for (int i = 0; i < n; i++) lines.Recv();
      in.Close();
      return cmd.Wait();
    };
    const std::string script =
        "echo out; sleep 99 & echo $! >&2; read line; exit 0";
    for (const bool with_context : {false, true}) {
      const auto [ctx, cancel] = context::WithCancel(context::Background());
      Cmd cmd = with_context ? CommandContext(ctx, "sh", "-c", script)
                             : Shell(script);
      std::string out;
      std::string pid;
      cmd.Stdout = Heard{&out, lines};
      cmd.Stderr = Heard{&pid, lines};
      cmd.WaitDelay = 10ms;
      const time::Time start = Now();
      const Error err = run(cmd, 2);
      EXPECT_LT(Now() - start, 90s);
      EXPECT_EQ(err, exec::WaitDelayExpired);
      EXPECT_EQ(err.message(), "exec: WaitDelay expired before I/O complete");
      EXPECT_EQ(out, "out\n");
      Kill(pid);
      cancel();
    }
    Cmd failed = Shell("sleep 99 & echo $!; read line; exit 5");
    std::string pid;
    failed.Stdout = Heard{&pid, lines};
    failed.WaitDelay = 10ms;
    EXPECT_EQ(run(failed, 1).message(), "exit status 5");
    Kill(pid);
  });
}

// A goroutine that is parked has no thread. Threads are not counted: those that
// earlier tests have left idle could serve waiters that block.
TEST_P(ExecTest, WaitingTakesNoThread) {
  Run([] {
    constexpr int kMany = 60;
    std::vector<std::shared_ptr<Cmd>> cats;
    std::vector<os::File> inputs;
    for (int i = 0; i < kMany; i++) {
      cats.push_back(std::make_shared<Cmd>(Command("cat")));
      auto [in, err] = cats.back()->StdinPipe();
      ASSERT_FALSE(err);
      ASSERT_FALSE(cats.back()->Start());
      inputs.push_back(in);
    }
    sync::WaitGroup done;
    const auto parks = [] { return runtime::Stats().parks; };
    const std::uint64_t wanted = parks() + kMany;
    for (const auto& cat : cats) {
      done.Go([cat] { EXPECT_FALSE(cat->Wait()); });
    }
    YieldUntil([&] { return parks() >= wanted; }, 10s);
    EXPECT_GE(parks(), wanted);
    for (const os::File& in : inputs) in.Close();
    done.Wait();
  });
}

TEST_P(ExecTest, ManyRunAtOnceAndLeaveNothing) {
  Run([] {
    // Descriptors that are kept for the next time are there after the first.
    EXPECT_EQ(OutputOf(Command("echo")), "\n");
    const std::set<int> before = LastingDescriptors();
    sync::WaitGroup done;
    for (int g = 0; g < 8; g++) {
      done.Go([g] {
        for (int i = 0; i < (kSanitized ? 3 : 10); i++) {
          const std::string text = std::to_string(g * 100 + i);
          Cmd cmd = Command("cat");
          cmd.Stdin = io::StringReader(text);
          EXPECT_EQ(OutputOf(std::move(cmd)), text);
          EXPECT_EQ(Shell("exit " + std::to_string(i)).Run().message(),
                    i == 0 ? "<nil>" : "exit status " + std::to_string(i));
        }
      });
    }
    done.Wait();
    EXPECT_EQ(LastingDescriptors(), before);
    EXPECT_LT(::waitpid(-1, nullptr, WNOHANG), 0);  // no zombies
  });
}

TEST_P(ExecTest, WhereThereAreNoPidfdsAThreadWaits) {
  Run([] {
    internal::use_pidfds = false;
    EXPECT_EQ(OutputOf(Command("echo", "x")), "x\n");
    Cmd cmd = Command("sleep", "100");
    ASSERT_FALSE(cmd.Start());
    Go([process = cmd.Process] {
      time::Sleep(2ms);
      EXPECT_FALSE(process.Kill());
    });
    EXPECT_EQ(cmd.Wait().message(), "signal: killed");
    EXPECT_EQ(cmd.Process.Kill(), exec::ProcessDone);
    const auto [ctx, cancel] = context::WithCancel(context::Background());
    Cmd other = CommandContext(ctx, "sleep", "100");
    ASSERT_FALSE(other.Start());
    cancel();
    EXPECT_EQ(other.Wait().message(), "signal: killed");
    internal::use_pidfds = true;
  });
}

TEST_P(ExecTest, SigchldRemainsTheProgramsOwn) {
  Run([] {
    struct sigaction action;
    EXPECT_FALSE(Command("true").Run());
    ::sigaction(SIGCHLD, nullptr, &action);
    EXPECT_EQ(action.sa_handler, SIG_DFL);
    // ThreadSanitizer puts off what strikes a thread that sleeps.
    if (!kThreadSanitizer) {
      auto c = MakeChan<signal::Signal>(1);
      signal::Notify(c, SIGCHLD);
      EXPECT_EQ(OutputOf(Command("echo", "x")), "x\n");
      EXPECT_EQ(c.Recv()->number(), SIGCHLD);
      signal::Stop(c);
    }
    // Ignored, there is no status to be had, and no zombie.
    ::signal(SIGCHLD, SIG_IGN);
    Cmd cmd = Command("true");
    EXPECT_EQ(cmd.Run().message(), "waitid: no child processes");
    EXPECT_EQ(cmd.Process.Kill(), exec::ProcessDone);
    ::signal(SIGCHLD, SIG_DFL);
  });
}

TEST(Exec, SignalsAreUnblockedInTheProgram) {
  IgnoreNoSignals();
  const TimeLimit limit(60s);
  std::thread([] {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    EXPECT_EQ(Shell("kill -TERM $$; sleep 100").Run().message(),
              "signal: terminated");
    EXPECT_EQ(Shell("kill -PIPE $$; sleep 100").Run().message(),
              "signal: broken pipe");
  }).join();
}

TEST(Exec, WorksFromThreadsThatAreNotTheRuntimes) {
  const TimeLimit limit(60s);
  Cmd cat = Command("cat");
  cat.Stdin = io::StringReader("threads");
  EXPECT_EQ(OutputOf(std::move(cat)), "threads");
}

class ExecDeathTest : public ::testing::Test {
 protected:
  ExecDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

// The standard streams pass through, and may be exchanged.
TEST_F(ExecDeathTest, StandardStreamsArePassedOn) {
  EXPECT_EXIT(gosling::Run([] {
                Cmd cmd = Shell("echo to stdout; echo to stderr >&2");
                cmd.Stdout = os::Stderr;
                cmd.Stderr = os::Stdout;
                const Error err = cmd.Run();
                std::_Exit(err ? 3 : 0);
              }),
              ::testing::ExitedWithCode(0), "^to stdout\n$");
}

TEST_F(ExecDeathTest, StandardDescriptorsThatAreClosedDoNotConfuseIt) {
  EXPECT_EXIT(gosling::Run([] {
                ::close(0);
                ::close(1);
                auto [out, err] = Shell("echo $(cat) x").Output();
                os::Stderr.Write(out);
                std::_Exit(err ? 3 : 0);
              }),
              ::testing::ExitedWithCode(0), "^x\n$");
}

}  // namespace
}  // namespace gosling
