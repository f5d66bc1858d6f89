// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Signals as values on channels.
//
//     #include <gosling/chan.h>
//     #include <gosling/go.h>
//     #include <gosling/signal.h>
//
//     #include <csignal>
//     #include <cstdio>
//
//     namespace go = gosling;
//
//     int main() {
//       return go::Run([] {
//         auto signals = go::MakeChan<go::signal::Signal>(1);
//         go::signal::Notify(signals, SIGINT, SIGTERM);
//         std::puts("press Ctrl-C");
//         std::printf("got %s\n", signals.Recv()->String().c_str());
//         go::signal::Stop(signals);
//       });
//     }
//
// Guarantees
// * Sending to a channel never waits: what does not fit is dropped, for that
//   channel alone. One place is enough to learn that a signal came.
// * Signals of one number may be merged on the way, as the kernel itself merges
//   them; but the last one sent is always followed by an attempt to deliver.
//   With NotifyInfo every signal that the process takes is delivered by itself,
//   except in a burst of more than 8,192 that the receiver had no time for.
// * Each channel gets its own copy. Signals taken together come in ascending
//   order of their numbers.
// * After Stop has returned nothing is ever sent to the channel. A signal that
//   comes while Stop is under way is delivered, or does what it would have done
//   before Notify; it never disappears.
// * Nothing in the program's dispositions changes for a signal before it is
//   first asked for; when the last channel for it is stopped, what was there
//   before comes back: a handler, SIG_IGN or the default.
//
// Signals that report a fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
// SIGSYS) are delivered when sent, as by kill. When the program's own
// instruction raises one, it does what it would have done without Notify.
//
// While a channel is registered for any signal, no deadlock is reported: a
// signal might still come, whichever it is. SIGCHLD without children and SIGURG
// without sockets are no exceptions, since every process of the user may send
// them, kill(1) for one. (In Go that lasts for ever after the first Notify.)
//
// From the first use of the library SIGQUIT, if it has its default action then,
// shows what all goroutines do and ends the program with status 2, as in Go.
// Notify takes precedence while it lasts.
//
// While a signal is asked for, a thread that sleeps in here (in Run, or parked)
// may block it for up to 10 ms after a signal has hit it, and leave the next one
// to others. One sent to that very thread (pthread_kill) is put off as long.
//
// In a storm, when a signal comes faster than it can be received, threads that
// run goroutines block it, so that they go on; it is taken by the receiver
// alone. They do until a tenth of a second after the storm began and the
// goroutine's next call of the library, and never while a goroutine is locked to
// its thread (LockOSThread). What is sent to such a thread, raise included, is
// put off as long. exec::Command and fork undo it for the child; posix_spawn,
// popen, system and execve, and a thread that is started, pass on what their
// thread blocks. A fault's signals (SIGSEGV and so on) are left out.
//
// Everything here may be called from goroutines and from threads that are not
// goroutines, and none of it from a signal handler. A number that is not a
// signal's is refused with a Panic ("signal: Notify of invalid signal 77"); so
// are, where they cannot work, SIGKILL and SIGSTOP, and the signals that the C
// library keeps for itself (32 and 33 on Linux; with musl 34 too). Go silently
// does nothing. A call that throws has changed nothing.
//
// A forked child that does not exec gets no signals on channels: they do there
// what they would have done before Notify.
//
// Source: Go's package os/signal.

#ifndef GOSLING_SIGNAL_H_
#define GOSLING_SIGNAL_H_

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/internal/export.h>
#include <gosling/internal/format.h>
#include <gosling/internal/misuse.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gosling::signal {

// Signal is the number of a signal: a value, valid or not. Go: syscall.Signal.
class Signal {
 public:
  constexpr Signal() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): Notify(c, SIGINT)
  constexpr Signal(int number) noexcept : number_(number) {}

  constexpr int number() const noexcept { return number_; }

  // String describes it in Go's words: "interrupt", "user defined signal 1",
  // and "signal 40" for one without a name.
  GOSLING_API std::string String() const;

  friend constexpr bool operator==(Signal, Signal) noexcept = default;

  // What String() says, in a stream; and in std::format, where there is one.
  template <class Traits>
  friend std::basic_ostream<char, Traits>& operator<<(
      std::basic_ostream<char, Traits>& out, Signal sig) {
    return out << sig.String();
  }

 private:
  int number_ = 0;
};

// SignalInfo is a signal with what came along.
struct SignalInfo {
  Signal signal;
  // How it was sent: SI_USER (kill), SI_TKILL, SI_QUEUE (sigqueue), SI_TIMER …;
  // above 0 by the kernel, for the reason that sigaction(2) gives.
  int code = 0;
  // The sender; for SIGCHLD, the child. 0 where there is none.
  pid_t pid = 0;
  uid_t uid = 0;
  // The payload of sigqueue, a timer or a message queue; for SIGCHLD from the
  // kernel the status; for SIGIO and F_SETSIG the descriptor; otherwise 0.
  std::int64_t value = 0;

  friend constexpr bool operator==(const SignalInfo&,
                                   const SignalInfo&) noexcept = default;
};

// Counters say what has become of a signal since the program started. As soon
// as nothing is on its way any more,
//
//   received = coalesced + delivered + dropped.
//
// For each signal that the process takes while a channel wants it, received is
// counted, and exactly one of the others: coalesced, if it was merged with an
// earlier one that had not been delivered yet; delivered, if at least one
// channel took it; dropped, if none did (no room, or no channel any more).
// Signals that the kernel merged before were never received.
struct Counters {
  std::uint64_t received = 0;
  std::uint64_t coalesced = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;

  friend constexpr bool operator==(const Counters&,
                                   const Counters&) noexcept = default;
};

// Notify has the signals sent to `c` as they come; with none, all that can be
// caught. Further calls add to those of earlier ones; Stop takes all back.
// Other channels are not affected. Closing a registered channel makes the next
// signal a panic: stop it first.
//
// The first call starts the receiving goroutine, and makes what wakes it, a
// pipe (see GOSLING_SIGNOTE). Throws Panic("os/signal: Notify using nil
// channel"), a Panic for a bad signal, and one that gives the reason if the
// pipe cannot be made. Does not wait. Go: signal.Notify.
GOSLING_API void Notify(SendChan<Signal> c, std::span<const Signal> signals);

// NotifyInfo is Notify with the sender of each signal, and what it sent along.
// While it is registered, signals of its numbers are not merged on their way to
// any channel, so give `c` room for a burst.
GOSLING_API void NotifyInfo(SendChan<SignalInfo> c,
                            std::span<const Signal> signals);

// Stop ends what Notify began for `c`: when it returns, nothing will be sent
// there any more, and whatever came before has been. Yields while signals are
// on their way; does not wait for receivers. No-op for other channels. Go:
// signal.Stop.
GOSLING_API void Stop(const SendChan<Signal>& c);
GOSLING_API void Stop(const SendChan<SignalInfo>& c);

// Ignore has the signals ignored, and unregisters them from all channels; with
// none, all. A later Notify undoes that; nothing else does. Go: signal.Ignore.
GOSLING_API void Ignore(std::span<const Signal> signals);

// Ignored says whether the signal is being ignored, because of Ignore or from
// before (nohup). False for SIGKILL and SIGSTOP. Go: signal.Ignored.
GOSLING_API bool Ignored(Signal sig);

// Reset undoes every Notify of the signals, with none: of all, as if Stop were
// called for each channel but without its guarantee. It does not undo Ignore.
// Go: signal.Reset.
GOSLING_API void Reset(std::span<const Signal> signals);

// NotifyContext makes a child of `parent` that is cancelled when one of the
// signals comes; with none, any that can be caught. Its Cause says which,
// "interrupt signal received", and errors::Is takes that for context::Canceled
// too. The function ends that, as Stop would, and cancels it; call it as soon as
// the signals are to do again what they did before. Until then further ones are
// swallowed, and, unless the parent is cancelled, a goroutine waits. Throws what
// Notify does, Panic("cannot create context from nil parent"), and
// std::bad_alloc. Go: signal.NotifyContext.
//
//     auto [ctx, stop] = gosling::signal::NotifyContext(
//         gosling::context::Background(), SIGINT, SIGTERM);
//     Serve(ctx);
//     stop();
[[nodiscard]] GOSLING_API std::pair<context::Context, context::CancelFunc>
NotifyContext(const context::Context& parent, std::span<const Signal> signals);

// Stats returns the counters of a signal. Counts only grow, and what has been
// received may be on its way, so it may exceed the sum of the others.
GOSLING_API Counters Stats(Signal sig);

// Latency is a histogram of the time from the handler, which the system calls
// for a signal, to the moment at which the channels have been offered it. Of
// signals that were merged the first counts. (When a signal was sent, no system
// says.)
struct Latency {
  // Each power of two of nanoseconds has four buckets of the same width: one is
  // at most a quarter wider than what it holds.
  static constexpr int kBuckets = 160;

  std::uint64_t count = 0;
  std::array<std::uint64_t, kBuckets> buckets = {};

  // UpperBound returns what each duration in a bucket is shorter than.
  GOSLING_API static std::chrono::nanoseconds UpperBound(int bucket);

  // Quantile returns the upper bound of the bucket that the given share of all
  // reaches: Quantile(0.99) is the 99th percentile. 0 if there is none.
  GOSLING_API std::chrono::nanoseconds Quantile(double share) const;

  friend bool operator==(const Latency&, const Latency&) noexcept = default;
};

// MeasureLatency has the latency of all signals measured from now on, or no
// longer: that costs a look at the clock in the handler, and one for each
// delivery. At first it is off. Throws std::bad_alloc.
GOSLING_API void MeasureLatency(bool on);

// StatsLatency returns what has been measured of a signal since the program
// started. Latencies above four minutes are not to be told from shorter ones.
GOSLING_API Latency StatsLatency(Signal sig);

namespace misuse {

// kAreSignals says whether these may follow a channel as what is asked for.
template <class... S>
inline constexpr bool kAreSignals = (std::convertible_to<S, Signal> && ...);
template <class S>
inline constexpr bool kAreSignals<S> =
    std::convertible_to<S, Signal> ||
    std::convertible_to<const S&, std::span<const Signal>>;

template <class... S>
void CheckSignals() {
  static_assert(gosling::internal::kNever<S...>,
                "signals are given by their numbers, as in SIGINT, SIGTERM, or "
                "as a list of signal::Signal");
}

}  // namespace misuse

// The same with the signals as arguments, `Notify(c, SIGINT, SIGTERM)`, or in
// braces. An empty list, however it is spelled, means all.

template <std::convertible_to<Signal>... S>
void Notify(SendChan<Signal> c, S... signals) {
  const std::array<Signal, sizeof...(S)> list = {Signal(signals)...};
  Notify(std::move(c), std::span<const Signal>(list));
}
inline void Notify(SendChan<Signal> c, std::initializer_list<Signal> signals) {
  Notify(std::move(c),
         std::span<const Signal>(signals.begin(), signals.size()));
}

template <std::convertible_to<Signal>... S>
void NotifyInfo(SendChan<SignalInfo> c, S... signals) {
  const std::array<Signal, sizeof...(S)> list = {Signal(signals)...};
  NotifyInfo(std::move(c), std::span<const Signal>(list));
}
inline void NotifyInfo(SendChan<SignalInfo> c,
                       std::initializer_list<Signal> signals) {
  NotifyInfo(std::move(c),
             std::span<const Signal>(signals.begin(), signals.size()));
}

template <std::convertible_to<Signal>... S>
[[nodiscard]] std::pair<context::Context, context::CancelFunc> NotifyContext(
    const context::Context& parent, S... signals) {
  const std::array<Signal, sizeof...(S)> list = {Signal(signals)...};
  return NotifyContext(parent, std::span<const Signal>(list));
}
[[nodiscard]] inline std::pair<context::Context, context::CancelFunc>
NotifyContext(const context::Context& parent,
              std::initializer_list<Signal> signals) {
  return NotifyContext(
      parent, std::span<const Signal>(signals.begin(), signals.size()));
}

template <std::convertible_to<Signal>... S>
void Ignore(S... signals) {
  const std::array<Signal, sizeof...(S)> list = {Signal(signals)...};
  Ignore(std::span<const Signal>(list));
}
inline void Ignore(std::initializer_list<Signal> signals) {
  Ignore(std::span<const Signal>(signals.begin(), signals.size()));
}

template <std::convertible_to<Signal>... S>
void Reset(S... signals) {
  const std::array<Signal, sizeof...(S)> list = {Signal(signals)...};
  Reset(std::span<const Signal>(list));
}
inline void Reset(std::initializer_list<Signal> signals) {
  Reset(std::span<const Signal>(signals.begin(), signals.size()));
}

// Scoped is Notify, or NotifyInfo, for the time in which it lives: it stops the
// channel at the end of its block, however that is left.
//
//     auto interrupts = go::MakeChan<go::signal::Signal>(1);
//     go::signal::Scoped notify(interrupts, SIGINT, SIGTERM);
//     interrupts.Recv();
//
// The constructor throws what Notify does; the destructor yields, as Stop does.
// Two for one channel are one registration: the first to end stops it.
class [[nodiscard]] Scoped {
 public:
  template <std::convertible_to<Signal>... S>
  explicit Scoped(SendChan<Signal> c, S... signals) : plain_(std::move(c)) {
    Notify(plain_, signals...);
  }
  Scoped(SendChan<Signal> c, std::span<const Signal> signals)
      : plain_(std::move(c)) {
    Notify(plain_, signals);
  }
  template <std::convertible_to<Signal>... S>
  explicit Scoped(SendChan<SignalInfo> c, S... signals) : info_(std::move(c)) {
    NotifyInfo(info_, signals...);
  }
  Scoped(SendChan<SignalInfo> c, std::span<const Signal> signals)
      : info_(std::move(c)) {
    NotifyInfo(info_, signals);
  }
  ~Scoped() { Stop(); }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;

  // Stop ends it early. A second one does nothing.
  void Stop() {
    if (plain_) signal::Stop(std::exchange(plain_, nullptr));
    if (info_) signal::Stop(std::exchange(info_, nullptr));
  }

 private:
  SendChan<Signal> plain_;  // one of the two
  SendChan<SignalInfo> info_;
};

// Overloads that only say that it cannot be done (internal/misuse.h).

template <class C, class... S>
requires(!std::is_convertible_v<C, SendChan<Signal>>) void Notify(const C&,
                                                                  const S&...) {
  static_assert(gosling::internal::kNever<C>,
                "Notify sends to a Chan<signal::Signal>, and NotifyInfo to a "
                "Chan<signal::SignalInfo>");
}
template <class C, class... S>
requires(!std::is_convertible_v<C, SendChan<SignalInfo>>) void NotifyInfo(
    const C&, const S&...) {
  static_assert(gosling::internal::kNever<C>,
                "NotifyInfo sends to a Chan<signal::SignalInfo>, and Notify to "
                "a Chan<signal::Signal>");
}

template <class... S>
requires(!misuse::kAreSignals<S...>) void Notify(const SendChan<Signal>&,
                                                 const S&...) {
  misuse::CheckSignals<S...>();
}
template <class... S>
requires(!misuse::kAreSignals<S...>) void NotifyInfo(
    const SendChan<SignalInfo>&, const S&...) {
  misuse::CheckSignals<S...>();
}
template <class... S>
requires(!misuse::kAreSignals<S...>)
    std::pair<context::Context, context::CancelFunc> NotifyContext(
        const context::Context&, const S&...) {
  misuse::CheckSignals<S...>();
  return {};
}
template <class... S>
requires(!misuse::kAreSignals<S...>) void Ignore(const S&...) {
  misuse::CheckSignals<S...>();
}
template <class... S>
requires(!misuse::kAreSignals<S...>) void Reset(const S&...) {
  misuse::CheckSignals<S...>();
}

}  // namespace gosling::signal

template <>
struct std::hash<gosling::signal::Signal> {
  std::size_t operator()(gosling::signal::Signal sig) const noexcept {
    return std::hash<int>()(sig.number());
  }
};

#ifdef __cpp_lib_format
template <>
struct std::formatter<gosling::signal::Signal>
    : std::formatter<std::string_view> {
  template <class FormatContext>
  auto format(gosling::signal::Signal sig, FormatContext& ctx) const {
    return std::formatter<std::string_view>::format(sig.String(), ctx);
  }
};
#endif

#endif  // GOSLING_SIGNAL_H_
