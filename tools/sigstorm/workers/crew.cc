// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// One of each kind, as often as asked for.

#include "tools/sigstorm/workers/crew.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/workers/idler.h"
#include "tools/sigstorm/workers/ping_pong.h"
#include "tools/sigstorm/workers/pipe_reader.h"
#include "tools/sigstorm/workers/selector.h"
#include "tools/sigstorm/workers/sleeper.h"
#include "tools/sigstorm/workers/thrower.h"

namespace sigstorm {

Crew MakeCrew(int sets, std::uint64_t seed, Inject inject) {
  Random random(seed);
  Crew crew;
  for (int i = 1; i <= sets; i++) {
    const auto name = [i](const char* kind) {
      return std::string(absl::StrCat(kind, " ", i));
    };
    crew.push_back(
        std::make_unique<PingPong>(name("ping-pong"), random.Next(),
                                   inject == Inject::kCorrupt && i == 1));
    crew.push_back(std::make_unique<Sleeper>(name("sleeper"), random.Next()));
    crew.push_back(std::make_unique<PipeReader>(
        name("blocked reader"), random.Next(), PipeReader::Reads::kAnnounced));
    crew.push_back(std::make_unique<PipeReader>(
        name("bare reader"), random.Next(), PipeReader::Reads::kBare));
    crew.push_back(std::make_unique<Thrower>(name("thrower"), random.Next()));
    crew.push_back(std::make_unique<Selector>(name("selector"), random.Next()));
  }
  if (inject == Inject::kStarve) {
    crew.push_back(std::make_unique<Idler>("starving", Idler::Fault::kStarves));
  }
  if (inject == Inject::kHang) {
    crew.push_back(std::make_unique<Idler>("hanging", Idler::Fault::kHangs));
  }
  return crew;
}

}  // namespace sigstorm
