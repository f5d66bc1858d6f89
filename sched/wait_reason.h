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
};

constexpr const char* WaitReasonString(WaitReason r) {
  switch (r) {
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
  }
  return "unknown";
}

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_WAIT_REASON_H_
