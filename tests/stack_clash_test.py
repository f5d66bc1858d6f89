# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Frames larger than a stack's guard are reported as overflows in programs that
are compiled as gosling.pc says, by g++ and by clang++.

    stack_clash_test.py GOSLING.PC HEADERS LIBRARY CXX…
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PC, HEADERS, LIBRARY, *CXX = sys.argv[1:]
del sys.argv[1:]
SOURCE = pathlib.Path(__file__).parent / 'consumer/overflow.cc'
FLAG = '-fstack-clash-protection'

KIB = 64, 256, 1024, 8192
REPORT = re.compile(
    r'runtime: goroutine \d+ "worker" exceeds its stack of 256 KiB '
    r'\(GoOptions::stack_size sets it\)\nfatal error: stack overflow\n\n'
    r'goroutine \d+ \[running\] "worker":\n')


def cflags():
    """cflags returns what gosling.pc adds, less where it finds the headers."""
    flags, = re.findall(r'^Cflags:(.*)$',
                        pathlib.Path(PC).read_text(encoding='utf-8'), re.M)
    return [flag for flag in flags.split() if not flag.startswith('-I')]


def compilers():
    """compilers returns what built the library, g++ and clang++, by version."""
    found = {}
    for command in CXX, ['g++'], ['clang++']:
        if shutil.which(command[0]):
            version = subprocess.run([*command, '--version'], text=True,
                                     capture_output=True, check=True).stdout
            found.setdefault(version.partition(' ')[2], command)
    return list(found.values())


@unittest.skipUnless(FLAG in cflags(), f'no {FLAG} in gosling.pc')
class StackClash(unittest.TestCase):

    def test_large_frames_are_told_as_overflows(self):
        library = pathlib.Path(LIBRARY)
        with tempfile.TemporaryDirectory() as folder:
            for cxx in compilers():
                program = pathlib.Path(folder) / 'overflow'
                for optimization in '-O0', '-O2':
                    subprocess.run(
                        [*cxx, '-std=c++20', optimization, *cflags(),
                         '-I' + HEADERS, SOURCE, library,
                         f'-Wl,-rpath,{library.parent}', '-o', program],
                        check=True, timeout=100)
                    for kind in 'frame', 'alloca', 'vla':
                        for kib in KIB:
                            with self.subTest(cxx[-1] + optimization,
                                              kind=kind, kib=kib):
                                self.is_told(program, kind, kib)

    def is_told(self, program, kind, kib):
        ran = subprocess.run([program, kind, str(kib)], text=True, timeout=60,
                             capture_output=True)
        self.assertRegex(ran.stderr, REPORT)
        self.assertEqual(ran.returncode, 2)
        self.assertEqual(ran.stdout, '')


if __name__ == '__main__':
    unittest.main()
