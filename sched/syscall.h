// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// EnterSyscall, EnterSyscallBlock, ExitSyscall: hints around code that blocks
// the thread.
//
// Without them sysmon takes P once it finds that the thread sleeps (sysmon.h).
// EnterSyscall saves it asking the system; EnterSyscallBlock hands P to another
// M at once. ExitSyscall is a Pin and an Unpin: a goroutine without P gets one
// or waits for its turn. The runtime may be called in between: it simply gets P
// back early.
//
// Go: runtime/proc.go, entersyscall, entersyscallblock, exitsyscall.

#ifndef GOSLING_SCHED_SYSCALL_H_
#define GOSLING_SCHED_SYSCALL_H_

namespace gosling::sched {

void EnterSyscall();
void EnterSyscallBlock();
void ExitSyscall();

// EnterSystemBlock is EnterSyscallBlock for the runtime's own goroutines (the
// signal receiver): CheckDead then does not count the thread as awake.
void EnterSystemBlock();
void ExitSystemBlock();

// AddExternalWaker counts reasons outside the program why a goroutine may still
// be woken although all are asleep: signals that Notify was called for.
// Deadlock is not reported while any is left.
void AddExternalWaker(int delta);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SYSCALL_H_
