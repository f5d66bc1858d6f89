// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Threads that wait on a fiber condition variable, and so run fibers.

#include "tools/bench/boost_fiber/threads.h"

#include <boost/fiber/algo/work_stealing.hpp>
#include <boost/fiber/operations.hpp>
#include <mutex>

#include "tools/bench/procs.h"

namespace bench {

Threads::Threads() {
  using boost::fibers::algo::work_stealing;
  const unsigned count = Procs();
  if (count == 1) return;
  for (unsigned i = 1; i < count; i++) {
    threads_.emplace_back([this, count] {
      boost::fibers::use_scheduling_algorithm<work_stealing>(count);
      std::unique_lock<boost::fibers::mutex> lock(mutex_);
      over_.wait(lock, [this] { return is_over_; });
    });
  }
  // Returns when all the others have come to theirs.
  boost::fibers::use_scheduling_algorithm<work_stealing>(count);
}

Threads::~Threads() {
  {
    std::lock_guard<boost::fibers::mutex> lock(mutex_);
    is_over_ = true;
  }
  over_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace bench
