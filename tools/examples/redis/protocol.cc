// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// The parser, which keeps its place between calls, and the writers of replies.

#include "tools/examples/redis/protocol.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "tools/examples/redis/number.h"

namespace examples::redis {

namespace {

constexpr std::size_t kUsualSize = 16 << 10;  // of the buffer

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char Unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// TakeQuoted reads a word in quotes, of which *at is the first, to *to; both
// move on. False: it has no end, or something stands right behind it.
bool TakeQuoted(char** at, const char* end, char** to) {
  const char quote = *(*at)++;
  char*& from = *at;
  while (from != end && *from != quote) {
    const bool escaped = *from == '\\' && end - from > 1;
    if (escaped && quote == '"') {
      if (end - from > 3 && from[1] == 'x' && HexDigit(from[2]) >= 0 &&
          HexDigit(from[3]) >= 0) {
        *(*to)++ =
            static_cast<char>(HexDigit(from[2]) << 4 | HexDigit(from[3]));
        from += 4;
      } else {
        *(*to)++ = Unescaped(from[1]);
        from += 2;
      }
    } else {
      if (escaped && from[1] == '\'') from++;
      *(*to)++ = *from++;
    }
  }
  if (from == end) return false;
  from++;
  return from == end || IsSpace(*from);
}

}  // namespace

std::span<char> CommandReader::Room() {
  if (begin_ == end_) {
    begin_ = at_ = end_ = 0;
    // A long command does not cost memory for ever.
    if (size_ > kUsualSize) {
      buf_.reset();
      size_ = 0;
    }
    if (places_.capacity() > 1024) {
      places_ = {};
      words_ = {};
    }
  }
  if (end_ < size_ && (begin_ == 0 || size_ - end_ >= kUsualSize / 4)) {
    return {buf_.get() + end_, size_ - end_};
  }
  const std::size_t held = end_ - begin_;
  if (held > size_ / 2 || size_ == 0) {
    size_ = std::max(kUsualSize, 2 * held);
    std::unique_ptr<char[]> bigger(new char[size_]);  // not filled with zeros
    if (held != 0) std::memcpy(bigger.get(), buf_.get() + begin_, held);
    buf_ = std::move(bigger);
  } else {
    std::memmove(buf_.get(), buf_.get() + begin_, held);
  }
  at_ -= begin_;
  end_ -= begin_;
  begin_ = 0;
  return {buf_.get() + end_, size_ - end_};
}

CommandReader::Result CommandReader::Next(Command* command) {
  if (!error_.empty()) return Result::kError;
  for (;;) {
    begin_ = words_left_ == 0 ? at_ : begin_;
    if (words_left_ == 0 && at_ == end_) return Result::kMore;
    const bool is_array = words_left_ > 0 || buf_[at_] == '*';
    const Result result = is_array ? NextArray(command) : NextInline(command);
    if (result != Result::kCommand) return result;
    begin_ = at_;
    if (!command->empty()) return result;  // an empty one is passed over
  }
}

CommandReader::Result CommandReader::NextArray(Command* command) {
  std::optional<std::int64_t> number;
  if (words_left_ == 0) {
    if (!TakeNumber(&number, "too big mbulk count string")) {
      return error_.empty() ? Result::kMore : Result::kError;
    }
    if (!number || *number > kMostArguments) {
      return Fail("invalid multibulk length");
    }
    places_.clear();
    if (*number <= 0) {
      *command = {};
      return Result::kCommand;
    }
    words_left_ = *number;
  }
  for (; words_left_ > 0; words_left_--) {
    if (bulk_left_ < 0) {
      if (at_ == end_) return Result::kMore;
      if (buf_[at_] != '$') {
        return Fail(std::string("expected '$', got '") + buf_[at_] + "'");
      }
      if (!TakeNumber(&number, "too big bulk count string")) {
        return error_.empty() ? Result::kMore : Result::kError;
      }
      if (!number || *number < 0 || *number > kLongestBulk) {
        return Fail("invalid bulk length");
      }
      bulk_left_ = *number;
    }
    const std::size_t size = static_cast<std::size_t>(bulk_left_);
    if (at_ - begin_ + size > kLongestCommand) return Fail("too big a command");
    if (end_ - at_ < size + 2) return Result::kMore;
    places_.push_back({at_ - begin_, size});
    at_ += size + 2;  // the line's end is taken for granted, as Redis does
    bulk_left_ = -1;
  }
  words_.clear();
  for (const Place& place : places_) {
    words_.emplace_back(buf_.get() + begin_ + place.from, place.size);
  }
  *command = words_;
  return Result::kCommand;
}

bool CommandReader::TakeNumber(std::optional<std::int64_t>* number,
                               std::string_view too_long) {
  const char* line = buf_.get() + at_;
  const char* from = line + looked_;
  const char* end = buf_.get() + end_;
  const char* stop = static_cast<const char*>(
      std::memchr(from, '\r', static_cast<std::size_t>(end - from)));
  const std::size_t length =
      static_cast<std::size_t>((stop == nullptr ? end : stop) - line);
  if (length > kLongestInline) {
    Fail(std::string(too_long));
    return false;
  }
  if (stop == nullptr || stop + 1 == end) {  // '\n' is still to come
    looked_ = length;
    return false;
  }
  *number = ParseNumber({line + 1, stop});
  at_ += length + 2;
  looked_ = 0;
  return true;
}

CommandReader::Result CommandReader::NextInline(Command* command) {
  char* line = buf_.get() + at_;
  const char* end = buf_.get() + end_;
  char* stop = static_cast<char*>(std::memchr(
      line + looked_, '\n', static_cast<std::size_t>(end - line) - looked_));
  const std::size_t length =
      static_cast<std::size_t>((stop == nullptr ? end : stop) - line);
  if (length > kLongestInline) return Fail("too big inline request");
  if (stop == nullptr) {
    looked_ = length;
    return Result::kMore;
  }
  at_ += length + 1;
  looked_ = 0;
  if (stop != line && stop[-1] == '\r') stop--;
  if (!SplitWords(line, stop)) return Fail("unbalanced quotes in request");
  *command = words_;
  return Result::kCommand;
}

// SplitWords sets words_. It takes quotes off in place: a word does not get
// longer by that.
bool CommandReader::SplitWords(char* at, const char* end) {
  words_.clear();
  for (;;) {
    while (at != end && IsSpace(*at)) at++;
    if (at == end) return true;
    char* word = at;
    char* to = at;
    while (at != end && !IsSpace(*at)) {
      if (*at == '"' || *at == '\'') {
        if (!TakeQuoted(&at, end, &to)) return false;
      } else {
        *to++ = *at++;
      }
    }
    words_.emplace_back(word, static_cast<std::size_t>(to - word));
  }
}

CommandReader::Result CommandReader::Fail(std::string why) {
  error_ = std::move(why);
  return Result::kError;
}

// --- Replies ---

namespace {

// PutLine puts a character, a number and the end of the line.
void PutLine(std::string* to, char type, std::int64_t n) {
  char line[32];
  line[0] = type;
  char* end = std::to_chars(line + 1, line + sizeof line - 2, n).ptr;
  *end++ = '\r';
  *end++ = '\n';
  to->append(line, static_cast<std::size_t>(end - line));
}

}  // namespace

void PutSimple(std::string* to, std::string_view text) {
  *to += '+';
  *to += text;
  *to += "\r\n";
}

void PutError(std::string* to, std::string_view text) {
  *to += '-';
  *to += text;
  *to += "\r\n";
}

void PutInteger(std::string* to, std::int64_t n) { PutLine(to, ':', n); }

void PutBulk(std::string* to, std::string_view bytes) {
  PutLine(to, '$', static_cast<std::int64_t>(bytes.size()));
  *to += bytes;
  *to += "\r\n";
}

void PutNil(std::string* to) { *to += "$-1\r\n"; }

void PutArray(std::string* to, std::size_t n) {
  PutLine(to, '*', static_cast<std::int64_t>(n));
}

}  // namespace examples::redis
