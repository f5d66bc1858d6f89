# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The check of homes on this tree, and on a small tree with faults."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / 'tools'))
import check_homes  # noqa: E402
from trees import with_tree  # noqa: E402

GOOD = {
    'sched/idle.h': 'class Idle {\n  void Sleep();\n};\nvoid GoIdle(M* m);\n',
    'sched/idle.cc': 'namespace {\nint Few() {\n}\n}  // namespace\n'
                     'void GoIdle(M* m) {\n}\n',
    'sched/idle_linux.cc': 'void Idle::Sleep() {\n}\n',
    'runtime/include/gosling/go.h': 'GOSLING_API void Run(int n);\n',
    'runtime/go.cc': 'void Run(int n) {\n  GoIdle(nullptr);\n}\n',
    'runtime/include/gosling/net.h': 'GOSLING_API Conn Dial(int n);\n',
    'runtime/net/dial.cc': 'Conn Dial(int n) {\n}\n',
}

FAULTS = [  # file, what it defines, the header named
    ('sched/m.cc', 'void GoIdle(M* m) {\n}\n', 'idle.h'),
    ('sched/m.cc', 'void Idle::Sleep() {\n}\n', 'idle.h'),
    ('runtime/io/copy.cc', 'Conn Dial(int n) {\n}\n', 'net.h'),
    ('signals/recv.cc', 'void Run(int n) {\n}\n', 'go.h'),
]


class CheckHomes(unittest.TestCase):

    def problems(self, tree):
        return with_tree(tree, check_homes.check)

    def test_this_tree_has_all_at_home(self):
        problems, count = check_homes.check(ROOT)
        self.assertEqual(problems, [])
        self.assertGreater(count, 300)

    def test_a_good_tree_passes(self):
        self.assertEqual(self.problems(GOOD), ([], 4))

    def test_each_fault_is_named(self):
        for file, text, header in FAULTS:
            with self.subTest(text=text):
                problems, _ = self.problems({**GOOD, file: text})
                self.assertEqual(len(problems), 1)
                self.assertIn(file, problems[0])
                self.assertIn(header, problems[0])


if __name__ == '__main__':
    unittest.main()
