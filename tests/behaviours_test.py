#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""behaviours.txt is complete, and names tests that there are."""

import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ITEMS = [f'{letter}{n}' for letter, last in
         (('C', 14), ('M', 10), ('X', 5), ('T', 6), ('G', 28))
         for n in range(1, last + 1)] + [str(n) for n in range(31, 94)]
MACRO = re.compile(r'^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)', re.MULTILINE)


def tests_in(folder):
    """tests_in returns the names of all tests in the C++ files of a folder."""
    return {f'{suite}.{name}' for path in folder.rglob('*_test.cc')
            for suite, name in MACRO.findall(path.read_text(encoding='utf-8'))}


def read(text):
    """read returns [(item, names of tests, reasons for there being none)]."""
    items = []
    for line in text.splitlines():
        if not line or line.startswith('#'):
            continue
        if line.startswith('  not: '):
            items[-1][2].append(line[len('  not: '):])
        elif line.startswith('  '):
            items[-1][1].extend(line.split())
        else:
            items.append((line.split(' | ')[0], [], []))
    return items


def faults(items, tests, files):
    """faults returns what is wrong, a sentence each."""
    wrong = []
    if [item for item, _, _ in items] != ITEMS:
        wrong.append('the items are not those that there are, each once, in order')
    for item, names, reasons in items:
        if not names and not reasons:
            wrong.append(f'{item} has neither a test nor a reason')
        wrong += [f'{item}: there is no test {name}' for name in names
                  if name not in tests and name not in files]
    return wrong


class BehavioursTest(unittest.TestCase):
    def setUp(self):
        self.items = read((HERE / 'behaviours.txt').read_text(encoding='utf-8'))
        self.tests = tests_in(HERE)
        self.files = {path.name for path in HERE.glob('*_test.py')}

    def test_each_behaviour_has_a_test_or_a_reason(self):
        self.assertEqual(faults(self.items, self.tests, self.files), [])

    def test_a_test_that_was_renamed_is_found(self):
        renamed = self.tests - {'ChanTest.NilChannelBlocksForEver'}
        self.assertEqual(faults(self.items, renamed, self.files), [
            'C1: there is no test ChanTest.NilChannelBlocksForEver'])

    def test_an_item_that_was_left_out_is_found(self):
        self.assertEqual(len(faults(self.items[1:], self.tests, self.files)), 1)


if __name__ == '__main__':
    unittest.main()
