// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The feeder pauses before each write, so that the reader is really blocked in
// the kernel when the number comes, and most signals find it there.

#include "tools/sigstorm/workers/pipe_reader.h"

#include <gosling/runtime.h>
#include <gosling/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "absl/strings/str_format.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/full_io.h"
#include "tools/sigstorm/random.h"

namespace sigstorm {

void PipeReader::Start(gosling::sync::WaitGroup& group,
                       const std::atomic<bool>& stop) {
  std::array<int, 2> ends;
  if (::pipe(ends.data()) != 0) {
    Fail(std::system_error(errno, std::generic_category(), "pipe").what());
  }
  Launch(group, [this, fd = ends[0]] { Read(fd); });
  Launch(group, [this, fd = ends[1], &stop] { Feed(fd, stop); });
}

void PipeReader::Feed(int fd, const std::atomic<bool>& stop) {
  gosling::runtime::SetName(name() + ", feeding");
  Random random(seed_);
  while (!stop.load(std::memory_order_relaxed)) {
    gosling::time::Sleep(std::chrono::nanoseconds(random.Below(2'000'000)));
    const std::uint64_t value = random.Next();
    if (!WriteFull(fd, &value, sizeof value)) {
      failed_ = true;
      break;
    }
    fed_ += Mix(value);
  }
  ::close(fd);
}

void PipeReader::Read(int fd) {
  gosling::runtime::SetName(name() + ", reading");
  while (true) {
    std::uint64_t value = 0;
    const auto read = [&] { return ReadFull(fd, &value, sizeof value); };
    const bool got =
        reads_ == Reads::kAnnounced ? gosling::runtime::Blocking(read) : read();
    if (!got) break;
    read_ += Mix(value);
    Advance();
  }
  ::close(fd);
}

std::string PipeReader::Mistake() const {
  if (failed_) return "a write to the pipe failed";
  if (fed_ == read_) return "";
  return absl::StrFormat("sum of values written %016x, read %016x", fed_,
                         read_);
}

}  // namespace sigstorm
