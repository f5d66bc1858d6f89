// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Faults of files, of copying between descriptors, of connections, and of names.

#include <fcntl.h>
#include <gosling/gosling.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/net/dns_config.h"
#include "runtime/net/hosts.h"
#include "runtime/net/services.h"
#include "runtime/net/socket_address.h"
#include "runtime/poll/errors.h"
#include "runtime/poll/quiet.h"
#include "tests/faults/inject.h"

namespace gosling::faults {
namespace {

using namespace std::chrono_literals;

bool Says(const Error& err, int code) {
  return err.code() == std::error_condition(code, std::generic_category());
}

template <class T>
bool Says(const std::pair<T, Error>& result, int code) {
  return Says(result.second, code);
}

// Must returns what a call gives; it must give no error.
template <class T>
T Must(std::pair<T, Error> result) {
  Check(!result.second, result.second.message());
  return std::move(result.first);
}

// RunQuietly runs f while no other thread makes calls that a scenario means.
template <class F>
void RunQuietly(F f) {
  QuietSysmon();
  gosling::Run(f);
}

// TempFile is the name of a file that goes with it.
class TempFile {
 public:
  explicit TempFile(std::string_view text = "") {
    std::ofstream(name_) << text;
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { ::unlink(name_.c_str()); }

  const std::string& name() const { return name_; }

 private:
  static inline int number_ = 0;
  const std::string name_ = std::filesystem::temp_directory_path() /
                            ("gosling-faults-" + std::to_string(::getpid()) +
                             "-" + std::to_string(number_++));
};

std::string ReadN(const os::File& file, std::size_t n) {
  std::string text(n, '\0');
  std::size_t have = 0;
  while (have < n) {
    const auto [got, err] =
        file.Read(std::as_writable_bytes(std::span(text).subspan(have)));
    Check(!err, err.message());
    have += got;
  }
  return text;
}

// --- Files ---

SURVIVES(OpeningAFileIsInterrupted) {
  const TempFile file;
  RunQuietly([&] {
    const Injected fault(
        {.call = "open", .err = EINTR, .times = 3, .path = file.name()});
    Must(os::Open(file.name()));
  });
}

REPORTS(AFileCannotBeOpened) {
  const TempFile file;
  RunQuietly([&] {
    const Injected fault({.call = "open", .err = EMFILE, .path = file.name()});
    Check(Says(os::Open(file.name()), EMFILE));
  });
}

SURVIVES(FilesAreInterruptedAndCutShort) {
  const TempFile name;
  RunQuietly([&] {
    const os::File file =
        Must(os::OpenFile(name.name(), O_RDWR | O_CREAT, 0600));
    for (const int err : {EINTR, kShort}) {
      const Injected one({.call = "write", .err = err, .times = 3});
      const Injected two({.call = "pwrite64", .err = err, .times = 3});
      const Injected three({.call = "pread64", .err = err, .times = 3});
      const Injected four({.call = "read", .err = err, .times = 3});
      Check(Must(file.Seek(0, os::Whence::kStart)) == 0);
      Check(Must(file.Write("hello")) == 5);
      Check(Must(file.WriteAt("HELLO", 5)) == 5);
      std::array<std::byte, 5> bytes;
      Check(Must(file.ReadAt(bytes, 5)) == 5 && bytes[4] == std::byte{'O'});
      Check(Must(file.Seek(0, os::Whence::kStart)) == 0);
      Check(ReadN(file, 10) == "helloHELLO");
    }
    for (const char* call : {"fsync", "ftruncate", "lseek", "fstat"}) {
      const Injected fault({.call = call, .err = EINTR, .times = 3});
      Check(!file.Sync());
      Check(!file.Truncate(3));
      Check(Must(file.Seek(0, os::Whence::kEnd)) == 3);
      Check(Must(file.Size()) == 3);
    }
    const Injected fault({.call = "close", .err = EINTR});
    Check(!file.Close(), "what is closed was told not to be");
  });
}

REPORTS(FilesFail) {
  const TempFile name("hello");
  RunQuietly([&] {
    const os::File file = Must(os::OpenFile(name.name(), O_RDWR, 0));
    std::array<std::byte, 5> bytes;
    const auto says = [&](const char* call, auto made) {
      const Injected fault({.call = call, .err = EIO});
      Check(Says(made(), EIO), call);
    };
    says("write", [&] { return file.Write("x"); });
    says("read", [&] { return file.Read(bytes); });
    says("pwrite64", [&] { return file.WriteAt("x", 0); });
    says("pread64", [&] { return file.ReadAt(bytes, 0); });
    says("fsync", [&] { return file.Sync(); });
    says("ftruncate", [&] { return file.Truncate(1); });
    says("lseek", [&] { return file.Seek(0, os::Whence::kStart); });
    says("fstat", [&] { return file.Size(); });
    says("close", [&] { return file.Close(); });
  });
}

REPORTS(NoPipe) {
  gosling::Run([] {
    const Injected fault({.call = "pipe2", .err = EMFILE});
    Check(Says(os::Pipe().err, EMFILE));
  });
}

// Then its reads block a thread, as those of others do.
SURVIVES(APipeThatCannotPark) {
  RunQuietly([] {
    for (const char* call : {"fstat", "fcntl", "epoll_ctl"}) {
      os::PipeEnds ends;
      {
        const Injected fault(
            {.call = call,
             .err = EPERM,
             .times = 2,
             .second = call[0] == 'f' && call[1] == 'c' ? F_SETFL : kAny});
        ends = os::Pipe();
      }
      Check(!ends.err);
      sync::WaitGroup writer;
      writer.Go([&] { Check(Must(ends.w.Write("x")) == 1); });
      Check(ReadN(ends.r, 1) == "x", call);
      writer.Wait();
    }
  });
}

SURVIVES(ADescriptorDoesNotBecomeBlocking) {
  RunQuietly([] {
    const os::PipeEnds ends = os::Pipe();
    const Injected fault({.call = "fcntl", .err = EPERM, .second = F_SETFL});
    Check(::fcntl(ends.r.Fd(), F_GETFL) >= 0);
  });
}

// --- Pipes that raise no SIGPIPE ---

bool WritesQuietly() {
  os::PipeEnds ends = os::Pipe();
  Check(Must(ends.w.Write("x")) == 1);
  Check(!ends.r.Close());
  return Says(ends.w.Write("x"), EPIPE);
}

SURVIVES(QuietWritesAreUnknown) {
  for (const int err : {ENOSYS, EOPNOTSUPP, EINVAL, EPERM}) {
    RunQuietly([&] {
      poll::has_quiet_write = true;
      const Injected fault(
          {.call = "syscall", .err = err, .times = 2, .first = SYS_pwritev2});
      const Injected other({.call = "sigtimedwait", .err = EINTR, .times = 3});
      const Injected none(
          {.call = "sigaction", .err = EINVAL, .first = SIGPIPE});
      Check(WritesQuietly(), "a filter of system calls refuses it");
    });
  }
}

SURVIVES(NothingIsPending) {
  poll::has_quiet_write = false;
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  int ends[2];
  Check(::pipe(ends) == 0);
  ::close(ends[0]);
  const Injected fault({.call = "sigpending", .err = EFAULT});
  Check(poll::WriteQuietly(ends[1], "x", 1) == -EPIPE);
  sigset_t pending;
  Check(::sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0);
}

REPORTS(AQuietWriteFails) {
  RunQuietly([] {
    os::PipeEnds ends = os::Pipe();
    {
      const Injected fault(
          {.call = "syscall", .err = EIO, .first = SYS_pwritev2});
      Check(Says(ends.w.Write("x"), EIO));
    }
    poll::has_quiet_write = false;
    const Injected fault({.call = "write", .err = EIO});
    Check(Says(ends.w.Write("x"), EIO));
  });
}

// --- Copies in the kernel ---

using net::Conn;

struct Two {
  Two() {
    const net::Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    a = Must(net::Dial("tcp", listener.Addr().String()));
    b = Must(listener.Accept());
  }
  Conn a;
  Conn b;
};

std::string ReadN(const Conn& conn, std::size_t n) {
  std::string text(n, '\0');
  std::size_t have = 0;
  while (have < n) {
    const auto [got, err] =
        conn.Read(std::as_writable_bytes(std::span(text).subspan(have)));
    Check(!err, err.message());
    have += got;
  }
  return text;
}

// Copies copies a text from one connection to another, through `faults`.
void CopiesThrough(const std::vector<Fault>& faults) {
  RunQuietly([&] {
    for (const Fault& what : faults) {
      const Two in;
      const Two out;
      Check(Must(in.a.Write("hello")) == 5);
      Check(!in.a.As<net::TCPConn>()->CloseWrite());
      const Injected fault(what);
      Check(Must(io::Copy(out.a, in.b)) == 5, what.call);
      Check(ReadN(out.b, 5) == "hello");
    }
  });
}

SURVIVES(ConnectionsAreCopiedWithoutTheKernelsHelp) {
  CopiesThrough({
      {.call = "pipe2", .err = EMFILE},
      {.call = "fcntl", .err = EPERM, .second = F_SETPIPE_SZ},
      {.call = "splice", .err = EINVAL},
      {.call = "splice", .err = EPERM, .skip = 1},
      {.call = "splice", .err = EINTR, .times = 3},
      {.call = "fstat", .err = EIO, .times = 2},
      {.call = "getsockopt",
       .err = EBADF,
       .first = SOL_SOCKET,
       .second = SO_TYPE},
  });
}

SURVIVES(SizesOfPipesAreNotTold) {
  RunQuietly([] {
    const Two in;
    const Two out;
    Check(Must(in.a.Write("hello")) == 5);
    Check(!in.a.As<net::TCPConn>()->CloseWrite());
    const Injected one({.call = "fcntl", .err = EPERM, .second = F_SETPIPE_SZ});
    const Injected two({.call = "fcntl", .err = EPERM, .second = F_GETPIPE_SZ});
    Check(Must(io::Copy(out.a, in.b)) == 5);
  });
}

SURVIVES(DrainingByHandIsInterrupted) {
  RunQuietly([] {
    const Two in;
    const Two out;
    Check(Must(in.a.Write("hello")) == 5);
    Check(!in.a.As<net::TCPConn>()->CloseWrite());
    const Injected one({.call = "splice", .err = EINVAL, .skip = 1});
    const Injected two({.call = "read", .err = EINTR});
    Check(Must(io::Copy(out.a, in.b)) == 5);
    Check(ReadN(out.b, 5) == "hello");
  });
}

REPORTS(CopyingFails) {
  RunQuietly([] {
    const Two in;
    const Two out;
    for (int i = 0; i < 3; i++) {
      Check(Must(in.a.Write("hello")) == 5);
      if (i < 2) {
        const Injected fault({.call = "splice", .err = EIO, .skip = i});
        Check(Says(io::Copy(out.a, in.b), EIO));
      } else {
        const Injected one({.call = "splice", .err = EINVAL, .skip = 1});
        const Injected two({.call = "read", .err = EBADF});
        Check(Says(io::Copy(out.a, in.b), EIO));
      }
    }
  });
}

SURVIVES(AFileIsSentWithoutTheKernelsHelp) {
  const TempFile name("hello");
  RunQuietly([&] {
    for (const int err : {EINVAL, ENOSYS, EPERM, EINTR}) {
      const Two out;
      const os::File file = Must(os::Open(name.name()));
      const Injected fault({.call = "sendfile", .err = err});
      Check(Must(io::Copy(out.a, file)) == 5);
      Check(ReadN(out.b, 5) == "hello");
    }
  });
}

REPORTS(SendingAFileFails) {
  const TempFile name("hello");
  RunQuietly([&] {
    const Two out;
    const os::File file = Must(os::Open(name.name()));
    const Injected fault({.call = "sendfile", .err = EIO});
    Check(Says(io::Copy(out.a, file), EIO));
  });
}

// --- Connections ---

REPORTS(NoSocket) {
  RunQuietly([] {
    const auto says = [](const char* call, int err, auto made) {
      const Injected fault({.call = call, .err = err});
      Check(Says(made(), err), call);
    };
    const auto listen = [] { return net::Listen("tcp", "127.0.0.1:0"); };
    says("socket", EMFILE, listen);
    says("setsockopt", ENOMEM, listen);
    says("bind", EADDRINUSE, listen);
    says("listen", EADDRINUSE, listen);
    says("epoll_ctl", ENOSPC, listen);
    const net::Listener listener = Must(listen());
    const auto dial = [&] {
      return net::Dial("tcp", listener.Addr().String());
    };
    says("socket", EMFILE, dial);
    says("connect", ENETUNREACH, dial);
    says("epoll_ctl", ENOSPC, dial);
  });
}

// The outcome of a connect that takes its time.
REPORTS(TheOutcomeOfAConnectIsNotTold) {
  RunQuietly([] {
    const net::Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    {
      const Injected slow({.call = "connect", .err = EINPROGRESS});
      const Injected fault({.call = "getsockopt",
                            .err = ENOBUFS,
                            .first = SOL_SOCKET,
                            .second = SO_ERROR});
      Check(Says(net::Dial("tcp", listener.Addr().String()), ENOBUFS));
    }
    const Injected slow({.call = "connect", .err = EINPROGRESS});
    const Injected fault(
        {.call = "getpeername", .err = ENOBUFS, .times = kAlways});
    Check(Says(net::Dial("tcp", listener.Addr().String()), ENOBUFS));
  });
}

SURVIVES(ConnectingIsInterrupted) {
  RunQuietly([] {
    const net::Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const Injected fault({.call = "connect", .err = EINTR, .times = 3});
    Must(net::Dial("tcp", listener.Addr().String()));
  });
}

SURVIVES(OptionsOfConnectionsAreRefused) {
  RunQuietly([] {
    const net::Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const Injected fault({.call = "setsockopt",
                          .err = ENOPROTOOPT,
                          .times = kAlways,
                          .first = IPPROTO_TCP});
    Must(net::Dial("tcp", listener.Addr().String()));
  });
}

SURVIVES(AddressesOfConnectionsAreNotTold) {
  RunQuietly([] {
    const net::Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const Injected one({.call = "getsockname", .err = ENOBUFS});
    // The first one asks whether the connection stands.
    const Injected two({.call = "getpeername", .err = ENOBUFS, .skip = 1});
    Must(net::Dial("tcp", listener.Addr().String()));
  });
}

SURVIVES(AcceptingIsInterrupted) {
  RunQuietly([] {
    const net::Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    for (const int err : {EINTR, ECONNABORTED}) {
      const Injected fault({.call = "accept4", .err = err, .times = 3});
      sync::WaitGroup dialler;
      dialler.Go([&] { Must(net::Dial("tcp", listener.Addr().String())); });
      Must(listener.Accept());
      dialler.Wait();
    }
  });
}

REPORTS(AcceptingFails) {
  RunQuietly([] {
    const net::Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
    {
      const Injected fault({.call = "accept4", .err = EMFILE});
      Check(Says(listener.Accept(), EMFILE));
    }
    // The connection has waited.
    Must(listener.Accept());
  });
}

// Serve waits for descriptors to become free.
SURVIVES(ServingIsShortOfDescriptors) {
  RunQuietly([] {
    const net::Listener listener = Must(net::Listen("tcp", "127.0.0.1:0"));
    auto [ctx, cancel] = context::WithCancel(context::Background());
    const Conn conn = Must(net::Dial("tcp", listener.Addr().String()));
    const Injected fault({.call = "accept4", .err = EMFILE, .times = 2});
    const Error err =
        net::Serve(ctx, listener, [&, cancel = cancel](Conn) { cancel(); });
    Check(err == context::Canceled, err.message());
  });
}

SURVIVES(ConnectionsAreInterruptedAndCutShort) {
  RunQuietly([] {
    const Two two;
    for (const int err : {EINTR, kShort}) {
      const Injected fault({.call = "send", .err = err, .times = 3});
      Check(Must(two.a.Write("hello")) == 5);
      Check(ReadN(two.b, 5) == "hello");
    }
    {
      // A stream's read is short if there is no more: that is relied on.
      const Injected fault({.call = "recv", .err = EINTR, .times = 3});
      Check(Must(two.a.Write("hello")) == 5);
      Check(ReadN(two.b, 5) == "hello");
    }
    const Injected fault({.call = "sendmsg", .err = EINTR, .times = 3});
    Check(Must(two.a.Writev({"hel", "lo"})) == 5);
    Check(ReadN(two.b, 5) == "hello");
  });
}

REPORTS(ConnectionsFail) {
  RunQuietly([] {
    const Two two;
    std::array<std::byte, 5> bytes;
    const auto says = [&](const char* call, auto made) {
      const Injected fault({.call = call, .err = ENOBUFS});
      Check(Says(made(), ENOBUFS), call);
    };
    says("send", [&] { return two.a.Write("x"); });
    says("recv", [&] { return two.a.Read(bytes); });
    says("sendmsg", [&] { return two.a.Writev({"x", "y"}); });
    says("shutdown", [&] { return two.a.As<net::TCPConn>()->CloseWrite(); });
    says("setsockopt",
         [&] { return two.a.As<net::TCPConn>()->SetNoDelay(true); });
    says("close", [&] { return two.a.Close(); });
  });
}

SURVIVES(DatagramsAreInterrupted) {
  RunQuietly([] {
    const net::PacketConn a = Must(net::ListenPacket("udp", "127.0.0.1:0"));
    const Injected one({.call = "sendto", .err = EINTR, .times = 3});
    const Injected two({.call = "recvfrom", .err = EINTR, .times = 3});
    Check(Must(a.WriteTo(std::as_bytes(std::span("x", 1)), a.LocalAddr())) ==
          1);
    std::array<std::byte, 5> bytes;
    Check(a.ReadFrom(bytes).n == 1);
  });
}

REPORTS(DatagramsFail) {
  RunQuietly([] {
    const net::PacketConn a = Must(net::ListenPacket("udp", "127.0.0.1:0"));
    {
      const Injected fault({.call = "sendto", .err = ENOBUFS});
      Check(Says(a.WriteTo(std::as_bytes(std::span("x", 1)), a.LocalAddr()),
                 ENOBUFS));
    }
    const Injected fault({.call = "recvfrom", .err = ENOMEM});
    std::array<std::byte, 5> bytes;
    Check(Says(a.ReadFrom(bytes).err, ENOMEM));
  });
}

REPORTS(DescriptorsAreNotPassed) {
  RunQuietly([] {
    int ends[2];
    Check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    const net::UnixConn conn =
        *Must(net::FileConn(ends[0])).As<net::UnixConn>();
    const std::array fds = {2};
    {
      const Injected fault({.call = "sendmsg", .err = ETOOMANYREFS});
      Check(Says(conn.SendFds("x", fds), ETOOMANYREFS));
    }
    std::array<char, 5> text;
    const Injected fault({.call = "recvmsg", .err = EMSGSIZE});
    Check(Says(conn.RecvFds(text, 1).err, EMSGSIZE));
  });
}

REPORTS(ASocketFromElsewhereIsRefused) {
  RunQuietly([] {
    int ends[2];
    Check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    const auto says = [&](const Fault& what) {
      const Injected fault(what);
      Check(Says(net::FileConn(ends[0]), what.err), what.call);
    };
    says({.call = "getsockopt", .err = EBADF});
    says({.call = "getsockname", .err = ENOBUFS});
    says({.call = "fcntl", .err = EMFILE, .second = F_DUPFD_CLOEXEC});
    says({.call = "fcntl", .err = EPERM, .second = F_GETFL});
    says({.call = "fcntl", .err = EPERM, .second = F_SETFL});
    const Injected fault({.call = "getpeername", .err = ENOBUFS});
    Check(!Must(net::FileConn(ends[0])).RemoteAddr());
  });
}

SURVIVES(ASocketsFileIsNotThereToUnlink) {
  RunQuietly([] {
    const TempFile name;
    ::unlink(name.name().c_str());
    const net::Listener listener = Must(net::Listen("unix", name.name()));
    const Injected fault({.call = "unlink", .err = EBUSY});
    Check(!listener.Close());
  });
}

// A wildcard is a socket of both families where one listens to both.
SURVIVES(NoAddressToTryFamiliesWith) {
  const int fd = ::socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0) return;  // there is one family
  ::close(fd);
  RunQuietly([] {
    const Injected fault({.call = "bind", .err = EADDRNOTAVAIL, .times = 2});
    Must(net::Listen("tcp", ":0"));
  });
}

// --- Names ---

SURVIVES(NoSourceToSortAddressesBy) {
  const net::IPAddr to = {net::IP::V4(127, 0, 0, 1), ""};
  for (const char* call : {"socket", "connect", "getsockname"}) {
    const Injected fault({.call = call, .err = ENOBUFS});
    Check(!net::SourceFor(to), call);
  }
  Check(static_cast<bool>(net::SourceFor(to)));
}

// What cannot be read for a moment is read later.
SURVIVES(TheListOfHostsIsReadLater) {
  const TempFile file("192.0.2.1 somewhere\n");
  net::Hosts hosts(file.name());
  {
    const Injected fault({.call = "open", .err = EMFILE, .path = file.name()});
    Check(hosts.AddressesOf("somewhere").empty());
  }
  {
    const Injected fault({.call = "read", .err = EIO});
    Check(hosts.AddressesOf("somewhere").empty());
  }
  const Injected fault({.call = "read", .err = EINTR, .times = 3});
  Check(hosts.AddressesOf("somewhere").size() == 1, "it never was");
}

SURVIVES(TheDnsServersAreReadLater) {
  const TempFile file("nameserver 192.0.2.1\nsearch here\n");
  net::ResolverOptions options;
  options.config_path = file.name();
  net::DnsSetup setup(options);
  {
    const Injected fault({.call = "open", .err = EMFILE, .path = file.name()});
    Check(setup.Get()->servers.size() == 2);  // this machine's
  }
  Check(setup.Get()->servers[0].ip.String() == "192.0.2.1", "they never were");
}

SURVIVES(TheServicesAreReadLater) {
  net::Services services;
  if (services.PortOf("tcp", "discard") != 9) return;  // no such file here
  net::Services others;
  {
    const Injected fault({.call = "open", .err = EMFILE, .path = "services"});
    Check(!others.PortOf("tcp", "discard"));
    Check(others.PortOf("tcp", "http") == 80);
  }
  Check(others.PortOf("tcp", "discard") == 9, "they never were");
}

SURVIVES(FilesOfNamesHaveNoStamp) {
  const TempFile file("192.0.2.1 somewhere\n");
  net::Hosts hosts(file.name());
  const Injected fault({.call = "stat", .err = EIO, .path = file.name()});
  (void)hosts.AddressesOf("somewhere");
}

SURVIVES(ThisMachineHasNoName) {
  const Injected fault({.call = "gethostname", .err = EPERM});
  Check(net::ParseResolvConf("").search.empty());
}

// A server at which nothing listens is asked.
Error Ask() {
  net::ResolverOptions options;
  options.servers = {{net::IP::V4(127, 0, 0, 1), 1}};
  options.timeout = 100ms;
  options.attempts = 1;
  return net::Resolver(options)
      .LookupHost(context::Background(), "somewhere.example")
      .second;
}

REPORTS(TheDnsServerCannotBeAsked) {
  RunQuietly([] {
    for (const Fault& what : std::vector<Fault>{
             {.call = "socket", .err = EMFILE, .times = kAlways},
             {.call = "fcntl",
             .err = EPERM,
             .times = kAlways,
             .second = F_SETFD},
             {.call = "fcntl",
             .err = EPERM,
             .times = kAlways,
             .second = F_SETFL},
             {.call = "connect", .err = ENETUNREACH, .times = kAlways},
             {.call = "sendmsg", .err = ENOBUFS, .times = kAlways},
             {.call = "recvfrom", .err = ENOMEM, .times = kAlways}}) {
      const Injected fault(what);
      const std::string said = Ask().message();
      const std::string words = poll::ErrnoText(what.err);
      Check(said.find(words) != std::string::npos, said);
    }
    // Then its time is over at some point.
    const Injected fault({.call = "poll", .err = ENOMEM, .times = kAlways});
    Check(static_cast<bool>(Ask()));
  });
}

SURVIVES(SocketsOfDnsAreNotTold) {
  RunQuietly([] {
    const Injected one(
        {.call = "getsockname", .err = ENOBUFS, .times = kAlways});
    Check(static_cast<bool>(Ask()));
  });
}

}  // namespace
}  // namespace gosling::faults
