// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The fragments in public headers' comments and in the README take this for
// granted (tools/check_snippets.py): the reader's own functions and variables.

#ifndef GOSLING_TESTS_SNIPPETS_ASSUMED_H_
#define GOSLING_TESTS_SNIPPETS_ASSUMED_H_

#include <gosling/gosling.h>
#include <gosling/stop_token.h>
#include <gosling/testing.h>
#include <gosling/testing_net.h>
#include <poll.h>
#include <unistd.h>

#include <cassert>
#include <csignal>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace go = gosling;
using namespace std::chrono_literals;

extern go::Chan<int> ch;
extern go::Chan<int> out;
extern go::Chan<int> results;
extern go::Chan<go::Unit> done;
extern std::vector<go::Chan<int>> inputs;
extern go::sync::Mutex mu;
extern std::deque<int> queue;
extern go::io::AnyReader input;
extern go::net::Listener listener;

// Of libpq.
struct PGconn;
extern PGconn* conn;
int PQisBusy(PGconn* conn);
int PQconsumeInput(PGconn* conn);
int PQsocket(const PGconn* conn);

void f(std::optional<int> value);
void GiveUp();
void Handle(const go::net::Conn& conn);
void Report(const go::Error& error);
void Search(const go::context::Context& ctx, const go::Chan<int>& results);
void Serve(const go::context::Context& ctx);

#endif  // GOSLING_TESTS_SNIPPETS_ASSUMED_H_
