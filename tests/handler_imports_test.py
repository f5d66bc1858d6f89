#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Holds the signal handler to the list at the head of signals/handler.cc.

Usage: handler_imports_test.py libgosling.a COMPILER [FLAG…]

Reads the library's machine code with objdump (OBJDUMP and NM name the target's,
if it is another CPU), walks from the handler to everything it refers to, and
compares what it meets with the list: functions outside the library, thread-local
variables, calls through pointers. Then it puts calls that do not belong there
into copies of the sources, compiles those, and checks that each is found.

In a library made for AddressSanitizer it looks for one thing: functions on that
way that keep their locals in memory of the sanitizer's (meson.build says why).
"""

import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / 'signals/handler.cc'
HANDLER = 'gosling::signals::(anonymous namespace)::SignalHandler'
SKIPPED = 77
OBJDUMP = os.environ.get('OBJDUMP', 'objdump')
NM = os.environ.get('NM', 'nm')

ARCHIVE, *COMPILER = sys.argv[1:] or ['']

MEMBER = re.compile(r'^(\S.*):\s+file format ')
FUNCTION = re.compile(r'^[0-9a-f]+ <(.+)>:$')
INSTRUCTION = re.compile(
    r'^\s+[0-9a-f]+:\s+(?:notrack\s+|bnd\s+)?(\S+)\s*([^\t#]*)')
RELOCATION = re.compile(r'\t[0-9a-f]+: (R_\S+)\s+(\S+)')
SYMBOL = re.compile(
    r'^([0-9a-f]+) (.{7}) (\S+)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$')
# Calls and tail calls, by CPU: x86's `*` marks an indirect one, arm's `lr` a
# return.
BRANCHES = re.compile(
    r'^(callq?|jmpq?|j\w+|b|bl|blr|br|cbn?z|tbn?z|b\.\w+|'
    r'(bx|blx|bl?(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?)(\.[nw])?)$')
INDIRECT = re.compile(r'^(blr|br|bx|blx)$')
# Names a compiler refers to for itself: 386's way to other tables, and arm64's
# atomics, which libgcc chooses between two instructions for.
COMPILERS = re.compile(
    r'_GLOBAL_OFFSET_TABLE_$|__aarch64_(cas|swp|ld\w+?)\d+_\w+$')


def run(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=True).stdout


def demangle(names):
    """demangle returns C++'s names without arguments and clones' suffixes."""
    names = list(names)
    out = subprocess.run(['c++filt', '-p'], input='\n'.join(names),
                         capture_output=True, text=True, check=True).stdout
    return {name: re.sub(r' \[clone .*|\.(part|isra|constprop|cold).*', '', text)
            for name, text in zip(names, out.split('\n'))}


def allowed():
    text = SOURCE.read_text(encoding='utf-8')
    return set(re.findall(r'^//   allow: (.+)$', text, re.MULTILINE))


class Code:
    """Code is what functions refer to. A function is (member, symbol)."""

    def __init__(self):
        self.refers = collections.defaultdict(set)  # function: what it refers to
        self.defined = {}                # global symbol: member
        self.functions = set()
        self.data = set()                # (member, symbol) that are not code
        self.anchors = {}                # (member, gcc's .LANCHOR): its address
        self.variables = {}              # address, as (member, section, at): name

    def without(self, stem):
        """without returns the code less that of one source file."""
        def keep(member):
            return not re.search(rf'(^|[_/]){stem}(\.cc)?\.o$', member)
        code = Code()
        code.refers.update((f, r) for f, r in self.refers.items() if keep(f[0]))
        code.defined = {n: m for n, m in self.defined.items() if keep(m)}
        code.functions = {f for f in self.functions if keep(f[0])}
        code.data = {d for d in self.data if keep(d[0])}
        return code

    def read(self, file):
        """read takes in an object file or an archive."""
        starts = collections.defaultdict(list)  # (member, section): functions
        member = None
        for line in run(OBJDUMP, '-t', '-w', file).splitlines():
            if m := MEMBER.match(line):
                member = m[1]
            elif m := SYMBOL.match(line):
                at, flags, section, name = m.groups()
                if name.startswith('.LANCHOR'):
                    self.anchors[member, name] = (member, section, at)
                if section == '*UND*' or name[0] in '.$':
                    continue
                if flags[0] != 'l':
                    self.defined.setdefault(name, member)
                if 'F' in flags or section.startswith('.text'):
                    starts[member, section].append((int(at, 16), name))
                    self.functions.add((member, name))
                else:
                    self.data.add((member, name))
                    self.variables[member, section, at] = name

        function = None
        for line in run(OBJDUMP, '-d', '-r', '-w', '--no-show-raw-insn',
                        file).splitlines():
            if m := MEMBER.match(line):
                member, function = m[1], None
            elif m := FUNCTION.match(line):
                function = (member, m[1])
            elif function and (m := INSTRUCTION.match(line)):
                relocations = RELOCATION.findall(line)
                for kind, target in relocations:
                    self.relocation(function, kind, target, starts)
                # By relocation, unless that is where a pointer lies: only the
                # linker's own table stands for the function itself.
                direct = any('GOT' in kind or not m[2].startswith('*')
                             for kind, _ in relocations)
                if not direct and BRANCHES.match(m[1]):
                    self.branch(function, m[1], m[2])

    def branch(self, function, opcode, operand):
        """branch notes one within a section, or through a pointer."""
        if operand.startswith('*'):
            self.refers[function].add('pointer')
        elif m := re.search(r'<([^+>]+)(?:\+0x[0-9a-f]+)?>', operand):
            if (function[0], m[1]) != function:
                self.refers[function].add((function[0], m[1]))
        elif INDIRECT.match(opcode) and operand.strip() != 'lr':
            self.refers[function].add('pointer')

    def relocation(self, function, kind, target, starts):
        member = function[0]
        name, _, offset = target.partition('+')
        if not offset and (m := re.match(r'(.+)-0x([0-9a-f]+)$', target)):
            name, offset = m[1], '-' + m[2]
        if 'TLS' in kind or 'TPOFF' in kind or 'TPREL' in kind:
            at = self.anchors.get((member, name))
            name = self.variables.get(at, name)
            self.refers[function].add(f'thread-local {name}')
        elif (member, name) in starts and kind.startswith(('R_386', 'R_ARM')):
            # A section, and where in it is not said here: all that it has.
            self.refers[function].update(
                (member, symbol) for _, symbol in starts[member, name])
        elif (member, name) in starts:  # a section: which function is there?
            at = int(offset or '0', 16) + 4 * ('PC32' in kind or 'PLT' in kind)
            before = [s for s in starts[member, name] if s[0] <= at]
            if before:
                self.refers[function].add((member, max(before)[1]))
        elif (name.startswith('.') or (member, name) in self.data or
              COMPILERS.match(name)):
            return
        elif (member, name) in self.functions:
            self.refers[function].add((member, name))
        else:
            self.refers[function].add(name)

    def reach(self, name):
        """reach returns {name: its user} for all that is met and not code here.

        An allowed function of the library is met, not entered."""
        names = demangle({symbol for _, symbol in self.functions}
                         | {r for refs in self.refers.values() for r in refs
                            if isinstance(r, str)})
        todo = [f for f in self.functions if names[f[1]] == name]
        if len(todo) != 1:
            raise LookupError(f'{len(todo)} functions are called {name}')
        seen, met = set(todo), {}
        while todo:
            function = todo.pop()
            by = names[function[1]]
            for ref in self.refers[function]:
                if isinstance(ref, str) and ref in self.defined:
                    ref = (self.defined[ref], ref)
                if ref in self.data:
                    continue
                if ref == 'pointer':
                    met[f'pointer in {by}'] = by
                elif isinstance(ref, str):
                    met[names.get(ref, ref)] = by
                elif names[ref[1]] in allowed():
                    met[names[ref[1]]] = by
                elif ref not in seen:
                    seen.add(ref)
                    todo.append(ref)
        return met, {names[f[1]] for f in seen}


# The test must find each: a source, a line of it, and what to put in front.
MUTANTS = {
    'a libc function': (
        'handler.cc', '  errno = saved_errno;', '::puts("handled");', 'puts'),
    'an allocation': (
        'handler.cc', '  errno = saved_errno;',
        'static int* volatile kept; kept = new int;', 'operator new'),
    'a lock': (
        'sigqueue_send.cc', '          note_.Wakeup();',
        'static pthread_mutex_t mu; ::pthread_mutex_lock(&mu);',
        'pthread_mutex_lock'),
    'an exception': (
        'sigqueue_send.cc', '  slot.info = ToInfo(sig, info, Timed());',
        'if (sig > 100) throw 1;', '__cxa_throw'),
    'a function of the library': (
        'sigqueue_send.cc', '  slot.info = ToInfo(sig, info, Timed());',
        'PrepareQueued(sig);', '__cxa_throw'),
    'a function-local static': (
        'handler.cc', '  errno = saved_errno;',
        'static const int when = ::rand(); if (when == 0) ::raise(sig);',
        '__cxa_guard_acquire'),
    'a thread-local variable': (
        'handler.cc', '  errno = saved_errno;',
        'static thread_local int volatile depth; depth = depth + 1;',
        'thread-local gosling::signals::(anonymous namespace)::SignalHandler'
        '(int, siginfo_t*, void*)::depth'),
    'a call through a pointer': (
        'handler.cc', '  errno = saved_errno;',
        'static void (*volatile hook)(); hook();',
        'pointer in gosling::signals::(anonymous namespace)::SignalHandler'),
    'a tail call': (
        'signote_wakeup.cc', '      futex_.Wakeup();', 'return ::sync();', 'sync'),
}


# What a function calls that asks AddressSanitizer for room for its locals.
FAKE_STACK = '__asan_stack_malloc'


class HandlerTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.library = Code()
        cls.library.read(ARCHIVE)

    def met_in_mutant(self, file, line, intruder, *flags):
        text = (ROOT / 'signals' / file).read_text(encoding='utf-8')
        self.assertEqual(text.count('\n' + line), 1, f'{file}: {line}')
        headers = ('#include <pthread.h>\n#include <stdio.h>\n'
                   '#include <stdlib.h>\n#include <unistd.h>\n')
        text = headers + text.replace('\n' + line, f'\n{intruder}\n{line}')
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, 'mutant.cc')
            source.write_text(text, encoding='utf-8')
            mutant = source.with_suffix('.o')
            subprocess.run([*COMPILER, '-std=c++20', *flags, '-fPIC', '-w', '-I',
                            ROOT, '-I', ROOT / 'runtime/include', '-c', source, '-o',
                            mutant], check=True)
            code = self.library.without(stem := pathlib.Path(file).stem)
            self.assertLess(len(code.functions), len(self.library.functions),
                            stem)
            code.read(mutant)
            return code.reach(HANDLER)[0]


class FakeStack(HandlerTest):

    def met(self, met):
        return {what: by for what, by in met.items() if what.startswith(FAKE_STACK)}

    def test_no_function_of_the_handler_has_its_locals_there(self):
        met, entered = self.library.reach(HANDLER)
        self.assertEqual(self.met(met), {})
        self.assertIn('gosling::sched::os::Nanotime', entered)

    @unittest.skipUnless(COMPILER, 'no compiler given')
    def test_one_is_found(self):
        met = self.met_in_mutant(
            'sigqueue_send.cc', '  slot.info = ToInfo(sig, info, Timed());',
            'char room[64]; asm volatile("" : : "r"(room) : "memory");',
            '-O2', '-fsanitize=address')
        self.assertNotEqual(self.met(met), {})


class Imports(HandlerTest):

    def test_the_handler_refers_to_nothing_but_the_list(self):
        met, entered = self.library.reach(HANDLER)
        extra = {what: by for what, by in met.items() if what not in allowed()}
        self.assertEqual(extra, {}, 'not in the list of signals/handler.cc')
        # The walk has been where it should: a parser gone blind finds nothing.
        for name in ['gosling::signals::SigQueue::Send',
                     'gosling::signals::PipeNote::Wakeup',
                     'gosling_write_trampoline']:
            self.assertIn(name, entered)
        self.assertLessEqual({'write', 'syscall', 'sigaction'}, set(met))

    @unittest.skipUnless(COMPILER, 'no compiler given')
    def test_each_intruder_is_found(self):
        for what, (file, line, intruder, symbol) in MUTANTS.items():
            for level in '-O0', '-O2':
                with self.subTest(what, level=level):
                    met = self.met_in_mutant(file, line, intruder, level)
                    # On some CPUs its section stands for a variable.
                    if symbol.startswith('thread-local '):
                        met = {re.sub(r'^thread-local \..*', symbol, name)
                               for name in met}
                    self.assertIn(symbol, {name.split('@')[0] for name in met})
                    self.assertNotIn(symbol, allowed())


def why_not(symbols, with_asan):
    """why_not says what keeps this library from being looked at, or ''."""
    if re.search(r' U __(tsan|ubsan|msan|gcov)_', symbols) and not with_asan:
        return 'the library is instrumented'
    if 'SignalHandler' not in symbols:
        return 'the library has no machine code (link-time optimisation?)'
    return ''


if __name__ == '__main__':
    if not ARCHIVE:
        sys.exit(__doc__)
    symbols = run(NM, '-A', ARCHIVE)
    with_asan = ' U __asan_' in symbols
    if reason := why_not(symbols, with_asan):
        print('skipped:', reason)
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1],
                  defaultTest='FakeStack' if with_asan else 'Imports')
