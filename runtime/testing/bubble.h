// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// BubbleLoop: goroutines that run one at a time, on the thread of their bubble's
// caller, with a clock of their own.
//
// The loop is g0 of a ControlHost, on the caller's stack. It picks a runnable
// goroutine and jumps to it; the goroutine jumps back when it parks, yields or
// ends, or when the Decider puts it aside at a runtime call (Point). Which one
// is picked, whether one is put aside, which case a select takes and whether
// time moves early: all of it is asked of the Decider, in an order that depends
// on its answers alone. So the list of these answers is the schedule.
//
// Invariant: a member is in runnable_ exactly while its state is kRunnable, and
// at most one is kRunning. Other threads see inbox_ only.
//
// Why on one thread, by the side of the scheduler: there is nothing to be kept
// in step then, no lock is ever contended, and a run costs a few microseconds.
// Waiters of one object are woken in the order in which they came, as ever:
// that order is not a decision, though the order in which they come is.
//
// A goroutine that is left over when the bubble ends is abandoned, as those of
// a Run are (sched/run.h).

#ifndef GOSLING_RUNTIME_TESTING_BUBBLE_H_
#define GOSLING_RUNTIME_TESTING_BUBBLE_H_

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "runtime/testing/decider.h"
#include "runtime/testing/watch.h"
#include "sched/control.h"
#include "sched/os/mutex.h"
#include "sched/os/note.h"

namespace gosling::internal {
class FakeNetwork;
}

namespace gosling::testing {

// Midnight UTC of 2000-01-01, in nanoseconds of both clocks.
inline constexpr std::int64_t kBubbleStart = 946'684'800'000'000'000;

// How a run has failed.
enum class Failure : std::uint8_t {
  kNone,
  kException,
  kFail,
  kDeadlock,
  kLeak,
  kOutside,
  kEndless,
};

// Step is one decision, with what it was about.
struct Step {
  Decision::Kind kind;
  std::uint32_t taken;
  std::uint32_t from;   // the goroutine that ran last; 0: none
  std::uint32_t to;     // that goes on; 0: time moves
  std::uint32_t count;  // of options
};

// Stop is where a goroutine stood when another one went on.
struct Stop {
  std::uint32_t goroutine;  // 0: none, time has moved
  std::uint32_t next;       // that goes on; 0: none does at once
  std::string what;         // why it stopped
  std::vector<std::uintptr_t> stack;
};

class BubbleLoop : public sched::Control {
 public:
  // Enter turns the calling thread over to this bubble, Leave back. Throws Panic
  // in a bubble.
  void Enter(const char* caller);
  void Leave();

  // Run runs f(arg) as the main goroutine, and everything that it starts, until
  // all have ended or one has failed. Between Enter and Leave. `explain`: with
  // stops().
  Failure Run(void (*f)(void*), void* arg, Decider* decider,
              bool explain = false);

  // Of the last run.
  const std::string& words() const { return words_; }
  const std::exception_ptr& exception() const { return exception_; }
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<Stop>& stops() const { return stops_; }
  std::uint32_t points() const { return points_; }

  // SetPatience says for how many nanoseconds of real time a goroutine may run
  // without a call, and the bubble wait for what is outside; 0: for ever. Before
  // Enter.
  void SetPatience(std::int64_t patience) { patience_ = patience; }

  // SetRealNetwork has net use the system's network inside. Before Enter.
  void SetRealNetwork(bool real) { real_network_ = real; }

  // Explores: waits for what is outside are errors, and so are endless runs.
  void SetExploring() { exploring_ = true; }
  // RaiseAt has `hook` called at the scheduling point of that number.
  void RaiseAt(std::uint32_t point, void (*hook)(void*), void* arg) {
    raise_at_ = point;
    raise_ = hook;
    raise_arg_ = arg;
  }

  // Current is the bubble that the caller is in, or null.
  static BubbleLoop* Current();

  // By goroutines of the bubble.
  void WaitForOthers();
  void Fail(std::string words);

  // The bubble's network (runtime/net/fake/network.h), which makes itself when it
  // is first asked for; it ends with the run.
  bool HasRealNetwork() const { return real_network_; }
  const std::shared_ptr<internal::FakeNetwork>& network() const {
    return network_;
  }
  void SetNetwork(std::shared_ptr<internal::FakeNetwork> network);
  // The host on which the running goroutine is; 0 for timers. A goroutine is on
  // that of the one which starts it.
  std::uint32_t Host() const {
    return running_ != nullptr ? running_->host : 0;
  }
  void SetHost(std::uint32_t host);
  // Fault decides what the network does: 0, or with probability `chance` one of
  // the others below `count`. From SeedFaults' seed, or Explore's.
  std::uint32_t Fault(std::uint32_t count, double chance);
  void SeedFaults(std::uint64_t seed) { faults_ = Rng(seed); }
  // NoteEvent has a line in the schedule, if it is to be explained.
  bool Explains() const { return explain_ && !closing_; }
  void NoteEvent(std::string what);

  // Control.
  void Point(sched::G* g) override;
  void Leave(sched::G* g, bool runnable) override;
  void Add(sched::G* g) override;
  void Adopt(sched::G* g) override;
  std::uint32_t Choose(std::uint32_t n) override;
  std::int64_t Now() override { return now_; }
  sched::TimerHeap& Timers() override { return host_->timers; }
  std::uint32_t Id() override { return id_; }
  void UseOutside(std::uint32_t owner) override;
  bool Closing() override { return closing_; }

 protected:
  enum class State : std::uint8_t {
    kNew,
    kRunnable,
    kRunning,
    kParked,
    kEnded
  };
  struct Member {
    BubbleLoop* bubble = nullptr;
    sched::G* g = nullptr;
    void (*invoke)(void*) = nullptr;  // the closure's own
    std::uint32_t number = 0;         // 1: the main goroutine
    State state = State::kNew;
    bool outside = false;    // its operation is on what does not belong here
    std::uint32_t host = 0;  // of the network's
  };

  // Begin is the start of a run, Loop the run, and Close its end.
  void Begin(Decider* decider);
  void Loop();
  void Close();
  // Idle is called when no goroutine can run. False: the run is over.
  virtual bool Idle();
  void MoveTime();
  bool SomeWaitForDescriptors() const;
  void AddFar(sched::G* g) ABSL_EXCLUSIVE_LOCKS_REQUIRED(inbox_mu_);

  sched::ControlHost* host_ = nullptr;
  bool program_ = false;   // a ProgramLoop's
  bool returned_ = false;  // its main function has
  std::int64_t now_ = kBubbleStart;
  std::int64_t tick_ = 0;  // what a scheduling point takes

  sched::Mutex inbox_mu_;
  std::vector<sched::G*> inbox_
      ABSL_GUARDED_BY(inbox_mu_);  // woken from outside
  // Of the first one that has woken what waits for the bubble's own.
  std::string intruder_ ABSL_GUARDED_BY(inbox_mu_);
  sched::FutexNote news_;  // woken while inbox_ is not empty

 private:
  static void Entry(void* closure);
  static void CallMain(void* closure);

  void RunMember(Member* member);
  void End(Member* member);
  void Drain();
  bool WokenWithin(const sched::G* g) const;
  bool AllDurable(std::string* outside) const;
  bool TimeMayMove() const;
  Member* Pick(bool yielded, bool* time);
  std::uint32_t Ask(Decision* d, Member* running);
  bool Due() const;
  void Signal();
  void SetFailure(Failure kind, std::string words);
  void NoteStop(Member* member, const char* what);
  void NoteNext(std::uint32_t next);
  std::string Stacks() const;

  Decider* decider_ = nullptr;
  void (*f_)(void*) = nullptr;
  void* arg_ = nullptr;
  std::uint32_t id_ = 0;
  std::int64_t patience_ = 0;
  Watch watch_;
  bool exploring_ = false;
  bool explain_ = false;

  std::vector<std::unique_ptr<Member>> members_;  // that have not ended
  std::vector<std::unique_ptr<Member>> spare_;
  std::vector<Member*> runnable_;  // the longest first
  Member* running_ = nullptr;
  Member* chosen_ = nullptr;  // by Point, for the loop
  bool time_chosen_ = false;  // likewise
  Member* last_yielded_ = nullptr;
  Member* waiter_ = nullptr;  // in Wait
  std::uint32_t last_number_ = 0;
  bool main_ended_ = false;
  bool closing_ = false;
  std::uint32_t unchanged_ = 0;  // points since another goroutine ran
  std::uint32_t points_ = 0;
  std::uint32_t raise_at_ = UINT32_MAX;
  void (*raise_)(void*) = nullptr;
  void* raise_arg_ = nullptr;

  bool real_network_ = false;
  std::shared_ptr<internal::FakeNetwork> network_;
  Rng faults_{1};

  Failure failure_ = Failure::kNone;
  std::string words_;
  std::exception_ptr exception_;
  std::vector<Step> steps_;
  std::vector<Stop> stops_;
  std::vector<std::uint32_t> numbers_;  // Ask's
};

}  // namespace gosling::testing

#endif  // GOSLING_RUNTIME_TESTING_BUBBLE_H_
