// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A client's stay in the room, in plain blocking style.

#include "tools/examples/chat/room.h"

#include <gosling/io.h>

#include <chrono>
#include <mutex>
#include <string>

namespace examples::chat {

namespace go = gosling;

void Room::Host(const go::net::Conn& client) {
  go::io::BufReader in(client);
  const auto [name, nameless] = in.ReadLine(kLongestName);
  if (nameless || name.empty()) return;

  const auto outbox = Outbox::Open(client, kMostWaiting);
  Members::iterator place;
  {
    std::lock_guard lock(mu_);
    place = members_.insert(members_.end(), outbox);
    SayLocked("* " + name + " is here\n");
  }
  for (;;) {
    auto [line, end] = in.ReadLine(kLongestLine);
    if (end) break;
    Say(name + ": " + line + "\n");
  }
  {
    std::lock_guard lock(mu_);
    members_.erase(place);
    SayLocked("* " + name + " is gone\n");
  }
  outbox->Close(std::chrono::seconds(5));
}

void Room::Say(std::string_view line) {
  std::lock_guard lock(mu_);
  SayLocked(line);
}

void Room::SayLocked(std::string_view line) {
  for (const auto& member : members_) member->Put(line);
}

std::size_t Room::Count() {
  std::lock_guard lock(mu_);
  return members_.size();
}

}  // namespace examples::chat
