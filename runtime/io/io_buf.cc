// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// io::BufReader and io::BufWriter.
//
// Go: bufio/bufio.go.

#include <gosling/io.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/io/reads.h"

namespace gosling::io {

using internal::IoResult;
using internal::ReadChecked;

BufReader::BufReader(AnyReader r, std::size_t size)
    : reader_(std::move(r)), buf_(std::max<std::size_t>(size, 16)) {}

// Fill makes one successful read, or sets err_. There must be room.
void BufReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buf_.data(), buf_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  internal::EmptyReads empty;
  for (;;) {
    auto [n, err] = ReadChecked(reader_, std::span(buf_).subspan(end_));
    end_ += n;
    err_ = std::move(err);
    if (err_ || n > 0) return;
    if (empty.TooMany(n)) {
      err_ = NoProgress;
      return;
    }
  }
}

IoResult BufReader::Read(std::span<std::byte> to) {
  if (to.empty()) return {0, Buffered() > 0 ? Error() : TakeError()};
  if (Buffered() == 0) {
    if (err_) return {0, TakeError()};
    if (to.size() >= buf_.size()) return ReadChecked(reader_, to);
    begin_ = end_ = 0;
    auto [n, err] = ReadChecked(reader_, std::span(buf_));
    end_ = n;
    err_ = std::move(err);
    if (n == 0) return {0, TakeError()};
  }
  const std::size_t n = std::min(to.size(), Buffered());
  std::memcpy(to.data(), buf_.data() + begin_, n);
  begin_ += n;
  return {n, nullptr};
}

std::pair<std::byte, Error> BufReader::ReadByte() {
  while (Buffered() == 0) {
    if (err_) return {std::byte{}, TakeError()};
    Fill();
  }
  return {buf_[begin_++], nullptr};
}

std::pair<std::string_view, Error> BufReader::Peek(std::size_t n) {
  while (Buffered() < n && Buffered() < buf_.size() && !err_) Fill();
  if (Buffered() >= n) return {Held().substr(0, n), nullptr};
  if (n > buf_.size() && !err_) return {Held(), BufferFull};
  const Error err = TakeError();
  return {Held(), err ? err : BufferFull};
}

std::pair<std::string, Error> BufReader::ReadUntil(char end,
                                                   std::size_t limit) {
  std::string all;
  for (;;) {
    const std::string_view held = Held().substr(0, limit - all.size());
    const std::size_t found = held.find(end);
    const bool ends = found != std::string_view::npos;
    const std::size_t n = ends ? found + 1 : held.size();
    all += held.substr(0, n);
    begin_ += n;
    if (ends) return {std::move(all), nullptr};
    if (all.size() == limit) return {std::move(all), TooLong};
    if (err_) return {std::move(all), TakeError()};
    Fill();
  }
}

std::pair<std::string, Error> BufReader::ReadLine(std::size_t limit) {
  limit = std::min(limit, std::numeric_limits<std::size_t>::max() - 2);
  std::string all;
  for (;;) {
    // With its end the line may have two bytes more.
    const std::string_view held = Held().substr(0, limit + 2 - all.size());
    const std::size_t found = held.find('\n');
    const bool ends = found != std::string_view::npos;
    const std::size_t n = ends ? found + 1 : held.size();
    all += held.substr(0, n);
    begin_ += n;
    if (ends) {
      all.pop_back();
      if (all.ends_with('\r')) all.pop_back();
    }
    if (all.size() > limit + (ends || !all.ends_with('\r') ? 0 : 1)) {
      return {std::move(all), TooLong};
    }
    if (ends) return {std::move(all), nullptr};
    if (err_) {
      Error err = TakeError();
      if (all.size() > limit) return {std::move(all), TooLong};
      if (err == Eof && !all.empty()) err = nullptr;
      return {std::move(all), std::move(err)};
    }
    Fill();
  }
}

IoResult BufReader::Discard(std::size_t n) {
  std::size_t left = n;
  for (;;) {
    const std::size_t skip = std::min(left, Buffered());
    begin_ += skip;
    left -= skip;
    if (left == 0) return {n, nullptr};
    if (err_) return {n - left, TakeError()};
    Fill();
  }
}

BufWriter::BufWriter(AnyWriter w, std::size_t size)
    : writer_(std::move(w)), buf_(std::max<std::size_t>(size, 1)) {}

IoResult BufWriter::Write(std::span<const std::byte> from) {
  std::size_t done = 0;
  while (from.size() - done > Available() && !err_) {
    std::size_t n;
    if (used_ == 0) {
      // Much at once needs no buffer.
      auto [m, err] = writer_.Write(from.subspan(done));
      n = std::min(m, from.size() - done);
      err_ = std::move(err);
      if (!err_ && n < from.size() - done) err_ = ShortWrite;
    } else {
      n = Available();
      std::memcpy(buf_.data() + used_, from.data() + done, n);
      used_ += n;
      Flush();
    }
    done += n;
  }
  if (err_) return {done, err_};
  const std::size_t n = from.size() - done;
  if (n > 0) std::memcpy(buf_.data() + used_, from.data() + done, n);
  used_ += n;
  return {from.size(), nullptr};
}

Error BufWriter::Flush() {
  if (err_) return err_;
  if (used_ == 0) return nullptr;
  auto [m, err] = writer_.Write(std::span(buf_).first(used_));
  const std::size_t n = std::min(m, used_);
  if (!err && n < used_) err = ShortWrite;
  if (err && n > 0) {
    std::memmove(buf_.data(), buf_.data() + n, used_ - n);
  }
  used_ = err ? used_ - n : 0;
  err_ = std::move(err);
  return err_;
}

}  // namespace gosling::io
