// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The most frequent words of files: `words FILE…`. A goroutine for each file counts
// on its own, a few files at a time; a Group brings the first error back.

#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/group.h>
#include <gosling/io.h>
#include <gosling/os.h>
#include <gosling/sync.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace go = gosling;

namespace {

using Counts = std::map<std::string, int>;

go::Error Count(const std::string& name, Counts* counts) {
  auto [file, err] = go::os::Open(name);
  if (err) return err;
  auto [text, failed] = go::io::ReadAll(file, 64 << 20);
  if (failed) return go::errors::Wrap(failed, name);
  std::string word;
  for (char c : text + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      (*counts)[std::exchange(word, std::string())]++;
    }
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> names(argv + 1, argv + argc);
  return go::Run([&names] {
    go::sync::Mutex mutex;
    Counts all;  // under mutex
    go::sync::Group group;
    group.SetLimit(8);
    for (const std::string& name : names) {
      group.Go([&]() -> go::Error {
        Counts mine;
        if (go::Error err = Count(name, &mine)) return err;
        const std::lock_guard lock(mutex);
        for (const auto& [word, n] : mine) all[word] += n;
        return nullptr;
      });
    }
    if (go::Error err = group.Wait()) {
      std::fprintf(stderr, "words: %s\n", err.message().c_str());
      return 1;
    }
    std::vector<std::pair<int, std::string>> order;
    for (const auto& [word, n] : all) order.emplace_back(-n, word);
    std::sort(order.begin(), order.end());
    order.resize(std::min<std::size_t>(order.size(), 5));
    for (const auto& [n, word] : order)
      std::printf("%s %d\n", word.c_str(), -n);
    return 0;
  });
}
