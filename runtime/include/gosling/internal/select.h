// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Inside <gosling/select.h>: the cases, which hold channel, element and handler;
// the part of a case that the library sees, whatever its types are; and the way
// from one to the other.
//
// Not for programs: everything here may change without notice.

#ifndef GOSLING_INTERNAL_SELECT_H_
#define GOSLING_INTERNAL_SELECT_H_

#include <gosling/chan.h>
#include <gosling/internal/chan.h>
#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>

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

// SelectCase: see <gosling/select.h>.
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
  template <class G>
  RecvCase(ChanCore* core, ChanRef owned, G&& f)
      : SelectCase(CaseKind::kRecv, core, &RunThis),
        owned_(std::move(owned)),
        f_(std::forward<G>(f)) {
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

  void RunHandler(bool /*ok*/) { f_(); }

  F f_;
};

// NoCase stands for a case that is misused.
class NoCase final : public SelectCase {
 public:
  NoCase() : SelectCase(CaseKind::kSend, nullptr, nullptr) {}
  NoCase(NoCase&&) = default;

 private:
  friend struct SelectAccess;

  void RunHandler(bool /*ok*/) {}
  bool Try(bool* /*ok*/) { return false; }
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
struct ElementOfHandle {
  using type = Anything;
};
template <class Handle>
requires(Receivable<Handle> ||
         Sendable<Handle>) struct ElementOfHandle<Handle> {
  using type = typename Handle::value_type;
};
template <class Handle>
using ElementOf = typename ElementOfHandle<std::remove_cvref_t<Handle>>::type;

template <class F, class T>
concept RecvHandler =
    std::is_invocable_v<F&, std::optional<T>> || std::is_invocable_v<F&>;

// RecvVariable is a reference to what OnRecv may receive into: a T is assigned
// T() if the channel is closed.
template <class V, class T>
concept RecvVariable = (std::is_same_v<V, T&> && std::is_move_assignable_v<T> &&
                        std::is_default_constructible_v<T>) ||
                       std::is_same_v<V, std::optional<T>&>;

// CheckCases says whether a select may have these arguments, or why not.
template <class... Cases>
inline constexpr int kDefaults = (0 + ... +
                                  int{kIsDefault<std::remove_cvref_t<Cases>>});
template <class... Cases>
constexpr bool CheckCases() {
  constexpr bool kAreCases = (AnyCase<Cases> && ...);
  static_assert(kDefaults<Cases...> <= 1,
                "A Select has one OnDefault at most.");
  static_assert(kAreCases,
                "Select takes what OnRecv(ch, handler), OnSend(ch, value, "
                "handler) and OnDefault(handler) return, none of it const; or "
                "a list of pointers to such, SelectCase*.");
  return kAreCases;
}

// IsList says whether a Select of these arguments is that of a list.
template <class... Cases>
inline constexpr bool kIsList = false;
template <class List>
inline constexpr bool kIsList<List> =
    std::is_convertible_v<List, std::span<SelectCase* const>>;

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

// RecvInto is OnRecv with a variable.
template <class T, class V, class F>
struct Assign {
  V* v;
  bool* ok;  // or null
  F f;

  void operator()(std::optional<T> received) {
    if (ok != nullptr) *ok = received.has_value();
    if constexpr (std::is_same_v<V, T>) {
      *v = received ? *std::move(received) : T();
    } else {
      v->reset();
      if (received) v->emplace(*std::move(received));
    }
    f();
  }
};

template <class Handle, class V, class F>
auto RecvInto(Handle&& ch, V& v, bool* ok, F&& f) {
  using T = ElementOf<Handle>;
  using Function = std::decay_t<F>;
  constexpr bool kIsChan = Receivable<Handle>;
  constexpr bool kTakes = !kIsChan || RecvVariable<V&, T>;
  constexpr bool kFits = std::is_invocable_v<Function&>;
  static_assert(kIsChan,
                "OnRecv takes a Chan or a RecvChan, then the variable, and "
                "then the handler.");
  static_assert(kTakes,
                "OnRecv receives into a variable of the channel's element "
                "type, if that can be assigned and has a default constructor, "
                "or into a std::optional of it.");
  static_assert(kFits,
                "The handler of OnRecv takes no argument here: what is "
                "received is in the variable.");
  if constexpr (kIsChan && kTakes && kFits) {
    ChanCore* core = ChanAccess::Core(ch);
    return RecvCase<T, Assign<T, V, Function>>(
        core, OwnedRef(std::forward<Handle>(ch)),
        Assign<T, V, Function>{std::addressof(v), ok, std::forward<F>(f)});
  } else {
    return NoCase();
  }
}

struct Selected {
  int index;
  bool ok;  // false: a receive from a closed channel
};

// SelectGo does one of the cases, or waits until it can, and says which. It
// runs no handler. Null pointers stand for cases that never go on. Parks.
GOSLING_API Selected SelectGo(SelectCase* const* cases, std::size_t n);

// SelectGoInOrder is SelectGo for SelectInOrder. SelectGoFor is so for SelectFor,
// index -1 says that the time is up; there is room for one more in the list.
GOSLING_API Selected SelectGoInOrder(SelectCase* const* cases, std::size_t n);
GOSLING_API Selected SelectGoFor(std::int64_t ns, SelectCase** cases,
                                 std::size_t n);

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
}  // namespace gosling

#endif  // GOSLING_INTERNAL_SELECT_H_
