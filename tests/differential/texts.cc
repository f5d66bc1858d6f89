// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "tests/differential/cases.h"

namespace differential {

namespace {

using namespace std::chrono_literals;
using namespace go::context;  // NOLINT(google-build-using-namespace)
using go::errors::Is;
using go::errors::Join;
using go::errors::Unwrap;
using go::errors::Wrap;
using go::signal::Signal;

void Self(int sig) { ::kill(::getpid(), sig); }

const go::Error& One() {
  static const go::Error one = go::errors::New("one");
  return one;
}

const go::Error& Two() {
  static const go::Error two = go::errors::New("two");
  return two;
}

std::string Value(const Context& ctx, const char* key) {
  const int* value = ctx.Value<int>(key);
  return value != nullptr ? Text(*value) : "<nil>";
}

void AddErrors() {
  Add("errors", [] {
    Say{One(), One() == go::errors::New("one"), Is(One(), One()),
        Is(One(), Two())};
    Say{Is(nullptr, nullptr), Is(One(), nullptr), Is(nullptr, One())};
    const go::Error wrapped = Wrap(One(), "around");
    Say{wrapped, Is(wrapped, One()), Is(wrapped, Two()), wrapped == One()};
    Say{Unwrap(wrapped), Unwrap(One()), Unwrap(nullptr)};
  });
  Add("errors-join", [] {
    Say{Join(), Join(nullptr, nullptr)};
    const go::Error joined = Join(One(), nullptr, Two());
    Say{joined};
    Say{Is(joined, One()), Is(joined, Two()), Unwrap(joined)};
    Say{Join(joined, Wrap(One(), "three"))};
    Say{Is(Wrap(joined, "around"), Two())};
  });
  Add("errors-errno", [] {
    const go::Error missing = std::errc::no_such_file_or_directory;
    Say{missing, go::Error(std::errc::resource_unavailable_try_again),
        Is(missing, go::Error(std::errc::no_such_file_or_directory))};
  });
}

void AddContexts() {
  Add("context-texts", [] {
    Say{Canceled, DeadlineExceeded};
    const auto [ctx, cancel] = WithTimeout(Background(), 1ns);
    ctx.Done().Recv();
    Say{ctx.Err(), Cause(ctx), ctx.Err().Timeout()};
    Say{Canceled.Timeout()};
    cancel();
  });
  Add("context-strings", [] {
    Say{Background(), TODO()};
    const auto [ctx, cancel] = WithCancel(Background());
    Say{ctx};
    Say{WithoutCancel(ctx)};
    Say{WithValue(ctx, "key", "value")};
    Say{WithValue(ctx, 1, false)};
    cancel();
  });
  Add("context-cancel", [] {
    const auto [parent, cancel] = WithCancel(Background());
    const auto [child, cancel_child] = WithCancel(parent);
    const Context grandchild = WithValue(child, "key", 1);
    const auto [other, cancel_other] = WithCancel(parent);
    Say{parent.Err(), grandchild.Err(), !Background().Done()};
    cancel_other();
    Say{other.Err(), parent.Err(), child.Err()};
    cancel();
    cancel();
    Say{parent.Err(), child.Err(), grandchild.Err()};
    const bool ok = grandchild.Done().Recv().has_value();
    Say{ok, Value(grandchild, "key"), Value(grandchild, "other")};
    cancel_child();
  });
  Add("context-cause", [] {
    const auto [parent, cancel] = WithCancelCause(Background());
    const auto [child, cancel_child] = WithCancelCause(parent);
    Say{Cause(child)};
    cancel_child(One());
    cancel_child(Two());
    Say{Cause(child), child.Err(), Cause(parent)};
    cancel(Two());
    Say{Cause(child), Cause(parent), parent.Err()};
    Say{Cause(WithoutCancel(parent)), WithoutCancel(parent).Err()};
    const auto [ctx, cancel_nil] = WithCancelCause(Background());
    cancel_nil(nullptr);
    Say{Cause(ctx)};
    const auto [late, cancel_late] = WithTimeout(Background(), 1ns, One());
    late.Done().Recv();
    Say{Cause(late), late.Err()};
    cancel_late();
  });
  Add("context-deadline", [] {
    const auto [outer, cancel] = WithTimeout(Background(), 1h);
    const auto [inner, cancel_inner] = WithTimeout(outer, 2h);
    Say{Background().Deadline().has_value(),
        outer.Deadline() == inner.Deadline()};
    const auto [past, cancel_past] = WithTimeout(Background(), -1ns);
    Say{past.Err(), Cause(past)};
    cancel_past();
    Say{past.Err()};
    cancel();
    Say{inner.Err()};
    cancel_inner();
  });
  Add("context-after-func", [] {
    const auto [ctx, cancel] = WithCancel(Background());
    auto done = go::MakeChan<bool>();
    const auto stop = AfterFunc(ctx, [done] { done.Send(true); });
    const auto stopped = AfterFunc(ctx, [] { Say{"never"}; });
    Say{stopped(), stopped()};
    cancel();
    Say{*done.Recv(), stop()};
    AfterFunc(ctx, [done] { done.Send(true); });
    Say{*done.Recv()};
  });
  Add("notify-context", [] {
    const auto [ctx, stop] = go::signal::NotifyContext(Background(), SIGUSR1);
    Say{ctx};
    Self(SIGUSR1);
    ctx.Done().Recv();
    Say{ctx.Err(), Cause(ctx), Is(Cause(ctx), Canceled)};
    stop();
    Say{Cause(ctx)};
  });
  Add("notify-context-stop", [] {
    const auto [ctx, stop] =
        go::signal::NotifyContext(Background(), SIGUSR1, SIGUSR2);
    Say{ctx};
    stop();
    Say{ctx.Err(), Cause(ctx), Is(Cause(ctx), Canceled)};
  });
  Add("notify-context-parent", [] {
    const auto [parent, cancel] = WithCancelCause(Background());
    const auto [ctx, stop] = go::signal::NotifyContext(parent, SIGINT);
    cancel(One());
    ctx.Done().Recv();
    Say{ctx.Err(), Cause(ctx)};
    stop();
  });
}

void AddNotify() {
  using namespace go::signal;  // NOLINT(google-build-using-namespace)
  Add("signal-strings", [] {
    for (int i = 0; i < 66; i++) Say{i, Signal(i)};
  });
  Add("signal-notify", [] {
    auto c = go::MakeChan<Signal>(2);
    Notify(c, SIGUSR1, SIGUSR2, SIGTERM, SIGQUIT);
    for (int sig : {SIGUSR1, SIGTERM, SIGQUIT, SIGUSR2}) {
      Self(sig);
      Say{*c.Recv()};
    }
    Say{c.Len()};
  });
  Add("signal-all", [] {
    auto c = go::MakeChan<Signal>(1);
    Notify(c);
    for (int sig : {SIGHUP, SIGWINCH, SIGCHLD, 40}) {
      Self(sig);
      Say{*c.Recv()};
    }
  });
  Add("signal-dropped", [] {
    auto c = go::MakeChan<Signal>(1), all = go::MakeChan<Signal>(2);
    Notify(c, SIGUSR1, SIGUSR2);
    Notify(all, SIGUSR1, SIGUSR2);
    Self(SIGUSR1);
    Say{*all.Recv()};
    Self(SIGUSR2);
    Say{*all.Recv()};
    Say{*c.Recv(), c.Len()};
  });
  Add("signal-stop", [] {
    auto c = go::MakeChan<Signal>(1);
    Notify(c, SIGTERM);
    Self(SIGTERM);
    Say{*c.Recv()};
    Stop(c);
    Self(SIGTERM);
    go::time::Sleep(kForever);
  });
  Add("signal-reset", [] {
    auto c = go::MakeChan<Signal>(1);
    Notify(c, SIGHUP);
    Reset(SIGHUP);
    Self(SIGHUP);
    go::time::Sleep(kForever);
  });
  Add("signal-ignore", [] {
    Say{Ignored(SIGTERM)};
    Ignore(SIGTERM);
    Self(SIGTERM);
    Settle();
    Say{Ignored(SIGTERM)};
    Reset(SIGTERM);
    Say{Ignored(SIGTERM)};
    auto c = go::MakeChan<Signal>(1);
    Notify(c, SIGTERM);
    Say{Ignored(SIGTERM)};
    Self(SIGTERM);
    Say{*c.Recv()};
    Stop(c);
    Say{Ignored(SIGTERM)};
    Ignore(SIGTERM);
    Notify(c, SIGTERM);
    Reset(SIGTERM);
    Say{Ignored(SIGTERM)};
    Self(SIGTERM);
    go::time::Sleep(kForever);
  });
  Add("signal-ignored-by-parent", [] {
    Say{Ignored(SIGHUP)};
    Self(SIGHUP);
    Settle();
    auto c = go::MakeChan<Signal>(1);
    Notify(c, SIGHUP);
    Self(SIGHUP);
    Say{*c.Recv()};
    Stop(c);
    Say{Ignored(SIGHUP)};
    Self(SIGHUP);
    Settle();
    Say{"alive"};
  });
}

void AddDefaults() {
  for (const auto& [name, sig] : {std::pair{"hup", SIGHUP},
                                  {"int", SIGINT},
                                  {"term", SIGTERM},
                                  {"abrt", SIGABRT},
                                  {"usr1", SIGUSR1},
                                  {"chld", SIGCHLD},
                                  {"winch", SIGWINCH},
                                  {"segv", SIGSEGV},
                                  {"alrm", SIGALRM}}) {
    Add(std::string("signal-default-") + name, [s = sig] {
      Say{"before"};
      Self(s);
      Settle();
      Say{"after"};
    });
  }
  Add("signal-pipe", [] {
    int ends[2];
    if (::pipe(ends) != 0) return;
    ::close(ends[0]);
    const bool sent = ::write(ends[1], "x", 1) == 1;
    Say{sent ? go::Error() : go::Error(std::errc(errno))};
  });
}

}  // namespace

void AddTexts() {
  AddErrors();
  AddContexts();
  AddNotify();
  AddDefaults();
  Add("set-max-threads", [] {
    using go::runtime::SetMaxThreads;
    Say{SetMaxThreads(50), SetMaxThreads(10000)};
  });
  for (const char* name : {"schedtrace", "scheddetail"}) {
    Add(name, [] {
      go::Go([] { go::MakeChan<int>().Recv(); });
      go::time::Sleep(1s);  // sysmon has its turn, whatever the load
    });
  }
}

}  // namespace differential
