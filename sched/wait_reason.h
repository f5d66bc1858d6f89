// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// WaitReason: why a goroutine is parked, in the words that Go prints between
// the brackets of `goroutine 7 [chan receive]:`. Go: runtime/runtime2.go,
// waitReasonStrings.

#ifndef GOSLING_SCHED_WAIT_REASON_H_
#define GOSLING_SCHED_WAIT_REASON_H_

#include <cstdint>

namespace gosling::sched {

enum class WaitReason : std::uint8_t {
  kNone,
  kChanReceive,
  kChanReceiveNilChan,
  kChanSend,
  kChanSendNilChan,
  kSelect,
  kSelectNoCases,
  kSleep,
  kSemacquire,
  kSyncMutexLock,
  kSyncRWMutexRLock,
  kSyncRWMutexLock,
  kSyncWaitGroupWait,
  kSyncCondWait,
  kIOWait,
  kSynctestWait,
  kIOWaitDurable,  // for a bubble's own network
};

// A park costs no reading of the clock, and no further store, although dumps
// say how long it lasts: Park stores its WaitReason as a whole byte anyway.
// Once a minute sysmon looks at all goroutines; where this bit is not set in a
// parked one, it notes the time in G::wait_since and sets the bit. The next
// Park clears the bit. Go stamps goroutines when the collector scans them.
inline constexpr std::uint8_t kWaitSeen = 0x80;
inline constexpr std::int64_t kMinute = 60'000'000'000;

// WaitReasonString takes a WaitReason, with kWaitSeen or without.
constexpr const char* WaitReasonString(std::uint8_t r) {
  switch (static_cast<WaitReason>(r & ~kWaitSeen)) {
    case WaitReason::kNone:
      return "";
    case WaitReason::kChanReceive:
      return "chan receive";
    case WaitReason::kChanReceiveNilChan:
      return "chan receive (nil chan)";
    case WaitReason::kChanSend:
      return "chan send";
    case WaitReason::kChanSendNilChan:
      return "chan send (nil chan)";
    case WaitReason::kSelect:
      return "select";
    case WaitReason::kSelectNoCases:
      return "select (no cases)";
    case WaitReason::kSleep:
      return "sleep";
    case WaitReason::kSemacquire:
      return "semacquire";
    case WaitReason::kSyncMutexLock:
      return "sync.Mutex.Lock";
    case WaitReason::kSyncRWMutexRLock:
      return "sync.RWMutex.RLock";
    case WaitReason::kSyncRWMutexLock:
      return "sync.RWMutex.Lock";
    case WaitReason::kSyncWaitGroupWait:
      return "sync.WaitGroup.Wait";
    case WaitReason::kSyncCondWait:
      return "sync.Cond.Wait";
    case WaitReason::kIOWait:
      return "IO wait";
    case WaitReason::kSynctestWait:
      return "synctest.Wait";
    case WaitReason::kIOWaitDurable:
      return "IO wait (durable)";
  }
  return "unknown";
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_WAIT_REASON_H_
