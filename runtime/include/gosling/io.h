// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Streams of bytes: what reads and what writes, and what can be made of those.
//
//     namespace go = gosling;
//
//     go::io::BufReader in(input);
//     for (;;) {
//       auto [line, err] = in.ReadLine(1000);  // longer ones are an error
//       if (err) {
//         if (err != go::io::Eof) Report(err);
//         break;
//       }
//       std::puts(line.c_str());
//     }
//
// A reader is any type with
//
//     std::pair<std::size_t, go::Error> Read(std::span<std::byte> to);
//
// which reads up to to.size() bytes and returns how many, and io::Eof once there
// are no more. It may return bytes together with an error: callers use the bytes
// first. It should not return 0 bytes without an error, unless none were asked
// for; a hundred such results in a row are the error NoProgress here. A writer
// is any type with
//
//     std::pair<std::size_t, go::Error> Write(std::span<const std::byte> from);
//
// which writes all of it, or returns an error. Arrays and vectors of any plain
// type become bytes with std::as_bytes(std::span(x)), std::as_writable_bytes.
// The types here, and those of os and net, write texts too: w.Write("hello").
//
// Functions take readers and writers by reference, of any type. Objects that
// keep one (BufReader, LimitedReader …) keep an AnyReader or AnyWriter, which is
// made of a copy. A copy of an os::File or a net::Conn is the same file or
// connection; for other types give std::ref(r), a pointer, or a shared_ptr.
//
// Functions and objects here park where the reader and the writer below park. One object is
// for one goroutine at a time, but for the ends of Pipe, which any number may
// use. A reader's or writer's exceptions pass through. Not for signal handlers.
//
// Go: packages io and bufio.

#ifndef GOSLING_IO_H_
#define GOSLING_IO_H_

#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/internal/io.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gosling::io {

// Eof, "EOF", is the end of a stream, and only that: a stream that ends in the
// middle of something gives UnexpectedEof. Go: io.EOF, io.ErrUnexpectedEOF.
GOSLING_API extern const Error& Eof;
GOSLING_API extern const Error& UnexpectedEof;
// A writer took less than it was given, and said nothing. Go: io.ErrShortWrite.
GOSLING_API extern const Error& ShortWrite;
// The space to read to is smaller than what is to be read at least. Go:
// io.ErrShortBuffer.
GOSLING_API extern const Error& ShortBuffer;
// Of a Pipe: this end was closed, or the other. Go: io.ErrClosedPipe.
GOSLING_API extern const Error& ClosedPipe;
// A reader returned nothing a hundred times. Go: io.ErrNoProgress.
GOSLING_API extern const Error& NoProgress;
// More than a limit came: "bufio.Scanner: token too long" of a line; ReadAll
// says it in other words, but errors::Is(err, io::TooLong). Go: bufio.ErrTooLong.
GOSLING_API extern const Error& TooLong;
// Peek was asked for more than the buffer holds. Go: bufio.ErrBufferFull.
GOSLING_API extern const Error& BufferFull;

template <class T>
concept Reader = internal::HasRead<T>;

template <class T>
concept Writer = internal::HasWrite<T>;

template <class T>
concept Closer = requires(T& c) {
  { c.Close() } -> std::convertible_to<Error>;
};

// AnyReader is a handle on a reader of any type: copies share it. It is made of
// a copy, or of what a pointer, a std::shared_ptr or std::ref refers to. Nil if
// made by default; reading from it then throws Panic("invalid memory address or
// nil pointer dereference"). Go: a variable of type io.Reader.
class AnyReader {
 public:
  AnyReader() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as `r = nil` in Go
  AnyReader(std::nullptr_t) noexcept {}
  template <class R>
  requires(!std::same_as<std::remove_cvref_t<R>, AnyReader> &&
           std::constructible_from<std::decay_t<R>, R> &&
           internal::HasRead<internal::PointeeOf<std::decay_t<R>>>)
      // NOLINTNEXTLINE(google-explicit-constructor,bugprone-*): as in Go
      AnyReader(R&& r)
      : node_(std::make_shared<internal::ReaderNode<std::decay_t<R>>>(
            std::forward<R>(r))) {}

  GOSLING_API internal::IoResult Read(std::span<std::byte> to) const;

  explicit operator bool() const noexcept { return node_ != nullptr; }

 private:
  friend struct internal::IoAccess;
  internal::IoStream Stream() const {
    return node_ != nullptr ? node_->Stream() : internal::IoStream();
  }

  std::shared_ptr<internal::AnyReaderNode> node_;
};

// AnyWriter is the same for writers. Go: io.Writer.
class AnyWriter {
 public:
  AnyWriter() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as `w = nil` in Go
  AnyWriter(std::nullptr_t) noexcept {}
  template <class W>
  requires(!std::same_as<std::remove_cvref_t<W>, AnyWriter> &&
           std::constructible_from<std::decay_t<W>, W> &&
           internal::HasWrite<internal::PointeeOf<std::decay_t<W>>>)
      // NOLINTNEXTLINE(google-explicit-constructor,bugprone-*): as in Go
      AnyWriter(W&& w)
      : node_(std::make_shared<internal::WriterNode<std::decay_t<W>>>(
            std::forward<W>(w))) {}

  GOSLING_API internal::IoResult Write(std::span<const std::byte> from) const;
  internal::IoResult Write(std::string_view text) const {
    return Write(std::as_bytes(std::span(text)));
  }

  explicit operator bool() const noexcept { return node_ != nullptr; }
  // Equal if they share one handle's writer.
  friend bool operator==(const AnyWriter& a, const AnyWriter& b) noexcept {
    return a.node_ == b.node_;
  }

 private:
  friend struct internal::IoAccess;
  internal::IoStream Stream() const {
    return node_ != nullptr ? node_->Stream() : internal::IoStream();
  }

  std::shared_ptr<internal::AnyWriterNode> node_;
};

// Copy reads from r until its end or an error and writes all of it to w. It
// returns how many bytes were written, and the first error, which is not Eof.
// Between sockets, pipes and files the system moves the bytes without a copy, as
// far as it can. Throws std::bad_alloc. Go: io.Copy.
template <class W, class R>
std::pair<std::int64_t, Error> Copy(W&& w, R&& r) {
  if constexpr (internal::CheckWriter<W>() && internal::CheckReader<R>()) {
    return internal::CopyAll(internal::WriterRef(w), internal::ReaderRef(r));
  } else {
    return {};
  }
}

// CopyN copies n bytes. Eof: r had fewer. Go: io.CopyN.
template <class W, class R>
std::pair<std::int64_t, Error> CopyN(W&& w, R&& r, std::int64_t n) {
  if constexpr (internal::CheckWriter<W>() && internal::CheckReader<R>()) {
    return internal::CopyOnly(internal::WriterRef(w), internal::ReaderRef(r),
                              n);
  } else {
    return {};
  }
}

// ReadAtLeast reads until `to` has `least` bytes, and returns how many it has.
// Eof: not one came; UnexpectedEof: fewer came; ShortBuffer: there is no room.
// Nil if they came, whatever r said with the last of them. Go: io.ReadAtLeast.
template <class R>
internal::IoResult ReadAtLeast(R&& r, std::span<std::byte> to,
                               std::size_t least) {
  if constexpr (internal::CheckReader<R>()) {
    return internal::ReadSome(internal::ReaderRef(r), to, least);
  } else {
    return {};
  }
}

// ReadFull reads until `to` is full. Go: io.ReadFull.
template <class R>
internal::IoResult ReadFull(R&& r, std::span<std::byte> to) {
  return ReadAtLeast(r, to, to.size());
}

// ReadAll reads until r's end, which is no error. More than `limit` bytes are
// one, of which errors::Is(err, TooLong); the first `limit` are returned with
// it, as what came before any other error is. Throws std::bad_alloc. Go:
// io.ReadAll, which has no limit.
template <class R>
std::pair<std::string, Error> ReadAll(R&& r, std::size_t limit) {
  if constexpr (internal::CheckReader<R>()) {
    return internal::ReadWhole(internal::ReaderRef(r), limit);
  } else {
    return {};
  }
}

// WriteString writes a text to a writer of any type. Go: io.WriteString.
template <class W>
internal::IoResult WriteString(W&& w, std::string_view text) {
  if constexpr (internal::CheckWriter<W>()) {
    return w.Write(std::as_bytes(std::span(text)));
  } else {
    return {};
  }
}

// LimitedReader reads what `r` has, but at most n bytes: Eof comes then. Copies
// count by themselves. Go: io.LimitedReader.
class LimitedReader {
 public:
  LimitedReader(AnyReader r, std::int64_t n)
      : reader_(std::move(r)), left_(n) {}

  GOSLING_API internal::IoResult Read(std::span<std::byte> to);

  // Remaining returns how many bytes it may still read.
  std::int64_t Remaining() const { return left_ > 0 ? left_ : 0; }

 private:
  friend struct internal::IoAccess;
  GOSLING_API internal::IoStream Stream();

  AnyReader reader_;
  std::int64_t left_;
};

// LimitReader makes one. Go: io.LimitReader.
inline LimitedReader LimitReader(AnyReader r, std::int64_t n) {
  return {std::move(r), n};
}

// TeeReader writes to `w` whatever is read from `r` through it. Go:
// io.TeeReader.
class TeeReader {
 public:
  TeeReader(AnyReader r, AnyWriter w)
      : reader_(std::move(r)), writer_(std::move(w)) {}

  GOSLING_API internal::IoResult Read(std::span<std::byte> to);

 private:
  AnyReader reader_;
  AnyWriter writer_;
};

// MultiWriter writes to each of its writers in turn, until one fails:
// `MultiWriter({file, StringWriter(&copy)})`. Go: io.MultiWriter.
class MultiWriter {
 public:
  explicit MultiWriter(std::vector<AnyWriter> writers)
      : writers_(std::move(writers)) {}

  GOSLING_API internal::IoResult Write(std::span<const std::byte> from);
  internal::IoResult Write(std::string_view text) {
    return Write(std::as_bytes(std::span(text)));
  }

 private:
  std::vector<AnyWriter> writers_;
};

// StringReader reads a text, of which it has a copy. Go: strings.Reader.
class StringReader {
 public:
  explicit StringReader(std::string text) : text_(std::move(text)) {}

  GOSLING_API internal::IoResult Read(std::span<std::byte> to);

 private:
  std::string text_;
  std::size_t at_ = 0;
};

// StringWriter appends to a string, which has to outlive it. Throws
// std::bad_alloc. Go: bytes.Buffer.
class StringWriter {
 public:
  explicit StringWriter(std::string* to) : to_(to) {}

  GOSLING_API internal::IoResult Write(std::span<const std::byte> from) const;
  internal::IoResult Write(std::string_view text) const {
    return Write(std::as_bytes(std::span(text)));
  }

 private:
  std::string* to_;
};

// Discard takes everything and keeps nothing. Go: io.Discard.
struct DiscardWriter {
  internal::IoResult Write(std::span<const std::byte> from) const {
    return {from.size(), nullptr};
  }
  internal::IoResult Write(std::string_view text) const {
    return {text.size(), nullptr};
  }
};
// NOLINTNEXTLINE(readability-identifier-naming): Go's name
inline constexpr DiscardWriter Discard;

// PipeReader and PipeWriter are the ends of a Pipe: handles, copies share the
// end, and the last one closes it. Go: io.PipeReader, io.PipeWriter.
class PipeReader {
 public:
  PipeReader() noexcept = default;

  // Read parks until a writer comes or the writing end is closed, with Eof or
  // with the error that it was closed with.
  GOSLING_API internal::IoResult Read(std::span<std::byte> to) const;

  // Close has writers fail with ClosedPipe; CloseWithError with `err`. Only the
  // first time counts. They return nil and never park for long.
  Error Close() const { return CloseWithError(nullptr); }
  GOSLING_API Error CloseWithError(Error err) const;

  explicit operator bool() const noexcept { return end_ != nullptr; }

 private:
  friend struct PipeMaker;
  std::shared_ptr<internal::PipeEnd> end_;
};

class PipeWriter {
 public:
  PipeWriter() noexcept = default;

  // Write parks until readers have taken all of it, or the reading end is
  // closed: with ClosedPipe, or the error that it was closed with. No bytes are
  // kept in between.
  GOSLING_API internal::IoResult Write(std::span<const std::byte> from) const;
  internal::IoResult Write(std::string_view text) const {
    return Write(std::as_bytes(std::span(text)));
  }

  // Close has readers come to Eof; CloseWithError gives them `err`. Only the
  // first time counts. They return nil and never park for long.
  Error Close() const { return CloseWithError(nullptr); }
  GOSLING_API Error CloseWithError(Error err) const;

  explicit operator bool() const noexcept { return end_ != nullptr; }

 private:
  friend struct PipeMaker;
  std::shared_ptr<internal::PipeEnd> end_;
};

// Pipe makes a pipe in memory: a write waits until reads have taken what it
// has. `auto [r, w] = io::Pipe();` Throws std::bad_alloc. Go: io.Pipe.
[[nodiscard]] GOSLING_API std::pair<PipeReader, PipeWriter> Pipe();

// BufReader reads ahead into a buffer, for what is read in small pieces or by
// lines. Whatever else reads from the reader below misses what is in the buffer.
// It can be moved. Go: bufio.Reader.
class BufReader {
 public:
  // The buffer has `size` bytes, at least 16. Throws std::bad_alloc.
  GOSLING_API explicit BufReader(AnyReader r, std::size_t size = 4096);

  // Read returns what is in the buffer, or makes one read below. Go:
  // Reader.Read.
  GOSLING_API internal::IoResult Read(std::span<std::byte> to);

  // ReadByte returns the next byte. Go: Reader.ReadByte.
  GOSLING_API std::pair<std::byte, Error> ReadByte();

  // Peek returns the next n bytes, which remain to be read; they stay where they
  // are until the next call. Fewer come with the error that says why: Eof, or
  // BufferFull. Go: Reader.Peek.
  GOSLING_API std::pair<std::string_view, Error> Peek(std::size_t n);

  // ReadLine reads a line of up to `limit` bytes and returns it without its end,
  // which is "\n" or "\r\n". The last line need not have one; after it comes
  // Eof. A longer line is the error TooLong, and what was read of it, about
  // `limit` bytes, is returned; the rest is still to be read. Other errors come
  // with what was read. Throws std::bad_alloc. Go: Reader.ReadLine, and Scanner.
  GOSLING_API std::pair<std::string, Error> ReadLine(std::size_t limit);

  // ReadUntil reads up to the first `end`, which is the last byte of what it
  // returns. Any other ending comes with an error: TooLong after `limit` bytes
  // without it, Eof. Throws std::bad_alloc. Go: Reader.ReadString.
  GOSLING_API std::pair<std::string, Error> ReadUntil(char end,
                                                      std::size_t limit);

  // Discard skips n bytes and returns how many: fewer with an error. Go:
  // Reader.Discard.
  GOSLING_API internal::IoResult Discard(std::size_t n);

  // Buffered returns how many bytes can be read without a read below. Go:
  // Reader.Buffered.
  std::size_t Buffered() const { return end_ - begin_; }

 private:
  void Fill();
  Error TakeError() { return std::exchange(err_, nullptr); }
  std::string_view Held() const {
    return {reinterpret_cast<const char*>(buf_.data()) + begin_, Buffered()};
  }

  AnyReader reader_;
  std::vector<std::byte> buf_;
  std::size_t begin_ = 0;  // buf_[begin_, end_) is still to be read
  std::size_t end_ = 0;
  Error err_;  // the reader said it with those
};

// BufWriter gathers small writes in a buffer. Flush has to be called at the end:
// the destructor does not, as it could tell no error. After an error every call
// returns it. It can be moved. Go: bufio.Writer.
class BufWriter {
 public:
  // The buffer has `size` bytes, at least 1. Throws std::bad_alloc.
  GOSLING_API explicit BufWriter(AnyWriter w, std::size_t size = 4096);

  // Write takes all of it, or returns an error. Go: Writer.Write.
  GOSLING_API internal::IoResult Write(std::span<const std::byte> from);
  internal::IoResult Write(std::string_view text) {
    return Write(std::as_bytes(std::span(text)));
  }
  Error WriteByte(std::byte b) { return Write(std::span(&b, 1)).second; }

  // Flush writes out what is in the buffer. Go: Writer.Flush.
  GOSLING_API Error Flush();

  // Available returns how much the buffer has room for, Buffered how much is in
  // it. Go: Writer.Available, Writer.Buffered.
  std::size_t Available() const { return buf_.size() - used_; }
  std::size_t Buffered() const { return used_; }

 private:
  AnyWriter writer_;
  std::vector<std::byte> buf_;
  std::size_t used_ = 0;
  Error err_;
};

}  // namespace gosling::io

#endif  // GOSLING_IO_H_
