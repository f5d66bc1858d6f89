# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The include check on this tree, and on small trees with one fault each."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / 'tools'))
import check_layers  # noqa: E402
from trees import with_tree  # noqa: E402

GOOD = {
    'arch/arch.h': '#include <cstdint>\n',
    'arch/amd64/libc_call.S': '#include "arch/arch.h"\n',
    'sched/proc.h': '#include "arch/arch.h"\n#include <pthread.h>\n',
    'sched/switch.cc': '#include <boost/context/detail/fcontext.hpp>\n',
    'sched/os/os.h': '#include "arch/arch.h"\n',
    'sched/report/install.h': '#include "sched/proc.h"\n',
    'sched/boot.cc':
        '#include "sched/os/os.h"\n#include "sched/report/install.h"\n',
    'signals/handler.h': '#include "sched/proc.h"\n',
    'runtime/sema.h': '#include <atomic>\n',
    'runtime/include/gosling/chan.h':
        '#include <sys/types.h>\n#include <gosling/internal/core.h>\n',
    'runtime/include/gosling/internal/core.h': '#include <span>\n',
    'runtime/chan.cc':
        '#include <gosling/chan.h>\n#include "runtime/sema.h"\n'
        '#include "sched/proc.h"  // Park\n',
    'tests/chan_test.cc':
        '#include <gosling/internal/core.h>\n#include "runtime/sema.h"\n'
        '#include "signals/handler.h"\n',
    'tools/sigstorm.cc':
        '#include <gosling/chan.h>\n#include "absl/time/time.h"\n',
    'tools/bench/fiber.cc': '#include <boost/fiber/all.hpp>\n',
}

BAD = [  # file, the line added to it, a part of the complaint
    ('arch/arch.h', '#include "sched/proc.h"', 'arch may not include'),
    ('arch/amd64/libc_call.S', '#include "sched/proc.h"', 'arch may not'),
    ('sched/proc.h', '#include "runtime/sema.h"', 'sched may not include'),
    ('sched/proc.h', '#include "signals/handler.h"', 'sched may not include'),
    ('sched/os/os.h', '#include "sched/proc.h"', 'sched/os may not include'),
    ('sched/proc.h', '#include "sched/report/install.h"',
     'sched may not include'),
    ('sched/proc.h', '#include <gosling/chan.h>', 'below the public headers'),
    ('runtime/chan.cc', '#include "signals/handler.h"', 'runtime may not'),
    ('signals/handler.h', '#include "runtime/sema.h"', 'signals may not'),
    ('runtime/chan.cc', '#include "sema.h"', 'from the root'),
    ('runtime/chan.cc', '#include "../sched/proc.h"', 'from the root'),
    ('runtime/chan.cc', '#include "sched/gone.h"', 'from the root'),
    ('runtime/chan.cc', '#include <sched/proc.h>', 'are quoted'),
    ('runtime/chan.cc', '#include "gosling/chan.h"', 'one spelling'),
    ('runtime/chan.cc', '#include "runtime/include/gosling/chan.h"',
     'one spelling'),
    ('runtime/chan.cc', '#  include HEADER', 'cannot read'),
    ('runtime/chan.cc', '#include <boost/context/fiber.hpp>', 'Boost stays'),
    ('runtime/include/gosling/chan.h', '#include <absl/strings/str_cat.h>',
     'only the standard library'),
    ('runtime/include/gosling/chan.h', '#include "absl/strings/str_cat.h"',
     'only the standard library'),
    ('runtime/include/gosling/chan.h', '#include <boost/any.hpp>',
     'only the standard library'),
    ('runtime/include/gosling/chan.h', '#include "sched/proc.h"',
     'only the standard library'),
    ('runtime/include/gosling/chan.h', '#include <pthread.h>',
     'only the standard library'),
    ('tools/sigstorm.cc', '#include "sched/proc.h"', 'tools may not include'),
    ('tools/sigstorm.cc', '#include "pthread.h"', 'from the root'),
    ('tools/sigstorm.cc', '#include <boost/fiber/all.hpp>', 'Boost stays'),
    ('tools/sigstorm.cc', '#include <gosling/internal/core.h>', 'is internal'),
]


class CheckLayers(unittest.TestCase):

    def complaints(self, tree):
        return with_tree(tree, check_layers.check)

    def test_this_tree_points_down(self):
        problems, count = check_layers.check(ROOT)
        self.assertEqual(problems, [])
        self.assertGreater(count, 0)

    def test_a_good_tree_passes(self):
        problems, count = self.complaints(GOOD)
        self.assertEqual(problems, [])
        self.assertEqual(count, sum(t.count('\n') for t in GOOD.values()))

    def test_each_fault_is_found_where_it_is(self):
        for file, line, complaint in BAD:
            with self.subTest(file=file, line=line):
                problems, _ = self.complaints(
                    {**GOOD, file: GOOD[file] + line + '\n'})
                self.assertEqual(len(problems), 1, problems)
                number = GOOD[file].count('\n') + 1
                self.assertIn(f'{file}:{number}: ', problems[0])
                self.assertIn(complaint, problems[0])


if __name__ == '__main__':
    unittest.main()
