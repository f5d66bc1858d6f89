// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// One of each kind, as often as asked for.

#include "tools/sigstorm/workers/crew.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/workers/churner.h"
#include "tools/sigstorm/workers/forker.h"
#include "tools/sigstorm/workers/hoarder.h"
#include "tools/sigstorm/workers/idler.h"
#include "tools/sigstorm/workers/ping_pong.h"
#include "tools/sigstorm/workers/pipe_reader.h"
#include "tools/sigstorm/workers/resizer.h"
#include "tools/sigstorm/workers/selector.h"
#include "tools/sigstorm/workers/sleeper.h"
#include "tools/sigstorm/workers/spawner.h"
#include "tools/sigstorm/workers/thrower.h"

namespace sigstorm {

Crew MakeCrew(const Options& options, std::uint64_t seed, Inject inject) {
  Random random(seed);
  Crew crew;
  for (int i = 1; i <= options.workers; i++) {
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
  const During& during = options.during;
  if (during.forks) {
    crew.push_back(std::make_unique<Forker>("forker 1", random.Next()));
  }
  if (during.procs) {
    crew.push_back(std::make_unique<Resizer>("resizer 1", random.Next()));
  }
  if (during.threads) {
    crew.push_back(std::make_unique<Spawner>("spawner 1", random.Next()));
  }
  for (int i = 1; during.churn && i <= 2; i++) {
    crew.push_back(std::make_unique<Churner>(absl::StrCat("churner ", i),
                                             random.Next(), options.signals));
  }
  if (inject == Inject::kStarve) {
    crew.push_back(std::make_unique<Idler>("starving", Idler::Fault::kStarves));
  }
  if (inject == Inject::kHang) {
    crew.push_back(std::make_unique<Idler>("hanging", Idler::Fault::kHangs));
  }
  if (inject == Inject::kLeakMemory) {
    crew.push_back(std::make_unique<Hoarder>("hoarder 1"));
  }
  return crew;
}

// The two readers of each set; a fork's and a thread's end are waited for, and a
// program is started, by one each.
int MostAsleep(const Options& options) {
  return 2 * options.workers + (options.during.forks ? 1 : 0) +
         (options.during.threads ? 1 : 0);
}

}  // namespace sigstorm
