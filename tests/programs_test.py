#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Random programs of channel operations, run by Go: what they come to there, the
model of tests/programs allows. (That it allows what they come to here, and no
more: tests/programs/programs_test.cc.)

Usage: programs_test.py PROGRAM FOLDER

PROGRAM is made of tests/programs/main.cc. FOLDER is where the Go program,
tests/programs/go, is built. Without a Go (`tools/setup --go` gets one) the test
is skipped and says so.
"""

import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'tools' / 'bench'))
import find_go  # noqa: E402
from process import Missing  # noqa: E402

SKIPPED = 77
LIMIT = 120
PROGRAMS = 10_000
RUNS = 3  # of each, in Go
OF_A_KIND = 4  # programs that end in one way only
OURS = GOS = ''


def said(*command, text=None):
    """said runs a program and returns what it prints, errors and all, and its
    status."""
    done = subprocess.run(command, input=text, capture_output=True, text=True,
                          timeout=LIMIT, check=False)
    return done.stdout + done.stderr, done.returncode


def first_lines(text):
    """first_lines is what a program printed, but for stacks."""
    return text.split('\n\n')[0].splitlines()


class ProgramsTest(unittest.TestCase):
    def test_go_comes_to_what_the_model_allows(self):
        programs, status = said(OURS, 'print', '0', str(PROGRAMS))
        self.assertEqual(status, 0, programs)
        self.assertGreater(len(set(programs.splitlines())), 0.99 * PROGRAMS)
        outcomes, status = said(GOS, 'run', str(RUNS), text=programs)
        self.assertEqual(status, 0, outcomes)
        verdict, status = said(OURS, 'check', '0', text=outcomes)
        self.assertEqual(status, 0, verdict)
        self.assertRegex(verdict, rf'\A{PROGRAMS} programs, \d+ outcomes, 0 wrong\n')

    def test_what_no_order_explains_is_found(self):
        programs, _ = said(OURS, 'print', '0', '100')
        outcomes, _ = said(GOS, 'run', '1', text=programs)
        # A value that nobody has sent is left over.
        changed = [line.replace('#', '# 77') for line in outcomes.splitlines()]
        verdict, status = said(OURS, 'check', '0', text='\n'.join(changed))
        self.assertEqual(status, 1, verdict)
        self.assertIn('100 outcomes, 100 wrong', verdict)

    def test_both_end_with_the_same_words(self):
        endings, status = said(OURS, 'ends', '0', '2000')
        self.assertEqual(status, 0, endings)
        kinds = {'end': [], 'panic': [], 'deadlock': []}
        for line in endings.splitlines():
            number, kind, text = line.split('\t')
            kinds[kind].append((number, text))
        for kind, programs in kinds.items():
            self.assertGreaterEqual(len(programs), OF_A_KIND, kind)
            for number, text in programs[:OF_A_KIND]:
                with self.subTest(kind=kind, program=number, text=text):
                    in_go, status_in_go = said(GOS, 'end', text)
                    here, status = said(OURS, 'end', number)
                    self.assertEqual(first_lines(here), first_lines(in_go))
                    self.assertEqual(status, status_in_go)


if __name__ == '__main__':
    OURS, FOLDER = sys.argv[1:3]
    del sys.argv[1:3]
    try:
        GOS = find_go.go_built(HERE / 'programs' / 'go',
                               pathlib.Path(FOLDER).resolve() / 'programs_go')
    except Missing as missing:
        print(f'skipped: no Go to compare with: {missing} '
              '(tools/setup --go gets one)')
        sys.exit(SKIPPED)
    unittest.main()
