# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The page of sigstorm --html: whole, alone, and drawn by a browser.

    sigstorm_page_test.py SIGSTORM
"""

import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BROWSER = shutil.which('chromium') or shutil.which('google-chrome')


class Page(html.parser.HTMLParser):
    """The texts of a page's elements, by id, and what it would fetch."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.fetched, self.rows = [], {}, [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ('meta', 'link', 'br', 'input'):
            self.open.append(attributes.get('id'))
        self.rows += tag == 'tr'
        self.fetched += [v for k, v in attributes.items()
                         if k in ('src', 'href', 'action')]

    def handle_endtag(self, _):
        self.open.pop()

    def handle_data(self, data):
        for name in filter(None, self.open):
            self.texts[name] = self.texts.get(name, '') + data


class SigstormPage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / 'page.html'
        self.ran = subprocess.run(
            [sys.argv[1], '--duration=1s', '--signals=USR1,RTMIN+1',
             '--timers=2', '--json', f'--html={self.path}'], text=True, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(self.ran.returncode, 0, self.ran.stderr)

    def test_it_has_the_report_and_fetches_nothing(self):
        text = self.path.read_text(encoding='utf-8')
        page = Page(text)
        self.assertEqual(page.fetched, [])
        self.assertEqual(re.findall(r'url\(|@import', text), [])
        data = json.loads(page.texts['data'])
        self.assertIn('--duration=1s', data['options'])
        report = data['report']
        for signal, said in zip(report['signals'],
                                json.loads(self.ran.stdout)['signals']):
            counts = [n for _, n in signal['latency'].pop('buckets')]
            self.assertEqual(sum(counts), signal['latency']['count'])
            self.assertEqual(signal, said)
        samples = report['samples']
        self.assertGreater(len(samples), 5)
        self.assertEqual(samples, sorted(samples))
        self.assertEqual([p.name for p in self.path.parent.iterdir()],
                         ['page.html'])

    @unittest.skipIf(BROWSER is None, 'no chromium')
    def test_a_browser_draws_it(self):
        for size in ('1200,900', '390,800'):
            drawn = subprocess.run(
                [BROWSER, '--headless', '--no-sandbox', '--disable-gpu',
                 f'--window-size={size}', '--dump-dom', self.path.as_uri()],
                text=True, capture_output=True, timeout=120).stdout
            page = Page(drawn)
            self.assertEqual(page.texts['outcome'], 'passed')
            self.assertEqual(page.rows, 3, 'a head and two signals')
            self.assertIn('SIGUSR1', page.texts['table'])
            self.assertIn('expired', page.texts['table'])
            self.assertEqual(drawn.count('<polyline'), 3)
            self.assertIn('p99.99', page.texts['latency'])
            self.assertNotIn('NaN', drawn.split('</body>')[0].split(
                'application/json')[0])

    def test_a_comparison_is_drawn(self):
        ran = subprocess.run(
            [sys.argv[1], 'compare', '--duration=100ms', '--rounds=1',
             '--signals=USR1,USR2', f'--html={self.path}'], text=True,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        if 'compare needs Go' in ran.stderr or BROWSER is None:
            self.skipTest(ran.stderr or 'no chromium')
        self.assertEqual(ran.returncode, 0, ran.stderr)
        drawn = subprocess.run(
            [BROWSER, '--headless', '--no-sandbox', '--disable-gpu',
             '--dump-dom', self.path.as_uri()],
            text=True, capture_output=True, timeout=120).stdout
        page = Page(drawn)
        self.assertEqual(page.texts['outcome'], 'passed')
        self.assertEqual(page.rows, 5, 'a head, and two signals of two systems')
        self.assertIn('SIGUSR2, gosling', page.texts['table'])
        self.assertNotIn('rates', page.texts)
        self.assertIn('lost', page.texts['table'])
        self.assertNotIn('NaN', drawn.split('</body>')[0].split(
            'application/json')[0])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
