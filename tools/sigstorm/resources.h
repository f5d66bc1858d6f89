// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A program can leak these: descriptors, threads, goroutines.

#ifndef TOOLS_SIGSTORM_RESOURCES_H_
#define TOOLS_SIGSTORM_RESOURCES_H_

#include <cstddef>
#include <string>
#include <vector>

namespace sigstorm {

struct Resources {
  std::vector<std::string> files;    // "5 -> pipe:[123]"
  std::vector<std::string> threads;  // names
  // Of these, those on which the runtime runs goroutines, or has them idle.
  std::size_t runtime_threads = 0;
  int goroutines = 0;
};

// MeasureResources waits until no more than `goroutines` goroutines are left,
// for two seconds at the most: those that have done their work may still be on
// their way out. 0 waits until their number has been the same for a while.
// Called by a goroutine; parks.
Resources MeasureResources(int goroutines);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_RESOURCES_H_
