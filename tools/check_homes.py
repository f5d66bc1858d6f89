#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Checks that a header declares what its own source defines.

A function or a class with member functions that X.h declares is defined in
X.cc, or in X_….cc where systems or halves differ, or in a folder X/ that is all
of it. Public headers, <gosling/x.h>, have their sources in runtime/ or signals/.
"""

import re
import sys

import tree_argument

FOLDERS = ['sched', 'runtime', 'signals']
COMMENT = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"')
# A function at the left margin: its name, with its class's before it.
FUNCTION = re.compile(r'^(?!inline|template|using|typedef|friend|#)[\w\[][^;{}()=]*?'
                      r'\b((?:\w+::)?~?\w+)\(', re.M)
CLASS = re.compile(r'^(?:class|struct)\b[^;{}]*?(\w+)(?: final)?(?: : [^{;]*)? \{',
                   re.M)


def flat(path):
    """flat returns the file's text without comments, strings and macros."""
    text = COMMENT.sub('', path.read_text(encoding='utf-8'))
    text = re.sub(r'^#(?:\\\n|.)*$', '', text, flags=re.M)
    return re.sub(r'\bABSL_\w+(\([^()]*\))?|\[\[.*?\]\] ?', '', text)


def defined(path):
    """defined yields the functions that a source defines, but its own."""
    text = re.sub(r'namespace \{.*?^\}  ?', '', flat(path), flags=re.M | re.S)
    for match in FUNCTION.finditer(text):
        rest = text[match.end():]
        end = re.search(r'[;{]', rest)
        if end and end[0] == '{':
            yield match[1]


def check(root):
    """check returns a line for each function away from home, and a count."""
    headers = {}  # name of a function or class: the stems that declare it
    paths = [p for f in FOLDERS for p in sorted((root / f).rglob('*'))]
    for path in paths:
        if path.suffix != '.h':
            continue
        text = flat(path)
        for name in CLASS.findall(text) + FUNCTION.findall(text):
            headers.setdefault(name, set()).add(path.stem)
    problems, count = [], 0
    for path in paths:
        if path.suffix != '.cc':
            continue
        for function in defined(path):
            name = function.split('::')[0]
            homes = headers.get(name)
            if homes is None:
                continue
            count += 1
            if not any(path.stem == home or path.stem.startswith(home + '_')
                       or path.parent.name == home for home in homes):
                problems.append(f'{path.relative_to(root)}: defines {function}'
                                f', which {"|".join(sorted(homes))}.h declares')
    return problems, count


def main():
    root = tree_argument.parser(__doc__).parse_args().root
    problems, count = check(root)
    for line in problems:
        print(line)
    print(f'{count} definitions, {len(problems)} of them away from home')
    return 1 if problems or count == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
