// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Tests see through peers what classes keep to themselves. Each peer is the
// friend that its class names.

#ifndef GOSLING_TESTS_PEERS_H_
#define GOSLING_TESTS_PEERS_H_

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "sched/os/note.h"
#include "sched/wake_policy.h"
#include "signals/note_pipe.h"
#include "signals/signote.h"
#include "signals/sigqueue.h"

namespace gosling::sched {

struct WakePolicyTestPeer {
  static void BecomeLazy(WakePolicy& wake) { wake.lazy_.store(true); }
};

struct SemaNoteTestPeer {
  static pthread_mutex_t& Mutex(SemaNote& note) { return note.mutex_; }
};

}  // namespace gosling::sched

namespace gosling::signals {

struct PipeNoteTestPeer {
  static int ReadFd(const PipeNote& note) { return note.read_fd_; }
  static int WriteFd(const PipeNote& note) { return note.write_fd_; }
  // Setup may follow. No Sleep or Wakeup is under way.
  static void Close(PipeNote& note) {
    ::close(note.write_fd_.exchange(-1));
    ::close(note.read_fd_.exchange(-1));
  }
};

struct SigNoteTestPeer {
  static PipeNote& Pipe(SigNote& note) { return note.pipe_; }
  static sched::SemaNote& Sema(SigNote& note) { return note.sema_; }
};

struct SigQueueTestPeer {
  static SigNote& Note(SigQueue& q) { return q.note_; }
  static PipeNote& Pipe(SigQueue& q = sigqueue) {
    return SigNoteTestPeer::Pipe(q.note_);
  }
  static std::atomic<std::uint32_t>& Delivering(SigQueue& q) {
    return q.delivering_;
  }
  static bool Receiving(const SigQueue& q = sigqueue) {
    return q.state_ == SigQueue::State::kReceiving;
  }
  static SignalSet WantedSet(const SigQueue& q = sigqueue) { return q.wanted_; }
  static SignalSet QueuedSet(const SigQueue& q = sigqueue) { return q.queued_; }
  static SignalSet Blocked(const SigQueue& q) { return q.blocked_; }
  static void PretendReceiving(SigQueue& q) {
    q.state_ = SigQueue::State::kReceiving;
  }
};

}  // namespace gosling::signals

#endif  // GOSLING_TESTS_PEERS_H_
