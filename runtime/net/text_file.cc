// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "runtime/net/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sched/os/os.h"

namespace gosling::net {

FileStamp StampOf(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  std::error_code err;
  const auto modified = std::filesystem::last_write_time(path, err);
  return {
      err ? 0 : static_cast<std::int64_t>(modified.time_since_epoch().count()),
      static_cast<std::int64_t>(status.st_size),
      static_cast<std::uint64_t>(status.st_ino)};
}

std::optional<std::string> ReadText(const std::string& path) {
  sched::os::ShunStandard shun;
  const int fd = sched::os::RaiseFd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd == -1 && sched::os::IsForGood(errno)) return "";
  if (fd < 0) return std::nullopt;
  std::string text;
  std::size_t n = 0;
  ssize_t got;
  do {
    text.resize(n + 4096);
    got = ::read(fd, text.data() + n, text.size() - n);
    if (got > 0) n += static_cast<std::size_t>(got);
  } while (got > 0 || (got < 0 && errno == EINTR));
  ::close(fd);
  if (got < 0) return std::nullopt;
  text.resize(n);
  return text;
}

bool NextLine(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const std::size_t end = std::min(text.find('\n'), text.size());
  line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return true;
}

std::vector<std::string_view> Words(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\n";
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t start = line.find_first_not_of(kSpace);
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const std::size_t end = std::min(line.find_first_of(kSpace), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string Rooted(std::string_view name) {
  std::string rooted(name);
  if (!rooted.ends_with('.')) rooted += '.';
  return rooted;
}

}  // namespace gosling::net
