// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Printed on standard error, so that the report can be piped elsewhere.

#include "tools/sigstorm/progress.h"

#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/time.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "absl/strings/str_format.h"
#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/format.h"
#include "tools/sigstorm/full_io.h"
#include "tools/sigstorm/os.h"

namespace sigstorm {
namespace {

// Back to the first column, wiping to the end of the line.
constexpr char kRestart[] = "\r\033[K";

// Columns is how wide the terminal is now; a line that it would break in two
// could not be wiped.
std::size_t Columns() {
  winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return std::string::npos;
  }
  return size.ws_col - 1U;
}

void Print(const std::string& text) {
  const std::string line = kRestart + text.substr(0, Columns());
  gosling::runtime::Blocking(
      [&] { WriteFull(STDERR_FILENO, line.data(), line.size()); });
}

}  // namespace

Progress::Progress(Ledger& ledger,
                   const std::vector<std::unique_ptr<Receiver>>& receivers,
                   const Crew& crew, std::int64_t duration, bool shown,
                   bool soak, std::vector<Sample>* samples)
    : ledger_(ledger),
      receivers_(receivers),
      crew_(crew),
      duration_(duration),
      shown_(shown),
      soak_(soak),
      samples_(*samples),
      start_(NowNs()) {
  done_.Go([this] {
    gosling::runtime::SetName("progress");
    Loop();
  });
}

Progress::~Progress() {
  end_.Close();
  done_.Wait();
}

Sample Progress::Take() const {
  Sample sample;
  sample.seconds = static_cast<double>(NowNs() - start_) / 1e9;
  sample.sent = ledger_.Sent();
  for (const auto& receiver : receivers_) {
    sample.delivered += receiver->taken().count();
  }
  for (const auto& worker : crew_) sample.steps += worker->steps();
  return sample;
}

void Progress::Keep() {
  samples_.push_back(Take());
  if (soak_) samples_.back().memory = os::OwnMemory();
}

void Progress::Loop() {
  const std::chrono::nanoseconds every(
      std::clamp<std::int64_t>(duration_ / 100, 20'000'000, 5'000'000'000));
  auto sampling = gosling::time::NewTicker(every);
  auto showing = gosling::time::NewTicker(std::chrono::milliseconds(200));
  Sample last;
  bool end = false;
  while (!end) {
    gosling::Select(gosling::OnRecv(end_, [&] { end = true; }),
                    gosling::OnRecv(sampling.C(), [&] { Keep(); }),
                    gosling::OnRecv(showing.C(), [&] {
                      if (!shown_) return;
                      const Sample now = Take();
                      Show(last, now);
                      last = now;
                    }));
  }
  sampling.Stop();
  showing.Stop();
  // One that comes right after another would make a rate of nothing.
  const double now = static_cast<double>(NowNs() - start_) / 1e9;
  const double period = static_cast<double>(every.count()) / 1e9;
  if (samples_.empty() || now - samples_.back().seconds > period / 2) Keep();
  if (shown_) Print("");
}

void Progress::Show(const Sample& before, const Sample& now) const {
  const double seconds = now.seconds - before.seconds;
  Print(absl::StrFormat(
      "%.1f of %.1f s: %s sent, %s delivered (%s/s), workers made %s steps",
      now.seconds, static_cast<double>(duration_) / 1e9, FormatCount(now.sent),
      FormatCount(now.delivered),
      FormatCount(static_cast<std::uint64_t>(
          static_cast<double>(now.delivered - before.delivered) / seconds)),
      FormatCount(now.steps)));
}

}  // namespace sigstorm
