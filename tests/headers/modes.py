# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The public headers, in every mode that programs are compiled in.

    modes.py g++ FOLDER-OF-LIBGOSLING.SO

uses.cc, which uses all that they have, compiles without a warning as each C++
that the compiler knows, with and without RTTI and exceptions: each by itself
left out as C++20 only. Each header alone does in the last of these modes; as
C++20 the program `headers` has it. Then uses.cc runs; and contexts.cc, of which
one part is a shared library, finds its values whether both have RTTI or not.
"""

import itertools
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compilers import INCLUDE, Compiler, at_once  # noqa: E402

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion',
            '-Wsign-conversion', '-Werror']
# The names by which compilers first knew them.
STANDARDS = {'C++20': 'c++20', 'C++23': 'c++2b', 'C++26': 'c++2c'}
WITHOUT = {'': [], ' without RTTI': ['-fno-rtti'],
           ' without exceptions': ['-fno-exceptions'],
           ' without either': ['-fno-rtti', '-fno-exceptions']}


def report(title, ran):
    print(f'{title}: {"is right" if not ran.returncode else ran.stdout + ran.stderr}')
    return bool(ran.returncode)


def main():
    compiler, library = Compiler(sys.argv[1]), pathlib.Path(sys.argv[2])
    link = [library / 'libgosling.so', f'-Wl,-rpath,{library}', '-pthread']
    headers = sorted((INCLUDE / 'gosling').glob('*.h'))
    modes = []
    for standard, option in STANDARDS.items():
        if compiler.knows(option):
            modes += [(standard + name, [f'-std={option}', *flags])
                      for name, flags in WITHOUT.items()
                      if standard == 'C++20' or len(flags) != 1]
        else:
            print(f'{sys.argv[1]} does not know {standard}')
    compiled = [*itertools.product(modes, [HERE / 'uses.cc']),
                *itertools.product([modes[-1]], headers)]
    ran = at_once(lambda case: compiler.run(
        [*case[0][1], *WARNINGS, '-fsyntax-only', '-x', 'c++', case[1]]),
        compiled)
    faults = 0
    for ((mode, _), source), result in zip(compiled, ran):
        faults += report(f'{source.name} as {mode}', result)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def build(output, source, *flags):
            made = compiler.run(['-std=c++20', *WARNINGS, source, '-o',
                                 folder / output, *flags])
            if made.returncode:
                sys.exit(made.stderr)

        def run(title, program):
            return report(title, subprocess.run(
                [folder / program], text=True, capture_output=True,
                stdin=subprocess.DEVNULL, timeout=60))

        for mode, flags in WITHOUT.items():
            build('uses', HERE / 'uses.cc', *flags, *link)
            faults += run(f'uses.cc runs{mode}', 'uses')
        for first, second in itertools.product(
                ('', ' without RTTI'), repeat=2):
            build('libpart.so', HERE / 'contexts.cc', '-DPART', '-shared',
                  '-fPIC', *WITHOUT[first], *link)
            build('contexts', HERE / 'contexts.cc', *WITHOUT[second],
                  folder / 'libpart.so', f'-Wl,-rpath,{folder}', *link)
            faults += run(f'contexts.cc{second} meets a library{first}',
                          'contexts')
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
