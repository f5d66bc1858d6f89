// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Ring: the last events of one writer, which others may copy at any time.
//
//     the writer, event i               a reader
//
//     slot[i % n] = event               end = head
//     head = i + 1                      copy slots from end - n on
//                                       now = head
//                                       drop what lies before now - n + 1
//
// Invariant: a reader that has seen a word of event i sees head >= i afterwards.
// So an event that was being overwritten while it was copied, by event i, lies
// before now - n + 1, and is dropped; what is kept is whole. Each store is a
// release for that, which pairs with the reader's acquires: of a slot, it orders
// the writer's store of head before it; of head, the slot.
// (tests/models/trace_ring.pml)
//
// A signal handler must not write into a ring that the code it interrupts may
// be writing into: it has one of its own (recorder.h).

#ifndef GOSLING_SCHED_TRACE_RING_H_
#define GOSLING_SCHED_TRACE_RING_H_

#include <atomic>
#include <cstdint>

#include "sched/trace/event.h"

namespace gosling::sched::trace {

class Ring {
 public:
  struct Slot {
    std::atomic<std::uint64_t> time{0};
    std::atomic<std::uint64_t> what{0};
  };

  // `size` slots, a power of two, zeroed.
  void Init(Slot* slots, std::uint64_t size) {
    slots_ = slots;
    mask_ = size - 1;
  }

  // Add, by the writer.
  void Add(std::uint64_t time, std::uint64_t what) {
    const std::uint64_t i = head_.load(std::memory_order_relaxed);
    Slot& slot = slots_[i & mask_];
    slot.time.store(time, std::memory_order_release);  // see above
    slot.what.store(what, std::memory_order_release);
    head_.store(i + 1, std::memory_order_release);
  }

  std::uint64_t Head() const { return head_.load(std::memory_order_acquire); }
  std::uint64_t Size() const { return mask_ + 1; }

  // Copy gives the events from number `from` on to put(event), oldest first, as
  // far as they are still there, and returns the number after the last one. The
  // number of the first goes to *first. By any thread. put is called with events
  // that may turn out to be broken: those before *first, which the caller drops.
  template <class Put>
  std::uint64_t Copy(std::uint64_t from, std::uint64_t* first,
                     Put&& put) const {
    const std::uint64_t end = head_.load(std::memory_order_acquire);
    std::uint64_t begin = Oldest(end);
    if (begin < from) begin = from;
    for (std::uint64_t i = begin; i < end; i++) {
      const Slot& slot = slots_[i & mask_];
      Event event;
      event.time = slot.time.load(std::memory_order_acquire);
      event.what = slot.what.load(std::memory_order_acquire);
      put(i, event);
    }
    const std::uint64_t oldest = Oldest(head_.load(std::memory_order_acquire));
    *first = oldest > begin ? oldest : begin;
    return end;
  }

 private:
  // Oldest returns the first event that is whole for sure while head is `head`:
  // event `head` may be on its way into the slot of the one before that.
  std::uint64_t Oldest(std::uint64_t head) const {
    return head > mask_ ? head - mask_ : 0;
  }

  std::atomic<std::uint64_t> head_{0};
  Slot* slots_ = nullptr;
  std::uint64_t mask_ = 0;
};

}  // namespace gosling::sched::trace

#endif  // GOSLING_SCHED_TRACE_RING_H_
