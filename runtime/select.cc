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
// 3. Still none: stand in the queues of all of them, unlock, park. The partner
//    that wins the goroutine's select_done (sudog.h) does the operation of its
//    case and wakes it. Cases on one channel stand there in random order, for
//    the partner takes the first. Then leave the other queues, one lock at a
//    time: only this goroutine has any business with those sudogs any more.
//
// SelectInOrder begins with step 2, where it takes the first that is ready. With
// step 1 a value could come to a channel just looked at, then one to the next,
// which would win.
//
// Unlike Go, which shuffles the cases and takes the first that is ready under
// all locks, we count the ready ones and draw once: just as even, and nothing
// is drawn when there is no choice. (sel8ready in tools/bench/.)
//
// Source: Go's runtime/select.go.

#include <gosling/internal/chan.h>
#include <gosling/panic.h>
#include <gosling/select.h>
#include <gosling/time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "absl/base/optimization.h"
#include "absl/base/thread_annotations.h"
#include "runtime/chan.h"
#include "sched/control.h"
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
    if (sched::Control* control = sched::HereControl()) {
      sched::CurrentM()->rand_state = sched::kDrawsZero;
      return control->Choose(n);
    }
    const std::uint32_t surplus = -n % n;
    while (static_cast<std::uint32_t>(product) < surplus) {
      product = std::uint64_t{sched::FastRand()} * n;
    }
  }
  return static_cast<std::uint32_t>(product >> 32);
}

// Look notes the channel's readiness word in the case.
bool Look(CaseState& c) {
  // acquire: pairs with Publish. The second look at another channel is no older
  // than what the first has seen.
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
// stand side by side, in random order. That is also the order in which they
// queue: a channel serves the first of its queue, so of the cases that wait on
// one channel in one direction it is this order that chooses.
class LockOrder {
 public:
  explicit LockOrder(std::size_t n)
      : heap_(n > kInlineCases ? new CaseState*[n] : nullptr),
        begin_(heap_ != nullptr ? heap_.get() : inline_),
        end_(begin_) {}

  void Add(CaseState* c) {
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): new does not fail
    *end_++ = c;
  }

  // Sort: with in_order the cases of each channel stand in the order of their
  // indices.
  template <bool in_order>
  void Sort() {
    const auto before = [](const CaseState* a, const CaseState* b) {
      return std::less<>()(a->core, b->core);
    };
    if (end_ - begin_ == 2) {
      if (before(begin_[1], begin_[0])) std::swap(begin_[0], begin_[1]);
    } else {
      std::sort(begin_, end_, before);
    }
    const auto same_channel = [](const CaseState* a, const CaseState* b) {
      return a->core == b->core;
    };
    if (ABSL_PREDICT_FALSE(std::adjacent_find(begin_, end_, same_channel) !=
                           end_)) {
      ArrangeSameChannel<in_order>();
    }
  }

  std::size_t Size() const { return static_cast<std::size_t>(end_ - begin_); }
  CaseState** begin() const { return begin_; }
  CaseState** end() const { return end_; }

  // ForEachChannel calls f(first, last) for the cases of each channel.
  template <class F>
  void ForEachChannel(F&& f) const {
    for (CaseState** first = begin_; first != end_;) {
      CaseState** last = first + 1;
      while (last != end_ && (*last)->core == (*first)->core) last++;
      f(first, last);
      first = last;
    }
  }

  void LockAll() const {
    ForEachChannel([](CaseState** c, CaseState**)
                       ABSL_NO_THREAD_SAFETY_ANALYSIS {
                         AsHchan((*c)->core)->lock.Lock();
                       });
  }
  void UnlockAll() const {
    ForEachChannel([](CaseState** c, CaseState**)
                       ABSL_NO_THREAD_SAFETY_ANALYSIS {
                         AsHchan((*c)->core)->lock.Unlock();
                       });
  }

 private:
  // ArrangeSameChannel brings the cases of each channel into random order, or
  // that of their indices, and leaves a case that is listed twice in once.
  template <bool in_order>
  [[gnu::noinline]] void ArrangeSameChannel() {
    CaseState** to = begin_;
    ForEachChannel([&to](CaseState** first, CaseState** last) {
      std::sort(first, last, BeforeByIndex);
      to = std::copy(first, std::unique(first, last), to);
    });
    end_ = to;
    if constexpr (in_order) return;
    if (sched::HereControl() != nullptr) {
      ShuffleByIndex();
    } else {
      ForEachChannel(Shuffle);
    }
  }

  // ShuffleByIndex shuffles each channel's cases, that of the lowest index
  // first: which draw a channel gets does not depend on its address.
  void ShuffleByIndex() {
    for (std::int64_t done = -1;;) {
      std::int64_t lowest = -1;
      CaseState** range[2];
      ForEachChannel([&](CaseState** first, CaseState** last) {
        const std::int64_t index =
            (*std::min_element(first, last, BeforeByIndex))->index;
        if (index > done && (lowest < 0 || index < lowest)) {
          lowest = index;
          range[0] = first;
          range[1] = last;
        }
      });
      if (lowest < 0) return;
      Shuffle(range[0], range[1]);
      done = lowest;
    }
  }

  static void Shuffle(CaseState** first, CaseState** last) {
    for (auto n = static_cast<std::uint32_t>(last - first); n > 1; n--) {
      std::swap(first[n - 1], first[RandomBelow(n)]);
    }
  }
  static bool BeforeByIndex(const CaseState* a, const CaseState* b) {
    return a->index < b->index;
  }

  CaseState* inline_[kInlineCases];
  const std::unique_ptr<CaseState*[]> heap_;
  CaseState** const begin_;
  CaseState** end_;
};

// FirstReady returns the case that can go on and has the lowest index.
CaseState* FirstReady(const LockOrder& order) {
  CaseState* first = nullptr;
  for (CaseState* c : order) {
    if (Look(*c) && (first == nullptr || c->index < first->index)) first = c;
  }
  return first;
}

// ReadyAt returns the case before which, in the order of their indices, `skip`
// of those that looked ready stand. A controller's choice names a case by that:
// where the allocator has put the channels is not for the seed to decide.
[[gnu::noinline]] CaseState* ReadyAt(const LockOrder& order,
                                     std::uint32_t skip) {
  CaseState* at = nullptr;
  do {
    CaseState* next = nullptr;
    for (CaseState* c : order) {
      const bool behind = at == nullptr || c->index > at->index;
      if (behind && LookedReady(*c) &&
          (next == nullptr || c->index < next->index)) {
        next = c;
      }
    }
    at = next;
  } while (skip-- != 0);
  return at;
}

// AnyReady returns one of those that can go on, drawn at random.
CaseState* AnyReady(const LockOrder& order) {
  std::uint32_t ready = 0;
  for (CaseState* c : order) ready += Look(*c) ? 1 : 0;
  if (ready == 0) return nullptr;
  std::uint32_t skip = ready == 1 ? 0 : RandomBelow(ready);
  if (ABSL_PREDICT_FALSE(sched::HereControl() != nullptr)) {
    return ReadyAt(order, skip);
  }
  CaseState** at = order.begin();
  while (!LookedReady(**at) || skip-- != 0) at++;
  return *at;
}

// TryLocked does one of the cases that can go on, and unlocks all; or returns
// nullptr with all locked. All are locked.
template <bool in_order>
CaseState* TryLocked(const LockOrder& order, Op* op) {
  for (;;) {
    CaseState* c = in_order ? FirstReady(order) : AnyReady(order);
    if (c == nullptr) return nullptr;
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
    for (CaseState** c = first; c != last; c++) {
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

// DrawPositions chooses, for each case that is listed more than once, which of
// its places in the list is said to have been done.
[[gnu::noinline]] void DrawPositions(SelectCase* const* cases, std::size_t n) {
  for (std::size_t i = 0; i < n; i++) {
    if (cases[i] != nullptr) State(cases[i]).seen = 0;
  }
  for (std::size_t i = 0; i < n; i++) {
    if (cases[i] == nullptr) continue;
    CaseState& c = State(cases[i]);
    if (RandomBelow(static_cast<std::uint32_t>(++c.seen)) == 0) {
      c.index = static_cast<std::uint32_t>(i);
    }
  }
}

// SelectLocked is steps 2 and 3. `live` cases have a channel. Not inlined, so
// that step 1 does without its frame.
template <bool in_order>
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
  if constexpr (in_order) {
    // Of several places of one case, the first.
    for (std::size_t i = n; i-- != 0;) {
      if (cases[i] != nullptr) {
        State(cases[i]).index = static_cast<std::uint32_t>(i);
      }
    }
  }
  order.Sort<in_order>();
  if (ABSL_PREDICT_FALSE(!in_order && order.Size() != live)) {
    DrawPositions(cases, n);
  }

  CaseState* chosen = nullptr;
  Op op = Op::kDone;
  Hchan* to_free = nullptr;
  {
    sched::Pinned pin;
    if (ABSL_PREDICT_FALSE(pin.g()->HasFlag(sched::kGControlled))) {
      for (const CaseState* c : order) MindOwner(AsHchan(c->core));
    }
    order.LockAll();
    chosen = TryLocked<in_order>(order, &op);
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
        if (ABSL_PREDICT_FALSE(ch->apart != 0)) CheckInside(ch, "selects on");
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
  if (sched::HereControl() != nullptr) return false;
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
      // One choice, made where it counts.
      if (sched::HereControl() != nullptr) {
        return SelectLocked<false>(cases, n, live, otherwise);
      }
      for (std::uint32_t skip = RandomBelow(ready); skip != 0; skip--) {
        do i++;
        while (cases[i] == nullptr || !LookedReady(State(cases[i])));
      }
    }
    CaseState& c = State(cases[i]);
    Hchan* ch = AsHchan(c.core);
    Op op = Op::kClosed;
    if (c.kind == CaseKind::kSend) {
      op = SendOp(ch, c.elem, Asked::kSelect);
    } else if ((c.seen & kDrained) == 0) {
      op = RecvOp(ch, c.elem, Asked::kSelect);
    } else if (sched::HereControl() != nullptr) {
      op = Op::kBlocked;  // as Asked::kSelect has it
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
    // Under a controller others may run first, and SelectLocked looks then.
    if (unchanged && sched::HereControl() == nullptr) return {otherwise, true};
  } else if (live == 0) {
    sched::ParkForever(n == 0 ? WaitReason::kSelectNoCases
                              : WaitReason::kSelect);
  }
  return SelectLocked<false>(cases, n, live, otherwise);
}

Selected SelectGoInOrder(SelectCase* const* cases, std::size_t n) {
  int otherwise = kNone;
  std::size_t live = 0;
  for (std::size_t i = 0; i < n; i++) {
    if (cases[i] == nullptr) continue;
    CaseState& c = State(cases[i]);
    if (c.kind == CaseKind::kSpent) PanicSpentCase();
    if (c.core != nullptr) {
      live++;
    } else if (c.kind == CaseKind::kDefault) {
      if (otherwise != kNone) {
        throw Panic("reflect.Select: multiple default cases");
      }
      otherwise = static_cast<int>(i);
    }
  }
  if (live == 0) {
    if (otherwise != kNone) return {otherwise, true};
    sched::ParkForever(n == 0 ? WaitReason::kSelectNoCases
                              : WaitReason::kSelect);
  }
  return SelectLocked<true>(cases, n, live, otherwise);
}

Selected SelectGoFor(std::int64_t ns, SelectCase** cases, std::size_t n) {
  auto otherwise = OnDefault();
  const bool has_default = std::any_of(cases, cases + n, [](SelectCase* c) {
    return c != nullptr && State(c).kind == CaseKind::kDefault;
  });
  cases[n] = has_default ? nullptr : &otherwise;
  Selected chosen = SelectGo(cases, n + 1);
  if (static_cast<std::size_t>(chosen.index) == n && ns > 0) {
    auto late = OnRecv(time::After(time::Duration(ns)));
    cases[n] = &late;
    chosen = SelectGo(cases, n + 1);
  }
  return static_cast<std::size_t>(chosen.index) == n ? Selected{kNone, true}
                                                     : chosen;
}

void SelectForever() { sched::ParkForever(WaitReason::kSelectNoCases); }

void PanicSpentCase() {
  throw Panic("select: the case has sent its value already");
}

}  // namespace internal

namespace {

void CheckCount(std::span<SelectCase* const> cases) {
  if (cases.size() > kMaxCases) {
    throw Panic("reflect.Select: too many cases (max 65536)");
  }
}

int RunChosen(std::span<SelectCase* const> cases, Selected chosen) {
  SelectCase* c = cases[static_cast<std::size_t>(chosen.index)];
  State(c).run(c, chosen.ok);
  return chosen.index;
}

}  // namespace

int Select(std::span<SelectCase* const> cases) {
  CheckCount(cases);
  return RunChosen(cases, internal::SelectGo(cases.data(), cases.size()));
}

int SelectInOrder(std::span<SelectCase* const> cases) {
  CheckCount(cases);
  return RunChosen(cases,
                   internal::SelectGoInOrder(cases.data(), cases.size()));
}

int SelectFor(time::Delay d, std::span<SelectCase* const> cases) {
  CheckCount(cases);
  std::vector<SelectCase*> list(cases.begin(), cases.end());
  list.push_back(nullptr);
  const Selected chosen =
      internal::SelectGoFor(d.Nanoseconds(), list.data(), cases.size());
  return chosen.index == kNone ? kNone : RunChosen(cases, chosen);
}

}  // namespace gosling
