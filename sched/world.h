// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Stopping the world: no goroutine enters the runtime until it starts again.
// See world.cc.

#ifndef GOSLING_SCHED_WORLD_H_
#define GOSLING_SCHED_WORLD_H_

namespace gosling::sched {

// StopTheWorld returns when the caller holds every P; the caller must be
// unpinned and is pinned afterwards. StartTheWorld undoes both. From any thread
// or goroutine; may park.
void StopTheWorld();
void StartTheWorld();

class StoppedWorld {
 public:
  StoppedWorld() { StopTheWorld(); }
  ~StoppedWorld() { StartTheWorld(); }
  StoppedWorld(const StoppedWorld&) = delete;
  StoppedWorld& operator=(const StoppedWorld&) = delete;
};

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_WORLD_H_
