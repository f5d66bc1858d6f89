#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Valgrind on goroutines: it knows their stacks, and finds what there is.

Usage: valgrind_test.py PROGRAM

PROGRAM is tests/valgrind/program.cc, linked with a library that was built with
Valgrind's header (the option `valgrind`).
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77
PROGRAM = ''


def memcheck(*arguments):
    result = subprocess.run(
        ['valgrind', '--fair-sched=yes', '--error-exitcode=9', PROGRAM,
         *arguments],
        capture_output=True, text=True, timeout=250, check=False,
        stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout + result.stderr


class Valgrind(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        # An older valgrind gives up on a newer compiler's debug information.
        global PROGRAM
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        bare = pathlib.Path(folder.name, 'bare')
        subprocess.run(['strip', '--strip-debug', '-o', bare, PROGRAM], check=True)
        PROGRAM = bare

    def test_it_finds_nothing_where_there_is_nothing(self):
        status, output = memcheck()
        self.assertEqual(status, 0, output)
        self.assertIn('sum 150', output)
        self.assertIn('ERROR SUMMARY: 0 errors', output)
        self.assertNotIn('switching stacks', output)

    def test_it_finds_what_a_goroutine_did_wrong_and_shows_where(self):
        status, output = memcheck('unset')
        self.assertEqual(status, 9, output)
        self.assertIn('depends on uninitialised value', output)
        self.assertRegex(output, r'(at|by) 0x[0-9A-F]+: UseUnset\(\)')
        self.assertRegex(output, r'by 0x[0-9A-F]+: .*GoroutineEntry')
        self.assertIn('ERROR SUMMARY: 1 errors', output)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv[1]
    if shutil.which('valgrind') is None:
        print('skipped: there is no valgrind')
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
