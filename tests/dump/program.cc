// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A program that crashes while its threads hold locks of libraries: the subject
// of dump_test. Built twice, as a static program, whose unwind tables are
// registered with libgcc, and as a dynamic one, which registers one if told to.
//
//     program plain|registered CRASH [MICROSECONDS]
//
//     quit   SIGQUIT, to the process
//     burst  60 of them
//     panic  an exception that leaves a goroutine
//     null   a write through a null pointer
//
// after that time of throwing, allocating, printing, loading and reading stacks;
// or while a goroutine is inside the unwinder and holds its lock, of which the
// dynamic program makes sure by a malloc of its own:
//
//     quit-beside-busy    SIGQUIT; the holder wants to run a little
//     quit-beside-stuck   SIGQUIT; the holder never gives the lock back
//     panic-beside-stuck, null-beside-stuck
//     quit-inside, null-inside   the holder is the one to crash

#include <gosling/gosling.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <unwind.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#if defined(DYNAMIC)
#include <dlfcn.h>
#endif

#define KEEP_FRAME() asm volatile("" : : : "memory")

extern "C" {
void __register_frame(void*);

// On its stack this function stands from before the caller of begun.Recv goes on.
[[gnu::noinline]] void dump_program_park(gosling::Chan<gosling::Unit> begun,
                                         gosling::Chan<int> c) {
  begun.Send({});
  c.Recv();
  KEEP_FRAME();
}

[[gnu::noinline]] void dump_program_write(std::uintptr_t address) {
  *reinterpret_cast<volatile int*>(address) = 1;
  KEEP_FRAME();
}
}

namespace go = gosling;

namespace {

constexpr std::uintptr_t kNull = 8;

std::string death;
bool Dies(const char* how) { return death.rfind(how, 0) == 0; }
bool Holds(const char* how) {
  const std::size_t at = death.rfind('-');
  return at != std::string::npos && death.substr(at + 1) == how;
}

// RegisterTable registers a table of one function that is not there, a different
// one each time. Where pointers have 32 bits none is.
void RegisterTable() {
#if __SIZEOF_POINTER__ == 8
  static std::uintptr_t function = 0;
  function += 0x100;
  const unsigned char cie_and_fde[] = {
      0x14, 0,   0,   0,    0,    0,    0,  0,     // length, this is a CIE
      1,    'z', 'R', 0,    1,    0x78, 16, 1, 0,  // addresses are absolute
      0x0c, 7,   8,   0x90, 1,    0,    0,      // where the caller's frame is
      0x18, 0,   0,   0,    0x1c, 0,    0,  0,  // length, the CIE's distance
  };
  // libgcc keeps a pointer to it. Zeros at its end are the end of the table.
  constexpr std::size_t kRest = 8 + 8 + 4 + 4;
  auto* table =
      static_cast<unsigned char*>(std::calloc(1, sizeof cie_and_fde + kRest));
  std::memcpy(table, cie_and_fde, sizeof cie_and_fde);
  std::memcpy(table + sizeof cie_and_fde, &function, sizeof function);
  table[sizeof cie_and_fde + 8] = 16;  // bytes of code
  ::__register_frame(table);
#endif
}

void Die() {
  if (Dies("quit")) ::kill(::getpid(), SIGQUIT);
  for (int i = 0; i < 60 && Dies("burst"); i++) {
    ::kill(::getpid(), SIGQUIT);
    std::this_thread::yield();
  }
}

// --- Holding the unwinder's lock ---

// In the thread that is to hold it; set while nothing but the unwinder runs.
thread_local bool about_to_hold = false;
std::atomic<bool> held{false};

std::int64_t ThreadCpuTime() {
  timespec t;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * std::int64_t{1'000'000'000} + t.tv_nsec;
}

[[maybe_unused]] void Hold() {
  about_to_hold = false;
  const std::int64_t start = ThreadCpuTime();
  held.store(true);
  if (Holds("inside")) {
    if (Dies("null")) dump_program_write(kNull);
    ::pthread_kill(::pthread_self(), SIGQUIT);
  }
  while (Holds("stuck") || ThreadCpuTime() - start < 20'000'000) KEEP_FRAME();
}

#if defined(OWN_MALLOC) && defined(__GLIBC__)
extern "C" void* __libc_malloc(std::size_t n);
// libgcc sorts a table that is new to it in memory that it takes under its lock.
extern "C" void* malloc(std::size_t n) {
  if (about_to_hold) Hold();
  return __libc_malloc(n);
}
#endif

void HoldTheLock() {
  RegisterTable();
  about_to_hold = true;
  _Unwind_Backtrace([](_Unwind_Context*, void*) { return _URC_END_OF_STACK; },
                    nullptr);
  about_to_hold = false;
  if (!held.load()) ::_exit(77);  // this libgcc does it otherwise
}

// --- What goes on meanwhile ---

[[gnu::noinline]] void ThrowFrom(int depth) {
  if (depth == 0) throw std::runtime_error("caught");
  ThrowFrom(depth - 1);
  KEEP_FRAME();
}

void ThrowAndCatch() {
  try {
    ThrowFrom(5);
  } catch (const std::exception&) {
  }
}

template <class F>
void Spawn(const char* name, F f) {
  go::Go(go::GoOptions{.name = name}, [f] {
    for (;;) f();
  });
}

void StartEverything() {
  for (int i = 0; i < 3; i++) Spawn("thrower", ThrowAndCatch);
  Spawn("allocator", [] {
    static std::atomic<std::size_t> size{1};
    std::string text(size++ % 100'000, 'x');
    KEEP_FRAME();
  });
  Spawn("printer", [sink = std::fopen("/dev/null", "w")] {
    std::fprintf(sink, "%d\n", 1);
    go::runtime::Gosched();
  });
  Spawn("reader", [] {
    go::runtime::Stack(true);
    go::runtime::Gosched();
  });
#if defined(DYNAMIC)
  Spawn("loader", [] {
    void* library = ::dlopen("libresolv.so.2", RTLD_NOW);
    if (library != nullptr) ::dlclose(library);
    go::runtime::Gosched();
  });
#endif
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  const rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(SIGQUIT, SIG_DFL);
  death = argv[2];
  if (std::strcmp(argv[1], "registered") == 0) RegisterTable();
  const bool holding = death.find('-') != std::string::npos;
  const std::chrono::microseconds after(argc > 3 ? std::atoi(argv[3]) : 0);
  return go::Run([&] {
    auto never = go::MakeChan<int>();
    auto begun = go::MakeChan<go::Unit>();
    go::Go(go::GoOptions{.name = "parked"},
           [begun, never] { dump_program_park(begun, never); });
    begun.Recv();
    if (holding) {
      go::Go(go::GoOptions{.name = "holder"}, [] { HoldTheLock(); });
      while (!held.load()) go::runtime::Gosched();
    } else {
      StartEverything();
      go::time::Sleep(after);
    }
    if (Holds("inside")) go::Select();
    // A throw would wait for the lock.
    if (Dies("panic") && holding) std::terminate();
    if (Dies("panic")) throw std::logic_error("told");
    if (Dies("null")) dump_program_write(kNull);
    std::thread(Die).detach();
    go::Select();
  });
}
