// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The hot paths, for instructions.py to count their instructions:
//
//     bench_instructions PATH COUNT
//
// goes down a path so many times, and does nothing else that depends on COUNT:
// the difference of two counts is the path's alone. Without arguments it names
// the paths, after a line for compiler and CPU, by which numbers may differ;
// the build gives the CPU's name as BENCH_CPU.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/sync.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

// yield: two goroutines yield in turn.
void Yield(int count) {
  gosling::sync::WaitGroup group;
  for (int goroutine = 0; goroutine < 2; goroutine++) {
    group.Go([count] {
      for (int i = 0; i < count / 2; i++) gosling::runtime::Gosched();
    });
  }
  group.Wait();
}

// send: to a receiver that waits, and the receive that waits for the answer;
// there is a switch for each.
void Send(int count) {
  auto ping = gosling::MakeChan<int>();
  auto pong = gosling::MakeChan<int>();
  gosling::Go([ping, pong] {
    for (int i : ping) pong.Send(i);
  });
  for (int i = 0; i < count / 2; i++) {
    ping.Send(i);
    pong.Recv();
  }
}

// sendbuf: into a buffer that has room.
void SendBuffered(int count) {
  auto ch = gosling::MakeChan<int>(count);
  for (int i = 0; i < count; i++) ch.Send(i);
}

// spawn: by the hundred, until all have ended.
void Spawn(int count) {
  gosling::sync::WaitGroup group;
  for (int i = 0; i < count / 100; i++) {
    for (int goroutine = 0; goroutine < 100; goroutine++) group.Go([] {});
    group.Wait();
  }
}

// mutex: Lock and Unlock, while no other goroutine wants it.
void Mutex(int count) {
  gosling::sync::Mutex mutex;
  for (int i = 0; i < count; i++) {
    mutex.Lock();
    mutex.Unlock();
  }
}

// select2: of two receives one can go on; and the send that made it so.
void Select2(int count) {
  auto even = gosling::MakeChan<int>(1);
  auto odd = gosling::MakeChan<int>(1);
  for (int i = 0; i < count; i++) {
    (i % 2 == 0 ? even : odd).Send(i);
    gosling::Select(gosling::OnRecv(even), gosling::OnRecv(odd));
  }
}

struct Path {
  std::string_view name;
  void (*go)(int count);
};

constexpr Path kPaths[] = {
    {"yield", Yield}, {"send", Send},   {"sendbuf", SendBuffered},
    {"spawn", Spawn}, {"mutex", Mutex}, {"select2", Select2},
};

#ifdef __clang__
constexpr char kCompiler[] = "clang++";
constexpr int kVersion = __clang_major__;
#else
constexpr char kCompiler[] = "g++";
constexpr int kVersion = __GNUC__;
#endif

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    std::printf("%s %d, %s\n", kCompiler, kVersion, BENCH_CPU);
    for (const Path& path : kPaths) std::puts(path.name.data());
    return 0;
  }
  for (const Path& path : kPaths) {
    if (argc == 3 && path.name == argv[1]) {
      return gosling::Run([&] { path.go(std::atoi(argv[2])); });
    }
  }
  std::fputs("usage: bench_instructions [PATH COUNT]\n", stderr);
  return 2;
}
