#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Compiles the code in documents and headers, and runs what is a program.

Code is a ```cpp block in Markdown, and in a header a comment that is indented
by four columns more than its text. (What is no code, such as what a program
prints, is indented by two.) There are three kinds of it:

  a program   defines main. Markdown's are run and must exit with status 0; if
              the next block is ```text, with no other block between, they must
              print that. Headers' are linked.
  a file      has an #include, and is compiled.
  a fragment  is anything else: statements, which are compiled as the body of a
              function behind what --assume declares.

An ellipsis, \u2026, stands for what readers fill in: nothing.

    check_snippets.py --assume assumed.h README.md chan.h -- c++ -std=c++20 \\
        {} -Iruntime/include build/libgosling.so -Wl,-rpath,build -pthread

{} stands for the source file; -o is added, and -c unless it is a program. Exit
status 77 says that the compiler is not installed.
"""

import argparse
import concurrent.futures
import dataclasses
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FENCE = re.compile(
    r'^(?P<fence>```+)[ ]*(?P<kind>\w*)[^\n`]*\n(?P<body>.*?)^(?P=fence)[ ]*$',
    re.MULTILINE | re.DOTALL)
MAIN = re.compile(r'^\s*(?:int|auto)\s+main\s*\(', re.MULTILINE)
INCLUDE = re.compile(r'^\s*#include\b', re.MULTILINE)
COMMENT = re.compile(r'^\s*//(?P<text>.*)$')
INDENT = '     '  # of code, behind the slashes
SECONDS = 60
# The libraries in the command are not used then, and Clang says so.
COMPILE_ONLY = ['-c', '-Wno-unused-command-line-argument']


@dataclasses.dataclass
class Snippet:
    """Snippet is code as it stands in `file`, where its first line is `line`."""
    file: pathlib.Path
    line: int
    code: str
    runs: bool = False
    expected: str | None = None  # output

    def kind(self):
        if MAIN.search(self.code):
            return 'program'
        return 'file' if INCLUDE.search(self.code) else 'fragment'

    def source(self, assume):
        """source is what is compiled."""
        code = f'#line {self.line} "{self.file}"\n' + self.code.replace('…', '')
        if self.kind() != 'fragment':
            return code
        include = f'#include "{assume.resolve()}"\n' if assume else ''
        return f'{include}void Fragment() {{\n{code}}}\n'


def in_markdown(file, text):
    """in_markdown yields the snippets of a document."""
    blocks = list(FENCE.finditer(text))
    for block, following in zip(blocks, blocks[1:] + [None]):
        if block['kind'] == 'cpp':
            is_text = following and following['kind'] == 'text'
            yield Snippet(file, text.count('\n', 0, block.start()) + 2,
                          block['body'], True,
                          following['body'] if is_text else None)


def in_header(file, text):
    """in_header yields the snippets in a header's comments."""
    found, empty = None, 0
    for number, line in enumerate([*text.splitlines(), ''], 1):
        comment = COMMENT.match(line)
        said = comment['text'] if comment else None
        if said is not None and said.startswith(INDENT):
            if found is None:
                found = Snippet(file, number, '')
                empty = 0
            found.code += '\n' * empty + said[len(INDENT):] + '\n'
            empty = 0
        elif found and said is not None and not said.strip():
            empty += 1  # belongs to it if more follows
        elif found:
            yield found
            found = None


def snippets(file):
    text = file.read_text(encoding='utf-8')
    return (in_markdown if file.suffix == '.md' else in_header)(file, text)


def fault(snippet, assume, command):
    """fault compiles and runs it, and returns what went wrong, or ''."""
    kind = snippet.kind()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / 'snippet.cc'
        program = pathlib.Path(folder) / 'snippet'
        file.write_text(snippet.source(assume), encoding='utf-8')
        built = subprocess.run(
            [a.replace('{}', str(file)) for a in command] + ['-o', program] +
            ([] if kind == 'program' else COMPILE_ONLY),
            capture_output=True, text=True)
        if built.returncode:
            return 'does not compile:\n' + built.stderr
        if kind != 'program' or not snippet.runs:
            return ''
        try:
            ran = subprocess.run([program], capture_output=True, text=True,
                                 stdin=subprocess.DEVNULL, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f'still ran after {SECONDS} s'
    if ran.returncode:
        return f'exited with {ran.returncode}:\n{ran.stdout}{ran.stderr}'
    if snippet.expected is not None and ran.stdout != snippet.expected:
        return 'prints something else:\n' + ''.join(difflib.unified_diff(
            snippet.expected.splitlines(True), ran.stdout.splitlines(True),
            'the text block', 'the output'))
    return ''


def split(items, at):
    """split is str.partition for a list."""
    where = items.index(at) if at in items else len(items)
    return items[:where], items[where:where + 1], items[where + 1:]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--assume', type=pathlib.Path, metavar='HEADER',
                        help='declares what fragments take for granted')
    parser.add_argument('files', type=pathlib.Path, nargs='+', metavar='file')
    before, _, command = split(sys.argv[1:], '--')
    arguments = parser.parse_args(before)
    if not command:
        parser.error('the compiler is missing, after --')
    if not shutil.which(command[0]):
        print(f'{command[0]} is not installed, so no snippet is compiled')
        return 77
    faults = 0
    found = []
    for file in arguments.files:
        if file.is_file():
            found += snippets(file)
        else:
            print(f'{file} does not exist, so its code cannot be compiled')
            faults += 1
    if not found:
        print('there is no code in ' + ', '.join(map(str, arguments.files)))
        faults += 1
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(
            lambda s: fault(s, arguments.assume, command), found)
        for snippet, wrong in zip(found, results):
            faults += bool(wrong)
            print(f'{snippet.file.name}:{snippet.line}: the {snippet.kind()} '
                  f'{wrong or "is right"}')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
