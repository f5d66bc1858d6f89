// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A sender that is a thread of this process, foreign to the runtime, and aims
// at single threads: the handler then runs on whichever stack that thread is
// on, a goroutine's or g0's, in the midst of whatever it does.

#ifndef TOOLS_SIGSTORM_SENDER_THREAD_H_
#define TOOLS_SIGSTORM_SENDER_THREAD_H_

#include <cstdint>
#include <string>
#include <thread>

#include "tools/sigstorm/sender.h"

namespace sigstorm {

class SenderThread : public Sender {
 public:
  explicit SenderThread(Shared& shared) : shared_(shared) {}

  void Start(std::uint64_t seed) override;
  int Join() override;
  std::string Name() const override { return "thread (tgkill)"; }

 private:
  Shared& shared_;
  std::thread thread_;
  int error_ = 0;  // written by thread_, read after the join
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_SENDER_THREAD_H_
