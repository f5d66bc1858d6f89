#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Checks that the build's lists name every source, header and test.

Meson's lists are written by hand, so a file missing from them would not be
compiled, checked or run, and nothing else would say so. A file is listed if
the meson.build of its folder or of a folder above has it in quotes: its path
from there or from the root, without `_test.cc` or `_stress.cc` if it is a test,
or <gosling/…> for a public header.
"""

import fnmatch
import re
import sys

import tree_argument

FOLDERS = ['arch', 'sched', 'runtime', 'signals', 'tests', 'tools']
SUFFIXES = {'.cc', '.S', '.h', '.py'}
PUBLIC = 'runtime/include'
TEST = re.compile(r'_(test|stress)\.\w+$')
QUOTED = re.compile(r"'([^'\n]+)'")

# Compiled or read by something other than the lists; * crosses folders.
ELSEWHERE = [
    'tests/*.h',            # checked by the sources that include them
    'tools/*.h',
    'tests/consumer/*.cc',  # compiled by check.py there, as a user would
    'tests/headers/*.cc',   # likewise, by modes.py
    'tests/compilers.py',   # imported by the checks that call compilers
    'tests/emulator/*.py',  # imported by check.py there
    'tests/emulator/*.cc',  # compiled by it, for Darwin
    'tests/faults/calls.py',  # imported by table_test.py there
    'tests/pprof.py',       # imported by go_trace_test.py
    'tests/trees.py',       # imported by the tests of checks
    'tools/crossing/*.cc',  # compiled by the scripts there
    'tools/exercises/*',    # by the checks there
    'tools/*.py',           # scripts, called from where they are needed
]


def listed(root, path):
    """listed says whether a meson.build at or above `path` names it."""
    spellings = {path.as_posix()}
    if path.is_relative_to(PUBLIC):
        spellings.add(path.relative_to(PUBLIC).as_posix())
    if path.match('arch/*/*'):  # the list has the CPU in a variable
        spellings.add(path.name)
    for folder in path.parents:
        build = root / folder / 'meson.build'
        if build.is_file():
            names = set(QUOTED.findall(build.read_text(encoding='utf-8')))
            below = path.relative_to(folder).as_posix()
            if names & {*spellings, below, TEST.sub('', below)}:
                return True
    return False


def check(root):
    """check returns the unlisted files below `root`, and how many it saw."""
    unlisted, count = [], 0
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob('*')):
            path = path.relative_to(root)
            if (path.suffix not in SUFFIXES or '__pycache__' in path.parts
                    or any(fnmatch.fnmatch(path, p) for p in ELSEWHERE)):
                continue
            count += 1
            if not listed(root, path):
                unlisted.append(path.as_posix())
    return unlisted, count


def main():
    root = tree_argument.parser(__doc__).parse_args().root
    unlisted, count = check(root)
    for path in unlisted:
        print(f'{path}: no meson.build names it')
    print(f'{count} files, {len(unlisted)} of them unlisted')
    return 1 if unlisted or count == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
