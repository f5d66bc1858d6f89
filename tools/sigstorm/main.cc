// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// sigstorm: runs goroutines under a storm of signals and gives six verdicts on
// what it saw. See --help.
//
// Two rounds are run. The first is short and warms everything up: threads that
// the runtime will keep, descriptors it opens once, its service goroutines. A
// thing that is there after the second and was not after the first has leaked.

#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tools/sigstorm/attach.h"
#include "tools/sigstorm/compare/board.h"
#include "tools/sigstorm/compare/compare.h"
#include "tools/sigstorm/diff.h"
#include "tools/sigstorm/ledger.h"
#include "tools/sigstorm/notes.h"
#include "tools/sigstorm/options.h"
#include "tools/sigstorm/report.h"
#include "tools/sigstorm/resources.h"
#include "tools/sigstorm/round.h"
#include "tools/sigstorm/sender_process.h"
#include "tools/sigstorm/sender_thread.h"
#include "tools/sigstorm/sender_timer.h"
#include "tools/sigstorm/terminal.h"
#include "tools/sigstorm/verdict.h"
#include "tools/sigstorm/watchdog.h"
#include "tools/sigstorm/workers/crew.h"
#include "tools/sigstorm/workers/resizer.h"
#include "tools/sigstorm/write_out.h"

namespace sigstorm {
namespace {

// WarmUpOf is how long the first round storms: long enough for every worker to
// have blocked, thrown and slept.
std::int64_t WarmUpOf(std::int64_t duration) {
  return std::clamp<std::int64_t>(duration / 5, 200'000'000, 1'000'000'000);
}

// HireSenders makes threads and processes in turn, a thread first, and what else
// is asked for. The processes are forked here, while there is one thread.
std::vector<std::unique_ptr<Sender>> HireSenders(
    Shared& shared, const Options& options,
    const std::optional<Terminal>& terminal) {
  const int count = options.senders;
  std::vector<std::unique_ptr<Sender>> senders =
      SenderProcess::ForkAll(shared, count / 2);
  for (int i = 0; i < count - count / 2; i++) {
    senders.push_back(std::make_unique<SenderThread>(shared));
  }
  if (terminal) {
    senders.push_back(SenderProcess::ForkTypist(shared, *terminal));
  }
  if (options.during.stops) {
    senders.push_back(SenderProcess::ForkStopper(shared));
  }
  for (auto& timer : SenderTimer::MakeAll(shared, options.timers)) {
    senders.push_back(std::move(timer));
  }
  return senders;
}

// WatchInterrupt returns a channel that the first Ctrl-C closes. The second has
// its usual effect. If SIGINT is among the signals, Ctrl-C is one more of them.
gosling::RecvChan<gosling::Unit> WatchInterrupt(const Options& options) {
  auto interrupted = gosling::MakeChan<gosling::Unit>();
  if (!std::binary_search(options.signals.begin(), options.signals.end(),
                          SIGINT)) {
    auto signals = gosling::MakeChan<gosling::signal::Signal>(1);
    gosling::signal::Notify(signals, SIGINT);
    gosling::Go({.name = "interrupt"}, [interrupted, signals] {
      signals.Recv();
      gosling::signal::Stop(signals);
      interrupted.Close();
    });
  }
  return interrupted;
}

// ThreadsAllowed is how many threads the runtime may have made by the end of a
// storm. It makes one only if none of them is idle, and keeps them, so that what
// is counted is how many were busy at once: one for each P, one for each
// goroutine that slept in the system (the readers of pipes and the runtime's own
// receiver of signals), and those that had neither, for which 4 a P and 8 more are
// allowed, what adrift.h keeps to: they computed when sysmon took their P, or had
// been woken to keep time. An M that hands its P on is idle in the same step, with
// forced migration too (HandOnAndGoIdle), so none is in between, however long it
// waits for a core.
std::size_t ThreadsAllowed(const Options& options) {
  const int procs = gosling::runtime::GOMAXPROCS(0) +
                    (options.during.procs ? Resizer::kMore : 0);
  const int asleep = MostAsleep(options) + 1;
  const int adrift = 4 * procs + 8;
  return static_cast<std::size_t>(procs + asleep + adrift);
}

// Leak leaves something behind that the fifth verdict must find.
void Leak(Inject inject) {
  if (inject == Inject::kLeakFile) {
    static_cast<void>(::dup(STDERR_FILENO));
  }
  if (inject == Inject::kLeakThreads) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([] { ::pause(); }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  if (inject == Inject::kLeakGoroutine) {
    gosling::Go({.name = "leaked"},
                [] { gosling::Chan<gosling::Unit>().Recv(); });
  }
}

// Storm is the main goroutine. Returns the exit status.
int Storm(const Options& options, Ledger& ledger,
          std::vector<std::unique_ptr<Sender>>& senders, Watchdog& watchdog) {
  Stage stage{options, ledger, senders, watchdog, WatchInterrupt(options)};

  RunRound(stage, WarmUpOf(options.duration), false);
  watchdog.Enter("measuring what the first round left");
  const Resources before = MeasureResources(0);

  RoundResult result = RunRound(stage, options.duration, true);
  result.before = before;
  result.threads_allowed = ThreadsAllowed(options);
  Leak(options.inject);
  watchdog.Enter("measuring what the second round left");
  result.after = MeasureResources(before.goroutines);

  const std::vector<Verdict> verdicts = Judge(result);
  if (!options.html.empty()) {
    WriteFile(options.html, HtmlReport(options, result, verdicts));
  }
  const std::string report = options.json
                                 ? JsonReport(options, result, verdicts)
                                 : TextReport(options, result, verdicts);
  WriteOut(report);
  return std::all_of(verdicts.begin(), verdicts.end(),
                     [](const Verdict& verdict) { return verdict.pass; })
             ? 0
             : 1;
}

int Main(int argc, char** argv) {
  const Options options = ReadOptions(argc, argv);
  if (!options.note.empty()) {
    ::setenv("GOSLING_SIGNOTE", options.note.c_str(), 1);
  }
  if (!options.html.empty()) ExpectFile(options.html);
  // A child that has ended must show as an error of write. If SIGPIPE is among
  // the signals, Notify replaces this.
  ::signal(SIGPIPE, SIG_IGN);

  std::optional<Terminal> terminal;
  if (options.pty) {
    const bool stormed = std::binary_search(options.signals.begin(),
                                            options.signals.end(), SIGINT);
    terminal = Terminal::Enter(!stormed);
  }
  Ledger ledger(options.signals,
                options.senders + options.timers + (options.pty ? 1 : 0),
                options.rate, options.shape);
  // Children first, threads next, the runtime last.
  std::vector<std::unique_ptr<Sender>> senders =
      HireSenders(ledger.shared(), options, terminal);
  Watchdog watchdog(options.patience, options.json);
  return gosling::Run(
      [&] { return Storm(options, ledger, senders, watchdog); });
}

}  // namespace
}  // namespace sigstorm

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  sigstorm::ExpectOutput();
  if (command == "notes") return sigstorm::NotesMain(argc - 1, argv + 1);
  if (command == "attach") {
    return sigstorm::Attach(sigstorm::ReadAttachOptions(argc - 1, argv + 1));
  }
  if (command == "compare") {
    return sigstorm::CompareSystems(
        sigstorm::ReadCompareOptions(argc - 1, argv + 1));
  }
  if (command == "receive") return sigstorm::Receive(argc - 1, argv + 1);
  if (command == "diff") {
    return sigstorm::Diff(sigstorm::ReadDiffOptions(argc - 1, argv + 1));
  }
  return command == "run" ? sigstorm::Main(argc - 1, argv + 1)
                          : sigstorm::Main(argc, argv);
}
