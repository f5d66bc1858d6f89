// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/trace/session.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "sched/os/crash.h"
#include "sched/os/fatal.h"
#include "sched/os/godebug.h"
#include "sched/os/mutex.h"
#include "sched/os/note.h"
#include "sched/os/os.h"
#include "sched/report/trace/chrome_format.h"
#include "sched/report/trace/go_format.h"
#include "sched/report/trace/history.h"
#include "sched/sched.h"
#include "sched/trace/recorder.h"

namespace gosling::sched::trace {

namespace {

constexpr std::int64_t kCollectEvery = 5'000'000;
// The counter's rate is known from two samples that far apart.
constexpr std::int64_t kSampleApart = 5'000'000;
// 1 GiB of events, or an eighth of that where addresses are scarce.
constexpr std::size_t kMostEvents = std::size_t{sizeof(void*) == 8 ? 64 : 8}
                                    << 20;

constexpr Problem kNotBuilt{
    "tracing was left out of this library (-Dtrace=false)", 0};

// File is an Output into a descriptor. An error is kept, and ends the writing.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  Output out() { return {Put, this}; }

  // Close writes the rest, closes, and returns the first errno; 0: none.
  int Close() {
    Flush();
    // EINTR too means that it is closed.
    if (fd_ >= 0 && ::close(fd_) != 0 && errno != EINTR && err_ == 0) {
      err_ = errno;
    }
    fd_ = -1;
    return err_;
  }

 private:
  static void Put(void* self, const char* text, std::size_t n) {
    static_cast<File*>(self)->Add(text, n);
  }

  void Add(const char* text, std::size_t n) {
    if (n > sizeof buffer_ - used_) Flush();
    if (n > sizeof buffer_) return Write(text, n);
    std::memcpy(buffer_ + used_, text, n);
    used_ += n;
  }

  void Flush() {
    Write(buffer_, used_);
    used_ = 0;
  }

  void Write(const char* text, std::size_t n) {
    while (n > 0 && err_ == 0) {
      const ssize_t written = ::write(fd_, text, n);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        err_ = written < 0 ? errno : ENOSPC;
        return;
      }
      text += written;
      n -= static_cast<std::size_t>(written);
    }
  }

  int fd_;
  int err_ = 0;
  std::size_t used_ = 0;
  char buffer_[4096];
};

// IsChrome says whether a file of that name is to be in Chrome's format.
bool IsChrome(const char* path) {
  const std::size_t n = std::strlen(path);
  return n >= 5 && std::strcmp(path + n - 5, ".json") == 0;
}

// Open returns a descriptor, or -errno.
int Open(const char* path) {
  os::ShunStandard shun;
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  return fd < 0 ? -errno : os::RaiseFd(fd);
}

// WriteRaw writes the history of `raw` to fd, which it closes, and returns an
// errno.
int WriteRaw(int fd, bool chrome, const Raw& raw, Clock start,
             std::int64_t window, std::pmr::memory_resource* memory) {
  File file(fd);
  Clock now = Clock::Now();
  if (const std::int64_t left = kSampleApart - (now.ns - start.ns); left > 0) {
    os::SleepNs(left);
    now = Clock::Now();
  }
  History history(memory);
  history.Build(raw, start, now, window);
  (chrome ? WriteChromeFormat : WriteGoFormat)(history, raw, /*symbols=*/true,
                                               file.out(), memory);
  return file.Close();
}

// Trace is what goes on between Start and Stop.
struct Trace {
  Trace() : raw(std::pmr::new_delete_resource()) {}

  Raw raw;
  Clock start;
  int fd = -1;
  bool chrome = false;
  bool gap = false;
  bool full = false;
};

// One Start or Stop at a time; held while files are written.
constinit std::atomic<bool> busy{false};
// What the collector works on.
constinit Mutex collect_mu;
constinit Trace* running ABSL_GUARDED_BY(collect_mu) = nullptr;
constinit std::atomic<bool> trace_runs{false};
constinit std::atomic<bool> collector_started{false};
// Set by the collector before its last look at trace_runs, and then its sleep;
// the one that clears it owes a Wakeup if that is not the collector.
constinit std::atomic<bool> collector_idle{false};
constinit Note collector_note;

constinit std::atomic<std::int64_t> flight_window{0};  // 0: off
constinit Clock flight_start;

class Busy {
 public:
  Busy() : mine_(!busy.exchange(true)) {}
  ~Busy() {
    if (mine_) busy.store(false);
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  bool Mine() const { return mine_; }

 private:
  const bool mine_;
};

constexpr Problem kBusy{"another call is starting or stopping a trace", 0};

void CollectLocked(Trace* trace) ABSL_EXCLUSIVE_LOCKS_REQUIRED(collect_mu) {
  if (trace->full) return;
  try {
    if (!trace->raw.Collect()) trace->gap = true;
    trace->full = trace->raw.Size() > kMostEvents;
  } catch (const std::bad_alloc&) {
    trace->full = true;
  }
}

// Collector is a thread of its own: a goroutine would show in what it records.
void Collector(void*) {
  for (;;) {
    if (!trace_runs.load()) {
      collector_idle.store(true);
      if (trace_runs.load() && collector_idle.exchange(false)) continue;
      collector_note.Sleep();
      collector_note.Clear();
      continue;
    }
    os::SleepNs(kCollectEvery);
    MutexLock l(&collect_mu);
    if (running != nullptr) CollectLocked(running);
  }
}

// StartCollector returns an errno.
int StartCollector() {
  if (!collector_started.load()) {
    scheduler.nhidden.fetch_add(1);
    if (const int err = os::StartThread(Collector, nullptr, 0); err != 0) {
      scheduler.nhidden.fetch_sub(1);
      return err;
    }
    collector_started.store(true);
  }
  return 0;
}

// The file for a crash, taken from the environment at the start.
constinit const char* crash_path = nullptr;
constinit std::atomic<bool> crash_written{false};

// CrashMemory is memory for a thread that may have crashed in malloc.
class CrashMemory final : public std::pmr::memory_resource {
 public:
  CrashMemory() : at_(static_cast<char*>(os::Reserve(kSize))) {
    end_ = at_ != nullptr ? at_ + kSize : nullptr;
  }
  bool Any() const { return at_ != nullptr; }

 private:
  static constexpr std::size_t kSize =
      std::size_t{sizeof(void*) == 8 ? 4096 : 256} << 20;

  void* do_allocate(std::size_t n, std::size_t align) override {
    const auto at = reinterpret_cast<std::uintptr_t>(at_);
    const std::size_t gap = (align - at % align) % align;
    if (n + gap > static_cast<std::size_t>(end_ - at_)) {
      Warn("the recording is not written: out of memory");
      ::_exit(2);
    }
    char* const found = at_ + gap;
    at_ = found + n;
    return found;
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }

  char* at_;
  char* end_ = nullptr;
};

// WriteAtCrash runs on the dying thread, at the end of the report.
void WriteAtCrash() {
  if (!On() || crash_written.exchange(true)) return;
  if (crash_path == nullptr) {
    Warn("the recording is lost: GOSLING_TRACE names no file");
    return;
  }
  const int fd = Open(crash_path);
  if (fd < 0) {
    Warn("the recording is not written to %s: errno %d", crash_path, -fd);
    return;
  }
  CrashMemory memory;
  if (!memory.Any()) {
    Warn("the recording is not written: out of memory");
    return;
  }
  Raw raw(&memory);
  raw.Collect();
  const int err =
      WriteRaw(fd, IsChrome(crash_path), raw, flight_start,
               flight_window.load(std::memory_order_relaxed), &memory);
  if (err != 0) {
    Warn("the recording is not written to %s: errno %d", crash_path, err);
  } else if (IsChrome(crash_path)) {
    Warn("what happened last is in %s, for ui.perfetto.dev", crash_path);
  } else {
    Warn("what happened last is in %s: go tool trace %s", crash_path,
         crash_path);
  }
}

void NoteStart() {
  if (flight_start.ns == 0) flight_start = Clock::Now();
}

}  // namespace

bool TraceRuns() { return trace_runs.load(std::memory_order_relaxed); }

Problem StartTrace(const char* path) {
  if (!kBuilt) return kNotBuilt;
  const Busy mine;
  if (!mine.Mine()) return kBusy;
  if (TraceRuns()) return {"tracing is already enabled", 0};
  auto trace = std::make_unique<Trace>();
  trace->fd = Open(path);
  trace->chrome = IsChrome(path);
  if (trace->fd < 0) return {nullptr, -trace->fd};
  if (const int err = StartCollector(); err != 0) {
    ::close(trace->fd);
    return {nullptr, err};
  }
  NoteStart();
  trace->start = Clock::Now();
  trace->raw.SkipAll();
  TurnOn();
  {
    MutexLock l(&collect_mu);
    running = trace.release();
  }
  trace_runs.store(true);
  if (collector_idle.exchange(false)) collector_note.Wakeup();
  return {};
}

Problem StopTrace() {
  const Busy mine;
  if (!mine.Mine()) return kBusy;
  if (!TraceRuns()) return {"tracing is not enabled", 0};
  TurnOff();
  trace_runs.store(false);
  std::unique_ptr<Trace> trace;
  {
    MutexLock l(&collect_mu);
    trace.reset(running);
    running = nullptr;
    CollectLocked(trace.get());
  }
  const int err = WriteRaw(trace->fd, trace->chrome, trace->raw, trace->start,
                           0, std::pmr::new_delete_resource());
  if (err != 0) return {nullptr, err};
  if (trace->full) {
    return {"the trace is cut short: it became too long for memory", 0};
  }
  if (trace->gap) {
    return {
        "the trace begins late: events came faster than they were "
        "collected",
        0};
  }
  return {};
}

Problem StartFlight(std::int64_t window_ns) {
  if (!kBuilt) return kNotBuilt;
  if (window_ns <= 0)
    return {"flight recorder: the window must be positive", 0};
  NoteStart();
  std::int64_t off = 0;
  if (!flight_window.compare_exchange_strong(off, window_ns)) {
    return {"flight recorder is already enabled", 0};
  }
  TurnOn();
  return {};
}

Problem StopFlight() {
  if (flight_window.exchange(0) == 0) {
    return {"flight recorder is not enabled", 0};
  }
  TurnOff();
  return {};
}

Problem WriteFlight(const char* path) {
  if (!kBuilt) return kNotBuilt;
  if (!On()) return {"neither a flight recorder nor a trace is enabled", 0};
  const int fd = Open(path);
  if (fd < 0) return {nullptr, -fd};
  Raw raw(std::pmr::new_delete_resource());
  try {
    raw.Collect();
  } catch (...) {
    ::close(fd);
    throw;
  }
  return {nullptr,
          WriteRaw(fd, IsChrome(path), raw, flight_start, flight_window.load(),
                   std::pmr::new_delete_resource())};
}

void InstallTrace() {
  const std::int64_t window = GodebugDuration("flight");
  if (!kBuilt) {
    if (window > 0) Warn("GODEBUG=flight: %s", kNotBuilt.text);
    return;
  }
  const char* path = os::Getenv("GOSLING_TRACE");
  if (path != nullptr && *path != '\0') crash_path = ::strdup(path);
  SetCrashEnd(WriteAtCrash);
  if (window > 0) StartFlight(window);
}

}  // namespace gosling::sched::trace
