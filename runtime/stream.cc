// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/stream.h>: what templates cannot say where exceptions are disabled.

#include <gosling/internal/stream.h>
#include <gosling/panic.h>

namespace gosling::internal {

void PanicEmptyBatch() { throw Panic("stream::Batch: count must be positive"); }

}  // namespace gosling::internal
