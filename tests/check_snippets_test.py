# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The check of snippets on small files: what it compiles, what it runs, and
what it refuses."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECK = ROOT / 'tools' / 'check_snippets.py'

HELLO = '''# Title

```cpp
#include <cstdio>
int main() { std::puts("hello"); }
```

Its output:

```text
hello
```
'''

HEADER = '''// Adds.
//
//     #include <cstdio>
//
//     int Two() { return 1 + 1; }
//
// Or in a loop, which prints
//
//   this is no code
//
//     for (int i = 0; i < 3; ++i) sum += i;
//     if (sum > 2) { … }

#ifndef ADD_H_
#define ADD_H_
struct Sum {
  // Plus adds.
  //
  //     sum = sum + 1;
  int Plus(int);
};
#endif
'''


class CheckSnippets(unittest.TestCase):

    def check(self, text, name='README.md', assume='int sum = 0;',
              compiler=None):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / name
            if text is not None:
                file.write_text(text, encoding='utf-8')
            assumed = pathlib.Path(folder) / 'assumed.h'
            assumed.write_text(assume, encoding='utf-8')
            ran = subprocess.run(
                [sys.executable, CHECK, '--assume', assumed, file, '--',
                 *(compiler or sys.argv[1:]), '{}'],
                capture_output=True, text=True)
            return ran.returncode, ran.stdout

    def test_a_right_program_passes(self):
        self.assertEqual(self.check(HELLO),
                         (0, 'README.md:4: the program is right\n'))

    def test_output_without_a_text_block_is_free(self):
        self.assertEqual(self.check(HELLO.replace('```text', '```sh'))[0], 0)

    def test_another_output_is_shown(self):
        status, out = self.check(HELLO.replace('\nhello\n', '\ngoodbye\n'))
        self.assertEqual(status, 1)
        self.assertIn('-goodbye\n+hello\n', out)

    def test_a_program_that_does_not_compile_fails(self):
        status, out = self.check(HELLO.replace('#include', '// #include'))
        self.assertEqual(status, 1)
        self.assertIn('does not compile', out)
        self.assertIn('README.md:5:', out)

    def test_a_program_that_exits_with_a_status_fails(self):
        status, out = self.check(HELLO.replace('("hello");',
                                               '("hello"); return 3;'))
        self.assertEqual(status, 1)
        self.assertIn('exited with 3', out)

    def test_fragments_are_compiled_with_what_they_assume(self):
        fragment = '```cpp\nsum += 1;\n```\n\n'
        self.assertEqual(self.check(fragment),
                         (0, 'README.md:2: the fragment is right\n'))
        status, out = self.check(fragment, assume='')
        self.assertEqual(status, 1)
        self.assertIn('does not compile', out)

    def test_code_in_a_headers_comments_is_compiled(self):
        self.assertEqual(self.check(HEADER, 'add.h'),
                         (0, 'add.h:3: the file is right\n'
                             'add.h:11: the fragment is right\n'
                             'add.h:19: the fragment is right\n'))

    def test_wrong_code_in_a_header_is_found_at_its_line(self):
        for line, right, wrong in ((5, 'return 1', 'return one'),
                                   (11, 'i < 3', 'j < 3'),
                                   (19, 'sum + 1', 'sun + 1')):
            status, out = self.check(HEADER.replace(right, wrong), 'add.h')
            self.assertEqual(status, 1)
            self.assertIn(f'add.h:{line}:', out)
            self.assertEqual(out.count('is right'), 2)

    def test_a_file_without_code_fails(self):
        status, out = self.check('# Title\n')
        self.assertEqual(status, 1)
        self.assertIn('there is no code', out)

    def test_a_missing_file_fails(self):
        status, out = self.check(None)
        self.assertEqual(status, 1)
        self.assertIn('does not exist', out)

    def test_a_missing_compiler_is_said(self):
        status, out = self.check(HELLO, compiler=['no-such-compiler'])
        self.assertEqual(status, 77)
        self.assertIn('no-such-compiler is not installed', out)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
