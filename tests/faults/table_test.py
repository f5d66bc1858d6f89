# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The table of calls against this tree, and against small ones that differ."""

import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path += [str(HERE), str(HERE.parent)]
import calls  # noqa: E402
from trees import with_tree  # noqa: E402

PLAYED = ('survives', 'reports', 'dies')
SCENARIO = re.compile(r'^(%s)\((\w+)' % '|'.join(PLAYED).upper(), re.M)


def scenarios_in(root):
    """scenarios_in returns outcome by name."""
    return {name: outcome.lower()
            for path in (root / 'tests/faults').glob('*.cc')
            for outcome, name in SCENARIO.findall(path.read_text('utf-8'))}


def check(root):
    """check returns the sentences that are to be said of a tree."""
    everywhere, rows = set(), {}
    file = None
    said = []
    for line in (root / 'tests/faults/calls.txt').read_text('utf-8').splitlines():
        if not line or line.startswith('#'):
            continue
        columns = re.split(r'\s{2,}', line.strip())
        if len(columns) == 1:
            file = line
        elif file is None:
            everywhere.add(columns[0])
        elif len(columns) != 3:
            said.append(f'not a row: {line}')
        elif rows.setdefault((file, *columns[:2]), columns[2]) != columns[2]:
            said.append(f'two rows: {line}')
    found = calls.calls_in(root)
    said += [f'{file}: {function} calls {call}: no row in calls.txt says what '
             'becomes of it when it fails'
             for file, function, call in sorted(found)
             if call not in everywhere and (file, function, call) not in rows]
    said += [f'{row[0]}: {row[1]} does not call {row[2]}; calls.txt has a row'
             for row in sorted(rows.keys() - found)]
    called = {call for _, _, call in found}
    said += [f'{call} is called nowhere; calls.txt has a row'
             for call in sorted(everywhere - called)]
    scenarios = scenarios_in(root)
    named = set()
    for row, what in sorted(rows.items()):
        if re.match(r'(ignored|never|unplayed|other): ', what):
            continue
        for part in what.split(', '):
            outcome, _, name = part.partition(' ')
            named.add(name)
            if outcome not in PLAYED or scenarios.get(name) != outcome:
                said.append(f'{row[0]}: {row[1]}, {row[2]}: no scenario "{part}"')
    said += [f'scenario {name} is of no row'
             for name in sorted(scenarios.keys() - named)]
    return said


SOURCE = '''// ::close(0);
namespace gosling {
int Open(const char* path) {
  return [&] { return ::open(path, 0); }();
}
Sleeper::~Sleeper() {
  if (fd_ >= 0) ::close(fd_);
}
long Id() { return ::syscall(SYS_gettid); }
void PipeNote::Sleep() { LibcCall(gosling_read_trampoline, &args); }
}
'''
TABLE = '''# comment
close  ignored: what is closed is gone

sched/a.cc
  Open  open  reports NoFile
  Id  syscall SYS_gettid  never: has no errors
  Sleep  trampoline read  survives Interrupted, dies Failing
'''
SCENES = '''REPORTS(NoFile) {}
SURVIVES(Interrupted) {}
DIES(Failing, "words") {}
'''
TREE = {'sched/a.cc': SOURCE, 'tests/faults/calls.txt': TABLE,
        'tests/faults/os.cc': SCENES}


class Table(unittest.TestCase):

    def said(self, **changes):
        tree = dict(TREE)
        for name, (before, after) in changes.items():
            file = {'source': 'sched/a.cc', 'table': 'tests/faults/calls.txt',
                    'scenes': 'tests/faults/os.cc'}[name]
            self.assertIn(before, tree[file])
            tree[file] = tree[file].replace(before, after)
        return with_tree(tree, check)

    def test_this_tree(self):
        self.assertEqual(check(ROOT), [])

    def test_a_tree_that_is_right(self):
        self.assertEqual(self.said(), [])

    def test_a_call_without_a_row(self):
        for call in ('::fsync(fd);', 'fsync(fd);',
                     'LibcCall(gosling_write_trampoline, &args);'):
            said = self.said(source=('long Id() { return', f'long Id() {{ {call} return'))
            self.assertEqual(len(said), 1, said)
            self.assertIn('sched/a.cc: Id calls', said[0])

    def test_a_call_that_has_moved(self):
        said = self.said(source=('int Open(', 'int OpenAgain('))
        self.assertEqual(len(said), 2, said)
        self.assertIn('OpenAgain calls open', said[0])
        self.assertIn('Open does not call open', said[1])

    def test_a_row_without_a_call(self):
        self.assertIn('fsync', self.said(
            table=('sched/a.cc\n', 'sched/a.cc\n  Sync  fsync  never: x\n'))[0])
        self.assertIn('called nowhere', self.said(
            table=('close  ', 'dup  never: x\nclose  '))[0])

    def test_a_row_without_a_scenario(self):
        self.assertEqual(len(self.said(scenes=('NoFile', 'NoFileAtAll'))), 2)
        self.assertIn('no scenario', self.said(scenes=('DIES', 'REPORTS'))[0])

    def test_a_scenario_without_a_row(self):
        self.assertIn('of no row', self.said(
            scenes=('SURVIVES', 'SURVIVES(More) {}\nSURVIVES'))[0])


if __name__ == '__main__':
    unittest.main()
