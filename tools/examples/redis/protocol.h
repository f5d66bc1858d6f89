// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// RESP2, the protocol of Redis: commands taken out of a stream of bytes, and
// replies put into one.
//
// A command is an array of bulk strings, `*2\r\n$3\r\nGET\r\n$1\r\nx\r\n`, or
// else a line of words, which may stand in quotes (an inline command).
//
// Invariant: a byte that has come is looked at once, however few come at a time,
// and its memory is bounded by what has come, not by what was announced.

#ifndef TOOLS_EXAMPLES_REDIS_PROTOCOL_H_
#define TOOLS_EXAMPLES_REDIS_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace examples::redis {

// Limits; Redis has the same, but for the last: its client-query-buffer-limit.
inline constexpr std::int64_t kMostArguments = 1024 * 1024;
inline constexpr std::int64_t kLongestBulk = 512 << 20;
inline constexpr std::size_t kLongestInline = 64 << 10;
inline constexpr std::size_t kLongestCommand = std::size_t{1} << 30;

// CommandReader is fed with what arrives and gives out commands.
class CommandReader {
 public:
  using Command = std::span<const std::string_view>;

  // Room returns where to put what arrives next; not empty. Received says how
  // much of it was filled. Room moves what an earlier command refers to.
  std::span<char> Room();
  void Received(std::size_t n) { end_ += n; }

  enum class Result {
    kCommand,  // one is there, of at least one word
    kMore,     // more has to arrive first
    kError,    // error() says why, for good
  };
  // Next looks for the next command. It refers to the reader's memory, until the
  // next call of Room.
  Result Next(Command* command);

  std::string_view error() const { return error_; }

 private:
  Result NextArray(Command* command);
  Result NextInline(Command* command);
  Result Fail(std::string why);
  bool SplitWords(char* at, const char* end);

  // TakeNumber takes a line that is a character, already looked at, and a
  // number; nothing in *number: it is none.
  bool TakeNumber(std::optional<std::int64_t>* number,
                  std::string_view too_long);

  std::unique_ptr<char[]> buf_;
  std::size_t size_ = 0;
  // buf_[begin_, at_) is the part of the next command that was looked at,
  // buf_[at_, end_) was not; `looked_` bytes behind at_ hold no end of a line.
  std::size_t begin_ = 0;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::size_t looked_ = 0;
  std::int64_t words_left_ = 0;  // of an array that has begun
  std::int64_t bulk_left_ = -1;  // length of a bulk that has begun, or -1
  // Of the words so far; from begin_ on, so that buf_ may move.
  struct Place {
    std::size_t from;
    std::size_t size;
  };
  std::vector<Place> places_;
  std::vector<std::string_view> words_;
  std::string error_;
};

// The replies. Texts of Simple and Error have no end of a line in them.
void PutSimple(std::string* to, std::string_view text);
void PutError(std::string* to, std::string_view text);
void PutInteger(std::string* to, std::int64_t n);
void PutBulk(std::string* to, std::string_view bytes);
void PutNil(std::string* to);
// PutArray begins an array, of which n elements follow.
void PutArray(std::string* to, std::size_t n);

}  // namespace examples::redis

#endif  // TOOLS_EXAMPLES_REDIS_PROTOCOL_H_
