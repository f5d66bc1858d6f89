# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""tools/bench without a compiler: a race of programs that say what they are
told to, and the comparison of instruction counts."""

import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

BENCH = pathlib.Path(__file__).resolve().parent.parent / 'tools' / 'bench'
sys.path.insert(0, str(BENCH))
import find_go  # noqa: E402
import instructions  # noqa: E402
from process import Missing  # noqa: E402
from report import Report  # noqa: E402
import servers  # noqa: E402
import workloads  # noqa: E402

# Says what Google Benchmark would, of whatever is asked for.
CPP = '''#!{python}
import json, re, sys
asked = [word for word in sys.argv if 'filter' in word][0]
name = re.search(r'\\^(\\w+)/', asked)[1]
row = dict.fromkeys(['real_time', 'cpu_time', 'latency'], {time})
row['name'] = name + '/real_time'
print(json.dumps({{'context': {{'version': 'compiled with 12.2.0'}},
                   'benchmarks': [row]}}))
'''
GO = '''#!{python}
print('version: go1.23.5')
print('BenchmarkAny-2  1000  30.0 ns/op  31.0 cpu-ns/op  29.0 latency')
print('PASS')
'''


class Race(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.add('gosling', CPP, time=10)

    def add(self, name, text, **values):
        program = self.folder / f'bench_{name}'
        program.write_text(text.format(python=sys.executable, **values))
        program.chmod(0o755)

    def race(self, *arguments):
        """race returns run's exit status, its table and its JSON."""
        file = self.folder / 'results.json'
        ran = subprocess.run(
            [sys.executable, BENCH / 'run', '--programs', self.folder,
             '--rounds', '3', '--procs', '1', '--json', file, *arguments],
            capture_output=True, text=True)
        self.assertIn(ran.returncode, (0, 1), ran.stderr)
        return ran.returncode, ran.stdout, json.loads(file.read_text())

    def row(self, text, name):
        return [line for line in text.splitlines()
                if line.split()[:1] == [name]][0]

    def test_the_table_has_medians_and_ratios_to_ours(self):
        self.add('go', GO)
        self.add('boost_fiber', CPP, time=25)
        self.add('floor', CPP, time=5)
        status, text, data = self.race('--only', 'pingpong')
        self.assertEqual(status, 0, text)
        row = self.row(text, 'pingpong')
        for number in '10.0 (10.0)', '30.0 (30.0)', '25.0', '2.50', '0.50':
            self.assertIn(number, row)
        self.assertEqual(len(data['results']), 4)
        for result in data['results']:
            self.assertEqual(len(result['samples']), 3)
        go = [each for each in data['systems'] if each['key'] == 'go'][0]
        self.assertEqual(go['version'], '1.23.5')

    def test_a_missing_peer_is_a_hole_and_a_line(self):
        self.add('go', GO)
        status, text, _ = self.race('--only', 'pingpong')
        self.assertEqual(status, 0, text)
        self.assertIn('Boost.Fiber does not take part', text)

    def test_a_peer_that_fails_is_a_hole_and_a_line(self):
        self.add('go', '#!{python}\nimport sys\nsys.exit("it broke")\n')
        status, text, data = self.race('--only', 'pingpong')
        self.assertEqual(status, 0, text)
        self.assertIn('–', self.row(text, 'pingpong'))
        self.assertIn('it broke', text)
        self.assertEqual([hole['system'] for hole in data['holes']], ['go'])

    def test_ours_that_fails_is_a_failure(self):
        self.add('gosling', '#!{python}\nimport sys\nsys.exit(3)\n')
        status, text, _ = self.race('--only', 'pingpong')
        self.assertEqual(status, 1, text)

    def test_what_a_system_does_not_have_is_not_asked_for(self):
        self.add('boost_fiber', CPP, time=25)
        self.add('floor', CPP, time=5)
        _, text, data = self.race('--only', 'sel2ready,sigself')
        self.assertEqual({(each['workload'], each['system'])
                          for each in data['results']},
                         {('sel2ready', 'gosling'), ('sigself', 'gosling'),
                          ('sigself', 'floor')})
        self.assertEqual(data['holes'], [])
        self.assertIn('Boost.Fiber has no select', text)

    def test_the_file_makes_the_same_table_again(self):
        self.add('go', GO)
        _, text, data = self.race('--only', 'pingpong,sigself')
        self.assertEqual(Report(data).text() + '\n', text)
        self.assertIn('| pingpong | ns/round trip |',
                      Report(data).text(markdown=True))

    def test_an_unknown_workload_is_refused(self):
        ran = subprocess.run([sys.executable, BENCH / 'run', '--only', 'nope'],
                             capture_output=True, text=True)
        self.assertEqual(ran.returncode, 2)
        self.assertIn("'nope' is none of", ran.stderr)


class Servers(unittest.TestCase):
    """What is read of the clients that drive the examples' servers."""

    def test_redis_benchmark_says_commands_a_second(self):
        self.assertEqual(servers.rate_of_redis(
            '"test","rps","avg_latency_ms"\n"SET","123456.78","0.5"\n'),
            123456.78)
        with self.assertRaisesRegex(Missing, 'Could not connect'):
            servers.rate_of_redis('Could not connect to Redis')

    def test_wrk_says_requests_a_second_if_none_went_wrong(self):
        good = '  15 requests in 1.00s\nRequests/sec:   1234.50\n'
        self.assertEqual(servers.rate_of_wrk(good), 1234.5)
        for wrong in ('  Non-2xx or 3xx responses: 5\n',
                      '  Socket errors: connect 0, read 3, write 0, timeout 0\n'):
            with self.assertRaisesRegex(Missing, wrong.split(':')[0].strip()):
                servers.rate_of_wrk(wrong + good)
        with self.assertRaises(Missing):
            servers.rate_of_wrk('unable to connect')

    def test_what_is_missing_is_said(self):
        with tempfile.TemporaryDirectory() as empty:
            ran = subprocess.run(
                [sys.executable, BENCH / 'servers.py', '--programs', empty],
                capture_output=True, text=True, env={'PATH': empty})
        self.assertEqual(ran.returncode, servers.SKIPPED, ran.stderr)
        self.assertIn('redis-benchmark is not installed (on Debian: redis-tools)',
                      ran.stdout)
        self.assertIn('wrk is not installed (on Debian: wrk)', ran.stdout)

    def test_a_server_that_does_not_begin_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in 'example_http', 'go_http':
                program = pathlib.Path(folder) / name
                program.write_text('#!/bin/sh\necho it broke\n')
                program.chmod(0o755)
            with unittest.mock.patch.object(servers, 'need'):
                options = unittest.mock.Mock(
                    programs=pathlib.Path(folder), rounds=1, seconds=1)
                said = io.StringIO()
                with contextlib.redirect_stdout(said):
                    self.assertFalse(servers.compare(
                        servers.Pages(), servers.Machine(1), options))
        self.assertIn('does not begin: it broke', said.getvalue())


class FindGo(unittest.TestCase):
    """The Go that is taken of those in self.installed, the one in PATH first."""

    def setUp(self):
        self.installed = {}
        for name, value in {'places': lambda: list(self.installed),
                            'go_version': lambda go: self.installed[go]}.items():
            patch = unittest.mock.patch.object(find_go, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = unittest.mock.patch.dict('os.environ')
        patch.start()
        self.addCleanup(patch.stop)
        find_go.os.environ.pop('GO', None)

    def test_the_one_in_path_is_taken_if_it_is_new_enough(self):
        self.installed = {'path': (1, 27), 'cache': (1, 28)}
        self.assertEqual(find_go.find_go(), ('path', (1, 27)))
        self.installed['path'] = 1, 26
        self.assertEqual(find_go.find_go(), ('cache', (1, 28)))

    def test_an_older_one_is_better_than_none(self):
        self.installed = {'path': (1, 19), 'broken': None}
        self.assertEqual(find_go.find_go(), ('path', (1, 19)))
        with self.assertRaisesRegex(Missing, 'Go 1.19 is older than'):
            find_go.new_go()

    def test_without_any_the_reason_is_told(self):
        with self.assertRaisesRegex(Missing, 'tools/setup --go gets one'):
            find_go.find_go()

    def test_the_one_that_GO_names_is_taken_or_refused(self):
        self.installed = {'path': (1, 27), 'mine': (1, 19), 'broken': None}
        find_go.os.environ['GO'] = 'mine'
        self.assertEqual(find_go.find_go(), ('mine', (1, 19)))
        find_go.os.environ['GO'] = 'broken'
        with self.assertRaisesRegex(Missing, 'which is no Go'):
            find_go.find_go()


class Workloads(unittest.TestCase):

    def test_every_name_in_the_remarks_and_holes_is_a_workload(self):
        names = {workload.name for workload in workloads.WORKLOADS}
        self.assertEqual(len(names), len(workloads.WORKLOADS))
        mentioned = set(workloads.FLOOR)
        for absent in workloads.ABSENT.values():
            mentioned |= absent
        for text, _, _ in workloads.REMARKS:
            mentioned |= set(text.split())
        self.assertEqual(mentioned - names, set())


class Instructions(unittest.TestCase):

    def good(self, kept, counts):
        return instructions.compare(kept, counts)[1]

    def test_more_than_five_percent_longer_fails(self):
        self.assertTrue(self.good({'yield': 100.0}, {'yield': 105.0}))
        self.assertFalse(self.good({'yield': 100.0}, {'yield': 105.1}))

    def test_shorter_is_well_and_said(self):
        lines, good = instructions.compare({'yield': 100.0}, {'yield': 90.0})
        self.assertTrue(good)
        self.assertIn('--update', lines[0])

    def test_a_path_on_one_side_only_fails(self):
        self.assertFalse(self.good({'yield': 1.0}, {}))
        self.assertFalse(self.good({}, {'yield': 1.0}))


if __name__ == '__main__':
    unittest.main()
