// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine that sits in blocking reads of a pipe, and one that feeds it.

#ifndef TOOLS_SIGSTORM_WORKERS_PIPE_READER_H_
#define TOOLS_SIGSTORM_WORKERS_PIPE_READER_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "tools/sigstorm/workers/worker.h"

namespace sigstorm {

class PipeReader : public Worker {
 public:
  // Announced reads go through runtime::Blocking. The others just block, as
  // code does that has never heard of the runtime; the processor must be taken
  // from under them.
  enum class Reads { kAnnounced, kBare };

  PipeReader(std::string name, std::uint64_t seed, Reads reads)
      : Worker(std::move(name)), seed_(seed), reads_(reads) {}

  void Start(gosling::sync::WaitGroup& group,
             const std::atomic<bool>& stop) override;
  std::string Mistake() const override;

 private:
  void Feed(int fd, const std::atomic<bool>& stop);
  void Read(int fd);

  const std::uint64_t seed_;
  const Reads reads_;

  std::uint64_t fed_ = 0;   // Feed's sum
  bool failed_ = false;     // Feed could not write
  std::uint64_t read_ = 0;  // Read's sum
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_PIPE_READER_H_
