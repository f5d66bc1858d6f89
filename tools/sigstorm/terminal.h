// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A pseudo-terminal of the storm's own, whose line discipline sends it signals:
// keys make SIGINT, SIGQUIT and SIGTSTP, and a window of another size SIGWINCH.
// They go to the terminal's foreground process group, so that the storm must be
// that: it is a child, the first process of a new session.

#ifndef TOOLS_SIGSTORM_TERMINAL_H_
#define TOOLS_SIGSTORM_TERMINAL_H_

namespace sigstorm {

class Terminal {
 public:
  // Enter returns in a child, whose controlling terminal the new one is. The
  // caller waits for the child, passes a Ctrl-C of its own terminal on if
  // `pass_interrupt`, and ends as the child ends. There must be one thread.
  static Terminal Enter(bool pass_interrupt);

  // Sends says whether a terminal can send the signal.
  static bool Sends(int signal);

  // Type makes the terminal send the signal. A key is seen by the line discipline
  // in its own time, and makes one signal exactly. Returns 0 or errno.
  int Type(int signal);

  // CatchUp returns once the line discipline has seen all that was typed. It
  // keeps the order: this types one key more, one that can be read, and reads
  // it. Returns 0 or errno.
  int CatchUp() const;

 private:
  Terminal(int keyboard, int screen) : keyboard_(keyboard), screen_(screen) {}

  // The two ends. They stay open to the exit: a terminal's end is a hang-up.
  int keyboard_;
  int screen_;
  bool wide_ = false;  // the window's size, which changes
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_TERMINAL_H_
