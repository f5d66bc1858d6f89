// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// io::Pipe. A writer sends what it has as a span through a channel, and waits in
// a second one to hear how much of it the reader has taken, until nothing is
// left. So a reader may look at the writer's bytes only until it has answered,
// and it always answers: nothing that parks or throws stands between. One writer
// writes at a time, until it is done.
//
// Closing either end closes a third channel, which wakes everything that waits
// for a partner.
//
// Go: io/pipe.go.

#include <gosling/chan.h>
#include <gosling/io.h>
#include <gosling/panic.h>
#include <gosling/select.h>
#include <gosling/sync.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

namespace gosling {

namespace internal {
namespace {

struct Conduit {
  // MarkClosed keeps the first error of an end, and wakes all.
  void MarkClosed(Error* end, Error err) {
    std::lock_guard lock(mu);
    if (!*end) *end = std::move(err);
    if (!closed) {
      closed = true;
      done.Close();
    }
  }

  // ErrorFor returns what an end is told when the pipe is closed: of the other
  // end, or ClosedPipe if this one was closed.
  Error ErrorFor(const Error& own, const Error& other) {
    std::lock_guard lock(mu);
    return !own && other ? other : io::ClosedPipe;
  }
  Error ForReader() { return ErrorFor(read_err, write_err); }
  Error ForWriter() { return ErrorFor(write_err, read_err); }

  bool IsClosed() {
    std::lock_guard lock(mu);
    return closed;
  }

  sync::Mutex writing;
  Chan<std::span<const std::byte>> offers =
      MakeChan<std::span<const std::byte>>();
  Chan<std::size_t> taken = MakeChan<std::size_t>();
  Chan<Unit> done = MakeChan<Unit>();
  sync::Mutex mu;
  bool closed = false;  // under mu, as these
  Error read_err;       // set once the reading end is closed
  Error write_err;
};

}  // namespace

// PipeEnd is what the copies of a PipeReader or PipeWriter share.
class PipeEnd {
 public:
  PipeEnd(std::shared_ptr<Conduit> pipe, bool reads)
      : pipe_(std::move(pipe)), reads_(reads) {}
  PipeEnd(const PipeEnd&) = delete;
  PipeEnd& operator=(const PipeEnd&) = delete;
  ~PipeEnd() { Close(nullptr); }

  Conduit& pipe() const { return *pipe_; }

  void Close(Error err) const {
    if (!err) err = reads_ ? io::ClosedPipe : io::Eof;
    pipe_->MarkClosed(reads_ ? &pipe_->read_err : &pipe_->write_err,
                      std::move(err));
  }

 private:
  std::shared_ptr<Conduit> pipe_;
  bool reads_;
};

}  // namespace internal

namespace io {
namespace {

// PipeOf finds the pipe of an end, or throws Go's panic.
template <class End>
auto& PipeOf(const End& end) {
  if (end == nullptr) {
    throw Panic("invalid memory address or nil pointer dereference");
  }
  return end->pipe();
}

}  // namespace

internal::IoResult PipeReader::Read(std::span<std::byte> to) const {
  auto& pipe = PipeOf(end_);
  if (pipe.IsClosed()) return {0, pipe.ForReader()};
  std::optional<std::span<const std::byte>> offer;
  Select(
      OnRecv(pipe.offers,
             [&](std::optional<std::span<const std::byte>> o) { offer = o; }),
      OnRecv(pipe.done, [] {}));
  if (!offer) return {0, pipe.ForReader()};
  const std::size_t n = std::min(to.size(), offer->size());
  if (n > 0) std::memcpy(to.data(), offer->data(), n);
  pipe.taken.Send(n);
  return {n, nullptr};
}

Error PipeReader::CloseWithError(Error err) const {
  PipeOf(end_);
  end_->Close(std::move(err));
  return nullptr;
}

internal::IoResult PipeWriter::Write(std::span<const std::byte> from) const {
  auto& pipe = PipeOf(end_);
  if (pipe.IsClosed()) return {0, pipe.ForWriter()};
  std::lock_guard lock(pipe.writing);
  std::size_t n = 0;
  do {  // once also for nothing: the reader sees it
    bool sent = false;
    Select(OnSend(pipe.offers, from.subspan(n), [&] { sent = true; }),
           OnRecv(pipe.done, [] {}));
    if (!sent) return {n, pipe.ForWriter()};
    n += pipe.taken.Recv().value_or(0);
  } while (n < from.size());
  return {n, nullptr};
}

Error PipeWriter::CloseWithError(Error err) const {
  PipeOf(end_);
  end_->Close(std::move(err));
  return nullptr;
}

struct PipeMaker {
  static std::pair<PipeReader, PipeWriter> Make() {
    auto pipe = std::make_shared<internal::Conduit>();
    std::pair<PipeReader, PipeWriter> ends;
    ends.first.end_ = std::make_shared<internal::PipeEnd>(pipe, true);
    ends.second.end_ =
        std::make_shared<internal::PipeEnd>(std::move(pipe), false);
    return ends;
  }
};

std::pair<PipeReader, PipeWriter> Pipe() { return PipeMaker::Make(); }

}  // namespace io
}  // namespace gosling
