// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// FdMutex: who uses a descriptor, and whether it may still be used. One word:
//
//     bit 0       closed: no new use
//     bit 1       a reader has the lock;  bit 2: a writer
//     bits 3-22   references; a lock is one, too
//     bits 23-42  readers that wait for the lock
//     bits 43-62  writers that wait for it
//
// Invariant: after Close the references only fall, and exactly one caller of
// Unlock or Unref is told that the last one is gone: it closes the descriptor.
// Whoever waits for a lock is woken by its holder's unlock, which takes it out
// of the count and gives it a permit, or by Close, which does so with all of
// them; awake, it tries again.
// (tests/models/fd_mutex.pml)
//
// Go: internal/poll/fd_mutex.go.

#ifndef GOSLING_RUNTIME_POLL_FD_MUTEX_H_
#define GOSLING_RUNTIME_POLL_FD_MUTEX_H_

#include <gosling/sync.h>

#include <atomic>
#include <cstdint>

namespace gosling::poll {

class FdMutex {
 public:
  enum Side { kRead = 0, kWrite = 1 };

  // Ref and Lock say no if it is closed. Lock may park. More than 2^20 - 1
  // users at a time are fatal, as in Go.
  bool Ref();
  bool Lock(Side side);

  // True: that was the last reference, after Close.
  bool Unref();
  bool Unlock(Side side);

  // Close takes a reference and lets nobody in any more. False: somebody has
  // closed it before.
  bool Close();

 private:
  std::atomic<std::uint64_t> state_{0};
  internal::WaitList waiting_[2]{};
};

}  // namespace gosling::poll

#endif  // GOSLING_RUNTIME_POLL_FD_MUTEX_H_
