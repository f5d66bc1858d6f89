// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/os.h: files on disks, what parks and what holds a thread, deadlines,
// closing under readers, the words of errors, and SIGPIPE. After Go's
// os_test.go, file_test.go, fifo_test.go, pipe_test.go, timeout_test.go.

#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/os.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/poll/quiet.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;

template <class T>
std::span<std::byte> Room(T& t) {
  return std::as_writable_bytes(std::span(t));
}

// Folder is an empty one, gone at the end.
class Folder {
 public:
  Folder() {
    std::string path = "/tmp/gosling-os-XXXXXX";
    path_ = ::mkdtemp(path.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

time::Time Now() { return std::chrono::steady_clock::now(); }

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
bool IsNonblocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

// Some hundred bytes at most.
std::string ReadSome(const os::File& file, Error* err = nullptr) {
  std::array<char, 200> buf;
  auto [n, read_err] = file.Read(Room(buf));
  if (err != nullptr) {
    *err = read_err;
  } else {
    EXPECT_FALSE(read_err) << read_err.message();
  }
  return {buf.data(), n};
}

class FileTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, FileTest, kProcs, ProcsName);

TEST_P(FileTest, WhatIsWrittenCanBeRead) {
  Run([] {
    const Folder folder;
    const std::string name = folder / "x";
    auto [file, err] = os::Create(name);
    ASSERT_FALSE(err) << err.message();
    EXPECT_EQ(file.Name(), name);
    EXPECT_EQ(file.Write("hello, world").first, 12U);
    Error end;
    EXPECT_EQ(ReadSome(file, &end), "");
    EXPECT_EQ(end, io::Eof);
    EXPECT_EQ(file.Seek(7, os::Whence::kStart).first, 7);
    EXPECT_EQ(ReadSome(file), "world");
    EXPECT_EQ(file.Seek(-5, os::Whence::kCurrent).first, 7);
    EXPECT_EQ(file.Seek(0, io::SeekCurrent).first, 7);
    EXPECT_EQ(file.Seek(0, 0).first, 0);
    EXPECT_EQ(file.Seek(0, SEEK_END).first, 12);
    EXPECT_EQ(file.Seek(0, 99).second.code(), std::errc::invalid_argument);
    EXPECT_EQ(file.Seek(-2, os::Whence::kEnd).first, 10);
    EXPECT_EQ(ReadSome(file), "ld");
    EXPECT_EQ(file.WriteAt("J", 0).first, 1U);
    std::array<char, 5> five;
    EXPECT_EQ(file.ReadAt(Room(five), 0).first, 5U);
    EXPECT_EQ(std::string(five.data(), 5), "Jello");
    auto [n, at_err] = file.ReadAt(Room(five), 9);
    EXPECT_EQ(n, 3U);
    EXPECT_EQ(at_err, io::Eof);
    EXPECT_EQ(file.Size().first, 12);
    EXPECT_FALSE(file.Truncate(4));
    EXPECT_EQ(file.Size().first, 4);
    EXPECT_FALSE(file.Sync());
    EXPECT_FALSE(file.Read({}).second);
    EXPECT_FALSE(file.Close());

    auto [again, open_err] = os::Open(name);
    ASSERT_FALSE(open_err);
    EXPECT_EQ(io::ReadAll(again, 100).first, "Jell");
  });
}

TEST_P(FileTest, ErrorsSayWhatWasDoneToWhat) {
  Run([] {
    const Folder folder;
    const std::string none = folder / "none";
    auto [file, err] = os::Open(none);
    EXPECT_FALSE(file);
    EXPECT_EQ(err.message(), "open " + none + ": no such file or directory");
    EXPECT_TRUE(errors::Is(err, std::errc::no_such_file_or_directory));
    EXPECT_EQ(err.code().value(), ENOENT);
    EXPECT_EQ(errors::Unwrap(err).message(), "no such file or directory");

    const std::string name = folder / "x";
    std::tie(file, err) = os::OpenFile(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ASSERT_FALSE(err);
    struct stat status;
    ASSERT_EQ(::stat(name.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_TRUE(
        errors::Is(os::OpenFile(name, O_WRONLY | O_CREAT | O_EXCL, 0).second,
                   std::errc::file_exists));
    Error read_err;
    ReadSome(file, &read_err);
    EXPECT_EQ(read_err.message(), "read " + name + ": bad file descriptor");
    std::array<char, 1> c;
    EXPECT_EQ(file.ReadAt(Room(c), -1).second.message(),
              "readat " + name + ": negative offset");
    EXPECT_EQ(file.WriteAt("x", -1).second.message(),
              "writeat " + name + ": negative offset");
    EXPECT_EQ(file.Seek(-1, os::Whence::kStart).second.message(),
              "seek " + name + ": invalid argument");
    EXPECT_EQ(file.Truncate(-1).message(),
              "truncate " + name + ": invalid argument");

    std::tie(file, err) = os::Open("/tmp");
    ReadSome(file, &read_err);
    EXPECT_EQ(read_err.message(), "read /tmp: is a directory");

    std::tie(file, err) = os::OpenFile(name, O_WRONLY | O_APPEND, 0);
    EXPECT_EQ(file.WriteAt("x", 0).second.message(),
              "os: invalid use of WriteAt on file opened with O_APPEND");

    auto [r, w, pipe_err] = os::Pipe();
    EXPECT_EQ(r.Seek(0, os::Whence::kStart).second.message(),
              "seek |0: illegal seek");
    EXPECT_EQ(w.WriteAt("x", 0).second.message(), "write |1: illegal seek");
    EXPECT_EQ(w.Sync().message(), "sync |1: invalid argument");
  });
}

TEST_P(FileTest, AClosedFileSaysSo) {
  Run([] {
    auto [r, w, err] = os::Pipe();
    const int fd = r.Fd();
    const os::File copy = r;
    EXPECT_FALSE(r.Close());
    EXPECT_FALSE(IsOpen(fd));
    Error read_err;
    ReadSome(copy, &read_err);
    EXPECT_EQ(read_err.message(), "read |0: file already closed");
    EXPECT_TRUE(errors::Is(read_err, os::Closed));
    EXPECT_EQ(r.Close().message(), "close |0: file already closed");
    EXPECT_TRUE(errors::Is(r.SetDeadline({}), os::Closed));
    EXPECT_EQ(r.SetDeadline({}).message(), "use of closed file");
    const os::File nil;
    EXPECT_FALSE(nil);
    EXPECT_EQ(nil.Close().message(), "invalid argument");
    EXPECT_EQ(nil.Write("x").second.message(), "invalid argument");
    EXPECT_EQ(nil.Fd(), -1);
    EXPECT_EQ(nil.Name(), "");
    EXPECT_FALSE(os::NewFile(-1, "x"));
  });
}

TEST_P(FileTest, TheLastCopyCloses) {
  Run([] {
    auto [r, w, err] = os::Pipe();
    Go([w = std::move(w)] {
      const os::File copy = w;  // NOLINT: that is the test
      copy.Write("all of it");
    });
    EXPECT_EQ(io::ReadAll(r, 100).first, "all of it");
    EXPECT_TRUE(r == os::File(r));
    EXPECT_FALSE(r == os::File());
  });
}

TEST_P(FileTest, DescriptorsAreClosedOnExecAndGivenAwayInBlockingMode) {
  Run([] {
    const Folder folder;
    auto [file, err] = os::Create(folder / "x");
    EXPECT_EQ(::fcntl(file.Fd(), F_GETFD), FD_CLOEXEC);
    EXPECT_FALSE(IsNonblocking(file.Fd()));
    auto [r, w, pipe_err] = os::Pipe();
    EXPECT_FALSE(r.SetDeadline(time::Time()));
    for (const os::File& end : {r, w}) {
      const int number = end.Fd();
      EXPECT_EQ(::fcntl(number, F_GETFD), FD_CLOEXEC);
      EXPECT_FALSE(IsNonblocking(number));
    }
    // They still work, with a thread each; and Close waits for no reader.
    auto got = MakeChan<std::string>(1);
    Go([r = r, got] { got.Send(ReadSome(r)); });
    time::Sleep(2ms);
    w.Write("still");
    EXPECT_EQ(got.Recv(), "still");
    Go([r = r, got] {
      Error read_err;
      got.Send(ReadSome(r, &read_err));
    });
    time::Sleep(5ms);
    EXPECT_FALSE(r.Close());
    w.Write("!");
    got.Recv();
  });
}

TEST_P(FileTest, APipeParksItsReaderAndItsWriter) {
  Run([] {
    auto [r, w, err] = os::Pipe();
    ASSERT_FALSE(err);
    const std::string text(kSanitized ? 300'000 : 1'000'000, 'x');
    sync::WaitGroup done;
    done.Go([&, w = std::move(w)] {
      EXPECT_EQ(w.Write(text).first, text.size());
      w.Close();
    });
    EXPECT_TRUE(io::ReadAll(r, text.size()).first == text);
    done.Wait();
  });
}

TEST_P(FileTest, HundredsOfReadersTakeNoThread) {
  Run([] {
    constexpr int kMany = 300;
    const Folder folder;
    const int threads = runtime::Stats().threads;
    sync::WaitGroup done;
    std::vector<os::File> writers;
    for (int i = 0; i < kMany; i++) {
      os::File r;
      os::File w;
      if (i % 3 == 0) {
        // A FIFO; for both, as to open one end takes the other.
        const std::string name = folder / std::to_string(i);
        ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
        w = os::OpenFile(name, O_RDWR, 0).first;
        r = os::Open(name).first;
      } else {
        auto ends = os::Pipe();
        r = ends.r;
        w = ends.w;
      }
      ASSERT_TRUE(r && w);
      writers.push_back(w);
      done.Go([r] { EXPECT_EQ(ReadSome(r), "x"); });
    }
    time::Sleep(20ms);
    // Sysmon may have made some for threads that had lost their core.
    EXPECT_LE(runtime::Stats().threads, threads + kMany / 2);
    for (const os::File& w : writers) EXPECT_EQ(w.Write("x").first, 1U);
    done.Wait();
  });
}

TEST_P(FileTest, AFifoEndsWithItsLastWriter) {
  Run([] {
    const Folder folder;
    const std::string name = folder / "fifo";
    ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
    sync::WaitGroup done;
    done.Go([&] {
      auto [w, err] = os::OpenFile(name, O_WRONLY, 0);
      ASSERT_FALSE(err) << err.message();
      for (const char* text : {"one", "two", "three"}) {
        w.Write(text);
        time::Sleep(1ms);
      }
    });
    auto [r, err] = os::Open(name);
    ASSERT_FALSE(err);
    EXPECT_EQ(io::ReadAll(r, 100).first, "onetwothree");
    done.Wait();
  });
}

TEST_P(FileTest, ATerminalParks) {
  Run([] {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) GTEST_SKIP() << "no terminals";
    ASSERT_EQ(::grantpt(master), 0);
    ASSERT_EQ(::unlockpt(master), 0);
    auto [terminal, err] =
        os::OpenFile(::ptsname(master), O_RDWR | O_NOCTTY, 0);
    ASSERT_FALSE(err) << err.message();
    EXPECT_FALSE(terminal.SetReadDeadline(Now() + 2ms));
    Error read_err;
    ReadSome(terminal, &read_err);
    EXPECT_TRUE(read_err.Timeout()) << read_err.message();
    EXPECT_FALSE(terminal.SetReadDeadline({}));
    sync::WaitGroup done;
    done.Go([t = terminal] { EXPECT_EQ(ReadSome(t), "line\n"); });
    time::Sleep(2ms);
    EXPECT_EQ(::write(master, "line\n", 5), 5);
    done.Wait();
    ::close(master);
  });
}

TEST_P(FileTest, ADeadlineEndsReadsAndWrites) {
  Run([] {
    auto [r, w, err] = os::Pipe();
    const time::Time deadline = Now() + 5ms;
    EXPECT_FALSE(r.SetReadDeadline(deadline));
    Error read_err;
    ReadSome(r, &read_err);
    EXPECT_GE(Now(), deadline);
    EXPECT_EQ(read_err.message(), "read |0: i/o timeout");
    EXPECT_TRUE(read_err.Timeout());
    EXPECT_TRUE(errors::Is(read_err, os::DeadlineExceeded));
    w.Write("late");
    ReadSome(r, &read_err);  // it stays over
    EXPECT_TRUE(errors::Is(read_err, os::DeadlineExceeded));
    EXPECT_FALSE(r.SetReadDeadline({}));
    EXPECT_EQ(ReadSome(r), "late");

    const std::string text(1 << 20, 'x');
    EXPECT_FALSE(w.SetWriteDeadline(Now() + 5ms));
    auto [n, write_err] = w.Write(text);
    EXPECT_LT(n, text.size());
    EXPECT_EQ(write_err.message(), "write |1: i/o timeout");
    // It tells how much was written.
    std::vector<char> all(n);
    EXPECT_EQ(io::ReadFull(r, Room(all)).first, n);
    EXPECT_FALSE(r.SetReadDeadline(Now()));
    ReadSome(r, &read_err);
    EXPECT_TRUE(errors::Is(read_err, os::DeadlineExceeded));
    EXPECT_FALSE(r.SetReadDeadline({}));

    // From another goroutine, and in the past.
    Go([r = r] {
      time::Sleep(2ms);
      r.SetDeadline(time::Time(1ns));
    });
    while (ReadSome(r, &read_err) != "" && !read_err) {
    }
    EXPECT_TRUE(errors::Is(read_err, os::DeadlineExceeded));
    const Folder folder;
    auto [file, open_err] = os::Create(folder / "x");
    EXPECT_EQ(file.SetDeadline(Now()), os::NoDeadline);
    EXPECT_EQ(os::NoDeadline.message(), "file type does not support deadline");
  });
}

TEST_P(FileTest, CloseEndsReadersAndWriters) {
  Run([] {
    for (int i = 0; i < 100; i++) {
      auto ends = os::Pipe();
      const os::File r = ends.r;
      const os::File w = ends.w;
      sync::WaitGroup done;
      for (int n = 0; n < 2; n++) {
        done.Go([&] {
          Error err;
          ReadSome(r, &err);
          EXPECT_TRUE(errors::Is(err, os::Closed)) << err.message();
        });
      }
      if (i % 2 == 0) time::Sleep(100us);
      EXPECT_FALSE(r.Close());
      done.Wait();
    }
    auto ends = os::Pipe();
    const os::File w = ends.w;
    sync::WaitGroup done;
    done.Go([&] {
      auto [n, err] = w.Write(std::string(1 << 20, 'x'));
      EXPECT_TRUE(errors::Is(err, os::Closed)) << err.message();
    });
    time::Sleep(5ms);
    EXPECT_FALSE(w.Close());
    done.Wait();
  });
}

TEST_P(FileTest, WhatIsInBlockingModeStaysSoAndHoldsAThread) {
  Run([] {
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    const os::File r = os::NewFile(fds[0], "mine");
    EXPECT_EQ(r.SetDeadline(Now()), os::NoDeadline);
    EXPECT_FALSE(IsNonblocking(fds[0]));
    auto got = MakeChan<std::string>(1);
    Go([r, got] { got.Send(ReadSome(r)); });
    for (int i = 0; i < 100; i++) runtime::Gosched();  // others run
    EXPECT_EQ(::write(fds[1], "abc", 3), 3);
    EXPECT_EQ(got.Recv(), "abc");
    ::close(fds[1]);

    ASSERT_EQ(::pipe(fds), 0);
    ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
    const os::File s = os::NewFile(fds[0], "nonblocking");
    EXPECT_FALSE(s.SetDeadline(Now()));
    EXPECT_EQ(s.Fd(), fds[0]);
    EXPECT_TRUE(IsNonblocking(fds[0]));  // it came so
    ::close(fds[1]);
  });
}

TEST_P(FileTest, CopyBetweenFilesAndPipes) {
  Run([] {
    const Folder folder;
    std::string text(500'000, '\0');
    for (std::size_t i = 0; i < text.size(); i++) {
      text[i] = static_cast<char>(i * 7 / 5);
    }
    auto [file, err] = os::Create(folder / "from");
    file.Write(text);
    file.Seek(0, os::Whence::kStart);
    auto ends = os::Pipe();
    sync::WaitGroup done;
    done.Go([&text, from = file, w = std::move(ends.w)] {
      auto [n, copy_err] = io::Copy(w, from);
      EXPECT_EQ(n, static_cast<std::int64_t>(text.size()));
      EXPECT_FALSE(copy_err) << copy_err.message();
      w.Close();
    });
    auto [to, to_err] = os::Create(folder / "to");
    auto [n, copy_err] = io::Copy(to, ends.r);
    EXPECT_EQ(n, static_cast<std::int64_t>(text.size()));
    EXPECT_FALSE(copy_err) << copy_err.message();
    done.Wait();
    to.Seek(0, os::Whence::kStart);
    EXPECT_TRUE(io::ReadAll(to, text.size()).first == text);
  });
}

// With the flag of newer systems, and as on those that lack it.
TEST_P(FileTest, ABrokenPipeIsAnErrorAndNoSignal) {
  IgnoreNoSignals();
  Run([] {
    for (const bool flag : {true, false}) {
      poll::has_quiet_write = poll::has_quiet_write && flag;
      auto ends = os::Pipe();
      ends.r.Close();
      for (int i = 0; i < 3; i++) {
        auto [n, err] = ends.w.Write("x");
        EXPECT_EQ(n, 0U);
        EXPECT_EQ(err.message(), "write |1: broken pipe");
        EXPECT_EQ(err.code(), std::errc::broken_pipe);
      }
      auto source = os::Pipe();
      source.w.Write("abc");
      auto [copied, copy_err] = io::Copy(ends.w, source.r);
      EXPECT_EQ(copied, 0);
      EXPECT_EQ(copy_err.message(), "write |1: broken pipe");
      // The thread is as it was.
      sigset_t mask;
      ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
      EXPECT_EQ(sigismember(&mask, SIGPIPE), 0);
      sigpending(&mask);
      EXPECT_EQ(sigismember(&mask, SIGPIPE), 0);
    }
    poll::has_quiet_write = true;
  });
}

TEST_P(FileTest, NotifyHearsOfABrokenPipe) {
  IgnoreNoSignals();
  Run([] {
    for (const bool flag : {true, false}) {
      poll::has_quiet_write = flag;
      auto c = MakeChan<signal::Signal>(1);
      signal::Notify(c, SIGPIPE);
      auto ends = os::Pipe();
      ends.r.Close();
      EXPECT_EQ(ends.w.Write("x").second.code(), std::errc::broken_pipe);
      EXPECT_EQ(c.Recv()->number(), SIGPIPE);
      signal::Stop(c);
      EXPECT_EQ(ends.w.Write("x").second.code(), std::errc::broken_pipe);
    }
    poll::has_quiet_write = true;
  });
}

TEST(File, ASigpipeThatWasPendingStaysSo) {
  IgnoreNoSignals();
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  std::thread([&] {
    for (const bool flag : {true, false}) {
      poll::has_quiet_write = flag;
      auto ends = os::Pipe();
      ends.r.Close();
      ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
      for (const bool sent : {false, true}) {
        if (sent) ::pthread_kill(::pthread_self(), SIGPIPE);
        EXPECT_EQ(ends.w.Write("x").second.code(), std::errc::broken_pipe);
        sigset_t pending;
        ::sigpending(&pending);
        EXPECT_EQ(sigismember(&pending, SIGPIPE), sent ? 1 : 0) << flag;
      }
      int sig;
      ::sigwait(&pipe, &sig);
    }
    poll::has_quiet_write = true;
  }).join();
}

class FileDeathTest : public ::testing::Test {
 protected:
  FileDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

// BreakOutput makes a pipe without a reader of `number`.
void BreakOutput(int number, bool nonblocking = false) {
  int fds[2];
  if (::pipe(fds) != 0) std::exit(9);
  if (nonblocking) ::fcntl(fds[1], F_SETFL, O_NONBLOCK);
  ::close(fds[0]);
  ::dup2(fds[1], number);
}

TEST_F(FileDeathTest, ABrokenStandardOutputEndsTheProgram) {
  EXPECT_EXIT(gosling::Run([] {
                IgnoreNoSignals();
                BreakOutput(1);
                os::Stdout.Write("x");
                std::_Exit(3);
              }),
              ::testing::KilledBySignal(SIGPIPE), "");
  EXPECT_EXIT(gosling::Run([] {
                IgnoreNoSignals();
                BreakOutput(1, /*nonblocking=*/true);
                os::Stdout.Write("x");
                std::_Exit(3);
              }),
              ::testing::KilledBySignal(SIGPIPE), "");
  EXPECT_EXIT(gosling::Run([] {
                IgnoreNoSignals();
                BreakOutput(1, /*nonblocking=*/true);
                auto ends = os::Pipe();
                ends.w.Write("x");
                ends.w.Close();
                io::Copy(os::Stdout, ends.r);
                std::_Exit(3);
              }),
              ::testing::KilledBySignal(SIGPIPE), "");
  EXPECT_EXIT(gosling::Run([] {
                IgnoreNoSignals();
                BreakOutput(2);
                os::Stderr.Write("x");
                std::_Exit(3);
              }),
              ::testing::KilledBySignal(SIGPIPE), "");
  // Unless it is ignored, or has a handler.
  EXPECT_EXIT(
      gosling::Run([] {
        ::signal(SIGPIPE, SIG_IGN);
        BreakOutput(1);
        std::_Exit(os::Stdout.Write("x").second.code() == std::errc::broken_pipe
                       ? 0
                       : 3);
      }),
      ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(gosling::Run([] {
                auto c = MakeChan<signal::Signal>(1);
                signal::Notify(c, SIGPIPE);
                BreakOutput(1);
                if (!os::Stdout.Write("x").second) std::_Exit(3);
                std::_Exit(c.Recv()->number() == SIGPIPE ? 0 : 4);
              }),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(FileDeathTest, StandardInputIsReadInTheModeThatItIsIn) {
  for (const bool nonblocking : {false, true}) {
    EXPECT_EXIT(gosling::Run([&] {
                  int fds[2];
                  if (::pipe(fds) != 0) std::_Exit(9);
                  if (nonblocking) ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
                  ::dup2(fds[0], 0);
                  runtime::GOMAXPROCS(1);
                  Go([fd = fds[1]] {
                    time::Sleep(5ms);
                    if (::write(fd, "typed\n", 6) != 6) std::_Exit(9);
                    ::close(fd);
                  });
                  io::BufReader in(os::Stdin);
                  const std::string line = in.ReadLine(100).first;
                  if (IsNonblocking(0) != nonblocking) std::_Exit(3);
                  if (os::Stdin.SetDeadline({}) !=
                      (nonblocking ? Error() : os::NoDeadline)) {
                    std::_Exit(4);
                  }
                  os::Stderr.Write(line + in.ReadLine(100).second.message());
                  if (os::Stdin.Close() || IsOpen(0)) std::_Exit(5);
                  if (os::Stdin.Name() != "/dev/stdin") std::_Exit(6);
                  std::_Exit(0);
                }),
                ::testing::ExitedWithCode(0), "typedEOF");
  }
}

}  // namespace
}  // namespace gosling
