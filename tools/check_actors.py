#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Checks that sentences name the actor.

The subject of a sentence in a comment or a document is an actor of HACKING.md's
glossary, or a thing: never `who`, `whoever`, `somebody`, `nobody` or `he`, and no
sentence begins with `What`. Of a hundred sentences three may, in each of
FOLDERS. --list shows the sentences found.
"""

import re
import sys

import tree_argument

FOLDERS = ['README.md', 'arch', 'runtime', 'sched', 'signals', 'tests', 'tools']
ALLOWED = 3  # of 100 sentences
SUFFIXES = {'.h', '.cc', '.md', '.pml', '.py', '.S'}
BLOCK = re.compile(r'(?:^[ \t]*//[^\n]*\n)+|//[^\n]*\n', re.M)
PYTHON = re.compile(r'(?:^[ \t]*# [^\n]*\n)+|^[ \t]*"""(?:.|\n)*?"""', re.M)
VAGUE = re.compile(
    r'\b(?:who|whom|whoever|whomever|somebody|someone|nobody|no one|anybody|'
    r'anyone|everybody|everyone|he|him|his)\b|^(?:What|Those|All that)\b', re.I)
QUOTED = re.compile(r'`[^`]*`')
STOP = re.compile(r'(?<=[.!?:;])\s+(?=[A-Z`"(])')


def blocks(path):
    """blocks yields the comments of a file, or the paragraphs of a document."""
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.md':
        text = re.sub(r'```(?:.|\n)*?```|^(?:    |\|).*$', '', text, flags=re.M)
        yield from re.split(r'\n\s*\n', text)
        return
    for match in (PYTHON if path.suffix == '.py' else BLOCK).finditer(text):
        block = match[0].replace('"""', '')
        indent = ' ' * (len(block) - len(block.lstrip(' ')))
        lines = [re.sub(r'^[ \t]*(//|#)/? ?', '', line.removeprefix(indent))
                 for line in block.splitlines()]
        # Indented lines are code, drawings and tables.
        text = '\n'.join('' if line.startswith('   ') else line
                         for line in lines)
        yield from re.split(r'\n\s*\n', text)


def sentences(path):
    """sentences yields the sentences of a file's comments."""
    for block in blocks(path):
        for sentence in STOP.split(' '.join(block.split())):
            if len(sentence.split()) > 3:
                yield sentence


def share(vague, count):
    """share returns how many of a hundred sentences are vague."""
    return 100 * len(vague) / max(count, 1)


def check(root, folder):
    """check returns a folder's vague sentences, and the number of all it has."""
    vague, count = [], 0
    base = root / folder
    for path in [base] if base.is_file() else sorted(base.rglob('*')):
        if path.suffix not in SUFFIXES:
            continue
        for sentence in sentences(path):
            count += 1
            if VAGUE.search(QUOTED.sub('`', sentence)):
                vague.append(f'{path.relative_to(root)}: {sentence}')
    return vague, count


def main():
    parser = tree_argument.parser(__doc__)
    parser.add_argument('--list', action='store_true', help='show them')
    args = parser.parse_args()
    status = 0
    for folder in FOLDERS:
        vague, count = check(args.root, folder)
        if args.list and vague:
            print('\n'.join(vague))
        of_100 = share(vague, count)
        if of_100 > ALLOWED or count == 0:
            status = 1
        print(f'{folder}: {count} sentences, {len(vague)} ({of_100:.1f} %) '
              'name no actor')
    return status


if __name__ == '__main__':
    sys.exit(main())
