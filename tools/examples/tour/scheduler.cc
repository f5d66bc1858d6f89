// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Jobs with deadlines that are tried again: each attempt may take so long, a pause
// that doubles lies between two, and a job is given up when its deadline comes or
// its error is one that a further attempt cannot mend.

#include <gosling/context.h>
#include <gosling/errors.h>
#include <gosling/go.h>
#include <gosling/group.h>
#include <gosling/select.h>
#include <gosling/time.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace go = gosling;
using go::context::Context;
using namespace std::chrono_literals;

namespace {

// Permanent wraps an error that no further attempt can mend.
class Permanent : public go::errors::Base {
 public:
  explicit Permanent(std::string what) : what_(std::move(what)) {}
  std::string message() const override { return what_; }

 private:
  std::string what_;
};

struct Job {
  std::string name;
  std::function<go::Error(const Context&, int attempt)> run;
};

go::Error Try(const Context& ctx, const Job& job) {
  std::chrono::milliseconds pause = 1ms;
  for (int attempt = 1;; attempt++, pause *= 2) {
    const go::context::Scoped limited = go::context::WithTimeout(ctx, 10s);
    const go::Error err = job.run(limited, attempt);
    if (!err || go::errors::As<Permanent>(err) != nullptr) return err;
    if (go::SelectFor(pause, go::OnRecv(ctx.Done())) == 0) {
      return go::errors::Wrap(ctx.Err(), job.name);
    }
  }
}

}  // namespace

int main() {
  return go::Run([] {
    const std::vector<Job> jobs = {
        {"plain", [](const Context&, int) { return go::Error(); }},
        {"flaky",
         [](const Context&, int attempt) {
           return attempt < 4 ? go::errors::New("not yet") : go::Error();
         }},
        {"broken",
         [](const Context&, int) {
           return go::errors::Make<Permanent>("no such job");
         }},
        {"endless",
         [](const Context& ctx, int) {
           ctx.Done().Recv();
           return ctx.Err();
         }},
    };
    const go::context::Scoped all =
        go::context::WithTimeout(go::context::Background(), 2s);
    std::vector<go::Error> results(jobs.size());
    {
      go::sync::Scope scope(*all, /*limit=*/2);
      for (std::size_t i = 0; i < jobs.size(); i++) {
        scope.Go([&, i] { results[i] = Try(all, jobs[i]); });
      }
    }
    for (std::size_t i = 0; i < jobs.size(); i++) {
      std::printf("%s: %s\n", jobs[i].name.c_str(),
                  results[i] ? results[i].message().c_str() : "done");
    }
  });
}
