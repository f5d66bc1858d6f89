// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/io.h>: readers and writers of any type as the library sees
// them.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_IO_H_
#define GOSLING_INTERNAL_IO_H_

#include <gosling/errors.h>
#include <gosling/internal/export.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace gosling {

namespace poll {
class FD;
}

namespace os {
class File;
}

namespace internal {

class PipeEnd;  // runtime/io/io_pipe.cc

using IoResult = std::pair<std::size_t, Error>;

// IoStream is the descriptor that a reader or writer is made of, if it is made
// of one and adds nothing to it: Copy has the kernel move the bytes then.
struct IoStream {
  poll::FD* fd = nullptr;
  // How much may still be read, and is to be counted down; null: all there is.
  std::int64_t* left = nullptr;
  // error says in the words of the type `at` what Read or Write would return if
  // the FD's operation `op` ended with err (runtime/poll/fd.h).
  const void* at = nullptr;
  Error (*error)(const void* at, const char* op, int err) = nullptr;
  // The file, of an os::File: children get it as it is.
  const os::File* file = nullptr;
};

// IoAccess asks a type for its IoStream. A type that is made of a poll::FD has
//
//   friend struct gosling::internal::IoAccess;
//   gosling::internal::IoStream Stream() const;  // private
//
// which sets `fd`, `at` and `error`. The FD has to be there for as long as the
// object that was asked. It may be of any kind: runtime/poll/copy.h looks
// whether the system can do it. A type that changes what it reads or writes (a
// buffer, TLS) has no Stream, nor does one that counts bytes.
struct IoAccess {
  template <class T>
  static IoStream StreamOf(T& t) {
    if constexpr (requires {
                    { t.Stream() } -> std::same_as<IoStream>;
                  }) {
      return t.Stream();
    } else {
      return {};
    }
  }
};

template <class T>
concept HasRead = requires(T& r, std::span<std::byte> to) {
  { r.Read(to) } -> std::convertible_to<IoResult>;
};

template <class T>
concept HasWrite = requires(T& w, std::span<const std::byte> from) {
  { w.Write(from) } -> std::convertible_to<IoResult>;
};

template <class R>
constexpr bool CheckReader() {
  constexpr bool kOk = HasRead<std::remove_reference_t<R>>;
  static_assert(kOk,
                "a reader has Read(std::span<std::byte>), which returns "
                "std::pair<std::size_t, gosling::Error>");
  return kOk;
}

template <class W>
constexpr bool CheckWriter() {
  constexpr bool kOk = HasWrite<std::remove_reference_t<W>>;
  static_assert(kOk,
                "a writer has Write(std::span<const std::byte>), which returns "
                "std::pair<std::size_t, gosling::Error>");
  return kOk;
}

// ReaderRef and WriterRef refer to the caller's object during a call.
class ReaderRef {
 public:
  template <class R>
  explicit ReaderRef(R& r)
      : at_(const_cast<void*>(static_cast<const void*>(std::addressof(r)))),
        read_([](void* at, std::span<std::byte> to) -> IoResult {
          return static_cast<R*>(at)->Read(to);
        }),
        stream_([](void* at) {
          return IoAccess::StreamOf(*static_cast<R*>(at));
        }) {}

  IoResult Read(std::span<std::byte> to) const { return read_(at_, to); }
  IoStream Stream() const { return stream_(at_); }

 private:
  void* at_;
  IoResult (*read_)(void* at, std::span<std::byte> to);
  IoStream (*stream_)(void* at);
};

class WriterRef {
 public:
  template <class W>
  explicit WriterRef(W& w)
      : at_(const_cast<void*>(static_cast<const void*>(std::addressof(w)))),
        write_([](void* at, std::span<const std::byte> from) -> IoResult {
          return static_cast<W*>(at)->Write(from);
        }),
        stream_([](void* at) {
          return IoAccess::StreamOf(*static_cast<W*>(at));
        }) {}

  IoResult Write(std::span<const std::byte> from) const {
    return write_(at_, from);
  }
  IoStream Stream() const { return stream_(at_); }

 private:
  void* at_;
  IoResult (*write_)(void* at, std::span<const std::byte> from);
  IoStream (*stream_)(void* at);
};

// Pointee finds the object behind what an AnyReader or AnyWriter keeps.
template <class T>
T& Pointee(T& t) {
  return t;
}
template <class T>
T& Pointee(T*& t) {
  return *t;
}
template <class T>
T& Pointee(std::shared_ptr<T>& t) {
  return *t;
}
template <class T>
T& Pointee(std::reference_wrapper<T>& t) {
  return t.get();
}
template <class T>
using PointeeOf =
    std::remove_reference_t<decltype(Pointee(std::declval<T&>()))>;

class AnyReaderNode {
 public:
  virtual ~AnyReaderNode() = default;
  virtual IoResult Read(std::span<std::byte> to) = 0;
  virtual IoStream Stream() = 0;
};

template <class T>
class ReaderNode final : public AnyReaderNode {
 public:
  template <class R>
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): made in one place
  explicit ReaderNode(R&& r) : reader_(std::forward<R>(r)) {}
  IoResult Read(std::span<std::byte> to) override {
    return Pointee(reader_).Read(to);
  }
  IoStream Stream() override { return IoAccess::StreamOf(Pointee(reader_)); }

 private:
  T reader_;
};

class AnyWriterNode {
 public:
  virtual ~AnyWriterNode() = default;
  virtual IoResult Write(std::span<const std::byte> from) = 0;
  virtual IoStream Stream() = 0;
};

template <class T>
class WriterNode final : public AnyWriterNode {
 public:
  template <class W>
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): made in one place
  explicit WriterNode(W&& w) : writer_(std::forward<W>(w)) {}
  IoResult Write(std::span<const std::byte> from) override {
    return Pointee(writer_).Write(from);
  }
  IoStream Stream() override { return IoAccess::StreamOf(Pointee(writer_)); }

 private:
  T writer_;
};

GOSLING_API std::pair<std::int64_t, Error> CopyAll(const WriterRef& w,
                                                   const ReaderRef& r);
GOSLING_API std::pair<std::int64_t, Error> CopyOnly(const WriterRef& w,
                                                    const ReaderRef& r,
                                                    std::int64_t n);
GOSLING_API IoResult ReadSome(const ReaderRef& r, std::span<std::byte> to,
                              std::size_t least);
GOSLING_API std::pair<std::string, Error> ReadWhole(const ReaderRef& r,
                                                    std::size_t limit);

}  // namespace internal
}  // namespace gosling

#endif  // GOSLING_INTERNAL_IO_H_
