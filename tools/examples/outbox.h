// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What others have to say to one client: they do not wait for the client, and a
// client that does not read costs a bounded amount of memory.
//
// A goroutine of the outbox's own writes what the others have put in, all of it
// in one Write. If more than `limit` bytes wait, the client is too slow, and its
// connection is closed.

#ifndef TOOLS_EXAMPLES_OUTBOX_H_
#define TOOLS_EXAMPLES_OUTBOX_H_

#include <gosling/net.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace examples {

class Outbox {
 public:
  // Open makes one for a connection.
  static std::shared_ptr<Outbox> Open(gosling::net::Conn conn,
                                      std::size_t limit);

  // Put adds a text and does not wait. If there is too much already it closes
  // the connection. Once that is closed, or after Close, it does nothing.
  void Put(std::string_view text);

  // PutPatiently waits until there is room, or the connection is closed: for
  // the client's own replies, as it is the client's goroutine that waits.
  void PutPatiently(std::string_view text);

  // Close waits until all is written, but no longer than `patience`.
  void Close(gosling::time::Delay patience);

 private:
  Outbox(gosling::net::Conn conn, std::size_t limit);
  void Run();
  void CloseLocked();

  const gosling::net::Conn conn_;
  const std::size_t limit_;
  gosling::sync::Mutex mu_;
  gosling::sync::Cond filled_{mu_};   // Run waits
  gosling::sync::Cond drained_{mu_};  // PutPatiently waits
  std::string waiting_;               // under mu_
  bool closed_ = false;               // under mu_
  gosling::sync::WaitGroup running_;
};

}  // namespace examples

#endif  // TOOLS_EXAMPLES_OUTBOX_H_
