#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Checks that includes point down the layers only.

    tests    anything                 tools    public headers, what is in tools/
        public headers   the standard library and each other
    runtime    signals   public headers, sched, arch, their own
         sched/report    sched, arch
         sched           sched, sched/os, arch
         sched/os        sched/os, arch
         arch            arch

runtime and signals meet only in public headers. sched/boot.cc, which puts the
runtime together, opens the one door upwards, sched/report/install.h. Every include names one
spelling: <gosling/chan.h> for a public header, "sched/proc.h", from the root,
for a private one; so the layer of a line can be read off the line.
"""

import re
import sys

import tree_argument

LAYERS = {  # room: the rooms whose private headers it may include
    'arch': ['arch'],
    'sched/os': ['sched/os', 'arch'],
    'sched': ['sched', 'sched/os', 'arch'],
    'sched/report': ['sched/report', 'sched', 'sched/os', 'arch'],
    'runtime': ['runtime', 'sched', 'sched/os', 'sched/report', 'arch'],
    'signals': ['signals', 'sched', 'sched/os', 'sched/report', 'arch'],
    'tests': ['tests', 'tools', 'arch', 'sched', 'sched/os', 'sched/report',
              'runtime', 'signals'],
    'tools': ['tools'],
    'tools/exercises': ['tools/exercises', 'arch'],  # one adds a trampoline
}
DOOR = ('sched/boot.cc', 'sched/report/install.h')
SEES_PUBLIC = ['runtime', 'signals', 'tests', 'tools', 'tools/exercises']
PUBLIC = 'runtime/include/'
SUFFIXES = {'.h', '.cc', '.S', '.in'}

# Boost.Context is wrapped in one place; tests look behind it, the benchmarks race
# Boost.Fiber, and an example has asio's loop.
BOOST = ['sched/switch.h', 'sched/switch.cc', 'tests/', 'tools/bench/',
         'tools/examples/tour/asio.cc']

# A public header may take from outside these: the C++20 library, and POSIX's
# integer types, because SignalInfo carries a pid_t and a uid_t.
STANDARD = set('''
    algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv
    cfloat charconv chrono cinttypes climits clocale cmath codecvt compare
    complex concepts condition_variable coroutine csetjmp csignal cstdarg
    cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
    exception execution filesystem format forward_list fstream functional
    future initializer_list iomanip ios iosfwd iostream istream iterator latch
    limits list locale map memory memory_resource mutex new numbers numeric
    optional ostream queue random ranges ratio regex scoped_allocator semaphore
    set shared_mutex source_location span sstream stack stdexcept stop_token
    streambuf string string_view strstream syncstream system_error thread tuple
    type_traits typeindex typeinfo unordered_map unordered_set utility valarray
    variant vector version sys/types.h
'''.split())

INCLUDE = re.compile(r'^\s*#\s*(?:include|include_next|import)\s*(\S.*)$')
NAME = re.compile(r'[<"]([^>"]+)[>"]')


def room(file):
    """room returns the longest of LAYERS' folders that `file` lies in, or ''."""
    return max((r for r in LAYERS if file.startswith(r + '/')), key=len,
               default='')


def problem(root, file, line):
    """problem returns what is wrong with the include `line` of `file`, or ''."""
    name = NAME.match(line)
    if not name:  # a macro, or the template of the header checks
        return '' if file.startswith('tests/') else f'cannot read {line}'
    name, quoted = name[1], line[0] == '"'
    layer = room(file)

    if name.startswith('gosling/'):
        if quoted:
            return f'write <{name}>: public headers have one spelling'
        if layer not in SEES_PUBLIC:
            return f'{layer} is below the public headers and includes <{name}>'
        if layer == 'tools' and name.startswith('gosling/internal/'):
            return f'tools use what users may use, and <{name}> is internal'
        return ''

    if file.startswith(PUBLIC):
        if quoted or name not in STANDARD:
            return (f'a public header includes {line[0]}{name}{line[-1]}: only '
                    'the standard library and <gosling/…> may appear there')
        return ''

    if not quoted:
        if room(name):
            return f'write "{name}": private headers are quoted'
        if name.startswith('boost/') and not file.startswith(tuple(BOOST)):
            return f'<{name}>: Boost stays within {", ".join(BOOST)}'
        return ''

    if name.startswith('absl/'):  # as Abseil spells itself
        return ''
    if not room(name) or not (root / name).is_file():
        return (f'"{name}" is not the path from the root of a header here; '
                'others take <>')
    if name.startswith(PUBLIC):
        return f'write <{name[len(PUBLIC):]}>: public headers have one spelling'
    if room(name) not in LAYERS[layer] and (file, name) != DOOR:
        return f'{layer} may not include "{name}"'
    return ''


def check(root):
    """check returns a line for each wrong include below `root`, and a count."""
    problems, count = [], 0
    for layer in sorted({r.split('/')[0] for r in LAYERS}):
        for path in sorted((root / layer).rglob('*')):
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            file = path.relative_to(root).as_posix()
            text = path.read_text(encoding='utf-8')
            for number, line in enumerate(text.splitlines(), 1):
                include = INCLUDE.match(line)
                if not include:
                    continue
                count += 1
                wrong = problem(root, file, include[1].split('//')[0].strip())
                if wrong:
                    problems.append(f'{file}:{number}: {wrong}')
    return problems, count


def main():
    root = tree_argument.parser(__doc__).parse_args().root
    problems, count = check(root)
    for line in problems:
        print(line)
    if count == 0:
        print('no includes found: is this the right folder?')
    print(f'{count} includes, {len(problems)} of them wrong')
    return 1 if problems or count == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
