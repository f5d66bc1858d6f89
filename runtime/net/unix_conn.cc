// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Descriptors through a unix socket. Go: ReadMsgUnix, WriteMsgUnix and
// syscall.UnixRights.

#include <fcntl.h>
#include <gosling/io.h>
#include <gosling/net.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "runtime/net/op_error.h"
#include "runtime/net/socket.h"
#include "runtime/poll/errors.h"

namespace gosling::net {

namespace {

// The system's limit (SCM_MAX_FD).
constexpr std::size_t kMostFds = 253;

// Message is what one call sends or receives.
struct Message {
  msghdr header = {};
  iovec data = {};
  std::vector<char> control;

  Message(void* at, std::size_t n, std::size_t fds)
      : data{at, n}, control(fds == 0 ? 0 : CMSG_SPACE(fds * sizeof(int))) {
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control.empty() ? nullptr : control.data();
    header.msg_controllen =
        static_cast<decltype(header.msg_controllen)>(control.size());
  }
};

ssize_t CallSendmsg(int fd, void* arg) {
  const auto& m = *static_cast<const Message*>(arg);
  const ssize_t n = ::sendmsg(fd, &m.header, kNoSignal);
  return n < 0 ? -errno : n;
}

ssize_t CallRecvmsg(int fd, void* arg) {
  auto& m = *static_cast<Message*>(arg);
  const ssize_t n = ::recvmsg(fd, &m.header, kCloseOnExec);
  return n < 0 ? -errno : n;
}

// TakeFds takes what came with a message: the caller owns them from now on.
std::vector<int> TakeFds(msghdr& header) {
  std::vector<int> fds;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr;
       c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const std::size_t before = fds.size();
    fds.resize(before + n);
    std::memcpy(fds.data() + before, CMSG_DATA(c), n * sizeof(int));
  }
  if (kCloseOnExec == 0) {
    for (const int fd : fds) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  return fds;
}

// NoSocket is what is wrong with passing descriptors through a connection that is
// none, nil, or a bubble's.
Error NoSocket(const UnixConn& conn, std::string_view op) {
  if (!conn) return Invalid();
  const Addr local = conn.LocalAddr();
  const Addr remote = conn.RemoteAddr();
  return OpError(op, local.network, &local, &remote,
                 errors::New("a bubble's network passes no descriptors"));
}

}  // namespace

std::pair<std::size_t, Error> UnixConn::SendFds(
    std::string_view data, std::span<const int> fds) const {
  internal::ConnNode* node = internal::NetAccess::NodeOf(*this);
  Socket* socket = node != nullptr ? node->AsSocket() : nullptr;
  if (socket == nullptr) return {0, NoSocket(*this, "write")};
  if (data.empty() || fds.size() > kMostFds) return {0, Invalid()};
  // The system does not write to where this points.
  Message message(const_cast<char*>(data.data()), data.size(), fds.size());
  if (!fds.empty()) {
    cmsghdr* c = CMSG_FIRSTHDR(&message.header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len =
        static_cast<decltype(c->cmsg_len)>(CMSG_LEN(fds.size() * sizeof(int)));
    std::memcpy(CMSG_DATA(c), fds.data(), fds.size() * sizeof(int));
  }
  const poll::FD::Done done =
      socket->fd().Do(poll::kPollWrite, CallSendmsg, &message);
  if (done.err != 0) return {0, socket->Fail("write", "sendmsg", done.err)};
  const auto n = static_cast<std::size_t>(done.value);
  if (n == data.size()) return {n, nullptr};
  const auto [more, err] = Write(data.substr(n));
  return {n + more, err};
}

UnixConn::Received UnixConn::RecvFds(std::span<char> data,
                                     std::size_t max) const {
  internal::ConnNode* node = internal::NetAccess::NodeOf(*this);
  Socket* socket = node != nullptr ? node->AsSocket() : nullptr;
  if (socket == nullptr) return {0, {}, NoSocket(*this, "read")};
  Message message(data.data(), data.size(), std::min(max, kMostFds));
  const poll::FD::Done done =
      socket->fd().Do(poll::kPollRead, CallRecvmsg, &message);
  if (done.err != 0) {
    return {0, {}, socket->Fail("read", "recvmsg", done.err)};
  }
  Received received;
  received.n = static_cast<std::size_t>(done.value);
  received.fds = TakeFds(message.header);
  if (received.n == 0 && !data.empty() && socket->EndsWithNothing()) {
    received.err = io::Eof;
  }
  return received;
}

}  // namespace gosling::net
