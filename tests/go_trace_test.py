#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Go's own readers, `go tool trace` and `go tool pprof`, on what has been recorded;
and JSON's, and ours of profiles.

What Perfetto is given is held to the format's rules here: Perfetto's own reader,
trace_processor, is not in its package for Python, which fetches it over the
network at the first use.

Usage: go_trace_test.py PROGRAM

PROGRAM is tests/trace/program.cc. The reader follows each goroutine and each P
from state to state and refuses a file that is out of order anywhere. Without a
Go (`tools/setup --go` gets one) those tests are skipped and say so.
"""

import collections
import ctypes
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'tools' / 'bench'))
import find_go  # noqa: E402
import pprof  # noqa: E402
from process import Missing, call  # noqa: E402

PROGRAM = TOOL = WHY = ''
STEP = re.compile(r'(\w+)->(\w+)')


def lines_are_known():
    """lines_are_known says whether libdw is here, to build with and to run."""
    try:
        ctypes.CDLL('libdw.so.1')
    except OSError:
        return False
    return pathlib.Path('/usr/include/elfutils/libdwfl.h').exists()


def tool(*arguments):
    """tool runs `go tool`, and returns its status and what it says."""
    done = subprocess.run(
        [TOOL, 'tool', *arguments], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
        env={**os.environ, 'GOTOOLCHAIN': 'local', 'GOPROXY': 'off',
             'GOFLAGS': ''})
    return done.returncode, done.stdout.decode(errors='replace')


class Recorded(unittest.TestCase):
    NAME = 'run.trace'

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = pathlib.Path(self.folder.name) / self.NAME

    def record(self, what, procs):
        call([PROGRAM, what, self.file],
             env={**os.environ, 'GOMAXPROCS': str(procs)})


class GoTrace(Recorded):
    def setUp(self):
        super().setUp()
        if not TOOL:
            self.skipTest(WHY)

    def parsed(self):
        status, text = tool('trace', '-d=parsed', str(self.file))
        self.assertEqual(status, 0, text[-2000:])
        return text

    def test_a_trace_is_in_order(self):
        for procs in 1, 2, 8:
            with self.subTest(procs=procs):
                self.record('trace', procs)
                text = self.parsed()
                steps = collections.Counter(STEP.findall(text))
                for step in [('NotExist', 'Runnable'), ('Runnable', 'Running'),
                             ('Running', 'Waiting'), ('Waiting', 'Runnable'),
                             ('Running', 'Runnable'), ('Running', 'Syscall'),
                             ('Running', 'NotExist'), ('Running', 'Idle'),
                             ('Idle', 'Running')]:
                    self.assertGreater(steps[step], 0, step)
                for word in ('chan send', 'sync', 'sleep', 'runtime.Gosched',
                             'yields', 'all of it', 'the echo is done', 'echo'):
                    self.assertIn(word, text)

    def test_a_flight_recording_is_in_order(self):
        for procs in 1, 2, 8:
            with self.subTest(procs=procs):
                self.record('flight', procs)
                self.assertIn('Runnable->Running', self.parsed())

    def test_a_second_trace_names_the_goroutines_of_the_first(self):
        for procs in 1, 2, 8:
            with self.subTest(procs=procs):
                self.record('again', procs)
                text = self.parsed()
                for name in 'made before the first', 'made in the first':
                    self.assertIn(name, text)

    def test_a_file_that_is_cut_is_refused(self):
        self.record('trace', 2)
        whole = self.file.read_bytes()
        self.file.write_bytes(whole[:len(whole) // 2])
        status, text = tool('trace', '-d=parsed', str(self.file))
        self.assertNotEqual(status, 0, text[-2000:])


    def test_pprof_reads_a_profile(self):
        self.record('profile', 2)
        status, text = tool('pprof', '-top', str(self.file))
        self.assertEqual(status, 0, text[-2000:])
        self.assertIn('Type: goroutine', text)
        self.assertIn('Showing nodes accounting for 8, 100% of 8 total', text)
        self.assertIn('ChanRecv', text)


    def test_pprof_reads_a_cpu_profile(self):
        self.record('cpu', 2)
        status, text = tool('pprof', '-top', '-cum', str(self.file))
        self.assertEqual(status, 0, text[-2000:])
        self.assertIn('Type: cpu', text)
        self.assertIn('Compute', text)


    def test_pprof_reads_profiles_of_waits(self):
        for what, function in ('block', 'ChanRecv'), ('mutex', 'UnlockSlow'):
            with self.subTest(what=what):
                self.record(what, 2)
                status, text = tool('pprof', '-top', str(self.file))
                self.assertEqual(status, 0, text[-2000:])
                self.assertIn('Type: delay', text)
                self.assertIn(function, text)


class Waits(Recorded):
    """What the profiles of waits say, without Go."""

    def delays(self, what, procs):
        """delays returns (contentions, delay in ms) by the functions on a stack."""
        self.record(what, procs)
        profile = pprof.Profile(self.file.read_bytes())
        self.assertEqual(profile.types, [('contentions', 'count'),
                                         ('delay', 'nanoseconds')])
        self.assertEqual(profile.period_type, ('contentions', 'count'))
        return [(stack, count, delay / 1e6)
                for stack, (count, delay) in profile.samples]

    def test_lines(self):
        self.delays('mutex', 2)
        profile = pprof.Profile(self.file.read_bytes())
        lines = next(lines for name, lines in profile.lines.items()
                     if 'HoldLong' in name)
        if not lines_are_known():
            self.assertEqual(lines, {('', 0)})
            return
        source = (HERE / 'trace' / 'program.cc').read_text().splitlines()
        file, number = lines.pop()
        self.assertTrue(file.endswith('trace/program.cc'), file)
        self.assertIn('mutex.Unlock();', source[number - 1])

    def find(self, delays, leaf):
        """find returns the sums over the stacks that have it among the innermost."""
        found = [(count, delay) for stack, count, delay in delays
                 if any(leaf in name for name in stack[:5])]
        self.assertTrue(found, delays)
        return sum(c for c, _ in found), sum(d for _, d in found)

    def test_blocks(self):
        for procs in 1, 2, 8:
            with self.subTest(procs=procs):
                delays = self.delays('block', procs)
                count, delay = self.find(delays, 'ChanRecv')
                self.assertEqual(count, 1)
                self.assertGreaterEqual(delay, 50)
                for leaf in 'WaitGroup::WaitSlow', 'Mutex::LockSlow':
                    self.assertGreaterEqual(self.find(delays, leaf)[1], 50)
                # Sleeps are none.
                self.assertFalse([stack for stack, _, _ in delays
                                  if any('Sleep' in name for name in stack)])

    def test_mutexes(self):
        for procs in 1, 2, 8:
            with self.subTest(procs=procs):
                delays = self.delays('mutex', procs)
                held = [delay for stack, _, delay in delays
                        if any('HoldLong' in name for name in stack)]
                self.assertEqual(len(held), 1, delays)
                self.assertGreaterEqual(held[0], 2 * 45)
                self.assertGreaterEqual(self.find(delays, 'Mutex::UnlockSlow')[1],
                                        held[0])


class Chrome(Recorded):
    NAME = 'run.json'

    def test_each_slice_has_its_time_and_each_arrow_two_ends(self):
        for what in 'trace', 'flight':
            with self.subTest(what=what):
                self.record(what, 2)
                events = json.loads(self.file.read_text())['traceEvents']
                phases = collections.defaultdict(list)
                for event in events:
                    phases[event['ph']].append(event)
                self.assertGreater(len(phases['X']), 100)
                ends = collections.defaultdict(float)  # of what ran on each track
                for event in sorted(phases['X'], key=lambda e: e['ts']):
                    self.assertGreaterEqual(event['dur'], 0)
                    track = event['pid'], event['tid']
                    self.assertGreaterEqual(event['ts'] + 0.002, ends[track], event)
                    ends[track] = event['ts'] + event['dur']
                begins = {event['id'] for event in phases['s']}
                self.assertTrue(phases['f'])
                for event in phases['f']:
                    self.assertIn(event['id'], begins)
                self.check_queues(phases['C'], [
                    event for event in phases['X'] if event['name'] == 'runnable'])
                names = {event['name'] for event in events}
                self.assertLessEqual({'running', 'runnable', 'sleep', 'wake'}, names)

    def check_queues(self, counts, runnable):
        """check_queues looks that who is runnable is queued, for as long."""
        lengths = collections.defaultdict(int)
        in_queues = 0
        for event in counts:
            name, length = event['name'], event['args']['goroutines']
            self.assertRegex(name, r'^(P\d+|global) queue$')
            self.assertEqual(abs(length - lengths[name]), 1, event)
            self.assertGreaterEqual(length, 0, event)
            in_queues -= event['ts'] * (length - lengths[name])
            lengths[name] = length
        self.assertIn('P0 queue', lengths)
        in_queues += sum(lengths.values()) * max(
            event['ts'] + event['dur'] for event in runnable)
        waited = sum(e['dur'] for e in runnable if e['ts'] > 0)
        self.assertAlmostEqual(in_queues / waited, 1, delta=0.02)
        self.assertGreater(max(event['args']['goroutines'] for event in counts), 1)


if __name__ == '__main__':
    PROGRAM = sys.argv[1]
    del sys.argv[1]
    try:
        TOOL = find_go.new_go()
    except Missing as missing:
        WHY = f'no Go to read traces with: {missing} (tools/setup --go gets one)'
    unittest.main()
