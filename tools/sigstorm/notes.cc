// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Each storm is a process of its own: the runtime chooses its note once.

#include "tools/sigstorm/notes.h"

#include <gosling/exec.h>
#include <gosling/go.h>
#include <gosling/io.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/options.h"
#include "tools/sigstorm/os.h"
#include "tools/sigstorm/write_out.h"

namespace sigstorm {
namespace {

using Json = nlohmann::json;

constexpr char kWhyItHangs[] = R"(
Why: the semaphore is a mutex and a condition variable, as Darwin's was for Go.
A handler that interrupts the thread which holds that mutex waits for it, that
is, for itself, and for ever. A pipe has no owner to wait for: its write may be
called in a handler, which is why Go took it there (golang.org/issue/31264).
)";

// AddStorm adds one row to the table, and says whether the storm passed.
bool AddStorm(const char* note, const Json& report, std::string* table) {
  if (report.contains("hang")) {
    absl::StrAppendFormat(table, "%-6s hang in the phase \"%s\"\n", note,
                          report["hang"].value("phase", "?"));
    return false;
  }
  double delivered = 0;
  std::int64_t p50 = 0;
  std::int64_t p99 = 0;
  for (const Json& signal : report.at("signals")) {
    delivered += signal.at("delivered_per_s").get<double>();
    p50 = std::max(p50, signal.at("latency").at("p50").get<std::int64_t>());
    p99 = std::max(p99, signal.at("latency").at("p99").get<std::int64_t>());
  }
  const bool pass = report.at("pass").get<bool>();
  absl::StrAppendFormat(table, "%-6s %s %14s %12s %12s\n", note,
                        pass ? "pass" : "FAIL",
                        FormatCount(static_cast<std::uint64_t>(delivered)),
                        FormatNs(p50), FormatNs(p99));
  return pass;
}

int Compare(const std::vector<std::string>& options) {
  const std::string self = os::OwnProgram();
  if (self.empty()) Fail("the system does not say where sigstorm lies");
  std::string table = absl::StrFormat("%-6s      %14s %12s %12s\n", "note",
                                      "delivered/s", "worst p50", "worst p99");
  bool good = true;
  bool hung = false;
  std::string words;
  for (const char* note : {"pipe", "futex", "sema"}) {
    std::vector<std::string> arguments = options;
    arguments.push_back("--json");
    arguments.push_back(absl::StrCat("--note=", note));
    gosling::exec::Cmd storm = gosling::exec::Command(self, arguments);
    std::string said;
    storm.Stderr = gosling::io::StringWriter(&said);
    const auto [output, err] = storm.Output();
    const Json report = Json::parse(output, nullptr, false);
    if (!report.is_object() || !report.contains("pass")) {
      Fail(absl::StrCat("with --note=", note, ": ",
                        said.empty() ? err.message() : said));
    }
    const bool sema = std::string_view(note) == "sema";
    const bool pass = AddStorm(note, report, &table);
    if (!sema) good = good && pass;
    if (report.contains("hang")) {
      words = said;
      hung = hung || sema;
    }
  }
  if (!words.empty()) absl::StrAppend(&table, "\n", words);
  if (hung) table += kWhyItHangs;
  WriteOut(table);
  return good ? 0 : 1;
}

}  // namespace

int NotesMain(int argc, char** argv) {
  std::vector<std::string> options(argv + 1, argv + argc);
  for (const std::string& option : options) {
    if (option != "--help" && option != "-h") continue;
    WriteOut(
        "Usage: sigstorm notes [OPTION of sigstorm…]\n\n"
        "Runs the same storm with each of the notes, pipe, futex and sema, "
        "and\n"
        "prints them side by side. A storm with sema may hang; the watchdog "
        "ends\n"
        "it. Exit status: 1 if one of the others fails.\n");
    return 0;
  }
  ReadOptions(argc,
              argv);  // what makes no sense is refused once, and by itself
  return gosling::Run([&] { return Compare(options); });
}

}  // namespace sigstorm
