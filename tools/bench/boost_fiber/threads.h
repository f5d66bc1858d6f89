// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The threads of the Boost.Fiber program: one has Boost.Fiber's default
// scheduler, several have its work stealing.

#ifndef TOOLS_BENCH_BOOST_FIBER_THREADS_H_
#define TOOLS_BENCH_BOOST_FIBER_THREADS_H_

#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/mutex.hpp>
#include <thread>
#include <vector>

namespace bench {

// Threads starts all Procs() but the caller's, which run fibers until it is
// destroyed, on the thread that made it. Once per process: work_stealing cannot
// be set up again.
class Threads {
 public:
  Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads();

 private:
  boost::fibers::mutex mutex_;
  boost::fibers::condition_variable over_;
  bool is_over_ = false;  // under mutex_
  std::vector<std::thread> threads_;
};

}  // namespace bench

#endif  // TOOLS_BENCH_BOOST_FIBER_THREADS_H_
