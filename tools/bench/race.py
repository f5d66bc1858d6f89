# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Runs the programs in turn."""

import os
import pathlib
import re
import shutil
import sys
import time

from process import Missing, call
from workloads import is_run, takes_part

QUICK_SECONDS = 80


def usable_cpus():
    if hasattr(os, 'sched_getaffinity'):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def pin(cores):
    """pin returns the words that keep a command on `cores` CPUs, and what to
    say of it. Raises Missing if there are not as many."""
    cpus = usable_cpus()
    if len(cpus) < cores:
        raise Missing(f'the CPUs that may be used here are {len(cpus)}')
    if not shutil.which('taskset'):
        return [], 'not pinned, as there is no taskset'
    chosen = ','.join(str(cpu) for cpu in cpus[-cores:])
    return ['taskset', '-c', chosen], f'on CPU {chosen}'


def run(system, workload, procs, seconds, quick):
    """run runs one workload of one system and returns what it measured."""
    # Without what tunes one of them: GOGC, GODEBUG, GOSLING_SIGNOTE …
    env = {name: value for name, value in os.environ.items()
           if not name.startswith('GO')}
    env['GOMAXPROCS'] = str(procs)
    runs = 1 if quick and workload.runs else workload.runs
    output = call(system.command(workload, seconds, runs),
                  prefix=pin(procs)[0], env=env)
    return system.read(workload, output)


def check_memory(workload):
    """check_memory raises Missing if the machine may not have as much."""
    try:
        text = pathlib.Path('/proc/meminfo').read_text(encoding='utf-8')
        free = int(re.search(r'MemAvailable:\s*(\d+) kB', text)[1]) * 1024
    except (OSError, TypeError):
        return
    if free < workload.memory:
        raise Missing(f'it may take {workload.memory / 1e9:.0f} GB of memory, '
                      f'and {free / 1e9:.1f} are free')


class Progress:
    """On a terminal one line that changes, elsewhere one now and then."""

    PAUSE = 10  # seconds

    def __init__(self, total):
        self.total, self.done, self.start = total, 0, time.monotonic()
        self.shown = -self.PAUSE
        self.terminal = sys.stderr.isatty()

    def show(self, text):
        passed = time.monotonic() - self.start
        line = f'{self.done} of {self.total}'
        if self.done:
            left = passed / self.done * (self.total - self.done)
            line += f', {left // 60:.0f}:{left % 60:02.0f} min left'
        if self.terminal:
            self.write(f'\r\033[K{line}: {text}')
        elif passed - self.shown >= self.PAUSE:
            self.write(f'{line}: {text}\n')
            self.shown = passed
        self.done += 1

    def end(self):
        if self.terminal:
            self.write('\r\033[K')

    @staticmethod
    def write(text):
        print(text, end='', file=sys.stderr, flush=True)


def measure(systems, workloads, procs_list, rounds, seconds, quick=False):
    """measure returns lists of measurements, and the reasons for holes, by
    (GOMAXPROCS, workload's name, system's key), and lines about the whole. In each round a workload's
    systems follow each other, so that what else the machine does meanwhile
    hits all of them alike. `quick`: the first round is run to its end, another
    while QUICK_SECONDS last, without what takes long."""
    results, holes, lines = {}, {}, []
    races = [(procs, workload, system) for _ in range(rounds)
             for procs in procs_list for workload in workloads
             if is_run(workload, procs) for system in systems
             if takes_part(system.kind, workload, procs)]
    progress = Progress(len(races))
    for number, (procs, workload, system) in enumerate(races):
        if (quick and number * rounds >= len(races)
                and time.monotonic() - progress.start > QUICK_SECONDS):
            lines.append(f'The last {len(races) - number} of {len(races)} '
                         'measurements were left out: '
                         f'{QUICK_SECONDS} seconds had passed.')
            break
        place = procs, workload.name, system.key
        progress.show(f'GOMAXPROCS={procs}, {workload.name}, {system.title}')
        if place in holes or (quick and workload.runs and place in results):
            continue
        try:
            check_memory(workload)
            measured = run(system, workload, procs, seconds, quick)
            results.setdefault(place, []).append(measured)
        except Missing as reason:
            holes[place] = str(reason)
            results.pop(place, None)
    progress.end()
    return results, holes, lines
