// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Readers that were written elsewhere, not trusted: one that claims to have read
// more than it was asked for, and one that for ever reads nothing.

#ifndef GOSLING_RUNTIME_IO_READS_H_
#define GOSLING_RUNTIME_IO_READS_H_

#include <gosling/io.h>
#include <gosling/panic.h>

#include <cstddef>
#include <span>

namespace gosling::internal {

// EmptyReads counts results of 0 bytes without an error.
class EmptyReads {
 public:
  // TooMany takes account of a result of n bytes. Go: maxConsecutiveEmptyReads.
  bool TooMany(std::size_t n) {
    count_ = n == 0 ? count_ + 1 : 0;
    return count_ == kMost;
  }

 private:
  static constexpr int kMost = 100;
  int count_ = 0;
};

// ReadChecked throws Panic if the reader claims too much.
template <class R>
IoResult ReadChecked(const R& r, std::span<std::byte> to) {
  IoResult result = r.Read(to);
  if (result.first > to.size()) {
    throw Panic("io: Read returned more than it was asked for");
  }
  return result;
}

}  // namespace gosling::internal

#endif  // GOSLING_RUNTIME_IO_READS_H_
