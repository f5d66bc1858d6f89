// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SigQueue against a reference model: Sends, Takes and changes of the wanted
// signals in any order, with Sends between a Take and the receiver's acting on
// it. One thread, so the model knows at every step what is merged, what is
// queued and what has been announced. (Threads against each other:
// sigqueue_test, and the model of the protocol in tests/models.)

#include <signal.h>

#include <cstdint>
#include <deque>
#include <vector>

#include "sched/os/os.h"
#include "signals/info_ring.h"
#include "signals/signote.h"
#include "signals/sigqueue.h"
#include "tests/fuzz/fuzz.h"

namespace gosling::signals {
namespace {

using fuzz::Expect;
using fuzz::Input;

constexpr int kSignals = 4;
constexpr int kMaxSteps = 200;

// A queue is made once: it keeps its note for ever. Each input leaves it empty.
SigQueue& Queue() {
  static SigQueue& queue = *[] {
    auto* made = new SigQueue;
    Expect(made->Setup(SigNoteKind::kPipe) == 0, "no note");
    for (int i = 0; i < kSignals; i++) made->PrepareQueued(SIGRTMIN + i);
    return made;
  }();
  return queue;
}

class Driver {
 public:
  void Send(int i) {
    Of& s = signals_[i];
    siginfo_t info = {};
    info.si_code = SI_QUEUE;
    info.si_pid = 1;
    info.si_value.sival_int = ++sent_;
    Expect(q_.Send(SIGRTMIN + i, info) == s.wanted, "Send and wanted differ");
    if (!s.wanted) return;
    if (s.queued && s.ring.size() < InfoRing::kCapacity) {
      s.ring.push_back(sent_);
      s.ring_news = true;
      news_ = true;
    } else if (s.merged++ == 0) {
      s.first = sent_;
      s.merged_news = true;
      news_ = true;
    }
  }

  void SetWanted(int i, bool wanted) {
    q_.SetWanted(SIGRTMIN + i, wanted);
    signals_[i].wanted = wanted;
  }
  void SetQueued(int i, bool queued) {
    q_.SetQueued(SIGRTMIN + i, queued);
    signals_[i].queued = queued;
  }

  // Take begins a round of the receiver, once the last one is over.
  void Take() {
    for (const Of& s : signals_) {
      if (s.merged_taken) return;
    }
    const bool told = q_.TakeNews();
    Expect(told || !news_, "there is news, and the receiver is not told");
    if (!told) return;
    news_ = false;
    const SigQueue::News news = q_.Take();
    for (int i = 0; i < kSignals; i++) {
      Of& s = signals_[i];
      const SignalSet bit = BitOf(SIGRTMIN + i);
      Expect(((news.merged & bit) != 0) == s.merged_news, "merged news of %d",
             i);
      Expect(((news.queued & bit) != 0) == s.ring_news, "queued news of %d", i);
      s.merged_taken = s.merged_news;
      s.ring_taken = s.ring_taken || s.ring_news;
      s.merged_news = s.ring_news = false;
    }
  }

  // Receive does what the round still has to do about one signal.
  void Receive(int i) {
    Of& s = signals_[i];
    const int sig = SIGRTMIN + i;
    Expect(q_.PendingNow(sig) == s.merged + s.ring.size(), "pending of %d", i);
    if (s.merged_taken) {
      const Arrival arrival = q_.TakeMerged(sig);
      Expect(arrival.count == s.merged && arrival.info.value == s.first,
             "%d: merged %llu, not %llu", i,
             static_cast<unsigned long long>(arrival.count),
             static_cast<unsigned long long>(s.merged));
      s.merged = 0;
      s.merged_taken = false;
    }
    if (!s.ring_taken) return;
    const std::uint64_t n = q_.QueuedNow(sig);
    Expect(n == s.ring.size(), "queued of %d", i);
    for (std::uint64_t k = 0; k < n; k++) {
      Arrival arrival;
      Expect(q_.TakeQueued(sig, &arrival) && arrival.count == 1 &&
                 arrival.info.value == s.ring.front(),
             "%d: queued out of order", i);
      s.ring.pop_front();
    }
    s.ring_taken = false;
  }

  // Finish: what was taken in was either handed out or is announced now.
  void Finish() {
    for (int i = 0; i < kSignals; i++) {
      SetWanted(i, false);
      SetQueued(i, false);
      Receive(i);
    }
    Take();
    for (int i = 0; i < kSignals; i++) {
      Receive(i);
      Expect(q_.PendingNow(SIGRTMIN + i) == 0, "%d is never announced", i);
    }
  }

 private:
  struct Of {
    bool wanted = false;
    bool queued = false;
    std::uint64_t merged = 0;
    std::int64_t first = 0;  // the value that came with the first of the merged
    std::deque<std::int64_t> ring;
    bool merged_news = false;   // announced, not in a Take yet
    bool ring_news = false;     // likewise
    bool merged_taken = false;  // in the last Take, still to be received
    bool ring_taken = false;    // likewise
  };

  SigQueue& q_ = Queue();
  Of signals_[kSignals];
  bool news_ = false;
  int sent_ = 0;
};

}  // namespace
}  // namespace gosling::signals

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using gosling::signals::kMaxSteps;
  using gosling::signals::kSignals;
  gosling::fuzz::Input input(data, size);
  gosling::signals::Driver driver;
  for (int step = 0; step < kMaxSteps && !input.Empty(); step++) {
    const int what = input.Below(16);
    const int signal = input.Below(kSignals);
    if (what < 6) {
      driver.Send(signal);
    } else if (what == 6) {
      for (int n = 0; n < 3000; n++) driver.Send(signal);  // fills a ring
    } else if (what < 9) {
      driver.SetWanted(signal, what == 7 || input.Below(4) != 0);
    } else if (what < 11) {
      driver.SetQueued(signal, what == 9);
    } else if (what < 13) {
      driver.Take();
    } else {
      driver.Receive(signal);
    }
  }
  driver.Finish();
  return 0;
}
