// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Preloaded into programs that run under qemu-user, which shows a program its
// own mappings in /proc/self/maps, and the emulator's in the file that Abseil's
// symbolizer opens, /proc/self/task/PID/maps. Whoever opens that gets the other
// one, so that stack dumps have names.

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

extern "C" int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  const char* const name = strrchr(path, '/');
  if (strncmp(path, "/proc/self/task/", 16) == 0 && name != nullptr &&
      strcmp(name, "/maps") == 0) {
    path = "/proc/self/maps";
  }
  return ::openat(AT_FDCWD, path, flags, mode);
}
