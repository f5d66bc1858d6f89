// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Contexts: a deadline, a cancellation and values of one piece of work, handed
// down to everything that is done for it.
//
//     namespace go = gosling;
//     using namespace std::chrono_literals;
//
//     const auto [ctx, cancel] =
//         go::context::WithTimeout(go::context::Background(), 2s);
//     go::Go([ctx = ctx, results = results] { Search(ctx, results); });
//     go::Select(go::OnRecv(results, [](std::optional<int> r) { … }),
//                go::OnRecv(ctx.Done(), [ctx = ctx] { Report(ctx.Err()); }));
//     cancel();
//
// (`ctx = ctx`: Clang before 16 captures no name of a structured binding
// otherwise.) Scoped is one object for both, and cancels at the end of its block:
//
//     const go::context::Scoped work =
//         go::context::WithTimeout(go::context::Background(), 2s);
//     Search(*work, results);
//
// Contexts form a tree: what is made of one is its child. Cancelling one
// cancels all below it, before the call returns. Call every cancel function
// when the work is done, however it ended: until then, or until its parent is
// cancelled, the parent keeps account of the child, and the timer of a deadline
// runs.
//
// A Context is a handle, which may be nil: copies are cheap and refer to the
// same one. Any goroutine and any thread may do anything with it at any time,
// but not a signal handler. A call parks at most for the moment in which
// another changes the same tree. A nil Context throws
// Panic("invalid memory address or nil pointer dereference"), and to be made a
// child of, Panic("cannot create context from nil parent").
//
// Memory ordering: what precedes a cancellation happens before whatever learns
// of it, from Done, Err or a function of AfterFunc.
//
// Without RTTI (-fno-rtti) types are known by an address, as the linker sees it:
// where -fvisibility=hidden hides a key's type or a value's, or where dlopen has
// loaded one side, values are not found across shared libraries.
//
// A program makes contexts of its own by deriving from Base, which is Go's
// interface. Whether a key can be compared, the compiler checks.
//
// Go: package context.

#ifndef GOSLING_CONTEXT_H_
#define GOSLING_CONTEXT_H_

#include <gosling/chan.h>
#include <gosling/errors.h>
#include <gosling/internal/context.h>
#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>
#include <gosling/time.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gosling::context {

class Lookup;

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
  const T* Value(const K& key) const;
  // Value passes on what a context of a program's own is asked for (Base).
  const void* Value(const Lookup& wanted) const;

  // String says how the context was made: "context.Background.WithCancel". Keys
  // and values that are texts are told as they are, all others by their types.
  GOSLING_API std::string String() const;

  explicit operator bool() const noexcept { return node_ != nullptr; }
  friend bool operator==(const Context& a, const Context& b) noexcept {
    return a.node_ == b.node_;
  }

 private:
  friend struct internal::ContextAccess;

  const internal::ContextNode* node_ = nullptr;
};

// Lookup is what a context's Value is asked for: a key, and the type of the
// value. Only for the time of the call.
class Lookup {
 public:
  // Is says whether the key is `key`, as WithValue understands it.
  template <class K>
  bool Is(const K& key) const {
    using Key = internal::ContextKeyType<const K&>;
    if (!internal::SameContextType(*key_type_, internal::kContextType<Key>)) {
      return false;
    }
    const Key& wanted = *static_cast<const Key*>(key_);
    if constexpr (internal::kIsText<const K&>) {
      return wanted == std::string_view(key);
    } else {
      return static_cast<bool>(wanted == key);
    }
  }

  // Found is what Value returns if it has found `value`, which must live as long
  // as the context: its address, or null if it is not of the type asked for.
  template <class V>
  const void* Found(const V& value) const {
    return internal::SameContextType(*value_type_, internal::kContextType<V>)
               ? std::addressof(value)
               : nullptr;
  }

 private:
  friend class Context;
  friend struct internal::ContextAccess;

  Lookup(const internal::ContextType& key_type, const void* key,
         const internal::ContextType& value_type)
      : key_type_(&key_type), key_(key), value_type_(&value_type) {}

  const internal::ContextType* key_type_;
  const void* key_;
  const internal::ContextType* value_type_;
};

template <class T, class K>
const T* Context::Value(const K& key) const {
  using Key = internal::ContextKeyType<const K&>;
  if constexpr (internal::kIsText<const K&>) {
    if (internal::IsNilKey(key)) return nullptr;
    const Key text{std::string_view(key)};
    return static_cast<const T*>(internal::ContextValue(
        *this,
        Lookup(internal::kContextType<Key>, &text, internal::kContextType<T>)));
  } else {
    return static_cast<const T*>(internal::ContextValue(
        *this, Lookup(internal::kContextType<Key>, std::addressof(key),
                      internal::kContextType<T>)));
  }
}

inline const void* Context::Value(const Lookup& wanted) const {
  return internal::ContextValue(*this, wanted);
}

// Base is what contexts of a program's own derive from; Make makes a Context of
// one. Any goroutine and any thread may call its functions at any time. Go: the
// interface context.Context.
class GOSLING_API Base {
 public:
  virtual ~Base();

  // As Context's. Done returns the same channel each time, which is closed, not
  // before Err has its reason, when the work is to be given up.
  virtual RecvChan<Unit> Done() const = 0;
  virtual Error Err() const = 0;
  virtual std::optional<time::Time> Deadline() const;  // none

  // Value returns wanted.Found(value) for a key that it knows; for all others
  // null, or what another context says: ctx.Value(wanted).
  virtual const void* Value(const Lookup& wanted) const;  // null

  // String describes the context; empty: by its type.
  virtual std::string String() const;

 protected:
  Base() = default;
  Base(const Base&) = default;
  Base& operator=(const Base&) = default;
};

// Embedding is a Base that is as another context is, but for what a class
// derived from it overrides. Go: a struct with an embedded context.Context.
class GOSLING_API Embedding : public Base {
 public:
  // Throws Panic if ctx is nil.
  explicit Embedding(Context ctx);
  ~Embedding() override;

  RecvChan<Unit> Done() const override;
  Error Err() const override;
  std::optional<time::Time> Deadline() const override;
  const void* Value(const Lookup& wanted) const override;

  const Context& Embedded() const { return embedded_; }

 private:
  Context embedded_;
};

// Make makes a context that is C(args…). Children of it are cancelled when its
// Done is closed: unless that is the Done of a context that it embeds, a
// goroutine waits for it, for each child, until the child is cancelled. Throws
// what C's constructor throws, and std::bad_alloc. Go: C{…}.
template <std::derived_from<Base> C, class... Args>
[[nodiscard]] Context Make(Args&&... args) {
  std::shared_ptr<const C> own =
      std::make_shared<const C>(std::forward<Args>(args)...);
  const Context* embedded = nullptr;
  if constexpr (std::derived_from<C, Embedding>) embedded = &own->Embedded();
  return internal::OwnContext(std::move(own), internal::kContextType<C>,
                              embedded);
}

// CancelFunc cancels: the first call does, every other has no effect. Any
// goroutine or thread may call any copy. CancelCauseFunc takes what Cause is to
// say of it; nil: Canceled. Go: context.CancelFunc, CancelCauseFunc.
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
// one type and == says so; an enum or struct of the caller's own meets no other
// code's keys. Text of any kind is compared as text. Throws Panic("nil key"),
// and std::bad_alloc. Go: context.WithValue.
template <class K, class V>
[[nodiscard]] Context WithValue(const Context& parent, K&& key, V&& value) {
  using Key = internal::ContextKeyType<K>;
  using Value = std::decay_t<V>;
  static_assert(std::equality_comparable<Key>,
                "key is not comparable: it needs an operator==");
  if constexpr (std::equality_comparable<Key>) {
    internal::CheckWithValue(parent, internal::IsNilKey(key));
    internal::ContextKey kept;
    kept.type = &internal::kContextType<Key>;
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
        {&internal::kContextType<Value>,
         std::make_shared<const Value>(std::forward<V>(value))});
  } else {
    return parent;
  }
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
  if constexpr (internal::CheckStored<F>()) {
    class Function final : public internal::ContextFunction {
     public:
      explicit Function(F&& g) : function_(std::forward<F>(g)) {}
      void Call() override { function_(); }

     private:
      std::decay_t<F> function_;
    };
    return internal::AfterCancel(
        ctx, std::make_unique<Function>(std::forward<F>(f)));
  } else {
    return {};
  }
}

// Cause returns why ctx was cancelled: what was given to the function that did
// it, to it or to the ancestor where that began, or else what Err says. Nil as
// long as it is not. Go: context.Cause.
[[nodiscard]] GOSLING_API Error Cause(const Context& ctx);

// Scoped holds what WithCancel and its kin return, and signal::NotifyContext, and
// calls the function at the end of its block, however that is left: no way out
// can forget it, and lambdas capture it, or a copy of *work, in any compiler.
// Made on the spot: Scoped work = WithCancel(ctx). Go: defer cancel().
template <class F>
class [[nodiscard]] Scoped {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): from what WithCancel returns
  Scoped(std::pair<Context, F> made) noexcept : made_(std::move(made)) {}
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;
  ~Scoped() {
    if constexpr (std::is_invocable_v<F&>) {
      made_.second();
    } else {
      made_.second(nullptr);
    }
  }

  // The context, which may be copied and outlive this, cancelled then.
  const Context& operator*() const noexcept { return made_.first; }
  const Context* operator->() const noexcept { return &made_.first; }
  // NOLINTNEXTLINE(google-explicit-constructor): it is passed as the context
  operator const Context&() const noexcept { return made_.first; }

  // Cancel cancels before the end; Cancel(cause) of WithCancelCause.
  template <class... Cause>
  void Cancel(Cause&&... cause) const {
    made_.second(std::forward<Cause>(cause)...);
  }

 private:
  std::pair<Context, F> made_;
};

template <class F>
Scoped(std::pair<Context, F>) -> Scoped<F>;

}  // namespace gosling::context

#endif  // GOSLING_CONTEXT_H_
