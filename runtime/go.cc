// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Go and Run: from the templates of gosling/go.h to the scheduler.

#include <gosling/go.h>
#include <gosling/panic.h>

#include <string>

#include "runtime/testing/bubble.h"
#include "runtime/testing/program.h"
#include "sched/goroutine.h"
#include "sched/os/fatal.h"
#include "sched/proc.h"
#include "sched/run.h"
#include "sched/sched.h"

namespace gosling::internal {

NewGoroutine MakeGoroutine(std::size_t size, std::size_t align,
                           std::string_view name, std::size_t stack_size) {
  if (stack_size > sched::kMaxStack) {
    throw Panic("go: stack size of " + std::to_string(stack_size) +
                " bytes exceeds the limit of 1 GiB");
  }
  sched::G* g = sched::NewG(size, align, __builtin_return_address(0));
  if (stack_size != 0 && stack_size != sched::DefaultStack()) {
    g->stack_size = static_cast<std::uint32_t>(stack_size);
  }
  if (!name.empty()) {
    try {
      sched::SetGName(g, name.data(), name.size());
    } catch (...) {
      sched::FreeNewG(g);
      throw;
    }
  }
  return {g, g->closure};
}

void StartGoroutine(void* goroutine, void (*run)(void*)) noexcept {
  auto* g = static_cast<sched::G*>(goroutine);
  g->invoke = run;
  sched::StartG(g);
}

void DropGoroutine(void* goroutine) noexcept {
  sched::FreeNewG(static_cast<sched::G*>(goroutine));
}

void GoOfNil() { sched::Throw("go of nil func value"); }

void RunMain(void* goroutine, void (*run)(void*)) {
  auto* g = static_cast<sched::G*>(goroutine);
  g->invoke = run;
  if (testing::BubbleLoop::Current() != nullptr) {
    sched::FreeNewG(g);
    throw Panic("testing: Run called inside a bubble: goroutine " +
                std::to_string(sched::CurrentG()->goid) +
                " belongs to it, and starts others with Go");
  }
  void (*const by)(sched::G*) =
      sched::scheduler.seeded ? testing::RunProgram : nullptr;
  if (const char* problem = sched::RunMain(g, by)) throw Panic(problem);
}

void MainReturned() noexcept {
  if (!testing::ProgramReturned()) sched::MainReturned();
}

}  // namespace gosling::internal
