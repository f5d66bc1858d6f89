// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The report for programs. Times are nanoseconds unless the key says otherwise.

#include "tools/sigstorm/json.h"
#include "tools/sigstorm/report.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {
namespace {

void Signal(Json& json, const SignalResult& signal, double seconds) {
  json.Object();
  json.Key("signal").String(SignalName(signal.number));
  json.Key("number").Number(signal.number);
  json.Key("sent").Number(signal.sent);
  json.Key("refused").Number(signal.refused);
  json.Key("received").Number(signal.received);
  json.Key("coalesced").Number(signal.coalesced);
  json.Key("delivered").Number(signal.delivered);
  json.Key("dropped").Number(signal.dropped);
  json.Key("delivered_per_s")
      .Number(seconds > 0 ? static_cast<double>(signal.delivered) / seconds
                          : 0.0);
  json.Key("latency").Object();
  json.Key("by").String(signal.realtime ? "value" : "stamp");
  json.Key("count").Number(signal.latency.count);
  json.Key("p50").Number(signal.latency.p50);
  json.Key("p99").Number(signal.latency.p99);
  json.Key("max").Number(signal.latency.max);
  json.End();
  json.End();
}

void Count(Json& json, const char* key, const Resources& resources) {
  json.Key(key).Object();
  json.Key("descriptors").Number(std::uint64_t{resources.files.size()});
  json.Key("threads").Number(std::uint64_t{resources.threads.size()});
  json.Key("goroutines").Number(resources.goroutines);
  json.End();
}

}  // namespace

std::string JsonReport(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts) {
  bool pass = true;
  for (const Verdict& verdict : verdicts) pass = pass && verdict.pass;

  Json json;
  json.Object();
  json.Key("pass").Bool(pass);
  json.Key("seed").Number(options.seed);
  json.Key("seconds").Number(result.seconds);
  json.Key("interrupted").Bool(result.interrupted);
  json.Key("signals").Array();
  for (const SignalResult& signal : result.signals) {
    Signal(json, signal, result.seconds);
  }
  json.End();
  json.Key("workers").Array();
  for (const WorkerResult& worker : result.workers) {
    json.Object();
    json.Key("name").String(worker.name);
    json.Key("steps").Number(worker.steps);
    json.End();
  }
  json.End();
  json.Key("longest_standstill").Object();
  json.Key("worker").String(result.watch.longest_standstill_of);
  json.Key("ns").Number(result.watch.longest_standstill);
  json.End();
  Count(json, "before", result.before);
  Count(json, "after", result.after);
  json.Key("verdicts").Array();
  for (const Verdict& verdict : verdicts) {
    json.Object();
    json.Key("number").Number(verdict.number);
    json.Key("pass").Bool(verdict.pass);
    json.Key("claim").String(verdict.claim);
    json.Key("details").Array();
    for (const std::string& detail : verdict.details) json.String(detail);
    json.End();
    json.End();
  }
  json.End();
  json.End();
  return json.text();
}

}  // namespace sigstorm
