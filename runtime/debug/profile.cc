// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Profiles, in the format of pprof's profile.proto. A message is a
// row of fields: the field's number and kind, then a varint, or a length and as
// many bytes.

#include "runtime/debug/profile.h"

#include <gosling/runtime.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/testing/lines.h"
#include "sched/gpool.h"
#include "sched/os/keep_errno.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/report/cpu_profile.h"
#include "sched/report/traceback.h"
#include "sched/report/unwind.h"
#include "sched/sched.h"
#include "sched/wait_reason.h"
#include "sched/world.h"

namespace gosling::debug {

namespace {

using testing::Line;
using testing::Lines;

// Message is one in the making.
class Message {
 public:
  void Number(unsigned field, std::uint64_t value) {
    Varint(std::uint64_t{field} << 3);
    Varint(value);
  }
  void Bytes(unsigned field, std::string_view value) {
    Varint(std::uint64_t{field} << 3 | 2);
    Varint(value.size());
    text_ += value;
  }
  void Numbers(unsigned field, const std::vector<std::uint64_t>& values) {
    Message packed;
    for (const std::uint64_t value : values) packed.Varint(value);
    Bytes(field, packed.text_);
  }
  const std::string& Text() const { return text_; }

 private:
  void Varint(std::uint64_t n) {
    for (; n >= 0x80; n >>= 7) text_.push_back(static_cast<char>(n | 0x80));
    text_.push_back(static_cast<char>(n));
  }

  std::string text_;
};

// Stack is innermost first; of calls the address of the call.
using Stack = std::vector<std::uint64_t>;

struct Seen {
  std::uint64_t created_at;
  const char* state;
  Stack stack;
  bool operator<(const Seen& other) const {
    return std::tie(stack, created_at, state) <
           std::tie(other.stack, other.created_at, other.state);
  }
};

Stack ToStack(const sched::Frames& frames) {
  Stack stack;
  for (int i = 0; i < frames.Count(); i++) {
    stack.push_back(frames.IsCall(i) ? frames.PC(i) - 1 : frames.PC(i));
  }
  return stack;
}

struct Walk {
  std::map<Seen, std::uint64_t> seen;
  const sched::G* self;
};

// Look is called for each goroutine, with the world stopped.
void Look(sched::G* g, void* arg) {
  auto* walk = static_cast<Walk*>(arg);
  if (g == walk->self || g->HasFlag(sched::kGAbandoned) ||
      g->HasFlag(sched::kGSystem)) {
    return;
  }
  Seen seen{reinterpret_cast<std::uintptr_t>(g->created_at), "running", {}};
  const sched::GStatus status = g->status.load(std::memory_order_relaxed);
  if (status == sched::GStatus::kWaiting) {
    seen.state =
        sched::WaitReasonString(g->wait_reason.load(std::memory_order_relaxed));
  } else if (status == sched::GStatus::kRunnable) {
    seen.state = "runnable";
  }
  sched::Frames frames;
  // acquire: pairs with FinishPrevious; the stack is complete
  if (status != sched::GStatus::kRunning && g->switch_point != nullptr &&
      g->on_cpu.load(std::memory_order_acquire) == 0 &&
      frames.CollectParked(g)) {
    seen.stack = ToStack(frames);
  }
  walk->seen[std::move(seen)]++;
}

// Located is an address of a stack, and the functions that it lies in: those that
// are inlined there, innermost first, and the one whose code it is.
struct Located {
  std::uint64_t pc;
  std::vector<Line> calls;
};

std::string NameOf(std::uint64_t pc) {
  char buffer[512];
  return sched::SymbolOf(static_cast<std::uintptr_t>(pc), buffer,
                         sizeof buffer);
}

// Locate leaves out the innermost functions that `hide` is true of.
std::vector<Located> Locate(const Stack& stack, Lines& lines,
                            bool (*hide)(std::string_view) = nullptr) {
  std::vector<Located> all;
  for (const std::uint64_t pc : stack) {
    Located at{pc, lines.At(static_cast<std::uintptr_t>(pc))};
    if (at.calls.empty()) at.calls.push_back({"", 0, ""});
    // What the symbolizer cannot demangle, libdw's name is better for.
    const std::string name = NameOf(pc);
    Line& outermost = at.calls.back();
    if (outermost.function.empty() || name.substr(0, 2) != "_Z") {
      outermost.function = name;
    }
    for (Line& line : at.calls) {
      if (line.function.empty()) line.function = "?";
    }
    if (hide != nullptr && all.empty()) {
      std::erase_if(at.calls, [hide, shown = false](const Line& line) mutable {
        shown |= !hide(line.function);
        return !shown;
      });
      if (at.calls.empty()) continue;
    }
    all.push_back(std::move(at));
  }
  return all;
}

// LocateMade is for a goroutine of which only where it was made is known.
std::vector<Located> LocateMade(std::uint64_t created_at, Lines& lines) {
  if (created_at == 0) return {{1, {{"", 0, "?"}}}};
  std::vector<Located> at = Locate({created_at - 1}, lines);
  at[0].calls.erase(at[0].calls.begin(), at[0].calls.end() - 1);
  at[0].calls[0].function.insert(0, "created by ");
  return at;
}

std::vector<Located> Locate(const Seen& seen, Lines& lines) {
  return seen.stack.empty() ? LocateMade(seen.created_at, lines)
                            : Locate(seen.stack, lines);
}

// AddText tells a stack as Go does at debug=1; what is counted stands before it.
void AddText(const std::vector<Located>& stack, const std::string& label,
             std::ostringstream& out) {
  out << " @" << std::hex;
  for (const Located& at : stack) out << " 0x" << at.pc;
  out << '\n' << label;
  for (const Located& at : stack) {
    for (const Line& line : at.calls) {
      out << "#\t0x" << std::hex << at.pc << '\t' << line.function << std::dec;
      if (line.line != 0) out << '\t' << line.file << ':' << line.line;
      out << '\n';
    }
  }
  out << std::dec << '\n';
}

// Profile builds the tables.
class Profile {
 public:
  Profile() { String(""); }

  // Add adds a sample with as many values as End is given types. `state`: a label;
  // null: none.
  void Add(const std::vector<Located>& stack,
           const std::vector<std::uint64_t>& values,
           const char* state = nullptr) {
    std::vector<std::uint64_t> locations;
    locations.reserve(stack.size());
    for (const Located& at : stack) locations.push_back(LocationOf(at));
    Message sample;
    sample.Numbers(1, locations);
    sample.Numbers(2, values);
    if (state != nullptr) {
      Message label;
      label.Number(1, String("state"));
      label.Number(2, String(state));
      sample.Bytes(3, label.Text());
    }
    body_.Bytes(2, sample.Text());
  }

  struct Type {
    const char* name;
    const char* unit;
  };

  // End returns the profile. `period`: between two samples, of period_type.
  std::string End(const std::vector<Type>& types, const Type& period_type,
                  std::uint64_t period, std::uint64_t duration_ns = 0) {
    Message all;
    for (const Type& t : types) all.Bytes(1, TypeText(t));
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    all.Number(
        9, static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count()));
    if (duration_ns != 0) all.Number(10, duration_ns);
    all.Bytes(11, TypeText(period_type));
    all.Number(12, period);
    Message table;
    for (const std::string_view text : order_) table.Bytes(6, text);
    return all.Text() + body_.Text() + table.Text();
  }

 private:
  std::string TypeText(const Type& t) {
    Message type;
    type.Number(1, String(t.name));
    type.Number(2, String(t.unit));
    return type.Text();
  }

  std::uint64_t String(std::string_view text) {
    const auto [at, is_new] =
        strings_.try_emplace(std::string(text), strings_.size());
    if (is_new) order_.push_back(at->first);
    return at->second;
  }

  std::uint64_t LocationOf(const Located& of) {
    // Some may be hidden: so it goes by the first, too.
    const auto [at, is_new] = locations_.try_emplace(
        {of.pc, of.calls[0].function}, locations_.size() + 1);
    if (is_new) {
      Message location;
      location.Number(1, at->second);
      location.Number(3, of.pc);
      for (const Line& call : of.calls) {
        Message line;
        line.Number(1, FunctionOf(call.function, call.file));
        line.Number(2, static_cast<std::uint64_t>(call.line));
        location.Bytes(4, line.Text());
      }
      body_.Bytes(4, location.Text());
    }
    return at->second;
  }

  std::uint64_t FunctionOf(const std::string& name, const std::string& file) {
    const auto [at, is_new] =
        functions_.try_emplace({name, file}, functions_.size() + 1);
    if (is_new) {
      Message function;
      function.Number(1, at->second);
      function.Number(2, String(name));
      function.Number(3, String(name));
      function.Number(4, String(file));
      body_.Bytes(5, function.Text());
    }
    return at->second;
  }

  Message body_;
  std::map<std::string, std::uint64_t> strings_;
  std::vector<std::string_view> order_;
  std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> locations_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> functions_;
};

// OnBigStack calls f where it may read lines: libdw opens files.
template <class F>
std::string OnBigStack(F f) {
  return runtime::OnSystemStack([&f] {
    const sched::KeepErrno keep;
    const sched::os::ShunStandard shun;
    return f();
  });
}

}  // namespace

std::string MakeGoroutineProfile(bool as_text) {
  Walk walk;
  {
    sched::Frames frames;
    frames.Collect();
    walk.self = sched::CurrentG();
    walk.seen[{reinterpret_cast<std::uintptr_t>(walk.self->created_at),
               "running", ToStack(frames)}]++;
  }
  {
    const sched::StoppedWorld world;
    sched::gpool.ForEach(Look, &walk);
  }
  // Lines want a big stack, and the world to go on.
  return OnBigStack([&walk, as_text] {
    Lines lines;
    if (as_text) {
      std::uint64_t total = 0;
      for (const auto& [seen, count] : walk.seen) total += count;
      std::ostringstream out;
      out << "goroutine profile: total " << total << '\n';
      for (const auto& [seen, count] : walk.seen) {
        out << count;
        AddText(Locate(seen, lines),
                "# labels: {\"state\":\"" + std::string(seen.state) + "\"}\n",
                out);
      }
      return out.str();
    }
    Profile profile;
    for (const auto& [seen, count] : walk.seen) {
      profile.Add(Locate(seen, lines), {count}, seen.state);
    }
    return profile.End({{"goroutine", "count"}}, {"goroutine", "count"}, 1);
  });
}

std::string MakeCpuProfile(std::uint32_t samples, std::uint64_t duration_ns) {
  return OnBigStack([samples, duration_ns] {
    std::map<Stack, std::uint64_t> seen;
    for (std::uint32_t i = 0; i < samples; i++) {
      const sched::ProfileSample& sample = sched::cpu_profile.samples[i];
      Stack stack;
      for (std::uint32_t n = 0; n < sample.count; n++) {
        stack.push_back(n == 0 ? sample.pc[n] : sample.pc[n] - 1);
      }
      seen[std::move(stack)]++;
    }
    Lines lines;
    Profile profile;
    constexpr std::uint64_t kPeriod = sched::kProfilePeriod;
    for (const auto& [stack, count] : seen) {
      profile.Add(Locate(stack, lines), {count, count * kPeriod});
    }
    return profile.End({{"samples", "count"}, {"cpu", "nanoseconds"}},
                       {"cpu", "nanoseconds"}, kPeriod, duration_ns);
  });
}

namespace {

// WaitsInside is true of the functions that all waits of a kind have in common,
// and all unlocks.
bool WaitsInside(std::string_view function) {
  for (const std::string_view inside :
       {"gosling::sched::", "gosling::internal::(anonymous namespace)::",
        "gosling::internal::Sem", "gosling::internal::Notify"}) {
    if (function.substr(0, inside.size()) == inside) return true;
  }
  // Inlined templates' names begin with what they return.
  return function.find(" gosling::sched::Park") != std::string_view::npos;
}

}  // namespace

std::string MakeContentionProfile(sched::ContentionKind kind, bool as_text) {
  return OnBigStack([kind, as_text] {
    Lines lines;
    Profile profile;
    std::ostringstream out;
    out << (kind == sched::ContentionKind::kBlock ? "--- contention:\n"
                                                  : "--- mutex:\n")
        << "cycles/second=1000000000\n";
    sched::ContentionStack seen;
    for (std::uint32_t i = 0; sched::ReadContention(kind, i, &seen); i++) {
      Stack stack;
      for (std::uint32_t n = 0; n < seen.depth; n++) {
        stack.push_back(seen.pc[n] - 1);
      }
      const auto count = static_cast<std::uint64_t>(std::llround(seen.count));
      const auto ns = static_cast<std::uint64_t>(std::llround(seen.ns));
      const std::vector<Located> at = Locate(stack, lines, WaitsInside);
      if (as_text) {
        out << ns << ' ' << count;
        AddText(at, "", out);
      } else {
        profile.Add(at, {count, ns});
      }
    }
    return as_text ? out.str()
                   : profile.End(
                         {{"contentions", "count"}, {"delay", "nanoseconds"}},
                         {"contentions", "count"}, 1);
  });
}

}  // namespace gosling::debug
