#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Checks that the C++ sources are laid out as .clang-format says.

Versions of clang-format differ in what they make of the same settings, so only
one counts; without it the check is skipped: exit status 77. To mend a file:
clang-format -i FILE.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import tree_argument

VERSION = '14'
FOLDERS = ['arch', 'sched', 'runtime', 'signals', 'tests', 'tools']
SKIPPED = 77


def find():
    """find returns the clang-format that counts, or why there is none."""
    others = []
    for name in f'clang-format-{VERSION}', 'clang-format':
        path = shutil.which(name)
        if path:
            text = subprocess.run([path, '--version'], capture_output=True,
                                  text=True).stdout
            version = re.search(r'version (\d+)', text)
            if version and version[1] == VERSION:
                return path, ''
            others.append(text.strip())
    return None, '; '.join(others) or 'there is no clang-format'


def main():
    root = tree_argument.parser(__doc__).parse_args().root
    tool, why = find()
    if not tool:
        print(f'skipped: clang-format {VERSION} is needed: {why}')
        return SKIPPED
    ignored = (root / '.clang-format-ignore').read_text().splitlines()
    files = [path for folder in FOLDERS
             for path in sorted((root / folder).rglob('*'))
             if path.suffix in {'.h', '.cc'}
             and path.relative_to(root).as_posix() not in ignored]
    if not files:
        print('no sources found: is this the right folder?')
        return 1
    ran = subprocess.run([tool, '--dry-run', '-Werror', *files],
                         capture_output=True, text=True)
    wrong = sorted({line.split(':')[0] for line in ran.stderr.splitlines()
                    if 'clang-format-violations' in line})
    for file in wrong:
        print(pathlib.Path(file).relative_to(root))
    print(f'{len(files)} files, {len(wrong)} of them laid out otherwise')
    if ran.returncode and not wrong:
        print(ran.stderr)
    return 1 if ran.returncode else 0


if __name__ == '__main__':
    sys.exit(main())
