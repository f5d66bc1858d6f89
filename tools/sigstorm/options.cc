// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The options, the help and what makes sense.

#include "tools/sigstorm/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/sigstorm/signal_names.h"
#include "tools/sigstorm/system_timer.h"
#include "tools/sigstorm/terminal.h"
#include "tools/sigstorm/write_out.h"

namespace sigstorm {
namespace {

constexpr char kCommands[] = R"(Commands, each with --help of its own:
  sigstorm run …            what stands above; "run" may be left out
  sigstorm attach PID …     a storm on another program: what it survives
  sigstorm compare …        the same storm on gosling's signals and on Go's
  sigstorm diff A B         two reports of --json, side by side
  sigstorm notes …          the same storm with each --note, side by side

)";

constexpr char kExplanation[] = R"(The table, for each signal:
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
     sent = received for real-time signals; with timers, sent is what was
     received of the senders, and timers sent no more than they expired. The
     runtime ends threads that it has not needed for a while: what was sent to
     such a thread (--json: to_ended) may be missing
  3  the workers' sums are right, and each worker made a step in each slice of
     the run (ten slices, or fewer of three seconds)
  4  nothing arrives after Stop
  5  no descriptor, thread or goroutine leaked, compared with a first, shorter
     round of everything; the runtime has no more threads than GOMAXPROCS (2 more
     with --during=procs), and 2 for each set of workers and 1, which sleep in
     system calls (1 more with forks, and with threads), and 4 * GOMAXPROCS + 8,
     which compute without a processor
  6  a watchdog outside the runtime saw no hang
  7  with --soak: the least memory of the process's own in the last third of the
     storm is no more than the most in the first third, and 1 MiB, and 128 KiB
     for each thread that 5 allows and that was not there before

Exit status: 0 if all pass, 1 if one fails, 2 for a wrong command line or an
error of the system or the runtime. Ctrl-C ends the storm early and the verdicts follow, unless
SIGINT is among the signals; a second one kills.
)";

[[noreturn]] void Refuse(const std::string& why) {
  std::fprintf(stderr, "sigstorm: %s\nTry 'sigstorm --help'.\n", why.c_str());
  std::exit(2);
}

// The functions below check the text of an option, or rewrite it to what its
// field is read from, and return what is wrong with it.

// Between leaves what is no number to the reading. Unlike CLI::Range it refuses
// nan.
template <class Number>
CLI::Validator Between(Number low, Number high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    Number value = low;
    if (!CLI::detail::lexical_cast(text, value)) return "";
    if (value >= low && value <= high) return "";
    return absl::StrCat(text, " is out of range ", low, "..", high);
  };
  return {check, absl::StrCat(low, "..", high)};
}

// Nanoseconds rewrites a positive duration. Unlike CLI::AsNumberWithUnit it
// knows 1h30m.
std::string Nanoseconds(std::string& text) {
  absl::Duration duration;
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &duration)) {
    return absl::StrCat("\"", text, "\" is no duration; 5s and 500ms are");
  }
  if (duration < absl::Milliseconds(1) || duration > absl::Hours(24 * 365)) {
    return absl::StrCat(text, " is out of range 1ms..1 year");
  }
  text = absl::StrCat(absl::ToInt64Nanoseconds(duration));
  return "";
}

std::string Note(const std::string& text) {
  if (text.empty() || text == "pipe" || text == "futex" || text == "sema") {
    return "";
  }
  return absl::StrCat("\"", text, "\" is none of pipe, futex and sema");
}

// NumberOf rewrites a name of the table to its number.
template <class Names>
CLI::Validator NumberOf(const Names& names, const char* complaint) {
  const auto rewrite = [&names, complaint](std::string& text) -> std::string {
    for (const auto& [name, value] : names) {
      if (text != name) continue;
      text = absl::StrCat(static_cast<int>(value));
      return "";
    }
    return absl::StrCat("\"", text, "\" ", complaint);
  };
  return {rewrite, ""};
}

// Dress gives a command's help its form, and its options their manner.
void Dress(CLI::App& app) {
  app.get_formatter()->column_width(6);  // the texts have lines of their own
  app.set_help_flag("-h,--help", "This text.");
  app.option_defaults()->take_last()->always_capture_default();
}

// AddShape and AddSignals add options that several commands have. `text` is what
// stands in the line, as long as the options are read.
void AddShape(CLI::App& app, Shape& shape, const std::string& help) {
  app.add_option("--shape", shape, help)
      ->type_name("NAME")
      ->transform(
          NumberOf(kShapeNames, "is none of steady, burst, ramp and random"))
      ->default_val("steady");
}

void AddSignals(CLI::App& app, std::string& text, std::vector<int>& signals,
                const std::string& help, const std::string& usual) {
  app.add_option("--signals", text, help)
      ->type_name("LIST")
      ->check([&signals](const std::string& given) {
        return ParseSignals(given, &signals);
      })
      ->default_val(usual);
}

// Parse reads a command's line, prints its help where that is asked for, and
// refuses what makes no sense.
void Parse(CLI::App& app, int argc, char** argv,
           const std::string& explanation) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    WriteOut(app.help() + explanation);
    std::exit(0);
  } catch (const CLI::ParseError& error) {
    Refuse(error.what());
  }
}

void RequireRate(double rate, Shape shape) {
  if (rate == 0 && shape != Shape::kSteady) Refuse("a --shape needs a --rate");
}

// RequireSenders: a timer and a terminal need signals that they can send.
void RequireSenders(const Options& options) {
  const std::vector<int>& signals = options.signals;
  if (options.timers > SystemTimer::Most()) {
    Refuse(absl::StrCat("--timers=", options.timers,
                        " is too many: a process has ", SystemTimer::Most()));
  }
  if (options.timers > 0 &&
      std::none_of(signals.begin(), signals.end(), SystemTimer::Sends)) {
    Refuse("--timers needs ALRM among the signals");
  }
  if (!options.pty) return;
  if (std::none_of(signals.begin(), signals.end(), Terminal::Sends)) {
    Refuse("--pty needs INT, QUIT, TSTP or WINCH among the signals");
  }
  if (options.during.forks) {
    Refuse("--pty hits what --during=forks starts as well");
  }
}

// TextOf is the command line without the program.
std::string TextOf(int argc, char** argv) {
  std::string text;
  for (int i = 1; i < argc; i++) {
    absl::StrAppend(&text, i > 1 ? " " : "", argv[i]);
  }
  return text;
}

}  // namespace

Options ReadOptions(int argc, char** argv) {
  Options options;
  std::string signals;
  std::string during;
  CLI::App app(
      "Runs a program of goroutines under a storm of signals and says whether\n"
      "all of them were received as signal::Notify promises.",
      "sigstorm");
  Dress(app);
  app.allow_extras();

  app.add_option("--duration", options.duration,
                 "How long the storm lasts: 90s, 500ms, 2m; a bare number is\n"
                 "seconds.")
      ->type_name("TIME")
      ->transform(CLI::Validator(Nanoseconds, ""))
      ->default_val("5s");
  app.add_option(
         "--senders", options.senders,
         "How many senders: the first, third, ... are threads of the program\n"
         "and hit single threads (tgkill); the second, fourth, ... are child\n"
         "processes and hit the process (kill and sigqueue in turn).")
      ->check(Between(0, 64));
  app.add_option(
         "--timers", options.timers,
         "How many timers of the kernel's send signals too (timer_create; "
         "where\n"
         "there is only setitimer, one, and ALRM). They share the signals "
         "out,\n"
         "and have a sender's rate each, but 10,000 a second at the most; the\n"
         "shape is not for them.")
      ->check(Between(0, 64));
  app.add_flag(
      "--pty", options.pty,
      "A terminal of its own sends, too: INT, QUIT, TSTP and WINCH, by\n"
      "the keys ^C, ^\\ and ^Z and by new sizes of its window.");
  AddSignals(
      app, signals, options.signals,
      "Which signals: names, numbers, RTMIN+n, RTMAX-n, separated by\n"
      "commas; \"all\" is every signal that can be caught, except those\n"
      "that report faults (SEGV, BUS, FPE, ILL, TRAP, ABRT), which may be\n"
      "named.",
      "HUP,USR1,USR2,URG,RTMIN+1,RTMIN+2");
  app.add_option(
         "--rate", options.rate,
         "Signals per second, all senders together; 0 is as fast as they\n"
         "can.")
      ->check(Between(0.0, 1e9));
  AddShape(
      app, options.shape,
      "How they lie in time: steady; burst, ten times a second; ramp, from\n"
      "none to twice the rate; or random, as independent events do.");
  app.add_option(
         "--workers", options.workers,
         "Sets of workers. A set is a pair playing ping-pong, a sleeper, two\n"
         "readers that block in pipes (one announces it, one does not), one\n"
         "that allocates and throws, one that selects: 12 goroutines.")
      ->check(Between(0, 1000));
  app.add_option(
         "--during", during,
         "What else goes on, separated by commas: forks, of children and "
         "other\n"
         "programs; procs, changes of GOMAXPROCS; threads that begin and end;\n"
         "churn, Notify and Stop on 400 channels; stops of the whole process\n"
         "by SIGSTOP and SIGCONT, which a shell with job control takes for\n"
         "those of a job; or all of it. Each makes steps as the workers do.")
      ->type_name("LIST")
      ->check([&options](const std::string& text) {
        return ParseDuring(text, &options.during);
      });
  app.add_option(
         "--note", options.note,
         "What the receiving goroutine of the library sleeps on: pipe, futex\n"
         "or sema. Sets GOSLING_SIGNOTE, whose value holds otherwise. With\n"
         "sema a storm may hang: when a signal meets the thread that holds\n"
         "the note's mutex. That is the bug the pipe mends.")
      ->type_name("NAME")
      ->expected(0, 1)
      ->check(Note);
  app.add_flag("--soak", options.soak,
               "Judges by a seventh verdict whether memory grows, for storms\n"
               "of minutes and hours.");
  app.add_flag("--json", options.json, "Print the result as JSON.");
  app.add_option("--html", options.html,
                 "Writes the result as a page as well, with charts of rates\n"
                 "and latencies; it is one file and fetches nothing.")
      ->type_name("FILE");
  app.add_option(
         "--seed", options.seed,
         "Makes the choices of senders and workers repeatable; 0 picks one.")
      ->check(Between(0.0, 0x1p64));  // reading -1 gives 2^64 - 1
  app.add_option(
         "--buffer", options.buffer,
         "Capacity of each signal's channel, at least 1. What does not fit\n"
         "is dropped by the library and counted.")
      ->check(Between(1, 1'000'000));
  app.add_option(
         "--patience", options.patience,
         "How long something may stand still before the watchdog calls it a\n"
         "hang.")
      ->type_name("TIME")
      ->transform(CLI::Validator(Nanoseconds, ""))
      ->default_val("10s");
  app.add_option(
         "--inject", options.inject,
         "For tests of sigstorm itself: commits a fault, so that a verdict\n"
         "must fail: lose (1), miscount, forget (2), corrupt, starve (3),\n"
         "late (4), leak-file, leak-threads, leak-goroutine (5), hang (6),\n"
         "leak-memory (7).")
      ->type_name("FAULT")
      ->transform(NumberOf(kInjectNames, "is no fault; see --help"))
      ->default_val("none");

  Parse(app, argc, argv, absl::StrCat(kCommands, kExplanation));
  if (app.remaining_size() > 0) {
    Refuse(absl::StrCat("what is \"", app.remaining().front(), "\"?"));
  }
  RequireRate(options.rate, options.shape);
  RequireSenders(options);
  options.text = TextOf(argc, argv);
  while (options.seed == 0) options.seed = std::random_device()();
  if (options.inject == Inject::kLeakMemory && !options.soak) {
    Refuse("--inject=leak-memory needs --soak");
  }
  if (options.inject == Inject::kForget &&
      std::none_of(options.signals.begin(), options.signals.end(),
                   IsRealtime)) {
    Refuse("--inject=forget needs a real-time signal");
  }
  return options;
}

CompareOptions ReadCompareOptions(int argc, char** argv) {
  CompareOptions options;
  std::string signals;
  CLI::App app(
      "Storms a small program that receives signals, made with gosling, and "
      "its\n"
      "twin, made with Go, in turn, and prints both side by side. Go is $GO, "
      "or\n"
      "the one in $PATH, or the one of tools/setup --go. GOMAXPROCS is for "
      "both.",
      "sigstorm compare");
  Dress(app);
  app.add_option("--duration", options.duration, "How long each storm lasts.")
      ->type_name("TIME")
      ->transform(CLI::Validator(Nanoseconds, ""))
      ->default_val("2s");
  app.add_option("--rounds", options.rounds,
                 "How many storms on each, in turn; they are added up.")
      ->check(Between(1, 1000));
  app.add_option("--senders", options.senders,
                 "How many senders, processes all of them.")
      ->check(Between(1, 64));
  AddSignals(app, signals, options.signals,
             "Which signals, as in sigstorm run. Go sends URG to itself, so\n"
             "that it is no subject for this.",
             "HUP,USR1,USR2,WINCH");
  app.add_option("--rate", options.rate,
                 "Signals per second, all senders together; 0 is as fast as\n"
                 "they can.")
      ->check(Between(0.0, 1e9));
  AddShape(app, options.shape, "How they lie in time, as in sigstorm run.");
  app.add_option("--buffer", options.buffer, "Capacity of each channel.")
      ->check(Between(1, 1'000'000));
  app.add_option("--seed", options.seed,
                 "Makes the choices of senders repeatable; 0 picks one.")
      ->check(Between(0.0, 0x1p64));
  app.add_flag("--json", options.json, "Print the result as JSON.");
  app.add_option("--html", options.html, "Writes the result as a page as well.")
      ->type_name("FILE");
  Parse(app, argc, argv, R"(
In the table, per s are deliveries. Lost: storms after which one more raise of
the signal did not arrive. The times are from the oldest send that no delivery
had answered to the next delivery.

Exit status: 0 if gosling lost nothing, 1 if it did, 2 for a wrong command line,
or if there is no Go, or a receiver ends early.
)");
  RequireRate(options.rate, options.shape);
  options.text = TextOf(argc, argv);
  while (options.seed == 0) options.seed = std::random_device()();
  return options;
}

AttachOptions ReadAttachOptions(int argc, char** argv) {
  AttachOptions options;
  std::string signals;
  CLI::App app(
      "Sends signals to a program that runs already, and says how many it "
      "took\n"
      "and whether it lived. One that does not expect them will not.",
      "sigstorm attach");
  Dress(app);
  app.add_option("PID", options.pid, "The program.")
      ->required()
      ->check(Between(1, INT_MAX));
  app.add_option("--duration", options.duration, "How long: 90s, 500ms, 2m.")
      ->type_name("TIME")
      ->transform(CLI::Validator(Nanoseconds, ""))
      ->default_val("5s");
  app.add_option("--rate", options.rate,
                 "Signals per second; 0 is as fast as one thread can.")
      ->check(Between(0.0, 1e9));
  AddShape(app, options.shape, "How they lie in time, as in sigstorm run.");
  AddSignals(app, signals, options.signals,
             "Which signals, as in sigstorm run; they are sent in turn.",
             "USR1");
  app.add_flag("--json", options.json, "Print the result as JSON.");
  Parse(app, argc, argv,
        "\nExit status: 0 if the program lived, 1 if it ended, 2 for a wrong "
        "command\nline, or if it is not there or not to be signalled.\n");
  RequireRate(options.rate, options.shape);
  return options;
}

DiffOptions ReadDiffOptions(int argc, char** argv) {
  DiffOptions options;
  CLI::App app(
      "Compares two reports that sigstorm run --json has written: for each\n"
      "signal the deliveries per second and the latencies.",
      "sigstorm diff");
  Dress(app);
  app.add_option("A", options.before, "The report of before.")->required();
  app.add_option("B", options.after, "The report of after.")->required();
  app.add_option("--tolerance", options.tolerance,
                 "By how many percent a figure may be worse.")
      ->check(Between(0.0, 1e6));
  Parse(app, argc, argv,
        "\nExit status: 0 if none in B is worse than in A by more than the "
        "tolerance, 1\nif one is, 2 for a wrong command line or a file that is "
        "no report.\n");
  return options;
}

}  // namespace sigstorm
