// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "sched/run_latency.h"

#include "sched/os/os.h"

namespace gosling::sched {

constinit TimeHistogram run_latency;

namespace {

void Sample(M* m, G* g, std::int64_t since) {
  ClearSlow(m, kSampleNext);
  if (m->p == nullptr || g->HasFlag(kGForeign) || g->HasFlag(kGControlled)) {
    return;
  }
  g->readied_at = since;
  // release: readied_at, for NoteReadied's acquire
  g->flags.fetch_or(kGSampled, std::memory_order_release);
}

}  // namespace

void SampleParked(M* m, G* g) { Sample(m, g, 0); }

void SampleRunnable(M* m, G* g) { Sample(m, g, os::Nanotime()); }

void CountSampled(G* g) {
  g->flags.fetch_and(~std::uint32_t{kGSampled}, std::memory_order_relaxed);
  const std::int64_t since = g->readied_at;
  if (since != 0) run_latency.Add(os::Nanotime() - since);
}

}  // namespace gosling::sched
