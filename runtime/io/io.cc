// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// <gosling/io.h>, but for Pipe and what has a buffer: the errors, copying, and
// readers and writers made of others.
//
// Go: io/io.go, io/multi.go.

#include <gosling/io.h>
#include <gosling/panic.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "runtime/errors.h"
#include "runtime/io/reads.h"
#include "runtime/poll/copy.h"

namespace gosling {

namespace {

using internal::ErrorAccess;
using internal::Immortal;
using internal::KnownError;

constinit Immortal<KnownError> eof_node("EOF", false);
constinit Immortal<KnownError> unexpected_eof_node("unexpected EOF", false);
constinit Immortal<KnownError> short_write_node("short write", false);
constinit Immortal<KnownError> short_buffer_node("short buffer", false);
constinit Immortal<KnownError> closed_pipe_node("io: read/write on closed pipe",
                                                false);
constinit Immortal<KnownError> no_progress_node(
    "multiple Read calls return no data or error", false);
constinit Immortal<KnownError> too_long_node("bufio.Scanner: token too long",
                                             false);
constinit Immortal<KnownError> buffer_full_node("bufio: buffer full", false);
constinit ErrorAccess::Known eof(&eof_node.value);
constinit ErrorAccess::Known unexpected_eof(&unexpected_eof_node.value);
constinit ErrorAccess::Known short_write(&short_write_node.value);
constinit ErrorAccess::Known short_buffer(&short_buffer_node.value);
constinit ErrorAccess::Known closed_pipe(&closed_pipe_node.value);
constinit ErrorAccess::Known no_progress(&no_progress_node.value);
constinit ErrorAccess::Known too_long(&too_long_node.value);
constinit ErrorAccess::Known buffer_full(&buffer_full_node.value);

constexpr std::size_t kCopyBuffer = 32 << 10;
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

}  // namespace

constinit const Error& io::Eof = eof.error;
constinit const Error& io::UnexpectedEof = unexpected_eof.error;
constinit const Error& io::ShortWrite = short_write.error;
constinit const Error& io::ShortBuffer = short_buffer.error;
constinit const Error& io::ClosedPipe = closed_pipe.error;
constinit const Error& io::NoProgress = no_progress.error;
constinit const Error& io::TooLong = too_long.error;
constinit const Error& io::BufferFull = buffer_full.error;

namespace internal {
namespace {

// CopyInKernel copies up to `limit` bytes as long as the system does it by
// itself. True: that was all, the result is complete.
bool CopyInKernel(const WriterRef& w, const ReaderRef& r, std::int64_t limit,
                  std::pair<std::int64_t, Error>* result) {
  const IoStream to = w.Stream();
  const IoStream from = r.Stream();
  if (to.fd == nullptr || from.fd == nullptr) return false;
  if (from.left != nullptr) limit = std::min(limit, *from.left);
  if (limit <= 0) return false;
  const poll::Copied copied = poll::CopyStream(to.fd, from.fd, limit);
  if (from.left != nullptr) *from.left -= copied.taken;
  result->first = copied.written;
  if (copied.read_err != 0) {
    result->second = from.error(from.at, "read", copied.read_err);
  } else if (copied.write_err != 0) {
    result->second = to.error(to.at, "write", copied.write_err);
  }
  return copied.complete;
}

std::pair<std::int64_t, Error> CopyUpTo(const WriterRef& w, const ReaderRef& r,
                                        std::int64_t limit) {
  std::pair<std::int64_t, Error> result;
  auto& [written, err] = result;
  if (CopyInKernel(w, r, limit, &result)) return result;
  const std::size_t size = static_cast<std::size_t>(
      std::clamp<std::int64_t>(limit - written, 1, kCopyBuffer));
  const auto buf = std::make_unique_for_overwrite<std::byte[]>(size);
  EmptyReads empty;
  while (written < limit) {
    const std::size_t most = static_cast<std::size_t>(std::min<std::int64_t>(
        limit - written, static_cast<std::int64_t>(size)));
    auto [n, read_err] = ReadChecked(r, {buf.get(), most});
    if (n > 0) {
      auto [m, write_err] = w.Write({buf.get(), n});
      if (m > n) throw Panic("io: invalid write result");
      written += static_cast<std::int64_t>(m);
      if (!write_err && m != n) write_err = io::ShortWrite;
      if (write_err) {
        err = std::move(write_err);
        break;
      }
    }
    if (read_err) {
      if (!(read_err == io::Eof)) err = std::move(read_err);
      break;
    }
    if (empty.TooMany(n)) {
      err = io::NoProgress;
      break;
    }
  }
  return result;
}

}  // namespace

std::pair<std::int64_t, Error> CopyAll(const WriterRef& w, const ReaderRef& r) {
  return CopyUpTo(w, r, kNoLimit);
}

std::pair<std::int64_t, Error> CopyOnly(const WriterRef& w, const ReaderRef& r,
                                        std::int64_t n) {
  auto result = CopyUpTo(w, r, n);
  if (result.first < n && !result.second) result.second = io::Eof;
  return result;
}

IoResult ReadSome(const ReaderRef& r, std::span<std::byte> to,
                  std::size_t least) {
  if (to.size() < least) return {0, io::ShortBuffer};
  std::size_t n = 0;
  EmptyReads empty;
  while (n < least) {
    auto [more, err] = ReadChecked(r, to.subspan(n));
    n += more;
    if (n >= least) break;
    if (err) {
      if (n > 0 && err == io::Eof) err = io::UnexpectedEof;
      return {n, std::move(err)};
    }
    if (empty.TooMany(more)) return {n, io::NoProgress};
  }
  return {n, nullptr};
}

std::pair<std::string, Error> ReadWhole(const ReaderRef& r, std::size_t limit) {
  constexpr std::size_t kFirst = 512;
  std::string all;
  std::size_t n = 0;
  EmptyReads empty;
  Error err;
  while (!err) {
    // One byte above the limit is asked for, to know whether there is one.
    if (n == all.size()) {
      const std::size_t grown = std::max(kFirst, n + n / 2);
      all.resize(limit < grown ? limit + 1 : grown);
    }
    auto [more, read_err] =
        ReadChecked(r, std::as_writable_bytes(std::span(all).subspan(n)));
    n += more;
    err = std::move(read_err);
    if (n > limit) {
      n = limit;
      err = ErrorThatIs(
          "io: more than " + std::to_string(limit) + " bytes to read",
          io::TooLong);
    } else if (!err && empty.TooMany(more)) {
      err = io::NoProgress;
    }
  }
  all.resize(n);
  if (err == io::Eof) err = nullptr;
  return {std::move(all), std::move(err)};
}

}  // namespace internal

namespace io {
namespace {

[[noreturn]] void Nil() {
  throw Panic("invalid memory address or nil pointer dereference");
}

}  // namespace

internal::IoResult AnyReader::Read(std::span<std::byte> to) const {
  if (node_ == nullptr) Nil();
  return node_->Read(to);
}

internal::IoResult AnyWriter::Write(std::span<const std::byte> from) const {
  if (node_ == nullptr) Nil();
  return node_->Write(from);
}

internal::IoResult LimitedReader::Read(std::span<std::byte> to) {
  if (left_ <= 0) return {0, Eof};
  if (static_cast<std::uint64_t>(left_) < to.size()) {
    to = to.first(static_cast<std::size_t>(left_));
  }
  auto result = reader_.Read(to);
  left_ -= static_cast<std::int64_t>(result.first);
  return result;
}

// Of what is limited twice, the kernel is not told.
internal::IoStream LimitedReader::Stream() {
  internal::IoStream stream = internal::IoAccess::StreamOf(reader_);
  if (stream.left != nullptr) return {};
  stream.left = &left_;
  stream.file = nullptr;
  return stream;
}

internal::IoResult TeeReader::Read(std::span<std::byte> to) {
  auto result = reader_.Read(to);
  if (result.first > 0) {
    auto [n, err] = writer_.Write(to.first(result.first));
    if (err) return {n, std::move(err)};
  }
  return result;
}

internal::IoResult MultiWriter::Write(std::span<const std::byte> from) {
  for (const AnyWriter& writer : writers_) {
    auto result = writer.Write(from);
    if (!result.second && result.first != from.size()) {
      result.second = ShortWrite;
    }
    if (result.second) return result;
  }
  return {from.size(), nullptr};
}

internal::IoResult StringReader::Read(std::span<std::byte> to) {
  if (at_ == text_.size()) return {0, to.empty() ? Error() : Eof};
  const std::size_t n = std::min(to.size(), text_.size() - at_);
  if (n > 0) std::memcpy(to.data(), text_.data() + at_, n);
  at_ += n;
  return {n, nullptr};
}

internal::IoResult StringWriter::Write(std::span<const std::byte> from) const {
  to_->append(reinterpret_cast<const char*>(from.data()), from.size());
  return {from.size(), nullptr};
}

}  // namespace io
}  // namespace gosling
