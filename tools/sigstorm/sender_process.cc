// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The children's side and the parent's side of two pipes.

#include "tools/sigstorm/sender_process.h"

#include <fcntl.h>
#include <gosling/runtime.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/full_io.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/pace.h"
#include "tools/sigstorm/random.h"

namespace sigstorm {
namespace {

class ProcessAim : public Aim {
 public:
  ProcessAim(Shared& shared, std::uint64_t seed)
      : parent_(shared.parent), process_(shared.process), random_(seed) {}

  int Send(const SignalSlot& slot, std::int64_t now) override {
    // The number of a process that has ended may be given to another; a target
    // that is not the parent is a child of the parent's, which holds it.
    if (::getppid() != parent_) return ESRCH;
    if ((random_.Next() >> 63) != 0) {
      return os::SendQueued(process_, slot.number, now);
    }
    return ::kill(process_, slot.number) == 0 ? 0 : errno;
  }

 private:
  ::pid_t parent_;
  ::pid_t process_;
  Random random_;
};

// TerminalAim types. Of a key `sent` counts what the terminal has accepted; by
// the end of the round the line discipline has made a signal of each.
class TerminalAim : public Aim {
 public:
  explicit TerminalAim(Terminal& terminal) : terminal_(terminal) {}

  int Send(const SignalSlot& slot, std::int64_t) override {
    return terminal_.Type(slot.number);
  }

  bool Sends(const SignalSlot& slot) const override {
    return Terminal::Sends(slot.number);
  }

 private:
  Terminal& terminal_;
};

int RunTyping(Shared& shared, std::uint64_t seed, Terminal& terminal) {
  TerminalAim aim(terminal);
  const int error = RunSender(shared, aim, seed);
  return error == 0 ? terminal.CatchUp() : error;
}

int RunSending(Shared& shared, std::uint64_t seed) {
  ProcessAim aim(shared, Mix(seed));
  return RunSender(shared, aim, seed);
}

int RunStopping(Shared& shared, std::uint64_t seed) {
  Random random(seed);
  const auto signal = [&shared](int number) {
    if (::getppid() != shared.parent) return ESRCH;
    return ::kill(shared.process, number) == 0 ? 0 : errno;
  };
  const auto sleep = [&random](std::uint64_t least, std::uint64_t more) {
    Pace::Sleep(static_cast<std::int64_t>(least + random.Below(more)));
  };
  while (!shared.stop.load()) {
    sleep(20'000'000, 60'000'000);
    if (shared.stop.load()) break;
    if (const int error = signal(SIGSTOP); error != 0) return error;
    sleep(1'000'000, 9'000'000);
    if (const int error = signal(SIGCONT); error != 0) return error;
    shared.stops.fetch_add(1);
  }
  return 0;
}

// ChildMain serves rounds until its parent closes the pipe.
[[noreturn]] void ChildMain(
    Shared& shared, int command, int reply,
    const std::function<int(Shared&, std::uint64_t)>& run) {
  os::DieWithParent();
  // Ctrl-C goes to every process of the terminal; the parent decides. (SIGTSTP
  // of the storm's own terminal stops none: to a session without a shell it does
  // nothing.)
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGQUIT, SIG_IGN);
  std::uint64_t seed;
  while (::getppid() == shared.parent &&
         ReadFull(command, &seed, sizeof seed)) {
    const int error = run(shared, seed);
    if (!WriteFull(reply, &error, sizeof error)) break;
  }
  // Not exit: what the parent had buffered for its output is not ours to write.
  ::_exit(0);
}

[[noreturn]] void FailWithErrno(const char* what) {
  Fail(std::system_error(errno, std::generic_category(), what).what());
}

}  // namespace

std::vector<std::unique_ptr<Sender>> SenderProcess::ForkAll(Shared& shared,
                                                            int count) {
  return ForkAll(shared, count, "process (kill, sigqueue)", RunSending);
}

std::unique_ptr<Sender> SenderProcess::ForkStopper(Shared& shared) {
  return std::move(
      ForkAll(shared, 1, "process (SIGSTOP, SIGCONT)", RunStopping).front());
}

std::unique_ptr<Sender> SenderProcess::ForkTypist(Shared& shared,
                                                  Terminal terminal) {
  const auto run = [terminal](Shared& all, std::uint64_t seed) mutable {
    return RunTyping(all, seed, terminal);
  };
  return std::move(ForkAll(shared, 1, "terminal", run).front());
}

std::vector<std::unique_ptr<Sender>> SenderProcess::ForkAll(
    Shared& shared, int count, const char* name, const RunRound& run) {
  std::vector<std::unique_ptr<Sender>> senders;
  // The parent's ends, of all calls. A child that kept an older child's open
  // would keep that one from seeing the end of file.
  static std::vector<int> parents;
  for (int i = 0; i < count; i++) {
    std::array<int, 2> command;
    std::array<int, 2> reply;
    if (::pipe(command.data()) != 0 || ::pipe(reply.data()) != 0) {
      FailWithErrno("pipe");
    }
    for (const int fd : {command[1], reply[0]}) {
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      parents.push_back(fd);
    }
    const ::pid_t child = ::fork();
    if (child < 0) FailWithErrno("fork");
    if (child == 0) {
      for (int fd : parents) ::close(fd);
      ChildMain(shared, command[0], reply[1], run);
    }
    ::close(command[0]);
    ::close(reply[1]);
    senders.push_back(std::unique_ptr<Sender>(
        new SenderProcess(name, command[1], reply[0], child)));
  }
  return senders;
}

SenderProcess::~SenderProcess() {
  ::close(command_);
  ::close(reply_);
  // ECHILD: SIGCHLD was among the signals, and ignored at the end.
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void SenderProcess::Start(std::uint64_t seed) {
  WriteFull(command_, &seed, sizeof seed);
}

int SenderProcess::Join() {
  // A child that ended without a word has lost count of what it sent.
  return gosling::runtime::Blocking([this] {
    int error = 0;
    return ReadFull(reply_, &error, sizeof error) ? error : ECHILD;
  });
}

}  // namespace sigstorm
