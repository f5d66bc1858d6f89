// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The report for people.

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/report.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {
namespace {

double PerSecond(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

// Row is one line of the table; the head has texts where others have numbers.
template <class... Numbers>
std::string Row(const std::string& name, const Numbers&... numbers) {
  std::string line = absl::StrFormat("%-9s", name);
  (absl::StrAppend(&line, absl::StrFormat("%10s", absl::StrCat(numbers))), ...);
  return line;
}

std::string Latencies(const Latency& latency, bool realtime) {
  if (latency.count == 0) return "";
  return absl::StrFormat("%10s%10s%10s  %s", FormatNs(latency.p50),
                         FormatNs(latency.p99), FormatNs(latency.max),
                         realtime ? "value" : "stamp");
}

std::string Table(const RoundResult& result) {
  std::string text = absl::StrCat(
      Row("signal", "sent", "refused", "received", "coalesced", "delivered",
          "dropped", "per s"),
      absl::StrFormat("%10s%10s%10s  %s", "p50", "p99", "max", "by"), "\n");
  SignalResult total;
  for (const SignalResult& signal : result.signals) {
    absl::StrAppend(
        &text,
        Row(SignalName(signal.number), signal.sent, signal.refused,
            signal.received, signal.coalesced, signal.delivered, signal.dropped,
            static_cast<std::uint64_t>(
                PerSecond(signal.delivered, result.seconds))),
        Latencies(signal.latency, signal.realtime), "\n");
    total.sent += signal.sent;
    total.refused += signal.refused;
    total.received += signal.received;
    total.coalesced += signal.coalesced;
    total.delivered += signal.delivered;
    total.dropped += signal.dropped;
  }
  absl::StrAppend(&text,
                  Row("all", total.sent, total.refused, total.received,
                      total.coalesced, total.delivered, total.dropped,
                      static_cast<std::uint64_t>(
                          PerSecond(total.delivered, result.seconds))),
                  "\n");
  return text;
}

// Timers says how often they expired, and of real-time signals how many of these
// were overruns: those of which none came, nor can have been dropped.
std::string Timers(const RoundResult& result) {
  std::string text;
  for (const SignalResult& signal : result.signals) {
    if (signal.expired == 0) continue;
    absl::StrAppend(&text, text.empty() ? "\ntimers expired: " : ", ",
                    SignalName(signal.number), " ",
                    FormatCount(signal.expired));
    if (!signal.realtime || signal.dropped + signal.coalesced != 0) continue;
    absl::StrAppend(&text, " (", FormatCount(signal.expired - signal.timed),
                    " overruns)");
  }
  return text.empty() ? text : text + "\n";
}

// Workers sums up each kind: the name without its number.
std::string Workers(const RoundResult& result) {
  std::map<std::string, std::uint64_t> steps;
  for (const WorkerResult& worker : result.workers) {
    steps[worker.name.substr(0, worker.name.rfind(' '))] += worker.steps;
  }
  std::string text;
  for (const auto& [kind, count] : steps) {
    absl::StrAppend(&text, text.empty() ? "\nsteps of workers: " : ", ", kind,
                    " ", FormatCount(count));
  }
  if (result.stops != 0) {
    absl::StrAppend(&text, text.empty() ? "\n" : "; ", "stopped and continued ",
                    FormatCount(result.stops), " times");
  }
  return text.empty() ? text : text + "\n";
}

}  // namespace

std::string TextReport(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts) {
  std::string text =
      absl::StrFormat("sigstorm: %.2f s%s, seed %d\n\n%s%s%s\n", result.seconds,
                      result.interrupted ? ", interrupted" : "", options.seed,
                      Table(result), Timers(result), Workers(result));
  for (const Verdict& verdict : verdicts) {
    absl::StrAppendFormat(&text, "  %d %s  %s\n", verdict.number,
                          verdict.pass ? "pass" : "FAIL", verdict.claim);
    for (const std::string& detail : verdict.details) {
      absl::StrAppend(&text, "            ", detail, "\n");
    }
  }
  return text;
}

}  // namespace sigstorm
