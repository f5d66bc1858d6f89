// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The systems side by side: for people, for programs, and as a page, which shows
// each signal of each system as it shows the signals of a run.

#include "tools/sigstorm/report.h"

#include <gosling/runtime.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/sigstorm/compare/compare.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {
namespace {

using Json = nlohmann::ordered_json;

struct Quantile {
  const char* name;
  double share;
};
constexpr Quantile kQuantiles[] = {{"p50", 0.5},       {"p90", 0.9},
                                   {"p99", 0.99},      {"p99.9", 0.999},
                                   {"p99.99", 0.9999}, {"max", 1}};

double PerSecond(std::uint64_t count, const SystemYield& system) {
  return system.seconds > 0 ? static_cast<double>(count) / system.seconds : 0;
}

std::string Row(const std::string& signal, const std::string& system,
                const SignalYield& yield, double per_s) {
  std::string row = absl::StrFormat(
      "%-9s %-9s%12s%12s%10.0f%6d", signal, system, FormatCount(yield.sent),
      FormatCount(yield.delivered), per_s, yield.lost);
  for (const Quantile& quantile : kQuantiles) {
    absl::StrAppendFormat(
        &row, "%9s",
        yield.latency.count() == 0
            ? "-"
            : FormatNs(yield.latency.Quantile(quantile.share)));
  }
  return row + "\n";
}

Json Signal(const std::string& name, const SignalYield& yield,
            const SystemYield& system, bool curves) {
  Json json = {
      {"signal", name},
      {"sent", yield.sent},
      {"refused", yield.refused},
      {"delivered", yield.delivered},
      {"lost", yield.lost},
      {"delivered_per_s", PerSecond(yield.delivered, system)},
      {"latency", {{"by", "stamp"}, {"count", yield.latency.count()}}}};
  for (const Quantile& quantile : kQuantiles) {
    json["latency"][quantile.name] = yield.latency.Quantile(quantile.share);
  }
  if (curves) json["latency"]["buckets"] = yield.latency.Buckets();
  return json;
}

std::string Cpu(const SystemYield& system) {
  return absl::StrFormat(
      "%s of a processor, %s a delivery",
      absl::StrFormat("%.0f %%", system.seconds > 0
                                     ? static_cast<double>(system.cpu) / 1e7 /
                                           system.seconds
                                     : 0.0),
      FormatNs(static_cast<std::int64_t>(system.CpuEach())));
}

}  // namespace

std::string CompareText(const CompareOptions& options,
                        const std::vector<SystemYield>& systems) {
  std::string text = absl::StrFormat(
      "sigstorm compare: %d storms of %s on each in turn, seed %d\n\n"
      "%-9s %-9s%12s%12s%10s%6s",
      options.rounds, FormatNs(options.duration), options.seed, "signal",
      "system", "sent", "delivered", "per s", "lost");
  for (const Quantile& quantile : kQuantiles) {
    absl::StrAppendFormat(&text, "%9s", quantile.name);
  }
  text += '\n';
  for (std::size_t i = 0; i < options.signals.size(); i++) {
    for (const SystemYield& system : systems) {
      const SignalYield& yield = system.signals[i];
      text += Row(&system == &systems[0] ? SignalName(options.signals[i]) : "",
                  system.system, yield, PerSecond(yield.delivered, system));
    }
  }
  text += '\n';
  for (const SystemYield& system : systems) {
    absl::StrAppendFormat(
        &text, "%-9s %s deliveries, %.0f a second; %d lost; %s\n",
        system.system, FormatCount(system.Delivered()),
        PerSecond(system.Delivered(), system), system.Lost(), Cpu(system));
  }
  return text;
}

std::string CompareJson(const CompareOptions& options,
                        const std::vector<SystemYield>& systems) {
  Json report = {{"seed", options.seed},
                 {"rounds", options.rounds},
                 {"systems", Json::array()}};
  for (const SystemYield& system : systems) {
    Json signals = Json::array();
    for (std::size_t i = 0; i < options.signals.size(); i++) {
      signals.push_back(Signal(SignalName(options.signals[i]),
                               system.signals[i], system, false));
    }
    report["systems"].push_back(
        {{"system", system.system},
         {"seconds", system.seconds},
         {"delivered", system.Delivered()},
         {"delivered_per_s", PerSecond(system.Delivered(), system)},
         {"lost", system.Lost()},
         {"cpu_ns", system.cpu},
         {"cpu_ns_per_delivery", system.CpuEach()},
         {"signals", signals}});
  }
  return report.dump(2) + "\n";
}

std::string CompareHtml(const CompareOptions& options,
                        const std::vector<SystemYield>& systems) {
  Json report = {{"pass", systems[0].Lost() == 0},
                 {"seed", options.seed},
                 {"numbers", Json::array()},
                 {"signals", Json::array()},
                 {"verdicts", Json::array()}};
  for (const SystemYield& system : systems) {
    report["numbers"].push_back(
        {system.system + ", delivered a second",
         absl::StrFormat("%.0f", PerSecond(system.Delivered(), system))});
    report["verdicts"].push_back(
        {{"number", report["verdicts"].size() + 1},
         {"pass", system.Lost() == 0},
         {"claim",
          absl::StrCat(system.system,
                       ": after each storm, one more raise of each signal "
                       "arrived; ",
                       Cpu(system))},
         {"details", Json::array()}});
  }
  for (std::size_t i = 0; i < options.signals.size(); i++) {
    for (const SystemYield& system : systems) {
      report["signals"].push_back(Signal(
          absl::StrCat(SignalName(options.signals[i]), ", ", system.system),
          system.signals[i], system, true));
    }
  }
  return PageOf(options.text, report.dump());
}

}  // namespace sigstorm
