// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Files: what is on disks, pipes, FIFOs, terminals, the standard streams.
//
//     namespace go = gosling;
//
//     auto [file, err] = go::os::Open("notes.txt");
//     if (err) {
//       Report(err);  // "open notes.txt: no such file or directory"
//     } else {
//       go::io::Copy(go::os::Stdout, file);
//     }
//
// A goroutine that reads from a pipe, a FIFO or a terminal parks; no thread
// waits for it. On disks a call blocks its thread, and others run meanwhile. So
// it does on what is in blocking mode: the standard streams, mostly.
//
// Errors say what was done to which file: "read x: file already closed". An
// error's code() is the system's; errors::Is(err, Closed), or errors::Is(err,
// std::errc::no_such_file_or_directory), tell them apart.
//
// Writing to a pipe without readers is the error EPIPE, and does not end the
// program by SIGPIPE, whatever its disposition; but on descriptors 1 and 2 it
// does so where the signal has its default, so that `program | head` ends. A
// handler for SIGPIPE (signal::Notify, or one of the program's own) is called in
// either case.
//
// All descriptors are closed on exec. From any thread or goroutine; not from
// signal handlers. Throw std::bad_alloc where that is not said otherwise.
//
// Go: package os.

#ifndef GOSLING_OS_H_
#define GOSLING_OS_H_

#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/internal/io.h>
#include <gosling/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gosling::internal {
class FileNode;   // runtime/os/file_node.h
struct OsAccess;  // for the library's own
enum class StandardFd : int {};
}  // namespace gosling::internal

namespace gosling::os {

// Closed, "file already closed", is what remains of a file after Close;
// DeadlineExceeded, "i/o timeout", what comes of a deadline; NoDeadline, "file
// type does not support deadline". Go: os.ErrClosed, os.ErrDeadlineExceeded,
// os.ErrNoDeadline.
GOSLING_API extern const Error& Closed;
GOSLING_API extern const Error& DeadlineExceeded;
GOSLING_API extern const Error& NoDeadline;

// From where Seek counts: io::SeekStart, SeekCurrent, SeekEnd.
enum class Whence { kStart, kCurrent, kEnd };

// File is a handle on an open file: copies share it, and the last one closes
// it. Nil if made by default: every call then says "invalid argument". Readers
// of one file wait for one another, and so do writers. Go: os.File.
class File {
 public:
  constexpr File() noexcept = default;
  // One of the standard streams, which are made when they are first used.
  constexpr explicit File(internal::StandardFd fd) noexcept
      : standard_(static_cast<int>(fd)) {}

  // Read reads up to to.size() bytes, and at least one; io::Eof at the end. May
  // park. Go: File.Read.
  GOSLING_API internal::IoResult Read(std::span<std::byte> to) const;

  // Write writes all of it, or returns an error and how much was written. May
  // park. Go: File.Write.
  GOSLING_API internal::IoResult Write(std::span<const std::byte> from) const;
  internal::IoResult Write(std::string_view text) const {
    return Write(std::as_bytes(std::span(text)));
  }

  // ReadAt and WriteAt do so at an offset, in files that have one, and leave
  // that of Read and Write alone. ReadAt reads all that is asked for; less comes
  // with an error, io::Eof at the end. Any number may run at once. Go:
  // File.ReadAt, File.WriteAt.
  GOSLING_API internal::IoResult ReadAt(std::span<std::byte> to,
                                        std::int64_t at) const;
  GOSLING_API internal::IoResult WriteAt(std::span<const std::byte> from,
                                         std::int64_t at) const;
  internal::IoResult WriteAt(std::string_view text, std::int64_t at) const {
    return WriteAt(std::as_bytes(std::span(text)), at);
  }

  // Seek sets where the next Read or Write begins, and returns that, from the
  // beginning. Go: File.Seek.
  GOSLING_API std::pair<std::int64_t, Error> Seek(std::int64_t offset,
                                                  Whence from) const;

  // Seek takes what lseek does, too: SEEK_SET and so on, and what the system has
  // besides (SEEK_HOLE). What there is not is an invalid argument.
  GOSLING_API std::pair<std::int64_t, Error> Seek(std::int64_t offset,
                                                  int whence) const;

  // Close closes the file for all copies. What waits in it ends with Closed;
  // Close returns when nothing does any more. A read or write that blocks its
  // thread (on a disk, in blocking mode) is not waited for: the last one closes
  // the descriptor. Go: File.Close.
  GOSLING_API Error Close() const;

  // Name returns the name that it was opened with. Go: File.Name.
  GOSLING_API std::string Name() const;

  // Fd returns the descriptor, which remains the file's; -1 if it is nil. As
  // other code may be about to use it, it is given back to blocking mode if it
  // was opened in here: from then on reads and writes hold a thread, and
  // deadlines have no effect. Go: File.Fd.
  GOSLING_API int Fd() const;

  // SetDeadline sets when reads and writes end with DeadlineExceeded, those
  // under way too; time::Time{}: never. What cannot park says NoDeadline. Go:
  // File.SetDeadline, SetReadDeadline, SetWriteDeadline.
  GOSLING_API Error SetDeadline(time::Time t) const;
  GOSLING_API Error SetReadDeadline(time::Time t) const;
  GOSLING_API Error SetWriteDeadline(time::Time t) const;

  // Sync has the system write to the disk what it keeps of the file. Truncate
  // sets its size, Size returns it. Go: File.Sync, File.Truncate, File.Stat.
  GOSLING_API Error Sync() const;
  GOSLING_API Error Truncate(std::int64_t size) const;
  GOSLING_API std::pair<std::int64_t, Error> Size() const;

  // False: nil.
  explicit operator bool() const noexcept {
    return node_ != nullptr || standard_ >= 0;
  }
  // Equal: handles on the same.
  friend bool operator==(const File& a, const File& b) noexcept {
    return a.node_ == b.node_ && a.standard_ == b.standard_;
  }

 private:
  friend struct internal::IoAccess;
  friend struct internal::OsAccess;

  internal::FileNode* Get() const;
  GOSLING_API internal::IoStream Stream() const;

  std::shared_ptr<internal::FileNode> node_;
  int standard_ = -1;
};

// Stdin, Stdout and Stderr are the descriptors 0, 1 and 2. They stay in the mode
// that they are in: other processes share it. Go: os.Stdin and so on.
GOSLING_API extern const File& Stdin;
GOSLING_API extern const File& Stdout;
GOSLING_API extern const File& Stderr;

// Open opens a file for reading. Create makes it, or empties it, for reading and
// writing. OpenFile takes the flags of open(2), such as O_RDWR | O_CREAT, and
// the permissions of a new file, before the umask. To open a FIFO may take until
// the other end is open, and blocks a thread meanwhile. Go: os.Open, os.Create,
// os.OpenFile.
[[nodiscard]] GOSLING_API std::pair<File, Error> Open(const std::string& name);
[[nodiscard]] GOSLING_API std::pair<File, Error> Create(
    const std::string& name);
[[nodiscard]] GOSLING_API std::pair<File, Error> OpenFile(
    const std::string& name, int flags, unsigned permissions);

// NewFile makes a File of a descriptor, which is the File's from then on. It can
// park if the descriptor is in non-blocking mode, and of a kind that can be
// waited for. Nil if fd is negative. Go: os.NewFile.
[[nodiscard]] GOSLING_API File NewFile(int fd, std::string_view name);

// Pipe makes a pipe: `auto [r, w, err] = os::Pipe();`, and what is written to w
// can be read from r. Go: os.Pipe.
struct PipeEnds {
  File r;
  File w;
  Error err;
};
[[nodiscard]] GOSLING_API PipeEnds Pipe();

}  // namespace gosling::os

namespace gosling::io {

// From where os::File::Seek counts: the beginning, where it is, the end. Go:
// io.SeekStart, io.SeekCurrent, io.SeekEnd.
// NOLINTBEGIN(readability-identifier-naming): as in Go
inline constexpr os::Whence SeekStart = os::Whence::kStart;
inline constexpr os::Whence SeekCurrent = os::Whence::kCurrent;
inline constexpr os::Whence SeekEnd = os::Whence::kEnd;
// NOLINTEND(readability-identifier-naming)

}  // namespace gosling::io

#endif  // GOSLING_OS_H_
