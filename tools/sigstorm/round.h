// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// One round: everything is set up, the storm goes over it, everything is taken
// down again and looked at.

#ifndef TOOLS_SIGSTORM_ROUND_H_
#define TOOLS_SIGSTORM_ROUND_H_

#include <gosling/chan.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tools/sigstorm/ledger.h"
#include "tools/sigstorm/options.h"
#include "tools/sigstorm/result.h"
#include "tools/sigstorm/sender.h"
#include "tools/sigstorm/watchdog.h"

namespace sigstorm {

// Stage is what rounds have in common.
struct Stage {
  const Options& options;
  Ledger& ledger;
  std::vector<std::unique_ptr<Sender>>& senders;
  Watchdog& watchdog;
  gosling::RecvChan<gosling::Unit> interrupted;  // closed by Ctrl-C
};

// RunRound storms for `duration` ns. Must be called by a goroutine; afterwards
// none of its goroutines, threads and descriptors is left. Only a `measured`
// round shows its progress and commits the fault of options.inject; its
// resources are for the caller to fill in.
RoundResult RunRound(Stage& stage, std::int64_t duration, bool measured);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_ROUND_H_
