// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include "tests/nettest/shim.h"

#include <gosling/errors.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/time.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <utility>

namespace go = gosling;

struct NettestConn {
  go::net::Conn conn;
};
struct NettestListener {
  go::net::Listener listener;
};

namespace {

void Tell(const go::Error& from, NettestError* to) {
  *to = {};
  if (!from) return;
  to->kind = kNettestOther;
  if (from == go::io::Eof) {
    to->kind = kNettestEof;
  } else if (go::errors::Is(from, go::net::Closed)) {
    to->kind = kNettestClosed;
  } else if (from == go::io::ClosedPipe) {
    to->kind = kNettestClosedPipe;
  }
  to->timeout = go::net::TimedOut(from) ? 1 : 0;
  std::snprintf(to->text, sizeof to->text, "%s", from.message().c_str());
}

NettestConn* HandleOf(std::pair<go::net::Conn, go::Error> result,
                      NettestError* err) {
  Tell(result.second, err);
  if (result.second) return nullptr;
  return new NettestConn{std::move(result.first)};
}

void SetDeadline(const go::net::Conn& conn, int modes, go::time::Time when,
                 NettestError* err) {
  switch (modes) {
    case 1:
      return Tell(conn.SetReadDeadline(when), err);
    case 2:
      return Tell(conn.SetWriteDeadline(when), err);
    default:
      return Tell(conn.SetDeadline(when), err);
  }
}

}  // namespace

NettestListener* NettestListen(const char* network, const char* address,
                               NettestError* err) {
  auto [listener, failed] = go::net::Listen(network, address);
  Tell(failed, err);
  if (failed) return nullptr;
  return new NettestListener{std::move(listener)};
}

NettestConn* NettestAccept(NettestListener* l, NettestError* err) {
  return HandleOf(l->listener.Accept(), err);
}

void NettestListenerClose(NettestListener* l, NettestError* err) {
  Tell(l->listener.Close(), err);
}

void NettestListenerFree(NettestListener* l) { delete l; }

void NettestListenerAddr(NettestListener* l, char* to, size_t size) {
  std::snprintf(to, size, "%s", l->listener.Addr().String().c_str());
}

NettestConn* NettestDial(const char* network, const char* address,
                         NettestError* err) {
  return HandleOf(go::net::Dial(network, address), err);
}

void NettestPipe(NettestConn** a, NettestConn** b) {
  auto [one, other] = go::net::Pipe();
  *a = new NettestConn{std::move(one)};
  *b = new NettestConn{std::move(other)};
}

size_t NettestRead(NettestConn* c, void* to, size_t n, NettestError* err) {
  const auto [moved, failed] =
      c->conn.Read(std::span(static_cast<std::byte*>(to), n));
  Tell(failed, err);
  return moved;
}

size_t NettestWrite(NettestConn* c, const void* from, size_t n,
                    NettestError* err) {
  const auto [moved, failed] =
      c->conn.Write(std::span(static_cast<const std::byte*>(from), n));
  Tell(failed, err);
  return moved;
}

void NettestClose(NettestConn* c, NettestError* err) {
  Tell(c->conn.Close(), err);
}

void NettestFree(NettestConn* c) { delete c; }

void NettestSetDeadline(NettestConn* c, int modes, int64_t ns,
                        NettestError* err) {
  const go::time::Time now = go::time::Time::clock::now();
  SetDeadline(c->conn, modes, now + std::chrono::nanoseconds(ns), err);
}

void NettestClearDeadline(NettestConn* c, int modes, NettestError* err) {
  SetDeadline(c->conn, modes, {}, err);
}

void NettestAddr(NettestConn* c, int remote, char* network, size_t network_size,
                 char* to, size_t size) {
  const go::net::Addr addr =
      remote != 0 ? c->conn.RemoteAddr() : c->conn.LocalAddr();
  std::snprintf(network, network_size, "%s", addr.network.c_str());
  std::snprintf(to, size, "%s", addr.String().c_str());
}
