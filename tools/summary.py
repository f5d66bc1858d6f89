#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Adds up what `meson test` ran and prints "N passed, N failed".

Reads Meson's testlog.json, one test a line. A GoogleTest program counts by its
cases, a Python one by its methods, any other test as one. A program that
crashed, hung or failed outside a case counts at least one failure, whatever its
cases said before; cases it never reached are not guessed at. The failures'
words come first, for they are lost in the output of all that passed after them.

Rejected: the file of JUnit that Meson writes beside it. There (1.0.1) a test
that hangs has passed; so has a GoogleTest program that fails after its last
case, as under a sanitizer; and one that crashes has the cases of its last run.

A line of standard input or of a file that already has the form of the sum is
added as it is (--add), so that several runs end in one sum.
"""

import argparse
import json
import re
import sys

GOOGLETEST = {
    'passed': re.compile(r'\[       OK \] \S+ \(\d+ ms\)'),
    'failed': re.compile(r'\[  FAILED  \] \S+.* \(\d+ ms\)'),
    'skipped': re.compile(r'\[  SKIPPED \] \S+ \(\d+ ms\)'),
}
UNITTEST = re.compile(r'^Ran (\d+) tests? in', re.MULTILINE)
UNITTEST_END = re.compile(
    r'^FAILED \((?:failures=(\d+))?(?:, )?(?:errors=(\d+))?', re.MULTILINE)
SUM = re.compile(r'(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$')
RUN = re.compile(r'(?=^\[ RUN      \])', re.MULTILINE)
OK = {'OK', 'EXPECTEDFAIL'}
SKIPPED = {'SKIP'}

# Of what one failure said, so many lines: the first of a case, which tell why,
# the last of a program, which tell how it ended.
LINES = 60


def count(test):
    """count returns (passed, failed, skipped) of one line of testlog.json."""
    result = test['result']
    if result in SKIPPED:
        return 0, 0, 1
    out, err = test.get('stdout', ''), test.get('stderr', '')
    passed = failed = skipped = 0
    if '[==========] Running' in out:
        passed, failed, skipped = (len(p.findall(out))
                                   for p in GOOGLETEST.values())
    elif UNITTEST.search(out + err):
        passed = int(UNITTEST.search(out + err)[1])
        end = UNITTEST_END.search(out + err)
        failed = sum(int(n or 0) for n in end.groups()) if end else 0
        passed = max(passed - failed, 0)  # one method may fail several times
    elif result in OK:
        passed = 1
    if result not in OK:
        failed = max(failed, 1)
    return passed, failed, skipped


def failures(test):
    """failures returns what the failures in a line of testlog.json said."""
    if test['result'] in OK | SKIPPED:
        return ''
    out, err = test.get('stdout', ''), test.get('stderr', '')
    cases = RUN.split(out)[1:]
    said = [lines for case in cases if GOOGLETEST['failed'].search(case)
            for lines in case.splitlines()[:LINES]]
    if not said:
        said = (cases[-1] if cases else out).splitlines()[-LINES:]
    # A case's failures are in stdout; stderr may have the crash of a child.
    said += err.splitlines()[-LINES:]
    return '\n'.join([f'-- failed: {test["name"]} ({test["result"]})', *said])


def total(counts):
    """total adds (passed, failed, skipped) triples into the line to print."""
    passed, failed, skipped = (sum(c) for c in zip((0, 0, 0), *counts))
    end = f', {skipped} skipped' if skipped else ''
    return f'{passed} passed, {failed} failed{end}', failed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--add', action='store_true',
                        help='the files hold sums, one a line, not test logs')
    parser.add_argument('files', nargs='+')
    arguments = parser.parse_args()
    counts = []
    for file in arguments.files:
        with open(file, encoding='utf-8') as lines:
            for line in lines:
                if arguments.add:
                    found = SUM.search(line.strip())
                    if not found:
                        sys.exit(f'{file}: not a sum: {line.strip()}')
                    counts.append([int(n or 0) for n in found.groups()])
                else:
                    test = json.loads(line)
                    counts.append(count(test))
                    if said := failures(test):
                        print(said)
    line, failed = total(counts)
    print(line)
    return 1 if failed or not counts else 0


if __name__ == '__main__':
    sys.exit(main())
