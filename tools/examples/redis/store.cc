// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What is done to a key, under its shard's lock.

#include "tools/examples/redis/store.h"

#include <charconv>
#include <chrono>

#include "tools/examples/redis/number.h"

namespace examples::redis {

namespace {

Store::Time Now() { return std::chrono::steady_clock::now(); }

}  // namespace

Store::Entry* Store::Shard::Find(std::string_view key) {
  const auto at = map.find(key);
  if (at == map.end()) return nullptr;
  Entry& entry = at->second;
  if (entry.expiry != Time{} && entry.expiry <= Now()) [[unlikely]] {
    expiring.erase({entry.expiry, at->first});
    map.erase(at);
    return nullptr;
  }
  return &entry;
}

void Store::Shard::SetExpiry(std::string_view key, Entry* entry, Time expiry) {
  if (entry->expiry == expiry) return;
  if (entry->expiry != Time{}) {
    expiring.erase({entry->expiry, std::string(key)});
  }
  if (expiry != Time{}) expiring.emplace(expiry, key);
  entry->expiry = expiry;
}

bool Store::Set(std::string_view key, std::string_view value,
                const SetOptions& options) {
  Shard& shard = ShardOf(key);
  std::lock_guard lock(shard.mu);
  Entry* entry = shard.Find(key);
  if (options.when != When::kAlways &&
      (entry == nullptr) != (options.when == When::kIfAbsent)) {
    return false;
  }
  if (entry == nullptr) entry = &shard.map[std::string(key)];
  entry->value.assign(value);  // where the old one was, if there is room
  if (!options.keep_expiry) shard.SetExpiry(key, entry, options.expiry);
  return true;
}

std::pair<std::int64_t, Store::AddError> Store::Add(std::string_view key,
                                                    std::int64_t delta) {
  Shard& shard = ShardOf(key);
  std::lock_guard lock(shard.mu);
  Entry* entry = shard.Find(key);
  std::int64_t sum = 0;
  if (entry != nullptr) {
    const std::optional<std::int64_t> number = ParseNumber(entry->value);
    if (!number) return {0, AddError::kNoNumber};
    sum = *number;
  }
  if (__builtin_add_overflow(sum, delta, &sum)) {
    return {0, AddError::kOverflow};
  }
  if (entry == nullptr) entry = &shard.map[std::string(key)];
  char text[24];
  const char* end = std::to_chars(text, text + sizeof text, sum).ptr;
  entry->value.assign(text, static_cast<std::size_t>(end - text));
  return {sum, AddError::kNone};
}

bool Store::Delete(std::string_view key) {
  Shard& shard = ShardOf(key);
  std::lock_guard lock(shard.mu);
  Entry* entry = shard.Find(key);
  if (entry == nullptr) return false;
  shard.SetExpiry(key, entry, {});
  shard.map.erase(shard.map.find(key));
  return true;
}

bool Store::Exists(std::string_view key) {
  return Read(key, [](const std::string&) {});
}

bool Store::Expire(std::string_view key, Time expiry) {
  Shard& shard = ShardOf(key);
  std::lock_guard lock(shard.mu);
  Entry* entry = shard.Find(key);
  if (entry == nullptr) return false;
  shard.SetExpiry(key, entry, expiry);
  return true;
}

std::optional<Store::Time> Store::Expiry(std::string_view key) {
  Shard& shard = ShardOf(key);
  std::lock_guard lock(shard.mu);
  const Entry* entry = shard.Find(key);
  if (entry == nullptr) return std::nullopt;
  return entry->expiry;
}

void Store::Sweep() {
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mu);
    const Time now = Now();
    while (!shard.expiring.empty() && shard.expiring.begin()->first <= now) {
      shard.map.erase(shard.expiring.begin()->second);
      shard.expiring.erase(shard.expiring.begin());
    }
  }
}

std::size_t Store::Size() {
  std::size_t size = 0;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mu);
    size += shard.map.size();
  }
  return size;
}

}  // namespace examples::redis
