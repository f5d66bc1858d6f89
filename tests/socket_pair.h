// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// For tests of the netpoller: two ends, and a byte to wait for.

#ifndef GOSLING_TESTS_SOCKET_PAIR_H_
#define GOSLING_TESTS_SOCKET_PAIR_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace gosling {

// SocketPair is two connected sockets that do not block.
class SocketPair {
 public:
  SocketPair() {
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds_) != 0) std::abort();
    for (const int fd : fds_) {
      if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
          ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        std::abort();
      }
    }
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  ~SocketPair() {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  int a() const { return fds_[0]; }
  int b() const { return fds_[1]; }

 private:
  int fds_[2];
};

inline void Write(int fd, char c = 'x') { ASSERT_EQ(::write(fd, &c, 1), 1); }

inline int Read(int fd) {
  char c;
  return ::read(fd, &c, 1) == 1 ? c : -1;
}

}  // namespace gosling

#endif  // GOSLING_TESTS_SOCKET_PAIR_H_
