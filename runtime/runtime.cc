// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

#include <gosling/panic.h>
#include <gosling/runtime.h>

#include <cstdint>
#include <exception>
#include <new>
#include <utility>

#include "runtime/debug/traceback_lines.h"
#include "sched/gomaxprocs.h"
#include "sched/goroutine.h"
#include "sched/libc_call.h"
#include "sched/lock_os_thread.h"
#include "sched/os/os.h"
#include "sched/proc.h"
#include "sched/report/contention_profile.h"
#include "sched/report/traceback.h"
#include "sched/syscall.h"
#include "sched/thread.h"
#include "sched/world.h"

namespace gosling::runtime {

void Gosched() {
  sched::Pinned pin;
  sched::Yield(pin.g());
}

void Goexit() { sched::Goexit(); }

int GOMAXPROCS(int n) { return sched::SetGoMaxProcs(n); }

void SetDefaultGOMAXPROCS() { sched::SetDefaultGoMaxProcs(); }

int NumCPU() { return sched::os::NumCPU(); }

int NumGoroutine() { return sched::NumGoroutine(); }

std::uint64_t Goid() { return sched::CurrentG()->goid; }

void LockOSThread() { sched::LockOSThread(); }

void UnlockOSThread() { sched::UnlockOSThread(); }

int SetMaxThreads(int n) {
  if (n < 1) throw Panic("runtime: SetMaxThreads needs at least 1 thread");
  return sched::SetMaxThreads(n);
}

void EnterSyscall() { sched::EnterSyscall(); }

void EnterSyscallBlock() { sched::EnterSyscallBlock(); }

void ExitSyscall() { sched::ExitSyscall(); }

namespace internal {

void CallOnSystemStack(void (*f)(void*), void* arg) {
  struct Call {
    void (*f)(void*);
    void* arg;
    std::exception_ptr error;
  } call{f, arg, nullptr};
  sched::LibcCall(
      [](void* p) -> std::intptr_t {
        auto* c = static_cast<Call*>(p);
        try {
          c->f(c->arg);
        } catch (...) {
          c->error = std::current_exception();
        }
        return 0;
      },
      &call);
  if (call.error) std::rethrow_exception(std::move(call.error));
}

}  // namespace internal

std::string Stack(bool all) {
  std::string text;
  sched::Output out{[](void* arg, const char* s, std::size_t n) {
                      static_cast<std::string*>(arg)->append(s, n);
                    },
                    &text};
  sched::PrintStack(out);
  if (all) {
    sched::StoppedWorld world;
    sched::PrintGoroutines(sched::CurrentG(), out, /*mark_leaked=*/true);
  }
  return debug::AddLines(text);  // the world goes on
}

void SetBlockProfileRate(std::int64_t ns) {
  if (!sched::SetBlockProfileRate(ns)) throw std::bad_alloc();
}

int SetMutexProfileFraction(int n) {
  const std::int32_t former = sched::SetMutexProfileFraction(n);
  if (former < 0) throw std::bad_alloc();
  return former;
}

void SetName(std::string_view name) {
  sched::SetGName(sched::CurrentG(), name.data(), name.size());
}

}  // namespace gosling::runtime
