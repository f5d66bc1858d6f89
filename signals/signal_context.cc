// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// NotifyContext: Notify, and a goroutine that waits for the signal or the
// context's end, whichever comes first. Go: os/signal.NotifyContext.

#include <gosling/chan.h>
#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/select.h>
#include <gosling/signal.h>

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace gosling::signal {
namespace {

// NameOf lists the signals as Go does: "[interrupt terminated]".
std::string NameOf(const context::Context& parent,
                   std::span<const Signal> signals) {
  std::string name = "signal.NotifyContext(" + parent.String();
  if (!signals.empty()) {
    name += ", [";
    for (const Signal& sig : signals) {
      if (&sig != &signals.front()) name += ' ';
      name += sig.String();
    }
    name += ']';
  }
  return name + ')';
}

}  // namespace

std::pair<context::Context, context::CancelFunc> NotifyContext(
    const context::Context& parent, std::span<const Signal> signals) {
  auto [ctx, cancel] = context::WithCancelCause(parent);
  const auto c = MakeChan<Signal>(1);
  const context::CancelFunc stop = [c, cancel = cancel] {
    cancel(nullptr);
    Stop(c);
  };
  try {
    Notify(c, signals);
    // Its parent may have been cancelled.
    if (!ctx.Err()) {
      Go([c, done = ctx.Done(), cancel = cancel] {
        Select(OnRecv(c,
                      [&](std::optional<Signal> sig) {
                        cancel(internal::ErrorThatIs(
                            sig->String() + " signal received",
                            context::Canceled));
                      }),
               OnRecv(done, [] {}));
      });
    }
    return {internal::NamedContext(ctx, NameOf(parent, signals)), stop};
  } catch (...) {
    stop();
    throw;
  }
}

}  // namespace gosling::signal
