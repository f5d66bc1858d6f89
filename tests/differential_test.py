#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The same small programs in Go and here: what they say, word by word.

Usage: differential_test.py PROGRAM FOLDER

PROGRAM is made of tests/differential/*.cc. FOLDER is where the Go program,
tests/differential/go, is built. Without a Go (`tools/setup --go` gets one) the
test is skipped and says so.

Both are run case by case with the same environment; standard output, standard
error and the exit status have to be equal, after what cannot be equal has been
made so (`normal`): addresses, numbers of goroutines and threads, the frames of
stacks. Where we differ on purpose, the table below says how and why; a
difference that is not there any more fails as well.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'tools' / 'bench'))
import find_go  # noqa: E402
from process import Missing, call  # noqa: E402

SKIPPED = 77
LIMIT = 60
OURS = GOS = ''


class Unlike:
    """Unlike is a difference on purpose: `reason` says why `pattern`, in what
    Go says, is `ours` here. With status, the exit status is that here."""

    def __init__(self, reason, pattern=None, ours='', status=None):
        self.reason, self.status = reason, status
        self.pattern = pattern and re.compile(pattern, re.MULTILINE | re.DOTALL)
        self.ours = ours

    def apply(self, test, result):
        out, err, status = result
        if self.pattern:
            changed = [self.pattern.sub(self.ours, text) for text in (out, err)]
            test.assertNotEqual(changed, [out, err],
                                f'no longer a difference: {self.reason}')
            out, err = changed
        if self.status is not None:
            test.assertNotEqual(status, self.status,
                                f'no longer a difference: {self.reason}')
            status = self.status
        return out, err, status


# --- What differs on purpose ---

NO_PANIC = Unlike('a fault cannot be caught: it is a fatal error',
                  r'^panic: runtime error: ', 'fatal error: ')
REGISTERS = Unlike('what began with a signal ends with the registers',
                   r'(?<=  …)\Z', '\n\nREGISTERS')
PLAIN = Unlike('only GOTRACEBACK=system says where the objects are; a signal '
               'or a broken invariant does not raise it to that',
               r'^(goroutine N) gp=X m=\w+(?: mp=X)?', r'\1')
KEPT_NONE = Unlike('GOTRACEBACK=none is kept to for SIGQUIT too',
                   r'\n\ngoroutine N.*', '')
FAULT = [NO_PANIC, REGISTERS]
BROKEN = [PLAIN, REGISTERS]
UNASKED = 'a signal that was not asked for does what the system has it do: '


def left_to_the_system(words, status):
    return [Unlike(UNASKED + words, r'after\n\Z', status=status)]


DIFFERENT = {
    'cond-order': [
        Unlike('those that Broadcast wakes run in the order in which they came',
               r'woken 3\nwoken 2', 'woken 2\nwoken 3')],
    'deadlock-select-one': [
        Unlike('a Select of one case is a Select; Go compiles it to a receive',
               r'\[chan receive\]', '[select]')],
    'errors-errno': [
        Unlike('the words of a std::error_code are the system\'s',
               r'no such file or directory resource',
               'No such file or directory Resource')],
    'fatal-stack-overflow': [
        Unlike('a stack does not grow, and says whose it is and how to have a '
               'larger one', r'\Aruntime: goroutine stack exceeds.*?\n.*?\n',
               'runtime: goroutine 1 exceeds its stack of 256 KiB '
               '(GoOptions::stack_size sets it)\n'),
        PLAIN,
        Unlike('the report is made on the signal\'s stack, not g0\'s',
               r'\n\nruntime stack:\n  …', '')],
    'fault-nil': FAULT,
    'fault-near-nil': FAULT,
    'fault-traceback-none': [NO_PANIC],
    'fault-divide': [
        NO_PANIC, REGISTERS,
        Unlike('the CPU finds out, not the compiler\'s check before it',
               r'by zero\n', 'by zero\n[signal SIGFPE: floating-point exception'
               ' code=0x1 addr=0xADDRESS pc=X]\ninstruction bytes: B\n')],
    'fault-wild': BROKEN,
    'fault-bus': BROKEN,
    'fault-non-canonical': [
        Unlike('no address is given where the CPU names none',
               r'unexpected fault address 0x0\n', ''), *BROKEN],
    'fault-illegal': [PLAIN],
    'net-listen-kinds': [
        Unlike('a socket for messages is no listener, and the other way round',
               r'listener: nil\nmessages: nil\nmessages: nil',
               'listener: listen unixgram gram: address gram: unexpected '
               'address type\n'
               'messages: listen unix stream: address stream: unexpected '
               'address type\n'
               'messages: listen unixpacket packet: address packet: unexpected '
               'address type')],
    'panic-another': [
        Unlike('a second exception hides the one being handled',
               r'boom \[recovered\]\n\tpanic: ', '')],
    'panic-in-timer': [
        Unlike('a timer\'s function was not started by a goroutine',
               r'\n  created by F', '')],
    'panic-in-waitgroup-go': [
        Unlike('nothing catches the exception on its way',
               r' \[recovered, repanicked\]', '')],
    'quit': [PLAIN],
    'quit-all': [PLAIN],
    'quit-none': [KEPT_NONE],
    'signal-default-abrt': [
        Unlike(UNASKED + 'SIGABRT kills, and may dump core', r'\ASIGABRT.*', '',
               status='SIGABRT')],
    'signal-default-segv': [
        Unlike(UNASKED + 'a copy of SIGSEGV that was sent kills',
               r'\ASIGSEGV.*', '', status='SIGSEGV')],
    'signal-default-usr1': left_to_the_system('SIGUSR1 kills', 'SIGUSR1'),
    'signal-default-alrm': left_to_the_system('SIGALRM kills', 'SIGALRM'),
    'signal-ignored-by-parent': [
        Unlike('Ignored tells what the system does, after Stop as before',
               r'hangup\nfalse', 'hangup\ntrue')],
    'signal-pipe': [
        Unlike(UNASKED + 'SIGPIPE kills', r'broken pipe\n', '',
               status='SIGPIPE')],
}


# --- The cases that want more than to be run ---

ENVIRONMENT = {
    'deadlock-traceback-none': {'GOTRACEBACK': 'none'},
    'fault-traceback-none': {'GOTRACEBACK': 'none'},
    'quit-none': {'GOTRACEBACK': 'none'},
    'quit-all': {'GOTRACEBACK': 'all'},
    'quit-system': {'GOTRACEBACK': 'system'},
    'schedtrace': {'GODEBUG': 'schedtrace=10', 'GOMAXPROCS': '3'},
    'scheddetail': {'GODEBUG': 'schedtrace=10,scheddetail=1', 'GOMAXPROCS': '3'},
    'gomaxprocs': {'GOMAXPROCS': '3'},
    # Go tries MPTCP first, and calls Control once more without.
    'net-control': {'GODEBUG': 'multipathtcp=0'},
    **{f'traceback-{level}': {'GOTRACEBACK': level}
       for level in ('none', 'single', 'all', 'system', '0', '1', '2')},
}
# Which goroutines have got a thread when there is none left is chance.
HEAD_ONLY = {'fatal-threads'}
IGNORED_SIGNALS = {'signal-ignored-by-parent': [signal.SIGHUP]}


def run(program, case):
    """run returns what a case prints, in the normal form, and its status."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ('GOMAXPROCS', 'GOTRACEBACK', 'GODEBUG')
                   and not name.startswith('GOSLING_')}
    environment |= {'GOMAXPROCS': '1', **ENVIRONMENT.get(case, {})}

    def prepare():
        for sig in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
                    signal.SIGPIPE):
            signal.signal(sig, signal.SIG_DFL)
        for sig in IGNORED_SIGNALS.get(case, []):
            signal.signal(sig, signal.SIG_IGN)

    with subprocess.Popen([program, case], env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, preexec_fn=prepare) as child:
        if case.startswith('quit'):
            assert child.stdout.readline() == 'ready\n'
            time.sleep(0.3)  # until main sleeps, of which nothing tells
            child.send_signal(signal.SIGQUIT)
        try:
            out, err = child.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
    status = (signal.Signals(-child.returncode).name if child.returncode < 0
              else child.returncode)
    form = traced if case.startswith('sched') else normal
    err = form(err)
    if case in HEAD_ONLY:
        err = err.split('\n\n', maxsplit=1)[0]
    return out, err, status


# --- Normal forms ---

HEADER = re.compile(r'goroutine (\d+)((?: gp=0x\w+)?(?: m=\w+)?(?: mp=0x\w+)?)'
                    r' \[(.*)\]:$')
REGISTER = re.compile(r'[a-z][a-z0-9]+ +0x[0-9a-f]+$')
OWN = 'its own'


def plain(line):
    """plain takes from a line what differs from run to run."""
    line = re.sub(r'\b(pc|PC|gp|mp)=0x[0-9a-f]+', r'\1=X', line)
    line = re.sub(r'\bm=-?\d+', 'm=N', line)  # -1: a thread of the program's own
    line = re.sub(r'0x[0-9a-f]{7,}', '0xADDRESS', line)
    return re.sub(r'^instruction bytes:.*', 'instruction bytes: B', line)


def normal(text):
    """normal has one line for a goroutine's frames, and one for where it was
    made; goroutines but the first are in the order of their words. Left out are
    Go's own goroutines, of which we have none, and the stack of a thread that
    was idle (goroutine 0)."""
    stories, story, frames = [], [], False
    for line in text.split('\n'):
        header = HEADER.match(line)
        if header or line in ('runtime stack:', 'thread stack:'):
            stories.append(story)
            story, frames = [], True
            if not header:
                line += '\n  …'
            elif header[1] == '0':
                line = OWN
            else:
                line = f'goroutine N{header[2]} [{header[3]}]:\n  …'
        elif frames and line.startswith('created by '):
            line = OWN if line.startswith('created by runtime.') else (
                '  created by F')
        elif not line:
            frames = False
        elif frames:
            continue
        elif REGISTER.match(line):
            line = 'REGISTERS'
            if story and story[-1] == line:
                continue
        story.append(plain(line))
    stories.append(story)
    # The registers after the last goroutine do not belong to it.
    end = []
    if len(stories) > 1 and 'REGISTERS' in stories[-1]:
        at = stories[-1].index('REGISTERS')
        stories[-1], end = stories[-1][:at], stories[-1][at:]
    head, *others = ['\n'.join(story).strip('\n') for story in stories
                     if OWN not in story]
    # The first goroutine of the report crashed, if it runs.
    died = [other for other in others[:1] if 'running' in other]
    others = died + sorted(others[len(died):])
    return '\n\n'.join([head, *others, *end]).strip('\n')


def traced(text):
    """traced is a trace's lines without their numbers, each form once."""
    forms = set()
    for line in text.splitlines():
        line = re.sub(r'status=\d+\(.*\) m=', 'status=N(…) m=', line)
        line = re.sub(r'\b(nil|true|false)\b', 'V', line)
        line = re.sub(r'(?<==)-?\d+|(?<=[ PMG])\d+', 'V', line)
        forms.add(line)
    return '\n'.join(sorted(forms))


# --- The test ---

class Differential(unittest.TestCase):

    maxDiff = None

    def test_both_have_the_same_cases(self):
        listed = [call([program, '--list']).split() for program in (GOS, OURS)]
        self.assertEqual(*map(sorted, listed))
        self.assertGreaterEqual(len(listed[0]), 40)
        self.assertLessEqual(set(DIFFERENT) | set(ENVIRONMENT), set(listed[0]))


def add(case):
    def test(self):
        wanted = run(GOS, case)
        for unlike in DIFFERENT.get(case, []):
            wanted = unlike.apply(self, wanted)
        ours = run(OURS, case)
        for what, go, we in zip(('standard output', 'standard error',
                                 'exit status'), wanted, ours):
            self.assertEqual(go, we, f'{case}: {what}: Go -, ours +')
    setattr(Differential, 'test_' + case.replace('-', '_'), test)


if __name__ == '__main__':
    OURS, FOLDER = sys.argv[1:3]
    del sys.argv[1:3]
    try:
        GOS = find_go.go_built(HERE / 'differential' / 'go',
                               pathlib.Path(FOLDER).resolve() / 'differential_go')
    except Missing as missing:
        print(f'skipped: no Go to compare with: {missing} '
              '(tools/setup --go gets one)')
        sys.exit(SKIPPED)
    for name in call([OURS, '--list']).split():
        add(name)
    unittest.main()
