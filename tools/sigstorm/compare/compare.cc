// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The storms. Each receiver is a program that is started for one storm; the
// senders are the same processes for all of them.

#include "tools/sigstorm/compare/compare.h"

#include <gosling/exec.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/os.h>
#include <gosling/select.h>
#include <gosling/time.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/compare/board.h"
#include "tools/sigstorm/compare/go_twin.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/sender_process.h"
#include "tools/sigstorm/write_out.h"

namespace sigstorm {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Senders = std::vector<std::unique_ptr<Sender>>;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kPatience = 10'000 * kMillisecond;
constexpr std::int64_t kLastRaise = 2'000 * kMillisecond;

// Contender is one of the programs that are compared.
struct Contender {
  std::string program;
  std::vector<std::string> arguments;
};

// Target is a contender that runs.
class Target {
 public:
  Target(const Contender& contender, const gosling::os::File& memory,
         std::string system)
      : system_(std::move(system)),
        cmd_(gosling::exec::Command(contender.program, contender.arguments)) {
    cmd_.ExtraFiles = {memory};
    cmd_.Stderr = gosling::io::StringWriter(&said_);
    auto [input, err] = cmd_.StdinPipe();
    input_ = std::move(input);
    if (!err) err = cmd_.Start();
    if (err)
      throw std::runtime_error(absl::StrCat(system_, ": ", err.message()));
    gosling::Go({.name = "receiver's end"}, [this] {
      err_ = cmd_.Wait();
      ended_.Close();
    });
  }
  ~Target() {
    static_cast<void>(cmd_.Process.Kill());
    ended_.Recv();
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  ::pid_t pid() const { return cmd_.Process.Pid(); }

  // Sleep returns after `ns`. Throws if the receiver has ended, or does.
  void Sleep(std::int64_t ns) {
    auto timer = gosling::time::NewTimer(nanoseconds(ns));
    bool ended = false;
    gosling::Select(gosling::OnRecv(timer.C(), [] {}),
                    gosling::OnRecv(ended_, [&] { ended = true; }));
    timer.Stop();
    if (ended) Complain("has ended early");
  }

  // Until returns true once done() does, false after `patience` ns.
  template <class F>
  bool Until(std::int64_t patience, F done) {
    const std::int64_t until = NowNs() + patience;
    while (!done()) {
      if (NowNs() > until) return false;
      // What the other process does is no event here.
      Sleep(kMillisecond);
    }
    return true;
  }

  // End ends it, in peace.
  void End() {
    static_cast<void>(input_.Close());
    ended_.Recv();
    if (err_) Complain("has failed");
  }

  [[noreturn]] void Complain(const char* what) {
    throw std::runtime_error(absl::StrCat(
        "the receiver of ", system_, " ", what,
        err_ ? absl::StrCat(" (", err_.message(), ")") : "",
        said_.empty() ? "" : ": ", absl::StripAsciiWhitespace(said_)));
  }

 private:
  const std::string system_;
  std::string said_;
  gosling::exec::Cmd cmd_;
  gosling::os::File input_;
  gosling::Error err_;  // before ended_ is closed
  gosling::Chan<gosling::Unit> ended_ = gosling::MakeChan<gosling::Unit>();
};

// Storm is one storm on one contender.
class Storm {
 public:
  Storm(Board& board, Senders& senders, Target& target)
      : board_(board), senders_(senders), target_(target) {}

  void Run(std::int64_t duration, Random& random, SystemYield* yield) {
    if (!target_.Until(kPatience, [&] { return board_.ready.load() != 0; })) {
      target_.Complain("does not begin");
    }
    board_.shared.process = target_.pid();
    const std::int64_t start = NowNs();
    for (const auto& sender : senders_) sender->Start(random.Next());
    try {
      target_.Sleep(duration);
    } catch (const std::runtime_error&) {
      JoinAll();
      throw;
    }
    const int error = JoinAll();
    yield->seconds += static_cast<double>(NowNs() - start) / 1e9;
    if (error != 0) {
      throw std::runtime_error(absl::StrCat("a sender, ",
                                            senders_.front()->Name(),
                                            ", ended early: errno ", error));
    }
    Settle();
    for (std::size_t i = 0; i < yield->signals.size(); i++) {
      SignalYield& signal = yield->signals[i];
      if (!RaisedOnceMore(i)) signal.lost++;
      const SignalSlot& slot = board_.shared.slots[i];
      signal.sent += slot.sent.load();
      signal.refused += slot.refused.load();
    }
    target_.End();
  }

 private:
  int JoinAll() {
    board_.shared.stop = true;
    int first = 0;
    for (const auto& sender : senders_) {
      if (const int error = sender->Join(); first == 0) first = error;
    }
    return first;
  }

  std::uint64_t Delivered() const {
    std::uint64_t sum = 0;
    for (const Tally& tally : board_.tallies) sum += tally.delivered.load();
    return sum;
  }

  // Settle waits until nothing more is delivered.
  void Settle() {
    std::uint64_t before = 0;
    target_.Until(kPatience, [&] {
      const std::uint64_t now = Delivered();
      target_.Sleep(20 * kMillisecond);
      return std::exchange(before, now) == now;
    });
  }

  // RaisedOnceMore raises a signal and says whether it is delivered.
  bool RaisedOnceMore(std::size_t i) {
    SignalSlot& slot = board_.shared.slots[i];
    const std::uint64_t before = board_.tallies[i].delivered.load();
    if (::kill(target_.pid(), slot.number) != 0) return false;
    slot.sent.fetch_add(1);
    return target_.Until(kLastRaise, [&] {
      return board_.tallies[i].delivered.load() > before;
    });
  }

  Board& board_;
  Senders& senders_;
  Target& target_;
};

// Prepare puts onto the board what the receivers of one system have counted so
// far: the next one goes on counting where they left off.
void Prepare(Board& board, const SystemYield& yield, std::int64_t duration) {
  board.ready = 0;
  board.cpu = yield.cpu;
  board.shared.Reset(duration);
  for (std::size_t i = 0; i < yield.signals.size(); i++) {
    board.tallies[i].delivered = yield.signals[i].delivered;
    board.tallies[i].latency = yield.signals[i].latency;
  }
}

void Collect(const Board& board, SystemYield* yield) {
  yield->cpu = board.cpu.load();
  for (std::size_t i = 0; i < yield->signals.size(); i++) {
    yield->signals[i].delivered = board.tallies[i].delivered.load();
    yield->signals[i].latency = board.tallies[i].latency;
  }
}

std::vector<SystemYield> Race(const CompareOptions& options, Board& board,
                              int memory, Senders& senders) {
  const std::string self = os::OwnProgram();
  if (self.empty()) {
    throw std::runtime_error("the system does not say where sigstorm lies");
  }
  const GoTwin twin(FindGo());
  const auto arguments = ArgumentsOf(board, options.buffer);
  std::vector<std::string> ours = {"receive"};
  ours.insert(ours.end(), arguments.begin(), arguments.end());
  const std::vector<Contender> contenders = {{self, ours},
                                             {twin.path(), arguments}};
  std::vector<SystemYield> systems(contenders.size());
  systems[0].system = "gosling";
  systems[1].system = twin.version();
  for (SystemYield& system : systems) {
    system.signals.resize(options.signals.size());
  }
  const auto file = gosling::os::NewFile(memory, "board");
  for (int round = 0; round < options.rounds; round++) {
    for (std::size_t i = 0; i < systems.size(); i++) {
      // The same choices for both.
      Random random(options.seed + static_cast<std::uint64_t>(round));
      Prepare(board, systems[i], options.duration);
      Target target(contenders[i], file, systems[i].system);
      Storm(board, senders, target).Run(options.duration, random, &systems[i]);
      Collect(board, &systems[i]);
    }
  }
  return systems;
}

}  // namespace

std::uint64_t SystemYield::Delivered() const {
  std::uint64_t sum = 0;
  for (const SignalYield& signal : signals) sum += signal.delivered;
  return sum;
}

std::uint64_t SystemYield::Lost() const {
  std::uint64_t sum = 0;
  for (const SignalYield& signal : signals) sum += signal.lost;
  return sum;
}

double SystemYield::CpuEach() const {
  const std::uint64_t delivered = Delivered();
  return delivered == 0
             ? 0
             : static_cast<double>(cpu) / static_cast<double>(delivered);
}

int CompareSystems(const CompareOptions& options) {
  if (!options.html.empty()) ExpectFile(options.html);
  ::signal(SIGPIPE, SIG_IGN);
  int memory = -1;
  Board& board = MakeBoard(options, &memory);
  // Before there are threads.
  Senders senders = SenderProcess::ForkAll(board.shared, options.senders);
  return gosling::Run([&] {
    std::vector<SystemYield> systems;
    std::string why;
    try {
      systems = Race(options, board, memory, senders);
    } catch (const std::runtime_error& error) {
      why = error.what();
    }
    if (systems.empty()) Fail(why);
    if (!options.html.empty()) {
      WriteFile(options.html, CompareHtml(options, systems));
    }
    WriteOut(options.json ? CompareJson(options, systems)
                          : CompareText(options, systems));
    return systems[0].Lost() == 0 ? 0 : 1;
  });
}

}  // namespace sigstorm
