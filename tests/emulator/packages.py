# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Finds unicorn and macholib, of PyPI; `tools/setup --emulator` gets them.

Called by itself, says what is missing; with --keep, prints the folder for them,
in the user's cache, for all builds; with --wanted, what pip is to put there.
"""

import importlib.util
import os
import pathlib
import sys

WANTED = ['unicorn==2.1.4', 'macholib==1.16.4']
CACHE = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
KEEP = pathlib.Path(CACHE) / 'gosling' / 'emulator'

sys.path.append(str(KEEP))


def missing():
    """missing says which packages are not there, in words; '' if none."""
    names = [wanted.partition('==')[0] for wanted in WANTED]
    return ' and '.join(f'there is no {name}' for name in names
                        if importlib.util.find_spec(name) is None)


if __name__ == '__main__':
    if sys.argv[1:] == ['--keep']:
        print(KEEP)
    elif sys.argv[1:] == ['--wanted']:
        print(*WANTED)
    else:
        sys.exit(missing() or None)
