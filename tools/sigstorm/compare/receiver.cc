// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// See receiver.go, line by line.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/strings/numbers.h"
#include "tools/sigstorm/clock.h"
#include "tools/sigstorm/compare/board.h"
#include "tools/sigstorm/fail.h"

namespace sigstorm {
namespace {

constexpr int kMemory = 3;  // the descriptor

using gosling::signal::Signal;
using Stamp = std::atomic<std::int64_t>;

void ReceiveOne(const gosling::Chan<Signal>& signals, Stamp& stamp,
                Tally& tally) {
  while (signals.Recv()) {
    const std::int64_t now = NowNs();
    if (const std::int64_t since = stamp.exchange(0); since != 0) {
      tally.latency.Record(now - since);
    }
    tally.delivered.fetch_add(1);
  }
}

std::uint64_t Ns(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_usec) * 1'000;
}

int Serve(std::vector<std::size_t> numbers) {
  struct stat file;
  void* memory = MAP_FAILED;
  if (::fstat(kMemory, &file) == 0) {
    memory = ::mmap(nullptr, static_cast<std::size_t>(file.st_size),
                    PROT_READ | PROT_WRITE, MAP_SHARED, kMemory, 0);
  }
  if (memory == MAP_FAILED) {
    Fail("receive is for sigstorm compare, which shares its memory with it");
  }
  auto* const words = static_cast<std::uint64_t*>(memory);
  const auto count = [words](std::size_t at) {
    return reinterpret_cast<std::atomic<std::uint64_t>*>(words + at);
  };
  for (std::size_t i = 3; i < numbers.size(); i += 3) {
    auto signals = gosling::MakeChan<Signal>(numbers[0]);
    gosling::signal::Notify(signals, static_cast<int>(numbers[i]));
    gosling::Go([signals, stamp = words + numbers[i + 1],
                 tally = words + numbers[i + 2]] {
      ReceiveOne(signals, *reinterpret_cast<Stamp*>(stamp),
                 *reinterpret_cast<Tally*>(tally));
    });
  }
  count(numbers[1])->store(1);

  // The end of the input is the end of the storm.
  gosling::runtime::Blocking([] {
    char byte;
    ssize_t n;
    do {
      n = ::read(STDIN_FILENO, &byte, 1);
    } while (n > 0 || (n < 0 && errno == EINTR));
  });
  rusage used = {};
  ::getrusage(RUSAGE_SELF, &used);
  count(numbers[2])->fetch_add(Ns(used.ru_utime) + Ns(used.ru_stime));
  // A signal that comes now would be met by its default once Run is over.
  std::_Exit(0);
}

}  // namespace

int Receive(int argc, char** argv) {
  std::vector<std::size_t> numbers;
  for (int i = 1; i < argc; i++) {
    std::uint64_t number = 0;
    if (!absl::SimpleAtoi(argv[i], &number)) break;
    numbers.push_back(static_cast<std::size_t>(number));
  }
  if (numbers.size() < 3 || numbers.size() % 3 != 0 ||
      static_cast<int>(numbers.size()) != argc - 1) {
    Fail("receive is for sigstorm compare, and takes what that gives it");
  }
  return gosling::Run([&] { return Serve(numbers); });
}

}  // namespace sigstorm
