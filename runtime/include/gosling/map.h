// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Map: a hash map that goroutines and threads use without a lock of their own.
//
//     go::sync::Map<std::string, int> ages;
//     ages.Store("Ann", 31);
//     if (std::optional<int> age = ages.Load("Ann")) std::printf("%d\n", *age);
//     const auto [actual, loaded] = ages.LoadOrStore("Bob", 7);
//     if (loaded) std::printf("Bob was %d\n", actual);
//     ages.Range([](const std::string& name, int age) {
//       std::printf("%s: %d\n", name.c_str(), age);
//       return true;  // go on
//     });
//
// The entries stand in sixteen shards, chosen by the key's hash, each an
// RWMutex and a std::unordered_map in cache lines of their own. Readers of one
// shard do not wait for each other, and goroutines that use different shards
// have nothing to do with each other. Go's sync.Map is a trie that is read
// without any lock; its collector frees what a reader may still look at. Here a
// reader would have to announce itself in shared memory to keep what it looks
// at, and that is what the read lock does, with two atomic instructions. The
// price: readers of one shard write to the same cache line, so that a key that
// many cores read at once does not scale with them.
//
// Keys are hashed and compared, and values copied and compared, with a shard
// locked: these operations of theirs must not use the same Map. They may park.
// Destructors of keys and values that leave the Map run without a lock.
//
// Not for signal handlers. Memory ordering: a call that changes the entry of a
// key happens before each later call that sees the change.
//
// Go: sync.Map.

#ifndef GOSLING_MAP_H_
#define GOSLING_MAP_H_

#include <gosling/internal/misuse.h>
#include <gosling/sync.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gosling::sync {

// Map maps keys to values. One made by default is empty and ready for use. It is
// not copied or moved, and may be destroyed when no call on it is under way.
//
// Every call may park for the moment of another on the same shard, and throws
// what hashing, comparing, copying and allocating throws; the Map is as before
// then. Each call takes place at one moment, except Range. Go: sync.Map.
template <class K, class V, class Hash = std::hash<K>,
          class Equal = std::equal_to<K>>
class Map {
 public:
  static_assert(
      std::is_copy_constructible_v<V>,
      "Map: Load copies the value: share one that cannot be copied by "
      "std::shared_ptr");

  Map() = default;
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;

  // Load returns a copy of the key's value, or nullopt. Go: Map.Load.
  [[nodiscard]] std::optional<V> Load(const K& key) const {
    const Shard& shard = ShardOf(key);
    const std::shared_lock lock(shard.mutex);
    const auto at = shard.entries.find(key);
    if (at == shard.entries.end()) return std::nullopt;
    return at->second;
  }

  // Store sets the key's value. Go: Map.Store.
  void Store(const K& key, V value) { (void)Swap(key, std::move(value)); }

  // LoadOrStore returns the key's value and true; if there is none, it sets it
  // and returns it and false. Go: Map.LoadOrStore.
  std::pair<V, bool> LoadOrStore(const K& key, V value) {
    Shard& shard = ShardOf(key);
    if (std::optional<V> actual = Load(key)) return {*std::move(actual), true};
    const std::lock_guard lock(shard.mutex);
    const auto at = shard.entries.find(key);
    if (at != shard.entries.end()) return {at->second, true};
    std::pair<V, bool> stored(value, false);
    shard.entries.emplace(key, std::move(value));
    return stored;
  }

  // LoadAndDelete removes the key and returns the value that it had, or nullopt.
  // Go: Map.LoadAndDelete.
  std::optional<V> LoadAndDelete(const K& key) {
    Node node = Extract(key, [](const V&) { return true; });
    if (node.empty()) return std::nullopt;
    return std::move(node.mapped());
  }

  // Delete removes the key, if it is there. Go: Map.Delete.
  void Delete(const K& key) {
    Extract(key, [](const V&) { return true; });
  }

  // Swap sets the key's value and returns the one that it had, or nullopt. Go:
  // Map.Swap.
  std::optional<V> Swap(const K& key, V value) {
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    const auto at = shard.entries.find(key);
    if (at == shard.entries.end()) {
      shard.entries.emplace(key, std::move(value));
      return std::nullopt;
    }
    Exchange(at->second, value);
    return value;
  }

  // CompareAndSwap sets the key's value if it has one that is equal to `old`, and
  // says whether it did. Go: Map.CompareAndSwap.
  bool CompareAndSwap(const K& key, const V& old, V value) {
    CheckComparable();
    if constexpr (std::equality_comparable<V>) {
      Shard& shard = ShardOf(key);
      const std::lock_guard lock(shard.mutex);
      const auto at = shard.entries.find(key);
      if (at == shard.entries.end() || !(at->second == old)) return false;
      Exchange(at->second, value);  // which outlives the lock
    }
    return true;
  }

  // CompareAndDelete removes the key if its value is equal to `old`, and says
  // whether it did. Go: Map.CompareAndDelete.
  bool CompareAndDelete(const K& key, const V& old) {
    CheckComparable();
    if constexpr (std::equality_comparable<V>) {
      return !Extract(key, [&old](const V& v) { return v == old; }).empty();
    } else {
      return false;
    }
  }

  // Range calls f(key, value) for each entry, until f returns false; an f that
  // returns nothing goes on. No lock is held, so that f may use the Map. No key
  // comes twice. An entry that is stored or deleted meanwhile comes as it was at
  // some moment of the Range, or does not come. Copies a shard at a time. Go:
  // Map.Range.
  template <class F>
  void Range(F&& f) const {
    for (const Shard& shard : shards_) {
      for (const auto& [key, value] : EntriesOf(shard)) {
        if constexpr (std::is_void_v<
                          std::invoke_result_t<F&, const K&, const V&>>) {
          f(key, value);
        } else {
          if (!f(key, value)) return;
        }
      }
    }
  }

  // Clear removes all entries. Go: Map.Clear.
  void Clear() {
    std::array<Entries, kShards> removed;  // outlives the locks
    std::array<std::unique_lock<RWMutex>, kShards> locks;
    // All, in one order, and only then the first entry goes.
    for (std::size_t i = 0; i < kShards; i++) {
      locks[i] = std::unique_lock(shards_[i].mutex);
    }
    for (std::size_t i = 0; i < kShards; i++) {
      removed[i].swap(shards_[i].entries);
    }
  }

 private:
  using Entries = std::unordered_map<K, V, Hash, Equal>;
  using Node = typename Entries::node_type;

  static constexpr std::size_t kShards = 16;
  static constexpr int kShardBits = 4;

  struct alignas(64) Shard {
    mutable RWMutex mutex;
    Entries entries;  // under mutex
  };

  // A std::hash may be the number itself, and the tables use the low bits: so
  // the shard is chosen by the high ones of a product.
  static std::size_t Index(const K& key) {
    const auto hash = static_cast<std::uint64_t>(Hash()(key));
    return static_cast<std::size_t>((hash * 0x9e3779b97f4a7c15U) >>
                                    (64 - kShardBits));
  }
  Shard& ShardOf(const K& key) { return shards_[Index(key)]; }
  const Shard& ShardOf(const K& key) const { return shards_[Index(key)]; }

  static void CheckComparable() {
    static_assert(std::equality_comparable<V>,
                  "Map: the values are compared: they need an operator==");
  }

  static void Exchange(V& at, V& value) {
    static_assert(std::is_swappable_v<V>,
                  "Map: a value is replaced by swapping: it cannot be const");
    using std::swap;
    swap(at, value);
  }

  // Extract takes out the key's entry if its value meets the condition.
  template <class Condition>
  Node Extract(const K& key, Condition condition) {
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    const auto at = shard.entries.find(key);
    if (at == shard.entries.end() || !condition(at->second)) return Node();
    return shard.entries.extract(at);
  }

  static std::vector<std::pair<K, V>> EntriesOf(const Shard& shard) {
    const std::shared_lock lock(shard.mutex);
    return {shard.entries.begin(), shard.entries.end()};
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace gosling::sync

#endif  // GOSLING_MAP_H_
