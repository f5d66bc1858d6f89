// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A goroutine named "worker" overflows a stack of 256 KiB by frames of one size:
//
//     overflow frame|alloca|vla KIB
//
// Of each frame the lowest byte is written, nothing else: what is touched on the
// way there, the compiler touches.

#include <alloca.h>
#include <gosling/gosling.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace go = gosling;

namespace {

// No frame is left before the next is there, four of the smallest suffice.
constexpr int kDepth = 8;

// Escape keeps an array as large as it was declared.
inline void Escape(volatile char* array) { asm volatile("" : : "r"(array)); }

template <std::size_t kKiB>
[[gnu::noinline]] int Frame(int depth) {
  volatile char lowest[kKiB << 10];
  Escape(lowest);
  lowest[0] = 1;
  return depth < kDepth ? Frame<kKiB>(depth + 1) + lowest[0] : 0;
}

[[gnu::noinline]] int Alloca(std::size_t size, int depth) {
  auto* lowest = static_cast<volatile char*>(alloca(size));
  Escape(lowest);
  lowest[0] = 1;
  return depth < kDepth ? Alloca(size, depth + 1) + lowest[0] : 0;
}

[[gnu::noinline]] int VLA(std::size_t size, int depth) {
  __extension__ volatile char lowest[size];
  Escape(lowest);
  lowest[0] = 1;
  return depth < kDepth ? VLA(size, depth + 1) + lowest[0] : 0;
}

int Overflow(std::string_view kind, std::size_t kib) {
  if (kind == "alloca") return Alloca(kib << 10, 0);
  if (kind == "vla") return VLA(kib << 10, 0);
  switch (kib) {
    case 64:
      return Frame<64>(0);
    case 256:
      return Frame<256>(0);
    case 1024:
      return Frame<1024>(0);
    default:
      return Frame<8192>(0);
  }
}

}  // namespace

int main(int, char** argv) {
  return go::Run([argv] {
    const auto start = [](const char* name, auto f) {
      go::Go({.name = name, .stack_size = 256 << 10}, f);
    };
    // Neighbours, for a frame that steps over the guard to land in.
    for (int i = 0; i < 60; i++) start("neighbour", [] { go::Select(); });
    start("worker", [argv] {
      std::printf("%d\n",
                  Overflow(argv[1], std::strtoul(argv[2], nullptr, 10)));
      std::exit(0);
    });
    go::Select();
  });
}
