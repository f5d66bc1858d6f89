// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How far the storm has come: samples of it for the report, and a line that a
// terminal shows meanwhile.

#ifndef TOOLS_SIGSTORM_PROGRESS_H_
#define TOOLS_SIGSTORM_PROGRESS_H_

#include <gosling/chan.h>
#include <gosling/sync.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tools/sigstorm/ledger.h"
#include "tools/sigstorm/receiver.h"
#include "tools/sigstorm/result.h"
#include "tools/sigstorm/workers/crew.h"

namespace sigstorm {

// Progress is a goroutine on a ticker for as long as the object lives. The
// arguments must live longer. It takes 100 samples or, of a long or a short
// storm, one in 5 s or 20 ms, with the process's memory if it is a `soak`, and
// prints the line five times a second, `shown`.
class Progress {
 public:
  Progress(Ledger& ledger,
           const std::vector<std::unique_ptr<Receiver>>& receivers,
           const Crew& crew, std::int64_t duration, bool shown, bool soak,
           std::vector<Sample>* samples);
  // The destructor takes a last sample, unless one was just taken, and wipes the
  // line; parks.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  Sample Take() const;
  void Keep();
  void Loop();
  void Show(const Sample& before, const Sample& now) const;

  Ledger& ledger_;
  const std::vector<std::unique_ptr<Receiver>>& receivers_;
  const Crew& crew_;
  const std::int64_t duration_;
  const bool shown_;
  const bool soak_;
  std::vector<Sample>& samples_;  // the goroutine's, until it has ended
  const std::int64_t start_;
  gosling::Chan<gosling::Unit> end_ = gosling::MakeChan<gosling::Unit>();
  gosling::sync::WaitGroup done_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_PROGRESS_H_
