// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Hchan: a channel from inside, for chan.cc and select.cc.
//
// Invariants, under the lock:
//   * count > 0 implies that no receiver in recvq can still be woken;
//   * count < cap implies the same of the senders in sendq;
//   * with cap == 0 at least one of the queues is empty, but for goroutines
//     that wait in a select, which may stand in both.
// "Can still be woken": a select's sudog whose goroutine another case has won
// stays in its queue until a partner or its own select takes it out.
//
// The readiness word. `ready` says in one atomic word what a send or a receive
// would meet, so that operations that must not wait can say no without the
// lock, and a select can look at all its channels before it locks any. It is
// written under the lock, each time the bits change, and its upper part counts
// these changes: the same word read twice means the same bits all the time in
// between. That is what lets a select with a default say "none of them" about
// several channels at one moment (select.cc). A bit that is not set tells the
// truth; a bit that is set may be out of date where only waiters stand behind
// it that cannot be woken any more, and an operation that follows it finds out
// under the lock and clears it.
//
// The lifetime. Every call comes through a handle, so until the call ends, or
// parks, or has let another goroutine go on, the channel is there; none touches
// it afterwards. A goroutine parked in a plain send or receive needs no
// reference: its waker has one and has finished with its sudog before, and the
// woken goroutine does not look at the channel again. A select does come back,
// to take its sudogs out of the queues that did not wake it: `selects` counts
// those sudogs, and a channel whose handles are gone is freed by the last of
// them (a timer's arming counts as one). So no operation pays for a reference.
//
// Values are moved from stack to stack after the lock is released: the parked
// side has been taken off its queue and belongs to the mover until Ready.
//
// Source: Go's runtime/chan.go. Unlike Go, no lock-free read looks at the
// queues or counts themselves.

#ifndef GOSLING_RUNTIME_CHAN_H_
#define GOSLING_RUNTIME_CHAN_H_

#include <gosling/internal/chan.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/base/optimization.h"
#include "sched/control.h"
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
    if (ABSL_PREDICT_FALSE(functions != nullptr)) {
      functions->move(to, from);
    } else {
      Copy(to, from);
    }
  }
  // MovePlain is Move of an element that is copied in an instruction or two, and
  // Relocate as well; false: it is none.
  bool MovePlain(void* to, const void* from) const {
    return ABSL_PREDICT_TRUE(functions == nullptr) && CopyPlain(to, from);
  }
  // Relocate is Move and the end of the one at `from`.
  void Relocate(void* to, void* from) const {
    if (ABSL_PREDICT_FALSE(functions != nullptr)) {
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

struct Hchan;

// CheckInside ends the program if c belongs to a bubble that the caller is not
// in; for where c->apart is not 0. `does`: what the caller does, as "sends on".
void CheckInside(const Hchan* c, const char* does);

struct Hchan : internal::ChanCore {
  sched::LightMutex lock;
  std::atomic<std::uint64_t> ready{0};  // written under lock

  // Under lock; count is written relaxed, for Len.
  std::atomic<std::size_t> count{0};  // elements in the buffer
  unsigned char* send_at = nullptr;   // where the next one goes
  unsigned char* recv_at = nullptr;   // where the oldest one is
  sched::WaitQ recvq;
  sched::WaitQ sendq;
  // Sudogs of selects and armings of a timer that will come back here.
  std::uint32_t selects = 0;
  std::uint8_t apart = 0;  // kClosed, kOwned: not as most channels are
  bool handles_gone = false;

  // Never change once the channel is in use.
  // Id of the controller that it was made under (SetOwner); 0: of none.
  std::uint32_t owner = 0;
  bool hide_buffer = false;  // Len and Cap say 0, as for timers since Go 1.23
  std::size_t cap = 0;
  unsigned char* buffer = nullptr;  // in the same allocation
  unsigned char* buffer_end = nullptr;
  Elem elem{};
  const internal::ElemOps* ops = nullptr;
  sched::Timer* timer = nullptr;  // sends here (time.cc); else null

  Hchan* free_next = nullptr;  // of those that one select has to free

  static constexpr std::uint8_t kClosed = 1;
  static constexpr std::uint8_t kOwned = 2;  // `owner` is not 0

  // SetOwner is for a channel that nobody else knows yet.
  void SetOwner(std::uint32_t controller) {
    owner = controller;
    if (controller != 0) apart |= kOwned;
  }
  bool Closed() const { return (apart & kClosed) != 0; }

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
    if (ABSL_PREDICT_FALSE(Closed())) {
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
  // no partner waits on the other side, the channel is open, there is room or a
  // value, and it is a plain one. No calls. False: it takes more than that.
  bool PutPlain(const void* value) {
    std::size_t n = Count();
    if (n >= cap || !recvq.Empty() || apart != 0) return false;
    if (!elem.MovePlain(send_at, value)) return false;
    HavePut(n);
    return true;
  }
  bool GetPlain(void* out) {
    std::size_t n = Count();
    if (n == 0 || !sendq.Empty() || apart != 0) return false;
    if (!elem.MovePlain(out, recv_at)) return false;
    recv_at = Next(recv_at);
    count.store(n - 1, std::memory_order_relaxed);
    SetReady(n != 1 ? kRecvReady | kSendReady : kSendReady);
    return true;
  }

  // Send tries to send. kDone: if partner->sudog is set, the caller unlocks and
  // then calls its Wake.
  Op Send(void* value, Partner* partner) {
    if (ABSL_PREDICT_FALSE(apart != 0)) {
      CheckInside(this, "sends on");
      if (Closed()) return Op::kClosed;
    }
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
    if (ABSL_PREDICT_FALSE(apart != 0)) CheckInside(this, "receives from");
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
    if (ABSL_PREDICT_FALSE(Closed())) return Op::kClosed;
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
      // release: pairs with the acquire of lock-free readers. A reader that
      // sees the channel drained sees what happened before Close.
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

// Who asks SendOp and RecvOp for an operation: one that waits for it, which they
// never answer with kBlocked, one that only tries, or a select that has looked
// and seen this one ready. Under a controller others may run between that look
// and the operation, so it is kBlocked then, and the select looks again.
enum class Asked : std::uint8_t { kWait, kTry, kSelect };

// SendOp and RecvOp do one operation on a channel that is not nil, from lock to
// unlock.
Op SendOp(Hchan* c, void* value, Asked asked);
Op RecvOp(Hchan* c, void* out, Asked asked);

// InitHchan sets up a channel just constructed. Its buffer has room for
// `capacity` elements. A struct derived from Hchan, as time.cc has, must come
// from ::operator new with alignment max(alignof(Hchan), ops->align) and need
// no destructor: FreeHchan frees it.
void InitHchan(Hchan* c, const internal::ElemOps* ops, std::size_t capacity,
               unsigned char* buffer);

// MindOwner tells the caller's controller of a channel that was made elsewhere.
inline void MindOwner(const Hchan* c) {
  sched::Control* control = sched::HereControl();
  if (control != nullptr && control->Id() != c->owner) {
    control->UseOutside(c->owner);
  }
}

// FreeHchan destroys what is in the buffer and frees the channel. Unpinned.
void FreeHchan(Hchan* c);

[[noreturn]] void PanicSendOnClosed();

}  // namespace gosling

#endif  // GOSLING_RUNTIME_CHAN_H_
