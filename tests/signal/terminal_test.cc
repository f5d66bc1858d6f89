// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// At a terminal: ^C, ^Z and fg, and a window that changes its size. (74, 78)

#include <fcntl.h>
#include <gosling/gosling.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/signal/signal_testing.h"

namespace gosling {
namespace {

using signal::Notify;
using signal::Signal;

INSTANTIATE_TEST_SUITE_P(Procs, SignalTest, kProcs, ProcsName);

void Tell(int fd, char what) {
  if (::write(fd, &what, 1) != 1) std::_Exit(90);
}

char Hear(int fd) {
  char what = '?';
  return ::read(fd, &what, 1) == 1 ? what : '?';
}

// Job is the program in the foreground. It wants all but SIGTSTP.
void Job(int procs, int told) {
  RunWith(procs, [told] {
    auto c = MakeChan<Signal>(8);
    Notify(c, SIGINT, SIGCONT, SIGWINCH);
    Tell(told, 'r');
    for (;;) {
      const auto sig = c.Recv();
      if (sig == Signal(SIGCONT)) Tell(told, 'c');
      if (sig == Signal(SIGWINCH)) Tell(told, 'w');
      if (sig == Signal(SIGINT)) {
        Tell(told, 'i');
        break;
      }
    }
  });
  std::_Exit(ChildStatus());
}

// Shell gives the terminal to a job; and, once that is stopped, again (fg). It
// ends as the job does.
[[noreturn]] void Shell(int procs, const char* terminal, int told) {
  if (::setsid() < 0) std::_Exit(91);
  const int tty = ::open(terminal, O_RDWR);  // its terminal from now on
  if (tty < 0 || ::ioctl(tty, TIOCSCTTY, 0) != 0) std::_Exit(92);
  ::signal(SIGTTOU, SIG_IGN);
  const pid_t job = ::fork();
  if (job == 0) {
    DieWithParent();
    ::setpgid(0, 0);
    ::tcsetpgrp(tty, ::getpid());
    ::signal(SIGTTOU, SIG_DFL);
    Job(procs, told);
  }
  ::setpgid(job, job);
  int status = 0;
  while (::waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
    if (WSTOPSIG(status) != SIGTSTP) std::_Exit(93);
    Tell(told, 'z');
    ::tcsetpgrp(tty, ::getpgrp());
    ::tcsetpgrp(tty, job);
    ::kill(-job, SIGCONT);
  }
  std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : 94);
}

TEST_P(SignalTest, AJobIsStoppedAndContinuedAtATerminal) {
  SKIP_IF_SIGNALS_ARE_PUT_OFF();
  SKIP_IF_EMULATED("passes terminals on by halves");
  EXPECT_EXIT(
      {
        const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        EXPECT_GE(master, 0);
        EXPECT_EQ(::grantpt(master), 0);
        EXPECT_EQ(::unlockpt(master), 0);
        int told[2];
        EXPECT_EQ(::pipe(told), 0);
        const pid_t shell = ::fork();
        if (shell == 0) {
          DieWithParent();
          Shell(GetParam(), ::ptsname(master), told[1]);
        }
        EXPECT_EQ(Hear(told[0]), 'r');
        for (int i = 0; i < 3; i++) {
          Tell(master, 'Z' - '@');
          EXPECT_EQ(Hear(told[0]), 'z') << "stopped, by the default";
          EXPECT_EQ(Hear(told[0]), 'c') << "and continued";
        }
        winsize size = {};
        size.ws_row = 10;
        size.ws_col = 20;
        EXPECT_EQ(::ioctl(master, TIOCSWINSZ, &size), 0);
        EXPECT_EQ(Hear(told[0]), 'w');
        Tell(master, 'C' - '@');
        EXPECT_EQ(Hear(told[0]), 'i');
        EXPECT_EQ(AwaitStatus(shell), 0);
        ExitChild();
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace gosling
