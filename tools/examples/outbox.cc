// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Texts on their way to a client.

#include "tools/examples/outbox.h"

#include <chrono>
#include <mutex>
#include <utility>

namespace examples {

Outbox::Outbox(gosling::net::Conn conn, std::size_t limit)
    : conn_(std::move(conn)), limit_(limit) {}

std::shared_ptr<Outbox> Outbox::Open(gosling::net::Conn conn,
                                     std::size_t limit) {
  std::shared_ptr<Outbox> outbox(new Outbox(std::move(conn), limit));
  outbox->running_.Go([outbox] { outbox->Run(); });
  return outbox;
}

void Outbox::Run() {
  std::string batch;
  for (;;) {
    {
      std::lock_guard lock(mu_);
      while (waiting_.empty() && !closed_) filled_.Wait();
      if (waiting_.empty()) return;
      std::swap(batch, waiting_);
      drained_.Broadcast();
    }
    if (conn_.Write(batch).second) {
      (void)conn_.Close();
      std::lock_guard lock(mu_);
      return CloseLocked();
    }
    // A burst does not cost memory for ever.
    if (batch.capacity() > 64 << 10) batch = std::string();
    batch.clear();
  }
}

void Outbox::Put(std::string_view text) {
  std::lock_guard lock(mu_);
  if (closed_) return;
  if (waiting_.size() + text.size() > limit_) {
    (void)conn_.Close();
    return CloseLocked();
  }
  if (waiting_.empty()) filled_.Signal();
  waiting_ += text;
}

void Outbox::PutPatiently(std::string_view text) {
  std::lock_guard lock(mu_);
  while (!waiting_.empty() && waiting_.size() + text.size() > limit_ &&
         !closed_) {
    drained_.Wait();
  }
  if (closed_) return;
  if (waiting_.empty()) filled_.Signal();
  waiting_ += text;
}

void Outbox::Close(gosling::time::Delay patience) {
  (void)conn_.SetWriteDeadline(
      std::chrono::steady_clock::now() +
      std::chrono::nanoseconds(patience.Nanoseconds()));
  {
    std::lock_guard lock(mu_);
    closed_ = true;
    filled_.Signal();
    drained_.Broadcast();
  }
  running_.Wait();
}

// CloseLocked drops what is waiting.
void Outbox::CloseLocked() {
  closed_ = true;
  waiting_ = std::string();
  filled_.Signal();
  drained_.Broadcast();
}

}  // namespace examples
