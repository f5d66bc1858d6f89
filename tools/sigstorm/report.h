// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What sigstorm says at the end.

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

// JsonReport is the same as one JSON object.
std::string JsonReport(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_REPORT_H_
