// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Running other programs.
//
//     namespace go = gosling;
//
//     auto cmd = go::exec::Command("sort", "-n");
//     cmd.Stdin = go::io::StringReader("3\n1\n2\n");
//     auto [out, err] = cmd.Output();  // "1\n2\n3\n"
//     if (err) Report(err);            // "exit status 2", "signal: killed"
//
// No shell is in between. The program gets its own standard streams and
// ExtraFiles, and no other descriptor of the library's. All signals are
// unblocked in it, and those that have a handler here have their default; what
// is ignored here stays ignored, as with any exec.
//
// Where the system has pidfds (Linux 5.4), a goroutine that waits for a program
// parks; elsewhere it holds a thread. SIGCHLD is left alone, but a program that
// ignores it, or waits for any child itself, takes the status away: "waitid: no
// child processes".
//
// One Cmd runs one program, once, and is for one goroutine at a time; its
// Process may be used from any. A program that no Wait waits for remains as a zombie. May
// park: Start a little, the rest as long as it takes. Throw std::bad_alloc. Not
// for signal handlers.
//
// Go: package os/exec.

#ifndef GOSLING_EXEC_H_
#define GOSLING_EXEC_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/io.h>
#include <gosling/os.h>
#include <gosling/signal.h>
#include <gosling/time.h>
#include <sys/types.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gosling::internal {
class ChildProcess;  // runtime/exec/child.h
struct RunningCmd;   // runtime/exec/exec.cc

// Of a std::string_view, too, std::string makes one if it is asked to.
template <class A>
concept ConvertibleToArgument = std::convertible_to<A, std::string> ||
    std::convertible_to<A, std::string_view>;
}  // namespace gosling::internal

namespace gosling::exec {

// NotFound: no such program in the folders of $PATH. Dot: only in one that is
// not absolute, which is not searched. WaitDelayExpired: streams were cut off
// after Cmd::WaitDelay. ProcessDone: the process has ended. Go: exec.ErrNotFound,
// exec.ErrDot, exec.ErrWaitDelay, os.ErrProcessDone.
GOSLING_API extern const Error& NotFound;
GOSLING_API extern const Error& Dot;
GOSLING_API extern const Error& WaitDelayExpired;
GOSLING_API extern const Error& ProcessDone;

// LookPath finds an executable file in the folders of $PATH, or where `file` says
// if there is a slash in it. Go: exec.LookPath.
[[nodiscard]] GOSLING_API std::pair<std::string, Error> LookPath(
    const std::string& file);

// Environ returns a copy of the environment, as "name=value". Go: os.Environ.
[[nodiscard]] GOSLING_API std::vector<std::string> Environ();

// ExitCode returns the exit status that an error of Wait, Run … tells; -1 if it
// tells none, as of a program that a signal has ended. Go: ExitError.ExitCode.
[[nodiscard]] GOSLING_API int ExitCode(const Error& err);

// Process is a handle on a program that was started; nil if made by default:
// every call then says "invalid argument". Go: os.Process.
class Process {
 public:
  Process() noexcept = default;

  // Pid returns its number; 0 if nil. Go: Process.Pid.
  GOSLING_API pid_t Pid() const;

  // Signal sends it a signal, Kill sends SIGKILL, and neither waits. An error
  // that is ProcessDone says that it has ended, and been waited for; never is
  // another process hit that has got its number. Never park for long. Go:
  // Process.Signal, Process.Kill.
  GOSLING_API Error Signal(signal::Signal sig) const;
  GOSLING_API Error Kill() const;

  explicit operator bool() const noexcept { return child_ != nullptr; }

 private:
  friend class Cmd;
  std::shared_ptr<internal::ChildProcess> child_;
};

// ProcessState is how a program has ended. Go: os.ProcessState.
class ProcessState {
 public:
  ProcessState() noexcept = default;

  // ExitCode returns its exit status; -1 if a signal has ended it, or nothing
  // has. Success: that is 0. Go: ProcessState.ExitCode.
  int ExitCode() const noexcept { return exited_ ? status_ : -1; }
  bool Success() const noexcept { return exited_ && status_ == 0; }
  // Signal returns which signal has ended it; 0: none.
  signal::Signal Signal() const noexcept {
    return ended_ && !exited_ ? status_ : 0;
  }
  // String says it in Go's words: "exit status 1", "signal: killed". Go:
  // ProcessState.String.
  GOSLING_API std::string String() const;

 private:
  friend class internal::ChildProcess;
  int status_ = 0;
  bool ended_ = false;
  bool exited_ = false;  // and not by a signal
  bool dumped_ = false;
};

// Cmd is a program to be run, and then one that runs. Go: exec.Cmd.
class Cmd {
 public:
  GOSLING_API Cmd(Cmd&& other) noexcept;
  GOSLING_API Cmd& operator=(Cmd&& other) noexcept;
  GOSLING_API ~Cmd();

  // These are for the caller to set, before Start.

  std::string Path;               // the program, with its folder
  std::vector<std::string> Args;  // the first is its name
  // As "name=value"; of several with one name the last counts. Not set: this
  // process's, and PWD if there is a Dir.
  std::optional<std::vector<std::string>> Env;
  std::string Dir;  // to run in; "": this process's

  // The standard streams. An os::File is passed on as it is, in blocking mode.
  // For another reader or writer there is a pipe, and a goroutine that copies,
  // for which Wait waits. Nil is /dev/null. If Stderr is a copy of Stdout, the
  // program has one descriptor for both, and Write has one caller at a time.
  io::AnyReader Stdin;
  io::AnyWriter Stdout;
  io::AnyWriter Stderr;
  std::vector<os::File> ExtraFiles;  // descriptors 3, 4 …

  // Called when the context of CommandContext ends before the program; not set:
  // Process.Kill(). Its error, if it is not ProcessDone, is Wait's.
  std::function<Error()> Cancel;
  // How long Wait goes on waiting after the context has ended, or the program,
  // for streams that its own children may still hold: then they are cut off,
  // and the program is killed. 0: for ever.
  time::Duration WaitDelay{};
  // Why there will be no program: set by Command, told by Start.
  Error Err;

  // These are set: by Start, and by Wait.

  exec::Process Process;
  exec::ProcessState ProcessState;

  // Start starts it and does not wait. Wait must be called then. Errors are
  // Err, the context's, and the system's: "fork/exec /x: permission denied",
  // "chdir /none: no such file or directory". Go: Cmd.Start.
  GOSLING_API Error Start();

  // Wait waits until it has ended and its output has been copied. Its error is
  // the program's status, if that is not 0 ("exit status 1"); or that of Cancel,
  // the context or copying. It closes the ends of StdoutPipe and StderrPipe: read
  // to the end before. Go: Cmd.Wait.
  GOSLING_API Error Wait();

  // Run is Start and Wait. Output is Run, and what the program has written to its
  // standard output; CombinedOutput, to standard error too. Go: Cmd.Run,
  // Cmd.Output, Cmd.CombinedOutput.
  GOSLING_API Error Run();
  GOSLING_API std::pair<std::string, Error> Output();
  GOSLING_API std::pair<std::string, Error> CombinedOutput();

  // StdinPipe returns a pipe to the program's input, to be closed when that is
  // to end; StdoutPipe and StderrPipe one from its output. Before Start. Go:
  // Cmd.StdinPipe, Cmd.StdoutPipe, Cmd.StderrPipe.
  GOSLING_API std::pair<os::File, Error> StdinPipe();
  GOSLING_API std::pair<os::File, Error> StdoutPipe();
  GOSLING_API std::pair<os::File, Error> StderrPipe();

 private:
  friend Cmd Command(std::string name, std::vector<std::string> args);
  friend Cmd CommandContext(context::Context ctx, std::string name,
                            std::vector<std::string> args);
  Cmd(context::Context ctx, std::string name, std::vector<std::string> args);

  std::pair<os::File, Error> OutputPipe(io::AnyWriter* stream,
                                        std::string_view name,
                                        std::string_view call);

  std::shared_ptr<internal::RunningCmd> running_;
};

// Command makes a Cmd. If there is no slash in `name`, LookPath finds the
// program; that it has not is told by Start. Go: exec.Command.
[[nodiscard]] GOSLING_API Cmd Command(std::string name,
                                      std::vector<std::string> args);

template <internal::ConvertibleToArgument... A>
[[nodiscard]] Cmd Command(std::string name, A&&... args) {
  return Command(std::move(name), std::vector<std::string>{
                                      std::string(std::forward<A>(args))...});
}

// CommandContext makes one that is cancelled when ctx ends (Cancel, WaitDelay):
// Wait's error is "signal: killed" then, or ctx.Err() of a program that ended
// with status 0 when it was cancelled. Throws Panic("nil Context"). Go:
// exec.CommandContext.
[[nodiscard]] GOSLING_API Cmd CommandContext(context::Context ctx,
                                             std::string name,
                                             std::vector<std::string> args);

template <internal::ConvertibleToArgument... A>
[[nodiscard]] Cmd CommandContext(context::Context ctx, std::string name,
                                 A&&... args) {
  return CommandContext(
      std::move(ctx), std::move(name),
      std::vector<std::string>{std::string(std::forward<A>(args))...});
}

}  // namespace gosling::exec

#endif  // GOSLING_EXEC_H_
