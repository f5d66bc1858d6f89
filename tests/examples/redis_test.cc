// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The parts of the redis example: the protocol in pieces of every size and
// beyond its limits, and keys that come to their end.

#include <gosling/gosling.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/go_test.h"
#include "tools/examples/redis/protocol.h"
#include "tools/examples/redis/store.h"

namespace examples::redis {
namespace {

namespace go = gosling;
using namespace std::chrono_literals;
using Result = CommandReader::Result;
using Words = std::vector<std::string>;

// Read is what a reader has made of a stream: commands, and then an error or "".
struct Read {
  std::vector<Words> commands;
  std::string error;
  friend bool operator==(const Read&, const Read&) = default;
};

// Feeder gives a reader what arrives, and takes out what there is.
class Feeder {
 public:
  void Feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::span<char> room = reader_.Room();
      ASSERT_FALSE(room.empty());
      const std::size_t n = std::min(room.size(), bytes.size());
      std::memcpy(room.data(), bytes.data(), n);
      bytes.remove_prefix(n);
      reader_.Received(n);
      Take();
    }
  }
  const Read& read() const { return read_; }

 private:
  void Take() {
    CommandReader::Command command;
    for (;;) {
      switch (reader_.Next(&command)) {
        case Result::kCommand:
          EXPECT_TRUE(read_.error.empty());
          EXPECT_FALSE(command.empty());
          read_.commands.emplace_back(command.begin(), command.end());
          break;
        case Result::kMore:
          return;
        case Result::kError:
          read_.error = reader_.error();
          return;
      }
    }
  }

  CommandReader reader_;
  Read read_;
};

Read ReadWhole(std::string_view stream) {
  Feeder feeder;
  feeder.Feed(stream);
  return feeder.read();
}

std::string Array(const Words& words) {
  std::string stream;
  PutArray(&stream, words.size());
  for (const std::string& word : words) PutBulk(&stream, word);
  return stream;
}

TEST(RedisProtocol, AStreamMeansTheSameInPiecesOfAnySize) {
  std::string all_bytes;
  for (int c = 0; c < 256; c++) all_bytes += static_cast<char>(c);
  const std::string bad = Array({"SET", "key", "a value"}) + "\r\n" +
                          Array({"GET", ""}) + "ping\r\n" + "  set  'it''" +
                          "\r\n";
  const std::string good =
      Array({"SET", "k", all_bytes}) + "\r\n*0\r\n*-1\r\n" + "get  k\r\n" +
      Array({"GET", ""}) + "\n" + "set a \"b \\x41\\n\\\"\"  'c\\'d'\n" +
      Array({"PING"});
  const Read expected = {{{"SET", "k", all_bytes},
                          {"get", "k"},
                          {"GET", ""},
                          {"set", "a", "b A\n\"", "c'd"},
                          {"PING"}},
                         ""};
  ASSERT_EQ(ReadWhole(good), expected);
  const Read broken = ReadWhole(bad);
  EXPECT_EQ(broken.commands.size(), 3u);
  EXPECT_EQ(broken.error, "unbalanced quotes in request");

  for (const std::string& text : {good, bad}) {
    const Read whole = ReadWhole(text);
    for (std::size_t at = 0; at <= text.size(); at++) {
      Feeder feeder;
      feeder.Feed(std::string_view(text).substr(0, at));
      feeder.Feed(std::string_view(text).substr(at));
      ASSERT_EQ(feeder.read(), whole) << "cut at " << at;
    }
    for (std::size_t size = 1; size <= 7; size++) {
      Feeder feeder;
      for (std::size_t at = 0; at < text.size(); at += size) {
        feeder.Feed(std::string_view(text).substr(at, size));
      }
      ASSERT_EQ(feeder.read(), whole) << "in pieces of " << size;
    }
  }
}

TEST(RedisProtocol, WordsLargerThanTheBufferComeWhole) {
  std::string stream;
  Read expected;
  for (std::size_t size : {1000, 16'380, 16'384, 50'000, 3'000'000, 10}) {
    Words words = {"SET", std::string(size, 'k'), std::string(size, 'v')};
    stream += Array(words);
    expected.commands.push_back(std::move(words));
  }
  EXPECT_EQ(ReadWhole(stream), expected);
  Feeder feeder;
  for (std::size_t at = 0; at < stream.size(); at += 4099) {
    feeder.Feed(std::string_view(stream).substr(at, 4099));
  }
  EXPECT_EQ(feeder.read(), expected);
}

TEST(RedisProtocol, ManyWordsAreOneCommand) {
  const Words words(100'000, "x");
  EXPECT_EQ(ReadWhole(Array(words)), (Read{{words}, ""}));
}

TEST(RedisProtocol, RefusesWhatRedisRefuses) {
  const std::pair<std::string, std::string> cases[] = {
      {"*1048577\r\n", "invalid multibulk length"},
      {"*99999999999999999999\r\n", "invalid multibulk length"},
      {"*\r\n", "invalid multibulk length"},
      {"*1x\r\n", "invalid multibulk length"},
      {"*1\r\n$536870913\r\n", "invalid bulk length"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$x\r\n", "invalid bulk length"},
      {"*1\r\n$\r\n", "invalid bulk length"},
      {"*2\r\n$1\r\na\r\n:1\r\n", "expected '$', got ':'"},
      {"get \"x\r\n", "unbalanced quotes in request"},
      {"get 'x'y\r\n", "unbalanced quotes in request"},
      {"*" + std::string(kLongestInline + 1, '1'),
       "too big mbulk count string"},
      {"*1\r\n$" + std::string(kLongestInline + 1, '1'),
       "too big bulk count string"},
      {std::string(kLongestInline + 1, 'x'), "too big inline request"},
      {std::string(kLongestInline + 1, 'x') + "\r\n", "too big inline request"},
  };
  for (const auto& [stream, error] : cases) {
    const std::string text = Array({"PING"}) + stream;
    const Read read = ReadWhole(text);
    EXPECT_EQ(read.commands.size(), 1u) << stream.substr(0, 40);
    EXPECT_EQ(read.error, error) << stream.substr(0, 40);
    // For good.
    EXPECT_EQ(ReadWhole(text + Array({"PING"})), read);
  }
  // The largest that are allowed have begun well.
  EXPECT_EQ(ReadWhole("*1048576\r\n$536870912\r\nx"), Read());
}

TEST(RedisProtocol, AnAnnouncedLengthTakesNoMemory) {
  CommandReader reader;
  CommandReader::Command command;
  const std::string_view text = "*1048576\r\n$536870912\r\n";
  std::memcpy(reader.Room().data(), text.data(), text.size());
  reader.Received(text.size());
  ASSERT_EQ(reader.Next(&command), Result::kMore);
  for (int i = 0; i < 100; i++) {
    const std::span<char> room = reader.Room();
    EXPECT_LE(room.size(), 64u << 10);
    room[0] = 'x';
    reader.Received(1);
    ASSERT_EQ(reader.Next(&command), Result::kMore);
  }
}

TEST(RedisProtocol, RepliesAreWritten) {
  std::string to;
  PutSimple(&to, "OK");
  PutError(&to, "ERR no");
  PutInteger(&to, INT64_MIN);
  PutBulk(&to, std::string_view("a\0b", 3));
  PutBulk(&to, "");
  PutNil(&to);
  PutArray(&to, 0);
  EXPECT_EQ(to,
            std::string("+OK\r\n-ERR no\r\n:-9223372036854775808\r\n$3\r\na\0b"
                        "\r\n$0\r\n\r\n$-1\r\n*0\r\n",
                        61));
}

std::optional<std::string> Get(Store& store, std::string_view key) {
  std::optional<std::string> value;
  store.Read(key, [&](const std::string& v) { value = v; });
  return value;
}

TEST(RedisStore, AKeyIsGoneWhenItsTimeIsOver) {
  go::RunWith(2, [] {
    Store store;
    const Store::Time now = std::chrono::steady_clock::now();
    EXPECT_TRUE(store.Set("a", "1", {.expiry = now + 50ms}));
    EXPECT_TRUE(store.Set("b", "1", {.expiry = now + 1h}));
    // It is still there, unless this thread has been stopped for so long.
    const auto found = Get(store, "a");
    const auto expiry = store.Expiry("a");
    if (std::chrono::steady_clock::now() < now + 50ms) {
      EXPECT_EQ(found, "1");
      EXPECT_EQ(expiry, now + 50ms);
    }
    // To set it anew takes its end away, unless that is to be kept.
    EXPECT_TRUE(store.Set("b", "2", {.keep_expiry = true}));
    EXPECT_EQ(store.Expiry("b"), now + 1h);
    EXPECT_TRUE(store.Set("b", "3", {}));
    EXPECT_EQ(store.Expiry("b"), Store::Time{});
    go::time::Sleep(60ms);
    EXPECT_EQ(Get(store, "a"), std::nullopt);
    EXPECT_FALSE(store.Exists("a"));
    EXPECT_EQ(store.Expiry("a"), std::nullopt);
    EXPECT_EQ(store.Size(), 1u);
    // A moment that is past ends it at once.
    EXPECT_TRUE(store.Expire("b", now));
    EXPECT_EQ(Get(store, "b"), std::nullopt);
    EXPECT_FALSE(store.Expire("b", now));
  });
}

TEST(RedisStore, SweepErasesWhatNoneAsksFor) {
  go::RunWith(2, [] {
    Store store;
    const Store::Time now = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; i++) {
      store.Set("key" + std::to_string(i), "v",
                {.expiry = i % 2 == 0 ? now : now + 1h});
    }
    // Those that get another end than they had at first.
    store.Expire("key1", now);
    store.Expire("key3", now + 2h);
    store.Expire("key5", {});
    EXPECT_EQ(store.Size(), 1000u);
    store.Sweep();
    EXPECT_EQ(store.Size(), 499u);
    EXPECT_TRUE(store.Exists("key3"));
    EXPECT_TRUE(store.Exists("key5"));
  });
}

TEST(RedisStore, AddCounts) {
  go::RunWith(8, [] {
    Store store;
    go::sync::WaitGroup group;
    for (int i = 0; i < 8; i++) {
      group.Go([&] {
        for (int n = 0; n < 1000; n++) store.Add("n", 1);
      });
    }
    group.Wait();
    EXPECT_EQ(Get(store, "n"), "8000");
    store.Set("text", "1x", {});
    EXPECT_EQ(store.Add("text", 1).second, Store::AddError::kNoNumber);
    store.Set("most", std::to_string(INT64_MAX), {});
    EXPECT_EQ(store.Add("most", 1).second, Store::AddError::kOverflow);
    EXPECT_EQ(Get(store, "most"), std::to_string(INT64_MAX));
  });
}

TEST(RedisStore, SetMayDependOnWhatIsThere) {
  go::RunWith(2, [] {
    Store store;
    EXPECT_FALSE(store.Set("a", "1", {.when = Store::When::kIfPresent}));
    EXPECT_TRUE(store.Set("a", "2", {.when = Store::When::kIfAbsent}));
    EXPECT_FALSE(store.Set("a", "3", {.when = Store::When::kIfAbsent}));
    EXPECT_EQ(Get(store, "a"), "2");
    EXPECT_TRUE(store.Set("a", "4", {.when = Store::When::kIfPresent}));
    EXPECT_EQ(Get(store, "a"), "4");
    EXPECT_TRUE(store.Delete("a"));
    EXPECT_FALSE(store.Delete("a"));
  });
}

}  // namespace
}  // namespace examples::redis
