# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Compilers say what is to be mended, in their first error, which is the only one.

    check.py g++

misuses.txt has the misuses, each of them statements of a function. Further,
each public header says below C++20 that it needs that, and no more.
"""

import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compilers import INCLUDE, Compiler, at_once  # noqa: E402

MISUSE = re.compile(r'^== (?P<name>.+)\n(?P<code>(?:(?!->|==).*\n)+)'
                    r'-> (?P<says>.+)$', re.MULTILINE)
# Not the `fatal error` that ends it below C++20.
ERROR = re.compile(r'^.*: error: .*$', re.MULTILINE)
TOO_OLD = 'gosling needs C++20: compile with -std=c++20 or a newer one'

PROLOGUE = '''#include <gosling/gosling.h>
#include <csignal>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>
namespace go = gosling;
'''


def fault(compiler, flags, source, says):
    """fault says what is wrong with what the compiler says of `source`."""
    ran = compiler.run([*flags, '-fsyntax-only', '-w', source])
    errors = ERROR.findall(ran.stderr)
    if not ran.returncode:
        return 'compiles'
    if not errors or says not in errors[0]:
        return f'does not begin with {says!r}:\n{ran.stderr}'
    if len(errors) > 1:
        return 'has further errors:\n' + '\n'.join(errors)
    return ''


def main():
    compiler = Compiler(sys.argv[1])
    misuses = list(MISUSE.finditer((HERE / 'misuses.txt').read_text('utf-8')))
    headers = sorted((INCLUDE / 'gosling').glob('*.h'))
    if len(misuses) < 20 or not headers:
        sys.exit('the misuses or the headers are not found')
    faults = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prologue = folder / 'prologue.h'
        prologue.write_text(PROLOGUE, encoding='utf-8')
        new = ['-std=c++20', '-fno-diagnostics-color']
        use = [*new, *compiler.precompile(prologue, new)]
        cases = []
        for number, misuse in enumerate(misuses):
            source = folder / f'{number}.cc'
            source.write_text('int Misuse() {\n' + misuse['code'] +
                              'return 0;\n}\n', encoding='utf-8')
            cases.append((use, source, misuse['says'], misuse['name']))
        for header in headers:
            source = folder / f'{header.stem}_too_old.cc'
            source.write_text(f'#include <gosling/{header.name}>\n',
                              encoding='utf-8')
            cases.append((['-std=c++17'], source, TOO_OLD,
                          f'<gosling/{header.name}> as C++17'))
        wrong = at_once(lambda case: fault(compiler, *case[:3]), cases)
        for (*_, title), what in zip(cases, wrong):
            faults += bool(what)
            print(f'{title}: {what or "is told"}')
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
