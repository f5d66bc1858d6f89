#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Prints which part of the library the tests reached, folder by folder.

coverage.py BUILD [--files] [--lines] reads what a build tree configured with
-Db_coverage=true has counted, through gcovr. --files adds a row a file, --lines
the numbers of the lines that nothing reached.
"""

import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ('arch', 'runtime', 'sched', 'signals')


def measured(build):
    """measured returns {file: {line: count}} of the library's folders."""
    filters = [part for folder in FOLDERS
               for part in ('--filter', f'{ROOT / folder}/')]
    result = subprocess.run(
        ['gcovr', '--root', ROOT, '--json', *filters, '--exclude-unreachable-branches',
         '--gcov-ignore-parse-errors', build],
        capture_output=True, text=True, cwd=ROOT)
    if result.returncode != 0:
        sys.exit(f'coverage.py: gcovr failed:\n{result.stderr}')
    files = {}
    for file in json.loads(result.stdout)['files']:
        files[file['file']] = {
            line['line_number']: line['count'] for line in file['lines']
            if not line.get('gcovr/noncode')}
    return files


def ranges(numbers):
    """ranges writes 1 2 3 7 as 1-3 7."""
    parts = []
    for n in sorted(numbers):
        if parts and parts[-1][1] == n - 1:
            parts[-1][1] = n
        else:
            parts.append([n, n])
    return ' '.join(str(a) if a == b else f'{a}-{b}' for a, b in parts)


def row(name, counts):
    reached = sum(1 for count in counts if count > 0)
    share = f'{100 * reached / len(counts):.1f} %' if counts else '-'
    print(f'{name:44} {reached:6} of {len(counts):6} lines  {share:>8}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('--files', action='store_true')
    parser.add_argument('--lines', action='store_true')
    options = parser.parse_args()
    if not shutil.which('gcovr'):
        sys.exit('coverage.py: there is no gcovr; tools/setup --coverage installs it')
    files = measured(options.build)
    if not files:
        sys.exit(f'coverage.py: nothing was counted in {options.build}')
    folders = collections.defaultdict(list)
    for name, lines in sorted(files.items()):
        folders[pathlib.PurePath(name).parts[0]] += lines.values()
        if options.files or options.lines:
            row(name, lines.values())
        if options.lines:
            missed = [n for n, count in lines.items() if count == 0]
            if missed:
                print(f'    {ranges(missed)}')
    for folder in sorted(folders):
        row(folder + '/', folders[folder])
    row('all', [count for counts in folders.values() for count in counts])


if __name__ == '__main__':
    main()
