// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/group.h>: what the goroutines of a Group or Scope share, and
// the account that each of them has there.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_GROUP_H_
#define GOSLING_INTERNAL_GROUP_H_

#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace gosling::internal {

class GroupState;  // runtime/group.cc

// GroupEntry is the account of one goroutine; its destructor closes it, which
// frees its place under the limit. Empty: there was no place.
class GroupEntry {
 public:
  GroupEntry() = default;
  GroupEntry(std::shared_ptr<GroupState> state, bool has_place) noexcept
      : state_(std::move(state)), has_place_(has_place) {}
  GroupEntry(GroupEntry&& other) noexcept = default;
  GroupEntry& operator=(GroupEntry&&) = delete;
  ~GroupEntry() {
    if (state_ != nullptr) Close();
  }

  explicit operator bool() const { return state_ != nullptr; }

  // Run calls f(arg); the group gets to know its error or exception. Goexit
  // passes through.
  GOSLING_API void Run(Error (*f)(void*), void* arg) const;

 private:
  GOSLING_API void Close() noexcept;

  std::shared_ptr<GroupState> state_;
  bool has_place_ = false;
};

// OpenEntry parks until the limit leaves a place; TryOpenEntry returns an empty
// one if it leaves none.
GOSLING_API GroupEntry OpenEntry(const std::shared_ptr<GroupState>& state);
GOSLING_API GroupEntry TryOpenEntry(const std::shared_ptr<GroupState>& state);

// GroupTask is what such a goroutine runs.
template <class F>
struct GroupTask {
  GroupEntry entry;  // first, so that it is destroyed after f
  F f;

  void operator()() {
    entry.Run(
        [](void* arg) -> Error {
          F& function = *static_cast<F*>(arg);
          if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
            function();
            return nullptr;
          } else {
            return function();
          }
        },
        std::addressof(f));
  }
};

// CheckReturnsError is CheckStored for Group.
template <class F>
constexpr bool CheckReturnsError() {
  if constexpr (CheckStored<F>()) {
    constexpr bool kReturnsError =
        std::is_convertible_v<std::invoke_result_t<std::decay_t<F>&>, Error>;
    static_assert(kReturnsError,
                  "Group: the function returns an Error, as in [&]() -> "
                  "gosling::Error { f(); return nullptr; }");
    return kReturnsError;
  } else {
    return false;
  }
}

// CheckReturnsNothing is CheckStored for Scope.
template <class F>
constexpr bool CheckReturnsNothing() {
  if constexpr (CheckStored<F>()) {
    constexpr bool kReturnsNothing =
        std::is_void_v<std::invoke_result_t<std::decay_t<F>&>>;
    static_assert(kReturnsNothing,
                  "Scope: the function returns nothing, its failure is an "
                  "exception; functions that return an Error run in a Group");
    return kReturnsNothing;
  } else {
    return false;
  }
}

}  // namespace gosling::internal

#endif  // GOSLING_INTERNAL_GROUP_H_
