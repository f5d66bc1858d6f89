// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The flags, the help and what makes sense.

#include "tools/sigstorm/options.h"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "absl/flags/usage.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tools/sigstorm/signal_names.h"

ABSL_FLAG(
    std::string, duration, "5s",
    "How long the storm lasts: 90s, 500ms, 2m; a bare number is seconds.");
ABSL_FLAG(int, senders, 2,
          "How many senders: the first, third, ... are threads of the program "
          "and hit single threads (tgkill); the second, fourth, ... are child "
          "processes and hit the process (kill and sigqueue in turn).");
ABSL_FLAG(
    std::string, signals, "HUP,USR1,USR2,URG,RTMIN+1,RTMIN+2",
    "Which signals: names, numbers, RTMIN+n, RTMAX-n, separated by commas; "
    "\"all\" is every signal that can be caught, except those that report "
    "faults (SEGV, BUS, FPE, ILL, TRAP, ABRT), which may be named.");
ABSL_FLAG(
    double, rate, 20000,
    "Signals per second, all senders together; 0 is as fast as they can.");
ABSL_FLAG(int, workers, 4,
          "Sets of workers. A set is a pair playing ping-pong, a sleeper, two "
          "readers that block in pipes (one announces it, one does not), one "
          "that allocates and throws, one that selects: 12 goroutines.");
ABSL_FLAG(
    std::string, note, "",
    "What the receiving goroutine of the library sleeps on: pipe, futex or "
    "sema. Sets GOSLING_SIGNOTE, whose value holds otherwise. With sema "
    "a storm may hang: when a signal meets the thread that holds the note's "
    "mutex. That is the bug the pipe mends.");
ABSL_FLAG(bool, json, false, "Print the result as JSON.");
ABSL_FLAG(std::uint64_t, seed, 0,
          "Makes the choices of senders and workers repeatable; 0 picks one.");
ABSL_FLAG(int, buffer, 64,
          "Capacity of each signal's channel, at least 1. What does not fit is "
          "dropped by the library and counted.");
ABSL_FLAG(std::string, patience, "10s",
          "How long something may stand still before the watchdog calls it a "
          "hang.");
ABSL_FLAG(
    std::string, inject, "none",
    "For tests of sigstorm itself: commits a fault, so that a verdict must "
    "fail: lose (1), miscount, forget (2), corrupt, starve (3), late (4), "
    "leak-file, leak-threads, leak-goroutine (5), hang (6).");

namespace sigstorm {
namespace {

constexpr const char* kFlags[] = {"duration", "senders",  "signals", "rate",
                                  "workers",  "note",     "json",    "seed",
                                  "buffer",   "patience", "inject"};

constexpr char kIntroduction[] =
    R"(Usage: sigstorm [--option=value]...

Runs a program of goroutines under a storm of signals and says whether all of
them were received as signal::Notify promises.

)";

constexpr char kExplanation[] = R"(
The table, for each signal:
  sent       accepted by the kernel, counted by the senders
  refused    not sent, because the kernel's queue was full (real-time only)
  received   calls of the library's handler; of a standard signal the kernel
             keeps one pending, so that fewer are received than sent
  coalesced  merged by the library into one still to be delivered
  delivered  put into the channel
  dropped    found the channel full
  p50 p99 max  from send to receive, by the receiving goroutine. By "value":
             each real-time signal sent with a value carries its time. By
             "stamp": from the oldest send that no delivery had answered.

The verdicts:
  1  after the storm each signal is raised once more, and that one arrives
  2  received = delivered + coalesced + dropped for each signal, exactly, and
     sent = received for real-time signals
  3  the workers' sums are right, and each worker made a step in each slice of
     the run (ten slices, or fewer of a second)
  4  nothing arrives after Stop
  5  no descriptor, thread or goroutine leaked, compared with a first, shorter
     round of everything; the runtime may keep an idle thread for each
     goroutine that there was at once, but not more
  6  a watchdog outside the runtime saw no hang

Exit status: 0 if all pass, 1 if one fails, 2 for a wrong command line or an
error of the runtime. Ctrl-C ends the storm early and the verdicts follow, unless
SIGINT is among the signals; a second one kills.
)";

// Wrapped breaks `text` at spaces into lines that fit behind an indentation.
std::string Wrapped(const std::string& text, std::size_t indent) {
  constexpr std::size_t kWidth = 78;
  const std::string margin(indent, ' ');
  std::string out;
  std::string line;
  for (absl::string_view word : absl::StrSplit(text, ' ')) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > kWidth) {
      absl::StrAppend(&out, margin, line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  absl::StrAppend(&out, margin, line, "\n");
  return out;
}

std::string Help() {
  std::string text = kIntroduction;
  for (const char* name : kFlags) {
    const absl::CommandLineFlag* const flag = absl::FindCommandLineFlag(name);
    const std::string value = flag->DefaultValue();
    absl::StrAppend(&text, "  --", name, value.empty() ? "" : "=", value, "\n",
                    Wrapped(flag->Help(), 6));
  }
  return text + kExplanation;
}

[[noreturn]] void Refuse(const std::string& why) {
  std::fprintf(stderr, "sigstorm: %s\nTry 'sigstorm --help'.\n", why.c_str());
  std::exit(2);
}

// Nanoseconds reads a positive duration.
std::int64_t Nanoseconds(const char* flag, const std::string& text) {
  absl::Duration duration;
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &duration)) {
    Refuse(absl::StrCat("--", flag, ": \"", text,
                        "\" is no duration; 5s and 500ms are"));
  }
  if (duration < absl::Milliseconds(1) || duration > absl::Hours(24 * 365)) {
    Refuse(
        absl::StrCat("--", flag, ": ", text, " is out of range 1ms..1 year"));
  }
  return absl::ToInt64Nanoseconds(duration);
}

int Between(const char* flag, int value, int low, int high) {
  if (value < low || value > high) {
    Refuse(absl::StrCat("--", flag, ": ", value, " is out of range ", low, "..",
                        high));
  }
  return value;
}

std::string Note(const std::string& text) {
  if (text.empty() || text == "pipe" || text == "futex" || text == "sema") {
    return text;
  }
  Refuse(
      absl::StrCat("--note: \"", text, "\" is none of pipe, futex and sema"));
}

Inject Injection(const std::string& text) {
  for (const auto& [name, inject] : kInjectNames) {
    if (text == name) return inject;
  }
  Refuse(absl::StrCat("--inject: \"", text, "\" is no fault; see --help"));
}

}  // namespace

Options ReadOptions(int argc, char** argv) {
  // Abseil's own --help exits with 1 and lists flags in the order of their
  // names.
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h" || argument == "-help") {
      std::fputs(Help().c_str(), stdout);
      std::exit(0);
    }
  }
  absl::SetProgramUsageMessage("see sigstorm --help");
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    Refuse(absl::StrCat("what is \"", rest[1], "\"? Options begin with --"));
  }

  Options options;
  options.duration = Nanoseconds("duration", absl::GetFlag(FLAGS_duration));
  options.senders = Between("senders", absl::GetFlag(FLAGS_senders), 0, 64);
  const std::string wrong =
      ParseSignals(absl::GetFlag(FLAGS_signals), &options.signals);
  if (!wrong.empty()) Refuse("--signals: " + wrong);
  options.rate = absl::GetFlag(FLAGS_rate);
  if (!(options.rate >= 0 && options.rate <= 1e9)) {
    Refuse("--rate: out of range 0..1,000,000,000");
  }
  options.workers = Between("workers", absl::GetFlag(FLAGS_workers), 0, 1000);
  options.note = Note(absl::GetFlag(FLAGS_note));
  options.json = absl::GetFlag(FLAGS_json);
  options.seed = absl::GetFlag(FLAGS_seed);
  while (options.seed == 0) options.seed = std::random_device()();
  options.buffer = Between("buffer", absl::GetFlag(FLAGS_buffer), 1, 1'000'000);
  options.patience = Nanoseconds("patience", absl::GetFlag(FLAGS_patience));
  options.inject = Injection(absl::GetFlag(FLAGS_inject));
  if (options.inject == Inject::kForget) {
    bool realtime = false;
    for (int signal : options.signals) realtime |= IsRealtime(signal);
    if (!realtime) Refuse("--inject=forget needs a real-time signal");
  }
  return options;
}

}  // namespace sigstorm
