# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""What is promised of the routines of arch/: libc_call.h, jump.h.

Each class is made of a CPU and its objects; each check_… raises Broken.
"""

from unicorn import arm64_const as a64
from unicorn import arm_const as a32
from unicorn import x86_const as x86

from machine import Blocked, DEAD, Int, Machine, need

ERRNOS = range(1, 107)  # all that Darwin has


class Libc:
    """Libc stands in for libSystem: it writes down the calls of one function,
    and answers as it is told."""

    def __init__(self, machine):
        self.machine, self.seen = machine, None
        self.errno = machine.allocate(64) + 16
        self.answer = self.error = 0
        for name, parts in SIGNATURES.items():
            machine.functions['_' + name] = self._function(parts)
        machine.functions['___error'] = self._where_errno_is

    def _function(self, parts):
        def function(call):
            self.seen = parts(call)
            if call.name == '_pipe' and self.answer == 0:
                self.machine.store(call.word(0), 17, 4)
                self.machine.store(call.word(0) + 4, 18, 4)
            # What is around errno is not errno.
            self.machine.scribble(self.errno - 8, 24)
            if self.answer == -1:
                self.machine.store(self.errno, self.error, 4)
            wide = call.name in ('_read', '_write')
            return self.answer if wide else Int(self.answer)
        return function

    def _where_errno_is(self, call):
        return self.errno


# What each function is called with, as the ABI passes it.
SIGNATURES = {
    'pipe': lambda c: (c.word(0),),
    'read': lambda c: (c.int(0), c.word(1), c.word(2)),
    'write': lambda c: (c.int(0), c.word(1), c.word(2)),
    'close': lambda c: (c.int(0),),
    'fcntl': lambda c: (c.int(0), c.int(1), c.variadic(0, named=2)),
}


class Trampolines:
    """Trampolines is what libc_call.h promises, on one CPU."""

    def __init__(self, cpu, objects):
        self.cpu = cpu
        self.machine = Machine(cpu, objects)
        self.libc = Libc(self.machine)
        self.block = self.machine.allocate(64)
        self.calls = 0

    def _block(self, function, values):
        """_block lays out the argument block, rubbish between the fields."""
        word, machine = self.cpu.word, self.machine
        machine.scribble(self.block, 64)
        offsets = [0, 4, 8] if function == 'fcntl' else [0, word, 2 * word]
        sizes = [4, 4, word] if function == 'fcntl' else [4, word, word]
        for at, size, value in zip(offsets, sizes, values):
            machine.store(self.block + at, value, size)

    def _call(self, function, values, answer, error=0, offset=0):
        self.libc.answer, self.libc.error = answer, error
        self._block(function, values)
        result, calls = self.machine.call(
            f'_gosling_{function}_trampoline', self.block, offset=offset)
        self.calls += 1
        wanted = (self.block,) if function == 'pipe' else values
        need(self.libc.seen == wanted, '{} was called with {} for {}', function,
             str(self.libc.seen), str(wanted))
        failed = ['___error'] if answer == -1 else []
        need(calls == ['_' + function] + failed, '{} calls {}', function, str(calls))
        return result

    def values(self, function):
        mask = self.cpu.mask
        big = 0xfedc_ba98_7654_3210 & mask
        return {
            'pipe': [()],
            'read': [(3, big, 1), (-1, mask, mask), (0x7fffffff, 0, big)],
            'write': [(3, big, 1), (-1, mask, mask), (0x7fffffff, 0, big)],
            'close': [(3,), (-1,), (-0x80000000,)],
            'fcntl': [(5, 4, 4), (-1, -2, mask), (0x7fffffff, 2, big)],
        }[function]

    def check_results(self, functions=tuple(SIGNATURES)):
        for function in functions:
            wide = function in ('read', 'write') and self.cpu.word == 8
            answers = [0, 1, 4, 0x7fffffff]
            # Of a word, the lower half alone means nothing.
            answers += [0xffffffff, 0x8000_0000, 0x7fff_ffff_ffff_ffff] if wide else []
            for values in self.values(function):
                for answer in answers:
                    for offset in (0, 16, 32):
                        got = self._call(function, values, answer, offset=offset)
                        need(got == answer, '{} returned {}, its trampoline {}',
                             function, answer, got)
            if function == 'pipe':
                self._call('pipe', (), 0)
                fds = [self.machine.load(self.block + at, 4) for at in (0, 4)]
                need(fds == [17, 18], 'the ends of the pipe are {}', str(fds))

    def check_errors(self, functions=tuple(SIGNATURES), errnos=ERRNOS):
        for function in functions:
            values = self.values(function)[0]
            for error in errnos:
                got = self._call(function, values, -1, error)
                need(got == -error, 'errno is {}, and the trampoline of {} returns {}',
                     error, function, got)

    def check_call_on_stack(self):
        """Arguments, result and alignment; which stack, and that nothing else
        there is touched; that frame pointers lead back."""
        machine, cpu = self.machine, self.cpu
        own, other = machine.new_stack(), machine.new_stack()
        argument = 0xfedc_ba98_7654_3210 & cpu.mask
        seen = {}

        def function(call):
            uc = machine.uc
            fp = uc.reg_read(cpu.fp)
            # The frame's two words: the caller's frame pointer, where it goes on.
            seen.update(sp=call.caller_sp, word=call.word(0), fp=fp,
                        link=(machine.load(fp), machine.load(fp + cpu.word)))
            return 0x8765_4321_0fed_cba9 & cpu.mask
        machine.functions['fn'] = function
        fn = machine.stub('fn')
        for upper, lower in ((own, other), (other, own)):
            for top in (0, upper.high - 0x100, *range(upper.high - 16, upper.high)):
                machine.scribble(upper.low, upper.high - upper.low)
                thread = machine.start('_gosling_call_on_stack', fn, argument, top,
                                       stack=lower)
                below = bytes(machine.uc.mem_read(upper.low, top - upper.low)) \
                    if top else b''
                after = bytes(machine.uc.mem_read(top, upper.high - top)) \
                    if top else b''
                need(thread.run(), 'fn blocked')
                need(thread.calls == ['fn'], 'calls of {}', str(thread.calls))
                need(seen['word'] == argument, 'fn was given {}', seen['word'])
                need(thread.result & cpu.mask == 0x8765_4321_0fed_cba9 & cpu.mask,
                     'the result is {}', thread.result)
                need(seen['link'] == (thread.kept[cpu.fp], machine.ended),
                     'the frame pointer leads to {}', str(seen['link']))
                need(seen['fp'] in lower, 'the frame is not on the old stack')
                if not top:
                    need(seen['sp'] in lower, 'a call in place is on another stack')
                    continue
                room = (top & -16) - seen['sp']
                need(0 <= room <= 16, 'fn began {} bytes below the top', room)
                need(bytes(machine.uc.mem_read(top, upper.high - top)) == after,
                     'something was written above the top')
                touched = DEAD + 48  # what the stub scribbled, and what is passed
                need(bytes(machine.uc.mem_read(
                    upper.low, top - upper.low - touched)) == below[:-touched],
                     'something was written far below the top')


# Where the second word of a JumpResult comes back; on arm, both do in memory.
SECOND = {'386': x86.UC_X86_REG_EDX, 'amd64': x86.UC_X86_REG_RDX,
          'arm64': a64.UC_ARM64_REG_X1}
# Two settings each of the floating-point modes: rounding, and flushing.
MODES = {'386': ((x86.UC_X86_REG_FPCW, 0x37f), (x86.UC_X86_REG_FPCW, 0xf7f)),
         'amd64': ((x86.UC_X86_REG_MXCSR, 0x1f80), (x86.UC_X86_REG_MXCSR, 0x7f80)),
         'arm': ((a32.UC_ARM_REG_FPSCR, 0), (a32.UC_ARM_REG_FPSCR, 0xc0_0000)),
         'arm64': ((a64.UC_ARM64_REG_FPCR, 0), (a64.UC_ARM64_REG_FPCR, 0xc0_0000))}


class Jumps:
    """Jumps is two goroutines, each in gosling_jump_through, that jump to each
    other by a routine which keeps and loses what Boost's does: the registers
    that a function keeps, and the floating-point modes on x86 alone."""

    def __init__(self, cpu, objects):
        self.cpu, self.machine = cpu, Machine(cpu, objects)
        self.machine.functions['jump'] = self._jump
        self.jump = self.machine.stub('jump')
        self.at = None

    def _jump(self, call):
        """_jump leaves the goroutine standing where it can be resumed."""
        hidden = self.cpu.name == 'arm'  # the address for the result comes first
        self.at = tuple(call.word(i + hidden) for i in range(2))
        self.place = call.word(0) if hidden else None
        raise Blocked

    def _goroutine(self, stack, to, data, modes):
        """_goroutine returns one that has called gosling_jump_through."""
        machine, cpu = self.machine, self.cpu
        machine.uc.reg_write(*modes)
        arguments = [to, data, self.jump]
        if cpu.name == 'arm':
            arguments.insert(0, stack.low + 64)
        thread = machine.start('_gosling_jump_through', *arguments, stack=stack)
        need(not thread.run(), 'no jump was made')
        need(self.at == (to, data), 'jump was given {}', str(self.at))
        if cpu.name == 'arm':
            need(self.place == stack.low + 64, 'the result is to go to {}', self.place)
        return thread

    def _resume(self, thread, context, data, modes, place):
        """_resume is the other half of a jump: to `thread`, from one with other
        floating-point modes."""
        machine, cpu = self.machine, self.cpu
        if cpu.name == 'arm':
            machine.store(place, context)
            machine.store(place + 4, data)
            thread.answer(place)
        else:
            thread.answer(context, {SECOND[cpu.name]: data})
        if cpu.name in ('arm', 'arm64'):  # where Boost's leaves them alone
            machine.uc.context_restore(thread.context)
            machine.uc.reg_write(*modes)
            thread.context = machine.uc.context_save()
        need(thread.run(), 'the jump does not return')
        if cpu.name == 'arm':
            got = machine.load(place), machine.load(place + 4)
        else:
            got = thread.result & cpu.mask, machine.uc.reg_read(SECOND[cpu.name])
        need(got == (context, data), 'the jump returned {}', str(got))

    def check(self):
        machine, mask = self.machine, self.cpu.mask
        one, two = machine.new_stack(), machine.new_stack()
        words = [v & mask for v in (
            0xfedc_ba98_7654_3210, 0x8765_4321_0fed_cba9, 0, 0xffff_ffff_ffff_ffff)]
        modes, others = MODES[self.cpu.name]
        for to, data in zip(words, words[1:] + words[:1]):
            first = self._goroutine(one, to, data, modes)
            second = self._goroutine(two, data, to, others)
            self._resume(first, data, to, others, one.low + 64)
            self._resume(second, to, data, modes, two.low + 64)
