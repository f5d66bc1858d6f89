// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The limit of a control group: quota / period, in cpu.max (version 2) or in
// cpu.cfs_quota_us and cpu.cfs_period_us (version 1). /proc/self/cgroup says
// which group this is, /proc/self/mountinfo where its folder is: where a
// hierarchy of the right version is mounted from a group that is this one or
// one above it. If a hierarchy of version 1 has the controller "cpu", that one
// counts, else that of version 2.
//
// Unlike Go, which reads the group's own limit only, the strictest one counts
// of all groups from this one up to the one that is mounted: the kernel
// enforces them all. And files are opened at each reading: no descriptor is
// kept. As in Go, a process that is moved to another group goes by its former
// one, until SetDefaultGOMAXPROCS has it looked up again.
//
// GOSLING_CGROUP_ROOT, for tests, is put before every path.
//
// Go: internal/runtime/cgroup; runtime/cgroup_linux.go.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "sched/os/cpu_limit.h"
#include "sched/os/os.h"

namespace gosling::sched {

namespace {

// The folder of this process's group; empty: there is none, or it cannot be
// reached. The first `mounted` characters are the mount point.
struct Group {
  char folder[PATH_MAX] = "";
  std::size_t mounted = 0;
  bool v1 = false;
};
constinit Group group;

// Open is for reading; the caller shuns the standard descriptors.
int Open(const char* path) {
  return os::RaiseFd(::open(path, O_RDONLY | O_CLOEXEC));
}

// Read reads as much of a file as there is room for, and returns how much that
// is; -1: it cannot be read.
ssize_t Read(int fd, char* buf, std::size_t size) {
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::read(fd, buf + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(have);
}

// ReadAll returns a file of any length, nothing of one that is not there.
std::string ReadAll(const std::string& path) {
  std::string text;
  const int fd = Open(path.c_str());
  if (fd < 0) return text;
  char buf[1024];
  for (ssize_t n; (n = Read(fd, buf, sizeof buf)) > 0;) {
    text.append(buf, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return text;
}

// Next cuts the part before `end` off the text, and that character too.
std::string_view Next(std::string_view* text, char end) {
  const std::size_t at = text->find(end);
  const std::string_view part = text->substr(0, at);
  text->remove_prefix(at == std::string_view::npos ? text->size() : at + 1);
  return part;
}

// HasCpu says whether a list of controllers or options has "cpu" in it.
bool HasCpu(std::string_view list) {
  while (!list.empty()) {
    if (Next(&list, ',') == "cpu") return true;
  }
  return false;
}

// Unescaped: the kernel writes spaces and the like as \040.
std::string Unescaped(std::string_view text) {
  const auto digit = [&](std::size_t i) {
    return i < text.size() && '0' <= text[i] && text[i] <= '7' ? text[i] - '0'
                                                               : -1;
  };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] == '\\' && digit(i + 1) >= 0 && digit(i + 2) >= 0 &&
        digit(i + 3) >= 0) {
      plain += static_cast<char>(digit(i + 1) * 64 + digit(i + 2) * 8 +
                                 digit(i + 3));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Below returns the part of `path` below `folder`: "" or "/…"; nothing if it is
// not below it.
std::optional<std::string_view> Below(std::string_view path,
                                      std::string_view folder) {
  if (folder == "/") folder = "";
  if (path == "/") path = "";
  if (path.substr(0, folder.size()) != folder) return std::nullopt;
  path.remove_prefix(folder.size());
  if (!path.empty() && path[0] != '/') return std::nullopt;
  return path;
}

// Membership is a line of /proc/self/cgroup: `number:controllers:/path`.
struct Membership {
  std::string_view path;
  bool v1 = false;
};

Membership FindMembership(std::string_view text) {
  Membership found;
  while (!text.empty()) {
    std::string_view line = Next(&text, '\n');
    const std::string_view number = Next(&line, ':');
    const std::string_view controllers = Next(&line, ':');
    if (line.empty() || line[0] != '/') continue;
    if (number != "0" && HasCpu(controllers)) return {line, true};
    if (number == "0") found = {line, false};
  }
  return found;
}

// FolderOf returns where, by a line of /proc/self/mountinfo, the group's folder
// is; "" if that line is no help.
//
//     36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup2 none rw,cpu
std::string FolderOf(std::string_view line, const Membership& of,
                     std::size_t* mounted) {
  for (int i = 0; i < 3; i++) Next(&line, ' ');
  const std::string root = Unescaped(Next(&line, ' '));
  const std::string mount_point = Unescaped(Next(&line, ' '));
  while (!line.empty() && Next(&line, ' ') != "-") {
  }
  const std::string_view type = Next(&line, ' ');
  if (type != (of.v1 ? "cgroup" : "cgroup2")) return "";
  Next(&line, ' ');
  if (of.v1 && !HasCpu(line)) return "";
  const std::optional<std::string_view> below = Below(of.path, root);
  // Outside the namespace of groups: the mount does not reach there.
  if (!below || Below(*below, "/..")) return "";
  *mounted = mount_point == "/" ? 0 : mount_point.size();
  return mount_point.substr(0, *mounted).append(*below);
}

bool IsThere(const char* folder) {
  const int fd = os::RaiseFd(::open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd < 0) return false;
  ::close(fd);
  return true;
}

const char* Root() {
  const char* root = os::Getenv("GOSLING_CGROUP_ROOT");
  return root != nullptr ? root : "";
}

void Find() {
  group = Group{};
  const std::string root = Root();
  const std::string own = ReadAll(root + "/proc/self/cgroup");
  const Membership of = FindMembership(own);
  if (of.path.empty()) return;
  const std::string mounts = ReadAll(root + "/proc/self/mountinfo");
  for (std::string_view text = mounts; !text.empty();) {
    std::size_t mounted = 0;
    const std::string folder = FolderOf(Next(&text, '\n'), of, &mounted);
    if (folder.empty()) continue;
    if (root.size() + folder.size() >= sizeof group.folder) return;
    std::memcpy(group.folder, root.data(), root.size());
    std::memcpy(group.folder + root.size(), folder.c_str(), folder.size() + 1);
    group.mounted = root.size() + mounted;
    group.v1 = of.v1;
    if (!IsThere(group.folder)) group = Group{};
    return;
  }
}

// ReadWords reads a small file in a folder; "" if there is none that this
// process may read, nothing if it cannot be read for now.
std::optional<std::string_view> ReadWords(const char* folder, const char* name,
                                          char* buf, std::size_t size) {
  char path[PATH_MAX + 32];
  std::snprintf(path, sizeof path, "%s/%s", folder, name);
  const int fd = Open(path);
  if (fd == -1 && os::IsForGood(errno)) return "";
  if (fd < 0) return std::nullopt;
  const ssize_t n = Read(fd, buf, size);
  ::close(fd);
  if (n < 0) return std::nullopt;
  std::string_view text(buf, static_cast<std::size_t>(n));
  return Next(&text, '\n');
}

// Positive returns the number that a text is, or 0 if it is no positive one.
std::int64_t Positive(std::string_view text) {
  std::int64_t n = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, n);
  return error == std::errc() && stop == end && n > 0 ? n : 0;
}

// LimitOf returns the limit in a group's folder, 0 for none, -1 if it cannot be
// read for now. "max", and -1 in version 1, are no numbers above 0 either.
int LimitOf(const char* folder) {
  char buf[128];
  const auto words_of = [&](const char* name) {
    return ReadWords(folder, name, buf, sizeof buf);
  };
  std::int64_t quota, period;
  if (group.v1) {
    const auto text = words_of("cpu.cfs_quota_us");
    if (!text) return -1;
    quota = Positive(*text);
    const auto other = words_of("cpu.cfs_period_us");
    if (!other) return -1;
    period = Positive(*other);
  } else {
    auto words = words_of("cpu.max");
    if (!words) return -1;
    quota = Positive(Next(&*words, ' '));
    period = Positive(*words);
  }
  if (quota == 0 || period == 0) return 0;
  const std::int64_t cpus = quota / period + (quota % period != 0 ? 1 : 0);
  return static_cast<int>(std::min<std::int64_t>(cpus, INT_MAX));
}

}  // namespace

void FindCpuLimit() {
  const os::ShunStandard shun;
  try {
    Find();
  } catch (const std::bad_alloc&) {
    group = Group{};
  }
}

int ReadCpuLimit() {
  if (group.folder[0] == '\0') return 0;
  const os::ShunStandard shun;
  if (!IsThere(group.folder)) return -1;
  char folder[PATH_MAX];
  std::size_t length = std::strlen(group.folder);
  std::memcpy(folder, group.folder, length + 1);
  int strictest = 0;
  for (;;) {
    const int limit = LimitOf(folder);
    if (limit < 0) return -1;
    if (limit > 0 && (strictest == 0 || limit < strictest)) strictest = limit;
    if (length <= group.mounted) break;
    while (folder[--length] != '/') {
    }
    folder[length] = '\0';
  }
  return strictest;
}

}  // namespace gosling::sched
