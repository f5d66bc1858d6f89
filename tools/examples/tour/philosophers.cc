// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Five philosophers at a round table share five forks, each of which is a channel
// that holds one thing. A philosopher takes the fork with the lower number first,
// so that they cannot wait for each other in a circle. With `left` each takes the
// left one first, and if all do the runtime says: all goroutines are asleep.

#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/group.h>
#include <gosling/runtime.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace go = gosling;

int main(int argc, char** argv) {
  const bool left_first = argc > 1 && std::string_view(argv[1]) == "left";
  return go::Run([left_first] {
    constexpr int kPhilosophers = 5;
    constexpr int kMeals = 100;
    std::array<go::Chan<go::Unit>, kPhilosophers> forks;
    for (auto& fork : forks) {
      fork = go::MakeChan<go::Unit>(1);
      fork.Send({});
    }
    std::array<int, kPhilosophers> meals{};
    {
      go::sync::Scope table;
      for (int i = 0; i < kPhilosophers; i++) {
        const int right = (i + 1) % kPhilosophers;
        const int first = left_first ? i : std::min(i, right);
        const int second = left_first ? right : std::max(i, right);
        table.Go([&, i, first, second] {
          for (int k = 0; k < kMeals; k++) {
            forks[static_cast<std::size_t>(first)].Recv();
            go::runtime::Gosched();  // thinking, with a fork in one hand
            forks[static_cast<std::size_t>(second)].Recv();
            meals[static_cast<std::size_t>(i)]++;
            forks[static_cast<std::size_t>(second)].Send({});
            forks[static_cast<std::size_t>(first)].Send({});
          }
        });
      }
    }
    for (int i = 0; i < kPhilosophers; i++) {
      std::printf("philosopher %d: %d meals\n", i,
                  meals[static_cast<std::size_t>(i)]);
    }
  });
}
