# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Static variables that are initialized when a function first runs have a guard,
on which other threads sleep meanwhile, with a P that is missing then, and which
leaves EAGAIN in their errno. There is none where a goroutine may come unawares:
sending to a channel, locking, waiting.
"""

import re
import subprocess
import sys
import unittest

ARCHIVE = sys.argv.pop(1)

# signal.Notify calls the system anyway.
ALLOWED = {'gosling::signals::TheRegistry()::registry'}


class StaticGuards(unittest.TestCase):

    def test_there_is_none_but_in_notify(self):
        symbols = subprocess.run(['nm', '-C', ARCHIVE], check=True, text=True,
                                 capture_output=True).stdout
        self.assertEqual(
            set(re.findall(r' guard variable for (.*)$', symbols, re.M)),
            ALLOWED)


if __name__ == '__main__':
    unittest.main()
