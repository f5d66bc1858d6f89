#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Compiles and runs the programs in a Markdown file, and compares their output.

A program is a ```cpp block that defines main. If the next block is ```text,
with no other block between, the program's standard output must equal it. Every
program must exit with status 0 within the time limit.

    check_readme.py README.md -- c++ -std=c++20 {} -Iruntime/include \\
        build/libgosling.so -Wl,-rpath,build -pthread

{} stands for the source file; -o is added.
"""

import argparse
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(
    r'^(?P<fence>```+)[ ]*(?P<kind>\w*)[^\n`]*\n(?P<body>.*?)^(?P=fence)[ ]*$',
    re.MULTILINE | re.DOTALL)
MAIN = re.compile(r'^\s*(?:int|auto)\s+main\s*\(', re.MULTILINE)
SECONDS = 60


def programs(markdown):
    """programs yields (line, source, expected output or None) of each."""
    blocks = list(FENCE.finditer(markdown))
    for block, following in zip(blocks, blocks[1:] + [None]):
        if block['kind'] == 'cpp' and MAIN.search(block['body']):
            text = following and following['kind'] == 'text'
            yield (markdown.count('\n', 0, block.start()) + 1, block['body'],
                   following['body'] if text else None)


def fault(source, expected, command):
    """fault compiles and runs `source` and returns what went wrong, or ''."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / 'program.cc'
        program = pathlib.Path(folder) / 'program'
        file.write_text(source, encoding='utf-8')
        built = subprocess.run(
            [a.replace('{}', str(file)) for a in command] + ['-o', program],
            capture_output=True, text=True)
        if built.returncode:
            return 'does not compile:\n' + built.stderr
        try:
            ran = subprocess.run([program], capture_output=True, text=True,
                                 stdin=subprocess.DEVNULL, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f'still ran after {SECONDS} s'
    if ran.returncode:
        return f'exited with {ran.returncode}:\n{ran.stdout}{ran.stderr}'
    if expected is not None and ran.stdout != expected:
        return 'prints something else:\n' + ''.join(difflib.unified_diff(
            expected.splitlines(True), ran.stdout.splitlines(True),
            'the text block', 'the output'))
    return ''


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('file', type=pathlib.Path, metavar='README.md')
    parser.add_argument('command', nargs='+', metavar='compiler argument')
    arguments = parser.parse_args()
    if not arguments.file.is_file():
        print(f'{arguments.file} does not exist, so its programs cannot be run')
        return 1
    found = list(programs(arguments.file.read_text(encoding='utf-8')))
    faults = 0
    for line, source, expected in found:
        wrong = fault(source, expected, arguments.command)
        faults += bool(wrong)
        print(f'{arguments.file.name}:{line}: the program {wrong or "is right"}')
    if not found:
        print(f'{arguments.file} has no ```cpp block that defines main')
    return 1 if faults or not found else 0


if __name__ == '__main__':
    sys.exit(main())
