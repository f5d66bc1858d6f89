// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Pipe: a connection that is no socket. A writer offers its bytes in a channel,
// a reader takes them, copies what it has room for, and says how many in
// another; the writer offers the rest. So a write returns when all of it has
// been read, and the bytes stay the writer's meanwhile.
//
// Go: net/pipe.go.

#include <gosling/chan.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <gosling/time.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/net/conn.h"
#include "runtime/net/op_error.h"
#include "runtime/poll/errors.h"

namespace gosling::net {

namespace {

using internal::ConnNode;
using internal::NetAccess;
using Bytes = std::span<const std::byte>;

bool IsClosed(const Chan<Unit>& c) {
  std::optional<Unit> unit;
  return c.TryRecv(unit);
}

// Deadline is a channel that is closed when time is up.
class Deadline {
 public:
  Chan<Unit> Wait() {
    const std::lock_guard lock(mu_);
    return over_;
  }

  void Set(time::Time when) {
    const std::lock_guard lock(mu_);
    // A timer that fires already closes the channel that it was given.
    if (timer_ && !timer_->Stop()) over_.Recv();
    timer_.reset();
    const bool is_over = IsClosed(over_);
    const time::Duration left = time::Until(when);
    if (when != time::Time{} && left.count() <= 0) {
      if (!is_over) over_.Close();
      return;
    }
    if (is_over) over_ = MakeChan<Unit>();
    if (when == time::Time{}) return;
    timer_ = time::AfterFunc(left, [over = over_] { over.Close(); });
  }

  ~Deadline() {
    if (timer_) timer_->Stop();
  }

 private:
  sync::Mutex mu_;
  std::optional<time::Timer> timer_;
  Chan<Unit> over_ = MakeChan<Unit>();
};

// Way is one direction.
struct Way {
  Chan<Bytes> offered = MakeChan<Bytes>();
  Chan<std::size_t> taken = MakeChan<std::size_t>();
};

class End final : public ConnNode {
 public:
  End(Way in, Way out, Chan<Unit> here, Chan<Unit> there)
      : in_(std::move(in)),
        out_(std::move(out)),
        here_(std::move(here)),
        there_(std::move(there)) {}
  ~End() override { Close(); }

  std::pair<std::size_t, Error> Read(std::span<std::byte> to) override {
    std::size_t n = 0;
    const Error err = Take(to, &n);
    return {n, Wrapped("read", err)};
  }

  std::pair<std::size_t, Error> Write(Bytes from) override {
    const std::lock_guard lock(write_mu_);  // others' bytes do not get between
    std::size_t n = 0;
    const Error err = Offer(from, &n);
    return {n, Wrapped("write", err)};
  }

  std::pair<std::size_t, Error> Writev(std::span<iovec> pieces) override {
    const std::lock_guard lock(write_mu_);
    std::size_t n = 0;
    for (const iovec& piece : pieces) {
      const Error err = Offer(
          {static_cast<const std::byte*>(piece.iov_base), piece.iov_len}, &n);
      if (err) return {n, Wrapped("write", err)};
    }
    return {n, nullptr};
  }

  Error Close() override {
    const std::lock_guard lock(close_mu_);
    if (!IsClosed(here_)) here_.Close();
    return nullptr;
  }

  Addr LocalAddr() override { return PipeAddr(); }
  Addr RemoteAddr() override { return PipeAddr(); }

  Error SetDeadline(time::Time when, unsigned modes) override {
    if (IsClosed(here_) || IsClosed(there_)) {
      return io::ClosedPipe;
    }
    if ((modes & sched::kPollRead) != 0) read_deadline_.Set(when);
    if ((modes & sched::kPollWrite) != 0) write_deadline_.Set(when);
    return nullptr;
  }

 private:
  static Addr PipeAddr() {
    Addr addr;
    addr.network = "pipe";
    return addr;
  }

  static Error Wrapped(std::string_view op, const Error& err) {
    if (err == io::Eof || err == io::ClosedPipe) return err;
    return OpError(op, "pipe", nullptr, nullptr, err);
  }

  // What ends an operation before it begins.
  Error EndedFor(Deadline& deadline, const Error& when_there_is_closed) {
    if (IsClosed(here_)) return io::ClosedPipe;
    if (IsClosed(there_)) return when_there_is_closed;
    if (IsClosed(deadline.Wait())) return poll::DeadlineExceeded;
    return nullptr;
  }

  Error Take(std::span<std::byte> to, std::size_t* n) {
    Error err = EndedFor(read_deadline_, io::Eof);
    if (err) return err;
    Select(
        OnRecv(in_.offered,
               [&](std::optional<Bytes> from) {
                 *n = std::min(from->size(), to.size());
                 if (*n != 0) std::memcpy(to.data(), from->data(), *n);
                 in_.taken.Send(*n);
               }),
        OnRecv(here_, [&] { err = io::ClosedPipe; }),
        OnRecv(there_, [&] { err = io::Eof; }),
        OnRecv(read_deadline_.Wait(), [&] { err = poll::DeadlineExceeded; }));
    return err;
  }

  // Offer adds to *n what is taken.
  Error Offer(Bytes from, std::size_t* n) {
    Error err = EndedFor(write_deadline_, io::ClosedPipe);
    if (err) return err;
    do {  // also once for no bytes: the reader wakes
      Select(OnSend(out_.offered, from,
                    [&] {
                      const std::size_t taken = *out_.taken.Recv();
                      from = from.subspan(taken);
                      *n += taken;
                    }),
             OnRecv(here_, [&] { err = io::ClosedPipe; }),
             OnRecv(there_, [&] { err = io::ClosedPipe; }),
             OnRecv(write_deadline_.Wait(),
                    [&] { err = poll::DeadlineExceeded; }));
    } while (!err && !from.empty());
    return err;
  }

  const Way in_;
  const Way out_;
  const Chan<Unit> here_;   // closed with this end
  const Chan<Unit> there_;  // and with the other one
  sync::Mutex write_mu_;
  sync::Mutex close_mu_;
  Deadline read_deadline_;
  Deadline write_deadline_;
};

}  // namespace

std::pair<Conn, Conn> Pipe() {
  const Way ways[2];
  const Chan<Unit> closed[2] = {MakeChan<Unit>(), MakeChan<Unit>()};
  const auto end = [&](int here, int there) {
    return NetAccess::Make<Conn>(
        std::shared_ptr<ConnNode>(std::make_shared<End>(
            ways[here], ways[there], closed[here], closed[there])));
  };
  return {end(0, 1), end(1, 0)};
}

}  // namespace gosling::net
