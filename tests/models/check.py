#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Proves the protocols: runs Spin over the models in this folder.

    check.py [MODEL…]

Each model is Promela, the language of Spin (spinroot.com, Debian's `spin`),
which tries every interleaving of a few threads. A model's head names the C++
functions that its processes stand for and the properties that hold, and has a
line for each run:

    holds: [DEFINE…]                 nothing that Spin can reach is wrong
    fails: DEFINE… | HOW | why       a mutant, in which HOW must be found:
                                     `assertion`, `hang` (nothing moves, and a
                                     process is where none may stay) or `cycle`

A run that defines LIVE is one of a model's `ltl` formula, which has to hold if
each process that can always go on does so at some time (weak fairness). A
`cycle` goes on like that for ever and breaks it.

A mutant that passed would mean that the model cannot fail. A run that holds
counts only if the search was exhaustive.

Each model's head says what it proves; in brief:

    park_ready   on_cpu: no goroutine on two threads, none lost
    pin_retake   an M that comes back from Pin owns P, alone
    last_look    nothing queued while a P is idle and no M will look, nor a report
    ring         no runnable G is run twice or lost, whichever M steals
    light_mutex  no thread sleeps for ever on a lock whose Unlock does not fence
    timekeeper   some M is awake when a timer is due
    sigqueue     each wanted signal arrives; Go's issue 31264; and EINTR
    shun         no signal is stranded in a thread that leaves it to others
    storm        nor in one whose handlers hold it back
    netpoll      no report, deadline or break of the poller is lost
    fd_mutex     one user closes the descriptor, the last; none waits for ever
    timer        Stop and Reset against a fire that is under way
    trace_ring   what is copied from a recorder's ring is whole

A change of one of those functions is a change of its model, too, and a run with
SMALL is a level of tools/theatre (levels.py makes it anew). To see how a run
fails: spin -a -D… MODEL.pml && cc -DSAFETY pan.c && ./a.out && spin -t -p -g …
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
DEPTH = 1_000_000
MEGABYTES = 2_000

RUN = re.compile(r'^//   (holds|fails):(.*)$', re.MULTILINE)
ERRORS = re.compile(r'errors: (\d+)$', re.MULTILINE)
STATES = re.compile(r'^ *(\d+) states, stored', re.MULTILINE)
HOW = {
    'assertion': 'assertion violated',
    'hang': 'invalid end state',
    'cycle': 'acceptance cycle (at depth',
}
INCOMPLETE = ['max search depth too small', 'Search not completed',
              'out of memory', 'MEMLIM', 'invalid array index']


class Wrong(Exception):
    """A fault of a model or of one of its runs."""


def run(folder, *command):
    """run returns the status of `command` and its output."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                         stdin=subprocess.DEVNULL)
    if ran.returncode < 0:
        raise Wrong(f'{command[0]} was ended by signal {-ran.returncode}')
    return ran.returncode, ran.stdout + ran.stderr


def runs_of(model):
    """runs_of yields (defines, how), how being None for a run that holds."""
    for kind, rest in RUN.findall(model.read_text(encoding='utf-8')):
        defines, *how = (part.strip() for part in rest.split('|'))
        if (kind == 'fails') != (len(how) == 2 and how[0] in HOW):
            raise Wrong(f'cannot read "{kind}:{rest}"')
        yield defines.split(), how[0] if how else None


def search(model, defines, level):
    """search returns the verifier's output, compiled at `level`, for defines."""
    flags = [f'-D{define}' for define in defines]
    # The partial order reduction does not know `provided` clauses.
    whole = ['-DNOREDUCE'] if ' provided (' in model.read_text() else []
    # Spin's own NFAIR, 2, serves six processes.
    if 'LIVE' in defines:
        kind, how = ['-DNFAIR=3'], ['-a', '-f']
    else:
        kind, how = ['-DSAFETY'], []
    with tempfile.TemporaryDirectory() as folder:
        for file in FOLDER.glob('*.pml'):
            shutil.copy(file, folder)
        status, said = run(folder, 'spin', '-a', *flags, model.name)
        if status or 'rror' in said:
            raise Wrong(f'spin cannot read it:\n{said}')
        status, said = run(folder, 'cc', '-w', level, *kind, *whole,
                           f'-DMEMLIM={MEGABYTES}', '-o', 'pan', 'pan.c')
        if status:
            raise Wrong(f'its verifier does not compile:\n{said}')
        return run(folder, './pan', *how, f'-m{DEPTH}', '-w22')[1]


def judge(output, how):
    """judge returns how many states there were, or raises Wrong."""
    errors, states = ERRORS.search(output), STATES.search(output)
    if not errors or not states:
        raise Wrong(f'the verifier failed:\n{output}')
    if errors[1] == '0':
        for sign in INCOMPLETE:
            if sign in output:
                raise Wrong(f'the search was not exhaustive: {sign}')
    if how is None:
        if errors[1] != '0':
            raise Wrong(f'it does not hold:\n{output}')
    elif errors[1] == '0':
        raise Wrong('the mutant passes: the model cannot see the mistake')
    elif HOW[how] not in output or 'invalid array index' in output:
        raise Wrong(f'the mutant fails, but not by {how}:\n{output}')
    return int(states[1])


def check(model):
    """check makes the runs of `model`; returns how many, and how many wrong."""
    count = wrong = 0
    try:
        runs = list(runs_of(model))
        if {how is None for _, how in runs} != {True, False}:
            raise Wrong('it needs a run that holds, and a mutant')
    except Wrong as problem:
        print(f'{model.name}: {problem}')
        return 1, 1
    for defines, how in runs:
        name = ' '.join([model.stem, *defines])
        count += 1
        try:
            # A mutant is found sooner than its verifier is optimized.
            level = '-O0' if how else '-O2'
            states = judge(search(model, defines, level), how)
            verdict = f'fails as it must: {how}' if how else 'holds'
            print(f'{name}: {verdict}, {states} states', flush=True)
        except Wrong as problem:
            print(f'{name}: {problem}', flush=True)
            wrong += 1
    return count, wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('models', nargs='*', metavar='MODEL',
                        help='names without .pml (all)')
    names = parser.parse_args().models
    for tool in 'spin', 'cc':
        if not shutil.which(tool):
            print(f'skipped: there is no {tool}; tools/setup installs it')
            return SKIPPED
    models = [FOLDER / f'{name}.pml' for name in names] or [
        file for file in sorted(FOLDER.glob('*.pml')) if RUN.search(
            file.read_text(encoding='utf-8'))]
    count = wrong = 0
    for model in models:
        c, w = check(model)
        count, wrong = count + c, wrong + w
    print(f'{len(models)} models, {count} runs, {wrong} of them wrong')
    return 1 if wrong or not models else 0


if __name__ == '__main__':
    sys.exit(main())
