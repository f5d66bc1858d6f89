// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// How a server, and a connection, comes to an end without cutting one off.

#ifndef TOOLS_EXAMPLES_CONNECTIONS_H_
#define TOOLS_EXAMPLES_CONNECTIONS_H_

#include <gosling/net.h>
#include <gosling/time.h>

#include <functional>
#include <string_view>

namespace examples {

// ServeUntilSignal serves until SIGINT or SIGTERM, and returns true then; a
// second signal kills. On an error it prints `PROGRAM: …` and returns false.
bool ServeUntilSignal(std::string_view program,
                      const gosling::net::Server& server,
                      const gosling::net::Listener& listener,
                      std::function<void(const gosling::net::Conn&)> f);

// WaitFor waits until all connections of a server have ended, or for d; it says
// whether they have.
bool WaitFor(const gosling::net::Server& server, gosling::time::Delay d);

// FinishWriting ends a connection after a last word: it says that no more will
// come, and takes in what the other end still sends, for a second at most. (To
// close while something is unread resets the connection, and that may overtake
// the last word.)
void FinishWriting(const gosling::net::Conn& conn);

}  // namespace examples

#endif  // TOOLS_EXAMPLES_CONNECTIONS_H_
