// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/flights.h"

#include <gosling/go.h>
#include <gosling/select.h>

#include "sched/proc.h"
#include "sched/run.h"

namespace gosling::net {

namespace {

// CurrentRun is the Run that the caller belongs to, and what it starts.
std::uint32_t CurrentRun() {
  const sched::Pinned pin;
  return pin.g()->run_id;
}

}  // namespace

std::optional<Flights::Result> Flights::Do(const context::Context& ctx,
                                           const std::string& name,
                                           Lookup lookup) {
  const Key key(CurrentRun(), name);
  Ref flight = Join(key);
  if (flight == nullptr) flight = Start(ctx, key, std::move(lookup));
  // Also if the wait ends otherwise, by Goexit.
  struct Leaving {
    ~Leaving() {
      if (!arrived) flights->Leave(*key, *flight);
    }
    Flights* flights;
    const Key* key;
    const Ref* flight;
    bool arrived = false;
  } leaving{this, &key, &flight};
  Select(OnRecv(flight->done, [&] { leaving.arrived = true; }),
         OnRecv(ctx.Done(), [] {}));
  if (!leaving.arrived) return std::nullopt;
  return flight->result;
}

// Join returns the flight that is under way, if there is one.
Flights::Ref Flights::Join(const Key& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = flights_.find(key);
  if (found == flights_.end()) return nullptr;
  found->second->waiters++;
  return found->second;
}

Flights::Ref Flights::Start(const context::Context& ctx, const Key& key,
                            Lookup lookup) {
  auto flight = std::make_shared<Flight>();
  flight->done = MakeChan<Unit>();
  std::tie(flight->ctx, flight->cancel) =
      context::WithCancel(context::WithoutCancel(ctx));
  std::vector<Ref> over;  // of ended Runs; destroyed after the lock
  Ref other;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto [it, is_new] = flights_.emplace(key, flight);
    if (!is_new) {
      other = it->second;
      other->waiters++;
    }
    for (auto old = flights_.begin(); is_new && old != flights_.end();) {
      const bool is_over = sched::RunOver(old->first.first);
      if (is_over) over.push_back(old->second);
      old = is_over ? flights_.erase(old) : std::next(old);
    }
  }
  if (other != nullptr) {
    flight->cancel();
    return other;
  }
  Go([this, key, flight, lookup = std::move(lookup)] {
    flight->result = lookup(flight->ctx);
    Land(key, flight);
  });
  return flight;
}

// Leave is called by a waiter that has not seen the flight's end.
void Flights::Leave(const Key& key, const Ref& flight) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--flight->waiters > 0) return;
    const auto found = flights_.find(key);
    if (found != flights_.end() && found->second == flight) {
      flights_.erase(found);
    }
  }
  flight->cancel();
}

void Flights::Land(const Key& key, const Ref& flight) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = flights_.find(key);
    if (found != flights_.end() && found->second == flight) {
      flights_.erase(found);
    }
  }
  flight->cancel();
  flight->done.Close();
}

}  // namespace gosling::net
