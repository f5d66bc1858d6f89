// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Select: waits for whichever of several channel operations can go on first,
// does that one and none of the others, and runs its handler.
//
//     #include <gosling/select.h>
//     #include <gosling/time.h>
//
//     namespace go = gosling;
//
//     // Adds what comes out of `in` until it is closed, or for a second.
//     int Sum(go::RecvChan<int> in) {
//       go::RecvChan<go::time::Time> late =
//           go::time::After(std::chrono::seconds(1));
//       int sum = 0;
//       for (bool more = true; more;) {
//         go::Select(
//             go::OnRecv(in,
//                        [&](std::optional<int> v) {
//                          more = v.has_value();
//                          sum += v.value_or(0);
//                        }),
//             go::OnRecv(late, [&] { more = false; }));
//       }
//       return sum;
//     }
//
// Guarantees
// * Of several cases that can go on one is chosen at random, each as likely as
//   the others. With OnDefault, Select does not wait: if no case can go on, the
//   default is run, and there was one moment at which none could.
// * Channels and values are function arguments: they are evaluated once, before
//   anything else happens. A value that was not sent is destroyed with its
//   case.
// * The handler runs after the select, on the caller's goroutine or thread,
//   with no lock held: it may do anything, throw and Select included. What it
//   returns is ignored.
// * The case of a channel handle that is nil never goes on. Without a case that
//   could ever go on and without a default, Select blocks for ever.
// * Choosing a case whose channel is closed: a receive gets std::nullopt, a
//   send throws Panic("send on closed channel").
// * Up to 16 cases no select allocates. Beyond, one that has to wait makes one
//   allocation, before anything else, and may throw std::bad_alloc.
// * Memory is ordered as by the send or receive that was done.
//
// Source: Go's select statement, runtime/select.go; reflect.Select for cases
// whose number is known at run time only.

#ifndef GOSLING_SELECT_H_
#define GOSLING_SELECT_H_

#include <gosling/chan.h>
#include <gosling/internal/chan_core.h>
#include <gosling/internal/export.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace gosling {

class SelectCase;

namespace internal {

struct SelectAccess;

// CaseKind's values for channel cases are the bits of the channel's readiness
// word that the case waits for (runtime/chan.h).
enum class CaseKind : std::uint8_t {
  kDefault = 0,
  kRecv = 1,
  kSend = 2,
  kSpent = 4,  // a send whose value is gone
};

// CaseState is what the library needs of a case. The part below `run` is its
// scratch space during a select, kept here so that waiting needs no memory.
struct CaseState {
  ChanCore* core;
  void* elem;  // recv: raw storage; send: the value
  void (*run)(SelectCase* self, bool ok);
  CaseKind kind;

  std::uint32_t index;
  std::uint64_t seen;
  alignas(void*) unsigned char waiter[8 * sizeof(void*)];
};

}  // namespace internal

// SelectCase is the base of what OnRecv, OnSend and OnDefault return: what a
// list of cases holds. A case is used by one Select at a time, may be moved but
// not copied, and may be used again, a send once Set has given it a new value.
class SelectCase {
 public:
  SelectCase& operator=(const SelectCase&) = delete;
  SelectCase& operator=(SelectCase&&) = delete;

 protected:
  using Run = void (*)(SelectCase* self, bool ok);

  // Leaves the scratch space as it is.
  SelectCase(internal::CaseKind kind, internal::ChanCore* core,
             Run run) noexcept {
    state_.core = core;
    state_.elem = nullptr;
    state_.run = run;
    state_.kind = kind;
  }
  // Without the scratch space; the derived case says where its element is.
  SelectCase(SelectCase&& other) noexcept
      : SelectCase(other.state_.kind, other.state_.core, other.state_.run) {}
  ~SelectCase() = default;

  internal::CaseState state_;

 private:
  friend struct internal::SelectAccess;
};

namespace internal {

struct NoHandler {
  void operator()() const noexcept {}
};

template <class T, class F>
class RecvCase final : public SelectCase {
 public:
  RecvCase(ChanCore* core, ChanRef owned, F f)
      : SelectCase(CaseKind::kRecv, core, &RunThis),
        owned_(std::move(owned)),
        f_(std::move(f)) {
    state_.elem = slot_.Address();
  }
  RecvCase(RecvCase&& other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : SelectCase(std::move(other)),
        owned_(std::move(other.owned_)),
        f_(std::move(other.f_)) {
    state_.elem = slot_.Address();
  }

 private:
  friend struct SelectAccess;

  static void RunThis(SelectCase* self, bool ok) {
    static_cast<RecvCase*>(self)->RunHandler(ok);
  }

  void RunHandler(bool ok) {
    if constexpr (std::is_invocable_v<F&, std::optional<T>>) {
      f_(ok ? slot_.Take() : std::nullopt);
    } else {
      static_assert(std::is_invocable_v<F&>,
                    "The handler of OnRecv takes a std::optional<T>, by value, "
                    "or nothing.");
      if (ok) slot_.Discard();
      f_();
    }
  }

  bool Try(bool* ok) {
    const TryResult result = ChanTryRecv(state_.core, state_.elem);
    *ok = result == TryResult::kDone;
    return result != TryResult::kWouldBlock;
  }

  Slot<T> slot_;
  ChanRef owned_;  // null if the channel was an lvalue
  F f_;
};

template <class T, class F>
class SendCase final : public SelectCase {
 public:
  SendCase(ChanCore* core, ChanRef owned, T&& value, F f)
      : SelectCase(CaseKind::kSend, core, &RunThis),
        value_(std::in_place, std::move(value)),
        owned_(std::move(owned)),
        f_(std::move(f)) {
    state_.elem = std::addressof(*value_);
  }
  SendCase(SendCase&& other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : SelectCase(std::move(other)),
        value_(std::move(other.value_)),
        owned_(std::move(other.owned_)),
        f_(std::move(other.f_)) {
    if (value_.has_value()) state_.elem = std::addressof(*value_);
  }

  // Set gives the case the value to send next.
  void Set(T value) {
    value_.emplace(std::move(value));
    state_.elem = std::addressof(*value_);
    state_.kind = CaseKind::kSend;
  }

 private:
  friend struct SelectAccess;

  static void RunThis(SelectCase* self, bool ok) {
    static_cast<SendCase*>(self)->RunHandler(ok);
  }

  void RunHandler(bool /*ok*/) {
    static_assert(std::is_invocable_v<F&>,
                  "The handler of OnSend takes no argument.");
    value_.reset();  // moved from
    state_.kind = CaseKind::kSpent;
    f_();
  }

  bool Try(bool* ok);

  std::optional<T> value_;
  ChanRef owned_;
  F f_;
};

template <class F>
class DefaultCase final : public SelectCase {
 public:
  explicit DefaultCase(F f)
      : SelectCase(CaseKind::kDefault, nullptr, &RunThis), f_(std::move(f)) {}
  DefaultCase(DefaultCase&& other) noexcept(
      std::is_nothrow_move_constructible_v<F>)
      : SelectCase(std::move(other)), f_(std::move(other.f_)) {}

 private:
  friend struct SelectAccess;

  static void RunThis(SelectCase* self, bool ok) {
    static_cast<DefaultCase*>(self)->RunHandler(ok);
  }

  void RunHandler(bool /*ok*/) {
    static_assert(std::is_invocable_v<F&>,
                  "The handler of OnDefault takes no argument.");
    f_();
  }

  F f_;
};

template <class Case>
inline constexpr bool kIsDefault = false;
template <class F>
inline constexpr bool kIsDefault<DefaultCase<F>> = true;

template <class Handle>
inline constexpr bool kCanRecv = false;
template <class T>
inline constexpr bool kCanRecv<Chan<T>> = true;
template <class T>
inline constexpr bool kCanRecv<RecvChan<T>> = true;

template <class Handle>
inline constexpr bool kCanSend = false;
template <class T>
inline constexpr bool kCanSend<Chan<T>> = true;
template <class T>
inline constexpr bool kCanSend<SendChan<T>> = true;

template <class Handle>
concept Receivable = kCanRecv<std::remove_cvref_t<Handle>>;
template <class Handle>
concept Sendable = kCanSend<std::remove_cvref_t<Handle>>;
template <class Case>
concept AnyCase = std::derived_from<std::remove_cvref_t<Case>, SelectCase> &&
    !std::is_const_v<std::remove_reference_t<Case>>;

template <class Handle>
using ElementOf = typename std::remove_cvref_t<Handle>::value_type;

// OwnedRef takes the reference out of a handle that is about to die; a handle
// that goes on keeps its own.
template <class Handle>
ChanRef OwnedRef(Handle&& handle) {
  if constexpr (std::is_lvalue_reference_v<Handle> ||
                std::is_const_v<std::remove_reference_t<Handle>>) {
    return ChanRef();
  } else {
    return ChanAccess::TakeRef(handle);
  }
}

struct Selected {
  int index;
  bool ok;  // false: a receive from a closed channel
};

// SelectGo does one of the cases, or waits until it can, and says which. It
// runs no handler. Null pointers stand for cases that never go on. Parks.
GOSLING_API Selected SelectGo(SelectCase* const* cases, std::size_t n);

// Poll is what a select that does not wait asks of a channel.
struct Poll {
  ChanCore* core;
  CaseKind kind;
};
inline constexpr std::size_t kMaxPolls = 8;

// NoneReady says that there was one moment at which none of the n cases could go
// on; n <= kMaxPolls. False: perhaps there was, and SelectGo is to find out.
GOSLING_API bool NoneReady(const Poll* polls, std::size_t n) noexcept;

[[noreturn]] GOSLING_API void SelectForever();
[[noreturn]] GOSLING_API void PanicSpentCase();

struct SelectAccess {
  static CaseState& State(SelectCase& c) { return c.state_; }

  static Poll PollOf(const SelectCase& c) {
    return {c.state_.core, c.state_.kind};
  }

  template <class Case>
  static void Run(Case& c, bool ok) {
    c.RunHandler(ok);
  }

  // RunOne runs the handler of the case at `index`.
  template <class... Cases>
  static void RunOne(Selected chosen, Cases&... cases) {
    int i = 0;
    (void)((i++ == chosen.index && (Run(cases, chosen.ok), true)) || ...);
  }

  // TryOr is a select of one case and a default: no more than a Try form.
  template <class Case, class Default>
  static bool TryOr(Case& c, Default& otherwise) {
    bool ok = false;
    const bool done = c.Try(&ok);
    if (done) {
      Run(c, ok);
    } else {
      Run(otherwise, true);
    }
    return done;
  }
};

template <class T, class F>
bool SendCase<T, F>::Try(bool* ok) {
  if (state_.kind == CaseKind::kSpent) PanicSpentCase();
  *ok = true;
  return ChanTrySend(state_.core, state_.elem);
}

}  // namespace internal

// OnRecv is the case that receives from `ch`, a Chan or RecvChan. The handler
// is called as f(std::optional<T>), std::nullopt if `ch` is closed, or as f().
// The case keeps a channel alive that is given as a temporary or moved in; a
// handle that is given by name must lead to its channel until Select returns.
// Go: case v, ok := <-ch:.
template <internal::Receivable Handle, class F = internal::NoHandler>
[[nodiscard]] auto OnRecv(Handle&& ch, F f = {}) {
  internal::ChanCore* core = internal::ChanAccess::Core(ch);
  return internal::RecvCase<internal::ElementOf<Handle>, F>(
      core, internal::OwnedRef(std::forward<Handle>(ch)), std::move(f));
}

// OnSend is the case that sends `value` to `ch`, a Chan or SendChan. The
// handler is called as f() once it is sent, and may be left out. The channel is
// kept alive as with OnRecv. A case that has sent its value cannot be used
// again until its Set(value) was called. Go: case ch <- value:.
template <internal::Sendable Handle, class F = internal::NoHandler>
[[nodiscard]] auto OnSend(Handle&& ch, internal::ElementOf<Handle> value,
                          F f = {}) {
  internal::ChanCore* core = internal::ChanAccess::Core(ch);
  return internal::SendCase<internal::ElementOf<Handle>, F>(
      core, internal::OwnedRef(std::forward<Handle>(ch)), std::move(value),
      std::move(f));
}

// OnDefault is the case that is run if none of the others can go on at once; at
// most one. The handler is called as f() and may be left out. Go: default:.
template <class F = internal::NoHandler>
[[nodiscard]] auto OnDefault(F f = {}) {
  return internal::DefaultCase<F>(std::move(f));
}

// Select does one of the cases, runs its handler and returns its position among
// the arguments, from 0. Parks until a case can go on, unless there is a
// default; a thread that is not a goroutine blocks. Throws what the handler
// throws, and Panic("send on closed channel"). Select() blocks for ever. Not
// from signal handlers. Go: select { … }.
template <internal::AnyCase... Cases>
int Select(Cases&&... cases) {
  constexpr int kDefaults =
      (0 + ... + int{internal::kIsDefault<std::remove_cvref_t<Cases>>});
  static_assert(kDefaults <= 1, "A Select has one OnDefault at most.");
  using Access = internal::SelectAccess;
  if constexpr (sizeof...(Cases) == 0) {
    internal::SelectForever();
  } else if constexpr (sizeof...(Cases) == 2 && kDefaults == 1) {
    return [](auto& first, auto& second) {
      if constexpr (internal::kIsDefault<
                        std::remove_cvref_t<decltype(first)>>) {
        return Access::TryOr(second, first) ? 1 : 0;
      } else {
        return Access::TryOr(first, second) ? 0 : 1;
      }
    }(cases...);
  } else {
    if constexpr (kDefaults == 1 && sizeof...(Cases) <= internal::kMaxPolls) {
      const internal::Poll polls[] = {Access::PollOf(cases)...};
      if (internal::NoneReady(polls, sizeof...(Cases))) {
        int otherwise = 0;
        (void)((internal::kIsDefault<std::remove_cvref_t<Cases>> ||
                (++otherwise, false)) ||
               ...);
        Access::RunOne({otherwise, true}, cases...);
        return otherwise;
      }
    }
    SelectCase* const list[] = {std::addressof(cases)...};
    const internal::Selected chosen =
        internal::SelectGo(list, sizeof...(Cases));
    Access::RunOne(chosen, cases...);
    return chosen.index;
  }
}

// Select for as many cases as are known at run time, 65,536 at most:
//
//     auto a = OnRecv(ch, f);
//     auto b = OnSend(out, 1);
//     SelectCase* cases[] = {&a, &b};
//     Select(cases);
//
// A null pointer stands for a case that never goes on. Throws Panic if there
// are more cases or more than one default. Go: reflect.Select.
GOSLING_API int Select(std::span<SelectCase* const> cases);

}  // namespace gosling

#endif  // GOSLING_SELECT_H_
