// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Channels, select, close and timers against a reference model.
//
// An input is a sequence of steps. Each step is one operation in a goroutine of
// its own: a send, a receive, either of them without waiting, a select of up to
// three cases with or without a default, a close, or a timer stopped or reset.
// Before the next step the driver waits until that goroutine has either ended or
// parked; so the order of the waiters in each queue is known, and the model, a
// few lists, says of each operation whether it must go on, with which partner,
// and which values change hands. Where Go leaves a choice (which of the ready
// cases), the model takes over what was chosen after checking that it was
// allowed.
//
// The elements are heap objects with one owner: under AddressSanitizer a value
// that is lost, or handed out twice, is an error of its own.
//
// A timer is due at once or in an hour, so the clock decides nothing.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/panic.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sched/proc.h"
#include "tests/fuzz/fuzz.h"

namespace gosling::fuzz {
namespace {

using Box = std::unique_ptr<int>;

constexpr int kChannels = 3;
constexpr std::size_t kCapacities[kChannels] = {0, 1, 2};
constexpr int kTimers = 2;
constexpr int kPlaces = kChannels + kTimers;  // where a receive may wait
constexpr int kNil = kPlaces;                 // a channel that is nil
constexpr int kMaxSteps = 48;
constexpr auto kNever = std::chrono::hours(1);
constexpr auto kPatience = std::chrono::seconds(20);

// One case of an operation: a receive at `place`, or a send of `value` there.
struct Case {
  int place;
  bool send;
  int value;
};

enum class Form { kPlain, kTry, kSelect };

constexpr int kDefault = -1;

// An operation and what has become of it. The goroutine writes the results
// before `done`; the driver reads them after.
struct Operation {
  Form form = Form::kPlain;
  std::vector<Case> cases;
  bool has_default = false;

  std::atomic<sched::G*> g{nullptr};
  std::atomic<bool> done{false};
  int chosen = kDefault;  // which case
  bool panicked = false;  // a send on a closed channel
  bool got = false;       // a receive has brought a value
  int value = 0;          // and this one

  const Case& Chosen() const { return cases[static_cast<std::size_t>(chosen)]; }
};

using OperationRef = std::shared_ptr<Operation>;

// The objects that there are to operate on.
struct World {
  std::vector<Chan<Box>> channels;
  std::vector<time::Timer> timers;
  Chan<Box> nil_channel;

  const RecvChan<time::Time>& Alarm(int place) const {
    return timers[static_cast<std::size_t>(place - kChannels)].C();
  }
  const Chan<Box>& Channel(int place) const {
    return place == kNil ? nil_channel
                         : channels[static_cast<std::size_t>(place)];
  }
};

bool IsTimer(int place) { return place >= kChannels && place < kPlaces; }

// Perform does the operation on the calling goroutine.
void Perform(const World& world, Operation* op) {
  const auto received = [op](std::optional<Box> box) {
    op->got = box.has_value();
    if (box.has_value()) op->value = **box;
  };
  try {
    const Case& first = op->cases[0];
    const bool timer = IsTimer(first.place);
    if (op->form == Form::kPlain) {
      op->chosen = 0;
      if (first.send) {
        world.Channel(first.place).Send(std::make_unique<int>(first.value));
      } else if (timer) {
        op->got = world.Alarm(first.place).Recv().has_value();
      } else {
        received(world.Channel(first.place).Recv());
      }
    } else if (op->form == Form::kTry) {
      bool could = false;
      if (first.send) {
        op->chosen = 0;  // if it panics
        Box box = std::make_unique<int>(first.value);
        could = world.Channel(first.place).TrySend(std::move(box));
        Expect(could == (box == nullptr), "TrySend took what it did not send");
      } else if (timer) {
        std::optional<time::Time> out;
        could = world.Alarm(first.place).TryRecv(out);
        op->got = out.has_value();
      } else {
        std::optional<Box> out;
        could = world.Channel(first.place).TryRecv(out);
        if (could) received(std::move(out));
      }
      op->chosen = could ? 0 : kDefault;
    } else {
      std::vector<std::shared_ptr<void>> owners;
      std::vector<SelectCase*> cases;
      const auto add = [&](auto* made) {
        owners.emplace_back(made);
        cases.push_back(made);
      };
      for (const Case& c : op->cases) {
        if (c.send) {
          auto send = [&] {
            return OnSend(world.Channel(c.place),
                          std::make_unique<int>(c.value), [] {});
          };
          add(new decltype(send())(send()));
        } else if (IsTimer(c.place)) {
          auto alarm = [&] {
            return OnRecv(
                world.Alarm(c.place),
                [op](std::optional<time::Time> t) { op->got = t.has_value(); });
          };
          add(new decltype(alarm())(alarm()));
        } else {
          auto recv = [&] { return OnRecv(world.Channel(c.place), received); };
          add(new decltype(recv())(recv()));
        }
      }
      if (op->has_default) {
        auto otherwise = [] { return OnDefault([] {}); };
        add(new decltype(otherwise())(otherwise()));
      }
      const auto index =
          static_cast<std::size_t>(Select(std::span<SelectCase* const>(cases)));
      op->chosen =
          index < op->cases.size() ? static_cast<int>(index) : kDefault;
    }
  } catch (const Panic& panic) {
    Expect(std::string_view(panic.what()) == "send on closed channel",
           "panic: %s", panic.what());
    op->panicked = true;
  }
}

// Model is what must be true, and the driver that holds the library to it.
class Model {
 public:
  explicit Model(const World* world) : world_(world) {
    for (int i = 0; i < kChannels; i++) {
      places_[i].cap = kCapacities[i];
    }
  }

  // Start runs an operation up to its end or to where it waits.
  void Start(const OperationRef& op) {
    Go([op, world = world_] {
      op->g.store(sched::CurrentG());
      Perform(*world, op.get());
      op->done.store(true);
    });
    std::vector<int> ready;
    bool only_alarms = true;  // due, but not certain to have fired yet
    for (std::size_t i = 0; i < op->cases.size(); i++) {
      if (!Ready(op->cases[i])) continue;
      ready.push_back(static_cast<int>(i));
      only_alarms = only_alarms && IsTimer(op->cases[i].place);
    }
    if (ready.empty() && !op->has_default) {
      AwaitParked(*op);
      for (std::size_t i = 0; i < op->cases.size(); i++) {
        const Case& c = op->cases[i];
        if (c.place == kNil) continue;
        Queue(c).push_back(op);
      }
      return;
    }
    AwaitDone(*op);
    if (op->panicked && op->form == Form::kSelect) {
      // Which of the cases it was remains unsaid.
      const auto closed = [this](const Case& c) {
        return c.send && c.place != kNil && places_[c.place].closed;
      };
      Expect(std::any_of(op->cases.begin(), op->cases.end(), closed),
             "a select panicked, and no case of it could");
      return;
    }
    if (op->chosen == kDefault) {
      Expect(op->has_default && (ready.empty() || only_alarms),
             "default was taken although a case was ready");
      return;
    }
    Expect(std::find(ready.begin(), ready.end(), op->chosen) != ready.end(),
           "case %d was taken and is not ready", op->chosen);
    Happen(*op);
  }

  void Close(int place) {
    Place& p = places_[place];
    bool panicked = false;
    try {
      world_->Channel(place).Close();
    } catch (const Panic& panic) {
      Expect(std::string_view(panic.what()) == "close of closed channel",
             "panic: %s", panic.what());
      panicked = true;
    }
    Expect(panicked == p.closed, "close of %s channel",
           p.closed ? "a closed" : "an open");
    p.closed = true;
    while (!p.receivers.empty() || !p.senders.empty()) {
      const OperationRef op =
          (p.receivers.empty() ? p.senders : p.receivers).front();
      AwaitDone(*op);
      Forget(op);
      if (op->panicked) {
        Expect(Waits(*op, place, true), "a receiver panicked at a close");
      } else {
        Expect(op->chosen != kDefault && op->Chosen().place == place &&
                   !op->Chosen().send && !op->got,
               "close woke a receiver with a value");
      }
    }
  }

  // Reset makes a timer due at once or not for an hour, Stop never.
  void Reset(int place, bool at_once) {
    CheckRunning(place, Timer(place).Reset(at_once ? time::Duration(0)
                                                   : time::Duration(kNever)));
    Place& p = places_[place];
    p.alarm = at_once ? Alarm::kDue : Alarm::kLater;
    if (!at_once || p.receivers.empty()) return;
    const OperationRef op = p.receivers.front();
    AwaitDone(*op);
    Expect(op->Chosen().place == place && op->got, "a timer woke another case");
    Forget(op);
    p.alarm = Alarm::kOff;
  }
  void Stop(int place) {
    CheckRunning(place, Timer(place).Stop());
    places_[place].alarm = Alarm::kOff;
  }

  // CheckLengths compares what can be seen of the channels now.
  void CheckLengths() const {
    for (int i = 0; i < kChannels; i++) {
      Expect(world_->Channel(i).Len() == places_[i].buffer.size(),
             "channel %d has %zu elements, not %zu", i,
             world_->Channel(i).Len(), places_[i].buffer.size());
    }
    for (int i = kChannels; i < kPlaces; i++) {
      Expect(world_->Alarm(i).Len() == 0, "a timer's channel has a length");
    }
  }

  // Finish lets every goroutine end.
  void Finish() {
    for (int i = 0; i < kChannels; i++) {
      if (!places_[i].closed) Close(i);
    }
    for (int i = kChannels; i < kPlaces; i++) {
      while (!places_[i].receivers.empty()) Reset(i, true);
      Timer(i).Stop();
    }
  }

 private:
  enum class Alarm { kOff, kLater, kDue };

  // A place where operations wait: a channel, or a timer's.
  struct Place {
    std::size_t cap = 0;
    std::deque<int> buffer;
    bool closed = false;
    Alarm alarm = Alarm::kOff;
    // In the order of their coming; a select with two cases here stands here
    // twice.
    std::deque<OperationRef> receivers;
    std::deque<OperationRef> senders;
  };

  const time::Timer& Timer(int place) const {
    return world_->timers[static_cast<std::size_t>(place - kChannels)];
  }

  std::deque<OperationRef>& Queue(const Case& c) {
    return c.send ? places_[c.place].senders : places_[c.place].receivers;
  }

  static bool Waits(const Operation& op, int place, bool send) {
    return std::any_of(op.cases.begin(), op.cases.end(), [=](const Case& c) {
      return c.place == place && c.send == send;
    });
  }

  bool Ready(const Case& c) const {
    if (c.place == kNil) return false;
    const Place& p = places_[c.place];
    if (IsTimer(c.place)) return p.alarm == Alarm::kDue;
    if (c.send) {
      return p.closed || p.buffer.size() < p.cap || !p.receivers.empty();
    }
    return p.closed || !p.buffer.empty() || !p.senders.empty();
  }

  // Happen does in the model what op has done, and checks its partner.
  void Happen(const Operation& op) {
    const Case& c = op.Chosen();
    Place& p = places_[c.place];
    if (IsTimer(c.place)) {
      Expect(op.got, "a timer's channel was closed");
      p.alarm = Alarm::kOff;
    } else if (c.send) {
      Expect(op.panicked == p.closed, "a send that should %s",
             p.closed ? "panic" : "not panic");
      if (p.closed) return;
      if (p.receivers.empty()) {
        p.buffer.push_back(c.value);
        return;
      }
      const OperationRef partner = Partner(c.place, false);
      Expect(partner->got && partner->value == c.value,
             "a receiver was handed another value");
    } else if (!p.buffer.empty()) {
      Expect(op.got && op.value == p.buffer.front(), "values out of order");
      p.buffer.pop_front();
      if (!p.senders.empty()) {
        p.buffer.push_back(Partner(c.place, true)->Chosen().value);
      }
    } else if (!p.senders.empty()) {
      const int sent = Partner(c.place, true)->Chosen().value;
      Expect(op.got && op.value == sent, "not the first sender's value");
    } else {
      Expect(!op.got, "a value out of a closed, empty channel");
    }
  }

  // Partner is the first that waits at `place` to send, or to receive: it goes
  // on now.
  OperationRef Partner(int place, bool sends) {
    Place& p = places_[place];
    OperationRef op = (sends ? p.senders : p.receivers).front();
    AwaitDone(*op);
    Expect(!op->panicked && op->chosen != kDefault &&
               op->Chosen().place == place && op->Chosen().send == sends,
           "the partner went on with another case");
    Forget(op);
    return op;
  }

  // Forget takes an operation that has gone on out of all queues.
  void Forget(const OperationRef& op) {
    for (Place& p : places_) {
      std::erase(p.receivers, op);
      std::erase(p.senders, op);
    }
  }

  void CheckRunning(int place, bool was_running) const {
    Expect(was_running == (places_[place].alarm != Alarm::kOff),
           "a timer that was %srunning says otherwise",
           was_running ? "not " : "");
  }

  template <class Condition>
  static void Await(const char* what, Condition&& condition) {
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      Expect(std::chrono::steady_clock::now() < limit, what);
      runtime::Gosched();
    }
  }
  static void AwaitDone(const Operation& op) {
    Await("an operation that can go on waits", [&] { return op.done.load(); });
  }
  // A goroutine says that it waits before it makes itself visible, but it holds
  // its channels' locks from before that until it is in the queues.
  static void AwaitParked(const Operation& op) {
    Await("an operation neither ends nor waits", [&] {
      Expect(!op.done.load(), "an operation went on that cannot");
      const sched::G* g = op.g.load();
      return g != nullptr && g->status.load() == sched::GStatus::kWaiting;
    });
  }

  const World* const world_;
  Place places_[kPlaces];
};

void Drive(Input input) {
  World world;
  for (const std::size_t capacity : kCapacities) {
    world.channels.push_back(MakeChan<Box>(capacity));
  }
  for (int i = 0; i < kTimers; i++) {
    world.timers.push_back(time::NewTimer(kNever));
    world.timers.back().Stop();
  }
  Model model(&world);
  int next_value = 1;
  int place = 0;
  for (int step = 0; step < kMaxSteps && !input.Empty(); step++) {
    const int what = input.Below(16);
    if (what == 0) {
      model.Close(input.Below(kChannels));
    } else if (what == 1) {
      model.Stop(kChannels + input.Below(kTimers));
    } else if (what <= 3) {
      model.Reset(kChannels + input.Below(kTimers), what == 2);
    } else {
      auto op = std::make_shared<Operation>();
      op->form = what <= 7   ? Form::kPlain
                 : what <= 9 ? Form::kTry
                             : Form::kSelect;
      op->has_default = op->form == Form::kTry || what == 15;
      const bool select = op->form == Form::kSelect;
      const int cases = select ? 1 + input.Below(3) : 1;
      bool can_end = op->has_default;
      for (int i = 0; i < cases; i++) {
        // Every other time where the last one was: a fault takes several
        // operations on one channel.
        const int bits = input.Byte();
        if (bits < 128) place = bits / 2 % (kPlaces + 1);
        const bool send = bits % 2 != 0 && !IsTimer(place);
        op->cases.push_back({place, send, next_value++});
        can_end = can_end || place != kNil;
      }
      if (!can_end) continue;  // it would wait for ever
      model.Start(op);
    }
    model.CheckLengths();
  }
  model.Finish();
}

}  // namespace
}  // namespace gosling::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  gosling::fuzz::Input input(data, size);
  gosling::runtime::GOMAXPROCS(1 + input.Below(2));
  return gosling::Run([input] {
    const int before = gosling::runtime::NumGoroutine();
    gosling::fuzz::Drive(input);
    // Goroutines that have just been woken still have to end.
    while (gosling::runtime::NumGoroutine() != before) {
      gosling::runtime::Gosched();
    }
  });
}
