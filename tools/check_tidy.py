#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Runs clang-tidy over what the library consists of; a warning is an error.

check_tidy.py BUILD [WORD…] takes the files from BUILD's compile_commands.json,
which clang must have been configured for: those of the library's four folders,
or those among them whose path has one of the WORDs in it. The settings are the
tree's own, in .clang-tidy. The last line says how many files passed.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ('arch', 'sched', 'runtime', 'signals')


def sources(build, words):
    """sources returns the files to look at, each once."""
    commands = json.loads((build / 'compile_commands.json').read_text())
    found = set()
    for command in commands:
        path = pathlib.Path(os.path.normpath(
            pathlib.Path(command['directory'], command['file'])))
        if not path.is_relative_to(ROOT) or path.suffix != '.cc':
            continue
        name = path.relative_to(ROOT)
        if name.parts[0] in FOLDERS and (
                not words or any(word in str(name) for word in words)):
            found.add(name)
    return sorted(found)


def tidy(build, name):
    """tidy returns what clang-tidy says of a file, or nothing."""
    result = subprocess.run(
        ['clang-tidy', '-p', build, '--quiet', '--warnings-as-errors=*',
         ROOT / name], capture_output=True, text=True)
    said = re.sub(r'^\d+ warnings? .*\n', '', result.stdout, flags=re.M)
    if result.returncode == 0:
        return ''
    return said or result.stderr or f'exit status {result.returncode}\n'


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    build = pathlib.Path(arguments[0]).resolve()
    if not shutil.which('clang-tidy'):
        sys.exit('check_tidy.py: there is no clang-tidy; tools/setup --clang installs it')
    names = sources(build, arguments[1:])
    if not names:
        sys.exit(f'check_tidy.py: {build} compiles none of these files')
    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, said in zip(names, pool.map(lambda n: tidy(build, n), names)):
            if said:
                failed.append(name)
                print(said, end='', flush=True)
    for name in failed:
        print(f'-- failed: {name}')
    print(f'{len(names) - len(failed)} passed, {len(failed)} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
