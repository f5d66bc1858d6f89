// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Sends and receives that give up: a Try, and then a select with a timer's
// channel, which is gone when they return, and its timer with it.
//
// Go: none; what programs there write is that select.

#include <gosling/internal/chan.h>
#include <gosling/internal/select.h>
#include <gosling/time.h>

#include <cstdint>

namespace gosling::internal {

namespace {

// RawCase is a case whose element is the caller's.
class RawCase final : public SelectCase {
 public:
  RawCase(CaseKind kind, ChanCore* core, void* elem)
      : SelectCase(kind, core, nullptr) {
    state_.elem = elem;
  }
};

// InTime does the operation unless `ns` nanoseconds are over before; index 0 if
// it has.
Selected InTime(RawCase op, std::int64_t ns) {
  const RecvChan<time::Time> late = time::After(time::Duration(ns));
  Slot<time::Time> at;
  RawCase timeout(CaseKind::kRecv, ChanAccess::Core(late), at.Address());
  SelectCase* const cases[] = {&op, &timeout};
  return SelectGo(cases, 2);
}

}  // namespace

bool ChanSendFor(ChanCore* core, void* value, std::int64_t ns) {
  if (ChanTrySend(core, value)) return true;
  return ns > 0 && InTime({CaseKind::kSend, core, value}, ns).index == 0;
}

TryResult ChanRecvFor(ChanCore* core, void* out, std::int64_t ns) {
  const TryResult result = ChanTryRecv(core, out);
  if (result != TryResult::kWouldBlock || ns <= 0) return result;
  const Selected chosen = InTime({CaseKind::kRecv, core, out}, ns);
  if (chosen.index != 0) return TryResult::kWouldBlock;
  return chosen.ok ? TryResult::kDone : TryResult::kClosed;
}

}  // namespace gosling::internal
