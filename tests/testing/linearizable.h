// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Histories of operations, models of the objects they were made on, and the
// search that says whether a model explains a history: is there an order of the
// operations, one after the other, that gives the same results, and in which
// none comes before another that had ended when it began?
//
// The search is Wing and Gong's ("Testing and Verifying Concurrent Objects"),
// with Lowe's memo ("Testing for Linearizability"): what the operations done so
// far have made of the object, and which they are, is tried once.

#ifndef GOSLING_TESTS_TESTING_LINEARIZABLE_H_
#define GOSLING_TESTS_TESTING_LINEARIZABLE_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace gosling {

// Op is one operation as it was seen. The clock counts beginnings and ends.
struct Op {
  int what = 0;
  int argument = 0;
  int result = 0;
  std::int64_t began = 0;
  std::int64_t ended = 0;
  int key = 0;  // of a map
};

using HistoryClock = std::atomic<std::int64_t>;

// History collects the operations of one goroutine, or of several that take
// turns.
class History {
 public:
  explicit History(HistoryClock* clock) : clock_(clock) {}

  template <class F>
  int Do(int what, int argument, F&& f, int key = 0) {
    Op op{what, argument, 0, ++*clock_, 0, key};
    op.result = f();
    op.ended = ++*clock_;
    ops_.push_back(op);
    return op.result;
  }
  std::vector<Op>& ops() { return ops_; }

 private:
  HistoryClock* const clock_;
  std::vector<Op> ops_;
};

inline std::string Words(const std::vector<Op>& ops) {
  std::string words;
  for (const Op& op : ops) {
    words += " [" + std::to_string(op.began) + "-" + std::to_string(op.ended) +
             "] " + std::to_string(op.what) + "(" +
             std::to_string(op.argument) + ")=" + std::to_string(op.result);
  }
  return words;
}

// Search is one search among at most 64 operations. A Model is copied;
// Model::Apply says whether the operation can come next with that result, and
// Model::Code is a number that tells its states apart.
template <class Model>
class Search {
 public:
  explicit Search(const std::vector<Op>& ops) : ops_(ops) {
    std::sort(ops_.begin(), ops_.end(),
              [](const Op& a, const Op& b) { return a.began < b.began; });
  }

  bool Explains(const Model& model) {
    return ops_.size() <= 64 && From(0, model);
  }

 private:
  using Tried = std::pair<std::uint64_t, std::uint64_t>;
  struct Hash {
    std::size_t operator()(const Tried& t) const {
      const std::uint64_t n = t.first * 0x9e3779b97f4a7c15 + t.second;
      return static_cast<std::size_t>((n ^ (n >> 29)) * 0xbf58476d1ce4e5b9);
    }
  };

  bool From(std::uint64_t done, const Model& model) {
    std::int64_t first_end = INT64_MAX;
    bool all = true;
    for (std::size_t i = 0; i < ops_.size(); i++) {
      if ((done >> i & 1) != 0) continue;
      if (ops_[i].began > first_end) break;
      all = false;
      first_end = std::min(first_end, ops_[i].ended);
    }
    if (all) return true;
    if (!tried_.insert({done, model.Code()}).second) return false;
    for (std::size_t i = 0; i < ops_.size(); i++) {
      if (ops_[i].began > first_end) break;
      if ((done >> i & 1) != 0) continue;
      Model next = model;
      if (next.Apply(ops_[i]) && From(done | std::uint64_t{1} << i, next)) {
        return true;
      }
    }
    return false;
  }

  std::vector<Op> ops_;
  std::unordered_set<Tried, Hash> tried_;
};

template <class Model>
bool Linearizable(const std::vector<Op>& ops, const Model& model = {}) {
  return Search<Model>(ops).Explains(model);
}

// ---------------------------------------------------------------------------
// Models.

enum { kSend, kRecv, kClose };

// A channel with a buffer for `capacity` values, at most 4, each below 2^15.
struct ChanModel {
  std::size_t capacity = 2;
  std::size_t size = 0;
  std::array<std::uint16_t, 4> values{};
  bool closed = false;

  bool Apply(const Op& op) {
    switch (op.what) {
      case kSend:  // 1: sent, 0: full
        if (op.result == 0) return size == capacity;
        if (size == capacity) return false;
        values[size++] = static_cast<std::uint16_t>(op.argument);
        return true;
      case kRecv:  // the value, 0: none, -1: closed
        if (op.result == 0) return size == 0 && !closed;
        if (op.result == -1) return size == 0 && closed;
        if (size == 0 || values[0] != op.result) return false;
        std::copy(values.begin() + 1, values.end(), values.begin());
        values[--size] = 0;
        return true;
      default:
        closed = true;
        return true;
    }
  }
  std::uint64_t Code() const {
    std::uint64_t code = closed ? 1 : 0;
    for (std::size_t i = 0; i < size; i++) code = code << 15 | values[i];
    return code << 3 | size;
  }
};

enum { kLock, kUnlock, kTryLock, kRLock, kRUnlock, kTryRLock };

// A Mutex, or an RWMutex.
struct LockModel {
  bool writer = false;
  int readers = 0;

  bool Apply(const Op& op) {
    switch (op.what) {
      case kLock:
      case kTryLock:  // may fail while one waits, so a failure proves nothing
        if (op.result == 0) return true;
        if (writer || readers != 0) return false;
        writer = true;
        return true;
      case kUnlock:
        if (!writer) return false;
        writer = false;
        return true;
      case kRLock:
      case kTryRLock:
        if (op.result == 0) return true;
        if (writer) return false;
        readers++;
        return true;
      default:
        if (readers == 0) return false;
        readers--;
        return true;
    }
  }
  std::uint64_t Code() const {
    return static_cast<std::uint64_t>(readers) << 1 | (writer ? 1 : 0);
  }
};

enum { kAdd, kWait };

// A WaitGroup; Done adds -1.
struct GroupModel {
  int count = 0;

  bool Apply(const Op& op) {
    if (op.what == kWait) return count == 0;
    count += op.argument;
    return count >= 0;
  }
  std::uint64_t Code() const { return static_cast<std::uint64_t>(count); }
};

enum { kStore, kLoad, kDelete, kSwap, kLoadOrStore, kLoadAndDelete, kCompare };

// One key of a map. Values and results are above 0; 0: none.
struct MapModel {
  int value = 0;

  bool Apply(const Op& op) {
    const int former = value;
    switch (op.what) {
      case kStore:
        value = op.argument;
        return true;
      case kLoad:
        return value == op.result;
      case kDelete:
        value = 0;
        return true;
      case kSwap:
        value = op.argument;
        return former == op.result;
      case kLoadOrStore:  // what is there then
        if (value == 0) value = op.argument;
        return value == op.result;
      case kLoadAndDelete:
        value = 0;
        return former == op.result;
      default:  // CompareAndSwap of the argument with its successor
        if (value == op.argument) value++;
        return (former == op.argument) == (op.result != 0);
    }
  }
  std::uint64_t Code() const { return static_cast<std::uint64_t>(value); }
};

}  // namespace gosling

#endif  // GOSLING_TESTS_TESTING_LINEARIZABLE_H_
