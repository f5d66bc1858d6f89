#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""gdb on goroutines, with tools/gdb/gosling.py and without.

Usage: gdb_test.py PROGRAM

PROGRAM is tests/gdb/program.cc. It is stopped where all its goroutines are
known, and looked at there and in a core file.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = ROOT / 'tools/gdb/gosling.py'
SKIPPED = 77
PROGRAM = ''


def gdb(*commands, program=(), limit=100):
    arguments = ['gdb', '-nx', '-batch', '-iex', 'set debuginfod enabled off']
    for command in ('set pagination off', 'set confirm off', *commands):
        arguments += ['-ex', command]
    result = subprocess.run([*arguments, *program], capture_output=True,
                            text=True, timeout=limit, check=False,
                            stdin=subprocess.DEVNULL)
    return result.stdout + result.stderr


def stopped(*commands, before=()):
    """stopped returns what gdb says to commands given at StopHere."""
    return gdb(f'source {SCRIPT}', 'break StopHere', *before, 'run',
               'echo ---\\n',
               *commands, 'kill', program=['--args', PROGRAM])


class Gdb(unittest.TestCase):

    LOOK = ['goroutines'] + [
        command for n in range(1, 6)
        for command in (f'echo === {n}\\n', f'goroutine {n} bt')]

    def look(self, output):
        """look checks what is said to LOOK."""
        parts = re.split(r'^=== (\d+)\n', output, flags=re.MULTILINE)
        stacks = dict(zip(map(int, parts[1::2]), parts[2::2]))
        listed = {}
        for number, state, name in re.findall(
                r'^ +(\d+) \[(.*?)\](?: "(\w+)")?$', parts[0], re.MULTILINE):
            listed[name or 'main'] = (int(number), state)
        self.assertEqual(set(listed), {'main', 'receiver', 'sleeper', 'locker',
                                       'spinner'}, output)
        for name, state, where in [
                ('main', 'running, thread', 'StopHere'),
                ('receiver', 'chan receive', 'ReceiveDeep'),
                ('sleeper', 'sleep', 'SleepLong'),
                ('locker', 'sync.Mutex.Lock', 'WaitForMutex'),
                ('spinner', 'running, thread', 'Spin')]:
            with self.subTest(name):
                number, said = listed[name]
                self.assertTrue(said.startswith(state), said)
                stack = stacks[number]
                self.assertRegex(stack, rf'\b{where} \(')
                self.assertIn('GoroutineEntry', stack)
                self.assertRegex(stack, r'^#0 ')
                self.assertNotIn('corrupt', stack)
                self.assertNotIn('??', stack.split('GoroutineEntry')[0])
        receiver = stacks[listed['receiver'][0]]
        self.assertEqual(len(re.findall(r'\bReceiveDeep \(', receiver)), 4,
                         receiver)
        self.assertRegex(receiver, r'depth=(depth@entry=)?3\b')
        self.assertRegex(receiver, r'gosling_jump_through')

    def test_goroutines_are_listed_and_shown(self):
        output = stopped(*self.LOOK, 'echo === 0\\n', 'bt', 'frame')
        before, _, after = output.partition('=== 0\n')
        self.look(before.partition('---\n')[2])
        # Nothing has been changed: the thread stands where it stood.
        self.assertRegex(after, r'#0 +StopHere \(')

    def of_core(self, *commands, **environment):
        """of_core returns what gdb says of a core file, left at StopHere."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(['sh', '-c', 'ulimit -c unlimited; "$0" core',
                            PROGRAM], cwd=folder, check=False, timeout=100,
                           stderr=subprocess.DEVNULL,
                           env={**os.environ, **environment})
            cores = list(pathlib.Path(folder).iterdir())
            if not cores:
                self.skipTest('this system leaves no core files in the folder')
            return gdb(f'source {SCRIPT}', *commands,
                       program=[PROGRAM, str(cores[0])])

    def test_goroutines_are_listed_and_shown_from_a_core_file(self):
        self.look(self.of_core(*self.LOOK))

    def test_the_process_goes_on_afterwards(self):
        output = gdb(f'source {SCRIPT}', 'break StopHere', 'run',
                     'goroutine all bt', 'continue',
                     program=['--args', PROGRAM])
        self.assertIn('answer 42', output)
        self.assertIn('exited normally', output)

    def test_a_limited_backtrace_has_that_many_frames(self):
        output = stopped('goroutine 2 bt 2').partition('---\n')[2]
        self.assertEqual(len(re.findall(r'^#\d+ ', output, re.MULTILINE)), 2,
                         output)

    def test_gdb_itself_stops_steps_and_unwinds_in_a_goroutine(self):
        output = gdb('break StopHere', 'run', 'echo ---\\n', 'next',
                     'info locals', 'finish', 'bt',
                     program=['--args', PROGRAM])
        output = output.partition('---\n')[2]
        self.assertRegex(output, r'Value returned is \$1 = 42')
        self.assertIn('GoroutineEntry', output)
        self.assertNotIn('corrupt', output)

    def look_at_trace(self, output):
        """look_at_trace checks what is said to `gosling trace 1000`."""
        self.assertRegex(output, r'(?m)^M\d+ \(thread \d+\):$')
        times = [int(time) for time in re.findall(
            r'(?m)^ +(-?\d+) (?:P\d+ | )', output)]
        self.assertGreater(len(times), 10, output)
        self.assertEqual(min(times), 0, output)
        for event in (r'go create (\d+)', r'go block (\d+) \(chan receive\)',
                      r'go block (\d+) \(sync.Mutex.Lock\)',
                      r'go block (\d+) \(sleep\)', r'go start (\d+)',
                      r'proc start'):
            self.assertRegex(output, event)
        self.assertNotIn('switch', output)
        self.assertNotIn('go block ?', output)

    def test_the_last_events_of_each_thread_are_shown(self):
        self.look_at_trace(stopped('gosling trace 1000', before=[
            'set environment GODEBUG flight=10s']).partition('---\n')[2])

    def test_the_last_events_are_shown_from_a_core_file(self):
        self.look_at_trace(self.of_core('gosling trace 1000',
                                        GODEBUG='flight=10s'))

    def test_without_a_recording_it_says_so(self):
        output = stopped('gosling trace', 'gosling trace x')
        self.assertIn('Nothing has been recorded:', output)
        self.assertIn('Usage: gosling trace [NUMBER]', output)
        self.assertNotIn('Python', output)

    def test_wrong_numbers_are_refused(self):
        self.assertIn('There is no goroutine 77.',
                      stopped('goroutine 77 bt'))
        self.assertIn('Usage: goroutine', stopped('goroutine 7'))

    def test_without_debug_information_it_says_so_in_one_sentence(self):
        with tempfile.TemporaryDirectory() as folder:
            for option in '--strip-debug', '--strip-all':
                program = pathlib.Path(folder) / ('program' + option)
                subprocess.run(['objcopy', option, PROGRAM, program], check=True)
                for before in [], ['catch syscall write', 'run']:
                    with self.subTest(option=option, before=before):
                        output = gdb(f'source {SCRIPT}', *before, 'goroutines',
                                     'goroutine all bt',
                                     program=['--args', str(program)])
                        self.assertEqual(2, len(re.findall(
                            r'^Goroutines are read .* there is none here: .*\.$',
                            output, re.MULTILINE)), output)
                        self.assertNotIn('Python', output)

    def test_before_the_program_runs_there_is_no_goroutine(self):
        output = gdb(f'source {SCRIPT}', 'goroutines', 'goroutine 1 bt',
                     program=['--args', PROGRAM])
        self.assertEqual(output, 'There is no goroutine.\n'
                         'There is no goroutine 1.\n')

    def test_the_wait_reasons_are_the_runtimes(self):
        header = (ROOT / 'sched/wait_reason.h').read_text(encoding='utf-8')
        ours = re.findall(r'case WaitReason::(\w+):\s+return "(.*?)";', header)
        theirs = re.findall(r"^    '(k\w+)': '(.*?)',$",
                            SCRIPT.read_text(encoding='utf-8'), re.MULTILINE)
        self.assertEqual(dict(theirs), dict(ours))


def why_not():
    """why_not says what keeps gdb from working here, or ''."""
    if shutil.which('gdb') is None:
        return 'there is no gdb'
    output = gdb('break main', 'run', 'echo stopped in $_function\\n', 'bt',
                 'kill', program=['--args', PROGRAM])
    if 'in main' not in output and 'main (' not in output:
        return 'gdb cannot run a program here: ' + output
    if 'python' not in gdb('python print("python")'):
        return 'this gdb has no Python'
    return ''


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv[1]
    if reason := why_not():
        print('skipped:', reason)
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
