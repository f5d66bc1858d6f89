// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// ProgramLoop: a whole Run under one schedule, which a seed decides
// (GOSLING_SCHED=deterministic:SEED). The same program with the same seed does
// the same.
//
// It is the loop of a bubble, on the thread that has called Run, without the
// bubble: what is made inside belongs to the program, an exception that leaves a
// goroutine ends it, Run is over when the main goroutine has returned, and a
// deadlock is the scheduler's to find (sched/deadlock.h).
//
// Time begins as in a bubble. Each scheduling point takes kTick, so that loops
// which wait for a moment end, and when all goroutines wait it jumps to the next
// timer; but it passes as it does on the wall while a goroutine waits for a
// descriptor, while Notify is asked for a signal, or while another thread uses
// the library. For then news may come from outside, at moments that the seed
// does not decide:
//
//     descriptors       who is ready when: sockets, pipes, child processes
//     signals           when one arrives
//     threads           std::thread, and the goroutines that such a one starts;
//                       a goroutine started before Run
//     the real clock    std::chrono and the system's; <gosling/time.h> is inside
//     randomness        the program's own; addresses, where it prints them
//
// A call that blocks its thread stops all goroutines: there is one thread.

#ifndef GOSLING_RUNTIME_TESTING_PROGRAM_H_
#define GOSLING_RUNTIME_TESTING_PROGRAM_H_

#include <cstdint>

#include "runtime/testing/bubble.h"
#include "sched/g.h"

namespace gosling::testing {

// RunProgram takes `main`, not started yet, to its end, under the schedule of
// scheduler.seed.
void RunProgram(sched::G* main);

// ProgramReturned is called by the main goroutine when its function has
// returned. False: there is no ProgramLoop.
bool ProgramReturned();

class ProgramLoop final : public BubbleLoop {
 public:
  void Run(sched::G* main, Decider* decider);
  void Returned() { returned_ = true; }

  void Add(sched::G* g) override;
  std::uint32_t Id() override { return 0; }

 private:
  bool Idle() override;
  bool NewsMayCome() const;
  void Sleep(std::int64_t ns, bool for_good);
  void WakeHolding() ABSL_EXCLUSIVE_LOCKS_REQUIRED(inbox_mu_);

  // The thread counts as parked (sched/foreign.h).
  bool asleep_ ABSL_GUARDED_BY(inbox_mu_) = false;
};

}  // namespace gosling::testing

#endif  // GOSLING_RUNTIME_TESTING_PROGRAM_H_
