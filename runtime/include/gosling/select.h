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
// A handler is a function of its own: it cannot break the loop around the select
// or return from the function. What follows from a case can stand behind the
// select instead, which returns the case's position, and OnRecv may receive into
// a variable:
//
//     int v = 0;
//     bool ok = false;
//     while (go::Select(go::OnRecv(ch, v, ok), go::OnRecv(done)) == 0) {
//       if (!ok) break;  // closed
//       std::printf("%d\n", v);
//     }
//
// As many cases as there are channels in a vector:
//
//     int v = 0;
//     std::vector<decltype(go::OnRecv(ch, v))> cases;
//     for (const go::Chan<int>& input : inputs) {
//       cases.push_back(go::OnRecv(input, v));
//     }
//     std::vector<go::SelectCase*> list;
//     for (auto& c : cases) list.push_back(&c);
//     const int from = go::Select(list);
//     std::printf("%d from number %d\n", v, from);
//
// Guarantees
// * Of several cases that can go on one is chosen at random, each as likely as
//   the others. With OnDefault, Select does not wait: if no case can go on, the
//   default is run, and there was one moment at which none could.
// * Channels and values are function arguments: they are evaluated once, before
//   anything else happens. A value that was not sent is destroyed with its
//   case. Unlike Go's, C++'s order of evaluating arguments is unspecified: in
//   Select(OnSend(a, Next()), OnSend(b, Next())) either Next may come first.
// * The handler runs after the select, on the caller's goroutine or thread,
//   with no lock held: it may do anything, throw and Select included. Select
//   ignores its result.
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
#include <gosling/internal/chan.h>
#include <gosling/internal/export.h>
#include <gosling/internal/select.h>
#include <gosling/time.h>

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace gosling {

// SelectCase is the base of what OnRecv, OnSend and OnDefault return: what a
// list of cases holds. A case is used by one Select at a time, may be moved but
// not copied, and may be used again, a send once Set has given it a new value.
class SelectCase;

// OnRecv is the case that receives from `ch`, a Chan or RecvChan. The handler
// is called as f(std::optional<T>), std::nullopt if `ch` is closed, or as f().
// The case keeps a channel alive that is given as a temporary or moved in; a
// handle that is given by name must lead to its channel until Select returns.
// Go: case v, ok := <-ch:.
template <class Handle, class F = internal::NoHandler>
[[nodiscard]] auto OnRecv(Handle&& ch, F&& f = {});

// OnRecv with a variable assigns what has been received to `v`, then calls f(),
// which may be left out. v is a T, which becomes T() if `ch` is closed, or a
// std::optional<T>, which then becomes std::nullopt; `ok` becomes true if a
// value has been received, false if `ch` is closed. No other case touches them.
// Both must exist until Select returns. (A variable of the channel's element type
// is received into even if it could be called.) Go: case v = <-ch: f(),
// case v, ok = <-ch: f().
template <class Handle, class V, class F>
[[nodiscard]] auto OnRecv(Handle&& ch, V& v, F&& f);
template <class Handle, class V, class F = internal::NoHandler>
[[nodiscard]] auto OnRecv(Handle&& ch, V& v, bool& ok, F&& f = {});

// OnSend is the case that sends `value` to `ch`, a Chan or SendChan. The
// handler is called as f() once it is sent, and may be left out. The channel is
// kept alive as with OnRecv. A case that has sent its value cannot be used
// again until its Set(value) was called. Go: case ch <- value:.
template <class Handle, class F = internal::NoHandler>
[[nodiscard]] auto OnSend(Handle&& ch, internal::ElementOf<Handle> value,
                          F f = {});

// OnDefault is the case that is run if none of the others can go on at once; at
// most one. The handler is called as f() and may be left out. Go: default:.
template <class F = internal::NoHandler>
[[nodiscard]] auto OnDefault(F f = {});

// Select does one of the cases, runs its handler and returns its position among
// the arguments, from 0. Parks until a case can go on, unless there is a
// default; a thread that is not a goroutine blocks. Throws what the handler
// throws, and Panic("send on closed channel"). Select() blocks for ever. Not
// from signal handlers. Go: select { … }.
template <class... Cases>
requires(!internal::kIsList<Cases...>) int Select(Cases&&... cases);

// Select for as many cases as are known at run time, 65,536 at most:
//
//     auto a = go::OnRecv(ch, f);
//     auto b = go::OnSend(out, 1);
//     go::SelectCase* cases[] = {&a, &b};
//     go::Select(cases);
//
// A null pointer stands for a case that never goes on. Throws Panic if there
// are more cases or more than one default. Go: reflect.Select.
GOSLING_API int Select(std::span<SelectCase* const> cases);

// SelectInOrder is Select, but of the cases that can go on it does the one that
// is listed first: there was one moment at which this one could and none before
// it. If it has to wait, it does the one that can go on first. Go has none.
template <class... Cases>
requires(!internal::kIsList<Cases...>) int SelectInOrder(Cases&&... cases);
GOSLING_API int SelectInOrder(std::span<SelectCase* const> cases);

// SelectFor is Select for at most `d`: if until then none of the cases can go
// on, it returns -1 and has done nothing. A `d` that is not positive: it looks
// once, without waiting. With OnDefault it never waits. If it has to wait, it
// makes one allocation, for the timer, which is gone when it returns; throws
// std::bad_alloc, and what Select throws. Go has none: the last case of its
// select receives from time.After(d).
template <class... Cases>
requires(!internal::kIsList<Cases...>) int SelectFor(time::Delay d,
                                                     Cases&&... cases);
GOSLING_API int SelectFor(time::Delay d, std::span<SelectCase* const> cases);

// Bodies, with what compilers are to say of misuse (internal/misuse.h).

template <class Handle, class F>
auto OnRecv(Handle&& ch, F&& f) {
  using T = internal::ElementOf<Handle>;
  using Function = std::decay_t<F>;
  constexpr bool kIsChan = internal::Receivable<Handle>;
  constexpr bool kIsVariable = internal::RecvVariable<F, T>;
  constexpr bool kFits =
      !kIsChan || kIsVariable || internal::RecvHandler<Function, T>;
  static_assert(kIsChan,
                "OnRecv takes a Chan or a RecvChan, and then the handler.");
  static_assert(kFits,
                "The handler of OnRecv takes a std::optional<T>, by value, or "
                "nothing. A variable to receive into is a T or a "
                "std::optional<T>.");
  if constexpr (kIsChan && kFits && kIsVariable) {
    return OnRecv(std::forward<Handle>(ch), f, internal::NoHandler());
  } else if constexpr (kIsChan && kFits) {
    internal::ChanCore* core = internal::ChanAccess::Core(ch);
    return internal::RecvCase<T, Function>(
        core, internal::OwnedRef(std::forward<Handle>(ch)), std::forward<F>(f));
  } else {
    return internal::NoCase();
  }
}

template <class Handle, class V, class F>
auto OnRecv(Handle&& ch, V& v, F&& f) {
  if constexpr (std::is_same_v<F, bool&>) {
    return OnRecv(std::forward<Handle>(ch), v, f, internal::NoHandler());
  } else {
    return internal::RecvInto(std::forward<Handle>(ch), v, nullptr,
                              std::forward<F>(f));
  }
}

template <class Handle, class V, class F>
auto OnRecv(Handle&& ch, V& v, bool& ok, F&& f) {
  return internal::RecvInto(std::forward<Handle>(ch), v, std::addressof(ok),
                            std::forward<F>(f));
}

template <class Handle, class F>
auto OnSend(Handle&& ch, internal::ElementOf<Handle> value, F f) {
  constexpr bool kIsChan = internal::Sendable<Handle>;
  constexpr bool kFits = std::is_invocable_v<F&>;
  static_assert(kIsChan,
                "OnSend takes a Chan or a SendChan, then the value, and then "
                "the handler.");
  static_assert(kFits, "The handler of OnSend takes no argument.");
  if constexpr (kIsChan && kFits) {
    internal::ChanCore* core = internal::ChanAccess::Core(ch);
    return internal::SendCase<internal::ElementOf<Handle>, F>(
        core, internal::OwnedRef(std::forward<Handle>(ch)), std::move(value),
        std::move(f));
  } else {
    return internal::NoCase();
  }
}

template <class F>
auto OnDefault(F f) {
  constexpr bool kFits = std::is_invocable_v<F&>;
  static_assert(kFits, "The handler of OnDefault takes no argument.");
  if constexpr (kFits) {
    return internal::DefaultCase<F>(std::move(f));
  } else {
    return internal::NoCase();
  }
}

template <class... Cases>
requires(!internal::kIsList<Cases...>) int Select(Cases&&... cases) {
  constexpr int kDefaults = internal::kDefaults<Cases...>;
  using Access = internal::SelectAccess;
  if constexpr (!internal::CheckCases<Cases...>()) {
    return 0;
  } else if constexpr (sizeof...(Cases) == 0) {
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
                (otherwise++, false)) ||
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

template <class... Cases>
requires(!internal::kIsList<Cases...>) int SelectInOrder(Cases&&... cases) {
  if constexpr (internal::CheckCases<Cases...>()) {
    if constexpr (sizeof...(Cases) == 0) {
      internal::SelectForever();
    } else {
      SelectCase* const list[] = {std::addressof(cases)...};
      const internal::Selected chosen =
          internal::SelectGoInOrder(list, sizeof...(Cases));
      internal::SelectAccess::RunOne(chosen, cases...);
      return chosen.index;
    }
  } else {
    return 0;
  }
}

template <class... Cases>
requires(!internal::kIsList<Cases...>) int SelectFor(time::Delay d,
                                                     Cases&&... cases) {
  if constexpr (internal::CheckCases<Cases...>()) {
    // Null: room for the timer's case, so that there is at least one.
    SelectCase* list[] = {std::addressof(cases)..., nullptr};
    const internal::Selected chosen =
        internal::SelectGoFor(d.Nanoseconds(), list, sizeof...(Cases));
    internal::SelectAccess::RunOne(chosen, cases...);
    return chosen.index;
  } else {
    return 0;
  }
}

}  // namespace gosling

#endif  // GOSLING_SELECT_H_
