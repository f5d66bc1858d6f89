// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Channels: making and freeing them, send, receive, close. The invariants head
// runtime/chan.h, the promises to programs <gosling/chan.h>.
//
// Source: Go's runtime/chan.go.

#include "runtime/chan.h"

#include <gosling/internal/chan.h>
#include <gosling/panic.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>

#include "absl/base/thread_annotations.h"
#include "sched/control.h"
#include "sched/proc.h"
#include "sched/sudog.h"
#include "sched/timer.h"
#include "sched/wait_reason.h"

namespace gosling {

using sched::G;
using sched::ParkForever;
using sched::ParkUnlock;
using sched::Pinned;
using sched::Sudog;
using sched::WaitReason;

namespace {

// Go's maxAlloc: more than any process can have.
constexpr std::size_t kMaxAlloc = std::size_t{1}
                                  << (sizeof(void*) == 8 ? 48 : 31);

// One allocation: the channel, then its buffer, aligned as the elements want.
std::size_t BufferOffset(const internal::ElemOps& ops) {
  return (sizeof(Hchan) + ops.align - 1) & ~(ops.align - 1);
}
std::align_val_t Alignment(const internal::ElemOps& ops) {
  return std::align_val_t{std::max(ops.align, alignof(Hchan))};
}

// SendLocked and RecvLocked do what a buffer alone could not, and unlock and
// unpin; SendSlow and RecvSlow pin and lock as well. Not inlined: SendOp and
// RecvOp are then leaves.
[[gnu::noinline]] Op SendLocked(Hchan* c, void* value, Asked asked, G* g)
    ABSL_UNLOCK_FUNCTION(c->lock) {
  Partner receiver;
  Op op = c->Send(value, &receiver);
  if (op == Op::kBlocked && asked == Asked::kWait) {
    Sudog self;
    self.g = g;
    self.elem = value;
    c->Enqueue(c->sendq, &self);
    ParkUnlock(g, WaitReason::kChanSend, c->lock);
    // `c` may be gone. The value has been moved away, or close woke us.
    op = self.success ? Op::kDone : Op::kClosed;
  } else {
    const Elem elem = c->elem;
    c->lock.Unlock();
    if (receiver.sudog != nullptr) receiver.Wake(elem);
  }
  sched::Unpin();
  return op;
}

[[gnu::noinline]] Op RecvLocked(Hchan* c, void* out, Asked asked, G* g)
    ABSL_UNLOCK_FUNCTION(c->lock) {
  Partner sender;
  Op op = c->Recv(out, &sender);
  if (op == Op::kBlocked && asked == Asked::kWait) {
    Sudog self;
    self.g = g;
    self.elem = out;
    c->Enqueue(c->recvq, &self);
    ParkUnlock(g, WaitReason::kChanReceive, c->lock);
    // `c` may be gone. The value is at `out`, or close woke us.
    op = self.success ? Op::kDone : Op::kClosed;
  } else {
    const Elem elem = c->elem;
    c->lock.Unlock();
    if (sender.sudog != nullptr) sender.Wake(elem);
  }
  sched::Unpin();
  return op;
}

[[gnu::noinline]] Op SendSlow(Hchan* c, void* value, Asked asked) {
  if (asked == Asked::kSelect && sched::HereControl() != nullptr) {
    return Op::kBlocked;
  }
  G* g = sched::Pin();
  MindOwner(c);
  c->lock.Lock();
  return SendLocked(c, value, asked, g);
}

[[gnu::noinline]] Op RecvSlow(Hchan* c, void* out, Asked asked) {
  if (asked == Asked::kSelect && sched::HereControl() != nullptr) {
    return Op::kBlocked;
  }
  G* g = sched::Pin();
  MindOwner(c);
  c->lock.Lock();
  return RecvLocked(c, out, asked, g);
}

}  // namespace

Op SendOp(Hchan* c, void* value, Asked asked) {
  sched::M* m = sched::CurrentM();
  if (!sched::TryPin(m)) return SendSlow(c, value, asked);
  if (!c->lock.TryLock()) {
    sched::Unpin();
    return SendSlow(c, value, asked);
  }
  if (!c->PutPlain(value)) return SendLocked(c, value, asked, m->curg);
  c->lock.Unlock();
  sched::Unpin();
  return Op::kDone;
}

Op RecvOp(Hchan* c, void* out, Asked asked) {
  sched::M* m = sched::CurrentM();
  if (!sched::TryPin(m)) return RecvSlow(c, out, asked);
  if (!c->lock.TryLock()) {
    sched::Unpin();
    return RecvSlow(c, out, asked);
  }
  if (!c->GetPlain(out)) return RecvLocked(c, out, asked, m->curg);
  c->lock.Unlock();
  sched::Unpin();
  return Op::kDone;
}

void InitHchan(Hchan* c, const internal::ElemOps* ops, std::size_t capacity,
               unsigned char* buffer) {
  c->elem = {ops->move != nullptr ? ops : nullptr, ops->size};
  c->ops = ops;
  c->cap = capacity;
  c->buffer = c->send_at = c->recv_at = buffer;
  c->buffer_end = buffer + capacity * ops->size;
  if (capacity != 0) c->ready.store(kSendReady, std::memory_order_relaxed);
}

void FreeHchan(Hchan* c) {
  const internal::ElemOps& ops = *c->ops;
  if (ops.destroy != nullptr) {
    for (std::size_t n = c->Count(); n != 0; n--) {
      ops.destroy(c->recv_at);
      c->recv_at = c->Next(c->recv_at);
    }
  }
  c->~Hchan();
  ::operator delete(static_cast<void*>(c), Alignment(ops));
}

void CheckInside(const Hchan* c, const char* does) {
  sched::CheckInside(c->owner, does, "a channel");
}

void PanicSendOnClosed() { throw Panic("send on closed channel"); }

namespace internal {

ChanCore* NewChan(const ElemOps* ops, std::size_t capacity) {
  const std::size_t offset = BufferOffset(*ops);
  // A buffer of elements without size has no bytes, but Go's int still limits
  // their number.
  if (capacity > std::numeric_limits<std::ptrdiff_t>::max() ||
      (ops->size != 0 && capacity > (kMaxAlloc - offset) / ops->size)) {
    throw Panic("makechan: size out of range");
  }
  const std::size_t bytes = ops->size * capacity;
  void* memory = ::operator new(offset + bytes, Alignment(*ops), std::nothrow);
  if (memory == nullptr) {
    throw Panic(bytes != 0 ? "makechan: size out of range"
                           : "makechan: out of memory");
  }
  auto* c = ::new (memory) Hchan;
  InitHchan(c, ops, capacity, static_cast<unsigned char*>(memory) + offset);
  c->SetOwner(sched::ControlId());
  return c;
}

void DropChan(ChanCore* core) noexcept {
  Hchan* c = AsHchan(core);
  // Pinned for a timer only: where there is none, this thread may be at its
  // end, too late to be given an M.
  const bool pin = c->timer != nullptr;
  if (pin) sched::Pin();
  c->lock.Lock();
  c->handles_gone = true;
  // No receiver can come any more. If the timer is firing just now, that fire
  // is the one to come back.
  if (pin && sched::TimerStop(c->timer)) c->selects--;
  const bool last = c->selects == 0;
  c->lock.Unlock();
  if (pin) sched::Unpin();
  if (last) FreeHchan(c);
}

void ChanSend(ChanCore* core, void* value) {
  if (core == nullptr) ParkForever(WaitReason::kChanSendNilChan);
  if (SendOp(AsHchan(core), value, Asked::kWait) == Op::kClosed)
    PanicSendOnClosed();
}

bool ChanRecv(ChanCore* core, void* out) {
  if (core == nullptr) ParkForever(WaitReason::kChanReceiveNilChan);
  Hchan* c = AsHchan(core);
  // acquire: pairs with Publish in ChanClose or in the receive that emptied it.
  if ((c->ready.load(std::memory_order_acquire) & kDrained) != 0) return false;
  return RecvOp(c, out, Asked::kWait) == Op::kDone;
}

bool ChanTrySend(ChanCore* core, void* value) {
  if (core == nullptr) return false;
  Hchan* c = AsHchan(core);
  // Under a controller others may run first, and SendOp looks then.
  if ((c->ready.load(std::memory_order_relaxed) & kSendReady) == 0 &&
      sched::HereControl() == nullptr) {
    return false;
  }
  switch (SendOp(c, value, Asked::kTry)) {
    case Op::kBlocked:
      return false;
    case Op::kClosed:
      PanicSendOnClosed();
    case Op::kDone:
      return true;
  }
  return false;
}

TryResult ChanTryRecv(ChanCore* core, void* out) {
  if (core == nullptr) return TryResult::kWouldBlock;
  Hchan* c = AsHchan(core);
  // acquire: as in ChanRecv.
  const std::uint64_t ready = c->ready.load(std::memory_order_acquire);
  // As in ChanTrySend.
  if ((ready & kRecvReady) == 0 && sched::HereControl() == nullptr) {
    return TryResult::kWouldBlock;
  }
  if ((ready & kDrained) != 0) return TryResult::kClosed;
  switch (RecvOp(c, out, Asked::kTry)) {
    case Op::kBlocked:
      return TryResult::kWouldBlock;
    case Op::kClosed:
      return TryResult::kClosed;
    case Op::kDone:
      return TryResult::kDone;
  }
  return TryResult::kWouldBlock;
}

void ChanClose(ChanCore* core) {
  if (core == nullptr) throw Panic("close of nil channel");
  Hchan* c = AsHchan(core);
  bool twice = false;
  {
    Pinned pin;
    c->lock.Lock();
    const std::uint8_t before = c->apart;
    c->apart |= Hchan::kClosed;
    if (ABSL_PREDICT_FALSE(before != 0)) {
      if (sched::ControlLives(c->owner)) CheckInside(c, "closes");
      twice = (before & Hchan::kClosed) != 0;
    }
    // The waiters, the last one first: in this order Go makes them run.
    Sudog* waiters = nullptr;
    while (Sudog* s = c->DequeueReceiver()) {
      s->next = waiters;
      waiters = s;
    }
    while (Sudog* s = c->DequeueSender()) {
      s->next = waiters;
      waiters = s;
    }
    c->Publish();
    c->lock.Unlock();
    while (waiters != nullptr) {
      Sudog* s = waiters;
      waiters = s->next;  // Ready ends the sudog
      G* g = s->g;
      g->param = s;  // unsuccessful
      sched::Ready(g);
    }
  }
  if (twice) throw Panic("close of closed channel");
}

std::size_t ChanLen(const ChanCore* core) noexcept {
  if (core == nullptr) return 0;
  const auto* c = static_cast<const Hchan*>(core);
  return c->hide_buffer ? 0 : c->Count();
}

std::size_t ChanCap(const ChanCore* core) noexcept {
  if (core == nullptr) return 0;
  const auto* c = static_cast<const Hchan*>(core);
  return c->hide_buffer ? 0 : c->cap;
}

std::uint32_t ChanOwner(const ChanCore* core) noexcept {
  return core == nullptr ? 0 : static_cast<const Hchan*>(core)->owner;
}

}  // namespace internal
}  // namespace gosling
