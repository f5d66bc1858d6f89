// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Writing to a pipe or socket without a reader is the error EPIPE, and also
// raises SIGPIPE, which ends a program that never heard of it. The library has
// no handler for that signal and changes no disposition unasked, so it has to
// keep the signal from being raised, call by call.
//
// Where the program has a handler (signal::Notify, or its own), that is called
// all the same, as in Go. Descriptors 1 and 2 are not written quietly, so that
// `program | head` ends.
//
// Go: runtime/signal_unix.go, sigpipe; os/file_unix.go, epipecheck.

#ifndef GOSLING_RUNTIME_POLL_QUIET_H_
#define GOSLING_RUNTIME_POLL_QUIET_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>

namespace gosling::poll {

// MakeQuiet prepares a descriptor for WriteQuietly.
void MakeQuiet(int fd);

// WriteQuietly is write(2), but returns -errno.
ssize_t WriteQuietly(int fd, const void* from, std::size_t n);

// CallQuietly makes a system call that may raise SIGPIPE, and returns what it
// returns: a number >= 0, or -errno. Two more system calls, four on EPIPE.
ssize_t CallQuietly(ssize_t (*call)(void* arg), void* arg);

// Whether the system can be told for a single write (Linux 6.18). For tests, to
// see what happens where it cannot.
extern std::atomic<bool> has_quiet_write;

}  // namespace gosling::poll

#endif  // GOSLING_RUNTIME_POLL_QUIET_H_
