// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/diff.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/write_out.h"

namespace sigstorm {
namespace {

// Figures of one signal.
struct Figures {
  double per_s = 0;
  double p50 = 0;  // ns; 0: nothing was measured
  double p99 = 0;
  double max = 0;
};

struct Figure {
  const char* name;
  double Figures::*value;
  bool more_is_better;
};
constexpr std::array<Figure, 3> kFigures = {
    Figure{"per s", &Figures::per_s, true}, Figure{"p50", &Figures::p50, false},
    Figure{"p99", &Figures::p99, false}};

std::map<std::string, Figures> Read(const std::string& text,
                                    const std::string& name) {
  std::map<std::string, Figures> all;
  try {
    const auto report = nlohmann::json::parse(text);
    for (const auto& signal : report.at("signals")) {
      const auto& latency = signal.at("latency");
      all[signal.at("signal").get<std::string>()] = {
          .per_s = signal.at("delivered_per_s").get<double>(),
          .p50 = latency.at("p50").get<double>(),
          .p99 = latency.at("p99").get<double>(),
          .max = latency.at("max").get<double>()};
    }
  } catch (const nlohmann::json::exception&) {
    throw std::runtime_error(
        absl::StrCat(name, " is no report of sigstorm run --json"));
  }
  return all;
}

std::string ReadFile(const std::string& name) {
  std::ifstream file(name);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    Fail(absl::StrCat(name, " cannot be read: ", std::strerror(errno)));
  }
  return text.str();
}

std::string Shown(const Figure& figure, double value) {
  if (figure.more_is_better) return absl::StrFormat("%.0f", value);
  return FormatNs(static_cast<std::int64_t>(value));
}

}  // namespace

Comparison Compare(const std::string& before, const std::string& before_name,
                   const std::string& after, const std::string& after_name,
                   double tolerance) {
  const auto old_figures = Read(before, before_name);
  const auto new_figures = Read(after, after_name);
  Comparison c;
  c.text = absl::StrFormat("%-9s %-6s%12s%12s%10s\n", "signal", "", "A", "B",
                           "B to A");
  bool any = false;
  for (const auto& [signal, a] : old_figures) {
    const auto found = new_figures.find(signal);
    if (found == new_figures.end()) {
      absl::StrAppend(&c.text, signal, " is not in B\n");
      continue;
    }
    any = true;
    const Figures& b = found->second;
    for (const Figure& figure : kFigures) {
      const double x = a.*figure.value;
      const double y = b.*figure.value;
      absl::StrAppendFormat(&c.text, "%-9s %-6s%12s%12s", signal, figure.name,
                            Shown(figure, x), Shown(figure, y));
      if (x > 0 && y > 0) {
        const double loss = (figure.more_is_better ? x / y : y / x) - 1;
        const bool worse = loss * 100 > tolerance;
        if (worse) c.worse++;
        absl::StrAppendFormat(&c.text, "%9.2fx%s", y / x,
                              worse ? "  worse" : "");
      }
      c.text += '\n';
    }
  }
  for (const auto& [signal, b] : new_figures) {
    if (old_figures.count(signal) == 0) {
      absl::StrAppend(&c.text, signal, " is not in A\n");
    }
  }
  if (!any) {
    throw std::runtime_error(absl::StrCat(before_name, " and ", after_name,
                                          " have no signal in common"));
  }
  absl::StrAppendFormat(&c.text,
                        "\n%d of B's figures are worse by more than %g %%\n",
                        c.worse, tolerance);
  return c;
}

int Diff(const DiffOptions& options) {
  Comparison c;
  try {
    c = Compare(ReadFile(options.before), options.before,
                ReadFile(options.after), options.after, options.tolerance);
  } catch (const std::runtime_error& error) {
    Fail(error.what());
  }
  WriteOut(c.text);
  return c.worse == 0 ? 0 : 1;
}

}  // namespace sigstorm
