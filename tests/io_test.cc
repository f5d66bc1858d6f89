// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// gosling/io.h: copying and reading from readers that behave in every way that
// one may, Pipe, the buffers and their limits, and what the kernel moves. After
// Go's io_test.go, pipe_test.go, multi_test.go, bufio_test.go, splice_test.go.

#include <fcntl.h>
#include <gosling/chan.h>
#include <gosling/go.h>
#include <gosling/io.h>
#include <gosling/runtime.h>
#include <gosling/sync.h>
#include <gosling/time.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/poll/copy.h"
#include "runtime/poll/errors.h"
#include "runtime/poll/fd.h"
#include "runtime/poll/quiet.h"
#include "tests/go_test.h"

namespace gosling {
namespace {

using namespace std::chrono_literals;
using io::Eof;
using io::StringReader;
using Result = std::pair<std::size_t, Error>;

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

template <class T>
std::span<std::byte> Room(T& t) {
  return std::as_writable_bytes(std::span(t));
}

// Ways to read a text.
class ByOne {
 public:
  explicit ByOne(std::string text) : reader_(std::move(text)) {}
  Result Read(std::span<std::byte> to) {
    return reader_.Read(to.first(std::min<std::size_t>(to.size(), 1)));
  }

 private:
  StringReader reader_;
};

// The last bytes come together with the error.
class DataWithError {
 public:
  explicit DataWithError(std::string text, Error err = Eof)
      : text_(std::move(text)), err_(std::move(err)) {}
  Result Read(std::span<std::byte> to) {
    const std::size_t n = std::min(to.size(), text_.size() - at_);
    std::memcpy(to.data(), text_.data() + at_, n);
    at_ += n;
    return {n, at_ == text_.size() ? err_ : Error()};
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
  Error err_;
};

// Each second read is empty.
class Stutters {
 public:
  explicit Stutters(std::string text) : reader_(std::move(text)) {}
  Result Read(std::span<std::byte> to) {
    empty_ = !empty_;
    if (empty_) return {0, nullptr};
    return reader_.Read(to);
  }

 private:
  ByOne reader_;
  bool empty_ = false;
};

struct NeverReads {
  Result Read(std::span<std::byte>) {
    calls++;
    return {0, nullptr};
  }
  int calls = 0;
};

struct Lies {
  Result Read(std::span<std::byte> to) { return {to.size() + 1, nullptr}; }
};

// Takes `most` bytes, then says `err`.
struct Full {
  Result Write(std::span<const std::byte> from) {
    const std::size_t n = std::min(from.size(), most - taken.size());
    taken.append(reinterpret_cast<const char*>(from.data()), n);
    return {n, n < from.size() ? err : Error()};
  }
  std::size_t most;
  Error err;
  std::string taken = {};
};

// EachWay reads `text` in every way, as an AnyReader.
void EachWay(const std::string& text,
             const std::function<void(io::AnyReader)>& f) {
  f(StringReader(text));
  f(ByOne(text));
  f(DataWithError(text));
  f(Stutters(text));
}

TEST(Io, ErrorsSayWhatGoSays) {
  EXPECT_EQ(io::Eof.message(), "EOF");
  EXPECT_EQ(io::UnexpectedEof.message(), "unexpected EOF");
  EXPECT_EQ(io::ShortWrite.message(), "short write");
  EXPECT_EQ(io::ShortBuffer.message(), "short buffer");
  EXPECT_EQ(io::ClosedPipe.message(), "io: read/write on closed pipe");
  EXPECT_EQ(io::NoProgress.message(),
            "multiple Read calls return no data or error");
  EXPECT_EQ(io::TooLong.message(), "bufio.Scanner: token too long");
  EXPECT_EQ(io::BufferFull.message(), "bufio: buffer full");
  static_assert(io::Reader<StringReader> && !io::Reader<io::StringWriter>);
  static_assert(io::Writer<io::StringWriter> && !io::Writer<StringReader>);
  static_assert(io::Closer<io::PipeReader> && !io::Closer<StringReader>);
}

TEST(Io, CopyCopiesUpToTheEnd) {
  const std::string text(100'000, 'x');
  EachWay(text.substr(0, 1000), [&](io::AnyReader r) {
    std::string out;
    auto [n, err] = io::Copy(io::StringWriter(&out), r);
    EXPECT_EQ(n, 1000);
    EXPECT_FALSE(err);
    EXPECT_EQ(out, text.substr(0, 1000));
  });
  StringReader all(text);
  std::string out;
  io::StringWriter w(&out);
  EXPECT_EQ(io::Copy(w, all).first, 100'000);
  EXPECT_EQ(out, text);
  EXPECT_EQ(io::Copy(w, all).first, 0);  // it was read by reference
}

TEST(Io, CopyTellsTheFirstError) {
  const Error broken = errors::New("broken");
  const Error full = errors::New("full");
  std::string out;
  auto [n, err] =
      io::Copy(io::StringWriter(&out), DataWithError("abc", broken));
  EXPECT_EQ(n, 3);
  EXPECT_EQ(err, broken);
  EXPECT_EQ(out, "abc");
  Full w{2, full};
  std::tie(n, err) = io::Copy(w, DataWithError("abc", broken));
  EXPECT_EQ(n, 2);
  EXPECT_EQ(err, full);
  std::tie(n, err) = io::Copy(Full{2, nullptr}, StringReader("abc"));
  EXPECT_EQ(n, 2);
  EXPECT_EQ(err, io::ShortWrite);
}

TEST(Io, ReadersThatReadNothingForEverAreAnError) {
  NeverReads never;
  EXPECT_EQ(io::Copy(io::Discard, never).second, io::NoProgress);
  EXPECT_EQ(never.calls, 100);
  std::array<char, 4> buf;
  EXPECT_EQ(io::ReadFull(never, Room(buf)).second, io::NoProgress);
  EXPECT_EQ(io::ReadAll(never, 10).second, io::NoProgress);
  io::BufReader r(std::ref(never));
  EXPECT_EQ(r.ReadByte().second, io::NoProgress);
  EXPECT_EQ(r.Peek(1).second, io::NoProgress);
  EXPECT_EQ(r.ReadLine(10).second, io::NoProgress);
  EXPECT_EQ(r.ReadUntil('x', 10).second, io::NoProgress);
}

TEST(Io, AReaderThatClaimsTooMuchIsAPanic) {
  const std::string words = "io: Read returned more than it was asked for";
  std::array<char, 4> buf;
  EXPECT_EQ(PanicOf([] { io::Copy(io::Discard, Lies()); }), words);
  EXPECT_EQ(PanicOf([&] { io::ReadFull(Lies(), Room(buf)); }), words);
  EXPECT_EQ(PanicOf([] { io::ReadAll(Lies(), 10); }), words);
  EXPECT_EQ(PanicOf([] { io::BufReader(Lies()).ReadByte(); }), words);
  EXPECT_EQ(PanicOf([] { io::AnyReader().Read({}); }),
            "invalid memory address or nil pointer dereference");
}

TEST(Io, CopyNCopiesThatMuch) {
  EachWay("abcdef", [](io::AnyReader r) {
    std::string out;
    auto [n, err] = io::CopyN(io::StringWriter(&out), r, 4);
    EXPECT_EQ(n, 4);
    EXPECT_FALSE(err);
    EXPECT_EQ(out, "abcd");
    std::tie(n, err) = io::CopyN(io::StringWriter(&out), r, 4);
    EXPECT_EQ(n, 2);
    EXPECT_EQ(err, Eof);
    EXPECT_EQ(out, "abcdef");
  });
  EXPECT_FALSE(io::CopyN(io::Discard, StringReader("a"), 0).second);
}

TEST(Io, ReadFullTellsWhereItEnded) {
  EachWay("abcd", [](io::AnyReader r) {
    std::array<char, 3> buf{};
    auto [n, err] = io::ReadFull(r, Room(buf));
    EXPECT_EQ(n, 3U);
    EXPECT_FALSE(err);
    EXPECT_EQ(std::string(buf.data(), 3), "abc");
    std::tie(n, err) = io::ReadFull(r, Room(buf));
    EXPECT_EQ(n, 1U);
    EXPECT_EQ(err, io::UnexpectedEof);
    std::tie(n, err) = io::ReadFull(r, Room(buf));
    EXPECT_EQ(n, 0U);
    EXPECT_EQ(err, Eof);
    EXPECT_FALSE(io::ReadFull(r, {}).second);
  });
}

TEST(Io, ReadAtLeastTakesMoreIfItComes) {
  std::array<char, 4> buf;
  auto [n, err] = io::ReadAtLeast(StringReader("abcdef"), Room(buf), 2);
  EXPECT_EQ(n, 4U);
  EXPECT_FALSE(err);
  std::tie(n, err) = io::ReadAtLeast(ByOne("abcdef"), Room(buf), 2);
  EXPECT_EQ(n, 2U);
  EXPECT_FALSE(err);
  // The error that comes with the last bytes is not told.
  std::tie(n, err) = io::ReadAtLeast(DataWithError("ab"), Room(buf), 2);
  EXPECT_EQ(n, 2U);
  EXPECT_FALSE(err);
  EXPECT_EQ(io::ReadAtLeast(ByOne("x"), Room(buf), 5).second, io::ShortBuffer);
  const Error broken = errors::New("broken");
  std::tie(n, err) = io::ReadAtLeast(DataWithError("a", broken), Room(buf), 2);
  EXPECT_EQ(n, 1U);
  EXPECT_EQ(err, broken);
}

TEST(Io, ReadAllHasALimit) {
  for (const std::size_t size : {0, 1, 511, 512, 513, 5000}) {
    const std::string text(size, 'y');
    EachWay(text, [&](io::AnyReader r) {
      auto [all, err] = io::ReadAll(r, size);
      EXPECT_EQ(all, text);
      EXPECT_FALSE(err) << err.message();
    });
    if (size == 0) continue;
    EachWay(text, [&](io::AnyReader r) {
      auto [all, err] = io::ReadAll(r, size - 1);
      EXPECT_EQ(all, text.substr(1));
      EXPECT_TRUE(errors::Is(err, io::TooLong));
      EXPECT_EQ(err.message(),
                "io: more than " + std::to_string(size - 1) + " bytes to read");
    });
  }
  EXPECT_EQ(io::ReadAll(StringReader("abc"), SIZE_MAX).first, "abc");
  const Error broken = errors::New("broken");
  auto [all, err] = io::ReadAll(DataWithError("abc", broken), 10);
  EXPECT_EQ(all, "abc");
  EXPECT_EQ(err, broken);
}

TEST(Io, LimitReaderEndsEarly) {
  auto r = io::LimitReader(StringReader("abcdef"), 4);
  EXPECT_EQ(r.Remaining(), 4);
  EXPECT_EQ(io::ReadAll(r, 10).first, "abcd");
  EXPECT_EQ(r.Remaining(), 0);
  EXPECT_EQ(io::ReadAll(io::LimitReader(ByOne("ab"), 4), 10).first, "ab");
  EXPECT_EQ(io::ReadAll(io::LimitReader(ByOne("ab"), -1), 10).first, "");
}

TEST(Io, AnyReaderSharesWhatItIsMadeOf) {
  StringReader text("abcdef");
  auto shared = std::make_shared<StringReader>("123456");
  const io::AnyReader by_ref = std::ref(text);
  const io::AnyReader by_pointer = &text;
  const io::AnyReader by_copy = text;
  const io::AnyReader by_shared = shared;
  const io::AnyReader twin = by_shared;
  std::array<char, 2> two;
  std::string seen;
  for (const io::AnyReader& r :
       {by_ref, by_pointer, by_copy, by_shared, twin}) {
    EXPECT_EQ(r.Read(Room(two)).first, 2U);
    seen.append(two.data(), 2);
  }
  EXPECT_EQ(seen, "abcdab1234");
  EXPECT_EQ(io::ReadAll(*shared, 9).first, "56");
  std::string out;
  const io::AnyWriter w = io::StringWriter(&out);
  w.Write("text");
  io::WriteString(w, "!");
  EXPECT_EQ(out, "text!");
  EXPECT_FALSE(io::AnyWriter());
  EXPECT_TRUE(w);
}

TEST(Io, TeeAndMultiWriterWriteToSeveral) {
  std::string a;
  std::string b;
  io::TeeReader tee(ByOne("abc"), io::StringWriter(&a));
  EXPECT_EQ(io::ReadAll(tee, 10).first, "abc");
  EXPECT_EQ(a, "abc");
  Full full{1, errors::New("full")};
  io::MultiWriter both({io::StringWriter(&a), io::StringWriter(&b)});
  EXPECT_FALSE(both.Write("def").second);
  EXPECT_EQ(a, "abcdef");
  EXPECT_EQ(b, "def");
  io::MultiWriter again(both);
  EXPECT_FALSE(again.Write("!").second);
  EXPECT_EQ(a + b, "abcdef!def!");
  io::MultiWriter fails({&full, io::StringWriter(&b)});
  EXPECT_EQ(fails.Write("xy").second, full.err);
  EXPECT_EQ(b, "def!");
  io::TeeReader broken(ByOne("abc"), Full{0, full.err});
  EXPECT_EQ(io::ReadAll(broken, 10).second, full.err);
}

TEST(BufReader, ReadsLinesHoweverTheyCome) {
  const std::string text = "one\ntwo\r\n\nthree\rx\n\r\nlast";
  EachWay(text, [](io::AnyReader below) {
    io::BufReader r(below, 16);
    for (const char* line : {"one", "two", "", "three\rx", "", "last"}) {
      auto [got, err] = r.ReadLine(7);
      EXPECT_EQ(got, line);
      EXPECT_FALSE(err);
    }
    auto [got, err] = r.ReadLine(7);
    EXPECT_EQ(got, "");
    EXPECT_EQ(err, Eof);
  });
}

TEST(BufReader, ALineMayBeAsLongAsTheLimitAndNotLonger) {
  for (const std::size_t limit : {0, 1, 5, 15, 16, 17, 18, 40}) {
    const std::string fits(limit, 'z');
    for (const char* end : {"\n", "\r\n"}) {
      EachWay(fits + end + "next\n", [&](io::AnyReader below) {
        io::BufReader r(below, 16);
        auto [got, err] = r.ReadLine(limit);
        EXPECT_EQ(got, fits);
        EXPECT_FALSE(err) << limit;
        EXPECT_EQ(r.ReadLine(4).first, "next");
      });
      EachWay(fits + "z" + end, [&](io::AnyReader below) {
        io::BufReader r(below, 16);
        auto [got, err] = r.ReadLine(limit);
        EXPECT_EQ(err, io::TooLong);
        EXPECT_LE(got.size(), limit + 2);
        EXPECT_TRUE(got.starts_with(fits));
      });
    }
    EachWay(fits, [&](io::AnyReader below) {
      io::BufReader r(below, 16);
      auto [got, err] = r.ReadLine(limit);
      EXPECT_EQ(got, fits);
      EXPECT_EQ(err, limit == 0 ? Eof : Error());
    });
  }
  io::BufReader r(ByOne("any\n"));
  EXPECT_EQ(r.ReadLine(SIZE_MAX).first, "any");
}

// A peer that has sent too much, and now waits, hears of it.
TEST(BufReader, DoesNotWaitForMoreOfALineThatIsTooLong) {
  RunWith(2, [] {
    auto [pr, pw] = io::Pipe();
    Go([w = pw] { w.Write("123456"); });
    io::BufReader r(pr);
    EXPECT_EQ(r.ReadLine(5).second, io::TooLong);
    Go([w = pw] { w.Write("12345"); });
    EXPECT_EQ(r.ReadUntil(';', 5).second, io::TooLong);
  });
}

TEST(BufReader, ReadUntilStopsAtTheEnd) {
  EachWay("a;bb;ccc", [](io::AnyReader below) {
    io::BufReader r(below, 16);
    EXPECT_EQ(r.ReadUntil(';', 3).first, "a;");
    auto [got, err] = r.ReadUntil(';', 3);
    EXPECT_EQ(got, "bb;");
    EXPECT_FALSE(err);
    std::tie(got, err) = r.ReadUntil(';', 4);
    EXPECT_EQ(got, "ccc");
    EXPECT_EQ(err, Eof);
  });
  const std::string text(100, 'q');
  EachWay(text + ";rest", [&](io::AnyReader below) {
    io::BufReader r(below, 16);
    auto [got, err] = r.ReadUntil(';', 100);
    EXPECT_EQ(got, text);
    EXPECT_EQ(err, io::TooLong);
    EXPECT_EQ(r.ReadUntil(';', 1).first, ";");
    EXPECT_EQ(io::ReadAll(r, 10).first, "rest");
  });
}

TEST(BufReader, PeekDoesNotConsume) {
  EachWay("abcdefghijklmnopqrstuvwxyz", [](io::AnyReader below) {
    io::BufReader r(below, 16);
    EXPECT_EQ(r.Peek(3).first, "abc");
    EXPECT_EQ(r.Peek(16).first, "abcdefghijklmnop");
    EXPECT_EQ(r.Buffered(), 16U);
    auto [got, err] = r.Peek(17);
    EXPECT_EQ(got.size(), 16U);
    EXPECT_EQ(err, io::BufferFull);
    EXPECT_EQ(r.Discard(20).first, 20U);
    std::tie(got, err) = r.Peek(16);
    EXPECT_EQ(got, "uvwxyz");
    EXPECT_EQ(err, Eof);
    EXPECT_EQ(r.ReadByte().first, std::byte{'u'});
    std::array<char, 100> rest;
    EXPECT_EQ(io::ReadFull(r, Room(rest)).first, 5U);
    EXPECT_EQ(r.ReadByte().second, Eof);
    auto [n, discard_err] = r.Discard(1);
    EXPECT_EQ(n, 0U);
    EXPECT_EQ(discard_err, Eof);
  });
}

TEST(BufReader, AnErrorComesAfterTheBytesBeforeIt) {
  const Error broken = errors::New("broken");
  io::BufReader r(DataWithError("ab\ncd", broken));
  EXPECT_EQ(r.ReadLine(10).first, "ab");
  auto [got, err] = r.ReadLine(10);
  EXPECT_EQ(got, "cd");
  EXPECT_EQ(err, broken);
  std::array<char, 8> buf;
  io::BufReader s(DataWithError("ab", broken));
  EXPECT_EQ(s.Read(Room(buf)).first, 2U);
  EXPECT_EQ(s.Read(Room(buf)).second, broken);
}

TEST(BufReader, ReadsOfAllSizesSeeTheSame) {
  std::string text;
  for (int i = 0; i < 1000; i++) text += static_cast<char>('a' + i % 26);
  for (std::size_t size : {1, 2, 3, 15, 16, 17, 100, 5000}) {
    EachWay(text, [&](io::AnyReader below) {
      io::BufReader r(below, 16);
      std::string all;
      std::vector<char> buf(size);
      for (;;) {
        auto [n, err] = r.Read(Room(buf));
        all.append(buf.data(), n);
        if (err) {
          EXPECT_EQ(err, Eof);
          break;
        }
      }
      EXPECT_EQ(all, text);
    });
  }
}

TEST(BufWriter, GathersAndFlushes) {
  std::string out;
  io::BufWriter w(io::StringWriter(&out), 8);
  EXPECT_EQ(w.Write("abc").first, 3U);
  EXPECT_EQ(w.Available(), 5U);
  EXPECT_EQ(w.Buffered(), 3U);
  EXPECT_EQ(out, "");
  EXPECT_EQ(w.Write("defghijk").first, 8U);
  EXPECT_EQ(out, "abcdefgh");
  EXPECT_EQ(w.Write("0123456789").first, 10U);
  EXPECT_FALSE(w.WriteByte(std::byte{'!'}));
  EXPECT_FALSE(w.Flush());
  EXPECT_EQ(out, "abcdefghijk0123456789!");
  EXPECT_FALSE(w.Flush());
  w.Write(std::string(100, 'x'));  // straight through
  EXPECT_EQ(w.Buffered(), 0U);
  EXPECT_EQ(out.size(), 122U);
}

TEST(BufWriter, AnErrorStays) {
  const Error full = errors::New("full");
  Full below{5, full};
  io::BufWriter w(&below, 4);
  EXPECT_FALSE(w.Write("abc").second);
  EXPECT_FALSE(w.Write("de").second);
  auto [n, err] = w.Write("fghi");
  EXPECT_EQ(err, full);
  EXPECT_EQ(w.Flush(), full);
  EXPECT_EQ(w.Write("x").second, full);
  EXPECT_EQ(w.Write("x").first, 0U);
  EXPECT_EQ(below.taken, "abcde");
  Full quiet{2, nullptr};
  io::BufWriter s(&quiet, 4);
  s.Write("abc");
  EXPECT_EQ(s.Flush(), io::ShortWrite);
  EXPECT_EQ(s.Buffered(), 1U);
}

class IoPipeTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, IoPipeTest, kProcs, ProcsName);

TEST_P(IoPipeTest, AWriteWaitsUntilAllIsRead) {
  Run([] {
    auto [r, w] = io::Pipe();
    auto done = MakeChan<Result>(1);
    Go([w = w, done] { done.Send(w.Write("hello, world")); });
    std::array<char, 5> buf{};
    EXPECT_EQ(r.Read(Room(buf)).first, 5U);
    EXPECT_EQ(std::string(buf.data(), 5), "hello");
    time::Sleep(1ms);
    std::optional<Result> result;
    EXPECT_FALSE(done.TryRecv(result));
    EXPECT_EQ(io::ReadFull(r, Room(buf)).first, 5U);
    EXPECT_EQ(r.Read(Room(buf)).first, 2U);
    result = done.Recv();
    EXPECT_EQ(result->first, 12U);
    EXPECT_FALSE(result->second);
    Go([w = w] { w.Write(""); });
    EXPECT_EQ(r.Read(Room(buf)).first, 0U);  // once, also of nothing
  });
}

TEST_P(IoPipeTest, ClosingTellsTheOtherEnd) {
  Run([] {
    const Error broken = errors::New("broken");
    std::array<char, 5> buf;
    {
      auto [r, w] = io::Pipe();
      Go([w = w] { w.Close(); });
      EXPECT_EQ(r.Read(Room(buf)).second, Eof);
      EXPECT_EQ(r.Read(Room(buf)).second, Eof);
      EXPECT_EQ(w.Write("x").second, io::ClosedPipe);
    }
    {
      auto [r, w] = io::Pipe();
      w.CloseWithError(broken);
      w.CloseWithError(Eof);  // the first counts
      EXPECT_EQ(r.Read(Room(buf)).second, broken);
    }
    {
      auto [r, w] = io::Pipe();
      Go([r = r] { r.Close(); });
      EXPECT_EQ(w.Write("x").second, io::ClosedPipe);
      EXPECT_EQ(w.Write("").second, io::ClosedPipe);
      EXPECT_EQ(r.Read(Room(buf)).second, io::ClosedPipe);
    }
    {
      auto [r, w] = io::Pipe();
      r.CloseWithError(broken);
      EXPECT_EQ(w.Write("x").second, broken);
    }
    {
      // The bytes that were read before the reader left are told.
      auto [r, w] = io::Pipe();
      Go([r = r] {
        std::array<char, 2> two;
        r.Read(Room(two));
        r.Close();
      });
      auto [n, err] = w.Write("abc");
      EXPECT_EQ(n, 2U);
      EXPECT_EQ(err, io::ClosedPipe);
    }
    EXPECT_EQ(PanicOf([] { io::PipeReader().Read({}); }),
              "invalid memory address or nil pointer dereference");
  });
}

TEST_P(IoPipeTest, TheLastCopyOfAnEndClosesIt) {
  Run([] {
    auto [r, w] = io::Pipe();
    Go([w = std::move(w)] {
      const io::PipeWriter copy = w;  // NOLINT: that is the test
      copy.Write("all of it");
    });
    EXPECT_EQ(io::ReadAll(r, 100).first, "all of it");
  });
}

TEST_P(IoPipeTest, WritersDoNotMixWithinAWrite) {
  Run([] {
    auto [r, w] = io::Pipe();
    sync::WaitGroup writers;
    for (int i = 0; i < 8; i++) {
      writers.Go([w = w, i] {
        const std::string text(50, static_cast<char>('a' + i));
        for (int n = 0; n < 20; n++) EXPECT_EQ(w.Write(text).first, 50U);
      });
    }
    Go([&, w = w] {
      writers.Wait();
      w.Close();
    });
    std::array<char, 7> buf;
    std::string all;
    for (;;) {
      auto [n, err] = r.Read(Room(buf));
      all.append(buf.data(), n);
      if (err) break;
    }
    ASSERT_EQ(all.size(), 8000U);
    for (std::size_t i = 0; i < all.size(); i += 50) {
      EXPECT_EQ(all.substr(i, 50), std::string(50, all[i]));
    }
  });
}

TEST(IoPipe, WorksBetweenThreads) {
  const TimeLimit limit(60s);
  auto [r, w] = io::Pipe();
  std::thread writer([w = w] {
    for (int i = 0; i < 1000; i++) w.Write("ab");
    w.Close();
  });
  EXPECT_EQ(io::ReadAll(r, 5000).first.size(), 2000U);
  writer.join();
}

// FdStream is a descriptor as os::File and net::Conn have it.
class FdStream {
 public:
  explicit FdStream(int fd, bool socket = true)
      : fd_(std::make_shared<poll::FD>(
            fd, socket ? poll::FD::Kind::kSocket : poll::FD::Kind::kFile)) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    fd_->Init();
  }

  Result Read(std::span<std::byte> to) const {
    reads++;
    const poll::Result result = fd_->Read(to);
    if (result.err == 0 && result.n == 0) return {0, Eof};
    return {result.n, ErrorOf(this, "read", result.err)};
  }
  Result Write(std::span<const std::byte> from) const {
    const poll::Result result = fd_->Write(from);
    return {result.n, ErrorOf(this, "write", result.err)};
  }
  void Close() const { fd_->Close(); }
  poll::FD* fd() const { return fd_.get(); }

  inline static std::atomic<int> reads = 0;  // by the plain loop

 private:
  friend struct internal::IoAccess;
  static Error ErrorOf(const void*, const char* op, int err) {
    return errors::Wrap(poll::ResultError(err, io::ClosedPipe), op);
  }
  internal::IoStream Stream() const {
    return {fd_.get(), nullptr, this, ErrorOf, nullptr};
  }

  std::shared_ptr<poll::FD> fd_;
};

enum class Kind { kPipe, kUnix, kTcp };

// Pair returns the reading and the writing end.
std::pair<int, int> Pair(Kind kind) {
  int fds[2] = {-1, -1};
  if (kind == Kind::kPipe) {
    EXPECT_EQ(::pipe(fds), 0);
  } else if (kind == Kind::kUnix) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  } else {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in addr = {};
    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof addr;
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&addr), size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&addr), &size);
    fds[1] = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(fds[1], reinterpret_cast<sockaddr*>(&addr), size), 0);
    fds[0] = ::accept(listener, nullptr, nullptr);
    ::close(listener);
  }
  return {fds[0], fds[1]};
}

FdStream Open(int fd, Kind kind) { return FdStream(fd, kind != Kind::kPipe); }

std::string Pattern(std::size_t n) {
  std::string text(n, '\0');
  std::uint32_t x = 1;
  for (char& c : text) {
    x = x * 1664525 + 1013904223;
    c = static_cast<char>(x >> 24);
  }
  return text;
}

class IoCopyTest : public GoTest {};
INSTANTIATE_TEST_SUITE_P(Procs, IoCopyTest, kProcs, ProcsName);

// More than the buffers between hold, so that each direction has to wait.
TEST_P(IoCopyTest, BetweenSocketsAndPipesTheKernelMovesAll) {
  Run([] {
    const std::string text = Pattern(kSanitized ? 700'001 : 3'000'001);
    for (const Kind from : {Kind::kPipe, Kind::kUnix, Kind::kTcp}) {
      for (const Kind to : {Kind::kPipe, Kind::kUnix, Kind::kTcp}) {
        const auto [source_fd, in_fd] = Pair(from);
        const auto [out_fd, sink_fd] = Pair(to);
        const FdStream in = Open(in_fd, from);
        const FdStream source = Open(source_fd, from);
        const FdStream sink = Open(sink_fd, to);
        const FdStream out = Open(out_fd, to);
        sync::WaitGroup done;
        done.Go([&] {
          EXPECT_EQ(in.Write(Bytes(text)).first, text.size());
          in.Close();
        });
        done.Go([&] {
          // A slow reader: the sink's side is full again and again.
          std::string all;
          std::vector<char> buf(65536);
          for (;;) {
            auto [n, err] = out.Read(Room(buf));
            all.append(buf.data(), n);
            if (err) break;
            runtime::Gosched();
          }
          EXPECT_TRUE(all == text);
        });
        auto [n, err] = io::Copy(sink, io::AnyReader(source));
        EXPECT_EQ(n, static_cast<std::int64_t>(text.size()));
        EXPECT_FALSE(err) << err.message();
        sink.Close();
        done.Wait();
      }
    }
  });
}

TEST_P(IoCopyTest, NoByteTooMuchIsTakenFromTheSource) {
  Run([] {
    for (const Kind from : {Kind::kPipe, Kind::kUnix, Kind::kTcp}) {
      const auto [source_fd, in_fd] = Pair(from);
      const auto [out_fd, sink_fd] = Pair(Kind::kUnix);
      const FdStream in = Open(in_fd, from);
      const FdStream source = Open(source_fd, from);
      const FdStream sink(sink_fd);
      const FdStream out(out_fd);
      in.Write(Bytes("0123456789"));
      auto [n, err] = io::CopyN(sink, source, 4);
      EXPECT_EQ(n, 4);
      EXPECT_FALSE(err);
      io::LimitedReader limited(source, 3);
      std::tie(n, err) = io::Copy(sink, limited);
      EXPECT_EQ(n, 3);
      EXPECT_EQ(limited.Remaining(), 0);
      std::array<char, 3> rest;
      EXPECT_EQ(io::ReadFull(source, Room(rest)).first, 3U);
      EXPECT_EQ(std::string(rest.data(), 3), "789");
      in.Close();
      std::tie(n, err) = io::CopyN(sink, source, 4);
      EXPECT_EQ(n, 0);
      EXPECT_EQ(err, Eof);
      sink.Close();
      EXPECT_EQ(io::ReadAll(out, 100).first, "0123456");
    }
  });
}

TEST_P(IoCopyTest, AFileIsSentFromWhereItStands) {
  Run([] {
    char name[] = "/tmp/gosling-io-XXXXXX";
    const int file_fd = ::mkstemp(name);
    ASSERT_GE(file_fd, 0);
    ::unlink(name);
    const std::string text = Pattern(1'000'003);
    ASSERT_EQ(::write(file_fd, text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
    const FdStream file(file_fd, false);
    for (const Kind to : {Kind::kPipe, Kind::kUnix, Kind::kTcp}) {
      ::lseek(file_fd, 3, SEEK_SET);
      const auto [out_fd, sink_fd] = Pair(to);
      const FdStream sink = Open(sink_fd, to);
      const FdStream out = Open(out_fd, to);
      sync::WaitGroup done;
      done.Go([&] {
        auto [all, err] = io::ReadAll(out, text.size());
        EXPECT_TRUE(all == text.substr(3, 500'000) + text.substr(500'003));
      });
      EXPECT_EQ(io::CopyN(sink, file, 500'000).first, 500'000);
      EXPECT_EQ(::lseek(file_fd, 0, SEEK_CUR), 500'003);
      auto [n, err] = io::Copy(sink, file);
      EXPECT_EQ(n, 500'000);
      EXPECT_FALSE(err) << err.message();
      sink.Close();
      done.Wait();
    }
  });
}

#ifdef __linux__
// A file of /proc says that it has no size, and cannot be sent as a whole.
TEST_P(IoCopyTest, WhatTheKernelCannotMoveIsReadAndWritten) {
  Run([] {
    const FdStream file(::open("/proc/self/status", O_RDONLY), false);
    const auto [out_fd, sink_fd] = Pair(Kind::kUnix);
    const FdStream sink(sink_fd);
    const FdStream out(out_fd);
    auto [n, err] = io::Copy(sink, file);
    EXPECT_FALSE(err) << err.message();
    EXPECT_GT(n, 100);
    sink.Close();
    EXPECT_EQ(io::ReadAll(out, 100'000).first.size(),
              static_cast<std::size_t>(n));
  });
}

TEST_P(IoCopyTest, TheKernelDoesMoveThem) {
  Run([] {
    const auto [source_fd, in_fd] = Pair(Kind::kTcp);
    const auto [out_fd, sink_fd] = Pair(Kind::kTcp);
    const FdStream in(in_fd);
    const FdStream source(source_fd);
    const FdStream sink(sink_fd);
    const FdStream out(out_fd);
    in.Write(Bytes("abc"));
    in.Close();
    const int before = FdStream::reads;
    EXPECT_EQ(io::Copy(sink, source).first, 3);
    EXPECT_EQ(FdStream::reads, before);
  });
}

// Datagrams are no stream: splice would lose where one ends.
TEST_P(IoCopyTest, DatagramsAreNotSpliced) {
  Run([] {
    int in[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, in), 0);
    const FdStream source(in[0]);
    const FdStream writer(in[1]);
    const auto [out_fd, sink_fd] = Pair(Kind::kUnix);
    const FdStream sink(sink_fd);
    const FdStream out(out_fd);
    writer.Write(Bytes("abc"));
    writer.Close();
    const int before = FdStream::reads;
    EXPECT_EQ(io::Copy(sink, source).first, 3);
    EXPECT_GT(FdStream::reads, before);
  });
}
#endif

TEST_P(IoCopyTest, ErrorsOfEitherSideAreToldAsReadAndWriteTellThem) {
  IgnoreNoSignals();
  Run([] {
    for (const Kind kind : {Kind::kPipe, Kind::kUnix}) {
      const auto [source_fd, in_fd] = Pair(Kind::kUnix);
      const auto [out_fd, sink_fd] = Pair(kind);
      const FdStream in(in_fd);
      const FdStream source(source_fd);
      const FdStream sink = Open(sink_fd, kind);
      ::close(out_fd);
      in.Write(Bytes("abc"));
      auto [n, err] = io::Copy(sink, source);
      EXPECT_EQ(n, 0);
      EXPECT_EQ(err.message(), "write: broken pipe");
      EXPECT_EQ(err.code(), std::errc::broken_pipe);
      // A deadline while it waits for the source.
      source.fd()->SetDeadline(1, sched::kPollRead);
      std::tie(n, err) = io::Copy(sink, source);
      EXPECT_EQ(n, 0);
      EXPECT_EQ(err.message(), "read: i/o timeout");
      EXPECT_TRUE(err.Timeout());
    }
  });
}

TEST_P(IoCopyTest, ClosingEitherSideEndsACopyThatWaits) {
  Run([] {
    for (const bool close_source : {true, false}) {
      const auto [source_fd, in_fd] = Pair(Kind::kUnix);
      const auto [out_fd, sink_fd] = Pair(Kind::kUnix);
      const FdStream in(in_fd);
      const FdStream source(source_fd);
      const FdStream sink(sink_fd);
      const FdStream out(out_fd);
      if (!close_source) {
        // It will wait for room: the sink is full.
        const std::string text(65536, 'x');
        while (::write(sink_fd, text.data(), text.size()) > 0) {
        }
        in.Write(Bytes("abc"));
      }
      sync::WaitGroup done;
      done.Go([&] {
        auto [n, err] = io::Copy(sink, source);
        EXPECT_TRUE(errors::Is(err, io::ClosedPipe)) << err.message();
        EXPECT_TRUE(err.message().starts_with(close_source ? "read" : "write"));
      });
      time::Sleep(5ms);
      (close_source ? source : sink).Close();
      done.Wait();
    }
  });
}

}  // namespace
}  // namespace gosling
