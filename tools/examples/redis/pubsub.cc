// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Channels and subscribers.

#include "tools/examples/redis/pubsub.h"

#include <mutex>
#include <shared_mutex>

#include "tools/examples/redis/protocol.h"

namespace examples::redis {

std::size_t PubSub::Publish(std::string_view channel,
                            std::string_view message) {
  std::shared_lock lock(mu_);
  const auto at = channels_.find(channel);
  if (at == channels_.end()) return 0;
  std::string text;
  PutArray(&text, 3);
  PutBulk(&text, "message");
  PutBulk(&text, channel);
  PutBulk(&text, message);
  for (const Client& client : at->second) client->Put(text);
  return at->second.size();
}

void PubSub::Subscribe(std::string_view channel, const Client& client,
                       std::string_view confirmation) {
  std::lock_guard lock(mu_);
  channels_[std::string(channel)].insert(client);
  client->Put(confirmation);
}

void PubSub::Unsubscribe(std::string_view channel, const Client& client,
                         std::string_view confirmation) {
  std::lock_guard lock(mu_);
  if (const auto at = channels_.find(channel); at != channels_.end()) {
    at->second.erase(client);
    if (at->second.empty()) channels_.erase(at);
  }
  client->Put(confirmation);
}

}  // namespace examples::redis
