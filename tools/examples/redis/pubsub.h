// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Which clients have subscribed to which channel.
//
// Invariant: a client gets the confirmation of a subscription before the first
// message by it, and after the last one the confirmation of its end: both are
// put into its outbox under the lock under which messages are.

#ifndef TOOLS_EXAMPLES_REDIS_PUBSUB_H_
#define TOOLS_EXAMPLES_REDIS_PUBSUB_H_

#include <gosling/sync.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "tools/examples/outbox.h"
#include "tools/examples/redis/text_map.h"

namespace examples::redis {

class PubSub {
 public:
  using Client = std::shared_ptr<Outbox>;

  // Publish puts a message into the outbox of each subscriber, and returns how
  // many there are.
  std::size_t Publish(std::string_view channel, std::string_view message);

  // Subscribe and Unsubscribe put `confirmation` into the client's outbox. To
  // subscribe twice, or not to have subscribed, makes no difference.
  void Subscribe(std::string_view channel, const Client& client,
                 std::string_view confirmation);
  void Unsubscribe(std::string_view channel, const Client& client,
                   std::string_view confirmation);

 private:
  gosling::sync::RWMutex mu_;
  TextMap<std::unordered_set<Client>> channels_;  // under mu_
};

}  // namespace examples::redis

#endif  // TOOLS_EXAMPLES_REDIS_PUBSUB_H_
