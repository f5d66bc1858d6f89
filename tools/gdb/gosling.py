# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Goroutines in gdb: of a live process, stopped, or of a core file.

    (gdb) source tools/gdb/gosling.py
    (gdb) goroutines                 lists them
    (gdb) goroutine 7 bt             backtrace of number 7
    (gdb) goroutine 7 bt full 3      any form of backtrace
    (gdb) goroutine all bt

gdb's own generate-core-file stops reading a mapping at the first guard page, and
leaves out the stacks above it; the kernel's core files are whole.

Installed, it is loaded by gdb itself together with the shared library.

The runtime's own data are read through debug information (-g), so nothing here
knows the layout of a struct, and nothing runs in the process. A release build
has none, and the commands say so. The layout of what a switch leaves on the
stack of a goroutine that has parked is Boost.Context's secret: SAVED, by CPU.

A parked goroutine's stack is shown by an unwinder: for as long as the command
runs, gdb is told that the innermost frame of the selected thread was called by
the goroutine. No register is written, which a core file would not allow and
from which a live process would have to be healed.
"""

import re

import gdb
import gdb.unwinder

# Where jump_fcontext leaves the registers, from the switch point on, and how
# far above it the caller's stack pointer is.
SAVED = {
    'i386:x86-64': (
        {'r12': 0x08, 'r13': 0x10, 'r14': 0x18, 'r15': 0x20, 'rbx': 0x28,
         'rbp': 0x30, 'rip': 0x38}, 'rsp', 0x40),
}

# sched/wait_reason.h, in Go's words.
WAIT_REASONS = {
    'kNone': '',
    'kChanReceive': 'chan receive',
    'kChanReceiveNilChan': 'chan receive (nil chan)',
    'kChanSend': 'chan send',
    'kChanSendNilChan': 'chan send (nil chan)',
    'kSelect': 'select',
    'kSelectNoCases': 'select (no cases)',
    'kSleep': 'sleep',
    'kSemacquire': 'semacquire',
    'kSyncMutexLock': 'sync.Mutex.Lock',
    'kSyncRWMutexRLock': 'sync.RWMutex.RLock',
    'kSyncRWMutexLock': 'sync.RWMutex.Lock',
    'kSyncWaitGroupWait': 'sync.WaitGroup.Wait',
    'kSyncCondWait': 'sync.Cond.Wait',
    'kIOWait': 'IO wait',
    'kSynctestWait': 'synctest.Wait',
}
STATUS = {'kRunnable': 'runnable', 'kRunning': 'running', 'kWaiting': 'waiting'}

LOCKED, ABANDONED, SYSTEM = 1, 2, 8  # GFlags in sched/g.h
WAIT_SEEN = 0x80                     # kWaitSeen in sched/wait_reason.h


def inner(value):
    """inner returns what an atomic, or a class around one, holds."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        fields = value.type.strip_typedefs().fields()
        value = value[next(f for f in fields if hasattr(f, 'bitpos'))]
    return value


def enumerator(value):
    return str(value).rpartition('::')[2]


class Goroutine:
    def __init__(self, g):
        self.g = g
        self.number = int(inner(g['goid']))
        self.name = g['name'].string() if g['name'] else ''
        self.status = enumerator(inner(g['status']))
        self.flags = int(inner(g['flags']))
        self.point = int(g['switch_point'])
        self.on_cpu = int(inner(g['on_cpu'])) != 0

    def thread(self):
        """thread returns gdb's thread that it stands on, or None."""
        m = inner(self.g['m'])
        if not self.on_cpu or not m:
            return None
        tid = int(inner(m['tid']))
        for thread in gdb.selected_inferior().threads():
            if tid in thread.ptid:
                return thread
        return None

    def state(self):
        status = STATUS.get(self.status, self.status)
        if self.flags & ABANDONED:
            status = 'abandoned'
        elif self.status == 'kWaiting':
            number = int(inner(self.g['wait_reason'])) & ~WAIT_SEEN
            reason = enumerator(gdb.Value(number).cast(
                gdb.lookup_type('gosling::sched::WaitReason')))
            status = WAIT_REASONS.get(reason, reason) or status
        thread = self.thread()
        if thread is not None:
            status += f', thread {thread.num}'
        if self.flags & LOCKED:
            status += ', locked to thread'
        if self.flags & SYSTEM:
            status += ', of the runtime'
        return status


def check_known():
    """check_known ends a command where the runtime's types are not known."""
    try:
        known = gdb.lookup_type('gosling::sched::G').fields()
    except gdb.error:
        known = []
    if not known:
        raise gdb.GdbError(
            'Goroutines are read through the debug information of gosling, and '
            'there is none here: a release build, a stripped one, or a program '
            'without gosling.')


def goroutines():
    """goroutines yields all that have not ended, as sched/gpool.cc does."""
    check_known()
    pool = gdb.parse_and_eval("'gosling::sched::gpool'")
    slab_size = int(gdb.parse_and_eval(
        "'gosling::sched::(anonymous namespace)::kSlabSize'"))
    g_type = gdb.lookup_type('gosling::sched::G')
    arena = inner(pool['arenas_'])
    while arena:
        slabs = arena.dereference()['slabs']
        first, last = slabs.type.range()
        for i in range(first, last + 1):
            gs = gdb.Value(int(arena) + (i + 1) * slab_size).cast(
                g_type.pointer())
            for j in range(int(inner(slabs[i]['carved']))):
                if enumerator(inner(gs[j]['status'])) != 'kIdle':
                    yield Goroutine(gs[j])
        arena = arena.dereference()['next']


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class ParkedUnwinder(gdb.unwinder.Unwinder):
    """ParkedUnwinder puts `point` below the innermost frame, if it is set."""

    def __init__(self):
        super().__init__('gosling')
        self.point = None

    def __call__(self, pending):
        if self.point is None or pending.level() != 0:
            return None
        offsets, sp, above = SAVED[pending.architecture().name()]
        word = gdb.lookup_type('unsigned long')
        # As if this frame stood right below the goroutine's: gdb refuses to go
        # on where a caller's frame is not above.
        unwound = pending.create_unwind_info(
            FrameId(gdb.Value(self.point).cast(word),
                    pending.read_register('pc')))
        for register, offset in offsets.items():
            at = gdb.Value(self.point + offset).cast(word.pointer())
            unwound.add_saved_register(register, at.dereference())
        unwound.add_saved_register(
            sp, gdb.Value(self.point + above).cast(word))
        return unwound


UNWINDER = ParkedUnwinder()


def backtrace(goroutine, arguments):
    """backtrace prints the stack of a goroutine, wherever it stands."""
    selected = gdb.selected_thread()
    if goroutine.on_cpu:
        thread = goroutine.thread()
        if thread is None:
            print('it stands on a thread that gdb does not know')
            return
        frame = gdb.selected_frame()
        thread.switch()
        try:
            gdb.execute('backtrace ' + arguments)
        finally:
            selected.switch()
            frame.select()
        return
    if goroutine.point == 0:
        print('it has not started')
        return
    if gdb.newest_frame().architecture().name() not in SAVED:
        raise gdb.GdbError('goroutine: this CPU is not known to the script')
    level = gdb.selected_frame().level()
    UNWINDER.point = goroutine.point
    gdb.invalidate_cached_frames()
    try:
        # Frame 0 is the thread's. With a limit on the number, one more.
        arguments = re.sub(r'(?<![-\w])\d+\b', lambda n: str(int(n[0]) + 1),
                           arguments)
        text = gdb.execute('backtrace ' + arguments, to_string=True)
    finally:
        UNWINDER.point = None
        gdb.invalidate_cached_frames()
        gdb.execute(f'frame {level}', to_string=True)
    frames = re.split(r'^(?=#\d+ )', text, flags=re.MULTILINE)[2:]
    print(re.sub(r'^#(\d+) ( ?)', lambda n: f'#{int(n[1]) - 1:<2} ',
                 ''.join(frames), flags=re.MULTILINE), end='')


class Command(gdb.Command):
    """Says in a sentence what gdb cannot do, not as a fault of Python's."""

    def invoke(self, argument, _from_tty):
        try:
            self.run(argument)
        except gdb.error as error:
            raise gdb.GdbError(f'goroutines: {error}') from None


class Goroutines(Command):
    """List goroutines: number, state or what it waits for, name."""

    def __init__(self):
        super().__init__('goroutines', gdb.COMMAND_STATUS)

    def run(self, _argument):
        listed = sorted(goroutines(), key=lambda g: g.number)
        if not listed:
            raise gdb.GdbError('There is no goroutine.')
        for g in listed:
            print(f'{g.number:6} [{g.state()}]' +
                  (f' "{g.name}"' if g.name else ''))


class OneGoroutine(Command):
    """Show a goroutine's stack: goroutine NUMBER bt, or goroutine all bt."""

    def __init__(self):
        super().__init__('goroutine', gdb.COMMAND_STACK)

    def run(self, argument):
        match = re.fullmatch(r'\s*(\d+|all)\s+(?:bt|backtrace)\b\s*(.*)',
                             argument)
        if match is None:
            raise gdb.GdbError('Usage: goroutine NUMBER|all bt [ARGUMENTS]')
        wanted = [g for g in sorted(goroutines(), key=lambda g: g.number)
                  if match[1] in ('all', str(g.number))]
        if not wanted:
            raise gdb.GdbError(f'There is no goroutine {match[1]}.')
        for g in wanted:
            if match[1] == 'all':
                print(f'\ngoroutine {g.number} [{g.state()}]:')
            backtrace(g, match[2])


gdb.unwinder.register_unwinder(None, UNWINDER, replace=True)
Goroutines()
OneGoroutine()
