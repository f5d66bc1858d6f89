// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The contract of a worker: something ordinary that goroutines do while signals
// rain on them, with a sum that comes out wrong if anything was lost, doubled
// or altered, and a count of steps that shows that it gets its turn.

#ifndef TOOLS_SIGSTORM_WORKERS_WORKER_H_
#define TOOLS_SIGSTORM_WORKERS_WORKER_H_

#include <gosling/sync.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace sigstorm {

class Worker {
 public:
  explicit Worker(std::string name) : name_(std::move(name)) {}
  virtual ~Worker() = default;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Start launches the worker's goroutines in `group`. They end by themselves
  // soon after `stop` turns true.
  virtual void Start(gosling::sync::WaitGroup& group,
                     const std::atomic<bool>& stop) = 0;

  // Mistake says what is wrong with the sums, or returns "". Called once all
  // goroutines of the worker have ended.
  virtual std::string Mistake() const = 0;

  const std::string& name() const { return name_; }

  // steps and running may be read at any time and from any thread; running is
  // how many of the worker's goroutines have not ended.
  std::uint64_t steps() const { return steps_.load(std::memory_order_relaxed); }
  int running() const { return running_.load(std::memory_order_relaxed); }

 protected:
  // Launch starts f() as one of the worker's goroutines.
  template <class F>
  void Launch(gosling::sync::WaitGroup& group, F f) {
    running_.fetch_add(1, std::memory_order_relaxed);
    group.Go([this, f = std::move(f)] {
      f();
      running_.fetch_sub(1, std::memory_order_relaxed);
    });
  }

  void Advance() { steps_.fetch_add(1, std::memory_order_relaxed); }

 private:
  const std::string name_;
  std::atomic<std::uint64_t> steps_{0};
  std::atomic<int> running_{0};
};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_WORKERS_WORKER_H_
