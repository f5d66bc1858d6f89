// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Printed on standard error, so that the report can be piped elsewhere.

#include "tools/sigstorm/progress.h"

#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/time.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "absl/strings/str_format.h"
#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/full_io.h"

namespace sigstorm {
namespace {

// Back to the first column, wiping to the end of the line.
constexpr char kRestart[] = "\r\033[K";

void Print(const std::string& text) {
  const std::string line = kRestart + text;
  gosling::runtime::Blocking(
      [&] { WriteFull(STDERR_FILENO, line.data(), line.size()); });
}

}  // namespace

Progress::Progress(Ledger& ledger,
                   const std::vector<std::unique_ptr<Receiver>>& receivers,
                   const Crew& crew, std::int64_t duration) {
  done_.Go([this, &ledger, &receivers, &crew, duration] {
    gosling::runtime::SetName("progress");
    auto ticker = gosling::time::NewTicker(std::chrono::milliseconds(200));
    const std::int64_t start = NowNs();
    std::int64_t last = start;
    std::uint64_t last_taken = 0;
    bool end = false;
    while (!end) {
      gosling::Select(
          gosling::OnRecv(end_, [&] { end = true; }),
          gosling::OnRecv(ticker.C(), [&] {
            const std::int64_t now = NowNs();
            std::uint64_t taken = 0;
            std::uint64_t steps = 0;
            for (const auto& receiver : receivers) {
              taken += receiver->taken().count();
            }
            for (const auto& worker : crew) steps += worker->steps();
            const double seconds = static_cast<double>(now - last) / 1e9;
            Print(absl::StrFormat(
                "%.1f of %.1f s: %s sent, %s delivered (%s/s), workers made %s "
                "steps",
                static_cast<double>(now - start) / 1e9,
                static_cast<double>(duration) / 1e9, FormatCount(ledger.Sent()),
                FormatCount(taken),
                FormatCount(static_cast<std::uint64_t>(
                    static_cast<double>(taken - last_taken) / seconds)),
                FormatCount(steps)));
            last = now;
            last_taken = taken;
          }));
    }
    ticker.Stop();
    Print("");
  });
}

Progress::~Progress() {
  end_.Close();
  done_.Wait();
}

}  // namespace sigstorm
