// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/testing/bubble.h"

#include <cxxabi.h>
#include <gosling/panic.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <typeinfo>
#include <utility>

#include "absl/base/optimization.h"
#include "runtime/debug/traceback_lines.h"
#include "sched/goroutine.h"
#include "sched/netpoll.h"
#include "sched/os/fatal.h"
#include "sched/report/traceback.h"
#include "sched/report/unwind.h"
#include "sched/sched.h"
#include "sched/switch_to.h"
#include "sched/wait_reason.h"

namespace gosling::testing {

using sched::G;
using sched::GStatus;
using sched::M;
using sched::WaitReason;

namespace {

constexpr std::uint32_t kMostDecisions = 1'000'000;
// A goroutine is put aside after that many points, whatever the Decider says:
// it may wait for another one in a loop. Beyond what a program does otherwise.
constexpr std::uint32_t kMostUnchanged = 10'000;

std::atomic<std::uint32_t> last_id{0};

std::string Numbered(std::uint32_t goroutine) {
  return "goroutine " + std::to_string(goroutine);
}

// WordsOf describes the exception that is being handled.
std::string WordsOf(std::uint32_t goroutine) {
  std::string words = "panic: ";
  try {
    throw;
  } catch (const Panic& panic) {
    words += panic.what();
  } catch (const std::exception& e) {
    int status = 0;
    char* name =
        abi::__cxa_demangle(typeid(e).name(), nullptr, nullptr, &status);
    words += e.what();
    words.append(" [").append(name != nullptr ? name : typeid(e).name());
    words += "]";
    std::free(name);
  } catch (...) {
    words += "an exception that is no std::exception";
  }
  return words + " (in " + Numbered(goroutine) + " of the bubble)";
}

const char* ReasonOf(const G* g) {
  return sched::WaitReasonString(
      g->wait_reason.load(std::memory_order_relaxed));
}

WaitReason Reason(const G* g) {
  return static_cast<WaitReason>(
      g->wait_reason.load(std::memory_order_relaxed) & ~sched::kWaitSeen);
}

}  // namespace

// ---------------------------------------------------------------------------
// From outside.

void BubbleLoop::Enter(const char* caller) {
  if (Current() != nullptr) {
    throw Panic("testing: " + std::string(caller) +
                " called inside a bubble: goroutine " +
                std::to_string(sched::CurrentG()->goid) +
                " belongs to one already");
  }
  host_ = sched::EnterControl(this);
  if (patience_ > 0) watch_.Start(patience_);
}

void BubbleLoop::Leave() {
  watch_.Stop();
  sched::LeaveControl(std::exchange(host_, nullptr));
}

Failure BubbleLoop::Run(void (*f)(void*), void* arg, Decider* decider,
                        bool explain) {
  f_ = f;
  arg_ = arg;
  explain_ = explain;
  Begin(decider);
  G* g = sched::NewG(sizeof(void*), alignof(void*), nullptr);
  ::new (g->closure) BubbleLoop*(this);
  g->invoke = CallMain;
  sched::StartG(g);
  Loop();
  Close();
  return failure_;
}

void BubbleLoop::Begin(Decider* decider) {
  decider_ = decider;
  // A run's channels do not belong to the next one.
  do {
    id_ = last_id.fetch_add(1, std::memory_order_relaxed) + 1;
  } while (id_ == 0);
  last_number_ = 0;
  now_ = kBubbleStart;
  main_ended_ = closing_ = time_chosen_ = false;
  running_ = chosen_ = last_yielded_ = waiter_ = nullptr;
  unchanged_ = points_ = 0;
  faults_ = Rng(1);
  failure_ = Failure::kNone;
  words_.clear();
  exception_ = nullptr;
  steps_.clear();
  stops_.clear();
}

BubbleLoop* BubbleLoop::Current() {
  sched::Control* control = sched::HereControl();
  if (control == nullptr || control->Id() == 0) return nullptr;
  return static_cast<BubbleLoop*>(control);
}

// ---------------------------------------------------------------------------
// The loop, on g0.

void BubbleLoop::Loop() {
  while (failure_ == Failure::kNone && !(returned_ && main_ended_)) {
    Drain();
    if (time_chosen_) {
      time_chosen_ = false;
      MoveTime();
      continue;
    }
    Member* next = std::exchange(chosen_, nullptr);
    if (next == nullptr) {
      if (runnable_.empty()) {
        if (!Idle()) return;
        continue;
      }
      bool time = false;
      const bool yielded =
          last_yielded_ != nullptr && runnable_.back() == last_yielded_;
      next = Pick(yielded, &time);
      if (time) {
        MoveTime();
        continue;
      }
    }
    RunMember(next);
  }
}

bool BubbleLoop::Idle() {
  if (members_.empty()) return false;
  std::string outside;
  if (!AllDurable(&outside)) {
    if (exploring_) {
      SetFailure(Failure::kOutside,
                 "testing: " + outside +
                     ", and Explore cannot decide what happens outside of its "
                     "bubble");
      return false;
    }
    if (!news_.SleepFor(patience_ > 0 ? patience_ : -1)) {
      char seconds[32];
      std::snprintf(seconds, sizeof seconds, "%g",
                    static_cast<double>(patience_) / 1e9);
      SetFailure(Failure::kOutside, "testing: " + outside + ", and for " +
                                        seconds +
                                        " s nothing has come from outside of "
                                        "the bubble");
      return false;
    }
    return true;
  }
  if (waiter_ != nullptr) {
    sched::Ready(std::exchange(waiter_, nullptr)->g);
    return true;
  }
  if (host_->timers.Next() != 0 && !main_ended_) {
    MoveTime();
    return true;
  }
  SetFailure(main_ended_ ? Failure::kLeak : Failure::kDeadlock,
             main_ended_ ? "deadlock: main bubble goroutine has exited but "
                           "blocked goroutines remain"
                         : "deadlock: all goroutines in bubble are blocked");
  return false;
}

void BubbleLoop::MoveTime() {
  const std::int64_t next = std::max(now_, host_->timers.Next());
  if (explain_) {
    stops_.push_back(
        {0, 0, "time moves on by " + std::to_string(next - now_) + " ns", {}});
  }
  now_ = next;
  host_->timers.Run(now_);
}

bool BubbleLoop::TimeMayMove() const {
  return !main_ended_ && decider_->MovesTime() && host_->timers.Next() != 0;
}

// AllDurable says whether no goroutine waits for what another bubble, thread or
// the system may do; else `outside` says which one does.
bool BubbleLoop::AllDurable(std::string* outside) const {
  for (const auto& member : members_) {
    const WaitReason reason = Reason(member->g);
    const bool channel = reason == WaitReason::kChanReceive ||
                         reason == WaitReason::kChanSend ||
                         reason == WaitReason::kSelect;
    if (reason == WaitReason::kIOWait || (channel && member->outside)) {
      *outside =
          Numbered(member->number) + " of the bubble waits [" +
          ReasonOf(member->g) + "] for " +
          (channel ? "a channel that was made outside of it" : "a descriptor");
      return false;
    }
  }
  return true;
}

bool BubbleLoop::SomeWaitForDescriptors() const {
  return std::any_of(members_.begin(), members_.end(), [](const auto& member) {
    return member->state == State::kParked &&
           Reason(member->g) == WaitReason::kIOWait;
  });
}

void BubbleLoop::Drain() {
  std::vector<G*> woken;
  {
    sched::MutexLock l(&inbox_mu_);
    if (inbox_.empty()) return;
    news_.Clear();
    woken.swap(inbox_);
    if (!intruder_.empty()) {
      SetFailure(Failure::kOutside, std::move(intruder_));
      intruder_.clear();
    }
  }
  for (G* g : woken) Add(g);
}

// Pick takes the one that goes on off runnable_, or says that time moves.
BubbleLoop::Member* BubbleLoop::Pick(bool yielded, bool* time) {
  Decision d;
  d.kind = Decision::Kind::kNext;
  d.yielded = yielded;
  const std::uint32_t taken = Ask(&d, nullptr);
  if (d.time && taken == d.count - 1) {
    *time = true;
    return nullptr;
  }
  Member* next = runnable_[taken];
  runnable_.erase(runnable_.begin() + taken);
  NoteNext(next->number);
  return next;
}

// Ask makes a decision, if there is something to decide. `running` goes on as
// option 0.
std::uint32_t BubbleLoop::Ask(Decision* d, Member* running) {
  numbers_.clear();
  if (running != nullptr) numbers_.push_back(running->number);
  for (const Member* member : runnable_) numbers_.push_back(member->number);
  d->time = TimeMayMove();
  d->count = static_cast<std::uint32_t>(numbers_.size()) + (d->time ? 1 : 0);
  d->goroutines = numbers_.data();
  if (d->count < 2) return 0;
  std::uint32_t taken = decider_->Decide(*d);
  if (running != nullptr && taken == 0 && ++unchanged_ > kMostUnchanged) {
    taken = 1;
  }
  const bool time = d->time && taken == d->count - 1;
  if (program_) return taken;
  steps_.push_back({d->kind, taken, running != nullptr ? running->number : 0,
                    time ? 0 : numbers_[taken], d->count});
  if (exploring_ && steps_.size() >= kMostDecisions) {
    SetFailure(Failure::kEndless, "testing: no end after a million decisions");
  }
  return taken;
}

void BubbleLoop::RunMember(Member* member) {
  running_ = member;
  member->state = State::kRunning;
  unchanged_ = 0;
  watch_.Runs(member->number, member->g->goid, id_);
  sched::RunControlled(host_, member->g);
  watch_.Rests();
  running_ = nullptr;
  if (member->state == State::kEnded) End(member);
}

// End forgets a member whose goroutine is gone.
void BubbleLoop::End(Member* member) {
  NoteStop(member, "ends");
  const auto at =
      std::find_if(members_.begin(), members_.end(),
                   [member](const auto& m) { return m.get() == member; });
  std::swap(*at, members_.back());
  spare_.push_back(std::move(members_.back()));
  members_.pop_back();
}

// Close abandons the goroutines that are left, and fires the timers that are,
// since each counts as a use of what it belongs to. Of that only destructors
// can come.
void BubbleLoop::Close() {
  if (failure_ == Failure::kDeadlock || failure_ == Failure::kLeak) {
    words_ += Stacks();
  }
  closing_ = true;
  Drain();
  for (const auto& member : members_) {
    member->g->flags.fetch_or(sched::kGAbandoned, std::memory_order_relaxed);
    member->g->annotations.Abandon();
    sched::ForgetPollWaiter(member->g);
  }
  sched::scheduler.abandoned.fetch_add(members_.size(),
                                       std::memory_order_relaxed);
  std::vector<std::unique_ptr<Member>> left;
  left.swap(members_);
  runnable_.clear();
  while (host_->timers.Next() != 0) host_->timers.Run(INT64_MAX);
  while (!runnable_.empty()) {
    Member* next = runnable_.front();
    runnable_.erase(runnable_.begin());
    RunMember(next);
  }
  // A waker that has not looked at the flag yet may still come to Add.
  for (auto& member : left) spare_.push_back(std::move(member));
  network_.reset();  // none of its timers is left
}

// ---------------------------------------------------------------------------
// By goroutines of the bubble.

void BubbleLoop::CallMain(void* closure) {
  BubbleLoop* bubble = *static_cast<BubbleLoop**>(closure);
  bubble->f_(bubble->arg_);
}

// Entry is what a member runs in place of its closure.
void BubbleLoop::Entry(void* closure) {
  G* g = sched::CurrentG();
  auto* member = static_cast<Member*>(g->member);
  BubbleLoop* bubble = member->bubble;
  const auto ended = [member, bubble] {
    member->state = State::kEnded;
    if (member->number == 1) bubble->main_ended_ = true;
  };
  if (bubble->program_) {
    // What leaves it ends the program, where it was thrown. Goexit has ended it
    // by then, as far as decisions go.
    struct AtEnd {
      decltype(ended) end;
      ~AtEnd() { end(); }
    } at_end{ended};
    member->invoke(closure);
    return;
  }
  try {
    member->invoke(closure);
  } catch (...) {
    ended();
    if (sched::MustPassOn()) throw;
    bubble->exception_ = std::current_exception();
    bubble->SetFailure(Failure::kException, WordsOf(member->number));
  }
  ended();
}

void BubbleLoop::Point(G* g) {
  Member* member = static_cast<Member*>(g->member);
  watch_.Calls();
  member->outside = false;
  if (closing_ || member->state == State::kEnded) return;
  Signal();
  if (failure_ == Failure::kNone) {
    Decision d;
    const bool due = Due();
    const std::uint32_t taken = due ? 0 : Ask(&d, member);
    if (taken == 0 && !due && failure_ == Failure::kNone) return;
    NoteStop(member, "is put aside");
    if (due) {
      time_chosen_ = true;
    } else if (failure_ == Failure::kNone) {
      if (d.time && taken == d.count - 1) {
        time_chosen_ = true;
      } else {
        chosen_ = runnable_[taken - 1];
        runnable_.erase(runnable_.begin() + (taken - 1));
      }
      if (chosen_ != nullptr) NoteNext(chosen_->number);
    }
  }
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  member->state = State::kRunnable;
  runnable_.push_back(member);
  last_yielded_ = nullptr;
  sched::SwitchToG0(g);
}

void BubbleLoop::Leave(G* g, bool runnable) {
  auto* member = static_cast<Member*>(g->member);
  last_yielded_ = runnable ? member : nullptr;
  std::atomic<std::uint64_t>& count =
      runnable ? sched::controlled_yields : sched::controlled_parks;
  count.fetch_add(1, std::memory_order_relaxed);
  if (runnable) {
    NoteStop(member, "yields");
    member->state = State::kRunnable;
    runnable_.push_back(member);
  } else {
    NoteStop(member, ReasonOf(g));
    // Made runnable since its commit? Then by another thread, and it is in the
    // inbox.
    member->state = State::kParked;
  }
  sched::SwitchToG0(g);
}

void BubbleLoop::Add(G* g) {
  M* m = sched::CurrentM();
  if (ABSL_PREDICT_FALSE(m != &host_->m)) {
    std::string intruder;
    if (WokenWithin(g)) {
      const G* waker = sched::CurrentG();
      intruder =
          "testing: " + Numbered(static_cast<Member*>(g->member)->number) +
          " of bubble " + std::to_string(id_) + ", in [" + ReasonOf(g) +
          "], was woken from outside of it, by " +
          (waker->HasFlag(sched::kGForeign)
               ? "a thread"
               : "goroutine " + std::to_string(waker->goid));
    }
    sched::MutexLock l(&inbox_mu_);
    if (intruder_.empty()) intruder_ = std::move(intruder);
    AddFar(g);
    return;
  }
  if (g->HasFlag(sched::kGAbandoned)) return;
  auto* member = static_cast<Member*>(g->member);
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  member->state = State::kRunnable;
  runnable_.push_back(member);
}

// WokenWithin says whether g waits for what only the bubble's own goroutines may
// do: a Mutex that the others of the program share is none of that.
bool BubbleLoop::WokenWithin(const G* g) const {
  switch (Reason(g)) {
    case WaitReason::kSyncWaitGroupWait:
    case WaitReason::kSyncCondWait:
      return true;
    case WaitReason::kSyncMutexLock:
    case WaitReason::kSyncRWMutexLock:
    case WaitReason::kSyncRWMutexRLock:
      return exploring_;
    default:
      return false;
  }
}

void BubbleLoop::AddFar(G* g) {
  if (inbox_.empty()) news_.Wakeup();
  inbox_.push_back(g);
}

void BubbleLoop::Adopt(G* g) {
  std::unique_ptr<Member> member;
  if (!spare_.empty()) {
    member = std::move(spare_.back());
    spare_.pop_back();
  } else {
    member = std::make_unique<Member>();
  }
  *member = Member{};
  member->bubble = this;
  member->g = g;
  member->invoke = g->invoke;
  member->number = ++last_number_;
  member->host = Host();
  g->invoke = Entry;
  g->member = member.get();
  g->m = &host_->m;
  g->flags.fetch_or(sched::kGControlled, std::memory_order_relaxed);
  members_.push_back(std::move(member));
}

std::uint32_t BubbleLoop::Choose(std::uint32_t n) {
  Decision d;
  d.kind = Decision::Kind::kCase;
  d.count = n;
  const std::uint32_t taken = decider_->Decide(d);
  const std::uint32_t number = running_ != nullptr ? running_->number : 0;
  if (!program_) steps_.push_back({d.kind, taken, number, number, n});
  return taken;
}

void BubbleLoop::UseOutside(std::uint32_t owner) {
  if (running_ == nullptr) return;
  running_->outside = true;
  if (owner != 0 && !program_) {
    SetFailure(Failure::kOutside,
               "testing: " + Numbered(running_->number) + " of bubble " +
                   std::to_string(id_) +
                   " uses a channel that was made in bubble " +
                   std::to_string(owner) +
                   ", which is another one, or an earlier run");
  }
}

// Due says whether a timer of a program's is due while goroutines run.
bool BubbleLoop::Due() const {
  if (tick_ == 0) return false;
  const std::int64_t next = host_->timers.Next();
  return next != 0 && next <= now_;
}

void BubbleLoop::Signal() {
  now_ += tick_;
  if (points_++ == raise_at_ && raise_ != nullptr) raise_(raise_arg_);
}

void BubbleLoop::WaitForOthers() {
  sched::Pinned pin;
  if (waiter_ != nullptr) {
    throw Panic("testing: Wait called by " + Numbered(running_->number) +
                " of the bubble while " + Numbered(waiter_->number) +
                " is in Wait");
  }
  waiter_ = running_;
  sched::Park(pin.g(), WaitReason::kSynctestWait, [] {});
}

void BubbleLoop::Fail(std::string words) {
  SetFailure(Failure::kFail, std::move(words));
}

void BubbleLoop::SetNetwork(std::shared_ptr<internal::FakeNetwork> network) {
  network_ = std::move(network);
}

void BubbleLoop::SetHost(std::uint32_t host) {
  if (running_ != nullptr) running_->host = host;
}

std::uint32_t BubbleLoop::Fault(std::uint32_t count, double chance) {
  Decision d;
  d.kind = Decision::Kind::kFault;
  d.count = count;
  d.chance = chance;
  if (!exploring_) return faults_.Fault(d);
  const std::uint32_t taken = decider_->Decide(d);
  const std::uint32_t number = running_ != nullptr ? running_->number : 0;
  steps_.push_back({d.kind, taken, number, number, count});
  return taken;
}

// ---------------------------------------------------------------------------
// Reports.

// SetFailure keeps the first failure.
void BubbleLoop::SetFailure(Failure kind, std::string words) {
  if (failure_ != Failure::kNone) return;
  failure_ = kind;
  words_ = std::move(words);
}

void BubbleLoop::NoteStop(Member* member, const char* what) {
  if (ABSL_PREDICT_TRUE(!explain_) || closing_) return;
  Stop stop{member->number, 0, what, {}};
  if (member->state != State::kEnded) {
    sched::Frames frames;
    frames.Collect();
    for (int i = 0; i < frames.Count(); i++) stop.stack.push_back(frames.PC(i));
  }
  stops_.push_back(std::move(stop));
}

void BubbleLoop::NoteEvent(std::string what) {
  stops_.push_back({0, 0, std::move(what), {}});
}

void BubbleLoop::NoteNext(std::uint32_t next) {
  if (ABSL_PREDICT_TRUE(!explain_) || closing_) return;
  if (stops_.empty()) stops_.push_back({0, 0, {}, {}});
  stops_.back().next = next;
}

std::string BubbleLoop::Stacks() const {
  std::string text;
  const sched::Output out{[](void* arg, const char* s, std::size_t n) {
                            static_cast<std::string*>(arg)->append(s, n);
                          },
                          &text};
  for (const auto& member : members_) {
    sched::PrintSuspended(out, member->g);
  }
  return debug::AddLines(text);
}

}  // namespace gosling::testing
