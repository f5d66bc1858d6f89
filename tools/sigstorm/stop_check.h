// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Verdict 4: nothing is delivered to a channel after signal::Stop has returned.

#ifndef TOOLS_SIGSTORM_STOP_CHECK_H_
#define TOOLS_SIGSTORM_STOP_CHECK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/sigstorm/receiver.h"

namespace sigstorm {

// StopCheck stops every receiver under fire and closes them. A delivery that is
// late shows in Receiver::late once the receivers' goroutines have ended; where
// the library went wrong in another way, the sentence returned says how.
// Afterwards all the signals are ignored, and none of them can kill the
// program.
//
// `patience` in ns bounds each wait; `forge` puts a late delivery into the
// first channel.
std::string StopCheck(const std::vector<std::unique_ptr<Receiver>>& receivers,
                      std::int64_t patience, bool forge);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_STOP_CHECK_H_
