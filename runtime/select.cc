// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Select, in three steps, each only if the one before has not settled it.
//
// 1. Look, without a lock, at the readiness words of all channels (chan.h). If
//    some say ready, draw one of them and try that operation, which locks one
//    channel. A select that succeeds has no need to hold the others: choosing a
//    case is right if that case could go on at that moment. If none says ready
//    and there is a default, look again at all but the last; if no word has
//    changed, none was ready at the moment when the last one was looked at, and
//    the default is right. A single look would not do: a value may move from a
//    channel not yet looked at to one looked at before.
// 2. Lock all channels, in the order of their addresses, each once; draw among
//    the ready ones again.
// 3. Still none: stand in the queues of all of them, unlock, park. Whoever wins
//    the goroutine's select_done (sudog.h) does the operation of its case and
//    wakes it. Then leave the other queues, one lock at a time: nobody but this
//    goroutine has any business with those sudogs any more.
//
// Unlike Go, which shuffles the cases and takes the first that is ready under
// all locks, we count the ready ones and draw once: just as even, and nothing
// is drawn when there is no choice. (sel8ready in tools/bench/.)
//
// Source: Go's runtime/select.go.

#include <gosling/internal/chan_core.h>
#include <gosling/panic.h>
#include <gosling/select.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <span>

#include "runtime/chan.h"
#include "sched/proc.h"
#include "sched/sudog.h"
#include "sched/wait_reason.h"

namespace gosling {

using internal::CaseKind;
using internal::CaseState;
using internal::Selected;
using sched::Sudog;
using sched::WaitReason;

namespace {

constexpr std::size_t kMaxCases = 65536;  // reflect.Select's
constexpr std::size_t kInlineCases = 16;  // without allocating
constexpr int kNone = -1;

static_assert(sizeof(Sudog) <= sizeof(CaseState::waiter) &&
              alignof(Sudog) <= alignof(void*));
static_assert(static_cast<int>(CaseKind::kRecv) == kRecvReady &&
              static_cast<int>(CaseKind::kSend) == kSendReady);

CaseState& State(SelectCase* c) { return internal::SelectAccess::State(*c); }
Sudog* Waiter(CaseState& c) {
  return std::launder(reinterpret_cast<Sudog*>(c.waiter));
}

// RandomBelow draws evenly from [0, n). Lemire's method: the product's low half
// tells the few draws that would favour small numbers.
std::uint32_t RandomBelow(std::uint32_t n) {
  std::uint64_t product = std::uint64_t{sched::FastRand()} * n;
  if (static_cast<std::uint32_t>(product) < n) {
    const std::uint32_t surplus = -n % n;
    while (static_cast<std::uint32_t>(product) < surplus) {
      product = std::uint64_t{sched::FastRand()} * n;
    }
  }
  return static_cast<std::uint32_t>(product >> 32);
}

// Look notes the channel's readiness word in the case.
bool Look(CaseState& c) {
  // acquire: pairs with Publish. What the first look has seen, the second look
  // at another channel cannot be older than.
  c.seen = AsHchan(c.core)->ready.load(std::memory_order_acquire);
  return (c.seen & static_cast<std::uint64_t>(c.kind)) != 0;
}
bool LookedReady(const CaseState& c) {
  return (c.seen & static_cast<std::uint64_t>(c.kind)) != 0;
}
bool Unchanged(const CaseState& c) {
  return AsHchan(c.core)->ready.load(std::memory_order_acquire) == c.seen;
}

// Result is what SelectGo returns for the case, done or found closed.
Selected Result(const CaseState& c, std::uint32_t index, bool done) {
  if (!done && c.kind == CaseKind::kSend) PanicSendOnClosed();
  return {static_cast<int>(index), done};
}

// Cases in the order in which their channels are locked; the same channel's
// stand side by side.
class LockOrder {
 public:
  explicit LockOrder(std::size_t n)
      : heap_(n > kInlineCases ? new CaseState*[n] : nullptr),
        begin_(heap_ != nullptr ? heap_.get() : inline_),
        end_(begin_) {}

  void Add(CaseState* c) { *end_++ = c; }

  void Sort() {
    const auto before = [](const CaseState* a, const CaseState* b) {
      return std::less<>()(a->core, b->core) ||
             (a->core == b->core && std::less<>()(a, b));
    };
    if (end_ - begin_ == 2) {
      if (before(begin_[1], begin_[0])) std::swap(begin_[0], begin_[1]);
    } else {
      std::sort(begin_, end_, before);
    }
    // A case that is listed twice waits once.
    end_ = std::unique(begin_, end_);
  }

  CaseState** begin() const { return begin_; }
  CaseState** end() const { return end_; }

  // ForEachChannel calls f(first, last) for the cases of each channel.
  template <class F>
  void ForEachChannel(F&& f) const {
    for (CaseState** first = begin_; first != end_;) {
      CaseState** last = first + 1;
      while (last != end_ && (*last)->core == (*first)->core) ++last;
      f(first, last);
      first = last;
    }
  }

  void LockAll() const {
    ForEachChannel(
        [](CaseState** c, CaseState**) { AsHchan((*c)->core)->lock.Lock(); });
  }
  void UnlockAll() const {
    ForEachChannel(
        [](CaseState** c, CaseState**) { AsHchan((*c)->core)->lock.Unlock(); });
  }

 private:
  CaseState* inline_[kInlineCases];
  const std::unique_ptr<CaseState*[]> heap_;
  CaseState** const begin_;
  CaseState** end_;
};

// TryLocked does one of the cases that can go on, drawn at random, and unlocks
// all; or returns nullptr with all locked. All are locked.
CaseState* TryLocked(const LockOrder& order, Op* op) {
  for (;;) {
    std::uint32_t ready = 0;
    for (CaseState* c : order) ready += Look(*c) ? 1 : 0;
    if (ready == 0) return nullptr;
    std::uint32_t skip = ready == 1 ? 0 : RandomBelow(ready);
    CaseState** at = order.begin();
    while (!LookedReady(**at) || skip-- != 0) ++at;
    CaseState* c = *at;
    Hchan* ch = AsHchan(c->core);
    Partner partner;
    *op = c->kind == CaseKind::kRecv ? ch->Recv(c->elem, &partner)
                                     : ch->Send(c->elem, &partner);
    // That word was out of date: it is not now.
    if (*op == Op::kBlocked) continue;
    const Elem elem = ch->elem;
    order.UnlockAll();
    if (partner.sudog != nullptr) partner.Wake(elem);
    return c;
  }
}

// LeaveQueues takes all sudogs but the winner's out of their queues. Returns
// the channels that only these sudogs kept alive, linked by free_next.
Hchan* LeaveQueues(const LockOrder& order, const Sudog* won) {
  Hchan* to_free = nullptr;
  order.ForEachChannel([&](CaseState** first, CaseState** last) {
    if (last - first == 1 && Waiter(**first) == won) return;
    Hchan* ch = AsHchan((*first)->core);
    ch->lock.Lock();
    for (CaseState** c = first; c != last; ++c) {
      Sudog* s = Waiter(**c);
      if (s == won) continue;
      ((*c)->kind == CaseKind::kRecv ? ch->recvq : ch->sendq).Remove(s);
      ch->selects--;
    }
    ch->Publish();
    const bool last_to_leave = ch->selects == 0 && ch->handles_gone;
    ch->lock.Unlock();
    if (last_to_leave) {
      ch->free_next = to_free;
      to_free = ch;
    }
  });
  return to_free;
}

// SelectLocked is steps 2 and 3. `live` cases have a channel. Not inlined, so
// that step 1 does without its frame.
[[gnu::noinline]] Selected SelectLocked(SelectCase* const* cases, std::size_t n,
                                        std::size_t live, int otherwise) {
  LockOrder order(live);
  for (std::size_t i = 0; i < n; i++) {
    if (cases[i] == nullptr) continue;
    CaseState& c = State(cases[i]);
    if (c.core == nullptr) continue;
    c.index = static_cast<std::uint32_t>(i);
    order.Add(&c);
  }
  order.Sort();

  CaseState* chosen = nullptr;
  Op op = Op::kDone;
  Hchan* to_free = nullptr;
  {
    sched::Pinned pin;
    order.LockAll();
    chosen = TryLocked(order, &op);
    if (chosen == nullptr && otherwise != kNone) {
      order.UnlockAll();
    } else if (chosen == nullptr) {
      sched::G* g = pin.g();
      g->param = nullptr;
      g->select_done.store(0, std::memory_order_relaxed);
      for (CaseState* c : order) {
        auto* s = ::new (c->waiter) Sudog;
        s->g = g;
        s->elem = c->elem;
        s->owner = c;
        s->is_select = true;
        Hchan* ch = AsHchan(c->core);
        ch->Enqueue(c->kind == CaseKind::kRecv ? ch->recvq : ch->sendq, s);
      }
      sched::Park(g, WaitReason::kSelect, [&] { order.UnlockAll(); });
      const Sudog* won = g->param;
      chosen = static_cast<CaseState*>(won->owner);
      op = won->success ? Op::kDone : Op::kClosed;
      to_free = LeaveQueues(order, won);
    }
  }
  while (to_free != nullptr) {
    Hchan* ch = to_free;
    to_free = ch->free_next;
    FreeHchan(ch);
  }
  if (chosen == nullptr) return {otherwise, true};
  return Result(*chosen, chosen->index, op == Op::kDone);
}

}  // namespace

namespace internal {

// Step 1 with nothing ready, for a select whose cases are known: no more than
// that, so that taking the default calls one leaf.
bool NoneReady(const Poll* polls, std::size_t n) noexcept {
  std::uint64_t seen[kMaxPolls];
  std::size_t last = 0;
  for (std::size_t i = 0; i < n; i++) {
    if (polls[i].core == nullptr) continue;  // nil, or the default
    if (polls[i].kind == CaseKind::kSpent) return false;
    // acquire: as in Look
    seen[i] = AsHchan(polls[i].core)->ready.load(std::memory_order_acquire);
    if ((seen[i] & static_cast<std::uint64_t>(polls[i].kind)) != 0) {
      return false;
    }
    last = i;
  }
  for (std::size_t i = 0; i < last; i++) {
    if (polls[i].core == nullptr) continue;
    if (AsHchan(polls[i].core)->ready.load(std::memory_order_acquire) !=
        seen[i]) {
      return false;
    }
  }
  return true;
}

Selected SelectGo(SelectCase* const* cases, std::size_t n) {
  int otherwise = kNone;
  std::size_t live = 0;
  std::size_t last_live = 0;
  std::uint32_t ready = 0;
  int first_ready = kNone;
  for (std::size_t i = 0; i < n; i++) {
    if (cases[i] == nullptr) continue;
    CaseState& c = State(cases[i]);
    if (c.core == nullptr) {
      c.seen = 0;
      if (c.kind != CaseKind::kDefault) continue;
      if (otherwise != kNone) {
        throw Panic("reflect.Select: multiple default cases");
      }
      otherwise = static_cast<int>(i);
      continue;
    }
    if (c.kind == CaseKind::kSpent) PanicSpentCase();
    live++;
    last_live = i;
    if (Look(c) && ready++ == 0) first_ready = static_cast<int>(i);
  }

  if (ready != 0) {
    auto i = static_cast<std::size_t>(first_ready);
    if (ready > 1) {
      for (std::uint32_t skip = RandomBelow(ready); skip != 0; skip--) {
        do i++;
        while (cases[i] == nullptr || !LookedReady(State(cases[i])));
      }
    }
    CaseState& c = State(cases[i]);
    Hchan* ch = AsHchan(c.core);
    Op op = Op::kClosed;
    if (c.kind == CaseKind::kSend) {
      op = SendOp(ch, c.elem, false);
    } else if ((c.seen & kDrained) == 0) {
      op = RecvOp(ch, c.elem, false);
    }
    if (op != Op::kBlocked) {
      return Result(c, static_cast<std::uint32_t>(i), op == Op::kDone);
    }
  } else if (otherwise != kNone) {
    bool unchanged = true;
    for (std::size_t i = 0; i < last_live; i++) {
      if (cases[i] == nullptr || State(cases[i]).core == nullptr) continue;
      unchanged = unchanged && Unchanged(State(cases[i]));
    }
    if (unchanged) return {otherwise, true};
  } else if (live == 0) {
    sched::ParkForever(n == 0 ? WaitReason::kSelectNoCases
                              : WaitReason::kSelect);
  }
  return SelectLocked(cases, n, live, otherwise);
}

void SelectForever() { sched::ParkForever(WaitReason::kSelectNoCases); }

void PanicSpentCase() {
  throw Panic("select: the case has sent its value already");
}

}  // namespace internal

int Select(std::span<SelectCase* const> cases) {
  if (cases.size() > kMaxCases) {
    throw Panic("reflect.Select: too many cases (max 65536)");
  }
  const Selected chosen = internal::SelectGo(cases.data(), cases.size());
  SelectCase* c = cases[static_cast<std::size_t>(chosen.index)];
  State(c).run(c, chosen.ok);
  return chosen.index;
}

}  // namespace gosling
