// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The page is page.html, which the build makes an array of, with the report in it
// as JSON: its script draws the rest, so that nothing has to be fetched.

#include <gosling/runtime.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/sigstorm/embedded.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/report.h"

namespace sigstorm {

std::string PageOf(const std::string& options, const std::string& report) {
  nlohmann::ordered_json about;
  about["when"] =
      absl::FormatTime("%Y-%m-%d %H:%M %Z", absl::Now(), absl::LocalTimeZone());
  about["version"] = std::string(kVersion);
  about["machine"] = os::Machine();
  about["procs"] = gosling::runtime::GOMAXPROCS(0);
  about["options"] = options;
  std::string data = about.dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  data.pop_back();
  data += ",\"report\":" + report + "}";
  // "</script>" and "<!--" inside a string would end the element, or not.
  data = absl::StrReplaceAll(data, {{"<", "\\u003c"}});
  return absl::StrReplaceAll(absl::string_view(kPage), {{"@DATA@", data}});
}

std::string HtmlReport(const Options& options, const RoundResult& result,
                       const std::vector<Verdict>& verdicts) {
  return PageOf(options.text, JsonCurves(options, result, verdicts));
}

}  // namespace sigstorm
