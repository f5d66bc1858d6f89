// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Lookups of one name at the same time are one: a flight, which all callers wait
// for and which is cancelled when the last of them has left. Go: the
// singleflight.Group in net.Resolver, where a lookup that several wait for is
// never cancelled.

#ifndef GOSLING_RUNTIME_NET_FLIGHTS_H_
#define GOSLING_RUNTIME_NET_FLIGHTS_H_

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/ip.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gosling::net {

// Flights are those of one Resolver.
class Flights {
 public:
  using Result = std::pair<std::vector<IPAddr>, Error>;
  using Lookup = std::function<Result(const context::Context&)>;

  // Do waits for the result of the flight called `name`, which `lookup`, on a
  // goroutine of its own, has if there is none yet; nullopt: ctx has ended
  // first. The flight has ctx's values. Parks.
  std::optional<Result> Do(const context::Context& ctx, const std::string& name,
                           Lookup lookup);

 private:
  struct Flight {
    Chan<Unit> done;
    context::Context ctx;
    context::CancelFunc cancel;
    Result result;    // before done is closed
    int waiters = 1;  // under mutex_
  };
  using Ref = std::shared_ptr<Flight>;
  // A goroutine of a Run that has ended finishes nothing, so each Run (0: what
  // belongs to none) has flights of its own.
  using Key = std::pair<std::uint32_t, std::string>;

  Ref Join(const Key& key);
  Ref Start(const context::Context& ctx, const Key& key, Lookup lookup);
  void Leave(const Key& key, const Ref& flight);
  void Land(const Key& key, const Ref& flight);

  // Not sync::Mutex: its holder may be abandoned at the end of a Run, but only
  // where it calls the runtime, and under this lock nothing does.
  std::mutex mutex_;
  std::map<Key, Ref> flights_;  // under mutex_
};

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_FLIGHTS_H_
