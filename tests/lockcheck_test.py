#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""libgosling_lockcheck watches programs that hold locks, and some that do not.

Usage: lockcheck_test.py LIBRARY SHARED STATIC [NAME=PROGRAM…]

SHARED is tests/lockcheck/program.cc with the shared library, and preloads the
checker; STATIC is linked with it. The other programs are those of tour_test.py,
which have to do under the checker what they do without.
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

LIMIT = 120
HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / 'lockcheck' / 'program.cc'
LIBRARY = SHARED = STATIC = ''
TOUR = []
WHY = 'A mutex belongs to the thread that has locked it.'


def run(program, *arguments, preload=False, **environment):
    """run runs a program to its end."""
    env = {**os.environ, **environment}
    if preload:
        env['LD_PRELOAD'] = LIBRARY
    return subprocess.run([program, *arguments], capture_output=True, text=True,
                          timeout=LIMIT, check=False, env=env)


def line(mark):
    """line is the place of a mark in the program."""
    for number, text in enumerate(SOURCE.read_text().splitlines(), 1):
        if text.endswith('MARK: ' + mark):
            return f'program.cc:{number}'
    raise LookupError(mark)


class LockCheckTest(unittest.TestCase):
    def said(self, mode, **environment):
        """said is what is said of a program, which ends well."""
        done = run(STATIC, mode, **environment)
        self.assertEqual((done.stdout, done.returncode), ('done\n', 0), done.stderr)
        return done.stderr

    def assert_lines(self, text, *marks):
        """assert_lines looks for the marks' lines where lines are known."""
        if re.search(r'program\.cc:\d', text):
            for mark in marks:
                self.assertIn(line(mark), text)

    def test_a_goroutine_that_parks_with_a_mutex_is_reported_with_both_names(self):
        text = self.said('park')
        self.assertRegex(
            text, r'gosling: goroutine \d+ "holder" parks \[chan receive\] while '
                  r'it holds a mutex\n')
        self.assertRegex(text, r'it holds: mutex at 0x[0-9a-f]+.*, taken.*HoldOverRecv')
        self.assertRegex(text, r'it parks \[chan receive\].*HoldOverRecv')
        self.assertIn(WHY, text)
        self.assert_lines(text, 'taken', 'parked')
        if 'program.cc:' in text:
            self.assertIn('table_mu)', text)
            self.assertRegex(text, r'it was started.* at .*program\.cc:\d+\n')

    def test_a_preloaded_checker_says_the_same(self):
        done = run(SHARED, 'park', preload=True)
        self.assertEqual((done.stdout, done.returncode), ('done\n', 0), done.stderr)
        self.assertRegex(done.stderr, r'"holder" parks \[chan receive\]')
        self.assert_lines(done.stderr, 'taken', 'parked')
        self.assertEqual(run(SHARED, 'park').stderr, '')

    def test_each_place_is_reported_once(self):
        self.assertEqual(self.said('many').count('while it holds'), 1)

    def test_what_is_unlocked_in_time_is_not_reported(self):
        for mode in 'silent', 'condition', 'foreign', 'own_thread':
            for migrate in '0', '1':
                with self.subTest(mode=mode, migrate=migrate):
                    self.assertEqual(
                        self.said(mode, GOSLING_FORCE_MIGRATE=migrate), '')

    def test_a_shared_mutex_is_reported(self):
        self.assertIn('yields while it holds a read lock', self.said('shared'))
        self.assertIn('parks [sleep] while it holds a write lock',
                      self.said('exclusive'))

    def test_a_goroutine_that_ends_with_a_mutex_is_reported(self):
        self.assertIn('ends while it holds a mutex', self.said('end'))

    def test_a_bubbles_goroutine_is_reported(self):
        self.assertIn('parks [sleep] while it holds a mutex', self.said('bubble'))

    def test_an_unlock_on_another_thread_is_reported(self):
        text = self.said('elsewhere')
        self.assertRegex(text, r'thread \d+ gives a mutex back on another thread')
        self.assertRegex(text, r'taken by goroutine \d+ on thread \d+')
        self.assert_lines(text, 'taken here', 'given back')

    def test_a_goroutine_that_has_moved_unlocks_on_another_thread(self):
        text = self.said('park', GOSLING_FORCE_MIGRATE='1', GOMAXPROCS='2')
        self.assertRegex(text, r'goroutine \d+ gives a mutex back on another thread')

    def test_a_report_is_fatal_if_asked_for(self):
        done = run(STATIC, 'park', GOSLING_LOCKCHECK='fatal')
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertRegex(done.stderr, r'"holder" parks \[chan receive\]')
        self.assertIn("fatal error: a lock of the C library's goes with a goroutine",
                      done.stderr)

    def test_off_and_what_is_neither(self):
        self.assertEqual(self.said('park', GOSLING_LOCKCHECK='off'), '')
        done = run(STATIC, 'park', GOSLING_LOCKCHECK='maybe')
        self.assertEqual(done.returncode, 2)
        self.assertIn('GOSLING_LOCKCHECK=maybe: must be on, fatal or off',
                      done.stderr)

    def test_nothing_is_said_of_the_examples(self):
        if not TOUR:
            self.skipTest('the examples were not built')
        done = run(sys.executable, str(HERE / 'tour_test.py'), *TOUR, preload=True,
                   GOSLING_LOCKCHECK='fatal')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # They could be told of: the checker is there.
        name, program = TOUR[0].split('=', 1)
        done = run(program, preload=True, GOSLING_LOCKCHECK='maybe')
        self.assertIn('must be on, fatal or off', done.stderr, name)


if __name__ == '__main__':
    LIBRARY, SHARED, STATIC, *TOUR = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
