// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/attach.h"

#include <signal.h>
#include <time.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/pace.h"
#include "tools/sigstorm/signal_names.h"
#include "tools/sigstorm/write_out.h"

namespace sigstorm {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

struct Tally {
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;  // the kernel's queue was full
};

struct Story {
  std::vector<Tally> tallies;  // as AttachOptions::signals
  double seconds = 0;
  int ending = os::kLives;
  int last = 0;  // the signal sent last
  bool interrupted = false;
};

volatile sig_atomic_t interrupted = 0;

[[noreturn]] void CannotSignal(int pid, int error) {
  Fail(absl::StrCat("process ", pid,
                    " cannot be signalled: ", std::strerror(error)));
}

Story Storm(const AttachOptions& options) {
  Story story;
  story.tallies.resize(options.signals.size());
  const std::int64_t start = NowNs();
  const std::int64_t end = start + options.duration;
  std::int64_t now = start;
  std::int64_t looked = start;
  const auto over = [&] {
    now = NowNs();
    // One that has ended can be signalled until its parent waits for it.
    if (now - looked > 10 * kMillisecond) {
      looked = now;
      story.ending = os::Ending(options.pid);
    }
    return now >= end || interrupted != 0 || story.ending != os::kLives;
  };
  Pace pace(options.rate, options.shape, options.duration,
            std::random_device()());
  for (std::size_t i = 0; !over(); i = (i + 1) % options.signals.size()) {
    if (::kill(options.pid, options.signals[i]) == 0) {
      story.tallies[i].sent++;
      story.last = options.signals[i];
    } else if (errno == EAGAIN) {
      story.tallies[i].refused++;
    } else if (errno == ESRCH) {
      story.ending = os::kEnded;
    } else {
      CannotSignal(options.pid, errno);
    }
    pace.WaitOr(over);
  }
  story.seconds = static_cast<double>(now - start) / 1e9;
  if (story.ending == os::kLives) {
    // What it has been sent last may still be on its way.
    const timespec moment = {.tv_sec = 0, .tv_nsec = 50 * kMillisecond};
    ::nanosleep(&moment, nullptr);
    story.ending = os::Ending(options.pid);
  }
  story.interrupted = interrupted != 0;
  return story;
}

std::string Verdict(const AttachOptions& options, const Story& story) {
  const std::string name = absl::StrCat("process ", options.pid);
  if (story.ending == os::kLives) return name + " lives";
  if (story.ending < 0) {
    return absl::StrCat(name, " was ended by ", SignalName(-story.ending));
  }
  return absl::StrCat(name, " has ended; the last it was sent was ",
                      SignalName(story.last));
}

std::string Text(const AttachOptions& options, const Story& story) {
  std::string text =
      absl::StrFormat("sigstorm attach: %.2f s%s\n\n%-9s%12s%12s%12s\n",
                      story.seconds, story.interrupted ? ", interrupted" : "",
                      "signal", "sent", "refused", "per s");
  for (std::size_t i = 0; i < story.tallies.size(); i++) {
    const Tally& tally = story.tallies[i];
    absl::StrAppendFormat(
        &text, "%-9s%12s%12s%12.0f\n", SignalName(options.signals[i]),
        FormatCount(tally.sent), FormatCount(tally.refused),
        story.seconds > 0 ? static_cast<double>(tally.sent) / story.seconds
                          : 0.0);
  }
  return absl::StrCat(text, "\n", Verdict(options, story), "\n");
}

std::string Json(const AttachOptions& options, const Story& story) {
  nlohmann::ordered_json signals = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < story.tallies.size(); i++) {
    signals.push_back({{"signal", SignalName(options.signals[i])},
                       {"sent", story.tallies[i].sent},
                       {"refused", story.tallies[i].refused}});
  }
  const nlohmann::ordered_json report = {{"pid", options.pid},
                                         {"lives", story.ending == os::kLives},
                                         {"verdict", Verdict(options, story)},
                                         {"seconds", story.seconds},
                                         {"interrupted", story.interrupted},
                                         {"signals", signals}};
  return report.dump(2) + "\n";
}

}  // namespace

int Attach(const AttachOptions& options) {
  if (::kill(options.pid, 0) != 0) CannotSignal(options.pid, errno);
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = SA_RESETHAND;  // a second Ctrl-C kills
  ::sigaction(SIGINT, &action, nullptr);
  const Story story = Storm(options);
  WriteOut(options.json ? Json(options, story) : Text(options, story));
  return story.ending == os::kLives ? 0 : 1;
}

}  // namespace sigstorm
