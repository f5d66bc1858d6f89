# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The list check on this tree, and on a small one with files left out."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / 'tools'))
import check_lists  # noqa: E402
from trees import with_tree  # noqa: E402

TREE = {
    'sched/meson.build': "sources += files('proc.cc')\nh += ['sched/proc.h']\n",
    'sched/proc.cc': '', 'sched/proc.h': '',
    'runtime/meson.build': "public_headers += ['gosling/chan.h']\n",
    'runtime/include/gosling/chan.h': '',
    'tests/meson.build': "tests = ['chan', 'crash/panic', 'stress/signal']\n",
    'tests/chan_test.cc': '', 'tests/crash/panic_test.cc': '',
    'tests/stress/signal_stress.cc': '',
}

UNLISTED = [
    'sched/runq.cc', 'sched/runq.h', 'sched/sub/proc.cc', 'signals/handler.cc',
    'runtime/include/gosling/select.h', 'tests/select_test.cc',
    'tests/stress/chan2_stress.cc', 'tests/proc_test.cc', 'tests/chan.cc',
    'tests/panic_test.cc', 'tests/crash/chan_test.cc',
]


class CheckLists(unittest.TestCase):

    def unlisted(self, tree):
        return with_tree(tree, check_lists.check)

    def test_this_tree_is_listed(self):
        self.assertEqual(check_lists.check(ROOT)[0], [])

    def test_listed_files_pass(self):
        self.assertEqual(self.unlisted(TREE), ([], 6))

    def test_each_unlisted_file_is_named(self):
        for file in UNLISTED:
            with self.subTest(file=file):
                self.assertEqual(self.unlisted({**TREE, file: ''}), ([file], 7))


if __name__ == '__main__':
    unittest.main()
