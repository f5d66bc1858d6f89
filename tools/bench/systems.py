# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The systems that are raced: how each program is built, called and read."""

import json
import os
import pathlib
import re

import find_go
from process import Missing, call

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / 'build-bench'
# The other ends of workloads, by what tells a program where one is.
PEERS = {'BENCH_ECHO_CLIENT': BUILD / 'tools/bench/bench_echo_client',
         'BENCH_STORM_SENDER': BUILD / 'tools/bench/bench_storm_sender'}


def with_peers(program):
    """with_peers returns the words that tell a program where the other ends
    are: beside it, or where all are built."""
    words = ['env']
    for name, built in PEERS.items():
        beside = program.with_name(built.name)
        words.append(f'{name}={beside if beside.exists() else built}')
    return words


class GoogleBenchmark:
    """A program of this folder that is written with Google Benchmark."""

    def __init__(self, key, title, program=None, kind=None):
        self.key, self.title, self.program = key, title, program
        self.kind = kind or key  # the system whose workloads it has
        self.version, self.note = '', ''

    def build(self):
        if not (BUILD / 'build.ninja').is_file():
            call(['meson', 'setup', BUILD, ROOT, '--buildtype=debugoptimized',
                  '-Ddefault_library=static', '-Dtests=disabled',
                  '-Dtools=disabled', '-Dbenchmarks=enabled'])
        target = f'tools/bench/bench_{self.key}'
        call(['ninja', '-C', BUILD, target,
              *(peer.relative_to(BUILD) for peer in PEERS.values())])
        self.program = BUILD / target

    def command(self, workload, seconds, runs):
        # Go's testing begins with one run by itself, unless one is all.
        warm_up = {None: seconds / 3, 1: 0}.get(runs, 0.001)
        return [*with_peers(self.program), f'BENCH_RUNS={runs or 1}',
                self.program,
                f'--benchmark_filter=^{workload.name}/',
                f'--benchmark_min_warmup_time={warm_up:.3f}',
                f'--benchmark_min_time={seconds}', '--benchmark_format=json']

    def read(self, workload, output):
        """read returns what the program measured, by Metric.key."""
        if output.strip():
            report = json.loads(output)
            # g++ gives its number only.
            self.version = re.sub(r'with (?=\d)', 'with g++ ',
                                  report['context'].get('version', ''))
            for row in report['benchmarks']:
                if row['name'].split('/')[0] == workload.name:
                    row.update(time=row['real_time'], cpu=row['cpu_time'])
                    return {key: row[key] for key in keys(workload)}
        raise Missing('the program does not have it')


class BoostFiber(GoogleBenchmark):
    """Without Boost.Fiber, the build does not know its program."""

    def build(self):
        try:
            super().build()
        except Missing as reason:
            if 'unknown target' not in str(reason):
                raise
            # Installed since the build was configured?
            call(['meson', 'setup', '--reconfigure', BUILD, ROOT])
            try:
                super().build()
            except Missing as reason:
                if 'unknown target' not in str(reason):
                    raise
                raise Missing('it is not installed (on Debian: '
                              'libboost-fiber-dev)') from None


class Go:
    """The program in go/, written with package testing."""

    key, kind, title = 'go', 'go', 'Go'
    program, version, note = None, '', ''

    def build(self):
        go, version = find_go.find_go()
        major, minor = version
        if version < find_go.WANTED:
            self.note = (f'Go {major}.{minor} is not the newest, and '
                         'tools/setup --go got no other: put one in PATH, or '
                         'name it in GO.')
        # As in a new module, so that nothing is as it was in an older Go.
        module = BUILD / 'go.mod'
        module.parent.mkdir(exist_ok=True)
        module.write_text(f'module bench\n\ngo {major}.{minor}\n')
        self.program = BUILD / 'bench_go'
        call([go, 'test', '-c', f'-modfile={module}', '-o', self.program, '.'],
             cwd=HERE / 'go',
             env={**os.environ, 'GOTOOLCHAIN': 'local', 'CGO_ENABLED': '0',
                  'GOFLAGS': ''})

    def command(self, workload, seconds, runs):
        return [*with_peers(self.program), self.program, '-test.run=^$',
                f'-test.bench=^Benchmark(?i:{workload.name})$',
                '-test.benchtime=' + (f'{runs}x' if runs else f'{seconds}s')]

    def read(self, workload, output):
        names = {'ns/op': 'time', 'cpu-ns/op': 'cpu'}
        for line in output.splitlines():
            # version: go1.19.8
            # BenchmarkYield2-2    1000000    66.9 ns/op    67.0 cpu-ns/op
            words = line.split()
            if words[:1] == ['version:']:
                self.version = words[1].removeprefix('go')
            elif line.startswith('Benchmark') and len(words) >= 4:
                row = {names.get(unit, unit): float(number)
                       for number, unit in zip(words[2::2], words[3::2])}
                return {key: row[key] for key in keys(workload)}
        raise Missing('the program does not have it')


def keys(workload):
    """keys returns what to keep of a measurement."""
    return [metric.key for metric in workload.metrics] + (
        ['cpu'] if workload.has_cpu else [])


def all_systems():
    """all_systems returns them in the table's order, ours first."""
    return [GoogleBenchmark('gosling', 'gosling'), Go(),
            BoostFiber('boost_fiber', 'Boost.Fiber'),
            GoogleBenchmark('floor', 'floor')]
