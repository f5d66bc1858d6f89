// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Faults that sigstorm commits against itself when told to, so that every
// verdict is known to be able to fail. See --inject.

#ifndef TOOLS_SIGSTORM_INJECT_H_
#define TOOLS_SIGSTORM_INJECT_H_

#include <array>
#include <string_view>
#include <utility>

namespace sigstorm {

enum class Inject {
  kNone,
  kLose,           // 1: a last raise is not sent
  kMiscount,       // 2: one reception too many is read from the library
  kForget,         // 2: one real-time send is not counted
  kCorrupt,        // 3: a number is altered between two workers
  kStarve,         // 3: a worker never gets on
  kLate,           // 4: something is put into a channel after its Stop
  kLeakFile,       // 5
  kLeakThreads,    // 5
  kLeakGoroutine,  // 5
  kHang,           // 6: a worker never ends
  kLeakMemory,     // 7
};

constexpr std::array<std::pair<std::string_view, Inject>, 12> kInjectNames = {{
    {"none", Inject::kNone},
    {"lose", Inject::kLose},
    {"miscount", Inject::kMiscount},
    {"forget", Inject::kForget},
    {"corrupt", Inject::kCorrupt},
    {"starve", Inject::kStarve},
    {"late", Inject::kLate},
    {"leak-file", Inject::kLeakFile},
    {"leak-threads", Inject::kLeakThreads},
    {"leak-goroutine", Inject::kLeakGoroutine},
    {"hang", Inject::kHang},
    {"leak-memory", Inject::kLeakMemory},
}};

}  // namespace sigstorm

#endif  // TOOLS_SIGSTORM_INJECT_H_
