#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Plays each scenario of the program in a process of its own: it must end as
it says. Without a second argument all, else those whose names have it in them."""

import subprocess
import sys


def play(program, name, outcome, words):
    """play returns what is to be said against it, or None."""
    done = subprocess.run([program, name], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, errors='replace', check=False)
    status = 2 if outcome == 'dies' else 0
    if done.returncode == -14:
        return 'it hangs\n' + done.stderr
    if done.returncode != status:
        return f'it {outcome}? status {done.returncode}\n{done.stderr}'
    if words not in done.stderr:
        return f'it does not say "{words}":\n{done.stderr}'
    return None


def main():
    program = sys.argv[1]
    wanted = sys.argv[2] if len(sys.argv) > 2 else ''
    listed = subprocess.run([program], stdout=subprocess.PIPE, text=True,
                            check=True).stdout
    failures = 0
    played = 0
    for line in listed.splitlines():
        name, outcome, words = line.split('\t')
        if wanted not in name:
            continue
        played += 1
        problem = play(program, name, outcome, words)
        if problem is not None:
            failures += 1
            print(f'{name}: {problem}', flush=True)
    print(f'{played} scenarios, {failures} failed')
    return 1 if failures or not played else 0


if __name__ == '__main__':
    sys.exit(main())
