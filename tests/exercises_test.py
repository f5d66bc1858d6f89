# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Every exercise refuses its start, and what is nearly right; takes its answer.

    exercises_test.py FOLDER-OF-LIBGOSLING.SO
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

EXERCISES = pathlib.Path(__file__).resolve().parent.parent / 'tools/exercises'
ANSWERS = EXERCISES / 'answers'
CANNOT = 77

# Changes of an answer that its check has to notice: file, text, in its place.
NEARLY = {
    'schedtrace': [('answers.txt', 'in A: 3', 'in A: 5'),
                   ('answers.txt', 'sleeps: C', 'sleeps: B'),
                   ('answers.txt', 'in B: 12', 'in B: 16')],
    'hang': [('answers.txt', 'delivered: 3', 'delivered: 4'),
             ('answers.txt', 'on thread: M0', 'on thread: M2'),
             ('answers.txt', 'it was at: note sleep', 'it was at: note wake'),
             ('answers.txt', 'held by: M0', 'held by: M1'),
             ('answers.txt', 'for ever: receiver', 'for ever: worker')],
    'fence': [('order.txt', 'idle M\nidle M', 'idle M\ndrain idle M\nidle M'),
              ('order.txt', 'drain submitter\n', ''),
              ('program.txt', 'submitter: fence\n', ''),
              ('program.txt', 'idle M: read queue\n', '')],
    'fair_yield': [('fair.cc', 'turn < 1000', 'turn < 999'),
                   ('fair.cc', 'go::runtime::Gosched();', '')],
    'blocking': [('waiting.cc', 'go::runtime::WaitReadable(fd)', 'false'),
                 ('waiting.cc', 'return c;', 'return 0;')],
    'trampoline': [('lseek.S', 'pushq %rbp ', 'pushq %rbx '),
                   ('lseek.S', '  negq %rax\n', ''),
                   ('lseek.S', 'movl 16(%rdi), %edx', 'movl 12(%rdi), %edx'),
                   ('lseek.S', 'cmpq $-1, %rax', 'cmpl $-1, %eax'),
                   ('lseek.S', 'movslq (%rax), %rax', 'movl (%rax), %eax\n'
                    '  xorl %r12d, %r12d')],
}


def check(name, *folder):
    ran = subprocess.run([EXERCISES / name / 'check', *folder], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=300, env=os.environ |
                         {'GOSLING_BUILD': sys.argv[1]})
    if ran.returncode == CANNOT:
        raise unittest.SkipTest(ran.stdout)
    return ran


class Exercises(unittest.TestCase):
    def test_each_has_a_text_a_check_and_an_answer(self):
        found = {path.parent.name for path in EXERCISES.glob('*/check')}
        self.assertEqual(found, NEARLY.keys() | {'wait_reason'})
        index = (EXERCISES / 'README.md').read_text()
        for name in found:
            self.assertTrue((EXERCISES / name / 'README.md').exists(), name)
            self.assertIn(f'({name}/README.md)', index)

    def test_the_start_is_refused(self):
        for name in [*NEARLY, 'wait_reason']:
            with self.subTest(name):
                ran = check(name)
                self.assertEqual(ran.returncode, 1, ran.stdout)
                self.assertIn('not yet: ', ran.stdout)

    def test_the_answer_is_taken(self):
        for name in NEARLY:
            with self.subTest(name):
                ran = check(name, ANSWERS / name)
                self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_what_is_nearly_right_is_refused(self):
        for name, changes in NEARLY.items():
            for file, text, instead in changes:
                with (self.subTest(name, instead=instead),
                      tempfile.TemporaryDirectory() as folder):
                    shutil.copytree(ANSWERS / name, folder, dirs_exist_ok=True)
                    path = pathlib.Path(folder) / file
                    answer = path.read_text()
                    self.assertIn(text, answer)
                    path.write_text(answer.replace(text, instead))
                    self.assertNotEqual(check(name, folder).returncode, 0)

    def test_a_wait_reason_is_in_both_files(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([ANSWERS / 'wait_reason/apply', folder], check=True)
            ran = check('wait_reason', folder)
            self.assertEqual(ran.returncode, 0, ran.stdout)
            script = pathlib.Path(folder) / 'tools/gdb/gosling.py'
            script.write_text(script.read_text().replace("'lunch'", "'tea'"))
            self.assertEqual(check('wait_reason', folder).returncode, 1)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
