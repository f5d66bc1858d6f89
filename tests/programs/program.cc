// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tests/programs/program.h"

#include <array>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/programs/random.h"

namespace gosling::programs {

namespace {

struct Word {
  Result result;
  std::string_view token;
  std::string_view panic;
};
constexpr std::array<Word, 5> kWords = {{
    {kTookDefault, "d", ""},
    {kClosed, "c", ""},
    {kPanicSend, "!send", "send on closed channel"},
    {kPanicClose, "!close", "close of closed channel"},
    {kPanicNil, "!nil", "close of nil channel"},
}};

std::string TokenOf(Result result) {
  for (const Word& word : kWords) {
    if (word.result == result) return std::string(word.token);
  }
  const int index = (result >> 8) - 1;
  const int value = (result & 0xff) - 1;
  std::string token = std::to_string(index);
  if (value >= 0) {
    token += "=";
    token += value == 0 ? "-" : std::to_string(value);
  }
  return token;
}

Result ResultOf(const std::string& token) {
  for (const Word& word : kWords) {
    if (word.token == token) return word.result;
  }
  std::size_t end = 0;
  const int index = std::stoi(token, &end);
  if (end == token.size()) return Sent(index);
  if (token[end] != '=') throw std::invalid_argument(token);
  const std::string value = token.substr(end + 1);
  return value == "-" ? ReceivedNothing(index)
                      : ReceivedValue(index, std::stoi(value));
}

std::string CaseText(const Case& c, bool tries) {
  std::string text(1, c.send ? (tries ? 'S' : 's') : (tries ? 'R' : 'r'));
  text += std::to_string(c.channel);
  if (c.send) text += "=" + std::to_string(c.value);
  return text;
}

std::string OpText(const Op& op) {
  if (op.form == Form::kClose) {
    return "c" + std::to_string(op.cases[0].channel);
  }
  if (op.form != Form::kSelect) {
    return CaseText(op.cases[0], op.form == Form::kTry);
  }
  std::string text = "[ ";
  for (const Case& c : op.cases) text += CaseText(c, false) + " ";
  return text + (op.has_default ? "d ]" : "]");
}

// Generator makes one program.
class Generator {
 public:
  Generator(const Below& below, bool may_wait_on_nil)
      : below_(below), may_wait_on_nil_(may_wait_on_nil) {}

  Program Make() {
    // Most are small: what goes wrong does so with few.
    channels_ = 1 + below_(below_(3) == 0 ? kMaxChannels : 3);
    const int goroutines = 2 + below_(below_(3) == 0 ? kMaxGoroutines - 1 : 3);
    Program program;
    for (int i = 0; i < channels_; i++) {
      program.capacities.push_back(below_(2) == 0 ? 0
                                                  : below_(kMaxCapacity + 1));
    }
    // The orders of many operations would be too many to look at.
    int ops = 14;
    for (int g = 0; g < goroutines; g++) {
      std::vector<Op> list;
      for (int n = 1 + below_(kMaxOps); n > 0 && ops > 0; n--, ops--) {
        list.push_back(MakeOp());
      }
      program.goroutines.push_back(std::move(list));
    }
    return program;
  }

 private:
  Op MakeOp() {
    Op op;
    const int what = below_(16);
    if (what == 0) {
      op.form = Form::kClose;
      op.cases.push_back({false, below_(16) == 0 ? kNil : Channel(), 0});
      return op;
    }
    op.form = what <= 8    ? Form::kPlain
              : what <= 10 ? Form::kTry
                           : Form::kSelect;
    op.has_default = op.form == Form::kTry || what == 15;
    const int cases = op.form == Form::kSelect ? 1 + below_(4) : 1;
    bool can_end = op.has_default || may_wait_on_nil_;
    for (int i = 0; i < cases; i++) {
      // The last one has to be a way out, if there was none.
      const bool nil = below_(16) == 0 && (can_end || i + 1 < cases);
      const bool send = below_(2) == 0;
      op.cases.push_back({send, nil ? kNil : Channel(), send ? value_++ : 0});
      can_end = can_end || !nil;
    }
    return op;
  }

  int Channel() { return below_(channels_); }

  const Below& below_;
  const bool may_wait_on_nil_;
  int channels_ = 0;
  int value_ = 1;
};

}  // namespace

Result ResultOfPanic(std::string_view words) {
  for (const Word& word : kWords) {
    if (!word.panic.empty() && word.panic == words) return word.result;
  }
  return 0;
}

std::string Text(const Outcome& outcome) {
  std::string text;
  for (const Outcome::Goroutine& g : outcome.goroutines) {
    for (const Result r : g.results) text += TokenOf(r) + " ";
    text += g.waits ? "? | " : "| ";
  }
  text += "#";
  for (const std::vector<int>& values : outcome.left) {
    for (const int v : values) text += " " + std::to_string(v);
    text += " ,";
  }
  return text;
}

Outcome ParseOutcome(std::string_view text) {
  Outcome outcome;
  std::istringstream in{std::string(text)};
  std::string token;
  Outcome::Goroutine g;
  while (in >> token && token != "#") {
    if (token == "|") {
      outcome.goroutines.push_back(std::exchange(g, {}));
    } else if (token == "?") {
      g.waits = true;
    } else {
      g.results.push_back(ResultOf(token));
    }
  }
  std::vector<int> values;
  while (in >> token) {
    if (token == ",") {
      outcome.left.push_back(std::exchange(values, {}));
    } else {
      values.push_back(std::stoi(token));
    }
  }
  if (!values.empty()) throw std::invalid_argument(std::string(text));
  return outcome;
}

std::string Text(const Program& program) {
  std::string text;
  for (const int capacity : program.capacities) {
    text += std::to_string(capacity) + " ";
  }
  for (const std::vector<Op>& ops : program.goroutines) {
    text += "|";
    for (const Op& op : ops) text += " " + OpText(op);
    text += " ";
  }
  return text;
}

Program Generate(const Below& below, bool may_wait_on_nil) {
  return Generator(below, may_wait_on_nil).Make();
}

Program GenerateFromSeed(std::uint64_t seed, bool may_wait_on_nil) {
  Random random(seed);
  return Generate([&random](int n) { return random.Below(n); },
                  may_wait_on_nil);
}

}  // namespace gosling::programs
