#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Checks that includes point down the layers only.

    tests    anything                 tools    public headers, what is in tools/
        public headers   the standard library and each other
    runtime    signals   public headers, sched, arch, their own
         sched           sched, arch
         arch            arch

runtime and signals meet only in public headers. Every include names one
spelling: <gosling/chan.h> for a public header, "sched/proc.h", from the root,
for a private one; so the layer of a line can be read off the line.
"""

import argparse
import pathlib
import re
import sys

LAYERS = {  # folder: the folders whose private headers it may include
    'arch': ['arch'],
    'sched': ['sched', 'arch'],
    'runtime': ['runtime', 'sched', 'arch'],
    'signals': ['signals', 'sched', 'arch'],
    'tests': ['tests', 'tools', 'arch', 'sched', 'runtime', 'signals'],
    'tools': ['tools'],
}
SEES_PUBLIC = ['runtime', 'signals', 'tests', 'tools']
PUBLIC = 'runtime/include/'
SUFFIXES = {'.h', '.cc', '.S', '.in'}

# Boost.Context is wrapped in one place; tests look behind it, and the benchmarks
# race Boost.Fiber.
BOOST = ['sched/context.h', 'sched/context.cc', 'tests/', 'tools/bench/']

# What a public header may take from outside: the C++20 library, and POSIX's
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


def problem(root, file, line):
    """problem returns what is wrong with the include `line` of `file`, or ''."""
    name = NAME.match(line)
    if not name:  # a macro, or the template of the header checks
        return '' if file.startswith('tests/') else f'cannot read {line}'
    name, quoted = name[1], line[0] == '"'
    layer = file.split('/')[0]

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
        if name.split('/')[0] in LAYERS:
            return f'write "{name}": private headers are quoted'
        if name.startswith('boost/') and not file.startswith(tuple(BOOST)):
            return f'<{name}>: Boost stays within {", ".join(BOOST)}'
        return ''

    if name.startswith('absl/'):  # as Abseil spells itself
        return ''
    if name.split('/')[0] not in LAYERS or not (root / name).is_file():
        return (f'"{name}" is not the path from the root of a header here; '
                'others take <>')
    if name.startswith(PUBLIC):
        return f'write <{name[len(PUBLIC):]}>: public headers have one spelling'
    if name.split('/')[0] not in LAYERS[layer]:
        return f'{layer} may not include "{name}"'
    return ''


def check(root):
    """check returns a line for each wrong include below `root`, and a count."""
    problems, count = [], 0
    for layer in LAYERS:
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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('root', nargs='?', type=pathlib.Path,
                        default=pathlib.Path(__file__).parent.parent,
                        help='the tree to check (this one)')
    problems, count = check(parser.parse_args().root)
    for line in problems:
        print(line)
    if count == 0:
        print('no includes found: is this the right folder?')
    print(f'{count} includes, {len(problems)} of them wrong')
    return 1 if problems or count == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
