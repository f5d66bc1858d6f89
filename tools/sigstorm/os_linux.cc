// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// os.h on Linux, mostly out of /proc/self.

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tools/sigstorm/os.h"

namespace sigstorm::os {
namespace {

// ReadFile returns "" for a file that is not there, such as the status of a
// thread that has just ended.
std::string ReadFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  return text;
}

// Entries lists a directory of numbers and calls f(number) for each, leaving
// out the descriptor it reads with.
template <class F>
void Entries(const char* path, F f) {
  DIR* const directory = ::opendir(path);
  if (directory == nullptr) return;
  const int own = ::dirfd(directory);
  const bool descriptors = absl::EndsWith(path, "/fd");
  while (const dirent* entry = ::readdir(directory)) {
    int number = 0;
    if (!absl::SimpleAtoi(entry->d_name, &number)) continue;
    if (descriptors && number == own) continue;
    f(number);
  }
  ::closedir(directory);
}

// Field returns what follows "key:" in a status file, without white space.
absl::string_view Field(absl::string_view status, absl::string_view key) {
  for (absl::string_view line : absl::StrSplit(status, '\n')) {
    if (absl::ConsumePrefix(&line, key) && absl::ConsumePrefix(&line, ":")) {
      return absl::StripAsciiWhitespace(line);
    }
  }
  return "";
}

SignalSet SetField(absl::string_view status, absl::string_view key) {
  std::uint64_t set = 0;
  if (!absl::SimpleHexAtoi(Field(status, key), &set)) return 0;
  return set;
}

}  // namespace

Realtime RealtimeSignals() { return {SIGRTMIN, SIGRTMAX}; }

int LastSignal() { return _NSIG - 1; }

// ReservedByLibc: 32 and 33 cancel threads and change user ids in every thread.
bool ReservedByLibc(int signal) { return signal >= 32 && signal < SIGRTMIN; }

const char* SignalAbbreviation(int signal) {
  constexpr std::array<const char*, 32> kNames = {
      "",       "HUP",  "INT",    "QUIT", "ILL",   "TRAP", "ABRT", "BUS",
      "FPE",    "KILL", "USR1",   "SEGV", "USR2",  "PIPE", "ALRM", "TERM",
      "STKFLT", "CHLD", "CONT",   "STOP", "TSTP",  "TTIN", "TTOU", "URG",
      "XCPU",   "XFSZ", "VTALRM", "PROF", "WINCH", "POLL", "PWR",  "SYS"};
  const auto number = static_cast<std::size_t>(signal);
  return number < kNames.size() ? kNames[number] : "";
}

std::uint64_t QueueLimit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_SIGPENDING, &limit) != 0) return 0;
  if (limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return limit.rlim_cur;
}

void NameThread(const char* name) { ::prctl(PR_SET_NAME, name); }

std::vector<Thread> Threads() {
  std::vector<Thread> threads;
  Entries("/proc/self/task", [&](int id) {
    const std::string status =
        ReadFile(absl::StrCat("/proc/self/task/", id, "/status"));
    if (status.empty()) return;
    threads.push_back({id, std::string(Field(status, "Name")),
                       SetField(status, "SigBlk"), SetField(status, "SigPnd")});
  });
  return threads;
}

SignalSet PendingForProcess() {
  return SetField(ReadFile("/proc/self/status"), "ShdPnd");
}

std::uint64_t OwnMemory() {
  const std::string status = ReadFile("/proc/self/status");
  absl::string_view field = Field(status, "RssAnon");
  std::uint64_t kilobytes = 0;
  absl::ConsumeSuffix(&field, " kB");
  return absl::SimpleAtoi(field, &kilobytes) ? kilobytes << 10 : 0;
}

std::vector<std::string> OpenFiles() {
  std::vector<std::string> files;
  Entries("/proc/self/fd", [&](int fd) {
    std::array<char, PATH_MAX> target;
    const std::string link = absl::StrCat("/proc/self/fd/", fd);
    const ssize_t n = ::readlink(link.c_str(), target.data(), target.size());
    if (n < 0) return;
    files.push_back(absl::StrCat(
        fd, " -> ",
        absl::string_view(target.data(), static_cast<std::size_t>(n))));
  });
  return files;
}

int SendToThread(ThreadId thread, int signal, bool queued, std::int64_t value) {
  const ::pid_t process = ::getpid();
  // `syscall` takes words, and a 64-bit integer is two of them on some CPUs.
  const auto id = static_cast<::pid_t>(thread);
  long result;
  if (queued) {
    // As pthread_sigqueue does, for a thread known by its kernel id.
    siginfo_t info;
    std::memset(&info, 0, sizeof info);
    info.si_signo = signal;
    info.si_code = SI_QUEUE;
    info.si_pid = process;
    info.si_uid = ::getuid();
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the value is only carried.
    info.si_value.sival_ptr = reinterpret_cast<void*>(value);
    result = ::syscall(SYS_rt_tgsigqueueinfo, process, id, signal, &info);
  } else {
    result = ::syscall(SYS_tgkill, process, id, signal);
  }
  return result == 0 ? 0 : errno;
}

int SendQueued(::pid_t process, int signal, std::int64_t value) {
  sigval payload;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the value is only carried.
  payload.sival_ptr = reinterpret_cast<void*>(value);
  return ::sigqueue(process, signal, payload) == 0 ? 0 : errno;
}

// The state stands behind the name, which may hold anything, and the way in
// which it ended is the last field.
int Ending(::pid_t process) {
  const std::string stat = ReadFile(absl::StrCat("/proc/", process, "/stat"));
  if (stat.empty()) {
    return ::kill(process, 0) == 0 || errno != ESRCH ? kLives : kEnded;
  }
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(stat.rfind(')') + 1), ' ', absl::SkipEmpty());
  if (fields.empty() || (fields[0] != "Z" && fields[0] != "X")) return kLives;
  int status = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(fields.back()), &status) ||
      !WIFSIGNALED(status)) {
    return kEnded;
  }
  return -WTERMSIG(status);
}

std::string Machine() {
  utsname name = {};
  ::uname(&name);
  std::string model = name.machine;
  for (absl::string_view line :
       absl::StrSplit(ReadFile("/proc/cpuinfo"), '\n')) {
    if (!absl::StartsWith(line, "model name")) continue;
    model = std::string(
        absl::StripAsciiWhitespace(line.substr(line.find(':') + 1)));
    break;
  }
  return absl::StrCat(::sysconf(_SC_NPROCESSORS_ONLN), " x ", model, ", ",
                      name.sysname, " ", name.release);
}

int SharedMemory(std::size_t size) {
  const int fd = ::memfd_create("sigstorm", MFD_CLOEXEC);
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(size)) != 0) return -1;
  return fd;
}

std::string OwnProgram() {
  char path[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  return n > 0 && n < ssize_t{sizeof path} ? std::string(path, n) : "";
}

void DieWithParent() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

}  // namespace sigstorm::os
