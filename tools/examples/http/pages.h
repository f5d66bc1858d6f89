// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// What the server has: / greets, /echo returns the request's body, /chunked
// answers in chunks, /slow?ms=N takes that long.

#ifndef TOOLS_EXAMPLES_HTTP_PAGES_H_
#define TOOLS_EXAMPLES_HTTP_PAGES_H_

#include "tools/examples/http/reply.h"
#include "tools/examples/http/request_reader.h"

namespace examples::http {

// Answer sends the reply to a request. It may park.
void Answer(const Request& request, Reply* reply);

}  // namespace examples::http

#endif  // TOOLS_EXAMPLES_HTTP_PAGES_H_
