// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Group and Scope: goroutines that do one piece of work together, and fail
// together.
//
//     const auto [group, ctx] =
//         go::sync::WithContext(go::context::Background());
//     group.SetLimit(4);
//     for (int i = 0; i < 10; i++) {
//       group.Go([i, ctx = ctx]() -> go::Error {
//         if (i == 7) return go::errors::New("seven");
//         return ctx.Err();  // nil, or Canceled once seven has failed
//       });
//     }
//     if (go::Error err = group.Wait()) Report(err);
//
// A Group carries errors as values, and may be handed around. A Scope belongs to
// a block: its goroutines may use the block's variables, since all of them end
// before the Scope does.
//
//     int left = 0;
//     int right = 0;
//     {
//       go::sync::Scope scope;
//       scope.Go([&] { left = 1; });
//       scope.Go([&] { right = 2; });
//     }  // waits
//     std::printf("%d\n", left + right);
//
// Neither kills a goroutine: one that is to end early looks at the context.
// Goroutines and foreign threads may use both; signal handlers may not.
//
// Memory ordering: the end of each goroutine, and of the destruction of its
// function, happens before the return of the Wait that waited for it.
//
// Go: golang.org/x/sync/errgroup. Go has no Scope.

#ifndef GOSLING_GROUP_H_
#define GOSLING_GROUP_H_

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/internal/export.h>
#include <gosling/internal/group.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace gosling::sync {

class Group;

// WithContext makes a group, and a child of `parent` that is cancelled when a
// goroutine of the group first fails, and at the latest when Wait returns.
// context::Cause says what the error was; of an exception, Canceled. Throws
// Panic if parent is nil, and std::bad_alloc. Go: errgroup.WithContext.
[[nodiscard]] GOSLING_API std::pair<Group, context::Context> WithContext(
    const context::Context& parent);

// Group is a handle on a group of goroutines: copies share the group, which
// lives until the last copy is gone and the last goroutine has ended. One made
// by default has no limit and cancels nothing. Go: errgroup.Group.
//
// The first error, or exception, of its goroutines is what Wait reports; it
// cancels the context that WithContext has made. An exception does not end the
// program, as in other goroutines: Wait throws it. (x/sync did so for a year
// with panics, then went back to letting them crash; here the caller may catch
// and so decides.) A goroutine that ends by Goexit has had no error.
class Group {
 public:
  // Throws std::bad_alloc.
  GOSLING_API Group();
  // Not moved from: a Group always has its group.
  Group(const Group&) = default;
  Group& operator=(const Group&) = default;
  ~Group() = default;

  // Go starts f() as a goroutine of the group; parks before while the limit
  // allows no more. f returns an Error, may be move-only, and is destroyed when
  // it has returned. Throws what moving f or allocating throws; the group is as
  // before then. Go: Group.Go.
  template <class F>
  [[gnu::always_inline]] inline void Go(F&& f) const {  // as gosling::Go is
    if constexpr (internal::CheckReturnsError<F>()) {
      gosling::Go(internal::GroupTask<std::decay_t<F>>{
          internal::OpenEntry(state_), std::forward<F>(f)});
    }
  }

  // TryGo is Go if that needs no waiting, and says whether it has started f,
  // which is moved from only then. Never parks. Go: Group.TryGo.
  template <class F>
  [[gnu::always_inline]] inline bool TryGo(F&& f) const {
    if constexpr (internal::CheckReturnsError<F>()) {
      internal::GroupEntry entry = internal::TryOpenEntry(state_);
      if (!entry) return false;
      gosling::Go(internal::GroupTask<std::decay_t<F>>{std::move(entry),
                                                       std::forward<F>(f)});
    }
    return true;
  }

  // SetLimit lets at most n goroutines of the group be active at a time: none if
  // n is 0, any number if it is negative. Throws Panic "errgroup: modify limit
  // while 3 goroutines in the group are still active"; also where Go overlooks
  // them, since there was no limit before. Throws std::bad_alloc. Not at the
  // same time as Go or TryGo. Go: Group.SetLimit.
  GOSLING_API void SetLimit(int n) const;

  // Wait parks until all goroutines of the group have ended, cancels its
  // context, and returns the first error, nil if there was none; an exception
  // that came first it throws. Later calls do the same again. Go: Group.Wait.
  GOSLING_API Error Wait() const;

 private:
  friend std::pair<Group, context::Context> WithContext(
      const context::Context& parent);

  explicit Group(std::shared_ptr<internal::GroupState> state)
      : state_(std::move(state)) {}

  std::shared_ptr<internal::GroupState> state_;
};

// Scope is a block's group of goroutines: none of them outlives it.
//
// The first exception of its goroutines cancels the scope's context, so that
// the others may give up. Wait throws it, or else the destructor does, which
// therefore is noexcept(false), unlike std::jthread's: a failure that the block
// has not asked about must not be lost. If the block is left by an exception or
// by Goexit, the destructor cancels the context, waits, and drops the
// goroutines' exception for the sake of the one that is under way
// (std::uncaught_exceptions tells). Exceptions after the first are dropped.
//
// A goroutine that ends by Goexit has ended, no more. Go: none; errgroup comes
// closest.
class Scope {
 public:
  // Scope makes an empty one, whose context is a child of `parent`. At most
  // `limit` of its goroutines are active at a time, as in Group::SetLimit.
  // Throws Panic if parent is nil, and std::bad_alloc.
  Scope() : Scope(context::Background()) {}
  GOSLING_API explicit Scope(const context::Context& parent, int limit = -1);
  explicit Scope(int limit) : Scope(context::Background(), limit) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // The destructor waits as Wait does and throws as explained above; the
  // context is cancelled then. Parks.
  GOSLING_API ~Scope() noexcept(false);

  // Go starts f() as a goroutine of the scope; parks before while the limit
  // allows no more. f returns nothing, may be move-only, and is destroyed when
  // it has returned. Goroutines of the scope may start further ones. It starts
  // f even if the context has been cancelled. Throws what moving f or
  // allocating throws; the scope is as before then.
  template <class F>
  [[gnu::always_inline]] inline void Go(F&& f) {  // as gosling::Go is
    if constexpr (internal::CheckReturnsNothing<F>()) {
      gosling::Go(internal::GroupTask<std::decay_t<F>>{
          internal::OpenEntry(state_), std::forward<F>(f)});
    }
  }

  // Wait parks until all goroutines that the scope has started have ended.
  // Throws the first exception of theirs, once. The scope may be used again
  // after it; its context is cancelled only by an exception.
  GOSLING_API void Wait();

  // Context returns the scope's context, cancelled by the first exception and
  // when the scope ends.
  [[nodiscard]] GOSLING_API context::Context Context() const;

 private:
  const std::shared_ptr<internal::GroupState> state_;
  const int uncaught_;  // exceptions under way when it was made
};

}  // namespace gosling::sync

#endif  // GOSLING_GROUP_H_
