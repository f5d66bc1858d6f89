// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// History: what the recorder's rings hold, as one list in the order of time.
//
// Raw is the copy, log by log; a trace that goes on for longer than the rings
// last is collected again and again. History is made of it when it is written:
// each event with the texts that belong to it, the two halves of a switch apart,
// and the counter's time in nanoseconds. Where a ring was written over, it begins
// at the moment from which on all rings are complete.
//
// All memory comes from the caller's resource, so that a dying thread, which may
// have crashed in malloc, can do this too.

#ifndef GOSLING_SCHED_REPORT_TRACE_HISTORY_H_
#define GOSLING_SCHED_REPORT_TRACE_HISTORY_H_

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "sched/trace/event.h"
#include "sched/trace/recorder.h"

namespace gosling::sched::trace {

// Clock is one sample of the two clocks.
struct Clock {
  std::uint64_t ticks = 0;
  std::int64_t ns = 0;

  static Clock Now();
};

class Raw {
 public:
  explicit Raw(std::pmr::memory_resource* memory)
      : memory_(memory), logs(memory) {}

  // SkipAll forgets what is in the rings by now.
  void SkipAll();

  // Collect adds what has come since the last time. False: something was
  // written over before it was collected.
  bool Collect();

  std::size_t Size() const { return size_; }

 private:
  std::pmr::memory_resource* memory_;

 public:
  struct Lane {
    explicit Lane(std::pmr::memory_resource* memory) : events(memory) {}
    std::uint64_t next = 0;  // the number of the next event to collect
    bool cut = false;        // earlier ones were written over
    std::pmr::vector<Event> events;
  };
  struct OfLog {
    OfLog(const Log* of, std::pmr::memory_resource* memory)
        : log(of), code(memory), handlers(memory) {}
    const Log* log;  // null: it has not been seen yet
    Lane code;
    Lane handlers;
  };
  // A log's index is its place here.
  std::pmr::vector<OfLog> logs;

 private:
  OfLog& Find(const Log* log);
  bool Collect(const Ring& ring, Lane& lane);

  std::size_t size_ = 0;
};

struct Entry {
  std::int64_t time = 0;  // ns, of the runtime's clock
  std::uint64_t what = 0;
  std::uint64_t extra = 0;  // kPlace's address, or kParent's task
  std::uint32_t log = 0;    // its log's index
  std::uint32_t order = 0;  // in its log
  std::uint32_t text = 0;   // where in History::texts
  std::uint32_t text_size = 0;

  Event event() const { return {0, what}; }
  Kind kind() const { return event().kind(); }
};

class History {
 public:
  explicit History(std::pmr::memory_resource* memory)
      : entries(memory), texts(memory) {}

  // Build makes the history of `raw`; `start` and `now` are two samples of the
  // clocks, some milliseconds apart. `window`: only the last so many ns; 0: all.
  void Build(const Raw& raw, Clock start, Clock now, std::int64_t window);

  std::string_view Text(const Entry& e) const {
    return {texts.data() + e.text, e.text_size};
  }

  std::pmr::vector<Entry> entries;
  std::pmr::vector<char> texts;
  std::int64_t begin = 0;  // ns

 private:
  std::pmr::vector<Entry>::iterator KeepNames(
      std::pmr::vector<Entry>::iterator first);
  void AddLane(const Raw::Lane& lane, std::uint32_t log, Clock start,
               double ns_per_tick);
};

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_REPORT_TRACE_HISTORY_H_
