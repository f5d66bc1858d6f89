// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// exec::Cmd: the streams of a program, and how its end is told.
//
// Three kinds of goroutine take part. Each stream that is no file has a copier.
// The watcher, if there is a context, waits for its end, cancels, and kills
// after WaitDelay. The waiter is the caller of Wait. While the watcher has not
// answered the waiter, the watcher owns the parent's ends of the pipes and the
// copiers' result; from then on the waiter does.
//
// Go: os/exec/exec.go.

#include <errno.h>
#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/exec.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/os.h>
#include <gosling/panic.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <signal.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "runtime/errors.h"
#include "runtime/exec/child.h"
#include "runtime/poll/errors.h"

namespace gosling {

namespace {

constinit const internal::Immortal<internal::KnownError> wait_delay_node(
    "exec: WaitDelay expired before I/O complete", false);
constinit const internal::Immortal<internal::KnownError> process_done_node(
    "os: process already finished", false);
constinit const internal::ErrorAccess::Known wait_delay(&wait_delay_node.value);
constinit const internal::ErrorAccess::Known process_done(
    &process_done_node.value);

// ExitError is that a program has failed.
class ExitError final : public internal::ErrorNode {
 public:
  explicit ExitError(exec::ProcessState state)
      : ErrorNode(/*is_counted=*/true), state_(state) {}
  std::string Message() const override { return state_.String(); }
  const exec::ProcessState& state() const { return state_; }

 private:
  const exec::ProcessState state_;
};

void CloseAll(std::vector<os::File>* files) {
  for (const os::File& file : *files) file.Close();
  files->clear();
}

// WithoutDoubles keeps the last value of each name, where the first stood.
Error WithoutDoubles(const std::vector<std::string>& env,
                     std::vector<std::string>* out) {
  std::unordered_map<std::string, std::size_t> at;
  for (const std::string& entry : env) {
    if (entry.find('\0') != std::string::npos) {
      return errors::New("exec: environment variable contains NUL");
    }
    // "=C:=…" of other systems aside, the name ends with the first '='.
    const std::size_t end = entry.find('=', 1);
    const auto [slot, is_new] = at.emplace(entry.substr(0, end), out->size());
    if (is_new) {
      out->push_back(entry);
    } else {
      (*out)[slot->second] = entry;
    }
  }
  return nullptr;
}

}  // namespace

namespace internal {

struct RunningCmd {
  struct Watched {
    Error err;
    time::Timer timer;  // of no channel if the watcher has started none
  };

  // AddCopier has a copier start when the program runs.
  void AddCopier(std::function<Error()> copy) {
    copiers.push_back(std::move(copy));
  }

  void StartCopiers(const std::shared_ptr<RunningCmd>& self);
  void Watch();
  Error AwaitCopiers(time::Timer timer);
  void Cut() { CloseAll(&parent_files); }

  context::Context ctx;
  bool started = false;
  bool waited = false;
  std::vector<os::File> child_files;   // closed once the program has them
  std::vector<os::File> parent_files;  // closed in the end
  std::vector<std::function<Error()>> copiers;

  // Of a program that runs:
  std::shared_ptr<ChildProcess> child;
  std::function<Error()> cancel;
  time::Duration wait_delay{};
  Chan<Error> copied;     // the first error of the copiers, when all are done
  Chan<Watched> watched;  // the watcher's answer

  sync::Mutex mu;
  std::size_t copying = 0;  // under mu
  Error first_err;          // under mu
};

void RunningCmd::StartCopiers(const std::shared_ptr<RunningCmd>& self) {
  if (copiers.empty()) return;
  copied = MakeChan<Error>(1);
  copying = copiers.size();
  for (std::function<Error()>& copy : copiers) {
    Go([self, copy = std::move(copy)]() mutable {
      Error err = copy();
      copy = nullptr;  // its files are closed before Wait returns
      std::lock_guard lock(self->mu);
      if (!self->first_err) self->first_err = std::move(err);
      if (--self->copying == 0) self->copied.Send(self->first_err);
    });
  }
  copiers.clear();
}

// Watch is the watcher.
void RunningCmd::Watch() {
  bool ended = false;
  Select(OnSend(watched, Watched(), [&] { ended = true; }),
         OnRecv(ctx.Done(), [] {}));
  if (ended) return;

  Error err;
  if (Error cancel_err = cancel ? cancel() : child->Signal(SIGKILL);
      !cancel_err) {
    err = ctx.Err();
  } else if (!errors::Is(cancel_err, exec::ProcessDone)) {
    err = errors::Wrap(std::move(cancel_err), "exec: canceling Cmd");
  }
  if (wait_delay == time::Duration()) {
    watched.Send({std::move(err), {}});
    return;
  }

  time::Timer timer = time::NewTimer(wait_delay);
  Select(OnSend(watched, Watched{err, timer}, [&] { ended = true; }),
         OnRecv(timer.C(), [] {}));
  if (ended) return;

  bool killed = false;
  if (Error kill_err = child->Signal(SIGKILL); !kill_err) {
    killed = true;
  } else if (!errors::Is(kill_err, exec::ProcessDone)) {
    err = errors::Wrap(std::move(kill_err), "exec: killing Cmd");
  }
  if (copied) {
    std::optional<Error> copy_err;
    if (copied.TryRecv(copy_err)) {
      if (!err && !killed) err = *copy_err;
    } else {
      Cut();
      copied.Recv();
      if (!err) err = exec::WaitDelayExpired;
    }
    copied = Chan<Error>();
  }
  watched.Send({std::move(err), {}});
}

Error RunningCmd::AwaitCopiers(time::Timer timer) {
  Error err;
  if (copied) {
    if (!timer.C() && wait_delay == time::Duration()) {
      err = *copied.Recv();
    } else {
      std::optional<Error> result;
      if (!copied.TryRecv(result)) {
        if (!timer.C()) timer = time::NewTimer(wait_delay);
        Select(OnRecv(copied,
                      [&](std::optional<Error> e) { result = std::move(e); }),
               OnRecv(timer.C(), [] {}));
      }
      if (!result) {
        Cut();
        copied.Recv();
        result = exec::WaitDelayExpired;
      }
      err = *result;
    }
    copied = Chan<Error>();
  }
  if (timer.C()) timer.Stop();
  return err;
}

}  // namespace internal

namespace exec {

constinit const Error& WaitDelayExpired = wait_delay.error;
constinit const Error& ProcessDone = process_done.error;

int ExitCode(const Error& err) {
  for (Error e = err; e; e = errors::Unwrap(e)) {
    const auto* node =
        dynamic_cast<const ExitError*>(internal::ErrorAccess::NodeOf(e));
    if (node != nullptr) return node->state().ExitCode();
  }
  return -1;
}

std::string ProcessState::String() const {
  if (!ended_) return "<nil>";
  if (exited_) return "exit status " + std::to_string(status_);
  return "signal: " + Signal().String() + (dumped_ ? " (core dumped)" : "");
}

pid_t Process::Pid() const { return child_ != nullptr ? child_->pid() : 0; }

Error Process::Signal(signal::Signal sig) const {
  if (child_ == nullptr) return poll::ErrnoError(EINVAL);
  return child_->Signal(sig.number());
}

Error Process::Kill() const { return Signal(SIGKILL); }

Cmd::Cmd(Cmd&& other) noexcept = default;
Cmd& Cmd::operator=(Cmd&& other) noexcept = default;
Cmd::~Cmd() = default;

Cmd::Cmd(context::Context ctx, std::string name, std::vector<std::string> args)
    : Path(name), running_(std::make_shared<internal::RunningCmd>()) {
  running_->ctx = std::move(ctx);
  if (name.find('/') == std::string::npos) {
    std::tie(Path, Err) = LookPath(name);
    if (Path.empty()) Path = name;
  }
  Args.push_back(std::move(name));
  Args.insert(Args.end(), std::move_iterator(args.begin()),
              std::move_iterator(args.end()));
}

Cmd Command(std::string name, std::vector<std::string> args) {
  return {context::Context(), std::move(name), std::move(args)};
}

Cmd CommandContext(context::Context ctx, std::string name,
                   std::vector<std::string> args) {
  if (!ctx) throw Panic("nil Context");
  return {std::move(ctx), std::move(name), std::move(args)};
}

namespace {

using internal::RunningCmd;

// Streams are what Start makes of a Cmd's: files for the program, one after the
// other, or the first error.
struct Streams {
  // Null opens /dev/null.
  void Null(int flags) {
    auto [file, open_err] = os::OpenFile("/dev/null", flags, 0);
    Take(file, std::move(open_err));
    running->child_files.push_back(std::move(file));
  }

  void Take(const os::File& file, Error file_err) {
    if (!err) err = std::move(file_err);
    files.push_back(file);
  }

  void Input(const io::AnyReader& reader) {
    if (!reader) return Null(O_RDONLY);
    const os::File* own = internal::IoAccess::StreamOf(reader).file;
    if (own != nullptr) return Take(*own, nullptr);
    auto [r, w, pipe_err] = os::Pipe();
    Take(r, std::move(pipe_err));
    running->child_files.push_back(r);
    running->parent_files.push_back(w);
    running->AddCopier([reader = reader, w = w]() -> Error {
      Error copy_err = io::Copy(w, reader).second;
      // A program may end without having read all.
      if (errors::Is(copy_err, std::errc::broken_pipe)) copy_err = nullptr;
      Error close_err = w.Close();
      return copy_err ? copy_err : close_err;
    });
  }

  void Output(const io::AnyWriter& writer) {
    if (!writer) return Null(O_WRONLY);
    const os::File* own = internal::IoAccess::StreamOf(writer).file;
    if (own != nullptr) return Take(*own, nullptr);
    auto [r, w, pipe_err] = os::Pipe();
    Take(w, std::move(pipe_err));
    running->child_files.push_back(w);
    running->parent_files.push_back(r);
    running->AddCopier([writer = writer, r = r]() -> Error {
      Error copy_err = io::Copy(writer, r).second;
      r.Close();  // should it be the writer that has failed
      return copy_err;
    });
  }

  RunningCmd* running;
  std::vector<os::File> files = {};
  Error err = {};
};

}  // namespace

Error Cmd::Start() {
  RunningCmd& running = *running_;
  if (std::exchange(running.started, true)) {
    return errors::New("exec: already started");
  }
  const auto give_up = [&](Error err) {
    CloseAll(&running.child_files);
    CloseAll(&running.parent_files);
    running.copiers.clear();
    return err;
  };
  if (Path.empty() && !Err) Err = errors::New("exec: no command");
  if (Err) return give_up(Err);
  if (Cancel && !running.ctx) {
    return give_up(
        errors::New("exec: command with a non-nil Cancel was not created with "
                    "CommandContext"));
  }
  if (running.ctx) {
    if (Error err = running.ctx.Err()) return give_up(std::move(err));
  }

  internal::Program program{Path, Args, {}, Dir, {}};
  if (program.args.empty()) program.args.push_back(Path);
  for (const std::string& arg : program.args) {
    if (arg.find('\0') != std::string::npos) {
      return give_up(
          errors::Wrap(poll::ErrnoError(EINVAL), "fork/exec " + Path));
    }
  }
  std::vector<std::string> env = Env ? *Env : Environ();
  if (!Env && !Dir.empty()) {
    std::error_code ignored;
    env.push_back("PWD=" + std::filesystem::absolute(Dir, ignored).string());
  }
  if (Error err = WithoutDoubles(env, &program.env)) {
    return give_up(std::move(err));
  }

  Streams streams{&running};
  streams.Input(Stdin);
  streams.Output(Stdout);
  if (Stderr && Stderr == Stdout) {
    streams.Take(streams.files.back(), nullptr);
  } else {
    streams.Output(Stderr);
  }
  for (const os::File& file : ExtraFiles) streams.Take(file, nullptr);
  if (streams.err) return give_up(std::move(streams.err));
  for (const os::File& file : streams.files) program.files.push_back(file.Fd());

  auto [child, err] = internal::ChildProcess::Start(program);
  if (err) return give_up(std::move(err));
  CloseAll(&running.child_files);
  Process.child_ = child;
  running.child = std::move(child);
  running.cancel = Cancel;
  running.wait_delay = WaitDelay;
  running.StartCopiers(running_);
  if (running.ctx && running.ctx.Done()) {
    running.watched = MakeChan<RunningCmd::Watched>();
    Go([self = running_] { self->Watch(); });
  }
  return nullptr;
}

Error Cmd::Wait() {
  RunningCmd& running = *running_;
  if (running.child == nullptr) return errors::New("exec: not started");
  if (std::exchange(running.waited, true)) {
    return errors::New("exec: Wait was already called");
  }
  Error err;
  std::tie(ProcessState, err) = running.child->Wait();
  if (!err && !ProcessState.Success()) {
    err = internal::ErrorAccess::Make(new ExitError(ProcessState));
  }
  time::Timer timer;
  if (running.watched) {
    RunningCmd::Watched watched = *running.watched.Recv();
    timer = std::move(watched.timer);
    if (!err) err = std::move(watched.err);
  }
  Error copy_err = running.AwaitCopiers(std::move(timer));
  if (!err) err = std::move(copy_err);
  running.Cut();
  return err;
}

Error Cmd::Run() {
  if (Error err = Start()) return err;
  return Wait();
}

std::pair<std::string, Error> Cmd::Output() {
  if (Stdout) return {"", errors::New("exec: Stdout already set")};
  std::string out;
  Stdout = io::StringWriter(&out);
  Error err = Run();
  Stdout = nullptr;
  return {std::move(out), std::move(err)};
}

std::pair<std::string, Error> Cmd::CombinedOutput() {
  if (Stdout) return {"", errors::New("exec: Stdout already set")};
  if (Stderr) return {"", errors::New("exec: Stderr already set")};
  std::string out;
  Stdout = io::StringWriter(&out);
  Stderr = Stdout;
  Error err = Run();
  Stdout = nullptr;
  Stderr = nullptr;
  return {std::move(out), std::move(err)};
}

std::pair<os::File, Error> Cmd::StdinPipe() {
  if (Stdin) return {os::File(), errors::New("exec: Stdin already set")};
  if (running_->started) {
    return {os::File(), errors::New("exec: StdinPipe after process started")};
  }
  auto [r, w, err] = os::Pipe();
  if (err) return {os::File(), err};
  Stdin = r;
  running_->child_files.push_back(r);
  running_->parent_files.push_back(w);
  return {w, nullptr};
}

std::pair<os::File, Error> Cmd::OutputPipe(io::AnyWriter* stream,
                                           std::string_view name,
                                           std::string_view call) {
  if (*stream) {
    return {os::File(),
            errors::New("exec: " + std::string(name) + " already set")};
  }
  if (running_->started) {
    return {os::File(), errors::New("exec: " + std::string(call) +
                                    " after process started")};
  }
  auto [r, w, err] = os::Pipe();
  if (err) return {os::File(), err};
  *stream = w;
  running_->child_files.push_back(w);
  running_->parent_files.push_back(r);
  return {r, nullptr};
}

std::pair<os::File, Error> Cmd::StdoutPipe() {
  return OutputPipe(&Stdout, "Stdout", "StdoutPipe");
}

std::pair<os::File, Error> Cmd::StderrPipe() {
  return OutputPipe(&Stderr, "Stderr", "StderrPipe");
}

}  // namespace exec
}  // namespace gosling
