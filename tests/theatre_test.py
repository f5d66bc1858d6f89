#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The page of tools/theatre, made of a real run.

Usage: theatre_test.py PROGRAM

PROGRAM is tests/trace/program.cc. Where there is a node, the page's own script is
asked what it shows at each step.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

THEATRE = pathlib.Path(__file__).resolve().parents[1] / 'tools/theatre/theatre'
PROGRAM = ''

# At each step a goroutine is in one place, and each that runs has a P or is in a
# system call.
ASK = r'''
const {stage, theatre} = require(process.argv[1]);
let seen = 0;
for (let step = 0; step < theatre.steps; step += 7) {
  const scene = theatre.at(step);
  const here = [];
  for (const [p, g] of scene.ps) if (g) here.push(g);
  for (const [g] of scene.runnable) here.push(g);
  for (const [reason, gs] of scene.waiting) {
    if (reason === 'system call') continue;
    for (const [g] of gs) here.push(g);
  }
  if (new Set(here).size !== here.length) {
    throw new Error(`step ${step}: a goroutine is in two places: ${here}`);
  }
  for (const [g] of scene.runnable) {
    if (!theatre.why(g, step).includes('runnable')) throw new Error(step);
  }
  seen += here.length;
}
if (theatre.find('chan send', 0) < 0) throw new Error('nothing sends');
if (theatre.find('no such thing', 0) >= 0) throw new Error('it was found');
console.log(theatre.steps, seen);
'''


class Theatre(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.recording = self.folder / 'run.json'

    def page(self):
        subprocess.run([PROGRAM, 'trace', self.recording], check=True, timeout=60)
        made = self.folder / 'run.html'
        subprocess.run([THEATRE, self.recording, '-o', made], check=True, timeout=60)
        return made.read_text()

    def test_the_page_needs_nothing_else(self):
        page = self.page()
        self.assertNotRegex(page, r'(src|href)=|@import|fetch\(|https?://')
        self.assertEqual(page.count('<script>'), 1)
        self.assertEqual(page.count('</script>'), 1)
        self.assertNotIn('/*STAGE*/', page)

    def test_it_shows_each_goroutine_in_one_place(self):
        node = shutil.which('node')
        if not node:
            self.skipTest('there is no node')
        script = re.search(r'<script>(.*)</script>', self.page(), re.DOTALL)[1]
        module = self.folder / 'page.js'
        module.write_text(script)
        done = subprocess.run([node, '-e', ASK, module], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        steps, seen = map(int, done.stdout.split())
        self.assertGreater(steps, 500)
        self.assertGreater(seen, 100)

    def test_what_is_no_recording_is_refused_with_a_sentence(self):
        for text in '', '{"traceEvents":[{"ph":"X"', '[]', '{}', '{"traceEvents":[1]}':
            self.recording.write_text(text)
            done = subprocess.run([THEATRE, self.recording], capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn('is no recording', done.stderr)
            self.assertNotIn('Traceback', done.stderr)


if __name__ == '__main__':
    PROGRAM = sys.argv.pop(1)
    unittest.main()
