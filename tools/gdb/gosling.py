# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Goroutines in gdb: of a live process, stopped, or of a core file.

    (gdb) source tools/gdb/gosling.py
    (gdb) goroutines                 lists them
    (gdb) goroutine 7 bt             backtrace of number 7
    (gdb) goroutine 7 bt full 3      any form of backtrace
    (gdb) goroutine all bt
    (gdb) gosling trace              what each thread did last, if it was recorded
    (gdb) gosling trace 100          the last 100 events of each

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
import sys

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
    'kIOWaitDurable': 'IO wait (durable)',
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


# In which state, by sched/trace/event.h, a goroutine leaves in an event that
# names only the one that comes.
SWITCHES = {'kSwitchStop': 'kGoStop', 'kSwitchBlock': 'kGoBlock',
            'kSwitchEnd': 'kGoEnd'}
LOOK_BACK = 4096  # events, so that it is known which goroutine ran


def words(name):
    """words returns an enumerator's name in plain words."""
    return re.sub(r'(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])', ' ',
                  name[1:]).lower()


class Recorded:
    """Recorded is one event of sched/trace/event.h, taken apart."""

    PREFIX = 'gosling::sched::trace::'

    def __init__(self, time, what, at):
        self.time = time
        self.kind = self.named('Kind', what >> at['kKindAt'] & 0x3f)
        self.argument = what >> at['kArgumentAt'] & 0x7f
        self.p = what & at['kNoP']
        self.object = what >> at['kObjectAt']
        if self.p == at['kNoP']:
            self.p = None

    @classmethod
    def named(cls, enum, number, prefix=PREFIX):
        return enumerator(gdb.Value(number).cast(
            gdb.lookup_type(prefix + enum)))

    def leaves(self, kind, g):
        """leaves says how goroutine g leaves."""
        how = ''
        if kind == 'kGoBlock':
            reason = self.named('WaitReason', self.argument, 'gosling::sched::')
            how = f' ({WAIT_REASONS.get(reason, reason)})'
        elif kind == 'kGoStop':
            how = f" ({words(self.named('StopReason', self.argument))})"
        return f'{words(kind)} {g}{how}'

    def text(self, running):
        """text returns a line's words; running: the goroutine before, or None."""
        if self.kind in SWITCHES:
            leaves = self.leaves(SWITCHES[self.kind],
                                 '?' if running is None else running)
            return f'{leaves}; go start {self.object}'
        if self.kind in SWITCHES.values():
            return self.leaves(self.kind, self.object)
        if self.kind == 'kSignal':
            step = words(self.named('SignalStep', self.object))
            return f'signal {self.argument} {step}'
        if self.kind == 'kMPark':
            return f"m park, {words(self.named('MSleep', self.argument))}"
        if self.kind == 'kProcRetake':
            return f'proc retake {self.object & 0xfff}'
        return words(self.kind) + (f' {self.object}' if self.object else '')

    def runs_then(self, running):
        """runs_then returns which goroutine runs after it."""
        if self.kind == 'kGoStart' or self.kind in SWITCHES:
            return self.object
        return None if self.kind in SWITCHES.values() else running


def lane(ring, at):
    """lane returns the time and the words of a ring's last events."""
    end = int(inner(ring['head_']))
    size = int(ring['mask_']) + 1
    begin = max(0, end - min(size - 1, LOOK_BACK))
    slots = int(ring['slots_'])
    inferior = gdb.selected_inferior()
    lines, running = [], None
    for i in range(begin, end):
        memory = bytes(inferior.read_memory(slots + i % size * 16, 16))
        time, what = (int.from_bytes(memory[j:j + 8], sys.byteorder)
                      for j in (0, 8))
        event = Recorded(time, what, at)
        if event.kind in ('kText', 'kPlace', 'kParent'):
            continue
        on = '' if event.p is None else f'P{event.p}'
        lines.append((time, f'{on:4} {event.text(running)}'))
        running = event.runs_then(running)
    return lines


def logs():
    """logs yields the recorder's logs."""
    log = inner(gdb.parse_and_eval(
        "'gosling::sched::trace::(anonymous namespace)::logs'"))
    while log:
        yield log.dereference()
        log = log.dereference()['next']


class Command(gdb.Command):
    """Says in a sentence what gdb cannot do, not as a fault of Python's."""

    def invoke(self, argument, _from_tty):
        try:
            self.run(argument)
        except gdb.error as error:
            raise gdb.GdbError(f'gosling: {error}') from None


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


class Gosling(gdb.Command):
    """What the runtime of gosling knows beside its goroutines."""

    def __init__(self):
        super().__init__('gosling', gdb.COMMAND_STATUS, prefix=True)


class Trace(Command):
    """Show the last events of each thread: gosling trace [NUMBER]."""

    def __init__(self):
        super().__init__('gosling trace', gdb.COMMAND_STATUS)

    def run(self, argument):
        match = re.fullmatch(r'\s*(\d*)\s*', argument)
        if match is None:
            raise gdb.GdbError('Usage: gosling trace [NUMBER]')
        many = int(match[1] or 20)
        check_known()
        # Static members; the language may be C here, which has no names of them.
        event = gdb.Value(0).cast(gdb.lookup_type(
            Recorded.PREFIX + 'Event').pointer()).dereference()
        at = {name: int(event[name])
              for name in ('kObjectAt', 'kKindAt', 'kArgumentAt', 'kNoP')}
        told = []
        for log in logs():
            lines = lane(log['events'], at) + lane(log['from_handlers'], at)
            lines.sort(key=lambda line: line[0])
            of = enumerator(inner(log['of']))
            name = {'kM': f"M{int(inner(log['m_id']))}", 'kSysmon': 'sysmon',
                    'kForeign': 'thread of the program'}.get(of, of)
            told.append((f"{name} (thread {int(inner(log['tid']))})",
                         lines[-many:] if many else []))
        if not any(lines for _, lines in told):
            raise gdb.GdbError('Nothing has been recorded: GODEBUG=flight=10s '
                               'turns the recorder on, or gosling/trace.h.')
        last = max(lines[-1][0] for _, lines in told if lines)
        print("Ticks of the CPU's counter until the last event; P; event.")
        for name, lines in told:
            print(f'\n{name}:')
            for time, text in lines:
                print(f'{last - time:14} {text}')


gdb.unwinder.register_unwinder(None, UNWINDER, replace=True)
Goroutines()
OneGoroutine()
Gosling()
Trace()
