#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The page of tools/theatre: a real run of it, and its levels.

Usage: theatre_test.py PROGRAM

PROGRAM is tests/trace/program.cc. Where there is a node, the page's own script is
asked what it shows; where there is a Chromium, the page is used by keyboard.
"""

import collections
import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / 'tools/theatre'
THEATRE = FOLDER / 'theatre'
PROGRAM = ''
BROWSER = shutil.which('chromium') or shutil.which('google-chrome')
sys.path[:0] = [str(FOLDER), str(ROOT / 'tools/bench')]

import find_go  # noqa: E402
import places  # noqa: E402
import stories  # noqa: E402
from process import Missing  # noqa: E402

QUIET, BUG = 1, 2  # how a state of a level ends

# At each step a goroutine is in one place, each that runs has a P or is in a
# system call, and each that is runnable is in one queue.
ASK = r'''
const {run} = require(process.argv[1]);
let seen = 0, told = 0, stolen = 0;
for (let step = 0; step < run.steps; step += 7) {
  const scene = run.at(step);
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
  const queued = [...scene.queues.values(), scene.global].flat();
  if (queued.length + scene.unknown.length !== scene.runnable.length) {
    throw new Error(`step ${step}: a runnable goroutine is in no queue, or in two`);
  }
  told += queued.length;
  for (const [g] of scene.runnable) {
    if (!run.why(g, step).includes('runnable')) throw new Error(step);
  }
  for (const [reason, gs] of scene.waiting) {
    const text = run.why(gs[0][0], step);
    if (!text.includes(reason) || text.length < 60) throw new Error(text);
  }
  seen += here.length;
}
if (run.find('chan send', 0) < 0) throw new Error('nothing sends');
if (run.find('no such thing', 0) >= 0) throw new Error('it was found');
console.log(run.steps, seen, told);
'''

# A signal's way, and where each station is lit.
SIGNAL = r'''
const {openRun} = require(process.argv[1]);
const step = (time, text) => [time, `M0 (7): ${text}`, '', '', 0, 0, 0];
const run = openRun({gs: {}, ms: {0: 'M0 (7)'}, answers: {}, left: 0, slices: [], steps: [
  step(1, 'note sleep'), step(2, 'signal 10 taken by the handler'),
  step(3, 'signal 10 merged'), step(4, 'note wake'), step(5, 'signal 10 received'),
  step(6, 'signal 10 delivered'), step(7, 'park')]});
const told = [];
for (let i = 0; i < run.steps; i++) {
  const {note, signals, ms} = run.at(i);
  told.push([note.receiver, note.pipe, note.last?.key ?? '', signals[10]?.pending ?? 0, ms[0][3]]);
}
console.log(JSON.stringify(told));
'''

# The page's own exploration of each level, and a way by its hints.
LEVELS = r'''
const {levels, openLevel} = require(process.argv[1]);
const told = levels.map(level => {
  const wrong = openLevel(level, false), right = openLevel(level, true);
  let state = 0, steps = 0;
  while (wrong.at(state).end !== 2) {
    state = wrong.hint(state).to;
    steps++;
  }
  if (right.hint(0)) throw new Error('a hint where there is no way');
  return [level.id, steps, wrong.explore(), right.explore()];
});
console.log(JSON.stringify(told));
'''

# Appended to the page: plays as a reader with a keyboard would. What it found goes
# into the title, which --dump-dom tells.
PLAY = r'''<script>
const told = [];
const key = (k, on) => (on || document.activeElement).dispatchEvent(
    new KeyboardEvent('keydown', {key: k, bubbles: true, cancelable: true}));
const shown = id => document.getElementById(id).getClientRects().length > 0;
const said = () => document.getElementById('said').textContent;
const play = () => {
  for (const level of levels) {
    const game = openLevel(level, false);
    let state = 0;
    if (shown('won')) throw new Error('won before it began');
    for (let steps = 0; !shown('won'); steps++) {
      if (steps > 50) throw new Error(level.id + ': no win');
      const move = game.hint(state);
      const group = document.querySelectorAll('#threads [role=group]')[move.thread];
      const button = [...group.querySelectorAll('button')].find(b => b.textContent.endsWith(move.text));
      key(button.getAttribute('aria-keyshortcuts'));
      state = move.to;
    }
    const links = [...document.querySelectorAll('#won a')].map(a => a.href);
    told.push([level.id, document.querySelectorAll('#taken li').length, said(), document.getElementById('after').textContent, links]);
    key('u');
    if (shown('won') || !said().startsWith('Taken back')) throw new Error('no step back');
    key('d');  // the right design: hints know no way
    key('h');
    if (!said().startsWith('There is no way')) throw new Error(said());
    if (!document.getElementById('explored').textContent.includes('in none of them')) throw new Error('not explored');
    key('n');
  }
};
const look = () => {
  const wrong = [];
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id is there twice');
  for (const e of document.querySelectorAll('[aria-labelledby]')) {
    if (!document.getElementById(e.getAttribute('aria-labelledby'))?.textContent) wrong.push('a label that is not there');
  }
  for (const e of document.querySelectorAll('button, a, input')) {
    const name = e.textContent || e.getAttribute('aria-label') || e.closest('label')?.textContent;
    if (!name?.trim()) wrong.push('without a name: ' + e.outerHTML);
  }
  for (const e of document.querySelectorAll('section, nav, [role=group]')) {
    if (!e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby')) wrong.push('without a label: ' + e.id);
  }
  for (const e of document.querySelectorAll('[tabindex]')) wrong.push('an order of its own: ' + e.id);
  let last = 1;
  for (const e of document.querySelectorAll('h1, h2, h3')) {
    if (e.getClientRects().length && e.tagName[1] > last + 1) wrong.push('a heading is left out: ' + e.textContent);
    if (e.getClientRects().length) last = Number(e.tagName[1]);
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('wider than the window: ' + document.documentElement.scrollWidth);
  return wrong;
};
let result;
try {
  DO
  result = {told, wrong: look(), width: innerWidth, dark: matchMedia('(prefers-color-scheme: dark)').matches};
} catch (error) {
  result = {error: String(error)};
}
document.title = JSON.stringify(result);
</script>'''


class Title(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.text = False, ''
        self.feed(text)

    def handle_starttag(self, tag, _):
        self.open = tag == 'title'

    def handle_data(self, data):
        if self.open:
            self.text += data
        self.open = False


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.recording = self.folder / 'run.json'

    def page(self, run=False):
        arguments = []
        if run:
            subprocess.run([PROGRAM, 'trace', self.recording], check=True,
                           timeout=60)
            arguments = [self.recording]
        made = self.folder / 'run.html'
        subprocess.run([THEATRE, *arguments, '-o', made], check=True, timeout=60)
        return made.read_text(encoding='utf-8')

    def ask(self, page, question):
        node = shutil.which('node')
        if not node:
            self.skipTest('there is no node')
        script = re.search(r'<script>(.*)</script>', page, re.DOTALL)[1]
        module = self.folder / 'page.js'
        module.write_text(script, encoding='utf-8')
        done = subprocess.run([node, '-e', question, module], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done.stdout

    def test_the_page_needs_nothing_else(self):
        page = self.page()
        self.assertNotRegex(page, r'src=|<link|@import|url\(|fetch\(|https?://')
        self.assertEqual(page.count('<script>'), 1)
        self.assertEqual(page.count('</script>'), 1)
        self.assertNotRegex(page, r'/\*(SCRIPTS|STAGE|LEVELS)\*/')


class Run(Page):
    def test_it_shows_each_goroutine_in_one_place(self):
        steps, seen, told = map(int, self.ask(self.page(run=True), ASK).split())
        self.assertGreater(steps, 500)
        self.assertGreater(seen, 100)
        self.assertGreater(told, 50)

    def test_a_signal_goes_from_the_handler_to_the_channel(self):
        told = json.loads(self.ask(self.page(), SIGNAL))
        self.assertEqual(told, [
            ['asleep', 0, '', 0, 'without a goroutine'],
            ['asleep', 1, 'taken', 1, 'without a goroutine'],
            ['asleep', 1, 'merged', 2, 'without a goroutine'],
            ['awake', 0, 'merged', 2, 'without a goroutine'],
            ['awake', 0, 'received', 0, 'without a goroutine'],
            ['awake', 0, 'delivered', 0, 'without a goroutine'],
            ['awake', 0, 'delivered', 0, 'asleep on its note']])

    def test_what_is_no_recording_is_refused_with_a_sentence(self):
        for text in '', '{"traceEvents":[{"ph":"X"', '[]', '{}', '{"traceEvents":[1]}':
            self.recording.write_text(text)
            done = subprocess.run([THEATRE, self.recording], capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn('is no recording', done.stderr)
            self.assertNotIn('Traceback', done.stderr)

    def test_each_wait_reason_is_answered(self):
        reasons = re.findall(r'return "(.+)";',
                             (ROOT / 'sched/wait_reason.h').read_text())
        self.assertIn('chan receive', reasons)
        for reason in set(reasons) - {'unknown'}:
            self.assertIn(reason, places.ANSWERS)

    @unittest.skipIf(BROWSER is None, 'no chromium')
    def test_a_run_is_stepped_through_by_keyboard(self):
        result = browse(self, self.page(run=True), '''
            if (!shown('run') || shown('levels')) throw new Error('another part');
            const count = () => document.getElementById('count').textContent;
            for (let i = 0; i < 40; i++) key('ArrowRight', document.body);
            told.push(count());
            key('ArrowLeft', document.body);
            told.push(count());
            document.querySelector('.g').click();
            told.push(document.getElementById('why').textContent);
            told.push(document.querySelectorAll('#way li').length);''')
        self.assertRegex(result['told'][0], '^41 of ')
        self.assertRegex(result['told'][1], '^40 of ')
        self.assertRegex(result['told'][2], '^G[0-9]+')
        self.assertEqual(result['told'][3], 6)
        self.assertEqual(result['wrong'], [])


class Places(unittest.TestCase):
    every = [*places.PLACES.values(), *places.LEVELS.values(), places.WAITS]

    def test_each_function_is_in_its_file(self):
        for place in self.every:
            self.assertGreater(place.line(), 0, place)
            line = (ROOT / place.file).read_text().splitlines()[place.line() - 1]
            self.assertIn(place.name.rpartition('::')[2] + '(', line)

    def test_what_go_calls_it_is_in_gos_source(self):
        try:
            source = pathlib.Path(find_go.new_go()).resolve().parents[1] / 'src'
        except Missing as missing:
            self.skipTest(str(missing))
        for place in self.every:
            if place.go:
                self.assertRegex((source / place.go_file).read_text(),
                                 rf'(?m)^func (\([^)]*\) )?{place.go}\(', place)

    def test_each_step_has_both(self):
        for name, place in places.PLACES.items():
            self.assertTrue(place.name and place.go, name)


class Levels(Page):
    levels = json.loads((FOLDER / 'levels.json').read_text(encoding='utf-8'))

    def test_they_are_what_the_models_give(self):
        done = subprocess.run([FOLDER / 'levels.py', '--check'],
                              capture_output=True, text=True, timeout=280)
        if done.returncode == 77:
            self.skipTest(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_leads_to_its_bug_and_the_right_design_does_not(self):
        self.assertEqual([level['id'] for level in self.levels],
                         ['sema', 'last_look', 'on_cpu', 'retake'])
        for level in self.levels:
            far = [self.far_to_the_bug(graph) for graph in level['graphs']]
            self.assertEqual(far, [level['par'], None], level['id'])
            self.assertGreater(level['par'], 5)

    def far_to_the_bug(self, graph):
        """far_to_the_bug goes through all that can happen."""
        far, todo, ends = {0: 0}, [0], collections.Counter()
        found = None
        for state in todo:
            _, blocked, end, moves = graph['states'][state]
            ends[end] += 1
            self.assertEqual(end == 0, bool(moves))
            movers = set(moves[::3])
            for thread, waits in enumerate(graph['blocked'][blocked]):
                self.assertEqual(thread in movers or end == BUG,
                                 waits < 0 or end == BUG)
            if end == BUG and found is None:
                found = far[state]
            for to in moves[2::3]:
                if to not in far:
                    far[to] = far[state] + 1
                    todo.append(to)
        self.assertEqual(len(far), len(graph['states']), 'states out of reach')
        self.assertGreater(ends[QUIET], 0, 'no good end')
        return found

    def test_the_page_explores_them_all(self):
        told = json.loads(self.ask(self.page(), LEVELS))
        for (name, steps, wrong, right), level in zip(told, self.levels,
                                                      strict=True):
            self.assertEqual((name, steps), (level['id'], level['par']))
            self.assertEqual(wrong['states'], len(level['graphs'][0]['states']))
            self.assertGreater(wrong['bugs'], 0)
            self.assertEqual(right['states'], len(level['graphs'][1]['states']))
            self.assertEqual(right['bugs'], 0)

    def test_the_tour_names_them(self):
        tour = (ROOT / 'tools/exercises/README.md').read_text()
        named = re.findall(r'(?m)^\| ([^|]*) \| [^|]* \| [0-9, ]+ \|$', tour)
        self.assertEqual(named, [story.title for story in stories.STORIES])
        questions = re.findall(r'(?m)^[0-9]+\. ', tour)
        self.assertEqual(len(questions), 10)

    def test_each_ends_with_three_sentences_a_line_and_an_exercise(self):
        made = json.loads(re.search(r'(?m)^const levels = (.*);$',
                                    self.page())[1])
        for level in made:
            self.assertEqual(len(level['after']), 3)
            for sentence in level['after']:
                self.assertRegex(sentence, r'^[^.]*\.$|^[^.]*[a-z]\([^.]*\.$')
            line = level['line']
            text = (ROOT / line['file']).read_text().splitlines()
            self.assertEqual(text[line['number'] - 1].strip(), line['text'])
            exercise = level['exercise']['title'].partition(':')[0]
            self.assertTrue((ROOT / exercise).exists(), exercise)

    @unittest.skipIf(BROWSER is None, 'no chromium')
    def test_they_are_won_by_keyboard(self):
        page = self.page()
        for size, dark in (1200, False), (390, True):
            result = browse(self, page, 'play();', size, dark)
            self.assertEqual(result['dark'], dark)
            self.assertEqual(result['wrong'], [])
            for (name, steps, said, after, links), level in zip(
                    result['told'], self.levels, strict=True):
                self.assertEqual((name, steps), (level['id'], level['par']))
                self.assertIn('There it is', said)
                self.assertGreater(len(after), 100)
                self.assertEqual(len(links), 2)
                for link in links:
                    self.assertTrue(link.startswith(ROOT.as_uri()), link)


def browse(test, page, what, size=1200, dark=False):
    """browse has Chromium do `what` in `page`, and returns what it told."""
    path = test.folder / 'play.html'
    path.write_text(page + PLAY.replace('DO', what), encoding='utf-8')
    scheme = ['--blink-settings=preferredColorScheme=0'] if dark else []
    drawn = subprocess.run(
        [BROWSER, '--headless', '--no-sandbox', '--disable-gpu', *scheme,
         f'--window-size={size},900', '--dump-dom', path.as_uri()],
        text=True, capture_output=True, timeout=120)
    result = json.loads(Title(drawn.stdout).text)
    test.assertNotIn('error', result)
    return result


if __name__ == '__main__':
    PROGRAM = sys.argv.pop(1)
    unittest.main()
