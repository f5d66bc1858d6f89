// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// InfoRing: the queue between the handlers of one signal and the receiver, for
// signals that a channel wants one by one, with sender and payload.
//
// Bounded, in memory taken beforehand, any number of pushing threads (signal
// handlers), one popping thread at a time. No lock: a pusher claims a position
// by compare-and-swap and publishes its cell by a store.
//
// Position p uses cell p % kCapacity, in lap p / kCapacity. A cell's `turn`
// says whose it is, and only its owner touches the rest:
//
//     2 * lap        the pusher's that has claimed position p of this lap
//     2 * lap + 1    full: the popper's
//     2 * lap + 2    empty, for the next lap
//
// A handler that has claimed a cell and lost its processor before publishing it
// holds up the cells behind it, though no other pusher. That is why a pusher
// announces its cell (SigQueue's news) after publishing it: the popper stops at
// an unpublished cell, and comes back for the announcement.
//
// Zeroed memory is an empty ring. It lies in a mapping of its own, which is
// backed as far as it has been used.
//
// Source: the turns are those of D. Vyukov's bounded queue.

#ifndef GOSLING_SIGNALS_INFO_RING_H_
#define GOSLING_SIGNALS_INFO_RING_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>

namespace gosling::signals {

// Info is what SignalInfo carries besides the signal.
struct Info {
  std::int32_t code = 0;
  pid_t pid = 0;
  uid_t uid = 0;
  std::uint32_t when = 0;  // Stamp; 0: not measured
  std::int64_t value = 0;
};

class InfoRing {
 public:
  // A burst that the receiver has no time for may be this long: a processor's
  // whole time slice of signals (about 3 ms of one every microsecond or two).
  static constexpr std::uint64_t kCapacity = 8192;

  // Push appends, unless the ring is full. Async-signal-safe.
  bool Push(const Info& info) {
    std::uint64_t position = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[position % kCapacity];
      // acquire: pairs with Pop's release, which is done reading the cell.
      const std::uint64_t turn = cell.turn.load(std::memory_order_acquire);
      const std::uint64_t mine = position / kCapacity * 2;
      if (turn == mine) {
        if (tail_.compare_exchange_weak(position, position + 1,
                                        std::memory_order_relaxed)) {
          cell.info = info;
          // release: publishes the cell to Pop's acquire.
          cell.turn.store(mine + 1, std::memory_order_release);
          return true;
        }
      } else if (turn < mine) {
        return false;  // the cell still holds the lap before
      } else {
        position = tail_.load(std::memory_order_relaxed);
      }
    }
  }

  // Pop removes the oldest. False: there is none, or it is not published yet.
  // One thread at a time.
  bool Pop(Info* info) {
    const std::uint64_t position = head_.load(std::memory_order_relaxed);
    Cell& cell = cells_[position % kCapacity];
    const std::uint64_t full = position / kCapacity * 2 + 1;
    if (cell.turn.load(std::memory_order_acquire) != full) return false;
    *info = cell.info;
    cell.turn.store(full + 1, std::memory_order_release);
    head_.store(position + 1, std::memory_order_relaxed);
    return true;
  }

  // Size returns how many positions are claimed and not popped: exact for the
  // thread that pops, as far as its pushers have stopped.
  std::uint64_t Size() const {
    return tail_.load(std::memory_order_relaxed) -
           head_.load(std::memory_order_relaxed);
  }

 private:
  struct Cell {
    std::atomic<std::uint64_t> turn;
    Info info;
  };

  alignas(64) std::atomic<std::uint64_t> tail_;  // next position to push
  alignas(64) std::atomic<std::uint64_t> head_;  // next to pop; popper's
  alignas(64) Cell cells_[kCapacity];
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(InfoRing) == 128 + InfoRing::kCapacity * 32);

}  // namespace gosling::signals

#endif  // GOSLING_SIGNALS_INFO_RING_H_
