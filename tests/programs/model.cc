// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tests/programs/model.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace gosling::programs {

namespace {

using Byte = std::uint8_t;

// List is a queue of few; what is behind its end is 0, so that equal states have
// equal bytes.
template <int kRoom>
struct List {
  Byte size = 0;
  std::array<Byte, kRoom> at{};

  bool Empty() const { return size == 0; }
  void Push(int v) { at[size++] = static_cast<Byte>(v); }
  int Pop() {
    const int first = at[0];
    Remove(first);
    return first;
  }
  void Remove(int v) {
    Byte* const end = at.data() + size;
    Byte* const found = std::find(at.data(), end, static_cast<Byte>(v));
    if (found == end) return;
    std::copy(found + 1, end, found);
    at[--size] = 0;
  }
};

struct Channel {
  Byte closed = 0;
  List<kMaxCapacity> buffer;
  // Goroutines in the order of their coming, each one once.
  List<kMaxGoroutines> receivers;
  List<kMaxGoroutines> senders;
};

struct State {
  std::array<std::array<Result, kMaxOps>, kMaxGoroutines> log{};
  std::array<Byte, kMaxGoroutines> pc{};  // how many operations have ended
  std::array<Byte, kMaxGoroutines> waits{};
  std::array<Channel, kMaxChannels> channels{};

  friend bool operator==(const State& a, const State& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
  }
};
static_assert(std::has_unique_object_representations_v<State>);

struct Hash {
  std::size_t operator()(const State& state) const {
    return std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(&state), sizeof state});
  }
};

// Search goes through the states of one program.
class Search {
 public:
  // With a guide, only where its results lead.
  Search(const Program& program, const Outcome* guide, bool panics_end)
      : program_(program), guide_(guide), panics_end_(panics_end) {}

  // Run calls end(text) for every outcome until it returns false; false: there
  // are more states than `most`.
  template <class F>
  bool Run(std::size_t most, F&& end) {
    std::unordered_set<State, Hash> seen;
    std::vector<State> stack(1);
    std::vector<State> next;
    seen.insert(stack[0]);
    while (!stack.empty()) {
      const State state = stack.back();
      stack.pop_back();
      bool ended = true;
      for (int g = 0; g < Goroutines(); g++) {
        if (state.waits[g] != 0 || state.pc[g] == Ops(g).size()) continue;
        ended = false;
        next.clear();
        Step(state, g, &next);
        for (State& s : next) {
          if (panics_end_) EndByPanics(state, &s, end);
          if (Guided(s) && seen.insert(s).second) stack.push_back(s);
        }
      }
      if (seen.size() > most) return false;
      if (!ended || (panics_end_ && HasPanic(state))) continue;
      if (!end(TextOf(state))) return true;
    }
    return true;
  }

 private:
  using States = std::vector<State>;

  int Goroutines() const {
    return static_cast<int>(program_.goroutines.size());
  }
  const std::vector<Op>& Ops(int g) const {
    return program_.goroutines[static_cast<std::size_t>(g)];
  }
  // The operation that g is at.
  const Op& OpOf(const State& s, int g) const { return Ops(g)[s.pc[g]]; }

  // Step adds what state may become when g does its next operation.
  void Step(const State& state, int g, States* next) const {
    const Op& op = OpOf(state, g);
    if (op.form == Form::kClose) {
      Close(state, g, op.cases[0].channel, next);
      return;
    }
    bool ready = false;
    for (std::size_t i = 0; i < op.cases.size(); i++) {
      if (!Ready(state, op.cases[i])) continue;
      ready = true;
      Happen(state, g, static_cast<int>(i), next);
    }
    if (ready) return;
    State s = state;
    if (op.has_default) {
      End(&s, g, kTookDefault);
    } else {
      s.waits[g] = 1;
      for (const Case& c : op.cases) {
        if (c.channel == kNil) continue;
        Channel& ch = s.channels[c.channel];
        auto& queue = c.send ? ch.senders : ch.receivers;
        queue.Remove(g);  // one place for two cases
        queue.Push(g);
      }
    }
    next->push_back(s);
  }

  bool Ready(const State& s, const Case& c) const {
    if (c.channel == kNil) return false;
    const Channel& ch = s.channels[c.channel];
    if (c.send) {
      return ch.closed != 0 || !ch.receivers.Empty() ||
             ch.buffer.size <
                 program_.capacities[static_cast<std::size_t>(c.channel)];
    }
    return ch.closed != 0 || !ch.buffer.Empty() || !ch.senders.Empty();
  }

  // Happen does the case that is ready, with the partner that it has.
  void Happen(const State& state, int g, int index, States* next) const {
    const Case& c = OpOf(state, g).cases[static_cast<std::size_t>(index)];
    State s = state;
    Channel& ch = s.channels[c.channel];
    if (c.send) {
      if (ch.closed != 0) {
        End(&s, g, kPanicSend);
      } else if (ch.receivers.Empty()) {
        End(&s, g, Sent(index));
        ch.buffer.Push(c.value);
      } else {
        End(&s, g, Sent(index));
        const int partner = ch.receivers.at[0];
        ForCases(s, partner, c.channel, false, [&](int i, const Case&) {
          next->push_back(s);
          Wake(&next->back(), partner, ReceivedValue(i, c.value));
        });
        return;
      }
      next->push_back(s);
      return;
    }
    if (ch.senders.Empty()) {
      End(&s, g,
          ch.buffer.Empty() ? ReceivedNothing(index)
                            : ReceivedValue(index, ch.buffer.Pop()));
      next->push_back(s);
      return;
    }
    const int partner = ch.senders.at[0];
    ForCases(s, partner, c.channel, true, [&](int i, const Case& sent) {
      State after = s;
      List<kMaxCapacity>& buffer = after.channels[c.channel].buffer;
      int value = sent.value;
      if (!buffer.Empty()) {
        value = buffer.Pop();
        buffer.Push(sent.value);
      }
      End(&after, g, ReceivedValue(index, value));
      Wake(&after, partner, Sent(i));
      next->push_back(after);
    });
  }

  // Close wakes receivers first, then senders, as Go does.
  void Close(const State& state, int g, int channel, States* next) const {
    State s = state;
    if (channel == kNil || s.channels[channel].closed != 0) {
      End(&s, g, channel == kNil ? kPanicNil : kPanicClose);
      next->push_back(s);
      return;
    }
    s.channels[channel].closed = 1;
    End(&s, g, kClosed);
    States open = {s};
    while (!open.empty()) {
      s = open.back();
      open.pop_back();
      Channel& ch = s.channels[channel];
      if (!ch.receivers.Empty()) {
        const int woken = ch.receivers.at[0];
        ForCases(s, woken, channel, false, [&](int i, const Case&) {
          open.push_back(s);
          Wake(&open.back(), woken, ReceivedNothing(i));
        });
      } else if (!ch.senders.Empty()) {
        Wake(&s, ch.senders.at[0], kPanicSend);
        open.push_back(s);
      } else {
        next->push_back(s);
      }
    }
  }

  // ForCases calls f with those of a waiter's cases that are that: of two on one
  // channel either may be done.
  template <class F>
  void ForCases(const State& s, int g, int channel, bool send, F&& f) const {
    const std::vector<Case>& cases = OpOf(s, g).cases;
    for (std::size_t i = 0; i < cases.size(); i++) {
      if (cases[i].channel == channel && cases[i].send == send) {
        f(static_cast<int>(i), cases[i]);
      }
    }
  }

  static void End(State* s, int g, Result result) {
    s->log[g][s->pc[g]++] = result;
  }

  static void Wake(State* s, int g, Result result) {
    s->waits[g] = 0;
    for (Channel& ch : s->channels) {
      ch.receivers.Remove(g);
      ch.senders.Remove(g);
    }
    End(s, g, result);
  }

  bool Guided(const State& s) const {
    if (guide_ == nullptr) return true;
    for (int g = 0; g < Goroutines(); g++) {
      const std::vector<Result>& results =
          guide_->goroutines[static_cast<std::size_t>(g)].results;
      if (s.pc[g] > results.size() ||
          !std::equal(results.begin(), results.begin() + s.pc[g],
                      s.log[g].begin())) {
        return false;
      }
    }
    return true;
  }

  // EndByPanics has the program end by each panic that the step brought. It
  // need not be the first: a sender that a close woke may be slow. So the
  // others go on.
  template <class F>
  void EndByPanics(const State& before, State* s, F& end) const {
    for (int g = 0; g < Goroutines(); g++) {
      if (s->pc[g] == before.pc[g]) continue;
      const Result r = s->log[g][before.pc[g]];
      if (!IsPanic(r)) continue;
      s->waits[g] = 1;  // for good
      Outcome outcome;
      outcome.goroutines.push_back({{r}, false});
      end(Text(outcome));
    }
  }

  bool HasPanic(const State& s) const {
    for (int g = 0; g < Goroutines(); g++) {
      if (s.pc[g] != 0 && IsPanic(s.log[g][s.pc[g] - 1])) return true;
    }
    return false;
  }

  std::string TextOf(const State& s) const {
    Outcome outcome;
    for (int g = 0; g < Goroutines(); g++) {
      outcome.goroutines.push_back(
          {{s.log[g].begin(), s.log[g].begin() + s.pc[g]}, s.waits[g] != 0});
    }
    for (std::size_t i = 0; i < program_.capacities.size(); i++) {
      const auto& buffer = s.channels[i].buffer;
      outcome.left.push_back(
          {buffer.at.begin(), buffer.at.begin() + buffer.size});
    }
    return Text(outcome);
  }

  const Program& program_;
  const Outcome* const guide_;
  const bool panics_end_;
};

std::optional<std::set<std::string>> All(const Program& program,
                                         std::size_t most, bool panics_end) {
  std::set<std::string> outcomes;
  const bool complete =
      Search(program, nullptr, panics_end).Run(most, [&](std::string text) {
        outcomes.insert(std::move(text));
        return true;
      });
  if (!complete) return std::nullopt;
  return outcomes;
}

}  // namespace

std::optional<std::set<std::string>> Outcomes(const Program& program,
                                              std::size_t most) {
  return All(program, most, false);
}

std::optional<std::set<std::string>> Endings(const Program& program,
                                             std::size_t most) {
  return All(program, most, true);
}

bool Allows(const Program& program, const Outcome& outcome) {
  if (outcome.goroutines.size() != program.goroutines.size()) return false;
  const std::string wanted = Text(outcome);
  bool found = false;
  Search(program, &outcome, false).Run(SIZE_MAX, [&](const std::string& text) {
    found = text == wanted;
    return !found;
  });
  return found;
}

}  // namespace gosling::programs
