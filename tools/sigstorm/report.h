// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sigstorm's words at the end.

#ifndef TOOLS_SIGSTORM_REPORT_H_
#define TOOLS_SIGSTORM_REPORT_H_

#include <string>
#include <vector>

#include "tools/sigstorm/options.h"
#include "tools/sigstorm/result.h"
#include "tools/sigstorm/verdict.h"

namespace sigstorm {

// TextReport is the table of signals, a line on the workers and the verdicts.
std::string TextReport(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts);

// HtmlReport is a page that needs nothing else, with the rates over time and the
// distribution of each signal's latency.
std::string HtmlReport(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts);

// PageOf is page.html with a report as of JsonCurves, of a program that was
// called with `options`.
std::string PageOf(const std::string& options, const std::string& report);

// JsonCurves is JsonReport on one line, with `samples`: [seconds, sent,
// delivered, steps, bytes], …, and for each latency `buckets`: [ns, count], ….
std::string JsonCurves(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts);

// JsonReport is the same as one JSON object.
std::string JsonReport(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_REPORT_H_
