// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A DNS server on loopback that answers as a test says, over UDP and TCP at one
// port of an address. It is a thread with plain sockets, which never enters the
// runtime.
//
//     DnsServer server([](const DnsQuery& query) {
//       return DnsReply(query).A("192.0.2.1").Only();
//     });

#ifndef GOSLING_TESTS_DNS_SERVER_H_
#define GOSLING_TESTS_DNS_SERVER_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gosling {

using DnsBytes = std::vector<std::uint8_t>;

enum : int {
  kDnsA = 1,
  kDnsCname = 5,
  kDnsPtr = 12,
  kDnsAaaa = 28,
  kDnsOpt = 41
};

// DnsQuery is what came, and from where.
struct DnsQuery {
  bool tcp = false;
  int fd = -1;
  sockaddr_storage from = {};
  socklen_t from_size = sizeof(from);
  DnsBytes bytes;
  std::string name;  // small letters, a dot at the end
  int type = 0;
  int nth = 0;  // of this name and type, over this protocol; from 1
  // How long a datagram that answers may be, as its OPT record says (RFC 6891); 0
  // without one.
  int room = 0;
};

// DnsSent is what is to be sent to the sender of a query; no bytes, over TCP: the
// connection is closed.
struct DnsSent {
  DnsQuery to;
  DnsBytes bytes;
};

inline void AppendDnsName(DnsBytes& bytes, std::string_view name) {
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    bytes.push_back(static_cast<std::uint8_t>(dot));
    bytes.insert(bytes.end(), name.begin(),
                 name.begin() + static_cast<std::ptrdiff_t>(dot));
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  bytes.push_back(0);
}

inline void AppendDnsNumber(DnsBytes& bytes, int n) {
  bytes.push_back(static_cast<std::uint8_t>(n >> 8));
  bytes.push_back(static_cast<std::uint8_t>(n));
}

// DnsReply puts one together.
class DnsReply {
 public:
  explicit DnsReply(const DnsQuery& query) : query_(query) {
    id_ = query.bytes[0] << 8 | query.bytes[1];
    question_ = query.name;
    type_ = query.type;
  }

  DnsReply& Code(int code) { return Set(code_, code); }
  DnsReply& Truncated() { return Set(truncated_, true); }
  DnsReply& Lame() { return Set(recursion_, false); }
  DnsReply& Authoritative() { return Set(authoritative_, true); }
  // Records more than there are, of the answer or of the additional ones.
  DnsReply& MoreAnswers() { return Set(records_, records_ + 1); }
  DnsReply& MoreAdditional() { return Set(additional_, 1); }
  DnsReply& WrongId() { return Set(id_, id_ ^ 0x5555); }
  DnsReply& Question(std::string name) {
    return Set(question_, std::move(name));
  }
  DnsReply& QuestionType(int type) { return Set(type_, type); }

  // Records, of the name that was asked for if no other is given.
  DnsReply& A(const char* text, std::string_view owner = {}) {
    DnsBytes data(4);
    if (::inet_pton(AF_INET, text, data.data()) != 1) std::abort();
    return Add(owner, kDnsA, data);
  }
  DnsReply& Aaaa(const char* text, std::string_view owner = {}) {
    DnsBytes data(16);
    if (::inet_pton(AF_INET6, text, data.data()) != 1) std::abort();
    return Add(owner, kDnsAaaa, data);
  }
  DnsReply& Cname(std::string_view target, std::string_view owner = {}) {
    DnsBytes data;
    AppendDnsName(data, target);
    return Add(owner, kDnsCname, data);
  }
  DnsReply& Ptr(std::string_view target, std::string_view owner = {}) {
    DnsBytes data;
    AppendDnsName(data, target);
    return Add(owner, kDnsPtr, data);
  }
  DnsReply& Record(int type, const DnsBytes& data) {
    return Add({}, type, data);
  }

  DnsBytes Bytes() const {
    DnsBytes bytes;
    AppendDnsNumber(bytes, id_);
    AppendDnsNumber(bytes, 0x8100 | (authoritative_ ? 0x400 : 0) |
                               (truncated_ ? 0x200 : 0) |
                               (recursion_ ? 0x80 : 0) | code_);
    AppendDnsNumber(bytes, 1);
    AppendDnsNumber(bytes, records_);
    AppendDnsNumber(bytes, 0);
    AppendDnsNumber(bytes, additional_);
    AppendDnsName(bytes, question_);
    AppendDnsNumber(bytes, type_);
    AppendDnsNumber(bytes, 1);
    bytes.insert(bytes.end(), answers_.begin(), answers_.end());
    return bytes;
  }
  DnsSent Sent() const { return {query_, Bytes()}; }
  std::vector<DnsSent> Only() const { return {Sent()}; }

 private:
  template <class T>
  DnsReply& Set(T& field, T value) {
    field = std::move(value);
    return *this;
  }
  DnsReply& Add(std::string_view owner, int type, const DnsBytes& data) {
    if (owner.empty()) {
      AppendDnsNumber(answers_, 0xc00c);  // the question's name
    } else {
      AppendDnsName(answers_, owner);
    }
    AppendDnsNumber(answers_, type);
    AppendDnsNumber(answers_, 1);
    AppendDnsNumber(answers_, 0);
    AppendDnsNumber(answers_, 60);  // seconds to live
    AppendDnsNumber(answers_, static_cast<int>(data.size()));
    answers_.insert(answers_.end(), data.begin(), data.end());
    records_++;
    return *this;
  }

  const DnsQuery query_;
  int id_ = 0;
  int code_ = 0;
  bool truncated_ = false;
  bool recursion_ = true;
  bool authoritative_ = false;
  std::string question_;
  int type_ = 0;
  DnsBytes answers_;
  int records_ = 0;
  int additional_ = 0;
};

class DnsServer {
 public:
  using Handler = std::function<std::vector<DnsSent>(const DnsQuery&)>;

  // `accepts`: connections, from the start on, else once AcceptNow is called:
  // until then there is room for few.
  explicit DnsServer(Handler handler, const char* ip = "127.0.0.1",
                     bool accepts = true)
      : handler_(std::move(handler)), accepts_(accepts) {
    sockaddr_storage address = {};
    socklen_t size = Read(ip, &address);
    auto* addr = reinterpret_cast<sockaddr*>(&address);
    // A port that is free for both: it stands at one place of either family.
    auto& port = reinterpret_cast<sockaddr_in*>(&address)->sin_port;
    for (;;) {
      listener_ = ::socket(address.ss_family, SOCK_STREAM, 0);
      udp_ = ::socket(address.ss_family, SOCK_DGRAM, 0);
      port = 0;
      Must(::bind(listener_, addr, size) == 0);
      Must(::getsockname(listener_, addr, &size) == 0);
      if (::bind(udp_, addr, size) == 0) break;
      ::close(listener_);
      ::close(udp_);
    }
    Must(::listen(listener_, accepts ? 64 : 0) == 0 && ::pipe(wake_) == 0);
    port_ = ntohs(port);
    thread_ = std::thread([this] { Serve(); });
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  ~DnsServer() {
    stops_ = true;
    Must(::write(wake_[1], "", 1) == 1);
    thread_.join();
    for (const auto& [fd, bytes] : connections_) ::close(fd);
    for (const int fd : {listener_, udp_, wake_[0], wake_[1]}) ::close(fd);
  }

  int port() const { return port_; }
  void AcceptNow() {
    accepts_ = true;
    Must(::write(wake_[1], "", 1) == 1);
  }

  // Asked are the names, types and protocols so far, "a.example. A udp", in their
  // order.
  std::vector<std::string> Asked() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }
  // Count is how many of these there are.
  int Count(std::string_view asked) {
    const auto all = Asked();
    return static_cast<int>(std::count(all.begin(), all.end(), asked));
  }

 private:
  static void Must(bool ok) {
    if (!ok) std::abort();
  }

  static socklen_t Read(const char* ip, sockaddr_storage* address) {
    auto* four = reinterpret_cast<sockaddr_in*>(address);
    auto* six = reinterpret_cast<sockaddr_in6*>(address);
    if (::inet_pton(AF_INET, ip, &four->sin_addr) == 1) {
      address->ss_family = AF_INET;
      return sizeof(*four);
    }
    Must(::inet_pton(AF_INET6, ip, &six->sin6_addr) == 1);
    address->ss_family = AF_INET6;
    return sizeof(*six);
  }

  void Serve() {
    for (;;) {
      std::vector<pollfd> fds = {{wake_[0], POLLIN, 0},
                                 {udp_, POLLIN, 0},
                                 {accepts_ ? listener_ : -1, POLLIN, 0}};
      for (const auto& [fd, bytes] : connections_)
        fds.push_back({fd, POLLIN, 0});
      if (::poll(fds.data(), static_cast<nfds_t>(fds.size()), -1) < 0) continue;
      if (stops_) return;
      if (fds[0].revents != 0) {
        char told;
        Must(::read(wake_[0], &told, 1) == 1);
      }
      if (fds[1].revents != 0) ReadDatagram();
      if (fds[2].revents != 0)
        connections_[::accept(listener_, nullptr, nullptr)];
      for (std::size_t i = 3; i < fds.size(); i++) {
        if (fds[i].revents != 0) ReadStream(fds[i].fd);
      }
    }
  }

  void ReadDatagram() {
    DnsQuery query;
    query.fd = udp_;
    query.bytes.resize(4096);
    const ssize_t n =
        ::recvfrom(udp_, query.bytes.data(), query.bytes.size(), 0,
                   reinterpret_cast<sockaddr*>(&query.from), &query.from_size);
    if (n < 12) return;
    query.bytes.resize(static_cast<std::size_t>(n));
    Handle(std::move(query));
  }

  void ReadStream(int fd) {
    DnsBytes& bytes = connections_[fd];
    std::uint8_t buffer[4096];
    const ssize_t n = ::recv(fd, buffer, sizeof(buffer), 0);
    if (n <= 0) {
      connections_.erase(fd);
      ::close(fd);
      return;
    }
    bytes.insert(bytes.end(), buffer, buffer + n);
    while (bytes.size() >= 2) {
      const std::size_t size = bytes[0] << 8 | bytes[1];
      if (bytes.size() < 2 + size) return;
      const auto begin = bytes.begin() + 2;
      const auto end = begin + static_cast<std::ptrdiff_t>(size);
      DnsQuery query;
      query.tcp = true;
      query.fd = fd;
      query.bytes.assign(begin, end);
      bytes.erase(bytes.begin(), end);
      Handle(std::move(query));
      if (!connections_.contains(fd)) return;
    }
  }

  void Handle(DnsQuery query) {
    std::size_t at = 12;
    while (query.bytes[at] != 0) {
      const std::size_t size = query.bytes[at];
      for (std::size_t i = 1; i <= size; i++) {
        query.name += static_cast<char>(std::tolower(query.bytes[at + i]));
      }
      query.name += '.';
      at += size + 1;
    }
    query.type = query.bytes[at + 1] << 8 | query.bytes[at + 2];
    // c-ares' additional record, if there is one, is the root's OPT.
    at += 5;
    if (query.bytes.size() >= at + 5 && query.bytes[at] == 0 &&
        query.bytes[at + 2] == kDnsOpt) {
      query.room = query.bytes[at + 3] << 8 | query.bytes[at + 4];
    }
    std::string asked = query.name;
    asked += query.type == kDnsA      ? " A"
             : query.type == kDnsAaaa ? " AAAA"
                                      : " PTR";
    asked += query.tcp ? " tcp" : " udp";
    query.nth = Count(asked) + 1;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      asked_.push_back(std::move(asked));
    }
    for (const DnsSent& sent : handler_(query)) Send(sent);
  }

  void Send(const DnsSent& sent) {
    DnsBytes bytes = sent.bytes;
    if (!sent.to.tcp) {
      ::sendto(sent.to.fd, bytes.data(), bytes.size(), 0,
               reinterpret_cast<const sockaddr*>(&sent.to.from),
               sent.to.from_size);
      return;
    }
    if (bytes.empty()) {
      connections_.erase(sent.to.fd);
      ::close(sent.to.fd);
      return;
    }
    DnsBytes whole;
    AppendDnsNumber(whole, static_cast<int>(bytes.size()));
    whole.insert(whole.end(), bytes.begin(), bytes.end());
    // In two pieces, as a network may bring them.
    ::send(sent.to.fd, whole.data(), 1, MSG_NOSIGNAL);
    ::send(sent.to.fd, whole.data() + 1, whole.size() - 1, MSG_NOSIGNAL);
  }

  const Handler handler_;
  std::atomic<bool> accepts_;
  std::atomic<bool> stops_{false};
  int udp_ = -1;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  int port_ = 0;
  std::map<int, DnsBytes> connections_;  // what they have sent
  std::mutex mutex_;
  std::vector<std::string> asked_;  // under mutex_
  std::thread thread_;
};

}  // namespace gosling

#endif  // GOSLING_TESTS_DNS_SERVER_H_
