// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// EnterSyscall, EnterSyscallBlock, ExitSyscall: hints around code that blocks
// the thread.
//
// Without them sysmon takes P from a goroutine that has not called the runtime
// for 10 ms (m.h). With EnterSyscall it does so after 20 us; EnterSyscallBlock
// hands P to another M at once. ExitSyscall is a Pin and an Unpin: a goroutine
// without P gets one or waits for its turn. The runtime may be called in
// between: it simply gets P back early.
//
// Go: runtime/proc.go, entersyscall, entersyscallblock, exitsyscall.

#ifndef GOSLING_SCHED_SYSCALL_H_
#define GOSLING_SCHED_SYSCALL_H_

namespace gosling::sched {

void EnterSyscall();
void EnterSyscallBlock();
void ExitSyscall();

// EnterSystemBlock is EnterSyscallBlock for the runtime's own goroutines (the
// signal receiver): the thread does not count as one that might still wake
// somebody when deadlock is being judged.
void EnterSystemBlock();
void ExitSystemBlock();

// ExternalWakers counts reasons outside the program why a goroutine may still
// be woken although all are asleep: signals that somebody has asked to be
// notified of. Deadlock is not reported while it is not 0.
void AddExternalWaker(int delta);

}  // namespace gosling::sched

#endif  // GOSLING_SCHED_SYSCALL_H_
