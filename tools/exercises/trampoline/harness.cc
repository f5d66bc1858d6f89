// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Calls lseek.S's trampoline with registers whose values it knows, and is the
// lseek that it calls. One line for each thing that is wrong.

#include <errno.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

struct LseekArgs {
  int fd;
  std::int64_t offset;
  int whence;
};

extern "C" std::int64_t exercise_lseek_trampoline(LseekArgs* args);

namespace {

LseekArgs seen;
std::int64_t result;
int error;
int calls;
std::uintptr_t frame;

// What the registers that are the caller's hold afterwards.
struct Kept {
  std::uint64_t rbx, r12, r13, r14, r15;
};

// Call needs a frame pointer: its variables are found by that while it moves the
// stack pointer.
std::int64_t Call(LseekArgs* args, Kept* after) {
  std::int64_t got;
  std::uint64_t rsp;
  asm volatile(
      "movq %%rsp, %[before]\n\t"
      "movq $0x1111, %%rbx\n\t"
      "movq $0x1212, %%r12\n\t"
      "movq $0x1313, %%r13\n\t"
      "movq $0x1414, %%r14\n\t"
      "movq $0x1515, %%r15\n\t"
      "andq $-16, %%rsp\n\t"
      "subq $256, %%rsp\n\t"  // this function's red zone
      "callq exercise_lseek_trampoline@PLT\n\t"
      "movq %[before], %%rsp\n\t"
      "movq %[after], %%rcx\n\t"
      "movq %%rbx, 0(%%rcx)\n\t"
      "movq %%r12, 8(%%rcx)\n\t"
      "movq %%r13, 16(%%rcx)\n\t"
      "movq %%r14, 24(%%rcx)\n\t"
      "movq %%r15, 32(%%rcx)\n\t"
      : "=a"(got), [before] "=m"(rsp), "+D"(args)
      : [after] "m"(after)
      : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13",
        "r14", "r15", "cc", "memory");
  return got;
}

int faults = 0;

void Expect(bool right, const char* what) {
  if (right) return;
  faults++;
  std::printf("%s\n", what);
}

}  // namespace

extern "C" off_t lseek(int fd, off_t offset, int whence) noexcept {
  calls++;
  seen = {fd, offset, whence};
  frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (result == -1) errno = error;
  return result;
}

int main() {
  struct {
    std::int64_t result;
    int error;
    std::int64_t want;
  } cases[] = {{0, 0, 0},
               {7, 0, 7},
               {0xFFFFFFFF, 0, 0xFFFFFFFF},  // whose lower half is -1
               {-1, EBADF, -EBADF},
               {-1, EINVAL, -EINVAL},
               {-1, EOVERFLOW, -EOVERFLOW}};
  for (const auto& c : cases) {
    LseekArgs args = {-5, 0x123456789A, 2};
    Kept after = {};
    result = c.result;
    error = c.error;
    calls = 0;
    errno = 0;
    const std::int64_t got = Call(&args, &after);
    Expect(calls == 1, "it does not call lseek once");
    Expect(seen.fd == args.fd, "fd is wrong");
    Expect(seen.offset == args.offset, "offset is wrong");
    Expect(seen.whence == args.whence, "whence is wrong");
    // The callee has pushed its frame pointer below the return address.
    Expect(frame % 16 == 0,
           "the stack pointer is no multiple of 16 at the call");
    Expect(got == c.want, c.result == -1 ? "an error is not minus errno"
                                         : "a result is not lseek's");
    Expect(after.rbx == 0x1111 && after.r12 == 0x1212 && after.r13 == 0x1313 &&
               after.r14 == 0x1414 && after.r15 == 0x1515,
           "a register of the caller's has changed");
  }
  return faults != 0;
}
