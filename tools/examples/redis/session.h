// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What one client of the server says and is told.
//
// All commands that a read brings are answered with one write. A client that
// does not read makes that write wait, and so its own commands, and nothing
// else. From its first SUBSCRIBE on its replies go through an outbox, as others
// have something to say to it too.

#ifndef TOOLS_EXAMPLES_REDIS_SESSION_H_
#define TOOLS_EXAMPLES_REDIS_SESSION_H_

#include <gosling/net.h>

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "tools/examples/outbox.h"
#include "tools/examples/redis/protocol.h"
#include "tools/examples/redis/pubsub.h"
#include "tools/examples/redis/store.h"

namespace examples::redis {

class Session {
 public:
  Session(gosling::net::Conn conn, Store* store, PubSub* pubsub);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Serve answers until the client leaves, breaks the protocol, or a deadline
  // of the connection's is over. Parks.
  void Serve();

 private:
  using Command = CommandReader::Command;
  struct Verb;
  static const Verb kVerbs[];
  static const Verb* FindVerb(std::string_view name);

  void Execute(Command command);
  // Flush writes the replies so far; false: the connection is broken.
  bool Flush();
  void Unsubscribe(std::string_view channel);

  void Get(Command command);
  void Set(Command command);
  void Incr(Command command);
  void Del(Command command);
  void Exists(Command command);
  void Expire(Command command);
  void Ttl(Command command);
  void DbSize(Command command);
  void Ping(Command command);
  void Echo(Command command);
  void Publish(Command command);
  void DoSubscribe(Command command);
  void DoUnsubscribe(Command command);
  void Config(Command command);
  void Commands(Command command);
  void Quit(Command command);

  const gosling::net::Conn conn_;
  Store* const store_;
  PubSub* const pubsub_;
  CommandReader reader_;
  std::string replies_;             // not written yet
  std::shared_ptr<Outbox> outbox_;  // from the first SUBSCRIBE on
  std::set<std::string, std::less<>> channels_;
  bool is_over_ = false;
};

}  // namespace examples::redis

#endif  // TOOLS_EXAMPLES_REDIS_SESSION_H_
