// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// SingleFlight: of many calls for the same thing at the same time, one is made,
// and its result is given to all.
//
//     go::sync::SingleFlight<int> lengths;
//     const std::string path = "/etc/hosts";
//     const auto [length, shared] = lengths.Do(path, [&] {
//       return static_cast<int>(path.size());  // something costly, as a rule
//     });
//     std::printf("%d%s\n", length, shared ? ", shared" : "");
//
// Of a function that may fail, the error stands in the middle, as in Go:
//
//     using Answer = std::pair<int, go::Error>;
//     go::sync::SingleFlight<int> flights;
//     const auto [value, err, shared] = flights.Do("key", []() -> Answer {
//       return {0, go::errors::New("no such thing")};
//     });
//     if (err) Report(err);
//
// It is no cache: the next call after the end of one calls again.
//
// Goroutines and foreign threads may use it; signal handlers may not.
//
// Memory ordering: the end of the function happens before the return of every Do
// that it answers.
//
// Go: golang.org/x/sync/singleflight.

#ifndef GOSLING_SINGLEFLIGHT_H_
#define GOSLING_SINGLEFLIGHT_H_

#include <gosling/errors.h>
#include <gosling/internal/export.h>
#include <gosling/internal/misuse.h>
#include <gosling/sync.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace gosling::internal {

// Flight is a call under way. Its first caller flies it: Run, then Land, however
// Run has ended.
class Flight {
 public:
  Flight() { under_way_.Add(1); }

  // Run calls f(arg) and notes how it ends; exceptions and Goexit pass through.
  GOSLING_API void Run(void (*f)(void*), void* arg);
  void Land() { under_way_.Done(); }

  // Join parks until it has landed. It ends as f did: throws the same exception,
  // or calls Goexit.
  GOSLING_API void Join();

 private:
  sync::WaitGroup under_way_;
  // Written by Run, read after Land.
  bool returned_ = false;
  std::exception_ptr exception_;
};

// ErrorUnasked panics: a caller whose function has no errors got one.
[[noreturn]] GOSLING_API void ErrorUnasked(const Error& err);

// FlightOf<K, T> is a flight with its key and result.
template <class K, class T>
struct FlightOf : Flight {
  explicit FlightOf(const K& k) : key(k) {}

  const K key;
  int joined = 0;  // callers but the first; under the SingleFlight's mutex
  // Written by the first caller, read after Land.
  std::optional<T> value;
  Error err;
};

template <class R, class T>
inline constexpr bool kIsPairWithError = false;
template <class V, class T>
inline constexpr bool kIsPairWithError<std::pair<V, Error>, T> =
    std::is_convertible_v<V, T>;

// CheckFlies is CheckCallable for SingleFlight<T>.
template <class F, class T>
constexpr bool CheckFlies() {
  if constexpr (CheckCallable<F>()) {
    using R = std::invoke_result_t<F>;
    constexpr bool kFits =
        std::is_convertible_v<R, T> || kIsPairWithError<R, T>;
    static_assert(kFits,
                  "SingleFlight<T>: the function returns a T, or a "
                  "std::pair<T, gosling::Error>");
    return kFits;
  } else {
    return false;
  }
}

}  // namespace gosling::internal

namespace gosling::sync {

// SingleFlight<T, K> keeps account of the calls under way, by key. T, of which
// every caller gets a copy, can be copied; K has a std::hash and ==. It is not
// copied or moved, and may be destroyed when no call on it is under way. Go:
// singleflight.Group.
template <class T, class K = std::string>
class SingleFlight {
 public:
  static_assert(
      std::is_copy_constructible_v<T>,
      "SingleFlight: every caller gets a copy of the value: share one "
      "that cannot be copied by std::shared_ptr");

  // Result is what Do returns of an f that returns a T; Outcome, of one that
  // returns a std::pair<T, Error>, whose parts it has, the value also beside an
  // error. `shared`: other callers got it too.
  struct Result {
    T value;
    bool shared;
  };
  struct Outcome {
    T value;
    Error err;
    bool shared;
  };

  SingleFlight() = default;
  SingleFlight(const SingleFlight&) = delete;
  SingleFlight& operator=(const SingleFlight&) = delete;

  // Do calls f(), or, if a call with this key is under way, parks until that one
  // ends and returns what it returns. An exception of f is thrown to all that
  // wait, as one object, which they must not change; Goexit in f ends all of
  // their goroutines. A caller whose f has no errors and that gets one from
  // another's throws Panic with its text. Throws what allocating and copying
  // throws. Do with the same key from within f waits for ever. Go: Group.Do.
  template <class F>
  auto Do(const K& key, F&& f) {
    if constexpr (internal::CheckFlies<F&, T>()) {
      auto [flight, first] = Enter(key);
      bool shared = true;
      if (first) {
        Fly(*flight, f);
        shared = flight->joined > 0;
      } else {
        flight->Join();
      }
      // None but the first has it if it is not shared.
      T value = shared ? T(std::as_const(*flight->value))
                       : T(std::move(*flight->value));
      if constexpr (std::is_convertible_v<std::invoke_result_t<F&>, T>) {
        if (flight->err) internal::ErrorUnasked(flight->err);
        return Result{std::move(value), shared};
      } else {
        return Outcome{std::move(value), flight->err, shared};
      }
    } else {
      return internal::Anything();
    }
  }

  // Forget lets the next Do with this key call anew, even if a call is under way.
  // Go: Group.Forget.
  void Forget(const K& key) {
    const Locked lock(mutex_);
    flights_.erase(key);
  }

 private:
  using Flight = internal::FlightOf<K, T>;

  class Locked {
   public:
    explicit Locked(Mutex& mutex) : mutex_(mutex) { mutex_.Lock(); }
    ~Locked() { mutex_.Unlock(); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

   private:
    Mutex& mutex_;
  };

  // Landing ends a flight, whichever way it is left.
  class Landing {
   public:
    Landing(SingleFlight* flights, Flight* flight)
        : flights_(flights), flight_(flight) {}
    Landing(const Landing&) = delete;
    Landing& operator=(const Landing&) = delete;
    ~Landing() {
      flights_->Leave(flight_);
      flight_->Land();
    }

   private:
    SingleFlight* const flights_;
    Flight* const flight_;
  };

  // Enter returns the flight of this key, and whether the caller is the first.
  std::pair<std::shared_ptr<Flight>, bool> Enter(const K& key) {
    const Locked lock(mutex_);
    if (auto at = flights_.find(key); at != flights_.end()) {
      at->second->joined++;
      return {at->second, false};
    }
    auto flight = std::make_shared<Flight>(key);
    flights_.emplace(key, flight);
    return {std::move(flight), true};
  }

  // Leave: from now on none joins this flight. Another may have its key, after
  // a Forget.
  void Leave(Flight* flight) {
    const Locked lock(mutex_);
    auto at = flights_.find(flight->key);
    if (at != flights_.end() && at->second.get() == flight) flights_.erase(at);
  }

  template <class F>
  void Fly(Flight& flight, F& f) {
    struct Call {
      Flight& flight;
      F& f;
    } call{flight, f};
    const Landing landing(this, &flight);
    flight.Run(
        [](void* arg) {
          const Call& c = *static_cast<Call*>(arg);
          if constexpr (std::is_convertible_v<std::invoke_result_t<F&>, T>) {
            c.flight.value.emplace(c.f());
          } else {
            auto outcome = c.f();
            c.flight.value.emplace(std::move(outcome.first));
            c.flight.err = std::move(outcome.second);
          }
        },
        &call);
  }

  Mutex mutex_;
  std::unordered_map<K, std::shared_ptr<Flight>> flights_;  // under mutex_
};

}  // namespace gosling::sync

#endif  // GOSLING_SINGLEFLIGHT_H_
