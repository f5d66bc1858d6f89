#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Counts the instructions of the hot paths, and compares them with the file.

Time depends on what else the machine does; a count does not. Valgrind runs
bench_instructions (instructions.cc has the paths) with GOMAXPROCS=1 for two
lengths, and the difference is the path's alone: start-up drops out. A path
that has become more than 5 % longer is a failure. The numbers are a compiler's
and a CPU's, so the file has a section for each; without one for this compiler,
or without valgrind, nothing is compared: exit status 77.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parent.parent / 'build/tools/bench/bench_instructions'
FILE = HERE / 'instructions.json'
SHORT, LONG = 10_000, 110_000
TIMES = 2  # each; the smallest counts
ROUNDS = 4  # of so many, as long as a path seems longer than is allowed
ALLOWED = 0.05
SYSMON = re.compile(r'^fn=\(\d+\) .*::Sysmon\(', re.M)
SKIPPED = 77
PATIENCE = 300  # seconds


def call(command):
    """call returns what a command says, on both its outputs."""
    # Without what makes it run differently: GODEBUG, GOSLING_FORCE_MIGRATE …
    env = {name: value for name, value in os.environ.items()
           if not name.startswith('GO')}
    ran = subprocess.run(command, env={**env, 'GOMAXPROCS': '1'}, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=PATIENCE)
    if ran.returncode != 0:
        raise RuntimeError(f'{" ".join(map(str, command))}: exit status '
                           f'{ran.returncode}\n{ran.stdout}')
    return ran.stdout


def collect(program, path, count):
    """collect returns the instructions of a run, on all its threads but
    sysmon, which goes by the clock. So does the end of a slice: what follows
    is little, but the smallest of some runs has least of it."""
    sums = []
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory() as folder:
            call(['valgrind', '--tool=callgrind', '--separate-threads=yes',
                  f'--callgrind-out-file={folder}/out', program, path,
                  str(count)])
            threads = [file.read_text(encoding='utf-8')
                       for file in pathlib.Path(folder).glob('out-*')]
        sums.append(sum(int(re.search(r'^totals: (\d+)', thread, re.M)[1])
                        for thread in threads if not SYSMON.search(thread)))
    return min(sums)


def measure(program, path, most):
    """measure returns the instructions that a path takes once. What goes by
    the clock only ever adds some, more where the machine is busy: so a number
    above `most` counts when it has come again, ROUNDS times."""
    long = short = sys.maxsize
    for _ in range(ROUNDS):
        long = min(long, collect(program, path, LONG))
        short = min(short, collect(program, path, SHORT))
        number = round((long - short) / (LONG - SHORT), 1)
        if number <= most:
            break
    return number


def count(program, sections):
    """count returns whose numbers they are, and the numbers by path."""
    whose, *paths = call([program]).splitlines()
    kept = sections.get(whose, {})
    counts = {}
    with tempfile.TemporaryDirectory() as folder:
        # An older valgrind gives up on a newer compiler's debug information.
        bare = pathlib.Path(folder) / 'bare'
        call(['strip', '--strip-debug', '-o', bare, program])
        for path in paths:
            most = kept.get(path, sys.maxsize) * (1 + ALLOWED)
            counts[path] = measure(bare, path, most)
    return whose, counts


def compare(kept, counts):
    """compare returns lines about each path, and whether all is well."""
    lines, good = [], True
    for path in {**kept, **counts}:
        now, before = counts.get(path), kept.get(path)
        if now is None or before is None:
            where = 'on file' if now is None else 'in the program'
            lines.append(f'{path:10} only {where}: --update changes that')
            good = False
            continue
        change = now / before - 1
        line = f'{path:10}{before:10,.1f}{now:10,.1f}{change:+9.1%}'
        if now > before * (1 + ALLOWED):
            line += f'  more than {ALLOWED:.0%} longer'
            good = False
        elif now < before * (1 - ALLOWED):
            line += '  shorter: --update keeps it so'
        lines.append(line)
    return lines, good


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program', nargs='?', type=pathlib.Path,
                        default=PROGRAM,
                        help='bench_instructions (that in build/)')
    parser.add_argument('--file', type=pathlib.Path, default=FILE,
                        help='the numbers to compare with '
                        '(instructions.json)')
    parser.add_argument('--update', action='store_true',
                        help='write the numbers into the file')
    options = parser.parse_args()
    if not shutil.which('valgrind'):
        print('skipped: there is no valgrind')
        return SKIPPED
    sections = {}
    if options.file.is_file():
        sections = json.loads(options.file.read_text(encoding='utf-8'))
    whose, counts = count(options.program.resolve(), sections)
    if options.update:
        sections[whose] = counts
        options.file.write_text(json.dumps(sections, indent=2) + '\n',
                                encoding='utf-8')
    if whose not in sections:
        print(f'skipped: there are no numbers for {whose}; --update adds them')
        return SKIPPED
    lines, good = compare(sections[whose], counts)
    print(f'{whose}: instructions on file, now')
    print('\n'.join(lines))
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
