// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/during.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace sigstorm {
namespace {

constexpr std::array<std::pair<absl::string_view, bool During::*>, 5> kNames = {
    {{"forks", &During::forks},
     {"procs", &During::procs},
     {"threads", &During::threads},
     {"churn", &During::churn},
     {"stops", &During::stops}}};

}  // namespace

std::string ParseDuring(const std::string& text, During* during) {
  *during = {};
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    bool known = false;
    for (const auto& [name, member] : kNames) {
      if (word != name && word != "all") continue;
      during->*member = true;
      known = true;
    }
    if (!known) {
      return absl::StrCat("\"", word,
                          "\" is none of forks, procs, threads, churn, stops "
                          "and all");
    }
  }
  return "";
}

}  // namespace sigstorm
