// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The system's small files of lines and words: hosts, resolv.conf, services.
//
// They are read in one go, without a hint to the scheduler: that takes less time
// than the hint would. Whether one has changed, its stamp says.

#ifndef GOSLING_RUNTIME_NET_TEXT_FILE_H_
#define GOSLING_RUNTIME_NET_TEXT_FILE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gosling::net {

// How long a reader relies on what it has read without asking for the stamp.
inline constexpr std::chrono::seconds kFileMaxAge{5};

// FileStamp is equal as long as a file has not changed; all zero: there is none.
struct FileStamp {
  std::int64_t modified_ns = 0;
  std::int64_t size = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp StampOf(const std::string& path);

// ReadText returns what the file says, "" if there is none that this process may
// read; nothing, if it cannot be read for now (no descriptor is left, perhaps):
// then it is to be asked again. Go: readHosts.
std::optional<std::string> ReadText(const std::string& path);

// NextLine takes a line off the front of `text`; false: there is none.
bool NextLine(std::string_view& text, std::string_view& line);

// Words are a line's, up to a '#'.
std::vector<std::string_view> Words(std::string_view line);

// Lower has small letters for ASCII's capital ones.
std::string Lower(std::string_view text);

// Rooted has a dot at its end.
std::string Rooted(std::string_view name);

}  // namespace gosling::net

#endif  // GOSLING_RUNTIME_NET_TEXT_FILE_H_
