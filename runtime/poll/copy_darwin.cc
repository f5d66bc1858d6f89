// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Nothing of the kind: Darwin has no splice, and its sendfile wants offsets.

#include "runtime/poll/copy.h"

namespace gosling::poll {

Copied CopyStream(FD*, FD*, std::int64_t) { return {}; }

}  // namespace gosling::poll
