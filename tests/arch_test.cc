// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// White-box test of arch/: the trampolines, the call on another stack, the
// thread word and the CPU's odds and ends. The symbols are hidden in the shared
// library, so it links the static one.
//
// The tests of the thread word after migration tell right from wrong only in
// optimised, position-independent code: a plain thread_local fails them with
// -O2 -fPIC in both compilers, and passes without either.

#include "arch/arch.h"

#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <gtest/gtest.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/debugging/symbolize.h"
#include "arch/libc_call.h"
#include "arch/registers.h"
#include "tests/emulated.h"
#include "tests/system.h"

namespace gosling::arch {
namespace {

// ---------------------------------------------------------------- trampolines

// Reaching ~Pipe with the ends still open closes them.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(gosling_pipe_trampoline(&args_), 0); }
  ~Pipe() {
    ::close(args_.fds[0]);
    ::close(args_.fds[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return args_.fds[0]; }
  int write_end() const { return args_.fds[1]; }

 private:
  PipeArgs args_{{-1, -1}};
};

// A descriptor that is certainly not open.
constexpr int kBadFd = 1 << 30;

// Lets no descriptor be opened while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &former_), 0);
    const rlimit none{0, former_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &former_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit former_;
};

TEST(Trampoline, PipeFillsItsArgumentBlock) {
  PipeArgs args{{-1, -1}};
  ASSERT_EQ(gosling_pipe_trampoline(&args), 0);
  EXPECT_GE(args.fds[0], 0);
  EXPECT_GE(args.fds[1], 0);
  char byte = 0;
  EXPECT_EQ(::write(args.fds[1], "x", 1), 1);
  EXPECT_EQ(::read(args.fds[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
  ::close(args.fds[0]);
  ::close(args.fds[1]);
}

// Go's first pipe trampolines (commit c485e8b5) returned minus the address of
// errno on all four CPUs.
TEST(Trampoline, PipeWithoutDescriptorsReturnsMinusErrno) {
  PipeArgs args{{-1, -1}};
  std::intptr_t result;
  {
    NoDescriptors none;
    result = gosling_pipe_trampoline(&args);
  }
  EXPECT_EQ(result, -EMFILE);
}

#if !defined(__APPLE__)
TEST(Trampoline, Pipe2SetsItsFlags) {
  Pipe2Args args{{-1, -1}, O_CLOEXEC | O_NONBLOCK};
  ASSERT_EQ(gosling_pipe2_trampoline(&args), 0);
  for (int fd : args.fds) {
    EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    ::close(fd);
  }
}

TEST(Trampoline, Pipe2WithUnknownFlagsReturnsMinusErrno) {
  Pipe2Args args{{-1, -1}, ~0};
  EXPECT_EQ(gosling_pipe2_trampoline(&args), -EINVAL);
}

TEST(Trampoline, Pipe2WithoutDescriptorsReturnsMinusErrno) {
  Pipe2Args args{{-1, -1}, O_CLOEXEC};
  std::intptr_t result;
  {
    NoDescriptors none;
    result = gosling_pipe2_trampoline(&args);
  }
  EXPECT_EQ(result, -EMFILE);
}
#endif

TEST(Trampoline, WriteThenReadMovesTheBytes) {
  Pipe pipe;
  WriteArgs write_args{pipe.write_end(), "honk", 4};
  EXPECT_EQ(gosling_write_trampoline(&write_args), 4);
  char text[8] = {};
  ReadArgs read_args{pipe.read_end(), text, sizeof(text)};
  EXPECT_EQ(gosling_read_trampoline(&read_args), 4);
  EXPECT_STREQ(text, "honk");
}

TEST(Trampoline, ReadAtEndOfFileReturnsZero) {
  char byte;
  const int fd = ::open("/dev/null", O_RDONLY);
  ReadArgs args{fd, &byte, 1};
  EXPECT_EQ(gosling_read_trampoline(&args), 0);
  ::close(fd);
}

// A count cut to 32 bits would mean nothing to read. Whole, it yields the three
// bytes, or EFAULT where the buffer is less than that below the end of memory.
TEST(Trampoline, ReadPassesACountAboveFourGigabytes) {
  constexpr int kBits = 32;
  constexpr bool kWide = sizeof(std::size_t) * 8 > kBits;
  if (!kWide) GTEST_SKIP() << "size_t has 32 bits";
  Pipe pipe;
  ASSERT_EQ(::write(pipe.write_end(), "abc", 3), 3);
  char text[8];
  ReadArgs args{pipe.read_end(), text, std::size_t{1} << (kWide ? kBits : 0)};
  EXPECT_NE(gosling_read_trampoline(&args), 0);
}

TEST(Trampoline, ReadOfABadDescriptorReturnsMinusErrno) {
  char byte;
  ReadArgs args{kBadFd, &byte, 1};
  EXPECT_EQ(gosling_read_trampoline(&args), -EBADF);
}

TEST(Trampoline, WriteToABadDescriptorReturnsMinusErrno) {
  WriteArgs args{kBadFd, "x", 1};
  EXPECT_EQ(gosling_write_trampoline(&args), -EBADF);
}

TEST(Trampoline, WriteToAFullNonBlockingPipeReturnsMinusEagain) {
  Pipe pipe;
  FcntlArgs set{pipe.write_end(), F_SETFL, O_NONBLOCK};
  ASSERT_EQ(gosling_fcntl_trampoline(&set), 0);
  const std::vector<char> chunk(1 << 16);
  WriteArgs args{pipe.write_end(), chunk.data(), chunk.size()};
  std::intptr_t n;
  do {
    n = gosling_write_trampoline(&args);
  } while (n > 0);
  EXPECT_EQ(n, -EAGAIN);
}

TEST(Trampoline, CloseCloses) {
  const int fd = ::dup(STDERR_FILENO);
  ASSERT_GE(fd, 0);
  CloseArgs args{fd};
  EXPECT_EQ(gosling_close_trampoline(&args), 0);
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

TEST(Trampoline, CloseOfABadDescriptorReturnsMinusErrno) {
  CloseArgs args{kBadFd};
  EXPECT_EQ(gosling_close_trampoline(&args), -EBADF);
}

TEST(Trampoline, FcntlSetsAndGetsDescriptorFlags) {
  Pipe pipe;
  FcntlArgs set{pipe.read_end(), F_SETFD, FD_CLOEXEC};
  EXPECT_EQ(gosling_fcntl_trampoline(&set), 0);
  FcntlArgs get{pipe.read_end(), F_GETFD, 0};
  EXPECT_EQ(gosling_fcntl_trampoline(&get), FD_CLOEXEC);
}

TEST(Trampoline, FcntlSetsAndGetsStatusFlags) {
  Pipe pipe;
  FcntlArgs get{pipe.write_end(), F_GETFL, 0};
  const std::intptr_t flags = gosling_fcntl_trampoline(&get);
  ASSERT_EQ(flags, O_WRONLY);
  FcntlArgs set{pipe.write_end(), F_SETFL, flags | O_NONBLOCK};
  EXPECT_EQ(gosling_fcntl_trampoline(&set), 0);
  EXPECT_EQ(gosling_fcntl_trampoline(&get), O_WRONLY | O_NONBLOCK);
}

TEST(Trampoline, FcntlPassesAPointer) {
  FILE* file = ::tmpfile();
  ASSERT_NE(file, nullptr);
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  FcntlArgs args{::fileno(file), F_GETLK,
                 reinterpret_cast<std::intptr_t>(&lock)};
  EXPECT_EQ(gosling_fcntl_trampoline(&args), 0);
  EXPECT_EQ(lock.l_type, F_UNLCK);
  ::fclose(file);
}

TEST(Trampoline, FcntlOnABadDescriptorReturnsMinusErrno) {
  FcntlArgs args{kBadFd, F_GETFD, 0};
  EXPECT_EQ(gosling_fcntl_trampoline(&args), -EBADF);
}

TEST(Trampoline, ReadsTheErrnoOfItsOwnThread) {
  errno = ENOTTY;
  std::intptr_t result = 0;
  std::thread([&] {
    CloseArgs args{kBadFd};
    result = gosling_close_trampoline(&args);
  }).join();
  EXPECT_EQ(result, -EBADF);
  EXPECT_EQ(errno, ENOTTY);
}

// ------------------------------------------------------- call on another stack

class Stack {
 public:
  static constexpr std::size_t kSize = std::size_t{512} << 10;

  Stack() : base_(Map()) {}
  ~Stack() { ::munmap(base_, kSize); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  char* Top() const { return base_ + kSize; }
  bool Contains(std::intptr_t address) const {
    const auto end = reinterpret_cast<std::intptr_t>(Top());
    return address >= end - static_cast<std::intptr_t>(kSize) && address < end;
  }

 private:
  static char* Map() {
    void* p = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(p, MAP_FAILED);
    return static_cast<char*>(p);
  }

  char* const base_;
};

// Calls f on the stack that ends at top. f may return anything a word holds.
template <class F>
std::intptr_t Call(void* top, F&& f) {
  return gosling_call_on_stack(
      [](void* arg) -> std::intptr_t { return (*static_cast<F*>(arg))(); }, &f,
      top);
}

// FrameAddress returns an address in its frame, which is as aligned as the
// compiler takes the stack to be. AddressSanitizer would put the variable
// elsewhere.
[[gnu::noinline, gnu::no_sanitize_address]] std::intptr_t FrameAddress(void*) {
  alignas(std::max_align_t) volatile char here = 0;
  auto address = reinterpret_cast<std::intptr_t>(&here);
  asm("" : "+r"(address));  // compilers warn of returning a local's address
  return address;
}

constexpr auto kAlignment =
    static_cast<std::intptr_t>(alignof(std::max_align_t));

TEST(CallOnStack, RunsOnTheGivenStack) {
  Stack stack;
  const auto frame = gosling_call_on_stack(FrameAddress, nullptr, stack.Top());
  EXPECT_TRUE(stack.Contains(frame));
}

TEST(CallOnStack, StartsAtTheVeryTop) {
  Stack stack;
  const auto frame = gosling_call_on_stack(FrameAddress, nullptr, stack.Top());
  EXPECT_LE(reinterpret_cast<std::intptr_t>(stack.Top()) - frame, 128);
}

TEST(CallOnStack, RoundsTheTopDown) {
  Stack stack;
  for (int off = 0; off < 32; off++) {
    const auto frame =
        gosling_call_on_stack(FrameAddress, nullptr, stack.Top() - off);
    EXPECT_EQ(frame % kAlignment, 0);
    EXPECT_LE(frame, reinterpret_cast<std::intptr_t>(stack.Top() - off));
  }
}

TEST(CallOnStack, RunsInPlaceWithoutAStack) {
  const auto here = reinterpret_cast<std::intptr_t>(__builtin_frame_address(0));
  const auto frame = gosling_call_on_stack(FrameAddress, nullptr, nullptr);
  EXPECT_LT(frame, here);
  EXPECT_GT(frame, here - (1 << 14));
  EXPECT_EQ(frame % kAlignment, 0);
}

TEST(CallOnStack, PassesTheArgument) {
  Stack stack;
  int mark = 0;
  const auto result = gosling_call_on_stack(
      [](void* arg) { return reinterpret_cast<std::intptr_t>(arg); }, &mark,
      stack.Top());
  EXPECT_EQ(result, reinterpret_cast<std::intptr_t>(&mark));
}

TEST(CallOnStack, ReturnsTheWholeWord) {
  Stack stack;
  EXPECT_EQ(Call(stack.Top(), [] { return INTPTR_MIN; }), INTPTR_MIN);
  EXPECT_EQ(Call(stack.Top(), [] { return INTPTR_MAX; }), INTPTR_MAX);
  EXPECT_EQ(Call(stack.Top(), [] { return std::intptr_t{-1}; }), -1);
}

TEST(CallOnStack, Nests) {
  Stack outer, inner;
  std::intptr_t inner_frame = 0;
  const auto outer_frame = Call(outer.Top(), [&] {
    inner_frame = gosling_call_on_stack(FrameAddress, nullptr, inner.Top());
    return FrameAddress(nullptr);
  });
  EXPECT_TRUE(outer.Contains(outer_frame));
  EXPECT_TRUE(inner.Contains(inner_frame));
}

TEST(CallOnStack, RunsATrampoline) {
  Stack stack;
  PipeArgs args{{-1, -1}};
  ASSERT_EQ(gosling_call_on_stack(gosling_pipe_trampoline, &args, stack.Top()),
            0);
  EXPECT_GE(args.fds[0], 0);
  EXPECT_GE(args.fds[1], 0);
  for (int fd : args.fds) {
    CloseArgs close_args{fd};
    EXPECT_EQ(gosling_call_on_stack(gosling_close_trampoline, &close_args,
                                    stack.Top()),
              0);
    EXPECT_EQ(gosling_call_on_stack(gosling_close_trampoline, &close_args,
                                    stack.Top()),
              -EBADF);
  }
}

TEST(CallOnStack, LetsExceptionsBeCaughtInside) {
  Stack stack;
  std::string caught;
  const auto result = Call(stack.Top(), [&]() -> std::intptr_t {
    try {
      throw std::runtime_error("honk");
    } catch (const std::exception& e) {
      caught = e.what();
      return 7;
    }
  });
  EXPECT_EQ(result, 7);
  EXPECT_EQ(caught, "honk");
}

TEST(CallOnStack, KeepsTheFloatingPointControlWords) {
  Stack stack;
  ASSERT_EQ(::fesetround(FE_UPWARD), 0);
  const auto inside =
      Call(stack.Top(), [] { return std::intptr_t{::fegetround()}; });
  const int after = ::fegetround();
  ::fesetround(FE_TONEAREST);
  EXPECT_EQ(inside, FE_UPWARD);
  EXPECT_EQ(after, FE_UPWARD);
}

// The caller sees the words that fn sets: nothing is saved and put back.
TEST(CallOnStack, LeavesTheFloatingPointControlWordsToFn) {
  Stack stack;
  Call(stack.Top(), [] { return std::intptr_t{::fesetround(FE_DOWNWARD)}; });
  const int after = ::fegetround();
  ::fesetround(FE_TONEAREST);
  EXPECT_EQ(after, FE_DOWNWARD);
}

// ScrambleRegisters overwrites what a function must preserve, except for the
// frame pointer; the clobbers make the compiler put it back.
[[gnu::noinline]] std::intptr_t ScrambleRegisters(void*) {
#if defined(__i386__)
  asm volatile("xorl %%ebx, %%ebx\n\txorl %%esi, %%esi\n\txorl %%edi, %%edi"
               :
               :
               : "ebx", "esi", "edi", "memory");
#elif defined(__x86_64__)
  asm volatile(
      "xorl %%ebx, %%ebx\n\txorl %%r12d, %%r12d\n\txorl %%r13d, %%r13d\n\t"
      "xorl %%r14d, %%r14d\n\txorl %%r15d, %%r15d"
      :
      :
      : "rbx", "r12", "r13", "r14", "r15", "memory");
#elif defined(__arm__)
  asm volatile(
      "mov r4, #0\n\tmov r5, #0\n\tmov r6, #0\n\tmov r8, #0\n\t"
      "mov r9, #0\n\tmov r10, #0"
      :
      :
      : "r4", "r5", "r6", "r8", "r9", "r10", "memory");
#else
  asm volatile(
      "mov x19, #0\n\tmov x20, #0\n\tmov x21, #0\n\tmov x22, #0\n\t"
      "mov x23, #0\n\tmov x24, #0\n\tmov x25, #0\n\tmov x26, #0\n\t"
      "mov x27, #0\n\tmov x28, #0"
      :
      :
      : "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
        "memory");
#endif
  return 42;
}

// Seen is what is found after a call of gosling_call_on_stack: the result, and
// by how much each register that must be preserved has changed.
struct Seen {
  std::uintptr_t result = 0;
  std::array<std::uintptr_t, 9> changes{};
};

// CALL_ON_STACK(call) is a line of assembly: a call of gosling_call_on_stack by
// the name that the object format gives it.
#define TEXT_OF(x) #x
#define TEXT(...) TEXT_OF(__VA_ARGS__)
#define CALL_ON_STACK(call) \
  call " " TEXT(__USER_LABEL_PREFIX__) "gosling_call_on_stack\n\t"

// CallAndLook calls ScrambleRegisters on the stack that ends at top. A register
// holds the address of what it returns, which tells of that one.
#if defined(__i386__)
Seen CallAndLook(void* top) {
  Seen seen;
  void* out = &seen;
  auto fn = &ScrambleRegisters;
  asm volatile(
      "movl %%esp, %%esi\n\t"
      "movl $0x1234567, %%ebx\n\t"
      "andl $-16, %%esp\n\t"
      "pushl $0\n\t"
      "pushl %%edx\n\t"
      "pushl $0\n\t"
      "pushl %%eax\n\t"
      CALL_ON_STACK("calll")
      "movl %%eax, 0(%%edi)\n\t"
      "addl $16, %%esp\n\t"
      "movl %%esi, %%eax\n\t"
      "andl $-16, %%eax\n\t"
      "subl %%esp, %%eax\n\t"
      "movl %%eax, 4(%%edi)\n\t"
      "subl $0x1234567, %%ebx\n\t"
      "movl %%ebx, 8(%%edi)\n\t"
      "movl %%esi, %%esp"
      : "+D"(out), "+a"(fn), "+d"(top)
      :
      : "ebx", "ecx", "esi", "memory", "cc");
  return seen;
}
#elif defined(__x86_64__)
// The first line steps over the red zone.
Seen CallAndLook(void* top) {
  Seen seen;
  void* out = &seen;
  auto fn = &ScrambleRegisters;
  void* arg = nullptr;
  asm volatile(
      "leaq -128(%%rsp), %%rsp\n\t"
      "movq %%rax, %%r15\n\t"
      "movq %%rsp, %%r14\n\t"
      "movq %%rbp, %%r13\n\t"
      "movq $0x1234567, %%rbx\n\t"
      "movq $-0x7654321, %%r12\n\t"
      "andq $-16, %%rsp\n\t"
      CALL_ON_STACK("callq")
      "movq %%rax, 0(%%r15)\n\t"
      "subq $0x1234567, %%rbx\n\t"
      "movq %%rbx, 8(%%r15)\n\t"
      "addq $0x7654321, %%r12\n\t"
      "movq %%r12, 16(%%r15)\n\t"
      "subq %%rbp, %%r13\n\t"
      "movq %%r13, 24(%%r15)\n\t"
      "movq %%r14, %%rax\n\t"
      "andq $-16, %%rax\n\t"
      "subq %%rsp, %%rax\n\t"
      "movq %%rax, 32(%%r15)\n\t"
      "movq %%r14, %%rsp\n\t"
      "leaq 128(%%rsp), %%rsp"
      : "+a"(out), "+D"(fn), "+S"(arg), "+d"(top)
      :
      : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
        "xmm7");
  return seen;
}
#elif defined(__arm__)
// r7 and r11 are only compared: one of them is the frame pointer.
Seen CallAndLook(void* top) {
  Seen seen;
  register void* out asm("r4") = &seen;
  register auto fn asm("r0") = &ScrambleRegisters;
  register void* arg asm("r1") = nullptr;
  register void* top_in_r2 asm("r2") = top;
  asm volatile(
      "mov r5, sp\n\t"
      "mov r6, r7\n\t"
      "mov r8, r11\n\t"
      "add r9, r4, #9\n\t"
      "add r10, r4, #10\n\t"
      CALL_ON_STACK("bl")
      "str r0, [r4]\n\t"
      "mov r1, sp\n\t"
      "sub r5, r5, r1\n\t"
      "str r5, [r4, #4]\n\t"
      "sub r6, r6, r7\n\t"
      "str r6, [r4, #8]\n\t"
      "sub r8, r8, r11\n\t"
      "str r8, [r4, #12]\n\t"
      "sub r9, r9, r4\n\t"
      "sub r9, r9, #9\n\t"
      "str r9, [r4, #16]\n\t"
      "sub r10, r10, r4\n\t"
      "sub r10, r10, #10\n\t"
      "str r10, [r4, #20]"
      : "+r"(out), "+r"(fn), "+r"(arg), "+r"(top_in_r2)
      :
      : "r3", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "memory", "cc");
  return seen;
}
#else
Seen CallAndLook(void* top) {
  Seen seen;
  register void* out asm("x19") = &seen;
  register auto fn asm("x0") = &ScrambleRegisters;
  register void* arg asm("x1") = nullptr;
  register void* top_in_x2 asm("x2") = top;
  asm volatile(
      "mov x20, sp\n\t"
      "mov x21, x29\n\t"
      "add x22, x19, #1\n\t"
      "add x23, x19, #1\n\t"
      "add x24, x19, #1\n\t"
      "add x25, x19, #1\n\t"
      "add x26, x19, #1\n\t"
      "add x27, x19, #1\n\t"
      "add x28, x19, #1\n\t"
      CALL_ON_STACK("bl")
      "str x0, [x19]\n\t"
      "mov x1, sp\n\t"
      "sub x20, x20, x1\n\t"
      "sub x21, x21, x29\n\t"
      "stp x20, x21, [x19, #8]\n\t"
      "add x1, x19, #1\n\t"
      "sub x22, x22, x1\n\t"
      "sub x23, x23, x1\n\t"
      "stp x22, x23, [x19, #24]\n\t"
      "sub x24, x24, x1\n\t"
      "sub x25, x25, x1\n\t"
      "stp x24, x25, [x19, #40]\n\t"
      "sub x26, x26, x1\n\t"
      "sub x27, x27, x1\n\t"
      "stp x26, x27, [x19, #56]\n\t"
      "sub x28, x28, x1\n\t"
      "str x28, [x19, #72]"
      : "+r"(out), "+r"(fn), "+r"(arg), "+r"(top_in_x2)
      :
      : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
        "x14", "x15", "x16", "x17", "x20", "x21", "x22", "x23", "x24", "x25",
        "x26", "x27", "x28", "x30", "memory", "cc");
  return seen;
}
#endif

TEST(CallOnStack, PreservesCalleeSavedRegisters) {
  Stack stack;
  const Seen seen = CallAndLook(stack.Top());
  EXPECT_EQ(seen.result, 42u);
  for (std::size_t i = 0; i < seen.changes.size(); i++) {
    EXPECT_EQ(seen.changes[i], 0u) << "register " << i << " of those looked at";
  }
}

// The functions that the unwinders must find, from the outermost in: two
// switches lie between Outermost and Innermost.
using Frames = std::vector<std::string>;  // names

struct WalkArgs {
  Frames (*walk)();
  void* first_top;
  void* second_top;
  Frames frames;
};

// Each stores through a volatile after its call, so as not to become a jump.
volatile int after_call;

extern "C" {
[[gnu::noinline]] std::intptr_t gosling_test_innermost(void* arg) {
  auto* args = static_cast<WalkArgs*>(arg);
  args->frames = args->walk();
  after_call = 1;
  return 0;
}

[[gnu::noinline]] std::intptr_t gosling_test_middle(void* arg) {
  auto* args = static_cast<WalkArgs*>(arg);
  const auto result =
      gosling_call_on_stack(gosling_test_innermost, args, args->second_top);
  after_call = 2;
  return result;
}

[[gnu::noinline]] std::intptr_t gosling_test_outermost(void* arg) {
  auto* args = static_cast<WalkArgs*>(arg);
  const auto result =
      gosling_call_on_stack(gosling_test_middle, args, args->first_top);
  after_call = 3;
  return result;
}
}

std::uintptr_t Address(void* p) { return reinterpret_cast<std::uintptr_t>(p); }

void* Pointer(std::uintptr_t address) {
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

// FunctionAround returns the name of the function that pc lies in.
std::string FunctionAround(std::uintptr_t pc) {
  std::array<char, 256> name{};
  return absl::Symbolize(Pointer(pc), name.data(), name.size()) ? name.data()
                                                                : "";
}

// FunctionCalling is FunctionAround for a return address.
std::string FunctionCalling(std::uintptr_t pc) {
  return FunctionAround(pc - 1);
}

// Backtrace is libc's, empty where it has none.
Frames Backtrace() {
  std::array<void*, 64> pcs;
  const int n = LibcBacktrace(pcs.data(), static_cast<int>(pcs.size()));
  Frames frames;
  for (int i = 0; i < n; i++)
    frames.push_back(FunctionCalling(Address(pcs[i])));
  return frames;
}

// ExpectAll holds that the chain of calls shows in frames, in order.
void ExpectAll(const Frames& frames) {
  constexpr std::array kChain = {
      "gosling_test_innermost", "gosling_call_on_stack", "gosling_test_middle",
      "gosling_call_on_stack", "gosling_test_outermost"};
  std::size_t found = 0;
  for (std::string name : frames) {
    if (name == "__morestack") name = "gosling_call_on_stack";  // see asm.h
    if (found < kChain.size() && name.starts_with(kChain[found])) found++;
  }
  EXPECT_EQ(found, kChain.size())
      << "of the chain's functions found in order:\n"
      << ::testing::PrintToString(frames);
}

bool LibcHasBacktrace() {
  void* frame;
  return LibcBacktrace(&frame, 1) >= 0;
}

#define SKIP_WITHOUT_BACKTRACE() \
  if (!LibcHasBacktrace()) GTEST_SKIP() << "libc has no backtrace"

TEST(CallOnStack, BacktraceWalksOutToTheCaller) {
  SKIP_WITHOUT_BACKTRACE();
  Stack first, second;
  WalkArgs args{Backtrace, first.Top(), second.Top(), {}};
  gosling_test_outermost(&args);
  ExpectAll(args.frames);
}

TEST(CallOnStack, UnwinderWalksOutToTheCaller) {
  Stack first, second;
  WalkArgs args{[] {
                  Frames frames;
                  _Unwind_Backtrace(
                      [](_Unwind_Context* context, void* arg) {
                        static_cast<Frames*>(arg)->push_back(
                            FunctionCalling(_Unwind_GetIP(context)));
                        return _URC_NO_REASON;
                      },
                      &frames);
                  return frames;
                },
                first.Top(),
                second.Top(),
                {}};
  gosling_test_outermost(&args);
  ExpectAll(args.frames);
}

TEST(CallOnStack, BacktraceWalksOutOfACallInPlace) {
  SKIP_WITHOUT_BACKTRACE();
  WalkArgs args{Backtrace, nullptr, nullptr, {}};
  gosling_test_outermost(&args);
  ExpectAll(args.frames);
}

// gdb runs this for the next test. The second stack lies above the first, so
// that at the inner switch the caller's frame has the lower address: the case
// in which gdb takes a stack for corrupt.
TEST(CallOnStack, DISABLED_TargetOfDebugger) {
  std::vector<char> both(2 * Stack::kSize);
  WalkArgs args{[] { return Frames{}; },
                both.data() + Stack::kSize,
                both.data() + 2 * Stack::kSize,
                {}};
  EXPECT_EQ(gosling_test_outermost(&args), 0);
}

TEST(CallOnStack, DebuggerWalksOutToTheCaller) {
  if (Emulator() != nullptr) GTEST_SKIP() << "gdb would see " << Emulator();
  char self[4096];
  const ssize_t n = ::readlink("/proc/self/exe", self, sizeof(self) - 1);
  if (n < 0) GTEST_SKIP() << "no /proc/self/exe";
  self[n] = '\0';
  const std::string command =
      "gdb -nx -batch -ex 'set debuginfod enabled off'"
      " -ex 'break gosling_test_innermost' -ex run -ex bt --args '" +
      std::string(self) +
      "' --gtest_also_run_disabled_tests"
      " --gtest_filter=CallOnStack.DISABLED_TargetOfDebugger"
      " </dev/null 2>&1";
  FILE* gdb = ::popen(command.c_str(), "r");
  ASSERT_NE(gdb, nullptr);
  std::string output;
  std::array<char, 4096> chunk;
  for (std::size_t got;
       (got = ::fread(chunk.data(), 1, chunk.size(), gdb)) > 0;) {
    output.append(chunk.data(), got);
  }
  ::pclose(gdb);
  std::size_t at = output.find("#0 ");
  if (at == std::string::npos) {
    GTEST_SKIP() << "gdb is missing or may not trace:\n" << output;
  }
  // The frames in between appear under one of two names, see asm.h.
  for (const char* name : {"gosling_test_innermost", "gosling_test_middle",
                           "gosling_test_outermost", "main"}) {
    at = output.find(name, at);
    ASSERT_NE(at, std::string::npos) << name << " is not in:\n" << output;
    at++;
  }
}

// --------------------------------------------------------- CPU's odds and ends

TEST(Cpu, CycleCounterAdvances) {
  const std::uint64_t start = CycleCount();
  std::uint64_t now = start;
  for (int i = 0; i < 1'000'000 && now == start; i++) {
    Pause();
    now = CycleCount();
  }
  EXPECT_GT(now, start);
}

struct Interrupted {
  std::uintptr_t pc, sp, fp;
};
Interrupted interrupted;
void* forbidden;  // a page that may not be read

// Trip is interrupted at an instruction of its own and returns its frame. The
// value it reads goes into that frame, so that it has one then.
[[gnu::noinline]] std::intptr_t Trip(void*) {
  [[maybe_unused]] volatile char read = *static_cast<volatile char*>(forbidden);
  return reinterpret_cast<std::intptr_t>(__builtin_frame_address(0));
}

TEST(Cpu, ReadsTheRegistersThatASignalInterrupted) {
  Stack stack, page;
  forbidden = page.Top() - Stack::kSize;
  ASSERT_EQ(::mprotect(forbidden, Stack::kSize, PROT_NONE), 0);
  struct sigaction action = {}, former;
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    const auto& uc = *static_cast<const ucontext_t*>(context);
    interrupted = {ContextPC(uc), ContextSP(uc), ContextFP(uc)};
    ::mprotect(forbidden, Stack::kSize, PROT_READ);
  };
  ASSERT_EQ(::sigaction(SIGSEGV, &action, &former), 0);
  const auto frame = gosling_call_on_stack(Trip, nullptr, stack.Top());
  ::sigaction(SIGSEGV, &former, nullptr);
  EXPECT_NE(FunctionAround(interrupted.pc).find("Trip"), std::string::npos);
  EXPECT_TRUE(stack.Contains(static_cast<std::intptr_t>(interrupted.sp)));
  EXPECT_EQ(interrupted.fp, static_cast<std::uintptr_t>(frame));
}

int after_nowhere;

[[gnu::noinline]] int CallNowhere(int (*nowhere)()) {
  const int result = nowhere();
  after_nowhere = 1;
  return result;
}

TEST(Cpu, ReturnsFromACallToNowhere) {
  struct sigaction action = {}, former;
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    ContextReturn(static_cast<ucontext_t*>(context));
  };
  ASSERT_EQ(::sigaction(SIGSEGV, &action, &former), 0);
  after_nowhere = 0;
  int (*volatile nowhere)() = nullptr;  // not for the compiler to know
  CallNowhere(nowhere);
  ::sigaction(SIGSEGV, &former, nullptr);
  EXPECT_EQ(after_nowhere, 1);
}

sigjmp_buf before_breakpoint;
bool at_breakpoint;

// Returns what AtBreakpoint says of the SIGTRAP that f raises. The handler does
// not return: some CPUs would execute the breakpoint again.
bool SaysBreakpoint(void (*f)()) {
  struct sigaction action = {}, former;
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    at_breakpoint = AtBreakpoint(*static_cast<const ucontext_t*>(context));
    siglongjmp(before_breakpoint, 1);
  };
  EXPECT_EQ(::sigaction(SIGTRAP, &action, &former), 0);
  if (sigsetjmp(before_breakpoint, /*savemask=*/1) == 0) {
    f();
    ADD_FAILURE() << "no SIGTRAP";
  }
  ::sigaction(SIGTRAP, &former, nullptr);
  return at_breakpoint;
}

TEST(Cpu, TellsABreakpointFromASignalThatWasSent) {
  EXPECT_TRUE(SaysBreakpoint([] {
#if defined(__i386__) || defined(__x86_64__)
    asm volatile("int3");
#elif defined(__arm__)
    asm volatile("bkpt #0");
#elif defined(__aarch64__)
    asm volatile("brk #0");
#endif
  }));
  EXPECT_FALSE(SaysBreakpoint([] { ::raise(SIGTRAP); }));
}

TEST(Cpu, MultipliesToTwiceTheWidth) {
  EXPECT_EQ(FoldedProduct(0, ~0ull), 0u);
  EXPECT_EQ(FoldedProduct(1, 0x1234567890abcdef), 0x1234567890abcdefu);
  EXPECT_EQ(FoldedProduct(1ull << 63, 2), 1u);
  EXPECT_EQ(FoldedProduct(~0ull, ~0ull), ~0ull);
  EXPECT_EQ(FoldedProduct(0xfedcba9876543210, 0x0123456789abcdef),
            0x0121fa00ad77d742u ^ 0x2236d88fe5618cf0u);
}

struct Reported {
  Register registers[kMostRegisters];
  int n;
  std::uintptr_t pc, sp;
};
Reported reported;

TEST(Cpu, NamesEachRegisterOfAReportOnce) {
  struct sigaction action = {}, former;
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    const auto& uc = *static_cast<const ucontext_t*>(context);
    reported.n = ContextRegisters(uc, reported.registers);
    reported.pc = ContextPC(uc);
    reported.sp = ContextSP(uc);
  };
  ASSERT_EQ(::sigaction(SIGUSR2, &action, &former), 0);
  ::raise(SIGUSR2);
  ::sigaction(SIGUSR2, &former, nullptr);
  std::set<std::string> names;
  std::set<std::uintptr_t> values;
  for (int i = 0; i < reported.n; i++) {
    EXPECT_TRUE(names.insert(reported.registers[i].name).second) << i;
    values.insert(reported.registers[i].value);
  }
  EXPECT_GE(names.size(), 12u);
  EXPECT_TRUE(values.contains(reported.pc));
  EXPECT_TRUE(values.contains(reported.sp));
}

// ----------------------------------------------------------------- thread word

// Puts the thread's word back when it goes.
class WordScope {
 public:
  explicit WordScope(void* word) : former_(ThreadWord()) {
    SetThreadWord(word);
  }
  ~WordScope() { SetThreadWord(former_); }
  WordScope(const WordScope&) = delete;
  WordScope& operator=(const WordScope&) = delete;

 private:
  void* const former_;
};

TEST(ThreadWord, IsNullInANewThread) {
  int mark;
  WordScope scope(&mark);
  void* word = &mark;
  std::thread([&] { word = ThreadWord(); }).join();
  EXPECT_EQ(word, nullptr);
}

TEST(ThreadWord, HoldsWhatWasSet) {
  int first, second;
  WordScope scope(&first);
  EXPECT_EQ(ThreadWord(), &first);
  SetThreadWord(&second);
  EXPECT_EQ(ThreadWord(), &second);
  SetThreadWord(nullptr);
  EXPECT_EQ(ThreadWord(), nullptr);
}

TEST(ThreadWord, IsDistinctPerThread) {
  int mine, theirs;
  WordScope scope(&mine);
  void* word = nullptr;
  std::thread([&] {
    SetThreadWord(&theirs);
    word = ThreadWord();
  }).join();
  EXPECT_EQ(word, &theirs);
  EXPECT_EQ(ThreadWord(), &mine);
}

TEST(ThreadWord, IsTheSameByCall) {
  int first, second;
  WordScope scope(&first);
  EXPECT_EQ(ThreadWordByCall(), &first);
  SetThreadWordByCall(&second);
  EXPECT_EQ(ThreadWord(), &second);
}

void* word_in_handler;

TEST(ThreadWord, IsReadableInASignalHandler) {
  int mark;
  WordScope scope(&mark);
  struct sigaction action = {}, former;
  action.sa_handler = [](int) { word_in_handler = ThreadWord(); };
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &former), 0);
  word_in_handler = nullptr;
  ::raise(SIGUSR1);
  ::sigaction(SIGUSR1, &former, nullptr);
  EXPECT_EQ(word_in_handler, &mark);
}

// A traveller uses the word, steps out to the thread that resumed it, and goes
// on on the next thread that does. Both straight code and a loop, for compilers
// keep addresses across either in their own ways.
namespace fcontext = boost::context::detail;

constexpr int kSteps = 8;

struct Journey {
  std::array<void*, kSteps> read{};   // out: what the context read at each step
  std::array<void*, kSteps> write{};  // in: what it is to set
};

// Travel uses the word once at every step; it is left for good after the last.
template <void (*kUse)(Journey*, int)>
void Travel(fcontext::transfer_t from) {
  auto* journey = static_cast<Journey*>(from.data);
  kUse(journey, 0);
  from = fcontext::jump_fcontext(from.fctx, journey);
  kUse(journey, 1);
  from = fcontext::jump_fcontext(from.fctx, journey);
  kUse(journey, 2);
  from = fcontext::jump_fcontext(from.fctx, journey);
  kUse(journey, 3);
  from = fcontext::jump_fcontext(from.fctx, journey);
  for (int i = 4;; i++) {
    kUse(journey, i);
    from = fcontext::jump_fcontext(from.fctx, journey);
  }
}

[[gnu::always_inline]] inline void Read(Journey* journey, int i) {
  journey->read[i] = ThreadWord();
}

[[gnu::always_inline]] inline void ReadByCall(Journey* journey, int i) {
  journey->read[i] = ThreadWordByCall();
}

[[gnu::always_inline]] inline void Write(Journey* journey, int i) {
  SetThreadWord(journey->write[i]);
}

[[gnu::always_inline]] inline void WriteByCall(Journey* journey, int i) {
  SetThreadWordByCall(journey->write[i]);
}

// Ride makes the steps of journey on the calling thread and on new ones, in
// turn. The thread's word is words[step] meanwhile. Returns the word that each
// step left behind.
std::array<void*, kSteps> Ride(void (*travel)(fcontext::transfer_t),
                               Journey* journey,
                               const std::array<void*, kSteps>& words) {
  Stack stack;
  std::array<void*, kSteps> left{};
  fcontext::fcontext_t traveller =
      fcontext::make_fcontext(stack.Top(), Stack::kSize, travel);
  for (int i = 0; i < kSteps; i++) {
    auto step = [&] {
      WordScope scope(words[i]);
      traveller = fcontext::jump_fcontext(traveller, journey).fctx;
      left[i] = ThreadWord();
    };
    if (i % 2 == 0) {
      step();
    } else {
      std::thread(step).join();
    }
  }
  return left;
}

std::array<void*, kSteps> Pointers(std::array<int, kSteps>& marks) {
  std::array<void*, kSteps> pointers;
  for (int i = 0; i < kSteps; i++) pointers[i] = &marks[i];
  return pointers;
}

TEST(ThreadWord, IsTheNewThreadsAfterMigration) {
  std::array<int, kSteps> marks;
  Journey journey;
  Ride(Travel<Read>, &journey, Pointers(marks));
  EXPECT_EQ(journey.read, Pointers(marks));
}

TEST(ThreadWord, IsTheNewThreadsAfterMigrationByCall) {
  std::array<int, kSteps> marks;
  Journey journey;
  Ride(Travel<ReadByCall>, &journey, Pointers(marks));
  EXPECT_EQ(journey.read, Pointers(marks));
}

TEST(ThreadWord, IsSetInTheNewThreadAfterMigration) {
  std::array<int, kSteps> marks, others;
  Journey journey;
  journey.write = Pointers(others);
  EXPECT_EQ(Ride(Travel<Write>, &journey, Pointers(marks)), Pointers(others));
}

TEST(ThreadWord, IsSetInTheNewThreadAfterMigrationByCall) {
  std::array<int, kSteps> marks, others;
  Journey journey;
  journey.write = Pointers(others);
  EXPECT_EQ(Ride(Travel<WriteByCall>, &journey, Pointers(marks)),
            Pointers(others));
}

}  // namespace
}  // namespace gosling::arch
