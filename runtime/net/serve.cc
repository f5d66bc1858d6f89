// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Serve and Server: a goroutine for each connection.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/net.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace gosling {

using net::Conn;

namespace internal {

// ServerState is a server's list of connections.
class ServerState {
 public:
  // Open adds a connection.
  std::list<Conn>::iterator Open(Conn conn) {
    const std::lock_guard lock(mu_);
    return conns_.insert(conns_.end(), std::move(conn));
  }

  // Close closes one and forgets it.
  void Close(std::list<Conn>::iterator at) {
    (void)at->Close();
    const std::lock_guard lock(mu_);
    conns_.erase(at);
    if (conns_.empty() && empty_) std::exchange(empty_, {}).Close();
  }

  std::vector<Conn> Conns() {
    const std::lock_guard lock(mu_);
    return {conns_.begin(), conns_.end()};
  }

  Error Wait(const context::Context& ctx) {
    Chan<Unit> empty;
    {
      const std::lock_guard lock(mu_);
      if (conns_.empty()) return nullptr;
      if (!empty_) empty_ = MakeChan<Unit>();
      empty = empty_;
    }
    Select(OnRecv(empty), OnRecv(ctx.Done()));
    // Both may have come by now. The connections count more.
    std::optional<Unit> none;
    return empty.TryRecv(none) ? Error() : ctx.Err();
  }

 private:
  sync::Mutex mu_;
  std::list<Conn> conns_;  // under mu_
  // Closed when none is left; nil if nobody waits; under mu_.
  Chan<Unit> empty_;
};

}  // namespace internal

namespace net {

namespace {

using internal::ServerState;

// Passes says whether an error of Accept is one that may be over soon.
bool Passes(const Error& err) {
  const std::error_code code = err.code();
  return code == std::errc::too_many_files_open ||
         code == std::errc::too_many_files_open_in_system ||
         code == std::errc::no_buffer_space ||
         code == std::errc::not_enough_memory ||
         code == std::errc::connection_reset;
}

// AcceptAll calls `start` with each connection. What it returns and when, net.h
// says of Serve.
template <class F>
Error AcceptAll(const context::Context& ctx, const Listener& listener,
                const F& start) {
  using std::chrono::milliseconds;
  const auto stop =
      context::AfterFunc(ctx, [listener] { (void)listener.Close(); });
  milliseconds delay(0);
  for (;;) {
    auto [conn, err] = listener.Accept();
    if (!err) {
      delay = milliseconds(0);
      start(std::move(conn));
      continue;
    }
    const bool passes = Passes(err);
    if (passes) {
      delay = std::clamp(2 * delay, milliseconds(5), milliseconds(1000));
      Select(OnRecv(ctx.Done()), OnRecv(time::After(delay)));
    }
    if (Error ended = ctx.Err()) return ended;
    if (passes) continue;
    stop();
    return errors::Is(err, Closed) ? Error() : err;
  }
}

// Served is a connection's place in the list. It goes with the goroutine, also
// if that ends by Goexit, or was never started for lack of memory.
class Served {
 public:
  Served(std::shared_ptr<ServerState> server, Conn conn)
      : server_(std::move(server)), at_(server_->Open(std::move(conn))) {}
  Served(Served&&) noexcept = default;
  Served& operator=(Served&&) = delete;
  ~Served() {
    if (server_) server_->Close(at_);
  }

  const Conn& conn() const { return *at_; }

 private:
  std::shared_ptr<ServerState> server_;  // nil: moved from
  std::list<Conn>::iterator at_;
};

}  // namespace

Error Serve(const context::Context& ctx, const Listener& listener,
            std::function<void(Conn)> f) {
  // The goroutines that serve may outlive this call.
  const auto serve =
      std::make_shared<const std::function<void(Conn)>>(std::move(f));
  return AcceptAll(ctx, listener, [&serve](Conn conn) {
    Go([serve, c = std::move(conn)] { (*serve)(c); });
  });
}

Server::Server() : state_(std::make_shared<ServerState>()) {}

Error Server::Serve(const context::Context& ctx, const Listener& listener,
                    std::function<void(Conn)> f) const {
  const auto serve =
      std::make_shared<const std::function<void(Conn)>>(std::move(f));
  return AcceptAll(ctx, listener, [&](Conn conn) {
    // In this order: Wait hears of it when f is gone too.
    Go([served = Served(state_, std::move(conn)), serve] {
      (*serve)(served.conn());
    });
  });
}

std::vector<Conn> Server::Conns() const { return state_->Conns(); }

Error Server::Wait(const context::Context& ctx) const {
  return state_->Wait(ctx);
}

}  // namespace net
}  // namespace gosling
