// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Keys and their values, in maps that each have a lock.
//
// (The other way would be one goroutine that owns a single map and is sent each
// batch of commands over a channel: no lock, but two switches a batch, and one
// processor for all of it. The two were not measured against each other.)
//
// Invariant: a key whose time is over is never seen. A caller that meets one
// erases it; Sweep does for those that none asks for.

#ifndef TOOLS_EXAMPLES_REDIS_STORE_H_
#define TOOLS_EXAMPLES_REDIS_STORE_H_

#include <gosling/sync.h>
#include <gosling/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tools/examples/redis/text_map.h"

namespace examples::redis {

class Store {
 public:
  using Time = gosling::time::Time;

  // Read calls f with the value and says whether there is one. f holds up others
  // meanwhile, and must not park.
  template <class F>
  bool Read(std::string_view key, F&& f) {
    Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mu);
    const Entry* entry = shard.Find(key);
    if (entry == nullptr) return false;
    f(entry->value);
    return true;
  }

  enum class When { kAlways, kIfAbsent, kIfPresent };
  struct SetOptions {
    When when = When::kAlways;
    bool keep_expiry = false;
    Time expiry = {};  // none
  };
  // Set says whether it has set the key.
  bool Set(std::string_view key, std::string_view value,
           const SetOptions& options);

  // Add adds to a value that is a number; an absent one counts as 0. It returns
  // the sum, or why there is none.
  enum class AddError { kNone, kNoNumber, kOverflow };
  std::pair<std::int64_t, AddError> Add(std::string_view key,
                                        std::int64_t delta);

  // Delete, Exists and Expire say whether the key was there.
  bool Delete(std::string_view key);
  bool Exists(std::string_view key);
  bool Expire(std::string_view key, Time expiry);

  // Expiry returns nothing if there is no such key, Time{} if it has no end.
  std::optional<Time> Expiry(std::string_view key);

  // Sweep erases what is over.
  void Sweep();

  std::size_t Size();

 private:
  struct Entry {
    std::string value;
    Time expiry = {};
  };
  // One does not share a cache line with the next.
  struct alignas(64) Shard {
    Entry* Find(std::string_view key);
    void SetExpiry(std::string_view key, Entry* entry, Time expiry);

    gosling::sync::Mutex mu;
    TextMap<Entry> map;  // under mu
    std::set<std::pair<Time, std::string>>
        expiring;  // under mu: those with one
  };
  static constexpr std::size_t kShards = 64;

  Shard& ShardOf(std::string_view key) {
    return shards_[TextHash()(key) % kShards];
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace examples::redis

#endif  // TOOLS_EXAMPLES_REDIS_STORE_H_
