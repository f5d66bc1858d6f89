# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""A compiler as users have it, for checks of the public headers."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

INCLUDE = pathlib.Path(__file__).resolve().parent.parent / 'runtime' / 'include'


class Compiler:
    """Compiler is g++ or clang++, by its name; if it is missing, the check ends
    as skipped."""

    def __init__(self, name):
        if not shutil.which(name):
            print(f'{name} is not installed')
            sys.exit(77)
        self.command = [name, f'-I{INCLUDE}']
        macros = self.run(['-dM', '-E', '-x', 'c++', os.devnull]).stdout
        self.is_clang = '__clang__' in macros

    def run(self, arguments):
        """run returns the ended process; its output is text."""
        return subprocess.run([*self.command, *arguments], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def knows(self, standard):
        """knows says whether there is such a -std=."""
        return not self.run([f'-std={standard}', '-fsyntax-only', '-x', 'c++',
                             os.devnull]).returncode

    def precompile(self, header, flags):
        """precompile returns the flags that stand for including `header`."""
        if self.is_clang:
            file = header.with_suffix('.pch')
            use = ['-include-pch', file]
        else:
            file = header.with_suffix(header.suffix + '.gch')
            use = ['-include', header]
        made = self.run([*flags, '-x', 'c++-header', header, '-o', file])
        if made.returncode:
            sys.exit(made.stderr)
        return use


def at_once(function, items):
    """at_once returns function(item) of each, made on all processors."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))
