// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The report for programs. Times are nanoseconds unless the key says otherwise.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/sigstorm/report.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {
namespace {

// Its keys stay in the order in which they are written here.
using Json = nlohmann::ordered_json;

Json Signal(const SignalResult& signal, double seconds, bool curves,
            bool timers) {
  Json json = {
      {"signal", SignalName(signal.number)},
      {"number", signal.number},
      {"sent", signal.sent},
      {"refused", signal.refused},
      {"received", signal.received},
      {"coalesced", signal.coalesced},
      {"delivered", signal.delivered},
      {"dropped", signal.dropped},
      {"delivered_per_s",
       seconds > 0 ? static_cast<double>(signal.delivered) / seconds : 0.0},
      {"latency",
       {{"by", signal.realtime ? "value" : "stamp"},
        {"count", signal.latency.count},
        {"p50", signal.latency.p50},
        {"p90", signal.latency.p90},
        {"p99", signal.latency.p99},
        {"p99.9", signal.latency.p999},
        {"p99.99", signal.latency.p9999},
        {"max", signal.latency.max}}},
  };
  if (signal.to_ended != 0) json["to_ended"] = signal.to_ended;
  if (timers) {
    json["expired"] = signal.expired;
    if (signal.realtime) json["timed"] = signal.timed;
  }
  if (curves) json["latency"]["buckets"] = signal.latency.buckets;
  return json;
}

Json Count(const Resources& resources) {
  return {{"descriptors", resources.files.size()},
          {"threads", resources.threads.size()},
          {"runtime_threads", resources.runtime_threads},
          {"goroutines", resources.goroutines}};
}

Json Report(const Options& options, const RoundResult& result,
            const std::vector<Verdict>& verdicts, bool curves) {
  Json signals = Json::array();
  for (const SignalResult& signal : result.signals) {
    signals.push_back(
        Signal(signal, result.seconds, curves, options.timers > 0));
  }
  Json workers = Json::array();
  for (const WorkerResult& worker : result.workers) {
    workers.push_back({{"name", worker.name}, {"steps", worker.steps}});
  }
  Json judged = Json::array();
  for (const Verdict& verdict : verdicts) {
    judged.push_back({{"number", verdict.number},
                      {"pass", verdict.pass},
                      {"claim", verdict.claim},
                      {"details", verdict.details}});
  }
  Json report = {
      {"pass", std::all_of(verdicts.begin(), verdicts.end(),
                           [](const Verdict& v) { return v.pass; })},
      {"seed", options.seed},
      {"seconds", result.seconds},
      {"interrupted", result.interrupted},
      {"signals", signals},
      {"workers", workers},
      {"stops", result.stops},
      {"longest_standstill",
       {{"worker", result.watch.longest_standstill_of},
        {"ns", result.watch.longest_standstill}}},
      {"before", Count(result.before)},
      {"after", Count(result.after)},
      {"verdicts", judged},
  };
  if (curves) {
    for (const Sample& sample : result.samples) {
      report["samples"].push_back({sample.seconds, sample.sent,
                                   sample.delivered, sample.steps,
                                   sample.memory});
    }
  }
  return report;
}

// The name of a leaked file need not be UTF-8: what is not becomes U+FFFD.
constexpr auto kReplace = Json::error_handler_t::replace;

}  // namespace

std::string JsonReport(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts) {
  return Report(options, result, verdicts, false)
             .dump(2, ' ', false, kReplace) +
         "\n";
}

std::string JsonCurves(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts) {
  return Report(options, result, verdicts, true).dump(-1, ' ', false, kReplace);
}

}  // namespace sigstorm
