// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Reading and writing the names of signals.

#include "tools/sigstorm/signal_names.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tools/sigstorm/os.h"

namespace sigstorm {
namespace {

// Second names that older texts use.
constexpr std::array<std::pair<const char*, const char*>, 3> kAliases = {{
    {"CLD", "CHLD"},
    {"IO", "POLL"},
    {"IOT", "ABRT"},
}};

constexpr std::array<int, 6> kFaults = {SIGSEGV, SIGBUS,  SIGFPE,
                                        SIGILL,  SIGTRAP, SIGABRT};

// NumberOf returns 0 for a text that names no signal.
int NumberOf(absl::string_view text) {
  int number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;

  const std::string upper = absl::AsciiStrToUpper(text);
  absl::string_view name = upper;
  absl::ConsumePrefix(&name, "SIG");
  if (name.empty()) return 0;  // some numbers have no name

  const os::Realtime realtime = os::RealtimeSignals();
  absl::string_view rest = name;
  if (realtime.first != 0 && absl::ConsumePrefix(&rest, "RTMIN")) {
    if (rest.empty()) return realtime.first;
    if (absl::ConsumePrefix(&rest, "+") && absl::SimpleAtoi(rest, &number)) {
      return realtime.first + number;
    }
    return 0;
  }
  if (realtime.first != 0 && absl::ConsumePrefix(&rest, "RTMAX")) {
    if (rest.empty()) return realtime.last;
    if (absl::ConsumePrefix(&rest, "-") && absl::SimpleAtoi(rest, &number)) {
      return realtime.last - number;
    }
    return 0;
  }
  for (int signal = 1; signal <= os::LastSignal(); signal++) {
    if (name == os::SignalAbbreviation(signal)) return signal;
  }
  for (const auto& [alias, proper] : kAliases) {
    if (name == alias) return NumberOf(proper);
  }
  return 0;
}

// WhyNot returns an empty string for a signal that a program can catch.
std::string WhyNot(int signal) {
  if (signal < 1 || signal > os::LastSignal()) {
    return absl::StrCat("signal ", signal, " is out of range 1..",
                        os::LastSignal());
  }
  if (signal == SIGKILL || signal == SIGSTOP) {
    return absl::StrCat(SignalName(signal), " cannot be caught");
  }
  if (os::ReservedByLibc(signal)) {
    return absl::StrCat("signal ", signal, " belongs to the C library");
  }
  return "";
}

}  // namespace

std::string SignalName(int signal) {
  const os::Realtime realtime = os::RealtimeSignals();
  if (realtime.first != 0 && signal >= realtime.first &&
      signal <= realtime.last) {
    return signal == realtime.first
               ? "RTMIN"
               : absl::StrCat("RTMIN+", signal - realtime.first);
  }
  const char* name = os::SignalAbbreviation(signal);
  return *name == '\0' ? absl::StrCat(signal) : absl::StrCat("SIG", name);
}

bool IsRealtime(int signal) {
  const os::Realtime realtime = os::RealtimeSignals();
  return realtime.first != 0 && signal >= realtime.first &&
         signal <= realtime.last;
}

std::string ParseSignals(const std::string& text, std::vector<int>* signals) {
  signals->clear();
  for (absl::string_view piece : absl::StrSplit(text, ',')) {
    piece = absl::StripAsciiWhitespace(piece);
    if (absl::EqualsIgnoreCase(piece, "all")) {
      for (int signal = 1; signal <= os::LastSignal(); signal++) {
        const bool fault =
            std::find(kFaults.begin(), kFaults.end(), signal) != kFaults.end();
        if (!fault && WhyNot(signal).empty()) signals->push_back(signal);
      }
      continue;
    }
    const int number = NumberOf(piece);
    if (number == 0 && piece != "0") {
      return absl::StrCat("no signal is called \"", piece, "\"");
    }
    std::string why_not = WhyNot(number);
    if (!why_not.empty()) return why_not;
    signals->push_back(number);
  }
  std::sort(signals->begin(), signals->end());
  signals->erase(std::unique(signals->begin(), signals->end()), signals->end());
  return "";
}

}  // namespace sigstorm
