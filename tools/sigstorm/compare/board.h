// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The memory that sigstorm compare shares with its senders and with the receiver
// that it storms, a program of its own, in one language or the other. For Go it
// is words of 64 bits: receiver.go knows the layout of a Tally.

#ifndef TOOLS_SIGSTORM_COMPARE_BOARD_H_
#define TOOLS_SIGSTORM_COMPARE_BOARD_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sigstorm/histogram.h"
#include "tools/sigstorm/ledger.h"
#include "tools/sigstorm/options.h"

namespace sigstorm {

// Tally is what a receiver counts of one signal. It has one writer.
struct Tally {
  std::atomic<std::uint64_t> delivered{0};
  Histogram latency;  // by the stamps in Shared
};
static_assert(sizeof(Tally) ==
                  (1 + Histogram::kBuckets + 2) * sizeof(std::uint64_t),
              "receiver.go takes it for this many words");

struct Board {
  Board(const std::vector<int>& signals, int senders, double rate, Shape shape)
      : shared(signals, senders, rate, shape) {}

  std::atomic<std::uint64_t> ready{0};  // the receiver has subscribed
  std::atomic<std::uint64_t> cpu{0};    // ns that it used, when it has ended
  std::array<Tally, kMaxSignals> tallies;
  Shared shared;
};

// MakeBoard makes one in memory whose descriptor `fd` becomes. It is never freed.
Board& MakeBoard(const CompareOptions& options, int* fd);

// ArgumentsOf are those of a receiver on this board.
std::vector<std::string> ArgumentsOf(Board& board, int buffer);

// Receive is a receiver in C++, as receiver.go is one in Go: the program
// `sigstorm receive`, with those arguments. Returns the exit status.
int Receive(int argc, char** argv);

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_COMPARE_BOARD_H_
