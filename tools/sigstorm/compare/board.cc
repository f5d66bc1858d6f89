// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tools/sigstorm/compare/board.h"

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "tools/sigstorm/fail.h"
#include "tools/sigstorm/os.h"

namespace sigstorm {

Board& MakeBoard(const CompareOptions& options, int* fd) {
  *fd = os::SharedMemory(sizeof(Board));
  void* const memory = *fd < 0
                           ? MAP_FAILED
                           : ::mmap(nullptr, sizeof(Board),
                                    PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
  if (memory == MAP_FAILED) {
    Fail(std::system_error(errno, std::generic_category(), "shared memory")
             .what());
  }
  auto& board = *new (memory) Board(options.signals, options.senders,
                                    options.rate, options.shape);
  // No receiver says how many it has handled: os/signal does not tell.
  for (SignalSlot& slot : board.shared.signals()) slot.realtime = false;
  return board;
}

std::vector<std::string> ArgumentsOf(Board& board, int buffer) {
  const auto word = [&board](const void* place) {
    return absl::StrCat(
        (static_cast<const char*>(place) - reinterpret_cast<char*>(&board)) /
        sizeof(std::uint64_t));
  };
  std::vector<std::string> arguments = {absl::StrCat(buffer),
                                        word(&board.ready), word(&board.cpu)};
  for (std::size_t i = 0; i < board.shared.signal_count; i++) {
    const SignalSlot& slot = board.shared.slots[i];
    arguments.push_back(absl::StrCat(slot.number));
    arguments.push_back(word(&slot.unanswered_since));
    arguments.push_back(word(&board.tallies[i]));
  }
  return arguments;
}

}  // namespace sigstorm
