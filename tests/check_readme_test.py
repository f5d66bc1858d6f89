# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The README check on small documents: what it runs, and what it refuses."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECK = ROOT / 'tools' / 'check_readme.py'

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


class CheckReadme(unittest.TestCase):

    def check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'README.md'
            if text is not None:
                file.write_text(text, encoding='utf-8')
            ran = subprocess.run(
                [sys.executable, CHECK, file, '--', *sys.argv[1:], '{}'],
                capture_output=True, text=True)
            return ran.returncode, ran.stdout

    def test_a_right_program_passes(self):
        self.assertEqual(self.check(HELLO),
                         (0, 'README.md:3: the program is right\n'))

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

    def test_a_program_that_exits_with_a_status_fails(self):
        status, out = self.check(HELLO.replace('("hello");',
                                               '("hello"); return 3;'))
        self.assertEqual(status, 1)
        self.assertIn('exited with 3', out)

    def test_fragments_are_not_programs(self):
        fragment = '```cpp\ngo::Go(f);\n```\n\n'
        self.assertEqual(self.check(fragment + HELLO)[0], 0)
        status, out = self.check(fragment)
        self.assertEqual(status, 1)
        self.assertIn('no ```cpp block that defines main', out)

    def test_a_missing_file_fails(self):
        status, out = self.check(None)
        self.assertEqual(status, 1)
        self.assertIn('does not exist', out)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
