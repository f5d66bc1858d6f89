// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Conn's functions, and those of its kinds but for descriptors (unix_conn.cc).

#include "runtime/net/conn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/net/op_error.h"
#include "runtime/net/socket.h"

namespace gosling {

namespace internal {

Error ConnNode::SetOption(int, int, const void*, socklen_t) {
  return net::Invalid();
}

Error ConnNode::Shutdown(int) { return net::Invalid(); }

net::PacketConn::From ConnNode::ReadFrom(std::span<std::byte>) {
  return {0, {}, net::Invalid()};
}

std::pair<std::size_t, Error> ConnNode::WriteTo(std::span<const std::byte>,
                                                const net::Addr&) {
  return {0, net::Invalid()};
}

}  // namespace internal

namespace net {

namespace {

using internal::NetAccess;
using Moved = std::pair<std::size_t, Error>;

Socket* SocketOf(const Conn& conn) {
  internal::ConnNode* node = NetAccess::NodeOf(conn);
  return node != nullptr ? node->AsSocket() : nullptr;
}

iovec PieceOf(std::span<const std::byte> piece) {
  // The system does not write to where this points.
  return {const_cast<std::byte*>(piece.data()), piece.size()};
}
iovec PieceOf(std::string_view piece) {
  return PieceOf(std::as_bytes(std::span(piece)));
}

// WritePieces writes some at a time, as many as fit on the stack.
template <class Pieces>
Moved WritePieces(internal::ConnNode* node, const Pieces& pieces) {
  if (node == nullptr) return {0, Invalid()};
  std::array<iovec, 64> some;
  std::size_t written = 0;
  for (auto it = pieces.begin(); it != pieces.end();) {
    std::size_t n = 0;
    for (; n < some.size() && it != pieces.end(); it++)
      some[n++] = PieceOf(*it);
    const auto [moved, err] = node->Writev({some.data(), n});
    written += moved;
    if (err) return {written, err};
  }
  return {written, nullptr};
}

Error Set(const Conn& conn, int level, int name, int value) {
  internal::ConnNode* node = NetAccess::NodeOf(conn);
  return node != nullptr ? node->SetOption(level, name, &value, sizeof value)
                         : Invalid();
}

Error ShutDown(const Conn& conn, int how) {
  internal::ConnNode* node = NetAccess::NodeOf(conn);
  return node != nullptr ? node->Shutdown(how) : Invalid();
}

bool IsNetwork(const Conn& conn, std::string_view network) {
  const internal::ConnNode* node = NetAccess::NodeOf(conn);
  return node != nullptr && node->network().starts_with(network);
}

}  // namespace

Moved Conn::Read(std::span<std::byte> to) const {
  return node_ ? node_->Read(to) : Moved(0, Invalid());
}

Moved Conn::Write(std::span<const std::byte> from) const {
  return node_ ? node_->Write(from) : Moved(0, Invalid());
}

Moved Conn::Writev(std::span<const std::span<const std::byte>> pieces) const {
  return WritePieces(node_.get(), pieces);
}

Moved Conn::Writev(std::initializer_list<std::string_view> pieces) const {
  return WritePieces(node_.get(), pieces);
}

Error Conn::Close() const { return node_ ? node_->Close() : Invalid(); }

Addr Conn::LocalAddr() const { return node_ ? node_->LocalAddr() : Addr(); }
Addr Conn::RemoteAddr() const { return node_ ? node_->RemoteAddr() : Addr(); }

Error Conn::SetDeadline(time::Time when) const {
  return node_ ? node_->SetDeadline(when, poll::kPollRead | poll::kPollWrite)
               : Invalid();
}
Error Conn::SetReadDeadline(time::Time when) const {
  return node_ ? node_->SetDeadline(when, poll::kPollRead) : Invalid();
}
Error Conn::SetWriteDeadline(time::Time when) const {
  return node_ ? node_->SetDeadline(when, poll::kPollWrite) : Invalid();
}

int Conn::Fd() const {
  Socket* socket = SocketOf(*this);
  return socket != nullptr ? socket->fd().GiveNumber() : -1;
}

internal::IoStream Conn::Stream() const {
  Socket* socket = SocketOf(*this);
  // Of messages each is a read of its own.
  if (socket == nullptr || !socket->IsStream()) return {};
  internal::IoStream stream;
  stream.fd = &socket->fd();
  stream.at = socket;
  stream.error = [](const void* at, const char* op, int err) {
    return static_cast<const Socket*>(at)->Fail(op, op, err);
  };
  return stream;
}

bool TCPConn::IsOfItsKind() const { return IsNetwork(*this, "tcp"); }

Error TCPConn::SetNoDelay(bool on) const {
  return Set(*this, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

Error TCPConn::SetKeepAlive(bool on) const {
  return Set(*this, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0);
}

Error TCPConn::SetKeepAlivePeriod(time::Delay d) const {
  return Set(*this, IPPROTO_TCP, kKeepAliveIdle,
             KeepAliveSeconds(time::Duration(d.Nanoseconds())));
}

Error TCPConn::SetLinger(int seconds) const {
  internal::ConnNode* node = NetAccess::NodeOf(*this);
  if (node == nullptr) return Invalid();
  linger value = {};
  value.l_onoff = seconds >= 0 ? 1 : 0;
  value.l_linger = std::max(seconds, 0);
  return node->SetOption(SOL_SOCKET, SO_LINGER, &value, sizeof value);
}

Error TCPConn::CloseRead() const { return ShutDown(*this, SHUT_RD); }
Error TCPConn::CloseWrite() const { return ShutDown(*this, SHUT_WR); }

bool PacketConn::IsOfItsKind() const {
  const internal::ConnNode* node = NetAccess::NodeOf(*this);
  return node != nullptr && node->type() == SOCK_DGRAM;
}

PacketConn::From PacketConn::ReadFrom(std::span<std::byte> to) const {
  internal::ConnNode* node = NetAccess::NodeOf(*this);
  return node != nullptr ? node->ReadFrom(to) : From{0, {}, Invalid()};
}

Moved PacketConn::WriteTo(std::span<const std::byte> from,
                          const Addr& to) const {
  internal::ConnNode* node = NetAccess::NodeOf(*this);
  return node != nullptr ? node->WriteTo(from, to) : Moved(0, Invalid());
}

bool UnixConn::IsOfItsKind() const { return IsNetwork(*this, "unix"); }

Error UnixConn::CloseRead() const { return ShutDown(*this, SHUT_RD); }
Error UnixConn::CloseWrite() const { return ShutDown(*this, SHUT_WR); }

}  // namespace net
}  // namespace gosling
