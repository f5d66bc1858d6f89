// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The line that a terminal shows while the storm goes on.

#ifndef TOOLS_SIGSTORM_PROGRESS_H_
#define TOOLS_SIGSTORM_PROGRESS_H_

#include <gosling/chan.h>
#include <gosling/sync.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tools/sigstorm/ledger.h"
#include "tools/sigstorm/receiver.h"
#include "tools/sigstorm/workers/crew.h"

namespace sigstorm {

// Progress is a goroutine on a ticker for as long as the object lives. What it
// is given must live longer.
class Progress {
 public:
  Progress(Ledger& ledger,
           const std::vector<std::unique_ptr<Receiver>>& receivers,
           const Crew& crew, std::int64_t duration);
  // The destructor wipes the line; parks.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  gosling::Chan<gosling::Unit> end_ = gosling::MakeChan<gosling::Unit>();
  gosling::sync::WaitGroup done_;
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_PROGRESS_H_
