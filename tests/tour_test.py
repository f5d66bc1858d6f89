#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The small programs of tools/examples/tour: what each prints.

Usage: tour_test.py NAME=PROGRAM…
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = {}
LIMIT = 60  # seconds that none should take


def output(name, *arguments, status=0):
    """output runs a program with one P and with several, and returns what it
    prints, which must be the same."""
    printed = set()
    for procs in ('1', '2', '8'):
        done = subprocess.run(
            [PROGRAMS[name], *map(str, arguments)], timeout=LIMIT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, 'GOMAXPROCS': procs})
        if done.returncode != status:
            raise AssertionError(f'{name} ended with {done.returncode}: '
                                 f'{done.stdout}{done.stderr}')
        printed.add(done.stdout + (done.stderr if status != 0 else ''))
    if len(printed) != 1:
        raise AssertionError(f'{name} does not print the same each time: '
                             f'{printed}')
    return printed.pop()


class TourTest(unittest.TestCase):

    def test_the_sieve_finds_primes(self):
        primes = output('sieve', 100).split()
        self.assertEqual(primes[:5] + primes[99:],
                         ['2', '3', '5', '7', '11', '541'])

    def test_the_pipeline_ends_with_its_context(self):
        self.assertEqual(output('pipeline'),
                         'above 1000: yes; goroutines left: 1\n')

    def test_workers_finish_what_was_taken_in(self):
        # A background job of a shell would ignore SIGINT.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.assertEqual(
            output('workers'), 'terminated signal received; every job that was '
            'taken in is done: yes\n')

    def test_the_limiter_slows_and_refuses(self):
        self.assertEqual(
            output('limiter'), '8 requests, and not too fast: yes\n'
            'rate: Wait(n=1) would exceed context deadline\n')

    def test_philosophers_do_not_starve(self):
        self.assertEqual(
            output('philosophers'),
            ''.join(f'philosopher {i}: 100 meals\n' for i in range(5)))

    def test_subscribers_get_what_they_have_room_for(self):
        self.assertEqual(output('pubsub'),
                         'quick: one\nquick: two\nslow: one\n')

    def test_jobs_are_tried_again_until_it_makes_no_sense(self):
        self.assertEqual(
            output('scheduler'), 'plain: done\nflaky: done\n'
            'broken: no such job\nendless: endless: '
            'context deadline exceeded\n')

    def test_a_tree_is_walked(self):
        with tempfile.TemporaryDirectory() as folder:
            for i in range(20):
                inner = pathlib.Path(folder, f'{i}', 'inner')
                inner.mkdir(parents=True)
                for k in range(i):
                    (inner / f'{k}').write_text('x' * k)
            total = sum(sum(range(i)) for i in range(20))
            self.assertEqual(output('tree', folder),
                             f'190 files, {total} bytes\n')

    def test_words_are_counted_in_files(self):
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for i in range(12):
                names.append(pathlib.Path(folder, f'{i}'))
                names[-1].write_text('The cat, the dog. ' * 100 + 'end')
            self.assertEqual(output('words', *names),
                             'the 2400\ncat 1200\ndog 1200\nend 12\n')
            said = output('words', names[0], folder + '/none', status=1)
            self.assertRegex(said, r'^words: open .*/none: no such file')

    def test_threads_and_goroutines_work_together(self):
        self.assertEqual(output('threads'),
                         'threads: 5050\ngoroutines: 500500\nstopped\n')

    def test_a_loop_of_asio_takes_what_goroutines_send(self):
        self.need('asio')
        self.assertEqual(output('asio'), '100 squares, sum 338350\n')

    def test_explorations_are_tests_of_catch2(self):
        self.need('catch2')
        self.assertIn('All tests passed (4 assertions in 2 test cases)',
                      output('catch2', '--rng-seed', 1))

    def need(self, name):
        if name not in PROGRAMS:
            self.skipTest(f'{name} is not here')


if __name__ == '__main__':
    PROGRAMS = dict(a.split('=', 1) for a in sys.argv[1:])
    unittest.main(argv=sys.argv[:1], verbosity=2)
