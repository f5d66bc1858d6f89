#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Runs what gosling is on Darwin, without a Mac: on emulated CPUs.

Usage: check.py             objects made by clang, for all CPUs
       check.py TREE CPU    by the compiler of a tree of tools/cross darwin-CPU

arch/<cpu>/*.S become Mach-O objects (clang), and every routine of theirs is
called, with libc's functions done by Python (machine.py says what rules are
watched meanwhile). The sources of a signal's way to its receiver (sources.py)
become objects as well, and run on a small Darwin (xnu.py).
Whether a test can fail is tested, too: MUTANTS puts faults into the sources, Go's
first ones among them, and each has to be found.

Needs clang, and unicorn and macholib, which `tools/setup --emulator` gets.
"""

import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import compilers  # noqa: E402
import packages  # noqa: E402

SKIPPED = 77
CPU = ''
if shutil.which('clang') is None:
    print('skipped: there is no clang')
    sys.exit(SKIPPED)
if missing := packages.missing():
    print(f'skipped: {missing} (tools/setup --emulator gets them)')
    sys.exit(SKIPPED)

import mach_o  # noqa: E402
import sources  # noqa: E402
from machine import Broken, CPUS  # noqa: E402
from os_calls import OsCalls  # noqa: E402
from routines import Jumps, Trampolines  # noqa: E402
from story import LibcCalls, Story  # noqa: E402
from xnu import Thrown  # noqa: E402

class Mutant:
    """Mutant is a fault, as {CPU: (text, what stands there instead, …)} in the file
    `path`, and the check of `kind` that has to find it. Changes of C++ stand by
    themselves, and are tried on the two CPUs that macOS runs on."""

    def __init__(self, why, changes, kind=Trampolines, check='check_results',
                 path='arch/{cpu}/libc_call.S'):
        if isinstance(changes, tuple):
            changes = dict.fromkeys(('amd64', 'arm64'), changes)
        self.why, self.changes = why, changes
        self.kind, self.check, self.path = kind, check, path

    def source(self, cpu):
        """source returns the file's path and its text with the fault in it."""
        path, changes = self.path.format(cpu=cpu), self.changes[cpu]
        text = (mach_o.ROOT / path).read_text(encoding='utf-8')
        for old, new in zip(changes[::2], changes[1::2]):
            if old not in text:
                raise ValueError(f'{path} has no longer {old!r}: {self.why}')
            text = text.replace(old, new, 1 if path.endswith('.cc') else -1)
        return path, text


MUTANTS = [
    Mutant("Go's first pipe note: the address of errno is negated, not errno",
           {'386': ('  movl (%eax), %eax\n', ''), 'arm': ('  ldr r0, [r0]\n', ''),
            'amd64': ('  movslq (%rax), %rax\n', ''),
            'arm64': ('  ldrsw x0, [x0]\n', '')}, check='check_errors'),
    Mutant("Go's first pipe note: 386's pipe is passed a register never loaded",
           {'386': ('  movl %edx, 0(%esp)             // the block is the array\n',
                    '  movl %edx, %ecx\n  movl %eax, 0(%esp)\n')}),
    Mutant('ours, until this test ran: Apple takes $2 for a macro\'s argument',
           {'386': ('  leal -20(%esp), %esp ', '  subl $20, %esp ')}),
    Mutant('errno is not negated',
           {'386': ('  negl %eax\n', ''), 'amd64': ('  negq %rax\n', ''),
            'arm': ('  rsb r0, r0, #0\n', ''), 'arm64': ('  neg x0, x0\n', '')},
           check='check_errors'),
    Mutant('more than errno is loaded',
           {'amd64': ('movslq (%rax)', 'movq (%rax)'),
            'arm64': ('ldrsw x0, [x0]', 'ldr x0, [x0]')}, check='check_errors'),
    Mutant('fcntl\'s third argument is not where Apple has variadic ones',
           {'arm64': ('  str x2, [sp, #-16]!\n', '')}),
    Mutant('what is above an int result is not cut off',
           {'amd64': ('  cltq\n', ''), 'arm64': ('  sxtw x0, w0\n', '')},
           check='check_errors'),
    Mutant('a word is cut to an int',
           {cpu: ('LIBC(read)\n  RETURN_WORD', 'LIBC(read)\n  RETURN_INT')
            for cpu in ('amd64', 'arm64')}),
    Mutant('read\'s buffer and count change places',
           {'386': ('READ_COUNT(%edx), %eax\n  movl %eax, 8(%esp)',
                    'READ_COUNT(%edx), %eax\n  movl %eax, 4(%esp)',
                    'READ_BUF(%edx), %eax\n  movl %eax, 4(%esp)',
                    'READ_BUF(%edx), %eax\n  movl %eax, 8(%esp)'),
            'amd64': ('READ_COUNT(%rdi), %rdx', 'READ_COUNT(%rdi), %rsi',
                      'READ_BUF(%rdi), %rsi', 'READ_BUF(%rdi), %rdx'),
            'arm': ('ldr r2, [r0, #GOSLING_READ', 'ldr r3, [r0, #GOSLING_READ',
                    'ldr r1, [r0, #GOSLING_READ', 'ldr r2, [r0, #GOSLING_READ'),
            'arm64': ('ldr x2, [x0, #GOSLING_READ', 'ldr x3, [x0, #GOSLING_READ',
                      'ldr x1, [x0, #GOSLING_READ', 'ldr x2, [x0, #GOSLING_READ')}),
    Mutant('no frame, so that the call is not aligned',
           {'amd64': ('  pushq %rbp\n', '', '  leaveq\n', '',
                      '  movq %rsp, %rbp\n', ''),
            '386': ('leal -20(%esp)', 'leal -16(%esp)')}),
    Mutant('the top of the other stack is not rounded',
           {'386': ('  andl $-16, %esp\n', ''),
            'amd64': ('  andq $-16, %rdx\n', ''),
            'arm': ('  bic r2, r2, #15\n', ''),
            'arm64': ('  and x2, x2, #-16\n', '')},
           check='check_call_on_stack'),
    Mutant('no other stack at all',
           {'386': ('  movl %edx, %esp ', '  nop '),
            'amd64': ('  movq %rdx, %rsp ', '  nop '),
            'arm': ('  mov sp, r2 ', '  nop '), 'arm64': ('  mov sp, x2 ', '  nop ')},
           check='check_call_on_stack'),
    Mutant('the way back is by a register that fn may change',
           {'386': ('  calll *%eax\n',
                    '  movl %ebp, %ecx\n  calll *%eax\n  movl %ecx, %ebp\n'),
            'amd64': ('  callq *%rax\n',
                      '  movq %rbp, %rcx\n  callq *%rax\n  movq %rcx, %rbp\n'),
            'arm': ('  blx r3\n', '  mov r12, FP\n  blx r3\n  mov FP, r12\n'),
            'arm64': ('  blr x3\n', '  mov x9, x29\n  blr x3\n  mov x29, x9\n')},
           check='check_call_on_stack'),
    Mutant('a register of the caller\'s is used',
           {'386': ('  calll *%eax\n', '  movl %eax, %esi\n  calll *%esi\n'),
            'amd64': ('  callq *%rax\n', '  movq %rax, %rbx\n  callq *%rbx\n'),
            'arm': ('  blx r3\n', '  mov r4, r3\n  blx r4\n'),
            'arm64': ('  blr x3\n', '  mov x19, x3\n  blr x19\n')},
           check='check_call_on_stack'),
    Mutant('a register of the system\'s is used',
           {'arm64': ('  blr x3\n', '  mov x18, x3\n  blr x18\n')},
           check='check_call_on_stack'),
    Mutant('jump is entered at a depth that is none after a call',
           {'amd64': ('  subq $8, %rsp ', '  subq $16, %rsp ',
                      '  addq $8, %rsp\n', '  addq $16, %rsp\n'),
            '386': ('  subl $4, %esp ', '  nop ',
                    '  addl $12, %esp', '  addl $8, %esp'),
            'arm64': ('  str x3, [sp, #16]', '  str x3, [sp, #-8]!',
                      'ldr x2, [sp, #16]', 'ldr x2, [sp], #8')},
           Jumps, 'check', 'arch/{cpu}/jump.S'),
    Mutant('data is lost on the way',
           {'amd64': ('  jmpq *%rdx\n', '  movq %rdi, %rsi\n  jmpq *%rdx\n'),
            '386': ('  pushl 12(%esp)               // data', '  pushl 8(%esp) //'),
            'arm': ('  mov FP, sp\n', '  mov FP, sp\n  mov r2, r1\n'),
            'arm64': ('  mov x29, sp\n', '  mov x29, sp\n  mov x1, x0\n')},
           Jumps, 'check', 'arch/{cpu}/jump.S'),
    Mutant('half of the result is lost on the way back',
           {'amd64': ('  retq ', '  movq %rax, %rdx\n  retq '),
            '386': ('  addl $12, %esp', '  xorl %edx, %edx\n  addl $12, %esp'),
            'arm64': ('  ldr x2, [sp, #16]', '  ldr x1, [sp, #16]\n  mov x2, x1')},
           Jumps, 'check', 'arch/{cpu}/jump.S'),
    Mutant('floating-point modes are those of the goroutine that jumped',
           {'arm': ('  vmsr fpscr, r2\n', ''), 'arm64': ('  msr fpcr, x2\n', '')},
           Jumps, 'check', 'arch/{cpu}/jump.S'),
    Mutant("Go's first pipe note, run: a full pipe is no longer told from an error",
           {'amd64': ('  movslq (%rax), %rax\n', ''),
            'arm64': ('  ldrsw x0, [x0]\n', '')}, Story, 'check_full'),
    Mutant("Go's first pipe note: an interrupted read is a wakeup (issue 42619)",
           ('while (n == -EINTR);\n  if (n != 1)',
            'while (false);\n  if (n != 1 && n != -EINTR)'),
           Story, 'check_interrupted', 'signals/note_pipe.cc'),
    Mutant('an interrupted write is no longer tried again',
           ('n = gosling_write_trampoline(&args);\n  } while (n == -EINTR);',
            'n = gosling_write_trampoline(&args);\n  } while (false);'
            ' if (n == -EINTR) return;'),
           Story, 'check_interrupted', 'signals/note_pipe.cc'),
    Mutant('the write end blocks',
           ('int err = SetNonblock(fds[1])', 'int err = 0 * SetNonblock(-1)'),
           Story, 'check_full', 'signals/note_pipe.cc'),
    Mutant('the read end does not block',
           ('SetNonblock(fds[1])', 'SetNonblock(fds[0])'),
           Story, 'check_setup', 'signals/note_pipe.cc'),
    Mutant('one end is inherited by other programs', ('i < 2', 'i < 1'),
           Story, 'check_setup', 'signals/pipe_darwin.cc'),
    Mutant('what fails leaves descriptors open',
           ('if (fd >= 0) sched', 'if (fd < 0) sched'),
           Story, 'check_setup_fails', 'signals/pipe_darwin.cc'),
    Mutant('a note that has no second end to close', ('    CloseFd(fds[1]);\n', ''),
           Story, 'check_setup_fails', 'signals/note_pipe.cc'),
    Mutant('the pipe may become a standard descriptor',
           ('os::RaiseFd(made[1])', 'made[1]', 'os::ShunStandard shun;', ''),
           Story, 'check_setup', 'signals/pipe.cc'),
    Mutant("a handler calls libc on g0's stack",
           ('n = gosling_write_trampoline(&args)',
            'n = LibcCall(gosling_write_trampoline, &args)'),
           Story, 'check_handler_anywhere', 'signals/note_pipe.cc'),
    Mutant('a receiver sleeps with the signal blocked',
           ('if (missing == 0) break;', 'break;'),
           Story, 'check_queue', 'signals/sigqueue.cc'),
    Mutant('a handler leaves a receiver that is about to sleep alone',
           ('          note_.Wakeup();\n', ''),
           Story, 'check_queue', 'signals/sigqueue_send.cc'),
    Mutant('memory is reserved by numbers of Linux', ('MAP_ANON', '0x20'),
           OsCalls, 'check_memory', 'sched/os/os_darwin.cc'),
    Mutant('the signal frame has a page that may be missing',
           ('::mlock(top - page, page)', '::mlock(mapping, page)'),
           OsCalls, 'check_alternate_stack', 'sched/os/os_darwin.cc'),
    Mutant('half of the CPU time is left out', (' + ToNs(info.system_time)', ''),
           OsCalls, 'check_threads', 'sched/os/os_darwin.cc'),
    Mutant("g0's red zone is written to", ('kRedZone = 256', 'kRedZone = 0'),
           LibcCalls, 'check', 'sched/libc_call.cc'),
    Mutant('a LibcCall within another one switches once more',
           ('& kOnSystemStack) != 0', '& kOnSystemStack) > 64'),
           LibcCalls, 'check', 'sched/libc_call.cc'),
    Mutant('after a LibcCall the goroutine cannot park any more',
           ('  ClearSlow(m, kOnSystemStack);', '  //'),
           LibcCalls, 'check', 'sched/libc_call.cc'),
]


class EveryCpu(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        sources.make_headers(cls.folder / 'headers')
        cls.cpus = [CPU] if CPU else list(CPUS)
        paths = {name: [f'arch/{name}/libc_call.S', f'arch/{name}/jump.S',
                        *sources.SOURCES]
                 for name in cls.cpus}
        every = [(name, path) for name in cls.cpus for path in paths[name]]
        made = dict(zip(every, compilers.at_once(lambda k: cls.compiled(*k), every)))
        cls.objects = {name: {path: made[name, path] for path in paths[name]}
                       for name in cls.cpus}

    @classmethod
    def compiled(cls, name, path, mutant=None):
        """compiled returns the object of a file of the tree, with a fault in it if
        there is a mutant."""
        source = mach_o.ROOT / path
        out = cls.folder / f'{name}_{MUTANTS.index(mutant) if mutant else ""}_' \
            f'{path.replace("/", "_")}'
        if mutant:
            source = out
            source.write_text(mutant.source(name)[1], encoding='utf-8')
        out = out.with_suffix('.o')
        if path.endswith('.S'):
            return mach_o.compiled(source, CPUS[name].target, out)
        return sources.compiled(CPUS[name], source, out, cls.folder / 'headers')

    def run_check(self, kind, check, name, changed=None):
        """run_check runs it on the objects of a CPU, or on what was changed."""
        objects = self.objects[name] | (changed or {})
        if kind in (Jumps, Trampolines):
            objects = {p: o for p, o in objects.items() if p.endswith('.S')}
        getattr(kind(CPUS[name], objects.values()), check)()

    def each(self, kind, check, cpus=tuple(CPUS)):
        for name in set(cpus) & set(self.cpus):
            with self.subTest(cpu=name):
                self.run_check(kind, check, name)

    def test_trampolines_pass_arguments_and_results(self):
        self.each(Trampolines, 'check_results')

    def test_trampolines_return_each_errno_negated(self):
        self.each(Trampolines, 'check_errors')

    def test_call_on_stack_goes_there_and_comes_back(self):
        self.each(Trampolines, 'check_call_on_stack')

    def test_jumps_between_goroutines(self):
        self.each(Jumps, 'check')

    def test_libc_is_called_on_the_stack_of_g0(self):
        self.each(LibcCalls, 'check')

    def test_the_note_is_set_up(self):
        self.each(Story, 'check_setup')
        self.each(Story, 'check_setup_fails')

    def test_a_handler_wakes_the_sleeper(self):
        self.each(Story, 'check_wakeups')

    def test_a_handler_interrupts_the_sleeper(self):
        self.each(Story, 'check_interrupted')
        self.each(Story, 'check_handler_anywhere')

    def test_a_full_pipe_is_as_good_as_a_wakeup(self):
        self.each(Story, 'check_full')

    def test_other_errors_are_fatal(self):
        self.each(Story, 'check_errors')

    def test_a_signal_reaches_the_receiver(self):
        self.each(Story, 'check_queue')

    def test_the_system_is_asked_in_its_own_words(self):
        for check in 'check_memory', 'check_threads', 'check_alternate_stack':
            self.each(OsCalls, check)

    def test_mutants_are_found(self):
        if CPU:
            self.skipTest('once is enough')
        every = [(mutant, name) for mutant in MUTANTS for name in mutant.changes]
        made = compilers.at_once(lambda each: self.compiled(
            each[1], each[0].source(each[1])[0], each[0]), every)
        for (mutant, name), changed in zip(every, made):
            with self.subTest(mutant.why, cpu=name):
                with self.assertRaises((Broken, Thrown)):
                    self.run_check(mutant.kind, mutant.check, name,
                                   {mutant.source(name)[0]: changed})


if __name__ == '__main__':
    if len(sys.argv) == 3 and sys.argv[2] in ('amd64', 'arm64'):
        sources.tree, CPU = pathlib.Path(sys.argv[1]), sys.argv[2]
    elif len(sys.argv) != 1:
        sys.exit(__doc__)
    unittest.main(argv=sys.argv[:1])
