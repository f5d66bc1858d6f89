// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/os.h"

namespace sigstorm {
namespace {

struct Key {
  int signal;
  unsigned char character;
};
constexpr std::array<Key, 3> kKeys = {
    {{SIGINT, 'c' & 31}, {SIGQUIT, '\\' & 31}, {SIGTSTP, 'z' & 31}}};
constexpr unsigned char kReadable = ' ';

[[noreturn]] void FailWithErrno(const char* what) {
  Fail(std::system_error(errno, std::generic_category(), what).what());
}

std::atomic<::pid_t> storm;  // the handler's

void PassOn(int signal) { ::kill(storm, signal); }

[[noreturn]] void EndAs(::pid_t child, bool pass_interrupt) {
  storm = child;
  if (pass_interrupt) {
    struct sigaction action = {};
    action.sa_handler = PassOn;
    ::sigaction(SIGINT, &action, nullptr);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) FailWithErrno("waitpid");
  }
  if (WIFSIGNALED(status)) {
    ::signal(WTERMSIG(status), SIG_DFL);
    ::raise(WTERMSIG(status));
  }
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

// MakeKeys has the keys make signals, and nothing else be done with what is
// typed: no echo, no lines, and no byte thrown away because of a signal.
bool MakeKeys(int screen) {
  termios mode = {};
  if (::tcgetattr(screen, &mode) != 0) return false;
  mode.c_iflag = 0;
  mode.c_lflag = ISIG | NOFLSH;
  mode.c_cc[VINTR] = kKeys[0].character;
  mode.c_cc[VQUIT] = kKeys[1].character;
  mode.c_cc[VSUSP] = kKeys[2].character;
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  return ::tcsetattr(screen, TCSANOW, &mode) == 0;
}

}  // namespace

bool Terminal::Sends(int signal) {
  if (signal == SIGWINCH) return true;
  for (const Key& key : kKeys) {
    if (key.signal == signal) return true;
  }
  return false;
}

Terminal Terminal::Enter(bool pass_interrupt) {
  const ::pid_t child = ::fork();
  if (child < 0) FailWithErrno("fork");
  if (child > 0) EndAs(child, pass_interrupt);
  os::DieWithParent();
  if (::setsid() < 0) FailWithErrno("setsid");
  const int keyboard = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (keyboard < 0 || ::grantpt(keyboard) != 0 || ::unlockpt(keyboard) != 0) {
    FailWithErrno("no terminal to be had");
  }
  const char* const name = ::ptsname(keyboard);
  const int screen =
      name == nullptr ? -1 : ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (screen < 0 || ::ioctl(screen, TIOCSCTTY, 0) != 0 || !MakeKeys(screen)) {
    FailWithErrno("no terminal to be had");
  }
  ::fcntl(keyboard, F_SETFD, FD_CLOEXEC);
  return {keyboard, screen};
}

int Terminal::Type(int signal) {
  if (signal == SIGWINCH) {
    wide_ = !wide_;
    const winsize size = {
        .ws_row = 24,
        .ws_col = static_cast<unsigned short>(wide_ ? 132 : 80),
        .ws_xpixel = 0,
        .ws_ypixel = 0};
    return ::ioctl(keyboard_, TIOCSWINSZ, &size) == 0 ? 0 : errno;
  }
  for (const Key& key : kKeys) {
    if (key.signal != signal) continue;
    return ::write(keyboard_, &key.character, 1) == 1 ? 0 : errno;
  }
  return EINVAL;
}

int Terminal::CatchUp() const {
  unsigned char seen = 0;
  if (::write(keyboard_, &kReadable, 1) != 1) return errno;
  while (::read(screen_, &seen, 1) != 1) {
    if (errno != EINTR) return errno;
  }
  return seen == kReadable ? 0 : EPROTO;
}

}  // namespace sigstorm
