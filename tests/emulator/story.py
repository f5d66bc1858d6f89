# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The story that gosling grew from, on Darwin: a pipe note that a signal handler
wakes, its calls of libc on g0's stack, and the queue of signals around it.

Each class is made of a CPU and its objects; each check_… raises Broken.
"""

from machine import Broken, Machine, need
from xnu import (EAGAIN, EBADF, EINTR, EMFILE, O_NONBLOCK, Process, Thrown, VARIABLES)

LAYOUT = ('m', 'curg', 'slow', 'g0', 'g', 'switch_point', 'flags', 'foreign',
          'on_system_stack', 'read_fd', 'write_fd')
SIGUSR1 = 30


class World:
    """World is a process with a thread that gosling knows: an M, whose goroutine
    runs on a stack of its own, and an alternate stack for handlers."""

    def __init__(self, cpu, objects):
        self.cpu, self.objects = cpu, objects
        self.machine = machine = Machine(cpu, objects, VARIABLES)
        self.process = Process(machine)
        if cpu.name == 'arm':  # as Apple's compilers have it there
            machine.alignment = 4
        at = machine.symbols['_fixture_layout']
        self.layout = {name: machine.load(at + cpu.word * i)
                       for i, name in enumerate(LAYOUT)}
        self.own, self.g0, self.goroutine, self.alternate = (
            machine.new_stack() for _ in range(4))
        self.m = machine.allocate(self.layout['m'])
        self.g = machine.allocate(self.layout['g'])
        self.set_curg(self.g)
        # g0 stands in the jump that started the goroutine.
        self.switch_point = self.g0.low + 0x8000
        machine.store(self.m + self.layout['g0'] + self.layout['switch_point'],
                      self.switch_point)
        machine.scribble(self.g0.low, self.g0.high - self.g0.low)

    def set_curg(self, g):
        self.machine.store(self.m + self.layout['curg'], g)

    def slow(self):
        return self.machine.load(self.m + self.layout['slow'], 4)

    def start(self, function, *arguments, stack=None, m=True):
        """start returns a thread that is about to call it: the goroutine on its
        M, or one without an M."""
        machine = self.machine
        thread = machine.start('_fixture_set_m', self.m if m else 0,
                               stack=stack or self.goroutine)
        need(thread.run(), 'the thread word')
        local = self.process.local(thread)
        thread = machine.start('_' + function, *arguments,
                               stack=stack or self.goroutine)
        self.process.locals[thread] = local
        return thread

    def call(self, function, *arguments, **options):
        thread = self.start(function, *arguments, **options)
        need(thread.run(), '{} blocks in {}', function,
             thread.waits.name if thread.waits else '')
        return thread.result


class LibcCalls(World):
    """LibcCalls is sched/libc_call.h: which stack a call is made on."""

    def _call(self, **options):
        machine, seen = self.machine, {}

        def trampoline(call):
            seen.update(sp=call.caller_sp, argument=call.word(0), slow=self.slow())
            return -0x7654_3210
        machine.functions['trampoline'] = trampoline
        argument = 0x7edc_ba98_7654_3210 & self.cpu.mask
        thread = self.start(self.name, machine.stub('trampoline'), argument, **options)
        need(thread.run(), 'LibcCall blocks')
        need(thread.result == -0x7654_3210, 'the result is {}', thread.result)
        need(seen['argument'] == argument, 'args is {}', seen['argument'])
        need(thread.calls.count('trampoline') == 1, 'calls of {}', str(thread.calls))
        return seen

    name = '_ZN7gosling5sched8LibcCallEPFlPvES1_'

    def check(self):
        machine, layout = self.machine, self.layout
        on_system_stack = layout['on_system_stack']
        kept = bytes(machine.uc.mem_read(self.switch_point - 128,
                                         self.g0.high - self.switch_point + 128))
        seen = self._call()
        room = self.switch_point - seen['sp']
        need(seen['sp'] in self.g0 and 128 <= room <= 512,
             'the call is made {} bytes below the switch point', room)
        need(bytes(machine.uc.mem_read(self.switch_point - 128, len(kept))) == kept,
             "g0's frames, or their red zone, were written to")
        need(seen['slow'] & on_system_stack, 'no flag says where the goroutine is')
        need(self.slow() == 0, 'flags are left behind: {}', self.slow())

        def in_place(why, **options):
            before = self.slow()
            seen = self._call(**options)
            need(seen['sp'] in self.goroutine, '{}: not in place', why)
            need(seen['slow'] == self.slow() == before, '{}: flags changed', why)
        in_place('no M', m=False)
        machine.store(self.m + layout['slow'], on_system_stack, 4)
        in_place('within a LibcCall')
        machine.store(self.m + layout['slow'], 0, 4)
        machine.store(self.g + layout['flags'], layout['foreign'], 4)
        in_place('a foreign thread')
        machine.store(self.g + layout['flags'], 0, 4)
        self.set_curg(self.m + layout['g0'])
        in_place('g0')


class Story(World):
    """Story is signals/note_pipe.h, and signals/sigqueue.h above it."""

    def fd(self, which):
        at = self.machine.call('_fixture_note')[0] + self.layout[which]
        return int.from_bytes(self.machine.uc.mem_read(at, 4), 'little', signed=True)

    def _set_up(self, open_fds=range(3)):
        process = self.process
        process.fds = {fd: f for fd, f in process.fds.items() if fd in open_fds}
        result = self.call('fixture_note_setup')
        need(result & 0xffffffff == 0, 'Setup returned {}', result)
        read, write = process.fds[self.fd('read_fd')], process.fds[self.fd('write_fd')]
        need(min(self.fd('read_fd'), self.fd('write_fd')) > 2,
             'an end of the pipe is a standard descriptor')
        need(read.file.pipe is write.file.pipe is not None, 'not one pipe')
        need(not read.file.writes and write.file.writes, 'the ends have changed places')
        need(read.cloexec and write.cloexec, 'an end is not close-on-exec')
        need(write.file.flags & O_NONBLOCK, 'the write end blocks')
        need(not read.file.flags & O_NONBLOCK, 'the read end does not block')
        need(len(process.fds) == len(open_fds) + 2, 'descriptors are left open')
        self.pipe = read.file.pipe

    def check_setup(self):
        for open_fds in ((0, 1, 2), (), (0,), (1,), (2,), (1, 2), (0, 2)):
            Story(self.cpu, self.objects)._set_up(open_fds)
        self._set_up()
        for name, _, sp in self.process.log:
            if name == 'pipe':
                need(sp in self.g0, "pipe is not called on g0's stack")
        thread = self.start('fixture_note_setup')
        try:
            thread.run()
        except Thrown as thrown:
            need('set up twice' in str(thrown), 'fatal: {}', str(thrown))
        else:
            raise Broken('a second Setup is no fatal error')

    def check_setup_fails(self):
        """Whichever of its calls fails, and when descriptors run out."""
        self._set_up()
        calls = len(self.process.log)
        for limit in range(3, 6):
            story = Story(self.cpu, self.objects)
            story.process.limit = limit
            story._fail(-EMFILE if limit < 5 else 0)
        for at in range(1, calls + 1):
            story = Story(self.cpu, self.objects)
            story.process.faults = {at: EMFILE}
            # At first it is only asked which standard descriptors are open.
            story._fail(-EMFILE if at > 3 else 0)

    def _fail(self, wanted):
        before = len(self.process.fds)
        result = self.call('fixture_note_setup')
        result = (result & 0xffffffff ^ 0x80000000) - 0x80000000
        need(result == wanted, 'Setup returned {}', result)
        need(result == 0 or len(self.process.fds) == before,
             'Setup failed, and left {} descriptors', len(self.process.fds) - before)

    def _sleep(self):
        thread = self.start('fixture_note_sleep')
        need(not thread.run() and thread.waits.name == '_read', 'Sleep does not wait')
        need(thread.waits.sp in self.g0, "Sleep does not wait on g0's stack")
        return thread

    def check_wakeups(self):
        """From a handler on another thread; before Sleep; many."""
        self._set_up()
        other = self.start('fixture_note', stack=self.own, m=False)
        for _ in range(3):
            sleeper = self._sleep()
            self.process.interrupt(other, '_fixture_note_wakeup', stack=self.alternate)
            name, _, sp = self.process.log[-1]
            need(name == 'write' and sp in self.alternate,
                 'the handler writes on another stack than its own')
            sleeper.resume()
            need(sleeper.run(), 'Sleep goes on after a wakeup')
            need(self.pipe.bytes == 0, 'the wakeup is still there')
        for _ in range(3):
            self.call('fixture_note_wakeup')
        for _ in range(3):
            self.call('fixture_note_sleep')
        self._sleep()

    def check_interrupted(self):
        """A signal lands on the sleeper itself, on either stack: what read then
        says is no wakeup."""
        for stack in (self.alternate, None):
            if stack:
                self._set_up()
            sleeper = self._sleep()
            for _ in range(3):
                self.process.interrupt(sleeper, '_fixture_note', stack=stack)
                need(not sleeper.run(), 'an interrupted Sleep has returned')
                need(sleeper.waits.name == '_read', 'Sleep waits in {}',
                     sleeper.waits.name)
            self.process.interrupt(sleeper, '_fixture_note_wakeup', stack=stack)
            need(sleeper.run(), 'Sleep goes on after a wakeup')
            need(self.pipe.bytes == 0, 'the wakeup is still there')
            # The other half: write is interrupted, and tries again.
            self.process.faults = {len(self.process.log) + n: EINTR for n in (1, 2)}
            self.call('fixture_note_wakeup')
            need(self.pipe.bytes == 1, 'an interrupted Wakeup wakes nothing')
            self.call('fixture_note_sleep')

    def check_full(self):
        """Wakeups without a Sleep: they neither wait nor are an error."""
        self._set_up()
        self.pipe.size = 5
        for _ in range(8):
            self.call('fixture_note_wakeup')
        need(self.pipe.bytes == 5, 'the pipe holds {}', self.pipe.bytes)
        for _ in range(5):
            self.call('fixture_note_sleep')
        self._sleep()

    def check_errors(self):
        """What is neither a wakeup nor one of the two errors ends the program."""
        self._set_up()
        for function, errors in (('fixture_note_sleep', (EBADF, EAGAIN, 5)),
                                 ('fixture_note_wakeup', (EBADF, 32, 5))):
            for error in errors:
                self.process.faults = {len(self.process.log) + 1: error}
                thread = self.start(function)
                try:
                    thread.run()
                except Thrown as thrown:
                    need('was it closed?' in str(thrown), 'fatal: {}', str(thrown))
                else:
                    raise Broken(f'error {error} of {function} goes unnoticed')
                self.machine.store(self.m + self.layout['slow'], 0, 4)

    def check_handler_anywhere(self):
        """A handler that wakes runs at every instruction of a Sleep, on either
        stack: exactly one Sleep returns for it."""
        self._set_up()
        for stack in (self.alternate, None):
            at = 0
            while True:
                sleeper = self.start('fixture_note_sleep')
                for _ in range(at):
                    if sleeper.ended or sleeper.waits:
                        break
                    sleeper.run(1)
                last = sleeper.waits is not None
                self.process.interrupt(sleeper, '_fixture_note_wakeup', stack=stack)
                need(not stack or self.process.log[-1][2] in stack,
                     'the handler writes on another stack than its own, {}', at)
                need(sleeper.run(), 'Sleep goes on after a wakeup, {}', at)
                need(self.pipe.bytes == 0, 'the wakeup is still there, {}', at)
                need(self.slow() == 0, 'flags are left behind, {}', at)
                if last:
                    break
                at += 1
            need(at > 20, 'Sleep took {} instructions', at)

    def check_queue(self):
        """The whole way: the receiver asks for news and sleeps, a handler sends."""
        process, call = self.process, self.call
        need(call('fixture_queue_setup') & 0xffffffff == 0, 'Setup failed')
        call('fixture_queue_want', SIGUSR1)
        info = self.machine.allocate(128)
        self.machine.store(info, SIGUSR1, 4)
        for stack in (self.alternate, None):
            for sends in (1, 3):
                receiver = self.start('fixture_queue_receive')
                process.local(receiver).mask = 1 << (SIGUSR1 - 1)
                need(not receiver.run(), 'the receiver does not wait')
                need(process.local(receiver).mask == 0,
                     'a signal that is wanted is blocked where its receiver sleeps')
                for _ in range(sends):
                    process.interrupt(receiver, '_fixture_queue_send', SIGUSR1, info,
                                      stack=stack)
                    need(receiver.waits is None, 'the receiver was not interrupted')
                need(receiver.run(), 'the receiver goes on sleeping')
                need(receiver.result == 1 << (SIGUSR1 - 1), 'news of {}',
                     receiver.result)
                need(process.local(receiver).mask == 1 << (SIGUSR1 - 1),
                     "the thread's mask was not put back")
                count = call('fixture_queue_count', SIGUSR1)
                need(count == sends, '{} signals of {}', count, sends)
        # One that was sent before the receiver asks.
        call('fixture_queue_send', SIGUSR1, info)
        need(call('fixture_queue_receive') == 1 << (SIGUSR1 - 1), 'no news')
