// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Exceptions thrown from a few calls down, one inside the handler of another.

#include "tools/sigstorm/workers/thrower.h"

#include <gosling/runtime.h>

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tools/sigstorm/random.h"
#include "tools/sigstorm/workers/rest.h"

namespace sigstorm {
namespace {

// Parcel is an exception that carries its own proof.
struct Parcel {
  std::uint64_t key;
  std::vector<std::uint64_t> words;

  bool Whole(std::uint64_t expected_key) const {
    if (key != expected_key) return false;
    for (std::size_t i = 0; i < words.size(); i++) {
      if (words[i] != Mix(key + i)) return false;
    }
    return true;
  }
};

// Throw unwinds through `depth` frames that each have something to destroy.
// NOLINTNEXTLINE(misc-no-recursion): frames to unwind are what it is for.
[[gnu::noinline]] void Throw(std::uint64_t key, std::size_t size, int depth) {
  std::vector<std::uint64_t> words(size);
  for (std::size_t i = 0; i < size; i++) words[i] = Mix(key + i);
  if (depth == 0) throw Parcel{key, std::move(words)};
  Throw(key, size, depth - 1);
  // Unreached; it keeps the call above from being a tail call.
  words.clear();
}

}  // namespace

void Thrower::Start(gosling::sync::WaitGroup& group,
                    const std::atomic<bool>& stop) {
  Launch(group, [this, &stop] { Loop(stop); });
}

void Thrower::Loop(const std::atomic<bool>& stop) {
  gosling::runtime::SetName(name());
  Random random(seed_);
  Rest rest(random.Next(), 50);
  while (!stop.load(std::memory_order_relaxed)) {
    const std::uint64_t key = random.Next();
    const std::size_t size = random.Below(512);
    const int depth = static_cast<int>(random.Below(4));
    try {
      Throw(key, size, depth);
      wrong_++;
    } catch (const Parcel& outer) {
      // Goroutines that run meanwhile throw too, perhaps on this thread.
      gosling::runtime::Gosched();
      try {
        Throw(~key, size, 0);
        wrong_++;
      } catch (const Parcel& inner) {
        gosling::runtime::Gosched();
        if (!inner.Whole(~key)) wrong_++;
      }
      if (!outer.Whole(key)) wrong_++;
    }
    if (std::current_exception() != nullptr) wrong_++;
    Advance();
    rest.AfterStep();
  }
}

std::string Thrower::Mistake() const {
  if (wrong_ == 0) return "";
  return absl::StrFormat("%d wrong exceptions in %d rounds", wrong_, steps());
}

}  // namespace sigstorm
