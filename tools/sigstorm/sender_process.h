// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A sender that is a child process and aims at the process as a whole, by kill
// and by sigqueue in turn: the kernel chooses the thread.
//
// The children are forked before the runtime starts, from a program with one
// thread, and live through all rounds. So they inherit no handler, no
// descriptor of the runtime's and no lock that a thread held; forking later
// would need care for each of these.

#ifndef TOOLS_SIGSTORM_SENDER_PROCESS_H_
#define TOOLS_SIGSTORM_SENDER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/sigstorm/sender.h"
#include "tools/sigstorm/terminal.h"

namespace sigstorm {

class SenderProcess : public Sender {
 public:
  // ForkAll starts `count` children that wait for Start. Must run before any
  // thread exists.
  static std::vector<std::unique_ptr<Sender>> ForkAll(Shared& shared,
                                                      int count);

  // ForkStopper starts one that stops the process with SIGSTOP, all of it, for a
  // moment, and lets it go on with SIGCONT, about fifteen times a second.
  static std::unique_ptr<Sender> ForkStopper(Shared& shared);

  // ForkTypist starts one that types at the terminal.
  static std::unique_ptr<Sender> ForkTypist(Shared& shared, Terminal terminal);

  // The destructor ends the child and reaps it.
  ~SenderProcess() override;
  SenderProcess(const SenderProcess&) = delete;
  SenderProcess& operator=(const SenderProcess&) = delete;

  void Start(std::uint64_t seed) override;
  int Join() override;
  std::string Name() const override { return name_; }

 private:
  // RunRound is what a child does in a round. Returns 0 or the errno that ended
  // it early.
  using RunRound = std::function<int(Shared& shared, std::uint64_t seed)>;

  SenderProcess(const char* name, int command, int reply, ::pid_t child)
      : name_(name), command_(command), reply_(reply), child_(child) {}

  static std::vector<std::unique_ptr<Sender>> ForkAll(Shared& shared, int count,
                                                      const char* name,
                                                      const RunRound& run);

  const char* const name_;
  int command_;  // write end: a seed starts a round, end of file ends the child
  int reply_;    // read end: what RunRound returned
  ::pid_t child_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_SENDER_PROCESS_H_
