// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The channel's sockets are made, used and closed by functions of ours, which
// c-ares calls: so that an error can be told in Go's words, with both addresses,
// and so that each is in the netpoller from its first day to its last.
//
// A goroutine for each direction of a socket, the watcher, waits in the
// netpoller, and wakes the asker, which waits for all of them, for c-ares' next
// time-out and for the end of the context at once. The netpoller reports edges
// and c-ares leaves data behind, so the asker calls poll, which tells how things
// are, until nothing is ready.
//
// c-ares may hold a lock of the C library's while it calls us, which belongs to
// the thread: nothing in such a call may park or yield. Sockets are therefore
// put into the netpoller, and closed, when the call into c-ares has returned
// (Settle).

#include "runtime/net/cares_exchange.h"

#include <ares.h>
#include <errno.h>
#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/select.h>
#include <gosling/sync.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "runtime/net/socket_address.h"
#include "runtime/poll/errors.h"
#include "sched/netpoll.h"
#include "sched/os/os.h"

namespace gosling::net {

namespace {

using sched::kPollRead;
using sched::kPollWrite;
using sched::PollDesc;
using sched::PollMode;
using sched::PollResult;

constexpr int kInternet = 1;       // the class
constexpr int kUdpMessage = 1232;  // bytes that arrive whole (dnsflagday.net)

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

class Socket {
 public:
  Socket(int fd, bool tcp) : fd_(fd), tcp_(tcp) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  // Parks.
  ~Socket() {
    if (desc_ != nullptr) {
      desc_->Unblock();
      watchers_.Wait();
      desc_->Close();
    }
    ::close(fd_);
  }

  // Watch has what happens told on `news`. Returns 0 or an errno.
  int Watch(const Chan<Unit>& news) {
    int err = 0;
    desc_ = PollDesc::Open(fd_, &err);
    if (desc_ == nullptr) return err;
    Start(kPollRead, news);
    if (tcp_) Start(kPollWrite, news);
    return 0;
  }
  bool IsWatched() const { return desc_ != nullptr; }

  int fd() const { return fd_; }
  bool tcp() const { return tcp_; }
  const char* network() const { return tcp_ ? "tcp" : "udp"; }

  // IsConnected says whether a connection, or a datagram socket's other end,
  // stands, or has stood when something was sent.
  bool IsConnected() const {
    if (has_sent_) return true;
    sockaddr_storage other = {};
    socklen_t size = sizeof(other);
    return ::getpeername(fd_, reinterpret_cast<sockaddr*>(&other), &size) == 0;
  }

  void NoteSent() { has_sent_ = true; }

  // Local is its own address as text.
  std::string Local() const {
    sockaddr_storage own = {};
    socklen_t size = sizeof(own);
    auto* address = reinterpret_cast<sockaddr*>(&own);
    return ::getsockname(fd_, address, &size) == 0 ? Text(address) : "";
  }

 private:
  void Start(PollMode mode, const Chan<Unit>& news) {
    watchers_.Go([desc = desc_, mode, news] {
      while (desc->Wait(mode) == PollResult::kReady) news.TrySend(Unit{});
      news.TrySend(Unit{});
    });
  }

  const int fd_;
  const bool tcp_;
  bool has_sent_ = false;
  PollDesc* desc_ = nullptr;
  sync::WaitGroup watchers_;
};

// MakeSocket returns a descriptor that does not block, or -1 and errno.
int MakeSocket(int family, int type, int protocol) {
  sched::os::ShunStandard shun;
  const int made = ::socket(family, type, protocol);
  if (made < 0) return -1;
  const int fd = sched::os::RaiseFd(made);
  if (fd < 0) {
    errno = -fd;
    return -1;
  }
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
      ::fcntl(fd, F_SETFL, O_NONBLOCK) == 0) {
    return fd;
  }
  const int err = errno;
  ::close(fd);
  errno = err;
  return -1;
}

class Asker {
 public:
  Asker(const context::Context& ctx, const DNSServer& server)
      : ctx_(ctx),
        address_(MakeSocketAddress({server.ip, server.zone}, server.port)),
        server_(JoinHostPort(IPAddr{server.ip, server.zone}.String(),
                             server.port)) {}
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;
  ~Asker() {
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  Exchanged Ask(const Question& question) {
    if (Open(question)) {
      ares_query(channel_, question.name.c_str(), kInternet, question.type,
                 OnReply, this);
      Settle();
      Run();
    }
    return std::move(result_);
  }

 private:
  bool Open(const Question& question);
  bool SetServer();
  void Run();
  bool Serve();
  void Await();
  void Settle();

  // For c-ares, in a call into it.
  static void OnReply(void* arg, int status, int timeouts, unsigned char* reply,
                      int size);
  static ares_socket_t OnSocket(int family, int type, int protocol, void* arg);
  static int OnClose(ares_socket_t fd, void* arg);
  static int OnConnect(ares_socket_t fd, const sockaddr* to,
                       ares_socklen_t size, void* arg);
  static ares_ssize_t OnReceive(ares_socket_t fd, void* buffer, size_t size,
                                int flags, sockaddr* from,
                                ares_socklen_t* from_size, void* arg);
  static ares_ssize_t OnSend(ares_socket_t fd, const iovec* pieces, int n,
                             void* arg);

  Socket* Find(int fd) const;
  void Tell(const Socket& socket, const char* call, int err);
  void TellOfDial(const char* network, const char* call, int err);
  void Fail(int status);

  const context::Context& ctx_;
  const SocketAddress address_;
  const std::string server_;
  ares_channel channel_ = nullptr;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::vector<std::unique_ptr<Socket>> closed_;  // for c-ares; Settle does it
  const Socket* last_ = nullptr;                 // that it has used
  const Chan<Unit> news_ = MakeChan<Unit>(1);
  bool done_ = false;
  Exchanged result_;
};

bool Asker::Open(const Question& question) {
  // All is set, so that c-ares reads none of the system's files.
  std::array<char, 2> lookups = {"b"};
  std::array<char, 10> no_file = {"/dev/null"};
  in_addr loopback = {htonl(INADDR_LOOPBACK)};
  ares_options options = {};
  options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH |
                  ARES_FLAG_NOALIASES | ARES_FLAG_EDNS |
                  (question.tcp ? ARES_FLAG_USEVC : 0);
  options.timeout = static_cast<int>(std::clamp<std::int64_t>(
      std::chrono::ceil<std::chrono::milliseconds>(question.timeout).count(), 1,
      3'600'000));
  options.tries = 1;
  options.ndots = 1;
  options.servers = &loopback;
  options.nservers = 1;
  options.lookups = lookups.data();
  options.ednspsz = kUdpMessage;
  options.resolvconf_path = no_file.data();
  constexpr int kGiven = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                         ARES_OPT_NDOTS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS |
                         ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST |
                         ARES_OPT_EDNSPSZ | ARES_OPT_RESOLVCONF;
  if (const int status = ares_init_options(&channel_, &options, kGiven);
      status != ARES_SUCCESS) {
    channel_ = nullptr;
    Fail(status);
    return false;
  }
  static constexpr ares_socket_functions kFunctions = {
      OnSocket, OnClose, OnConnect, OnReceive, OnSend};
  ares_set_socket_functions(channel_, &kFunctions, this);
  return SetServer();
}

// SetServer tells the real one. Where it is of consequence, with its zone,
// OnConnect uses address_.
bool Asker::SetServer() {
  ares_addr_port_node node = {};
  node.family = address_.storage.ss_family;
  const IP ip = AddressOf(address_.get()).ip;
  const auto bytes4 = ip.bytes4();
  const auto bytes16 = ip.bytes16();
  if (node.family == AF_INET) {
    std::memcpy(&node.addr.addr4, bytes4.data(), bytes4.size());
  } else {
    std::memcpy(&node.addr.addr6, bytes16.data(), bytes16.size());
  }
  node.udp_port = node.tcp_port = PortOf(address_.get());
  const int status = ares_set_servers_ports(channel_, &node);
  if (status != ARES_SUCCESS) Fail(status);
  return status == ARES_SUCCESS;
}

void Asker::Run() {
  while (!done_) {
    if (ctx_.Err()) {
      result_.ended = true;
      return;
    }
    if (!Serve()) Await();
  }
}

// Serve lets c-ares go on with the sockets that are ready; false: none is.
bool Asker::Serve() {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> fds = {};
  std::array<pollfd, ARES_GETSOCK_MAXNUM> asked = {};
  const auto wanted = static_cast<unsigned>(
      ares_getsock(channel_, fds.data(), static_cast<int>(fds.size())));
  nfds_t n = 0;
  for (unsigned i = 0; i < fds.size(); i++) {
    short events = 0;
    if ((wanted >> i & 1) != 0) events |= POLLIN;
    if ((wanted >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0) events |= POLLOUT;
    if (events != 0) asked[n++] = {fds[i], events, 0};
  }
  if (n == 0 || ::poll(asked.data(), n, 0) <= 0) return false;
  for (const pollfd& ready : asked) {
    if (ready.revents == 0) continue;
    // An error is for the call to tell that is made then.
    const bool in = (ready.revents & ~POLLOUT) != 0;
    const bool out = (ready.revents & POLLOUT) != 0;
    ares_process_fd(channel_, in ? ready.fd : ARES_SOCKET_BAD,
                    out ? ready.fd : ARES_SOCKET_BAD);
    // It may have closed the others.
    break;
  }
  Settle();
  return true;
}

// Await parks until a socket has news, c-ares wants to be called, or ctx ends.
void Asker::Await() {
  timeval buffer = {};
  const timeval* limit = ares_timeout(channel_, nullptr, &buffer);
  RecvChan<time::Time> over;
  if (limit != nullptr) {
    // Not early: c-ares counts in microseconds, or in milliseconds.
    over = time::After(std::chrono::seconds(limit->tv_sec) +
                       std::chrono::microseconds(limit->tv_usec) +
                       std::chrono::milliseconds(1));
  }
  bool is_over = false;
  Select(OnRecv(news_, [] {}), OnRecv(ctx_.Done(), [] {}),
         OnRecv(over, [&] { is_over = true; }));
  if (is_over) {
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    Settle();
  }
}

void Asker::Settle() {
  for (const auto& socket : closed_) {
    if (socket.get() == last_) last_ = nullptr;
  }
  closed_.clear();
  for (const auto& socket : sockets_) {
    if (socket->IsWatched()) continue;
    if (const int err = socket->Watch(news_); err != 0) {
      TellOfDial(socket->network(), "netpoll", err);
      done_ = true;
      return;
    }
  }
}

Socket* Asker::Find(int fd) const {
  for (const auto& socket : sockets_) {
    if (socket->fd() == fd) return socket.get();
  }
  return nullptr;
}

// Tell keeps what has gone wrong in Go's words, for when c-ares gives up.
void Asker::Tell(const Socket& socket, const char* call, int err) {
  if (socket.tcp() && !socket.IsConnected()) {
    TellOfDial(socket.network(), "connect", err);
    return;
  }
  result_.trouble = std::string(call) + ' ' + socket.network() + ' ' +
                    socket.Local() + "->" + server_ + ": " + call + ": " +
                    poll::ErrnoText(err);
}

void Asker::TellOfDial(const char* network, const char* call, int err) {
  result_.trouble = std::string("dial ") + network + ' ' + server_ + ": " +
                    call + ": " + poll::ErrnoText(err);
}

// Fail is for a question that ends without a reply.
void Asker::Fail(int status) {
  done_ = true;
  if (status == ARES_ETIMEOUT) {
    result_.is_timeout = true;
    result_.trouble = "i/o timeout";
    if (last_ != nullptr && (!last_->tcp() || last_->IsConnected())) {
      result_.trouble = std::string("read ") + last_->network() + ' ' +
                        last_->Local() + "->" + server_ + ": i/o timeout";
    } else if (last_ != nullptr) {
      result_.trouble = "dial tcp " + server_ + ": i/o timeout";
    }
  } else if (status == ARES_EBADNAME || status == ARES_EBADQUERY) {
    result_.trouble = "cannot marshal DNS message";
  } else if (result_.trouble.empty()) {
    result_.trouble = ares_strerror(status);
  }
}

void Asker::OnReply(void* arg, int status, int, unsigned char* reply,
                    int size) {
  auto* asker = static_cast<Asker*>(arg);
  if (status == ARES_EDESTRUCTION) return;
  if (reply == nullptr || size <= 0) {
    asker->Fail(status);
    return;
  }
  asker->done_ = true;
  asker->result_.reply.assign(reply, reply + size);
}

ares_socket_t Asker::OnSocket(int family, int type, int protocol, void* arg) {
  auto* asker = static_cast<Asker*>(arg);
  const bool tcp = type == SOCK_STREAM;
  const int fd = MakeSocket(family, type, protocol);
  if (fd < 0) {
    const int err = errno;
    asker->TellOfDial(tcp ? "tcp" : "udp", "socket", err);
    errno = err;
    return ARES_SOCKET_BAD;
  }
  asker->sockets_.push_back(std::make_unique<Socket>(fd, tcp));
  asker->last_ = asker->sockets_.back().get();
  return fd;
}

int Asker::OnClose(ares_socket_t fd, void* arg) {
  auto* asker = static_cast<Asker*>(arg);
  auto& sockets = asker->sockets_;
  const auto it =
      std::find_if(sockets.begin(), sockets.end(),
                   [fd](const auto& socket) { return socket->fd() == fd; });
  if (it == sockets.end()) return 0;
  asker->closed_.push_back(std::move(*it));
  sockets.erase(it);
  return 0;
}

int Asker::OnConnect(ares_socket_t fd, const sockaddr*, ares_socklen_t,
                     void* arg) {
  auto* asker = static_cast<Asker*>(arg);
  const int result = ::connect(fd, asker->address_.get(), asker->address_.size);
  const int err = errno;
  if (result != 0 && err != EINPROGRESS) {
    const Socket* socket = asker->Find(fd);
    asker->TellOfDial(socket->network(), "connect", err);
  }
  errno = err;
  return result;
}

ares_ssize_t Asker::OnReceive(ares_socket_t fd, void* buffer, size_t size,
                              int flags, sockaddr* from,
                              ares_socklen_t* from_size, void* arg) {
  auto* asker = static_cast<Asker*>(arg);
  const ssize_t n = ::recvfrom(fd, buffer, size, flags, from, from_size);
  const int err = errno;
  const Socket* socket = asker->Find(fd);
  if (n < 0 && err != EAGAIN && err != EINTR) {
    asker->Tell(*socket, "read", err);
  } else if (n == 0 && socket->tcp()) {
    asker->result_.trouble = "EOF";
  }
  errno = err;
  return n;
}

ares_ssize_t Asker::OnSend(ares_socket_t fd, const iovec* pieces, int n,
                           void* arg) {
  auto* asker = static_cast<Asker*>(arg);
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(pieces);
  // glibc's type is size_t, the standard's int.
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(n);
  const ssize_t sent = ::sendmsg(fd, &message, kNoSignal);
  const int err = errno;
  Socket* socket = asker->Find(fd);
  if (sent >= 0) {
    socket->NoteSent();
  } else if (err != EAGAIN && err != EINTR && err != ENOTCONN) {
    asker->Tell(*socket, "write", err);
  }
  errno = err;
  return sent;
}

}  // namespace

Exchanged Exchange(const context::Context& ctx, const DNSServer& server,
                   const Question& question) {
  return Asker(ctx, server).Ask(question);
}

}  // namespace gosling::net
