// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The receivers are stopped while another channel, the keeper, stays
// subscribed: so the signals keep being caught and handed out, and each signal
// that reaches the keeper shows that the library has also had its chance to
// hand it to the stopped channel. No time needs to be guessed.

#include "tools/sigstorm/stop_check.h"

#include <gosling/chan.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/arrivals.h"
#include "tools/sigstorm/signal_names.h"

namespace sigstorm {
namespace {

using gosling::signal::Signal;

// Burst raises all signals in turn for as long as it lives, from a thread of
// its own.
class Burst {
 public:
  explicit Burst(const std::vector<std::unique_ptr<Receiver>>& receivers)
      : thread_([this, &receivers] {
          while (!end_.load()) {
            for (const auto& receiver : receivers) {
              ::kill(::getpid(), receiver->slot().number);
            }
            const timespec pause = {.tv_sec = 0, .tv_nsec = 100'000};
            ::nanosleep(&pause, nullptr);
          }
        }) {}

  ~Burst() {
    end_.store(true);
    gosling::runtime::Blocking([this] { thread_.join(); });
  }

 private:
  std::atomic<bool> end_{false};
  std::thread thread_;
};

// Keeper is the channel that stays subscribed.
class Keeper {
 public:
  explicit Keeper(const std::vector<std::unique_ptr<Receiver>>& receivers) {
    for (const auto& receiver : receivers) {
      gosling::signal::Notify(channel_, receiver->slot().number);
    }
    done_.Go([this] {
      gosling::runtime::SetName("keeper");
      while (std::optional<Signal> signal = channel_.Recv()) {
        arrivals_[static_cast<std::size_t>(signal->number())].Add();
      }
    });
  }

  ~Keeper() {
    gosling::signal::Stop(channel_);
    channel_.Close();
    done_.Wait();
  }

  // Raised raises `signal` and waits until it arrives; false if it does not.
  bool Raised(int signal, std::int64_t patience) {
    Arrivals& arrivals = arrivals_[static_cast<std::size_t>(signal)];
    const std::uint64_t before = arrivals.count();
    ::kill(::getpid(), signal);
    return arrivals.AwaitMore(before, patience);
  }

 private:
  gosling::Chan<Signal> channel_ = gosling::MakeChan<Signal>(1024);
  std::array<Arrivals, kMaxSignals + 1> arrivals_;
  gosling::sync::WaitGroup done_;
};

}  // namespace

std::string StopCheck(const std::vector<std::unique_ptr<Receiver>>& receivers,
                      std::int64_t patience, bool forge) {
  std::string wrong;
  Keeper keeper(receivers);
  {
    const Burst burst(receivers);
    for (const auto& receiver : receivers) receiver->Stop();
  }
  if (forge && !receivers.empty()) receivers.front()->Forge();

  // Twice: the second arrival shows that the round in which the first was
  // handed out is over. The rest of the burst may answer for a raise, which
  // does no harm: a delivery that came later still would meet a closed channel,
  // and that is a panic.
  for (int i = 0; i < 2; i++) {
    for (const auto& receiver : receivers) {
      const int signal = receiver->slot().number;
      if (!wrong.empty() || keeper.Raised(signal, patience)) continue;
      wrong = absl::StrCat("after the Stop of one channel, ",
                           SignalName(signal), " did not reach another");
    }
  }
  for (const auto& receiver : receivers) receiver->Close();

  // Ignored before the keeper goes: with no channel subscribed most of them
  // would get their default action back, which is to kill.
  for (const auto& receiver : receivers) {
    const int signal = receiver->slot().number;
    gosling::signal::Ignore(signal);
    if (!gosling::signal::Ignored(signal)) {
      wrong =
          absl::StrCat("after Ignore, ", SignalName(signal), " is not Ignored");
    } else {
      ::kill(::getpid(), signal);
    }
  }
  return wrong;
}

}  // namespace sigstorm
