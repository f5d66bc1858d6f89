// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A pipeline that is given up in its middle: numbers, their squares made by three
// goroutines, merged. The reader stops at the first sum above 1,000; the end of
// its block cancels the context, and all the others end. After "Go Concurrency
// Patterns: Pipelines and cancellation".

#include <gosling/context.h>
#include <gosling/go.h>
#include <gosling/runtime.h>
#include <gosling/select.h>
#include <gosling/stream.h>

#include <cstdio>
#include <optional>
#include <vector>

namespace go = gosling;
using go::context::Context;

namespace {

go::RecvChan<int> Numbers(const Context& ctx) {
  const go::Chan<int> out = go::MakeChan<int>();
  go::Go([done = ctx.Done(), out] {
    int n = 1;
    while (go::Select(go::OnRecv(done), go::OnSend(out, n)) == 1) n++;
    out.Close();
  });
  return out;
}

go::RecvChan<int> Squares(const Context& ctx, const go::RecvChan<int>& in) {
  const go::Chan<int> out = go::MakeChan<int>();
  go::Go([done = ctx.Done(), in, out] {
    for (int n : in) {
      if (go::Select(go::OnRecv(done), go::OnSend(out, n * n)) == 0) break;
    }
    out.Close();
  });
  return out;
}

}  // namespace

int main() {
  return go::Run([] {
    int sum = 0;
    {
      const go::context::Scoped work =
          go::context::WithCancel(go::context::Background());
      const go::RecvChan<int> numbers = Numbers(work);
      std::vector<go::RecvChan<int>> squares;
      for (int i = 0; i < 3; i++) squares.push_back(Squares(work, numbers));
      for (int square : go::stream::Merge(work, squares)) {
        sum += square;
        if (sum > 1000) break;
      }
    }
    while (go::runtime::NumGoroutine() > 1) go::runtime::Gosched();
    std::printf("above 1000: %s; goroutines left: %d\n",
                sum > 1000 ? "yes" : "no", go::runtime::NumGoroutine());
  });
}
