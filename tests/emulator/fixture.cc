// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the emulator's test calls by name, and where it finds fields.

#include <signal.h>

#include <cstddef>

#include "arch/arch.h"
#include "sched/g.h"
#include "sched/m.h"
#include "sched/os/os.h"
#include "signals/note_pipe.h"
#include "signals/sigqueue.h"

namespace gosling::signals {

struct PipeNoteTestPeer {
  static constexpr std::size_t kReadFd = offsetof(PipeNote, read_fd_);
  static constexpr std::size_t kWriteFd = offsetof(PipeNote, write_fd_);
};

namespace {

using sched::G;
using sched::M;

constinit PipeNote note;

}  // namespace

extern "C" {

extern const std::size_t fixture_layout[];
const std::size_t fixture_layout[] = {
    sizeof(M),
    offsetof(M, curg),
    offsetof(M, slow),
    offsetof(M, g0),
    sizeof(G),
    offsetof(G, switch_point),
    offsetof(G, flags),
    sched::kGForeign,
    sched::kOnSystemStack,
    PipeNoteTestPeer::kReadFd,
    PipeNoteTestPeer::kWriteFd,
};

// By what the test calls them: unknown, ready, asleep.
extern const int fixture_thread_states[];
const int fixture_thread_states[] = {
    static_cast<int>(sched::os::ThreadState::kUnknown),
    static_cast<int>(sched::os::ThreadState::kReady),
    static_cast<int>(sched::os::ThreadState::kAsleep),
};

PipeNote* fixture_note() { return &note; }
int fixture_note_setup() { return note.Setup(); }
void fixture_note_sleep() { note.Sleep(); }
void fixture_note_wakeup() { note.Wakeup(); }

void fixture_set_m(M* m) { arch::SetThreadWord(m); }

int fixture_queue_setup() { return sigqueue.Setup(SigNoteKind::kPipe); }
void fixture_queue_want(int sig) { sigqueue.SetWanted(sig, true); }
bool fixture_queue_send(int sig, const siginfo_t* info) {
  return sigqueue.Send(sig, *info);
}
// Returns the signals that have news.
SignalSet fixture_queue_receive() {
  if (!sigqueue.TakeNews()) sigqueue.AwaitNews();
  return sigqueue.Take().merged;
}
std::uint64_t fixture_queue_count(int sig) {
  return sigqueue.TakeMerged(sig).count;
}

}  // extern "C"

}  // namespace gosling::signals
