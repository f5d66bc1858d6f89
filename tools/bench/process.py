# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Running other programs."""

import pathlib
import subprocess
import sys

PATIENCE = 300  # seconds, for what takes a few: a hang is a hole in the table


class Missing(Exception):
    """Something cannot be run; the text says why."""


def call(command, prefix=(), shown=False, **options):
    """call runs a command, behind the words of `prefix`, and returns its
    output, or raises Missing. `shown`: it talks to the user, not to us."""
    command = [str(word) for word in command]
    name = pathlib.Path(command[0]).name
    if shown:
        options.update(stdout=sys.stderr)
    else:
        options.update(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=PATIENCE)
    try:
        done = subprocess.run([*prefix, *command], text=True, **options)
    except OSError as error:
        raise Missing(f'{name}: {error.strerror}') from None
    except subprocess.TimeoutExpired:
        raise Missing(f'{name}: no end after {PATIENCE} seconds') from None
    if done.returncode != 0:
        # ninja and meson complain on standard output, and say much besides.
        said = [line for line in ((done.stderr or '')
                                  + (done.stdout or '')).splitlines()
                if line.strip()]
        said = [line for line in said if 'error' in line.lower()] or said
        how = (f'exit status {done.returncode}' if done.returncode > 0
               else f'signal {-done.returncode}')
        raise Missing(' | '.join([f'{name}: {how}', *said[:4]]))
    return done.stdout
