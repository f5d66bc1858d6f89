// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/trace/go_format.h"

#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sched/report/trace/replay.h"
#include "sched/report/traceback.h"
#include "sched/wait_reason.h"

namespace gosling::sched::trace {

namespace {

// Go's numbers.
enum Ev : unsigned char {
  kEvEventBatch = 1,
  kEvStacks = 2,
  kEvStack = 3,
  kEvStrings = 4,
  kEvString = 5,
  kEvFrequency = 8,
  kEvProcStart = 10,
  kEvProcStop = 11,
  kEvProcSteal = 12,
  kEvProcStatus = 13,
  kEvGoCreate = 14,
  kEvGoStart = 16,
  kEvGoDestroy = 17,
  kEvGoStop = 19,
  kEvGoBlock = 20,
  kEvGoUnblock = 21,
  kEvGoSyscallBegin = 22,
  kEvGoSyscallEnd = 23,
  kEvGoSyscallEndBlocked = 24,
  kEvGoStatus = 25,
  kEvUserTaskBegin = 40,
  kEvUserTaskEnd = 41,
  kEvUserRegionBegin = 42,
  kEvUserRegionEnd = 43,
  kEvUserLog = 44,
};

enum Status : std::uint64_t {
  kGoRunnable = 1,
  kGoRunning = 2,
  kGoSyscall = 3,
  kGoWaiting = 4,
  kProcRunning = 1,
  kProcIdle = 2,
};

constexpr std::uint64_t kGeneration = 1;
constexpr std::uint64_t kNoThread = ~std::uint64_t{0};
constexpr std::size_t kBatch = 60 << 10;     // the reader takes 64 KiB
constexpr std::size_t kMaxString = 1 << 10;  // its own limit

using Bytes = std::pmr::vector<char>;

void PutNumber(Bytes& to, std::uint64_t n) {
  while (n >= 0x80) {
    to.push_back(static_cast<char>(n | 0x80));
    n >>= 7;
  }
  to.push_back(static_cast<char>(n));
}

void PutBytes(Bytes& to, std::string_view bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// GoReason is Go's word for it in a trace, by which its tool makes profiles.
const char* GoReason(std::uint8_t reason) {
  switch (static_cast<WaitReason>(reason & ~kWaitSeen)) {
    case WaitReason::kChanReceive:
      return "chan receive";
    case WaitReason::kChanSend:
      return "chan send";
    case WaitReason::kSelect:
      return "select";
    case WaitReason::kSleep:
      return "sleep";
    case WaitReason::kIOWait:
    case WaitReason::kIOWaitDurable:
      return "network";
    case WaitReason::kSyncCondWait:
      return "sync.(*Cond).Wait";
    case WaitReason::kChanReceiveNilChan:
    case WaitReason::kChanSendNilChan:
    case WaitReason::kSelectNoCases:
      return "forever";
    case WaitReason::kSemacquire:
    case WaitReason::kSyncMutexLock:
    case WaitReason::kSyncRWMutexRLock:
    case WaitReason::kSyncRWMutexLock:
    case WaitReason::kSyncWaitGroupWait:
      return "sync";
    default:
      return "unspecified";
  }
}

class GoWriter final : public Sink {
 public:
  explicit GoWriter(const Format& format)
      : format_(format),
        streams_(format.memory),
        ps_(format.memory),
        gs_(format.memory),
        strings_(format.memory),
        table_(format.memory),
        stacks_(format.memory) {
    for (std::size_t i = 0; i < format.raw.logs.size(); i++) {
      streams_.emplace_back(format_.memory);
    }
  }

  void Begin() {
    format_.out.put(format_.out.arg, "go 1.23 trace\0\0\0", 16);
    Bytes data(format_.memory);
    data.push_back(kEvFrequency);
    PutNumber(data, 1'000'000'000);
    WriteBatch(kNoThread, 0, data);
    table_.push_back(kEvStrings);
    stacks_.push_back(kEvStacks);
  }

  void End() {
    for (std::size_t m = 0; m < streams_.size(); m++) Flush(m);
    if (stacks_.size() > 1) WriteBatch(kNoThread, 0, stacks_);
    if (table_.size() > 1) WriteBatch(kNoThread, 0, table_);
  }

  void HasP(int p, int m) override {
    const int on = m != kNone ? m : 0;
    Add(last_, on, kEvProcStatus,
        {static_cast<std::uint64_t>(p), m != kNone ? kProcRunning : kProcIdle});
    ps_[p] = 0;
  }

  void HasG(std::uint64_t g, GoState state, int m) override {
    std::uint64_t status = kGoWaiting;
    if (state == GoState::kRunnable) status = kGoRunnable;
    if (state == GoState::kRunning) status = kGoRunning;
    if (state == GoState::kSyscall) status = kGoSyscall;
    Add(last_, m != kNone ? m : 0, kEvGoStatus,
        {g, m != kNone ? Thread(m) : kNoThread, status});
    gs_[g].seq = 0;
  }

  void Name(std::uint64_t g, std::uint64_t place,
            std::string_view name) override {
    gs_[g].stack = StackFor(place, name);
  }

  void ProcStart(std::int64_t t, int m, int p) override {
    Add(t, m, kEvProcStart, {static_cast<std::uint64_t>(p), ++ps_[p]});
  }
  void ProcStop(std::int64_t t, int m, int) override {
    Add(t, m, kEvProcStop, {});
  }
  void ProcSteal(std::int64_t t, int m, int p, int victim) override {
    Add(t, m, kEvProcSteal,
        {static_cast<std::uint64_t>(p), ++ps_[p], Thread(victim)});
  }

  void GoCreate(std::int64_t t, int m, std::uint64_t g, bool has_p) override {
    Of& of = gs_[g];
    of.seq = 0;
    of.regions = 0;
    of.told = has_p;
    if (has_p) {
      Add(t, m, kEvGoCreate, {g, of.stack, 0});
    } else {
      // Go knows no creation without a P: the goroutine is simply there.
      Add(t, m, kEvGoStatus, {g, kNoThread, kGoRunnable});
    }
  }
  void GoStart(std::int64_t t, int m, std::uint64_t g) override {
    Add(t, m, kEvGoStart, {g, ++gs_[g].seq});
  }
  void GoStop(std::int64_t t, int m, std::uint64_t g,
              StopReason reason) override {
    Add(t, m, kEvGoStop,
        {String(reason == StopReason::kYield ? "runtime.Gosched" : "preempted"),
         Untold(g)});
  }
  void GoBlock(std::int64_t t, int m, std::uint64_t g,
               std::uint8_t reason) override {
    Add(t, m, kEvGoBlock, {String(GoReason(reason)), Untold(g)});
  }
  void GoEnd(std::int64_t t, int m, std::uint64_t g) override {
    Add(t, m, kEvGoDestroy, {});
    gs_.erase(g);
  }
  void GoUnblock(std::int64_t t, int m, std::uint64_t g) override {
    Add(t, m, kEvGoUnblock, {g, ++gs_[g].seq, 0});
  }
  void SyscallBegin(std::int64_t t, int m, std::uint64_t, int p) override {
    Add(t, m, kEvGoSyscallBegin, {++ps_[p], 0});
  }
  void SyscallEnd(std::int64_t t, int m, std::uint64_t) override {
    Add(t, m, kEvGoSyscallEnd, {});
  }
  void SyscallEndBlocked(std::int64_t t, int m, std::uint64_t) override {
    Add(t, m, kEvGoSyscallEndBlocked, {});
  }

  void User(std::int64_t t, int m, std::uint64_t g, const Entry& e,
            std::string_view text) override {
    if (g == 0) return;  // Go has none of a thread
    const std::uint64_t task = e.event().object();
    switch (e.kind()) {
      case Kind::kTaskBegin:
        Add(t, m, kEvUserTaskBegin, {task, e.extra, String(text), 0});
        break;
      case Kind::kTaskEnd:
        Add(t, m, kEvUserTaskEnd, {task, 0});
        break;
      case Kind::kRegionBegin:
        gs_[g].regions++;
        Add(t, m, kEvUserRegionBegin, {task, String(text), 0});
        break;
      case Kind::kRegionEnd:
        // Its begin may lie before the recording.
        if (gs_[g].regions == 0) return;
        gs_[g].regions--;
        Add(t, m, kEvUserRegionEnd, {task, String(text), 0});
        break;
      default: {
        const std::size_t cut = text.find('\0');
        Add(t, m, kEvUserLog,
            {task, String(text.substr(0, cut)),
             String(cut == std::string_view::npos ? "" : text.substr(cut + 1)),
             0});
      }
    }
  }

  void Other(std::int64_t, int, const Entry&) override {}

 private:
  struct Stream {
    explicit Stream(std::pmr::memory_resource* memory) : data(memory) {}
    Bytes data;
    std::uint64_t begin = 0;
    std::uint64_t last = 0;
  };
  struct Of {
    std::uint64_t seq = 0;
    std::uint64_t stack = 0;
    bool told = false;  // the reader knows the stack, by which it names it
    int regions = 0;
  };

  // Untold returns the stack of a goroutine whose creation had none to tell: once,
  // as that of its leaving. The reader names it by the first stack that it sees.
  std::uint64_t Untold(std::uint64_t g) {
    Of& of = gs_[g];
    if (of.told || of.stack == 0) return 0;
    of.told = true;
    return of.stack;
  }

  std::uint64_t Thread(int m) const {
    const Log* log = format_.raw.logs[static_cast<std::size_t>(m)].log;
    return log != nullptr ? static_cast<std::uint64_t>(
                                log->tid.load(std::memory_order_relaxed))
                          : static_cast<std::uint64_t>(m) + 1;
  }

  void Add(std::int64_t t, int m, Ev ev,
           std::initializer_list<std::uint64_t> args) {
    Stream& to = streams_[static_cast<std::size_t>(m)];
    // From 1 on: 0 means none to the reader.
    if (t < format_.base) t = format_.base;
    const auto time = static_cast<std::uint64_t>(t - format_.base) + 1;
    if (to.data.size() >= kBatch) Flush(static_cast<std::size_t>(m));
    if (to.data.empty()) to.begin = to.last = time;
    to.data.push_back(static_cast<char>(ev));
    PutNumber(to.data, time - to.last);
    for (const std::uint64_t arg : args) PutNumber(to.data, arg);
    to.last = time;
    last_ = t;
  }

  void Flush(std::size_t m) {
    Stream& from = streams_[m];
    if (from.data.empty()) return;
    WriteBatch(Thread(static_cast<int>(m)), from.begin, from.data);
    from.data.clear();
  }

  void WriteBatch(std::uint64_t m, std::uint64_t time, const Bytes& data) {
    Bytes head(format_.memory);
    head.push_back(kEvEventBatch);
    PutNumber(head, kGeneration);
    PutNumber(head, m);
    PutNumber(head, time);
    PutNumber(head, data.size());
    format_.out.put(format_.out.arg, head.data(), head.size());
    format_.out.put(format_.out.arg, data.data(), data.size());
  }

  std::uint64_t String(std::string_view text) {
    text = text.substr(0, kMaxString - 1);
    if (text.empty()) return 0;
    const std::pmr::string key(text, format_.memory);
    const auto [at, is_new] = strings_.try_emplace(key, strings_.size() + 1);
    if (is_new) {
      if (table_.size() + text.size() + 20 > kBatch) {
        WriteBatch(kNoThread, 0, table_);
        table_.resize(1);
      }
      table_.push_back(kEvString);
      PutNumber(table_, at->second);
      PutNumber(table_, text.size());
      PutBytes(table_, text);
    }
    return at->second;
  }

  // StackFor returns the number of a stack with one frame, the goroutine's name,
  // or else its creator's.
  std::uint64_t StackFor(std::uint64_t place, std::string_view name) {
    if (place == 0 && name.empty()) return 0;
    char buffer[512];
    const char* symbol = "?";
    if (name.empty() && format_.symbols) {
      symbol = SymbolOf(static_cast<std::uintptr_t>(place) - 1, buffer,
                        sizeof buffer);
    }
    std::pmr::string text(format_.memory);
    if (name.empty()) {
      text += "created by ";
      text += symbol;
    } else {
      text += name;
    }
    const std::uint64_t function = String(text);
    const auto [at, is_new] = frames_.try_emplace(function, frames_.size() + 1);
    if (is_new) {
      if (stacks_.size() + 40 > kBatch) {
        WriteBatch(kNoThread, 0, stacks_);
        stacks_.resize(1);
      }
      stacks_.push_back(kEvStack);
      PutNumber(stacks_, at->second);
      PutNumber(stacks_, 1);
      PutNumber(stacks_, at->second);  // a frame is known by its address
      PutNumber(stacks_, function);
      PutNumber(stacks_, String("?"));
      PutNumber(stacks_, 0);
    }
    return at->second;
  }

  const Format format_;
  std::int64_t last_ = 0;
  std::pmr::vector<Stream> streams_;
  std::pmr::unordered_map<int, std::uint64_t> ps_;
  std::pmr::unordered_map<std::uint64_t, Of> gs_;
  std::pmr::unordered_map<std::pmr::string, std::uint64_t> strings_;
  std::pmr::unordered_map<std::uint64_t, std::uint64_t> frames_{format_.memory};
  Bytes table_;
  Bytes stacks_;
};

}  // namespace

void WriteGoFormat(const History& history, const Raw& raw, bool symbols,
                   const Output& out, std::pmr::memory_resource* memory) {
  GoWriter writer({history.begin, raw, symbols, out, memory});
  writer.Begin();
  Replay(history, raw.logs.size(), writer, memory).Run();
  writer.End();
}

}  // namespace gosling::sched::trace
