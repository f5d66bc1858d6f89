// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/switch_annotations.h"

#include "sched/os/os.h"

namespace gosling::sched {

void SwitchAnnotations::AttachThread() {
#if defined(GOSLING_ASAN)
  void* lo = nullptr;
  std::size_t n = 0;
  os::ThreadStack(&lo, &n);
  bottom = lo;
  size = n;
#endif
#if defined(GOSLING_TSAN)
  fiber = __tsan_get_current_fiber();
#endif
}

}  // namespace gosling::sched
