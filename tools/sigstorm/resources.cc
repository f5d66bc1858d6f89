// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Measuring once things have come to rest.

#include "tools/sigstorm/resources.h"

#include <gosling/runtime.h>
#include <gosling/time.h>

#include <chrono>

#include "tools/sigstorm/os.h"

namespace sigstorm {

Resources MeasureResources(int goroutines) {
  using std::chrono::milliseconds;
  constexpr int kTries = 2000;
  constexpr int kSame = 50;
  int last = -1;
  int same = 0;
  for (int i = 0; i < kTries; i++) {
    const int now = gosling::runtime::NumGoroutine();
    if (goroutines != 0 && now <= goroutines) break;
    same = now == last ? same + 1 : 0;
    last = now;
    if (goroutines == 0 && same >= kSame) break;
    // A goroutine's end is no event that another could wait for.
    gosling::time::Sleep(milliseconds(1));
  }

  Resources resources;
  resources.goroutines = gosling::runtime::NumGoroutine();
  resources.files = os::OpenFiles();
  resources.runtime_threads =
      static_cast<std::size_t>(gosling::runtime::Stats().threads);
  for (const os::Thread& thread : os::Threads()) {
    resources.threads.push_back(thread.name);
  }
  return resources;
}

}  // namespace sigstorm
