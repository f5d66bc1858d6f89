// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Hchan: a channel from inside, for chan.cc and select.cc.
//
// Invariants, under the lock:
//   * count > 0 implies that nobody who can still be woken stands in recvq;
//   * count < cap implies the same of sendq;
//   * with cap == 0 at least one of the queues is empty, but for goroutines
//     that wait in a select, which may stand in both.
// "Can still be woken": a select's sudog whose goroutine another case has won
// stays in its queue until somebody comes upon it.
//
// The readiness word. `ready` says in one atomic word what a send or a receive
// would meet, so that operations that must not wait can say no without the
// lock, and a select can look at all its channels before it locks any. It is
// written under the lock, each time the bits change, and its upper part counts
// these changes: the same word read twice means the same bits all the time in
// between. That is what lets a select with a default say "none of them" about
// several channels at one moment (select.cc). A bit that is not set tells the
// truth; a bit that is set may be out of date where only waiters stand behind
// it that cannot be woken any more, and whoever follows it finds out under the
// lock and clears it.
//
// Who keeps the channel alive. Every call comes through a handle, so until the
// call ends, or parks, or has let another goroutine go on, the channel is
// there; none touches it afterwards. A goroutine parked in a plain send or
// receive needs no reference: whoever wakes it has one, has finished with its
// sudog before, and the woken one does not look at the channel again. A select
// does come back, to take its sudogs out of the queues that did not wake it:
// `selects` counts those sudogs, and a channel whose handles are gone is freed
// by the last of them (a timer's arming counts as one). So no operation pays
// for a reference.
//
// Values are moved from stack to stack after the lock is released: the parked
// side has been taken off its queue and belongs to the mover until Ready.
//
// Source: Go's runtime/chan.go. Unlike Go, no lock-free read looks at the
// queues or counts themselves.

#ifndef GOSLING_RUNTIME_CHAN_H_
#define GOSLING_RUNTIME_CHAN_H_

#include <gosling/internal/chan_core.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sched/light_mutex.h"
#include "sched/proc.h"
#include "sched/sudog.h"
#include "sched/timer.h"

namespace gosling {

// Bits of the readiness word.

// A receive need not wait: a value, a sender, or closed.
inline constexpr std::uint64_t kRecvReady = 1;
// A send need not wait: room, a receiver, or closed.
inline constexpr std::uint64_t kSendReady = 2;
// Closed and empty: this word never changes again.
inline constexpr std::uint64_t kDrained = 4;
inline constexpr std::uint64_t kReadyMask = 7;

// Elem is how the elements of one channel are moved. Small: it is copied out of
// the channel before the lock is released.
struct Elem {
  const internal::ElemOps* functions;  // null: copied as bytes
  std::size_t size;                    // bytes

  // Move constructs an element at `to` out of the one at `from`, which stays to
  // be destroyed by its owner.
  void Move(void* to, void* from) const {
    if (__builtin_expect(functions != nullptr, 0)) {
      functions->move(to, from);
    } else {
      Copy(to, from);
    }
  }
  // MovePlain is Move of an element that is copied in an instruction or two, and
  // Relocate as well; false: it is none.
  bool MovePlain(void* to, const void* from) const {
    return __builtin_expect(functions == nullptr, 1) && CopyPlain(to, from);
  }
  // Relocate is Move and the end of the one at `from`.
  void Relocate(void* to, void* from) const {
    if (__builtin_expect(functions != nullptr, 0)) {
      functions->relocate(to, from);
    } else {
      Copy(to, from);
    }
  }

 private:
  void Copy(void* to, const void* from) const {
    if (!CopyPlain(to, from)) std::memcpy(to, from, size);
  }
  bool CopyPlain(void* to, const void* from) const {
    // Where a caller's object is in sight, GCC would warn of the branches that
    // are for elements of other sizes.
    asm("" : "+r"(to), "+r"(from));
    if (size == 8) {
      std::memcpy(to, from, 8);
    } else if (size == 4) {
      std::memcpy(to, from, 4);
    } else if (size == 16) {
      std::memcpy(to, from, 16);
    } else {
      return size == 0;
    }
    return true;
  }
};

// Partner is a goroutine taken off a queue, to be woken once the lock is free;
// and the move that is due before.
struct Partner {
  sched::Sudog* sudog = nullptr;
  void* to = nullptr;  // null: nothing to be moved any more
  void* from = nullptr;

  // Wake ends the other side's operation. Pinned, no lock held.
  void Wake(const Elem& elem) const {
    if (to != nullptr) elem.Move(to, from);
    sudog->success = true;
    sched::G* g = sudog->g;
    g->param = sudog;
    sched::Ready(g);
  }
};

enum class Op : std::uint8_t { kBlocked, kClosed, kDone };

struct Hchan : internal::ChanCore {
  sched::LightMutex lock;
  std::atomic<std::uint64_t> ready{0};  // written under lock

  // Under lock; count is written relaxed, for Len.
  std::atomic<std::size_t> count{0};  // elements in the buffer
  unsigned char* send_at = nullptr;   // where the next one goes
  unsigned char* recv_at = nullptr;   // where the oldest one is
  sched::WaitQ recvq;
  sched::WaitQ sendq;
  // Those who will come back here: sudogs of selects, armings of a timer.
  std::uint32_t selects = 0;
  bool closed = false;
  bool handles_gone = false;

  // Never change once the channel is in use.
  bool hide_buffer = false;  // Len and Cap say 0, as for timers since Go 1.23
  std::size_t cap = 0;
  unsigned char* buffer = nullptr;  // in the same allocation
  unsigned char* buffer_end = nullptr;
  Elem elem{};
  const internal::ElemOps* ops = nullptr;
  sched::Timer* timer = nullptr;  // sends here (time.cc); else null

  Hchan* free_next = nullptr;  // of those that one select has to free

  std::size_t Count() const { return count.load(std::memory_order_relaxed); }
  // Next is the place after `at`, around the end.
  unsigned char* Next(unsigned char* at) const {
    at += elem.size;
    return at == buffer_end ? buffer : at;
  }

  // The functions below want the lock held.

  // Publish brings the readiness word up to date. Before every Unlock that
  // follows a change.
  void Publish() {
    std::size_t n = Count();
    std::uint64_t bits = 0;
    if (__builtin_expect(closed, 0)) {
      bits = kRecvReady | kSendReady | (n == 0 ? kDrained : 0);
    } else {
      if (n != 0 || !sendq.Empty()) bits |= kRecvReady;
      if (n < cap || !recvq.Empty()) bits |= kSendReady;
    }
    SetReady(bits);
  }

  sched::Sudog* DequeueReceiver() { return Dequeue(recvq); }
  sched::Sudog* DequeueSender() { return Dequeue(sendq); }

  // Enqueue makes `s` wait in `q`, which is recvq or sendq.
  void Enqueue(sched::WaitQ& q, sched::Sudog* s) {
    if (s->is_select) selects++;
    q.Enqueue(s);
    Publish();
  }

  // PutPlain and GetPlain are Send and Recv where a buffer alone is enough:
  // nobody waits on the other side, the channel is open, there is room or a
  // value, and it is a plain one. No calls. False: it takes more than that.
  bool PutPlain(const void* value) {
    std::size_t n = Count();
    if (n >= cap || !recvq.Empty() || closed) return false;
    if (!elem.MovePlain(send_at, value)) return false;
    HavePut(n);
    return true;
  }
  bool GetPlain(void* out) {
    std::size_t n = Count();
    if (n == 0 || !sendq.Empty() || closed) return false;
    if (!elem.MovePlain(out, recv_at)) return false;
    recv_at = Next(recv_at);
    count.store(n - 1, std::memory_order_relaxed);
    SetReady(n != 1 ? kRecvReady | kSendReady : kSendReady);
    return true;
  }

  // Send tries to send. kDone: if partner->sudog is set, the caller unlocks and
  // then calls its Wake.
  Op Send(void* value, Partner* partner) {
    if (__builtin_expect(closed, 0)) return Op::kClosed;
    if (sched::Sudog* receiver = DequeueReceiver()) {
      *partner = {receiver, receiver->elem, value};
      Publish();
      return Op::kDone;
    }
    std::size_t n = Count();
    if (n < cap) {
      elem.Move(send_at, value);
      HavePut(n);
      return Op::kDone;
    }
    Publish();  // a receiver that could not be woken may have gone
    return Op::kBlocked;
  }

  // Recv tries to receive into the raw storage at `out`. As Send.
  Op Recv(void* out, Partner* partner) {
    std::size_t n = Count();
    if (n != 0) {
      unsigned char* slot = recv_at;
      elem.Relocate(out, slot);
      recv_at = Next(slot);
      if (sched::Sudog* sender = DequeueSender()) {
        // The buffer was full, so the slot just emptied is behind the last one.
        elem.Move(slot, sender->elem);
        send_at = recv_at;
        *partner = {sender, nullptr, nullptr};
        return Op::kDone;  // as full as before
      }
      count.store(n - 1, std::memory_order_relaxed);
      Publish();
      return Op::kDone;
    }
    if (sched::Sudog* sender = DequeueSender()) {
      *partner = {sender, out, sender->elem};
      Publish();
      return Op::kDone;
    }
    if (__builtin_expect(closed, 0)) return Op::kClosed;
    Publish();  // a sender that could not be woken may have gone
    return Op::kBlocked;
  }

 private:
  // HavePut notes that one more has been put behind the n that were there.
  void HavePut(std::size_t n) {
    send_at = Next(send_at);
    count.store(n + 1, std::memory_order_relaxed);
    SetReady(n + 1 < cap ? kRecvReady | kSendReady : kRecvReady);
  }

  void SetReady(std::uint64_t bits) {
    std::uint64_t word = ready.load(std::memory_order_relaxed);
    if ((word & kReadyMask) != bits) {
      // release: pairs with the acquire of lock-free readers. Whoever sees the
      // channel drained sees what happened before Close.
      ready.store((word | kReadyMask) + 1 + bits, std::memory_order_release);
    }
  }

  sched::Sudog* Dequeue(sched::WaitQ& q) {
    sched::Sudog* s = q.Dequeue();
    // The winning case's channel is the one to which its select does not
    // return.
    if (s != nullptr && s->is_select) selects--;
    return s;
  }
};

// AsHchan is the channel behind a handle's core.
inline Hchan* AsHchan(internal::ChanCore* core) {
  return static_cast<Hchan*>(core);
}

// SendOp and RecvOp do one operation on a channel that is not nil, from lock to
// unlock. With `block` they park and never return kBlocked.
Op SendOp(Hchan* c, void* value, bool block);
Op RecvOp(Hchan* c, void* out, bool block);

// InitHchan sets up a channel just constructed. Its buffer has room for
// `capacity` elements. A struct derived from Hchan, as time.cc has, must come
// from ::operator new with alignment max(alignof(Hchan), ops->align) and need
// no destructor: FreeHchan frees it.
void InitHchan(Hchan* c, const internal::ElemOps* ops, std::size_t capacity,
               unsigned char* buffer);

// FreeHchan destroys what is in the buffer and frees the channel. Unpinned.
void FreeHchan(Hchan* c);

[[noreturn]] void PanicSendOnClosed();

}  // namespace gosling

#endif  // GOSLING_RUNTIME_CHAN_H_
