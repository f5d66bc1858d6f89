#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The library's thread-locals are initial-exec, and few.

Usage: tls_model_test.py libgosling.so COMPILER [FLAG…]

Reads what the linker has made, of whichever CPU, with this machine's readelf:
with any other model a relocation is left that asks the loader for a module's
number or a descriptor, and an access may call into the loader, and allocate.
COMPILER is the one that built the library; what it makes of a thread-local
without being told of a model is what the test must find.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

LIBRARY, *COMPILER = sys.argv[1:] or ['']
# A program that opens the library has this much left for it: glibc's reserve
# for all that is opened so is 1,664 bytes, of which 512 are for other models.
ROOM = 256
# Each CPU's relocations of thread-locals: the offset from the thread's pointer
# by its names, and then any.
INITIAL_EXEC = re.compile(
    r'R_(X86_64_TPOFF64|386_TLS_TPOFF(32)?|ARM_TLS_TPOFF32|'
    r'AARCH64_TLS_TPREL(64)?)$')
THREAD_LOCAL = re.compile(r'\bR_\w*(?:TLS|DTP|TPOFF|TPREL)\w*')


def readelf(*arguments):
    return subprocess.run(['readelf', '-W', *arguments], capture_output=True,
                          text=True, check=True).stdout


def others(library):
    """others returns the relocations of other models than initial-exec, and the
    loader's function that such an access calls."""
    found = THREAD_LOCAL.findall(readelf('-r', library))
    wrong = {kind for kind in found if not INITIAL_EXEC.match(kind)}
    return wrong | set(re.findall(r'\b_+tls_get_addr\b',
                                  readelf('--dyn-syms', library)))


class TlsModel(unittest.TestCase):

    def test_it_is_initial_exec(self):
        self.assertEqual(others(LIBRARY), set())
        self.assertTrue(THREAD_LOCAL.search(readelf('-r', LIBRARY)),
                        'the thread word at least has such a relocation')

    def test_it_has_room_where_the_library_is_opened(self):
        segment, = re.findall(r'^  TLS(?:\s+0x[0-9a-f]+){4}\s+0x([0-9a-f]+)',
                              readelf('-l', LIBRARY), re.M)
        self.assertLessEqual(int(segment, 16), ROOM)

    @unittest.skipUnless(COMPILER, 'no compiler given')
    def test_another_model_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, 'mutant.cc')
            source.write_text('thread_local int count;\n'
                              'int Count() { return ++count; }\n',
                              encoding='utf-8')
            for model, ours in (None, False), ('initial-exec', True):
                with self.subTest(model):
                    mutant = source.with_suffix(f'.{model}.so')
                    subprocess.run(
                        [*COMPILER, '-O2', '-fPIC', '-shared', '-w',
                         *([f'-ftls-model={model}'] if model else []),
                         '-nostdlib', source, '-o', mutant], check=True)
                    self.assertEqual(others(mutant) == set(), ours)


if __name__ == '__main__':
    if not LIBRARY:
        sys.exit(__doc__)
    unittest.main(argv=sys.argv[:1])
