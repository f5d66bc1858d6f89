// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/testing/explore.h"

#include <gosling/internal/sync.h>
#include <gosling/panic.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "runtime/testing/lines.h"
#include "runtime/testing/place.h"
#include "sched/os/os.h"
#include "sched/report/traceback.h"

namespace gosling::testing {

namespace {

constexpr int kShrinkRuns = 400;
constexpr std::size_t kMostLines = 200;

std::string TextOf(const std::vector<Stop>& stops, Lines* lines) {
  std::string text;
  std::size_t count = 0;
  for (const Stop& stop : stops) {
    if (count++ == kMostLines) {
      text += "…and so on\n";
      break;
    }
    if (stop.goroutine == 0 && stop.what.empty()) continue;
    text += stop.goroutine == 0
                ? stop.what
                : "goroutine " + std::to_string(stop.goroutine) + " " +
                      stop.what + PlaceOf(stop.stack, lines, sched::SymbolOf);
    if (stop.next != 0 && stop.next != stop.goroutine) {
      text += "; goroutine " + std::to_string(stop.next) + " goes on";
    }
    text += '\n';
  }
  return text;
}

void CheckAtLeast(const char* name, int value, int least) {
  if (value >= least) return;
  throw Panic("testing: ExploreOptions." + std::string(name) + " is " +
              std::to_string(value) + ": must be at least " +
              std::to_string(least));
}

}  // namespace

ReplayRequest ParseReplay(const char* text) {
  ReplayRequest request;
  if (text == nullptr || *text == '\0') return request;
  char* end;
  errno = 0;
  request.seed = std::strtoull(text, &end, 10);
  bool good = end != text && errno == 0 && *text != '-';
  if (good && *end == ':') {
    const char* number = end + 1;
    request.decisions =
        static_cast<std::size_t>(std::strtoull(number, &end, 10));
    good = end != number && errno == 0;
  }
  if (!good || *end != '\0') {
    throw Panic("testing: GOSLING_REPLAY=" + std::string(text) +
                ": must be a seed as Explore prints it, such as 42 or 42:17");
  }
  request.asked = true;
  return request;
}

Explorer::Explorer(const ExploreOptions& options, void (*f)(void*), void* arg)
    : options_(options),
      f_(f),
      arg_(arg),
      replay_(ParseReplay(sched::os::Getenv("GOSLING_REPLAY"))) {
  CheckAtLeast("schedules", options.schedules, 1);
  CheckAtLeast("depth", options.depth, 1);
  CheckAtLeast("preemptions", options.preemptions, 0);
  bubble_.SetExploring();
  bubble_.SetPatience(options.patience.count());
  bubble_.Enter("Explore");
  internal::explorations.fetch_add(1, std::memory_order_relaxed);
}

Explorer::~Explorer() {
  internal::explorations.fetch_sub(1, std::memory_order_relaxed);
  bubble_.Leave();
}

ExploreResult Explorer::Run() {
  const bool failed =
      options_.strategy == Strategy::kExhaustive ? RunAll() : RunSeeds();
  if (replay_.asked && !failed) {
    DoesNotFit("does not fail");
  } else if (replay_.asked && replay_.decisions != 0 &&
             replay_.decisions != decisions_) {
    DoesNotFit("makes " + std::to_string(decisions_) +
               " decisions before: " + words_);
  } else if (failed) {
    result_.failure_ = words_;
    Shrink();
    result_.schedule_ = Told();
  }
  if (!result_.ok() && options_.print) Print();
  return std::move(result_);
}

// A schedule that no longer fits its program.
void Explorer::DoesNotFit(const std::string& how) {
  result_.failure_ =
      "testing: the schedule of GOSLING_REPLAY=" +
      std::to_string(replay_.seed) +
      (replay_.decisions != 0
           ? ", of " + std::to_string(replay_.decisions) + " decisions,"
           : "") +
      " no longer fits the program, which " + how;
  result_.seed_ = replay_.seed;
}

std::uint64_t Explorer::SeedOf(int schedule) const {
  Rng rng(options_.seed);
  const std::uint64_t base = rng.Next();
  Rng own(base + static_cast<std::uint64_t>(schedule));
  const std::uint64_t arrival =
      options_.signals.empty()
          ? kNoArrival
          : static_cast<std::uint64_t>(schedule) %
                std::min<std::uint64_t>(most_points_ + 1U, kNoArrival);
  return (own.Next() & ~kArrivalMask) | arrival;
}

bool Explorer::RunSeeds() {
  const int n = replay_.asked ? 1 : options_.schedules;
  for (int i = 0; i < n; i++) {
    const std::uint64_t seed = replay_.asked ? replay_.seed : SeedOf(i);
    result_.schedules_ = i + 1;
    if (RunSeed(seed) != Failure::kNone) {
      result_.seed_ = seed;
      return true;
    }
  }
  return false;
}

Failure Explorer::RunSeed(std::uint64_t seed) {
  const std::uint64_t arrival = seed & kArrivalMask;
  const std::uint64_t which = seed >> 16;
  if (options_.strategy == Strategy::kPct) {
    PctDecider decider(seed, options_.depth);
    return RunOnce(&decider, arrival, which);
  }
  UniformDecider decider(seed);
  return RunOnce(&decider, arrival, which);
}

// All schedules without a signal, or else with one at the first point, the
// second, and so on.
bool Explorer::RunAll() {
  const std::uint64_t limit =
      replay_.asked ? replay_.seed
                    : static_cast<std::uint64_t>(options_.schedules);
  std::uint64_t run = 0;
  const bool signals = !options_.signals.empty();
  for (std::uint64_t at = 0; !signals || at <= most_points_; at++) {
    Enumeration all(options_.preemptions);
    do {
      if (run == limit) return false;
      run++;
      all.Restart();
      const Failure failure = RunOnce(&all, signals ? at : kNoArrival, at);
      result_.schedules_ = static_cast<int>(run);
      if (failure != Failure::kNone) {
        result_.seed_ = run;
        return true;
      }
    } while (all.Advance());
    if (!signals) break;
  }
  return false;
}

Failure Explorer::RunOnce(Decider* decider, std::uint64_t arrival,
                          std::uint64_t which) {
  arrival_ = arrival;
  which_ = which;
  if (arrival != kNoArrival && !options_.signals.empty()) {
    signal_ = options_.signals[which % options_.signals.size()];
    bubble_.RaiseAt(
        static_cast<std::uint32_t>(arrival),
        [](void* self) { Raise(static_cast<Explorer*>(self)->signal_); }, this);
  } else {
    bubble_.RaiseAt(UINT32_MAX, nullptr, nullptr);
  }
  const Failure failure = bubble_.Run(f_, arg_, decider);
  most_points_ = std::max(most_points_, bubble_.points());
  if (failure != Failure::kNone && failure_ == Failure::kNone) {
    failure_ = failure;
    words_ = bubble_.words();
    list_ = Taken();
    decisions_ = bubble_.steps().size();
  }
  return failure;
}

std::vector<std::uint32_t> Explorer::Taken() const {
  std::vector<std::uint32_t> list;
  for (const Step& step : bubble_.steps()) list.push_back(step.taken);
  while (!list.empty() && list.back() == 0) list.pop_back();
  return list;
}

bool Explorer::FailsAlike(const std::vector<std::uint32_t>& list) {
  ListDecider decider(list);
  if (RunOnce(&decider, arrival_, which_) != failure_) return false;
  // The stacks of a deadlock have numbers that differ.
  return failure_ == Failure::kDeadlock || failure_ == Failure::kLeak ||
         bubble_.words() == words_;
}

void Explorer::Shrink() {
  int runs = 0;
  for (std::size_t length = std::max<std::size_t>(list_.size() / 2, 1);;
       length /= 2) {
    for (std::size_t at = 0; at < list_.size(); at += length) {
      std::vector<std::uint32_t> fewer = list_;
      const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = first + static_cast<std::ptrdiff_t>(
                                    std::min(length, fewer.size() - at));
      if (std::all_of(first, last, [](std::uint32_t n) { return n == 0; })) {
        continue;
      }
      std::fill(first, last, 0);
      if (runs++ == kShrinkRuns) return;
      if (FailsAlike(fewer)) list_ = Taken();
    }
    if (length == 1) return;
  }
}

std::string Explorer::Told() {
  changes_ = static_cast<std::size_t>(std::count_if(
      list_.begin(), list_.end(), [](std::uint32_t n) { return n != 0; }));
  ListDecider decider(list_);
  if (arrival_ != kNoArrival) RunOnce(&decider, arrival_, which_);
  ListDecider again(list_);
  const Failure told = bubble_.Run(f_, arg_, &again, /*explain=*/true);
  std::string text;
  WithLines([&](Lines* lines) { text = TextOf(bubble_.stops(), lines); });
  if (told != failure_) {
    text +=
        "but told so, the run did not fail in that way: something else decides "
        "than the schedule, such as a real clock, random numbers, or what an "
        "earlier run has left\n";
  }
  return text;
}

void Explorer::Print() const {
  std::fprintf(stderr, "gosling: Explore: schedule %d of %d fails:\n%s\n",
               result_.schedules_, options_.schedules,
               result_.failure_.c_str());
  if (result_.schedule_.empty()) return;
  std::fprintf(stderr,
               "\nthe shortest schedule found, with %zu decisions out of the "
               "ordinary:\n%s\nagain with GOSLING_REPLAY=%llu:%zu\n",
               changes_, result_.schedule_.c_str(),
               static_cast<unsigned long long>(result_.seed_), decisions_);
}

}  // namespace gosling::testing
