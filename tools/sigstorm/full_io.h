// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// read and write until everything is there: short counts and EINTR are facts of
// life for a program under a storm of signals.

#ifndef TOOLS_SIGSTORM_FULL_IO_H_
#define TOOLS_SIGSTORM_FULL_IO_H_

#include <cstddef>

namespace sigstorm {

// ReadFull reads exactly `size` bytes; false at the end of file or on an error.
// Blocks the calling thread.
bool ReadFull(int fd, void* data, std::size_t size);

// WriteFull writes all of `data`; false on an error. Blocks the calling thread.
bool WriteFull(int fd, const void* data, std::size_t size);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_FULL_IO_H_
