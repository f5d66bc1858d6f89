// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tests/programs/interpret.h"

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/testing.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sched/g.h"
#include "sched/proc.h"
#include "tests/programs/random.h"

namespace gosling::programs {

namespace {

// Execution is one run of a program.
class Execution {
 public:
  explicit Execution(std::shared_ptr<const Program> program)
      : program_(std::move(program)) {
    for (const int capacity : program_->capacities) {
      channels_.push_back(MakeChan<int>(static_cast<std::size_t>(capacity)));
    }
  }

  // Goroutine does the operations of number i, calling before() ahead of each.
  template <class F>
  void Goroutine(std::size_t i, F&& before) {
    Progress& mine = progress_[i];
    mine.g.store(sched::CurrentG(), std::memory_order_relaxed);
    int n = 0;
    for (const Op& op : program_->goroutines[i]) {
      before();
      Result result = 0;
      try {
        result = Perform(op);
      } catch (const Panic& panic) {
        result = ResultOfPanic(panic.what());
        if (result == 0) throw;
      }
      if (over_.load()) break;
      mine.results[static_cast<std::size_t>(n++)] = result;
      mine.ended.store(n);
    }
    mine.has_ended.store(true);
  }

  // Perform does an operation on the calling goroutine.
  Result Perform(const Op& op) {
    const Case& first = op.cases[0];
    const Chan<int>& ch = Channel(first.channel);
    switch (op.form) {
      case Form::kClose:
        ch.Close();
        return kClosed;
      case Form::kPlain:
        if (!first.send) return Received(0, ch.Recv());
        ch.Send(first.value);
        return Sent(0);
      case Form::kTry:
        if (first.send) return ch.TrySend(first.value) ? Sent(0) : kTookDefault;
        if (std::optional<int> v; ch.TryRecv(v)) return Received(0, v);
        return kTookDefault;
      case Form::kSelect:
        break;
    }
    return PerformSelect(op);
  }

  // Rests says that every goroutine has ended or waits. It looks twice: one that
  // was woken after the first look has ended an operation by the second, or does
  // not wait.
  bool Rests() const {
    std::array<int, kMaxGoroutines> first{};
    for (std::size_t i = 0; i < Size(); i++) {
      first[i] = progress_[i].ended.load();
      if (!Rests(progress_[i])) return false;
    }
    for (std::size_t i = 0; i < Size(); i++) {
      if (!Rests(progress_[i]) || progress_[i].ended.load() != first[i]) {
        return false;
      }
    }
    return true;
  }

  // Finish returns the outcome once all rest, and lets go of what waits.
  Outcome Finish() {
    Outcome outcome = Results();
    over_.store(true);
    for (const Chan<int>& ch : channels_) {
      // Senders that wait would fill it again, with what is not its own.
      std::vector<int> left;
      for (std::size_t n = ch.Len(); n > 0; n--) {
        std::optional<int> v;
        if (!ch.TryRecv(v) || !v) break;
        left.push_back(*v);
      }
      outcome.left.push_back(std::move(left));
    }
    for (const Chan<int>& ch : channels_) {
      try {
        ch.Close();
      } catch (const Panic&) {
        // The program has closed it.
      }
    }
    return outcome;
  }

  Outcome Results() const {
    Outcome outcome;
    for (std::size_t i = 0; i < Size(); i++) {
      const Progress& p = progress_[i];
      Outcome::Goroutine g;
      const auto n = static_cast<std::size_t>(p.ended.load());
      g.results.assign(p.results.begin(),
                       p.results.begin() + static_cast<std::ptrdiff_t>(n));
      g.waits = n < program_->goroutines[i].size();
      outcome.goroutines.push_back(std::move(g));
    }
    return outcome;
  }

  std::size_t Size() const { return program_->goroutines.size(); }

 private:
  struct Progress {
    std::atomic<sched::G*> g{nullptr};
    std::array<Result, kMaxOps> results{};  // as many as have ended
    std::atomic<int> ended{0};
    std::atomic<bool> has_ended{false};
  };

  static bool Rests(const Progress& p) {
    if (p.has_ended.load()) return true;
    const sched::G* g = p.g.load();
    return g != nullptr && g->status.load() == sched::GStatus::kWaiting;
  }

  const Chan<int>& Channel(int i) const {
    return i == kNil ? nil_ : channels_[static_cast<std::size_t>(i)];
  }

  static Result Received(int index, std::optional<int> v) {
    return v ? ReceivedValue(index, *v) : ReceivedNothing(index);
  }

  Result PerformSelect(const Op& op) {
    std::optional<int> received;
    std::vector<std::shared_ptr<SelectCase>> owners;
    std::vector<SelectCase*> cases;
    const auto add = [&](auto made) {
      owners.push_back(std::make_shared<decltype(made)>(std::move(made)));
      cases.push_back(owners.back().get());
    };
    for (const Case& c : op.cases) {
      if (c.send) {
        add(OnSend(Channel(c.channel), c.value));
      } else {
        add(OnRecv(Channel(c.channel),
                   [&](std::optional<int> v) { received = v; }));
      }
    }
    if (op.has_default) add(OnDefault());
    const int index = Select(std::span<SelectCase* const>(cases));
    if (static_cast<std::size_t>(index) == op.cases.size()) return kTookDefault;
    return op.cases[static_cast<std::size_t>(index)].send
               ? Sent(index)
               : Received(index, received);
  }

  const std::shared_ptr<const Program> program_;
  std::vector<Chan<int>> channels_;
  const Chan<int> nil_;
  std::array<Progress, kMaxGoroutines> progress_;
  std::atomic<bool> over_{false};
};

}  // namespace

std::string RunFreely(const std::shared_ptr<const Program>& program,
                      std::uint64_t seed) {
  const auto run = std::make_shared<Execution>(program);
  sync::WaitGroup group;
  for (std::size_t i = 0; i < run->Size(); i++) {
    group.Go([run, i, random = Random(seed + i)]() mutable {
      run->Goroutine(i, [&random] {
        if (random.Below(2) == 0) runtime::Gosched();
      });
    });
  }
  while (!run->Rests()) runtime::Gosched();
  const std::string text = Text(run->Finish());
  group.Wait();
  return text;
}

std::string RunInBubble(const std::shared_ptr<const Program>& program) {
  const auto run = std::make_shared<Execution>(program);
  // All begin at once: otherwise the first would often have ended before the
  // last was made.
  const Chan<Unit> begin = MakeChan<Unit>();
  for (std::size_t i = 0; i < run->Size(); i++) {
    Go([run, i, begin] {
      begin.Recv();
      run->Goroutine(i, [] {});
    });
  }
  testing::Wait();
  begin.Close();
  testing::Wait();
  return Text(run->Finish());
}

void RunToItsEnd(const std::shared_ptr<const Program>& program) {
  const auto run = std::make_shared<Execution>(program);
  std::vector<std::vector<Result>> results(run->Size());
  const auto perform = [&](std::size_t i) {
    for (const Op& op : program->goroutines[i]) {
      results[i].push_back(run->Perform(op));
    }
  };
  sync::WaitGroup group;
  group.Add(static_cast<int>(run->Size()) - 1);
  for (std::size_t i = 1; i < run->Size(); i++) {
    Go([&perform, &group, i] {
      perform(i);
      group.Done();
    });
  }
  perform(0);
  group.Wait();
  Outcome outcome;
  for (std::vector<Result>& list : results) {
    outcome.goroutines.push_back({std::move(list), false});
  }
  std::printf("%s\n", Text(outcome).c_str());
}

}  // namespace gosling::programs
