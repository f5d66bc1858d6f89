// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// poll::FD (runtime/poll/fd.h): who may use a descriptor and when it is closed,
// and the read that waits for a report before it asks the system.

#include "runtime/poll/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sched/os/os.h"
#include "tests/children.h"
#include "tests/go_test.h"
#include "tests/sanitizers.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using poll::FD;
using poll::FdMutex;
using poll::kErrClosing;
using poll::kErrNoDeadline;
using poll::kErrTimeout;
using poll::kPollRead;
using poll::kPollWrite;

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// ReadText reads once, for at most `most` bytes.
std::string ReadText(FD& fd, std::size_t most, int* err = nullptr) {
  std::string text(most, '\0');
  const poll::Result r = fd.Read(std::as_writable_bytes(std::span(text)));
  text.resize(r.n);
  if (err != nullptr) *err = r.err;
  return text;
}

// TcpPair is a TCP connection of this process: an FD that waits after short
// reads, and the bare descriptor of the other end.
class TcpPair {
 public:
  TcpPair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* addr = reinterpret_cast<sockaddr*>(&at);
    socklen_t size = sizeof at;
    if (::bind(listener, addr, size) != 0 || ::listen(listener, 1) != 0 ||
        ::getsockname(listener, addr, &size) != 0) {
      std::abort();
    }
    other_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(other_, addr, size) != 0) std::abort();
    const int own =
        ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ::close(listener);
    fd_ = std::make_unique<FD>(own, FD::Kind::kSocket);
    if (fd_->Init() != 0) std::abort();
    fd_->WaitAfterShortReads();
  }
  ~TcpPair() {
    if (other_ >= 0) ::close(other_);
  }

  FD& fd() { return *fd_; }
  int other() const { return other_; }
  void Say(std::string_view text, int flags = 0) const {
    ASSERT_EQ(::send(other_, text.data(), text.size(), flags | MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void CloseOther() {
    ::close(other_);
    other_ = -1;
  }

 private:
  std::unique_ptr<FD> fd_;
  int other_;
};

class FdTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, FdTest, kProcs, ProcsName);

// The first read has the poller know the connection and be idle; data and the
// end then arrive together, are reported together, and the short read does not
// say that there is no more.
TEST_P(FdTest, TheEndThatCameWithTheDataIsSeenAfterAShortRead) {
  Run([] {
    for (int i = 0; i < (kSanitized ? 50 : 500); i++) {
      TcpPair pair;
      pair.Say("a");
      EXPECT_EQ(ReadText(pair.fd(), 100), "a");
      auto got = MakeChan<std::string>(2);
      Go([&pair, got] {
        got.Send(ReadText(pair.fd(), 100));
        got.Send(ReadText(pair.fd(), 100));
      });
      if (i % 2 == 0) runtime::Gosched();
      pair.Say("b");
      pair.CloseOther();
      EXPECT_EQ(*got.Recv(), "b");
      EXPECT_EQ(*got.Recv(), "");
    }
  });
}

// A read stops before urgent data, however much lies behind it.
TEST_P(FdTest, DataBehindUrgentDataIsReadAfterAShortRead) {
  Run([] {
    TcpPair pair;
    auto got = MakeChan<std::string>();
    Go([&pair, got] {
      std::string all;
      while (all.size() < 4) all += ReadText(pair.fd(), 100);
      got.Send(all);
    });
    runtime::Gosched();
    pair.Say("ab");
    pair.Say("!", MSG_OOB);
    pair.Say("cd");
    EXPECT_EQ(*got.Recv(), "abcd");
  });
}

TEST_P(FdTest, ShortReadsInATorrentMissNothing) {
  Run([] {
    TcpPair pair;
    constexpr int kBytes = kSanitized ? 20'000 : 200'000;
    std::atomic<long> sum{0};
    sync::WaitGroup reading;
    reading.Go([&] {
      int left = kBytes;
      while (left > 0) {
        const std::string text = ReadText(pair.fd(), 1 + left % 7);
        ASSERT_FALSE(text.empty());
        left -= static_cast<int>(text.size());
        for (const char c : text) sum += c;
      }
    });
    std::thread writer([&] {
      for (int i = 0; i < kBytes; i++) pair.Say("x");
    });
    reading.Wait();
    writer.join();
    EXPECT_EQ(sum, long{kBytes} * 'x');
  });
}

// As splice does in io::Copy, which takes some and leaves some.
TEST_P(FdTest, AnotherKindOfReadForgetsTheShortOne) {
  Run([] {
    TcpPair pair;
    pair.Say("a");
    EXPECT_EQ(ReadText(pair.fd(), 100), "a");  // short
    pair.Say("bc");
    char c = 0;
    const FD::Done done = pair.fd().Do(
        kPollRead,
        [](int fd, void* arg) -> ssize_t {
          const ssize_t n = ::recv(fd, arg, 1, 0);
          return n < 0 ? -errno : n;
        },
        &c);
    EXPECT_EQ(done.value, 1);
    EXPECT_EQ(c, 'b');
    EXPECT_EQ(ReadText(pair.fd(), 100), "c");
  });
}

TEST_P(FdTest, WhoHasTheNumberMayCloseItAndIsToldSo) {
  Run([] {
    TcpPair pair;
    pair.Say("a");
    EXPECT_EQ(ReadText(pair.fd(), 100), "a");
    const int number = pair.fd().GiveNumber();
    ::close(number);
    int err = 0;
    ReadText(pair.fd(), 100, &err);
    EXPECT_EQ(err, EBADF);
    // The number has to be somebody's when the FD closes it.
    EXPECT_EQ(::dup2(STDERR_FILENO, number), number);
  });
}

TEST_P(FdTest, ADeadlineEndsTheWaitAfterAShortRead) {
  Run([] {
    TcpPair pair;
    pair.Say("a");
    EXPECT_EQ(ReadText(pair.fd(), 100), "a");
    pair.fd().SetDeadline(sched::os::Nanotime() + 1'000'000, kPollRead);
    int err = 0;
    ReadText(pair.fd(), 100, &err);
    EXPECT_EQ(err, kErrTimeout);
    pair.fd().SetDeadline(0, kPollRead);
    pair.Say("b");
    EXPECT_EQ(ReadText(pair.fd(), 100), "b");
  });
}

TEST_P(FdTest, ReadingNothingReturnsAtOnce) {
  Run([] {
    TcpPair pair;
    const poll::Result r = pair.fd().Read({});
    EXPECT_EQ(r.n, 0U);
    EXPECT_EQ(r.err, 0);
  });
}

TEST_P(FdTest, CloseEndsAllUsersAndOnlyOneCloses) {
  Run([] {
    for (int i = 0; i < (kSanitized ? 20 : 200); i++) {
      TcpPair pair;
      std::atomic<int> closers{0};
      sync::WaitGroup users;
      for (int k = 0; k < 3; k++) {
        users.Go([&] {
          int err = 0;
          while (err == 0) ReadText(pair.fd(), 10, &err);
          EXPECT_EQ(err, kErrClosing);
        });
        users.Go([&] {
          const std::string much(1 << 20, 'x');
          int err = 0;
          while (err == 0) err = pair.fd().Write(Bytes(much)).err;
          EXPECT_EQ(err, kErrClosing);
        });
      }
      for (int k = 0; k < 2; k++) {
        users.Go([&] {
          runtime::Gosched();
          if (pair.fd().Close() == 0) closers++;
        });
      }
      users.Wait();
      EXPECT_EQ(closers, 1);
      EXPECT_EQ(pair.fd().SetDeadline(0, kPollRead), kErrClosing);
    }
  });
}

TEST_P(FdTest, CloseReturnsWhenTheNumberIsFree) {
  Run([] {
    TcpPair pair;
    const int number = pair.fd().fd();
    sync::WaitGroup reading;
    reading.Go([&pair] { ReadText(pair.fd(), 10); });
    runtime::Gosched();
    EXPECT_EQ(pair.fd().Close(), 0);
    EXPECT_EQ(::fcntl(number, F_GETFD), -1);
    reading.Wait();
  });
}

TEST_P(FdTest, ARegularFileIsUsedInBlockingMode) {
  Run([] {
    char path[] = "/tmp/gosling_fd_XXXXXX";
    const int number = ::mkostemp(path, O_CLOEXEC);
    ASSERT_GE(number, 0);
    ::unlink(path);
    FD fd(number, FD::Kind::kFile);
    EXPECT_EQ(fd.Init(), EPERM);
    EXPECT_FALSE(fd.Pollable());
    EXPECT_EQ(fd.Write(Bytes("abcdef")).n, 6U);
    std::array<std::byte, 10> to;
    const poll::Result r = fd.ReadAt(to, 2);
    EXPECT_EQ(r.n, 4U);  // the file ends
    EXPECT_EQ(std::memcmp(to.data(), "cdef", 4), 0);
    EXPECT_EQ(fd.SetDeadline(1, kPollRead), kErrNoDeadline);
    EXPECT_EQ(fd.Close(), 0);
    EXPECT_EQ(fd.Read(to).err, kErrClosing);
  });
}

TEST_P(FdTest, LocksExcludeAndReferencesDoNot) {
  Run([] {
    FdMutex mu;
    int shared = 0;
    sync::WaitGroup users;
    for (int i = 0; i < 8; i++) {
      users.Go([&] {
        for (int k = 0; k < (kSanitized ? 500 : 5'000); k++) {
          ASSERT_TRUE(mu.Lock(FdMutex::kRead));
          shared++;
          if (k % 64 == 0) runtime::Gosched();
          ASSERT_FALSE(mu.Unlock(FdMutex::kRead));
          ASSERT_TRUE(mu.Ref());
          ASSERT_FALSE(mu.Unref());
        }
      });
    }
    users.Wait();
    EXPECT_EQ(shared, 8 * (kSanitized ? 500 : 5'000));
    EXPECT_TRUE(mu.Close());
    EXPECT_FALSE(mu.Close());
    EXPECT_FALSE(mu.Lock(FdMutex::kWrite));
    EXPECT_TRUE(mu.Unref());  // the closer's
  });
}

using FdDeathTest = FreshDeathTest;

TEST_F(FdDeathTest, AnUnlockTooManyIsFatal) {
  EXPECT_EXIT(
      {
        FdMutex mu;
        mu.Unlock(FdMutex::kRead);
      },
      ::testing::ExitedWithCode(2), "fatal error: inconsistent poll.fdMutex");
}

}  // namespace
}  // namespace gosling
