# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The check of actors on this tree, and on small trees with vague sentences."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = ROOT / 'tools/check_actors.py'
sys.path.insert(0, str(TOOL.parent))
import check_actors  # noqa: E402

GOOD = """// Idle Ms sleep on their notes.
//
// A waker that takes one out of the list owes it a Wakeup. The owner of a P
// puts Gs into its ring; a thief takes them from there.
//
//     nobody    drawings and code are no sentences: somebody may stand here
//
int n = 0;  // how many sleep, under the lock
"""

VAGUE = [
    '// Whoever takes it out of the list owes it a Wakeup.',
    '// Nobody else may write to this word.',
    '// A store that somebody reads later needs a release.',
    '// What is left in the ring goes to the global queue.',
    '// A lock is free. Those who wait for it are woken.',
    '// The sleeper is woken; then he takes\n// the lock himself.',
    'int n = 0;  // how often anybody has slept here',
]


class CheckActors(unittest.TestCase):

    def write(self, root, name, text):
        path = pathlib.Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')

    def vague(self, text, name='sched/idle.h'):
        with tempfile.TemporaryDirectory() as root:
            self.write(root, name, text)
            return check_actors.check(pathlib.Path(root), 'sched')

    def test_this_tree_names_who_acts(self):
        for folder in check_actors.FOLDERS:
            with self.subTest(folder=folder):
                vague, count = check_actors.check(ROOT, folder)
                self.assertGreater(
                    count, 200 if (ROOT / folder).is_dir() else 30)
                self.assertLessEqual(check_actors.share(vague, count),
                                     check_actors.ALLOWED, '\n'.join(vague))

    def test_every_folder_with_comments_is_counted(self):
        folders = {path.parent.relative_to(ROOT).parts[0]
                   for path in ROOT.glob('*/**/*.h')
                   if not path.parts[len(ROOT.parts)].startswith(('build', '.'))}
        self.assertLessEqual(
            folders - {'subprojects'},
            set(check_actors.FOLDERS))

    def test_sentences_that_name_actors_pass(self):
        self.assertEqual(self.vague(GOOD), ([], 4))

    def test_each_vague_sentence_is_found(self):
        for sentence in VAGUE:
            with self.subTest(sentence=sentence):
                vague, count = self.vague(GOOD + '\n' + sentence + '\n')
                self.assertEqual(len(vague), 1)
                self.assertTrue(vague[0].startswith('sched/idle.h: '))
                self.assertGreater(count, 4)

    def test_documents_are_read_too(self):
        vague, count = self.vague(
            '# The locks\n\n    somebody draws\n\nWhoever waits holds no lock.\n'
            '\n| who | holds it |\n\n```\nnobody\n```\n\nA waker holds no lock.\n',
            'sched/HACKING.md')
        self.assertEqual(vague, ['sched/HACKING.md: Whoever waits holds no lock.'])
        self.assertEqual(count, 2)

    def test_docstrings_are_read_and_quoted_words_are_none(self):
        vague, count = self.vague(
            '# `who` is a word here\ntext = "// nobody reads strings"\n\n\n'
            'def f():\n    """f returns what nobody\n    asks for."""\n',
            'sched/a.py')
        self.assertEqual(vague, ['sched/a.py: f returns what nobody asks for.'])
        self.assertEqual(count, 2)

    def test_the_tool_fails_above_the_limit(self):
        many = (GOOD + '\n') * 10
        with tempfile.TemporaryDirectory() as root:
            for folder in check_actors.FOLDERS:
                self.write(root, folder + '/a.h', many)
            self.assertEqual(self.run_tool(root), 0)
            self.write(root, 'sched/b.h', VAGUE[0] + '\n')
            self.assertEqual(self.run_tool(root), 0)  # 1 of 41
            self.write(root, 'sched/b.h', '\n\n'.join(VAGUE[:2]) + '\n')
            self.assertEqual(self.run_tool(root), 1)  # 2 of 42

    def run_tool(self, root):
        return subprocess.run([sys.executable, TOOL, root],
                              stdout=subprocess.DEVNULL).returncode


if __name__ == '__main__':
    unittest.main()
