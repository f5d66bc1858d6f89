# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Darwin, as far as a pipe note sees of it: libSystem's functions as stubs, and
a process with its descriptors behind them. As XNU does: bsd/kern/sys_pipe.c,
kern_descrip.c, kern_sig.c.

errno is a thread's own. So are the variables of __thread: a thread's are made
when it first asks for their address. A handler is on the thread it interrupts.
"""

import dataclasses

from machine import Blocked, Int, Kept, need

EINTR, EBADF, EINVAL, EMFILE, EPIPE, EAGAIN = 4, 9, 22, 24, 32, 35
O_WRONLY, O_ACCMODE, O_NONBLOCK, O_CLOEXEC = 1, 3, 4, 0x1000000
F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 67
FD_CLOEXEC = 1
SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK = 1, 2, 3
RED_ZONE = 128

# Variables of libSystem's, and of gosling's where their file is not linked.
VARIABLES = {'___stack_chk_guard': 0x5a17_c0de, '_vm_page_size': 0x4000,
             '_mach_task_self_': 0x103, '__ZN7gosling5sched9fork_wordE': 0}


class Thrown(Exception):
    """Thrown is a fatal error of gosling's."""


@dataclasses.dataclass
class Pipe:
    size: int
    bytes: int = 0
    readers: int = 0
    writers: int = 0


@dataclasses.dataclass
class File:
    """File is an open file: what descriptors point to."""
    pipe: Pipe = None
    flags: int = 0
    users: int = 1

    @property
    def writes(self):
        return self.flags & O_ACCMODE == O_WRONLY


@dataclasses.dataclass
class Fd:
    file: File
    cloexec: bool = False


class Local:
    """Local is what a thread has of its own."""

    def __init__(self, machine):
        self.errno, self.variables, self.mask = machine.allocate(64) + 16, {}, 0


class Process:
    def __init__(self, machine, pipe_size=512):
        self.machine, self.pipe_size, self.limit = machine, pipe_size, 256
        self.fds = {fd: Fd(File()) for fd in range(3)}
        self.locals, self.log, self.sigpipes = {}, [], 0
        # Call n of the process fails as faults[n] says, and nothing else happens.
        self.faults = {}
        for name in ('pipe', 'read', 'write', 'close', 'fcntl', 'open'):
            machine.functions['_' + name] = self._system_call
        machine.functions |= {
            '___error': lambda call: self.local(call.thread).errno,
            '__tlv_bootstrap': self._variable,
            '_pthread_sigmask': self._sigmask,
            '_memcmp': self._memcmp,
            # 32-bit arm's way to say where exceptions are caught; none is thrown.
            '__Unwind_SjLj_Register': lambda call: 0,
            '__Unwind_SjLj_Unregister': lambda call: 0,
            '__ZN7gosling5sched5ThrowEPKcz': self._throw,
        }

    # --- Threads ---

    def local(self, thread):
        thread = thread.interrupts or thread
        if thread not in self.locals:
            self.locals[thread] = Local(self.machine)
        return self.locals[thread]

    def interrupt(self, thread, handler, *arguments, stack=None):
        """interrupt runs a signal's handler on the thread, to its end: on `stack`,
        or on the one that the thread is on, below the red zone. If the thread is
        blocked in a system call, that fails with EINTR."""
        if stack is None:
            sp = thread.stack_pointer()
            stack = dataclasses.replace(thread.on(sp), high=sp - RED_ZONE)
        frame = self.machine.start(handler, *arguments, stack=stack)
        frame.interrupts = thread.interrupts or thread
        need(frame.run(), 'the handler blocks in {}',
             frame.waits.name if frame.waits else '')
        if thread.waits is not None:
            thread.answer(self._failed(thread.waits, EINTR))
        return frame

    # --- libSystem ---

    def _throw(self, call):
        raise Thrown(self.machine.text(call.word(0)))

    def _variable(self, call):
        """_variable answers where a thread-local variable is: dyld's function
        for that leaves every other register as it was."""
        machine, local = self.machine, self.local(call.thread)
        # On 386 its argument is in the register of the result.
        descriptor = call.word(0) if machine.cpu.arguments else \
            machine.uc.reg_read(machine.cpu.result)
        if descriptor not in local.variables:
            local.variables[descriptor] = machine.allocate(64)
        return Kept(local.variables[descriptor])

    def _sigmask(self, call):
        machine, local = self.machine, self.local(call.thread)
        how, new, old = call.int(0), call.word(1), call.word(2)
        if old:
            machine.store(old, local.mask, 4)
        if new:
            bits = machine.load(new, 4)
            local.mask = {SIG_BLOCK: local.mask | bits, SIG_UNBLOCK: local.mask & ~bits,
                          SIG_SETMASK: bits}[how]
        return Int(0)

    def _memcmp(self, call):
        one, two = (bytes(self.machine.uc.mem_read(call.word(i), call.word(2)))
                    for i in (0, 1))
        return Int((one > two) - (one < two))

    def _failed(self, call, error):
        self.machine.store(self.local(call.thread).errno, error, 4)
        return -1 if call.name in ('_read', '_write') else Int(-1)

    def _system_call(self, call):
        if not call.tries:
            self.log.append((call.name[1:], call.thread, call.sp))
        call.tries += 1
        error = self.faults.pop(len(self.log), None)
        if error is None:
            result = getattr(self, call.name)(call)
            if result >= 0:
                return result if call.name in ('_read', '_write') else Int(result)
            error = -result
        return self._failed(call, error)

    # --- System calls: a result, or minus the error's number ---

    def _lowest(self, least=0):
        fd = next(n for n in range(least, self.limit + 1) if n not in self.fds)
        return fd if fd < self.limit else -EMFILE

    def _new(self, file, cloexec=False, least=0):
        fd = self._lowest(least)
        if fd >= 0:
            self.fds[fd] = Fd(file, cloexec)
        return fd

    def _open(self, call):  # of the variadic mode there is none without O_CREAT
        need(self.machine.text(call.word(0)) == '/', 'open of a file')
        need(call.int(1) == O_CLOEXEC, 'open for {}', call.int(1))
        return self._new(File(), cloexec=True)

    def _pipe(self, call):
        pipe = Pipe(self.pipe_size, readers=1, writers=1)
        ends = []
        for flags in (0, O_WRONLY):
            ends.append(self._new(File(pipe, flags)))
            if ends[-1] < 0:
                for fd in ends[:-1]:
                    del self.fds[fd]
                return -EMFILE
        for i, fd in enumerate(ends):
            self.machine.store(call.word(0) + 4 * i, fd, 4)
        return 0

    def _close(self, call):
        fd = self.fds.pop(call.int(0), None)
        if fd is None:
            return -EBADF
        fd.file.users -= 1
        if fd.file.users == 0 and fd.file.pipe:
            if fd.file.writes:
                fd.file.pipe.writers -= 1
            else:
                fd.file.pipe.readers -= 1
        return 0

    def _fcntl(self, call):
        fd = self.fds.get(call.int(0))
        if fd is None:
            return -EBADF
        command, argument = call.int(1), call.variadic(0, named=2) & 0xffffffff
        if command == F_GETFD:
            return FD_CLOEXEC if fd.cloexec else 0
        if command == F_SETFD:
            fd.cloexec = bool(argument & FD_CLOEXEC)
            return 0
        if command == F_GETFL:
            return fd.file.flags
        if command == F_SETFL:  # the mode of access stays
            fd.file.flags = fd.file.flags & O_ACCMODE | argument & ~O_ACCMODE
            return 0
        if command in (F_DUPFD, F_DUPFD_CLOEXEC):
            copy = self._new(fd.file, command == F_DUPFD_CLOEXEC, argument)
            if copy >= 0:
                fd.file.users += 1
            return copy
        return -EINVAL

    def _read(self, call):
        fd = self.fds.get(call.int(0))
        if fd is None or fd.file.writes:
            return -EBADF
        pipe, count = fd.file.pipe, call.word(2)
        if pipe.bytes == 0 and count:
            if pipe.writers == 0:
                return 0
            if fd.file.flags & O_NONBLOCK:
                return -EAGAIN
            raise Blocked
        count = min(count, pipe.bytes)
        self.machine.scribble(call.word(1), count)
        pipe.bytes -= count
        return count

    def _write(self, call):
        fd = self.fds.get(call.int(0))
        if fd is None or not fd.file.writes:
            return -EBADF
        pipe, count = fd.file.pipe, call.word(2)
        self.machine.uc.mem_read(call.word(1), count)
        if pipe.readers == 0:
            self.sigpipes += 1
            return -EPIPE
        if pipe.bytes + count > pipe.size:
            if fd.file.flags & O_NONBLOCK:
                return -EAGAIN
            raise Blocked
        pipe.bytes += count
        return count
