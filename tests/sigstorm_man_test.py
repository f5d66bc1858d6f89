#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The man page names what sigstorm's --help names, command by command."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

PAGE = (pathlib.Path(__file__).resolve().parent.parent /
        'tools/sigstorm/sigstorm.1')
PROGRAM = sys.argv.pop(1)


def section(title):
    """section returns the text of one of the page's sections."""
    parts = re.split(r'^\.SH "?([^"\n]*)"?$', PAGE.read_text('utf-8'),
                     flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))[title]


def options(text):
    return set(re.findall(r'(?<![\w-])--[a-z]+', text.replace('\\-', '-')))


def help_of(*command):
    return subprocess.run([PROGRAM, *command, '--help'], text=True, check=True,
                          stdout=subprocess.PIPE).stdout


class ManPage(unittest.TestCase):

    def commands(self):
        return re.findall(r'^  sigstorm (\w+) ', help_of(), flags=re.M)

    def test_it_names_the_options(self):
        for command in self.commands():
            with self.subTest(command=command):
                # What an option is for begins deeper than its name.
                named = options('\n'.join(re.findall(
                    r'^  (?:-h,)?(--\S+)', help_of(command), flags=re.M)))
                described = {option for line in
                             section(f'OPTIONS OF {command.upper()}').split('.TP')[1:]
                             for option in options(line.strip().split('\n')[0])}
                self.assertEqual(described, named)

    def test_it_names_the_commands(self):
        synopsis = section('SYNOPSIS')
        for command in self.commands():
            with self.subTest(command=command):
                self.assertIn(command, synopsis)
        self.assertGreaterEqual(len(self.commands()), 4)

    @unittest.skipUnless(shutil.which('groff'), 'no groff')
    def test_it_is_a_page(self):
        done = subprocess.run(['groff', '-man', '-Tascii', '-ww', str(PAGE)],
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, '')
        self.assertIn('SIGSTORM(1)', done.stdout)


if __name__ == '__main__':
    unittest.main()
