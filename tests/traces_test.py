# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The traces of sched/HACKING.md name functions that their files define."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEP = re.compile(r'^    (\w+) +((?:sched|runtime|signals|arch)/\S+) +\S', re.M)
LIVES = ['The life of a goroutine', 'The life of a signal']


def steps(text, heading):
    """steps returns the (function, file) pairs of a section of HACKING.md."""
    section = text.split(f'\n## {heading}\n', 1)[1].split('\n## ', 1)[0]
    return STEP.findall(section)


def defines(text, function):
    """defines says whether a source's text holds that function's body."""
    text = re.sub(r'//.*', '', text)
    return re.search(
        r'(?:^|[\s:*&(])' + function + r'(?::|\)|\((?:[^;{}]|\n)*?\{)', text,
        re.M) is not None


class Traces(unittest.TestCase):

    def setUp(self):
        self.text = (ROOT / 'sched/HACKING.md').read_text(encoding='utf-8')

    def test_each_function_is_where_the_trace_says(self):
        for heading in LIVES:
            trace = steps(self.text, heading)
            self.assertGreater(len(trace), 10, heading)
            for function, file in trace:
                with self.subTest(function=function, file=file):
                    source = (ROOT / file).read_text(encoding='utf-8')
                    self.assertTrue(defines(source, function))

    def test_a_call_is_no_definition(self):
        self.assertFalse(defines('void F() {\n  Ready(g);\n}\n', 'Ready'))
        self.assertFalse(defines('void Ready(G* g);\n', 'Ready'))
        self.assertTrue(defines('void Ready(G* g,\n  int n) {\n', 'Ready'))


if __name__ == '__main__':
    unittest.main()
