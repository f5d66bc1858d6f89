// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// CopyStream has the system move bytes from one descriptor to another, without
// a copy in this process: what io::Copy does first if both its reader and its
// writer are made of an FD (gosling/internal/io.h, IoAccess).
//
// Linux: splice between stream sockets and pipes, sendfile from a regular file
// to either. Elsewhere it moves nothing, and io::Copy reads and writes.

#ifndef GOSLING_RUNTIME_POLL_COPY_H_
#define GOSLING_RUNTIME_POLL_COPY_H_

#include <cstdint>

namespace gosling::poll {

class FD;

// Copied: `written` bytes arrived; `taken` were read, and are more than that
// only if writing failed. The errors are FD's, at most one of them.
struct Copied {
  std::int64_t written = 0;
  std::int64_t taken = 0;
  int read_err = 0;
  int write_err = 0;
  // That was all: the end, the limit, or an error. If not, the system will not
  // move more; reading and writing go on where it stopped.
  bool complete = false;
};

// CopyStream moves up to `limit` bytes. Parks where FD::Read and FD::Write
// would.
Copied CopyStream(FD* to, FD* from, std::int64_t limit);

}  // namespace gosling::poll

#endif  // GOSLING_RUNTIME_POLL_COPY_H_
