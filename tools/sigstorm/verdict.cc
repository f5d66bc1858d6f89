// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// One function per verdict, from the data of a round.

#include "tools/sigstorm/verdict.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {
namespace {

// Finish passes a verdict against which nothing was found.
Verdict Finish(int number, std::string claim, std::vector<std::string> found) {
  return {number, found.empty(), std::move(claim), std::move(found)};
}

Verdict LastRaiseArrived(const RoundResult& result) {
  std::vector<std::string> found;
  for (const SignalResult& signal : result.signals) {
    if (signal.last_arrived) continue;
    found.push_back(absl::StrCat(SignalName(signal.number), " did not arrive"));
  }
  return Finish(1, "after the storm, one more raise of each signal arrived",
                std::move(found));
}

Verdict BooksBalance(const RoundResult& result) {
  std::vector<std::string> found;
  if (!result.settled) {
    found.push_back(absl::StrCat("after the storm something was left over: ",
                                 result.unsettled));
  }
  for (const SignalResult& signal : result.signals) {
    const std::string name = SignalName(signal.number);
    const std::uint64_t sum =
        signal.delivered + signal.coalesced + signal.dropped;
    if (signal.received != sum) {
      found.push_back(
          absl::StrFormat("%s: received %d, delivered + coalesced + dropped = "
                          "%d + %d + %d = %d",
                          name, signal.received, signal.delivered,
                          signal.coalesced, signal.dropped, sum));
    }
    const std::string unmatched = SendsUnmatched(signal);
    if (!unmatched.empty()) found.push_back(unmatched);
    if (signal.delivered != signal.taken) {
      found.push_back(absl::StrFormat("%s: delivered %d, taken %d", name,
                                      signal.delivered, signal.taken));
    }
    if (signal.strange != 0) {
      found.push_back(absl::StrFormat("%s: %d deliveries named another signal",
                                      name, signal.strange));
    }
  }
  for (const std::string& failed : result.failed_senders) {
    found.push_back(failed);
  }
  return Finish(2,
                "received = delivered + coalesced + dropped for every signal; "
                "sent = received for real-time ones",
                std::move(found));
}

Verdict WorkersWorked(const RoundResult& result) {
  std::vector<std::string> found;
  for (const WorkerResult& worker : result.workers) {
    if (worker.mistake.empty()) continue;
    found.push_back(absl::StrCat(worker.name, ": ", worker.mistake));
  }
  for (const std::string& starved : result.watch.starved) {
    found.push_back(absl::StrCat("no step: ", starved));
  }
  if (result.watch.slices == 0 && !result.interrupted) {
    found.push_back("no slice of the run was seen from begin to end");
  }
  return Finish(
      3,
      absl::StrFormat("the sums of %d workers are right, and each of them made "
                      "a step in each of %d slices of the run",
                      result.workers.size(), result.watch.slices),
      std::move(found));
}

Verdict NothingAfterStop(const RoundResult& result) {
  std::vector<std::string> found;
  for (const SignalResult& signal : result.signals) {
    if (signal.late == 0) continue;
    found.push_back(absl::StrFormat("%s: %d after Stop",
                                    SignalName(signal.number), signal.late));
  }
  if (!result.stop_wrong.empty()) found.push_back(result.stop_wrong);
  return Finish(4, "nothing arrived after Stop", std::move(found));
}

// New returns what `after` has more of than `before`, each with a count.
std::vector<std::string> New(const std::vector<std::string>& before,
                             const std::vector<std::string>& after) {
  std::map<std::string, int> more;
  for (const std::string& name : after) more[name]++;
  for (const std::string& name : before) more[name]--;
  std::vector<std::string> names;
  for (const auto& [name, count] : more) {
    if (count == 1) names.push_back(name);
    if (count > 1) names.push_back(absl::StrCat(name, " (", count, " times)"));
  }
  return names;
}

// Others returns how many threads are not the runtime's.
int Others(const Resources& resources) {
  return static_cast<int>(resources.threads.size()) -
         static_cast<int>(resources.runtime_threads);
}

Verdict NothingLeaked(const RoundResult& result) {
  const Resources& before = result.before;
  const Resources& after = result.after;
  std::vector<std::string> found;
  if (after.files.size() > before.files.size()) {
    found.push_back(absl::StrFormat("descriptors: %d before, %d after",
                                    before.files.size(), after.files.size()));
    for (const std::string& file : New(before.files, after.files)) {
      found.push_back(absl::StrCat("  ", file));
    }
  }
  const bool too_many = after.runtime_threads > result.threads_allowed;
  if (too_many) {
    found.push_back(
        absl::StrFormat("the runtime's threads: %d, where %d are allowed",
                        after.runtime_threads, result.threads_allowed));
  }
  if (Others(after) > Others(before)) {
    found.push_back(absl::StrFormat("other threads: %d before, %d after",
                                    Others(before), Others(after)));
  }
  if (too_many || Others(after) > Others(before)) {
    for (const std::string& thread : New(before.threads, after.threads)) {
      found.push_back(absl::StrCat("  ", thread));
    }
  }
  if (after.goroutines > before.goroutines) {
    found.push_back(absl::StrFormat("goroutines: %d before, %d after",
                                    before.goroutines, after.goroutines));
  }
  return Finish(
      5,
      absl::StrFormat("nothing leaked: descriptors %d, then %d; the runtime's "
                      "threads %d, then %d of %d allowed, others %d, then %d; "
                      "goroutines %d, then %d",
                      before.files.size(), after.files.size(),
                      before.runtime_threads, after.runtime_threads,
                      result.threads_allowed, Others(before), Others(after),
                      before.goroutines, after.goroutines),
      std::move(found));
}

Verdict NoHang(const RoundResult& result) {
  std::string claim = "a watchdog outside the runtime saw no hang";
  if (!result.workers.empty()) {
    absl::StrAppend(&claim, "; the longest standstill was ",
                    FormatNs(result.watch.longest_standstill), ", of ",
                    result.watch.longest_standstill_of);
  }
  return Finish(6, std::move(claim), {});
}

// MemoryIsSteady compares what the last third of the storm never fell below with
// what the first third reached: stacks and heaps come and go meanwhile, but what
// leaks is added to all of it. Threads that the fifth verdict allows and that were
// not there before may come late, and stay, with stacks and heaps of their own.
Verdict MemoryIsSteady(const RoundResult& result) {
  constexpr std::uint64_t kThread = 128 << 10;
  const std::size_t had = result.before.runtime_threads;
  const std::uint64_t more_threads =
      result.threads_allowed > had ? result.threads_allowed - had : 0;
  const std::uint64_t slack = (1 << 20) + more_threads * kThread;
  std::uint64_t at_first = 0;
  std::uint64_t at_last = ~std::uint64_t{0};
  std::size_t seen = 0;
  for (const Sample& sample : result.samples) {
    if (sample.memory == 0) continue;
    seen++;
    if (sample.seconds * 3 <= result.seconds) {
      at_first = std::max(at_first, sample.memory);
    } else if (sample.seconds * 3 > result.seconds * 2) {
      at_last = std::min(at_last, sample.memory);
    }
  }
  std::vector<std::string> found;
  if (at_first == 0 || at_last == ~std::uint64_t{0}) {
    found.push_back(absl::StrCat("of it, ", seen, " samples were taken"));
    at_last = 0;
  } else if (at_last > at_first + slack) {
    found.push_back(absl::StrCat("more by ", (at_last - at_first) >> 10,
                                 " KiB, where ", slack >> 10, " are allowed"));
  }
  return Finish(7,
                absl::StrFormat("memory did not grow: at most %d KiB in the "
                                "first third of the storm, at least %d in the "
                                "last",
                                at_first >> 10, at_last >> 10),
                std::move(found));
}

}  // namespace

// A timer's signals are told from the senders' as they are taken. Of those that
// are not, nothing is known, nor of those whose thread has ended: then only
// bounds hold.
std::string SendsUnmatched(const SignalResult& signal) {
  if (!signal.realtime) return "";
  const std::string name = SignalName(signal.number);
  if (signal.expired == 0) {
    if (signal.received <= signal.sent &&
        signal.sent - signal.received <= signal.to_ended) {
      return "";
    }
    const std::string ended =
        signal.to_ended == 0
            ? ""
            : absl::StrFormat(" (%d to threads that ended)", signal.to_ended);
    return absl::StrFormat("%s: sent %d%s, received %d", name, signal.sent,
                           ended, signal.received);
  }
  const std::uint64_t of_senders = signal.taken - signal.timed;
  const std::uint64_t untold =
      signal.dropped + signal.coalesced + signal.to_ended;
  if (signal.sent > of_senders + untold || of_senders > signal.sent) {
    return absl::StrFormat(
        "%s: sent %d, taken %d that were no timer's, dropped, coalesced or "
        "sent to a thread that ended %d",
        name, signal.sent, of_senders, untold);
  }
  if (signal.timed > signal.expired ||
      signal.received > signal.sent + signal.expired) {
    return absl::StrFormat(
        "%s: timers expired %d times, sent %d, taken %d of timers, received %d",
        name, signal.expired, signal.sent, signal.timed, signal.received);
  }
  return "";
}

std::vector<Verdict> Judge(const RoundResult& result) {
  std::vector<Verdict> verdicts = {
      LastRaiseArrived(result), BooksBalance(result),  WorkersWorked(result),
      NothingAfterStop(result), NothingLeaked(result), NoHang(result)};
  if (result.soak) verdicts.push_back(MemoryIsSteady(result));
  return verdicts;
}

}  // namespace sigstorm
