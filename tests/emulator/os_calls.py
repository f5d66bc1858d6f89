# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""What sched/os/os_darwin.cc asks of libSystem and Mach, and makes of the answers.

Numbers are Apple's, of its public headers. Each check_… raises Broken.
"""

from machine import Int, Machine, need, signed
from xnu import Process, VARIABLES

PAGE = 0x4000
PROT_NONE, PROT_READ_WRITE = 0, 3
MAP_PRIVATE_ANON_NORESERVE = 0x2 | 0x1000 | 0x40
SS_DISABLE, MADV_FREE = 4, 5
RUNNING, STOPPED, WAITING, UNINTERRUPTIBLE, HALTED = range(1, 6)
KERN_SUCCESS, KERN_FAILURE = 0, 5


class OsCalls:
    def __init__(self, cpu, objects):
        self.cpu, self.machine = cpu, Machine(cpu, objects, VARIABLES)
        if cpu.name == 'arm':
            self.machine.alignment = 4
        self.process = Process(self.machine)
        self.seen = []

    def on(self, name, answer, words=0, ints=0):
        """on has a function answer, with a value or by what answer(call) does, and
        writes down its arguments: first words, then ints."""
        def function(call):
            arguments = [call.word(i) for i in range(words)]
            arguments += [call.int(words + i) for i in range(ints)]
            self.seen.append((name, *arguments))
            return answer(call) if callable(answer) else answer
        self.machine.functions['_' + name] = function

    def call(self, function, *arguments):
        """call calls a function of gosling::sched::os by its mangled name."""
        self.seen = []
        name = f'__ZN7gosling5sched2os{function}'
        return self.machine.call(name, *arguments)[0]

    def check_memory(self):
        machine, mask = self.machine, self.cpu.mask
        at = machine.allocate(PAGE)
        size = 0x12340000
        # The offset, which has 64 bits everywhere, is not looked at: it is 0.
        self.on('mmap', at, 2, 3)
        need(self.call('7ReserveEm', size) & mask == at, 'Reserve')
        need(self.seen == [('mmap', 0, size, PROT_READ_WRITE,
                            MAP_PRIVATE_ANON_NORESERVE, -1)], '{}', str(self.seen))
        self.on('mmap', -1, 2, 3)
        need(self.call('7ReserveEm', size) == 0, 'a Reserve that fails')
        self.on('madvise', Int(0), 2, 1)
        self.call('8DontNeedEPvm', at, size)
        need(self.seen == [('madvise', at, size, MADV_FREE)], '{}', str(self.seen))
        self.on('mprotect', Int(0), 2, 1)
        need(signed(self.call('7ProtectEPvm', at, size), 4) == 0, 'Protect')
        need(self.seen == [('mprotect', at, size, PROT_NONE)], '{}', str(self.seen))
        need(self.call('8PageSizeEv') == PAGE, 'PageSize')

        def readable(call):
            machine.store(call.word(4), 1)
            return Int(KERN_SUCCESS)
        self.on('vm_read_overwrite', readable, 3)
        need(self.call('10IsReadableEPKv', at) & 0xff == 1, 'IsReadable')
        need(self.seen == [('vm_read_overwrite', 0x103, at, 1)], '{}', str(self.seen))
        self.on('vm_read_overwrite', Int(KERN_FAILURE), 3)
        need(self.call('10IsReadableEPKv', at) & 0xff == 0, 'IsReadable of nothing')

    def _basic_info(self, state, answer=KERN_SUCCESS):
        """_basic_info is thread_info of one that has run for 3.000005 s as itself
        and 2.000004 s in the kernel."""
        def info(call):
            need(call.int(1) == 3, 'flavor {}', call.int(1))
            need(self.machine.load(call.word(3), 4) == 10, 'room for {} words',
                 self.machine.load(call.word(3), 4))
            for i, value in enumerate((3, 5, 2, 4, 0, 1, state, 0, 0, 0)):
                self.machine.store(call.word(2) + 4 * i, value, 4)
            return Int(answer)
        self.on('thread_info', info, 1)

    def check_threads(self):
        # A handle is an int64: a pair of words where a word has 32 bits.
        handle = [0x1503] if self.cpu.word == 8 else [0x1503, 0]
        for state, wanted in ((RUNNING, 'ready'), (WAITING, 'asleep'),
                              (UNINTERRUPTIBLE, 'asleep'), (STOPPED, 'asleep'),
                              (HALTED, 'unknown')):
            self._basic_info(state)
            got = signed(self.call('13StateOfThreadEx', *handle), 4)
            need(self.seen == [('thread_info', 0x1503)], '{}', str(self.seen))
            need(got == self.machine.load(
                self.machine.symbols['_fixture_thread_states'] + 4 *
                ('unknown', 'ready', 'asleep').index(wanted), 4),
                 'a thread in state {} is not {}', state, wanted)
        time = 5_000_009_000
        got = self.call('13ThreadCpuTimeEx', *handle)
        need(got == signed(time, self.cpu.word), 'CPU time is {}', got)
        self._basic_info(RUNNING, KERN_FAILURE)
        need(self.call('13ThreadCpuTimeEx', *handle) == -1, 'of a thread that is gone')

        def task_info(call):
            need(call.int(1) == 4, 'flavor {}', call.int(1))
            size = call.int(5 if self.cpu.word == 4 else 4)
            need(size == 96, 'room for {} bytes', size)
            at = call.word(4 if self.cpu.word == 4 else 3)
            self.machine.store(at + 48 + 4 * 9, 7, 4)
            return Int(size)
        self.on('proc_pidinfo', task_info, 0, 1)
        self.on('getpid', Int(4711))
        need(signed(self.call('11ThreadCountEv'), 4) == 7, 'ThreadCount')
        need(self.seen[-1] == ('proc_pidinfo', 4711), '{}', str(self.seen))

    def check_alternate_stack(self):
        """A guard page below, the top page locked; none if there is one."""
        machine, word = self.machine, self.cpu.word
        old, out = {'flags': SS_DISABLE}, machine.allocate(64)
        size = 0x20000 + PAGE
        mapping = machine.allocate(size)
        set_to = []

        def sigaltstack(call):
            new, current = call.word(0), call.word(1)
            if current:
                machine.store(current + 2 * word, old['flags'], 4)
            if new:
                set_to.append((machine.load(new), machine.load(new + word),
                               machine.load(new + 2 * word, 4)))
            return Int(0)
        self.on('sigaltstack', sigaltstack)
        self.on('mmap', mapping, 2)
        self.on('mprotect', Int(0), 2, 1)
        self.on('mlock', Int(0), 2)
        self.on('munmap', Int(0), 2)
        name = '15InstallAltStackEPNS1_8AltStackE'
        need(self.call(name, out) & 0xff == 1, 'InstallAltStack')
        need(set_to == [(mapping + PAGE, 0x20000, 0)], 'it is set to {}', str(set_to))
        calls = [seen for seen in self.seen if seen[0] != 'sigaltstack']
        need(calls == [('mmap', 0, size), ('mprotect', mapping, PAGE, PROT_NONE),
                       ('mlock', mapping + size - PAGE, PAGE)], '{}', str(calls))
        need([machine.load(out), machine.load(out + word)] == [mapping, size],
             'the stack is not reported')
        old['flags'] = 0
        need(self.call(name, out) & 0xff == 1, 'the one that is there')
        need([seen[0] for seen in self.seen] == ['sigaltstack'], '{}', str(self.seen))
        need(machine.load(out) == 0, "another's stack is reported as ours")
