// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Preloaded into programs that run under qemu-user, where some of /proc/self is
// the emulator's. The program is to find its own there.
//
//   /proc/self/task/PID/maps   the emulator's mappings. The program's are in
//                              /proc/self/maps, which does as well. Abseil's
//                              symbolizer reads them: stack dumps have names.
//   /proc/self/task            has the emulator's threads in it as well. The
//                              runtime counts threads by its links, to tell a
//                              deadlock from waiting for a thread it does not
//                              know.

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

namespace {

constexpr char kTasks[] = "/proc/self/task";

nlink_t emulators_threads = 0;

// Before any other thread of the program's: two links are the directory's own.
[[gnu::constructor]] void CountEmulatorsThreads() {
  struct stat64 tasks;
  if (::fstatat64(AT_FDCWD, kTasks, &tasks, 0) == 0 && tasks.st_nlink > 3) {
    emulators_threads = tasks.st_nlink - 3;
  }
}

const char* Path(const char* path) {
  const char* const name = strrchr(path, '/');
  const bool maps = strncmp(path, kTasks, sizeof kTasks - 1) == 0 &&
                    strcmp(name, "/maps") == 0;
  return maps ? "/proc/self/maps" : path;
}

mode_t Mode(int flags, va_list rest) {
  return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
}

}  // namespace

// Under the names that programs know them by, with 64-bit sizes or without.

extern "C" int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const int fd = ::openat(AT_FDCWD, Path(path), flags, Mode(flags, rest));
  va_end(rest);
  return fd;
}

extern "C" int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const int fd = ::openat64(AT_FDCWD, Path(path), flags, Mode(flags, rest));
  va_end(rest);
  return fd;
}

extern "C" int stat64(const char* path, struct stat64* st) noexcept {
  const int result = ::fstatat64(AT_FDCWD, path, st, 0);
  if (result == 0 && strcmp(path, kTasks) == 0) {
    st->st_nlink -= emulators_threads;
  }
  return result;
}
