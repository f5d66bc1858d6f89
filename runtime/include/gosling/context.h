// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Contexts: a deadline, a cancellation and values of one piece of work, handed
// down to everything that is done for it.
//
//     namespace go = gosling;
//     using namespace std::chrono_literals;
//
//     auto [ctx, cancel] =
//         go::context::WithTimeout(go::context::Background(), 2s);
//     go::Go([ctx, results] { Search(ctx, results); });
//     go::Select(go::OnRecv(results, [](std::optional<int> r) { … }),
//                go::OnRecv(ctx.Done(), [&] { Report(ctx.Err()); }));
//     cancel();
//
// Contexts form a tree: what is made of one is its child. Cancelling one
// cancels all below it, before the call returns. Call every cancel function
// when the work is done, however it ended: until then, or until its parent is
// cancelled, the parent keeps account of the child, and the timer of a deadline
// runs.
//
// A Context is a handle, which may be nil: copies are cheap and refer to the
// same one. Any goroutine and any thread may do anything with it at any time,
// but not a signal handler. Nothing parks but for the moment in which somebody
// else changes the same tree. A nil Context throws
// Panic("invalid memory address or nil pointer dereference"), and to be made a
// child of, Panic("cannot create context from nil parent").
//
// Memory ordering: what precedes a cancellation happens before whatever learns
// of it, from Done, Err or a function of AfterFunc.
//
// Unlike in Go, Context is a class and no interface: there are no contexts of
// other people's making. Whether a key can be compared, the compiler checks.
//
// Go: package context.

#ifndef GOSLING_CONTEXT_H_
#define GOSLING_CONTEXT_H_

#include <gosling/chan.h>
#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/panic.h>
#include <gosling/time.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace gosling {

namespace context {
class Context;
}

namespace internal {

// ContextNode is what a Context refers to; counted (runtime/context.cc).
struct ContextNode;

GOSLING_API void RefContext(const ContextNode* node) noexcept;
GOSLING_API void UnrefContext(const ContextNode* node) noexcept;

// ContextAccess is for the library's own.
struct ContextAccess;

// ContextThing is a key or a value of any type: what it is, and where.
struct ContextThing {
  const std::type_info* type;
  std::shared_ptr<const void> at;
};

// ContextKey can be compared to another one of the same type.
struct ContextKey : ContextThing {
  bool (*equal)(const void* a, const void* b);
};

GOSLING_API context::Context WithThing(const context::Context& parent,
                                       ContextKey key, ContextThing value);

// ContextValue finds the innermost value with that key; null: there is none, or
// it is of another type.
GOSLING_API const void* ContextValue(const context::Context& ctx,
                                     const std::type_info& key_type,
                                     const void* key,
                                     const std::type_info& value_type);

// ContextFunction is what AfterFunc is given.
class ContextFunction {
 public:
  virtual ~ContextFunction() = default;
  virtual void Call() = 0;

  ContextFunction* next = nullptr;  // in a list of those that are due
};

GOSLING_API std::function<bool()> AfterCancel(
    const context::Context& ctx, std::unique_ptr<ContextFunction> function);

// NamedContext is like its parent, with a text for String.
GOSLING_API context::Context NamedContext(const context::Context& parent,
                                          std::string name);

// Strings are compared by what they say, as in Go, and not by where they are.
template <class K>
inline constexpr bool kIsText = std::convertible_to<K, std::string_view> &&
                                !std::is_null_pointer_v<std::decay_t<K>>;

template <class K>
using ContextKeyType =
    std::conditional_t<kIsText<K>, std::string, std::decay_t<K>>;

template <class K>
bool IsNilKey(const K& key) {
  if constexpr (std::is_null_pointer_v<K>) {
    return true;
  } else if constexpr (kIsText<K> && std::is_pointer_v<K>) {
    return key == nullptr;
  } else {
    return false;
  }
}

}  // namespace internal

namespace context {

// Canceled is what Err says of a context that was cancelled; DeadlineExceeded,
// of one whose time is up. Go: context.Canceled, context.DeadlineExceeded.
GOSLING_API extern const Error& Canceled;
GOSLING_API extern const Error& DeadlineExceeded;

// Context is a handle on a context, nil if made by default. Two are equal if
// they are the same. Go: context.Context.
class Context {
 public:
  Context() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as `ctx = nil` in Go
  Context(std::nullptr_t) noexcept {}
  Context(const Context& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) internal::RefContext(node_);
  }
  Context(Context&& other) noexcept
      : node_(std::exchange(other.node_, nullptr)) {}
  Context& operator=(Context other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Context() {
    if (node_ != nullptr) internal::UnrefContext(node_);
  }

  // Done returns a channel that is closed when the work is to be given up; no
  // channel, from which nothing ever comes, if that cannot happen. Throws
  // std::bad_alloc. Go: Context.Done.
  GOSLING_API RecvChan<Unit> Done() const;

  // Err returns nil as long as Done is not closed; then, for ever, Canceled or
  // DeadlineExceeded. Whatever is below has ended then, too. Go: Context.Err.
  GOSLING_API Error Err() const;

  // Deadline returns when the work will be given up, if that has been set. Go:
  // Context.Deadline.
  GOSLING_API std::optional<time::Time> Deadline() const;

  // Value returns the value that this context or its nearest ancestor has for
  // `key`; null if none does, or if that value is no T. It lives as long as a
  // context that has it. Throws what comparing and copying keys throws. Go:
  // Context.Value.
  template <class T, class K>
  const T* Value(const K& key) const {
    using Key = internal::ContextKeyType<const K&>;
    if constexpr (internal::kIsText<const K&>) {
      if (internal::IsNilKey(key)) return nullptr;
      const Key text{std::string_view(key)};
      return static_cast<const T*>(
          internal::ContextValue(*this, typeid(Key), &text, typeid(T)));
    } else {
      return static_cast<const T*>(internal::ContextValue(
          *this, typeid(Key), std::addressof(key), typeid(T)));
    }
  }

  // String says how the context was made: "context.Background.WithCancel".
  GOSLING_API std::string String() const;

  explicit operator bool() const noexcept { return node_ != nullptr; }
  friend bool operator==(const Context& a, const Context& b) noexcept {
    return a.node_ == b.node_;
  }

 private:
  friend struct internal::ContextAccess;

  const internal::ContextNode* node_ = nullptr;
};

// CancelFunc cancels: the first call does, every other has no effect. Any number
// of copies may be called by anybody. CancelCauseFunc takes what Cause is to say
// of it; nil: Canceled. Go: context.CancelFunc, CancelCauseFunc.
using CancelFunc = std::function<void()>;
using CancelCauseFunc = std::function<void(Error cause)>;

// Background is never cancelled, and has no deadline and no values: the root of
// all others. TODO is the same, where it is not clear yet what to pass. Go:
// context.Background, context.TODO.
[[nodiscard]] GOSLING_API Context Background();
[[nodiscard]] GOSLING_API Context TODO();

// WithCancel makes a child that the function cancels. The child of a context
// that is cancelled already is so too. Throws std::bad_alloc. Go:
// context.WithCancel, WithCancelCause.
[[nodiscard]] GOSLING_API std::pair<Context, CancelFunc> WithCancel(
    const Context& parent);
[[nodiscard]] GOSLING_API std::pair<Context, CancelCauseFunc> WithCancelCause(
    const Context& parent);

// WithDeadline makes a child that is cancelled at `deadline`, or when its parent
// is, whose deadline stands if it is the earlier one. `cause` is what Cause says
// when the time is up; nil: DeadlineExceeded. Throws std::bad_alloc. Go:
// context.WithDeadline, WithDeadlineCause.
[[nodiscard]] GOSLING_API std::pair<Context, CancelFunc> WithDeadline(
    const Context& parent, time::Time deadline, Error cause = nullptr);

// WithTimeout is WithDeadline, d from now. A d too long to be counted means that
// there is no end. Go: context.WithTimeout, WithTimeoutCause.
[[nodiscard]] GOSLING_API std::pair<Context, CancelFunc> WithTimeout(
    const Context& parent, time::Delay d, Error cause = nullptr);

// WithValue makes a child that has `value` for `key`: for what belongs to the
// work and travels with it, not for parameters. Keys are equal if they are of
// one type and == says so; an enum or struct of one's own meets nobody else's
// keys. Text of any kind is compared as text. Throws Panic("nil key"), and
// std::bad_alloc. Go: context.WithValue.
template <class K, class V>
[[nodiscard]] Context WithValue(const Context& parent, K&& key, V&& value) {
  using Key = internal::ContextKeyType<K>;
  using Value = std::decay_t<V>;
  static_assert(std::equality_comparable<Key>, "key is not comparable");
  if (!parent) throw Panic("cannot create context from nil parent");
  if (internal::IsNilKey(key)) throw Panic("nil key");
  internal::ContextKey kept;
  kept.type = &typeid(Key);
  if constexpr (internal::kIsText<K>) {
    kept.at = std::make_shared<const Key>(std::string_view(key));
  } else {
    kept.at = std::make_shared<const Key>(std::forward<K>(key));
  }
  kept.equal = [](const void* a, const void* b) {
    return static_cast<bool>(*static_cast<const Key*>(a) ==
                             *static_cast<const Key*>(b));
  };
  return internal::WithThing(
      parent, std::move(kept),
      {&typeid(Value), std::make_shared<const Value>(std::forward<V>(value))});
}

// WithoutCancel makes a child with its parent's values that is not cancelled
// with it and has no deadline. Go: context.WithoutCancel.
[[nodiscard]] GOSLING_API Context WithoutCancel(const Context& parent);

// AfterFunc calls f() once, in a goroutine of its own, when ctx is cancelled; at
// once if it is so already. The function returned says whether it has kept f
// from being called: not if it has been started, or stopped before. It does not
// wait for f. Throws std::bad_alloc, and what moving f throws. Go:
// context.AfterFunc.
template <class F>
std::function<bool()> AfterFunc(const Context& ctx, F&& f) {
  class Function final : public internal::ContextFunction {
   public:
    explicit Function(F&& f) : function_(std::forward<F>(f)) {}
    void Call() override { function_(); }

   private:
    std::decay_t<F> function_;
  };
  return internal::AfterCancel(ctx,
                               std::make_unique<Function>(std::forward<F>(f)));
}

// Cause returns why ctx was cancelled: what was given to the function that did
// it, to it or to the ancestor where that began, or else what Err says. Nil as
// long as it is not. Go: context.Cause.
[[nodiscard]] GOSLING_API Error Cause(const Context& ctx);

}  // namespace context
}  // namespace gosling

#endif  // GOSLING_CONTEXT_H_
