// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/report/trace/history.h"

#include <algorithm>
#include <unordered_set>

#include "arch/arch.h"
#include "sched/os/os.h"

namespace gosling::sched::trace {

namespace {

bool BelongsToLast(Kind kind) {
  return kind == Kind::kPlace || kind == Kind::kParent || kind == Kind::kText;
}

// LeaveOf returns how a goroutine leaves in an event that names the next one
// only; kNone: it is no such event.
Kind LeaveOf(Kind kind) {
  switch (kind) {
    case Kind::kSwitchStop:
      return Kind::kGoStop;
    case Kind::kSwitchBlock:
      return Kind::kGoBlock;
    case Kind::kSwitchEnd:
      return Kind::kGoEnd;
    default:
      return Kind::kNone;
  }
}

bool Leaves(Kind kind) {
  return kind == Kind::kGoStop || kind == Kind::kGoBlock ||
         kind == Kind::kGoEnd;
}

bool IsOfGoroutine(Kind kind) {
  return Leaves(kind) || kind == Kind::kGoStart || kind == Kind::kGoUnblock;
}

}  // namespace

Clock Clock::Now() { return {arch::CycleCount(), os::Nanotime()}; }

Raw::OfLog& Raw::Find(const Log* log) {
  const auto index = static_cast<std::size_t>(log->index);
  while (logs.size() <= index) logs.emplace_back(nullptr, memory_);
  logs[index].log = log;
  return logs[index];
}

void Raw::SkipAll() {
  for (const Log* log = FirstLog(); log != nullptr; log = log->next) {
    OfLog& of = Find(log);
    of.code.next = log->events.Head();
    of.handlers.next = log->from_handlers.Head();
  }
}

bool Raw::Collect(const Ring& ring, Lane& lane) {
  const std::size_t before = lane.events.size();
  std::uint64_t begin = 0;
  std::uint64_t first = 0;
  const std::uint64_t end =
      ring.Copy(lane.next, &first, [&](std::uint64_t i, const Event& event) {
        if (lane.events.size() == before) begin = i;
        lane.events.push_back(event);
      });
  bool all = true;
  if (lane.events.size() > before) {
    const std::uint64_t copied = lane.events.size() - before;
    const std::uint64_t broken = std::min(first - begin, copied);
    lane.events.erase(
        lane.events.begin() + static_cast<std::ptrdiff_t>(before),
        lane.events.begin() + static_cast<std::ptrdiff_t>(before + broken));
    if (first > lane.next) {
      all = false;
      // What was collected before the gap is of no use: it does not lead here.
      lane.events.erase(
          lane.events.begin(),
          lane.events.begin() + static_cast<std::ptrdiff_t>(before));
      lane.cut = true;
    }
  }
  lane.next = end;
  return all;
}

bool Raw::Collect() {
  bool all = true;
  for (const Log* log = FirstLog(); log != nullptr; log = log->next) {
    OfLog& of = Find(log);
    all &= Collect(log->events, of.code);
    all &= Collect(log->from_handlers, of.handlers);
  }
  size_ = 0;
  for (const OfLog& of : logs) {
    size_ += of.code.events.size() + of.handlers.events.size();
  }
  return all;
}

void History::AddLane(const Raw::Lane& lane, std::uint32_t log, Clock start,
                      double ns_per_tick) {
  std::int64_t last = INT64_MIN;
  bool any = false;
  std::uint64_t running = 0;  // which goroutine was started last; 0: unknown
  for (const Event& event : lane.events) {
    const Kind kind = event.kind();
    if (BelongsToLast(kind)) {
      if (!any) continue;  // what it belongs to was written over
      Entry& e = entries.back();
      if (kind == Kind::kPlace) {
        e.extra = event.time;
      } else if (kind == Kind::kParent) {
        e.extra = event.object();
      } else {
        const unsigned n = std::min(event.argument(), 13U);
        for (unsigned i = 0; i < n; i++) {
          const std::uint64_t word = i < 8 ? event.time : event.object();
          texts.push_back(static_cast<char>(word >> 8 * (i % 8)));
        }
        e.text_size += n;
      }
      continue;
    }
    // A thread that has changed CPUs may be a little back in time.
    const auto ticks = static_cast<std::int64_t>(event.time - start.ticks);
    last = std::max(
        last, start.ns + static_cast<std::int64_t>(static_cast<double>(ticks) *
                                                   ns_per_tick));
    const auto put = [&](std::uint64_t what) {
      Entry e;
      e.time = last;
      e.what = what;
      e.log = log;
      e.order = static_cast<std::uint32_t>(entries.size());
      e.text = static_cast<std::uint32_t>(texts.size());
      entries.push_back(e);
      any = true;
    };
    const Kind leave = LeaveOf(kind);
    if (leave == Kind::kNone) {
      put(event.what);
      if (kind == Kind::kGoStart) running = event.object();
      if (Leaves(kind)) running = 0;
      continue;
    }
    if (running != 0) {
      put(Event::Pack(leave, event.argument(), event.p(), running));
    }
    running = event.object();
    put(Event::Pack(Kind::kGoStart, 0, event.p(), running));
  }
}

void History::Build(const Raw& raw, Clock start, Clock now,
                    std::int64_t window) {
  const auto ticks = static_cast<double>(now.ticks - start.ticks);
  const double ns_per_tick =
      ticks > 0 ? static_cast<double>(now.ns - start.ns) / ticks : 1;
  std::int64_t complete = INT64_MIN;
  std::uint32_t index = 0;
  for (const Raw::OfLog& of : raw.logs) {
    const std::size_t before = entries.size();
    AddLane(of.code, index, start, ns_per_tick);
    if (of.code.cut && entries.size() > before) {
      complete = std::max(complete, entries[before].time);
    }
    AddLane(of.handlers, index, start, ns_per_tick);
    index++;
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.time != b.time ? a.time < b.time : a.order < b.order;
  });
  if (entries.empty()) {
    begin = now.ns;
    return;
  }
  if (window > 0) {
    complete = std::max(complete, entries.back().time - window);
  }
  const auto first =
      std::find_if(entries.begin(), entries.end(),
                   [complete](const Entry& e) { return e.time >= complete; });
  entries.erase(entries.begin(), KeepNames(first));
  begin = entries.empty() ? now.ns : entries.front().time;
}

// KeepNames moves what tells the names of goroutines from before `first` to there,
// as far as they are seen later on, and returns the end of what is left to drop.
std::pmr::vector<Entry>::iterator History::KeepNames(
    std::pmr::vector<Entry>::iterator first) {
  if (first == entries.begin() || first == entries.end()) {
    return first;
  }
  std::pmr::unordered_set<std::uint64_t> seen(
      entries.get_allocator().resource());
  for (auto e = first; e != entries.end(); ++e) {
    if (IsOfGoroutine(e->kind())) seen.insert(e->event().object());
  }
  auto to = first;
  for (auto e = first; e != entries.begin();) {
    --e;
    if (e->kind() != Kind::kGoCreate && e->kind() != Kind::kGoIs) continue;
    const std::uint64_t g = e->event().object();
    if (seen.count(g) == 0) continue;
    --to;
    *to = *e;
    to->time = first->time;
    to->what = Event::Pack(Kind::kGoIs, 0, Event::kNoP, g);
  }
  return to;
}

}  // namespace gosling::sched::trace
