# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The sum of a test run, from lines as Meson's testlog.json has them."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / 'tools'))
import summary  # noqa: E402

RUN = '[==========] Running 3 tests from 1 test suite.\n'
GOOGLETEST = RUN + '''[ RUN      ] Chan.A
[       OK ] Chan.A (3 ms)
[ RUN      ] Chan.B
output without a newline[       OK ] Chan.B (0 ms)
[ RUN      ] Chan.C
[  SKIPPED ] Chan.C (0 ms)
[  PASSED  ] 2 tests.
'''
FAILED = RUN + '''[       OK ] Chan/P.A/0 (3 ms)
[  FAILED  ] Chan/P.A/1, where GetParam() = 2 (5 ms)
[  PASSED  ] 1 test.
[  FAILED  ] 1 test, listed below:
[  FAILED  ] Chan/P.A/1, where GetParam() = 2
'''


class Summary(unittest.TestCase):

    def count(self, result, stdout='', stderr=''):
        return summary.count(
            {'result': result, 'stdout': stdout, 'stderr': stderr})

    def test_googletest_counts_by_case(self):
        self.assertEqual(self.count('OK', GOOGLETEST), (2, 0, 1))
        self.assertEqual(self.count('FAIL', FAILED), (1, 1, 0))

    def test_a_program_that_died_or_hung_counts_a_failure(self):
        for result in 'FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS':
            with self.subTest(result=result):
                self.assertEqual(self.count(result, GOOGLETEST), (2, 1, 1))
                self.assertEqual(self.count(result), (0, 1, 0))

    def test_python_counts_by_method(self):
        ran = 'Ran 5 tests in 0.1s\n\n'
        self.assertEqual(self.count('OK', '', ran + 'OK\n'), (5, 0, 0))
        for end, wrong in {'failures=2': 2, 'errors=1': 1,
                           'failures=1, errors=2': 3}.items():
            with self.subTest(end=end):
                self.assertEqual(self.count('FAIL', '', f'{ran}FAILED ({end})'),
                                 (5 - wrong, wrong, 0))

    def test_any_other_test_counts_as_one(self):
        self.assertEqual(self.count('OK', 'done'), (1, 0, 0))
        self.assertEqual(self.count('SKIP', 'no clang-format'), (0, 0, 1))

    def test_what_failures_said(self):
        def said(result, stdout='', stderr=''):
            return summary.failures({'name': 'chan', 'result': result,
                                     'stdout': stdout, 'stderr': stderr})
        self.assertEqual(said('OK', FAILED), '')
        self.assertEqual(said('SKIP', 'no clang-format'), '')
        head = '-- failed: chan (FAIL)\n'
        case = ('[ RUN      ] Chan.D\nchan_test.cc:7: Failure\n'
                '[  FAILED  ] Chan.D (5 ms)\n')
        passed = case.replace('FAILED  ', '     OK ')
        self.assertEqual(said('FAIL', GOOGLETEST + case + passed),
                         head + case.rstrip('\n'))
        died = GOOGLETEST + '[ RUN      ] Chan.D\nabout to die\n'
        self.assertEqual(said('FAIL', died, 'panic: goose'), head +
                         '[ RUN      ] Chan.D\nabout to die\npanic: goose')
        long = '\n'.join(str(i) for i in range(1000))
        self.assertEqual(said('FAIL', long).splitlines()[-1], '999')
        self.assertEqual(len(said('FAIL', long).splitlines()),
                         1 + summary.LINES)

    def test_sums_add_up(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'sums'
            for text, status, line in [
                    ('3 passed, 0 failed\n4 passed, 0 failed, 2 skipped\n', 0,
                     '7 passed, 0 failed, 2 skipped\n'),
                    ('3 passed, 1 failed\n4 passed, 0 failed\n', 1,
                     '7 passed, 1 failed\n'),
                    ('', 1, '0 passed, 0 failed\n')]:
                with self.subTest(text=text):
                    file.write_text(text, encoding='utf-8')
                    ran = subprocess.run(
                        [sys.executable, ROOT / 'tools' / 'summary.py', '--add',
                         file], capture_output=True, text=True)
                    self.assertEqual((ran.returncode, ran.stdout),
                                     (status, line))


if __name__ == '__main__':
    unittest.main()
