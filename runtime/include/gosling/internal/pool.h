// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/pool.h>: what a Pool holds, whatever the type of it is.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_POOL_H_
#define GOSLING_INTERNAL_POOL_H_

#include <gosling/internal/chan.h>
#include <gosling/internal/export.h>

#include <atomic>
#include <cstddef>

namespace gosling::internal {

class PoolShards;  // runtime/pool.cc

// PoolCore is empty at first; Put makes the shards.
class PoolCore {
 public:
  constexpr explicit PoolCore(const ElemOps* ops) noexcept : ops_(ops) {}
  PoolCore(const PoolCore&) = delete;
  PoolCore& operator=(const PoolCore&) = delete;
  GOSLING_API ~PoolCore();

  // Get moves an item into raw storage, if it has one.
  GOSLING_API bool Get(void* out) noexcept;
  // Put moves from `item`, or not, if memory is short.
  GOSLING_API void Put(void* item) noexcept;
  GOSLING_API void Clear() noexcept;
  // Size counts what it holds, at some moment. For tests.
  GOSLING_API std::size_t Size() const noexcept;

 private:
  const ElemOps* const ops_;
  std::atomic<PoolShards*> shards_{nullptr};
};

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_POOL_H_
