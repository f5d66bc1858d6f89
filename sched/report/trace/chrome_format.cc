// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/trace/chrome_format.h"

#include <cstdio>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sched/report/trace/replay.h"
#include "sched/report/traceback.h"
#include "sched/wait_reason.h"

namespace gosling::sched::trace {

namespace {

// The groups of tracks.
enum Group { kPs = 1, kMs = 2, kGs = 3, kRegions = 4 };

// Escaped appends a text to `to` as JSON's inside of a string.
void Escaped(std::pmr::string& to, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to.push_back('\\');
      to.push_back(c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      // A text may be cut amid a character: bytes are told as they are.
      to.append("\\u00");
      to.push_back(kHex[byte >> 4]);
      to.push_back(kHex[byte & 15]);
    } else {
      to.push_back(c);
    }
  }
}

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kMPark:
      return "park";
    case Kind::kMWake:
      return "wake";
    case Kind::kMSpin:
      return "spin";
    case Kind::kSteal:
      return "steal";
    case Kind::kTimers:
      return "timers fired";
    case Kind::kNetpoll:
      return "netpoll";
    case Kind::kNoteSleep:
      return "note sleep";
    case Kind::kNoteWake:
      return "note wake";
    case Kind::kStopWorld:
      return "stop the world";
    case Kind::kStartWorld:
      return "start the world";
    default:
      return nullptr;
  }
}

const char* NameOf(SignalStep step) {
  switch (step) {
    case SignalStep::kTaken:
      return "taken by the handler";
    case SignalStep::kMerged:
      return "merged";
    case SignalStep::kReceived:
      return "received";
    case SignalStep::kDelivered:
      return "delivered";
    case SignalStep::kDropped:
      return "dropped";
  }
  return "?";
}

class ChromeWriter final : public Sink {
 public:
  explicit ChromeWriter(const Format& format)
      : format_(format),
        ms_(format.raw.logs.size(), format.memory),
        gs_(format.memory) {}

  void Begin() {
    format_.out.Printf("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
    const char* const groups[] = {"", "P", "M", "G", "regions"};
    for (int group = kPs; group <= kRegions; group++) {
      Next();
      format_.out.Printf(
          "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,"
          "\"args\":{\"name\":\"%s\"}}",
          group, groups[group]);
    }
  }

  void End(std::int64_t end) {
    for (std::size_t m = 0; m < ms_.size(); m++) {
      if (ms_[m].g != 0) Leave(end, static_cast<int>(m), "");
      NameMThread(static_cast<int>(m));
    }
    for (auto& [id, g] : gs_) {
      if (g.state != nullptr) State(end, id, nullptr);
      Track(kGs, static_cast<long long>(id), g.name);
      if (g.has_regions) Track(kRegions, static_cast<long long>(id), g.name);
    }
    format_.out.Printf("\n]}\n");
  }

  void HasP(int p, int m) override {
    if (m != kNone) Of(m).p = p;
  }
  void HasG(std::uint64_t g, GoState state, int m) override {
    G& of = gs_[g];
    of.since = format_.base;
    of.state = state == GoState::kRunnable  ? "runnable"
               : state == GoState::kWaiting ? "waiting"
               : state == GoState::kSyscall ? "system call"
                                            : "running";
    if (m != kNone) Enter(format_.base, m, g);
  }
  void Name(std::uint64_t g, std::uint64_t place,
            std::string_view name) override {
    std::pmr::string& text = gs_[g].name;
    text = "";
    text += "G";
    text += std::to_string(g);
    text += " ";
    if (!name.empty()) {
      text += name;
    } else if (place != 0 && format_.symbols) {
      char buffer[256];
      text += "of ";
      text += SymbolOf(static_cast<std::uintptr_t>(place) - 1, buffer,
                       sizeof buffer);
    }
  }
  void ProcStart(std::int64_t, int m, int p) override { Of(m).p = p; }
  void ProcStop(std::int64_t, int m, int) override { Of(m).p = kNone; }
  void ProcSteal(std::int64_t t, int m, int, int victim) override {
    Instant(t, m, m == victim ? "hand off P" : "retake P");
    M& of = Of(victim);
    if (of.g != 0) SliceOfP(t, of, " system call");
    of.at_p = of.p = kNone;
  }
  void GoCreate(std::int64_t t, int m, std::uint64_t g, bool has_p) override {
    State(t, g, "runnable");
    Queue(t, g, has_p ? Of(m).p : kNone);
    Arrow(t, m, g);
  }
  void GoStart(std::int64_t t, int m, std::uint64_t g) override {
    Unqueue(t, g);
    State(t, g, "running");
    Enter(t, m, g);
  }
  void GoStop(std::int64_t t, int m, std::uint64_t g,
              StopReason reason) override {
    Leave(t, m, "");
    State(t, g, "runnable");
    Queue(t, g, reason == StopReason::kYield ? Of(m).p : kNone);
  }
  void GoBlock(std::int64_t t, int m, std::uint64_t g,
               std::uint8_t reason) override {
    Leave(t, m, "");
    State(t, g, WaitReasonString(reason));
  }
  void GoEnd(std::int64_t t, int m, std::uint64_t g) override {
    Leave(t, m, "");
    State(t, g, nullptr);
  }
  void GoUnblock(std::int64_t t, int m, std::uint64_t g) override {
    State(t, g, "runnable");
    Queue(t, g, Of(m).p);
    Arrow(t, m, g);
  }
  void SyscallBegin(std::int64_t t, int m, std::uint64_t g, int) override {
    Leave(t, m, "");
    Enter(t, m, g);
    State(t, g, "system call");
  }
  void SyscallEnd(std::int64_t t, int m, std::uint64_t g) override {
    Leave(t, m, " system call");
    Enter(t, m, g);
    State(t, g, "running");
  }
  void SyscallEndBlocked(std::int64_t t, int m, std::uint64_t g) override {
    Leave(t, m, " system call");
    State(t, g, "runnable");
    Queue(t, g, kNone);
  }
  void User(std::int64_t t, int, std::uint64_t g, const Entry& e,
            std::string_view text) override {
    std::pmr::string name(format_.memory);
    const std::size_t cut = text.find('\0');
    Escaped(name, text.substr(0, cut));
    if (cut != std::string_view::npos) {
      name += ": ";
      Escaped(name, text.substr(cut + 1));
    }
    const auto task = static_cast<unsigned long long>(e.event().object());
    const Kind kind = e.kind();
    if (g != 0) gs_[g].has_regions = true;
    Next();
    if (kind == Kind::kTaskBegin || kind == Kind::kTaskEnd) {
      if (kind == Kind::kTaskBegin) task_names_[task] = name;
      format_.out.Printf(
          "{\"ph\":\"%s\",\"cat\":\"task\",\"id\":%llu,\"pid\":%d,\"tid\":%llu,"
          "\"ts\":%.3f,\"name\":\"%s\"}",
          kind == Kind::kTaskBegin ? "b" : "e", task, kRegions,
          static_cast<unsigned long long>(g), Us(t),
          task_names_[task].substr(0, 300).c_str());
    } else {
      const char* const phase = kind == Kind::kRegionBegin ? "B"
                                : kind == Kind::kRegionEnd ? "E"
                                                           : "i\",\"s\":\"t";
      format_.out.Printf(
          "{\"ph\":\"%s\",\"pid\":%d,\"tid\":%llu,\"ts\":%.3f,\"name\":\"%s\"}",
          phase, kRegions, static_cast<unsigned long long>(g), Us(t),
          name.substr(0, 700).c_str());
    }
  }
  void Other(std::int64_t t, int m, const Entry& e) override {
    if (e.kind() == Kind::kSignal) {
      char name[64];
      std::snprintf(name, sizeof name, "signal %u %s", e.event().argument(),
                    NameOf(static_cast<SignalStep>(e.event().object())));
      Instant(t, m, name);
    } else if (const char* name = NameOf(e.kind())) {
      Instant(t, m, name);
    }
  }

 private:
  static constexpr int kNoQueue = -2;  // kNone: the global one

  struct M {
    int p = kNone;
    int at_p = kNone;  // of the goroutine that runs there
    std::uint64_t g = 0;
    std::int64_t since = 0;
    std::uint64_t arrow = 0;
  };
  struct G {
    const char* state = nullptr;  // null: none
    std::int64_t since = 0;
    std::uint64_t arrow = 0;  // leads to its next start
    int queue = kNoQueue;
    bool has_regions = false;
    std::pmr::string name;
  };

  M& Of(int m) { return ms_[static_cast<std::size_t>(m)]; }
  double Us(std::int64_t t) const {
    return static_cast<double>(t - format_.base) / 1000;
  }

  void Next() {
    if (any_) format_.out.Printf(",\n");
    any_ = true;
  }

  void Slice(Group group, unsigned long long track, std::int64_t from,
             std::int64_t to, const char* name, std::uint64_t g) {
    Next();
    format_.out.Printf(
        "{\"ph\":\"X\",\"pid\":%d,\"tid\":%llu,\"ts\":%.3f,\"dur\":%.3f,"
        "\"name\":\"%s\",\"args\":{\"g\":%llu}}",
        group, track, Us(from), static_cast<double>(to - from) / 1000, name,
        static_cast<unsigned long long>(g));
  }

  void Enter(std::int64_t t, int m, std::uint64_t g) {
    M& of = Of(m);
    of.g = g;
    of.since = t;
    of.at_p = of.p;
    G& its = gs_[g];
    if (its.arrow == 0) return;
    Next();
    format_.out.Printf(
        "{\"ph\":\"f\",\"bp\":\"e\",\"cat\":\"wake\",\"name\":\"wake\","
        "\"id\":%llu,\"pid\":%d,\"tid\":%d,\"ts\":%.3f}",
        static_cast<unsigned long long>(its.arrow), kMs, m, Us(t));
    its.arrow = 0;
  }

  // Leave ends what m's goroutine did; `how` follows the goroutine's name.
  void Leave(std::int64_t t, int m, const char* how) {
    M& of = Of(m);
    if (of.g == 0) return;
    Slice(kMs, static_cast<unsigned long long>(m), of.since, t,
          Named(of.g, how).text, of.g);
    SliceOfP(t, of, how);
    of.g = 0;
  }

  struct Named {
    Named(std::uint64_t g, const char* how) {
      std::snprintf(text, sizeof text, "G%llu%s",
                    static_cast<unsigned long long>(g), how);
    }
    char text[48];
  };

  void SliceOfP(std::int64_t t, const M& of, const char* how) {
    if (of.at_p == kNone) return;
    Slice(kPs, static_cast<unsigned long long>(of.at_p), of.since, t,
          Named(of.g, how).text, of.g);
  }

  void State(std::int64_t t, std::uint64_t id, const char* state) {
    G& g = gs_[id];
    if (g.state != nullptr) Slice(kGs, id, g.since, t, g.state, id);
    g.state = state;
    g.since = t;
  }

  // Queue puts g into the queue of the P `p`; Unqueue takes it out of its own.
  void Queue(std::int64_t t, std::uint64_t g, int p) {
    Unqueue(t, g);
    gs_[g].queue = p;
    Count(t, p, +1);
  }
  void Unqueue(std::int64_t t, std::uint64_t g) {
    const int p = std::exchange(gs_[g].queue, kNoQueue);
    if (p != kNoQueue) Count(t, p, -1);
  }

  void Count(std::int64_t t, int p, int change) {
    int& length = queues_[p];
    length += change;
    char name[32] = "global queue";
    if (p != kNone) std::snprintf(name, sizeof name, "P%d queue", p);
    Next();
    format_.out.Printf(
        "{\"ph\":\"C\",\"pid\":%d,\"ts\":%.3f,\"name\":\"%s\","
        "\"args\":{\"goroutines\":%d}}",
        kPs, Us(t), name, length);
  }

  void Arrow(std::int64_t t, int m, std::uint64_t g) {
    gs_[g].arrow = ++arrows_;
    Next();
    format_.out.Printf(
        "{\"ph\":\"s\",\"cat\":\"wake\",\"name\":\"wake\",\"id\":%llu,"
        "\"pid\":%d,\"tid\":%d,\"ts\":%.3f}",
        static_cast<unsigned long long>(arrows_), kMs, m, Us(t));
  }

  void Instant(std::int64_t t, int m, const char* name) {
    Next();
    format_.out.Printf(
        "{\"ph\":\"i\",\"s\":\"t\",\"pid\":%d,\"tid\":%d,\"ts\":%.3f,"
        "\"name\":\"%s\"}",
        kMs, m, Us(t), name);
  }

  void Track(Group group, long long track, std::string_view name) {
    std::pmr::string text(format_.memory);
    Escaped(text, name.substr(0, 100));
    if (text.empty()) text = "G" + std::to_string(track);
    Next();
    format_.out.Printf(
        "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%d,\"tid\":%lld,"
        "\"args\":{\"name\":\"%s\"}}",
        group, track, text.c_str());
  }

  void NameMThread(int m) {
    const Log* log = format_.raw.logs[static_cast<std::size_t>(m)].log;
    if (log == nullptr) return;
    const auto tid =
        static_cast<long long>(log->tid.load(std::memory_order_relaxed));
    char name[64];
    switch (log->of.load(std::memory_order_relaxed)) {
      case Log::Of::kM:
        std::snprintf(
            name, sizeof name, "M%lld (%lld)",
            static_cast<long long>(log->m_id.load(std::memory_order_relaxed)),
            tid);
        break;
      case Log::Of::kForeign:
        std::snprintf(name, sizeof name, "thread %lld", tid);
        break;
      case Log::Of::kSysmon:
        std::snprintf(name, sizeof name, "sysmon (%lld)", tid);
        break;
    }
    Track(kMs, m, name);
  }

  const Format format_;
  bool any_ = false;
  std::uint64_t arrows_ = 0;
  std::pmr::vector<M> ms_;
  std::pmr::unordered_map<std::uint64_t, G> gs_;
  std::pmr::unordered_map<int, int> queues_{format_.memory};  // lengths
  std::pmr::unordered_map<std::uint64_t, std::pmr::string> task_names_{
      format_.memory};
};

}  // namespace

void WriteChromeFormat(const History& history, const Raw& raw, bool symbols,
                       const Output& out, std::pmr::memory_resource* memory) {
  ChromeWriter writer({history.begin, raw, symbols, out, memory});
  writer.Begin();
  Replay(history, raw.logs.size(), writer, memory).Run();
  writer.End(history.entries.empty() ? history.begin
                                     : history.entries.back().time);
}

}  // namespace gosling::sched::trace
