// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A chat's room: each line that a member says goes to all of them.
//
// A client says its name in its first line. After that it gets all lines, its
// own too, as `name: line`, and `* name is here`, `* name is gone`.
//
// Invariant: all members get the lines of the time that they share in the same
// order, as lines are put into all outboxes under one lock.

#ifndef TOOLS_EXAMPLES_CHAT_ROOM_H_
#define TOOLS_EXAMPLES_CHAT_ROOM_H_

#include <gosling/net.h>
#include <gosling/sync.h>

#include <cstddef>
#include <list>
#include <memory>
#include <string_view>

#include "tools/examples/outbox.h"

namespace examples::chat {

class Room {
 public:
  // Limits, in bytes: a longer name or line ends the connection, and so does it
  // if more waits for a client that does not read.
  static constexpr std::size_t kLongestName = 64;
  static constexpr std::size_t kLongestLine = 4096;
  static constexpr std::size_t kMostWaiting = 1 << 20;

  // Host has the client in the room until it leaves. Parks.
  void Host(const gosling::net::Conn& client);

  // Say gives a line, which ends in '\n', to all members.
  void Say(std::string_view line);

  // Count returns how many members there are.
  std::size_t Count();

 private:
  using Members = std::list<std::shared_ptr<Outbox>>;

  void SayLocked(std::string_view line);

  gosling::sync::Mutex mu_;
  Members members_;  // under mu_
};

}  // namespace examples::chat

#endif  // TOOLS_EXAMPLES_CHAT_ROOM_H_
