#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Compares the servers of tools/examples with those that they are like.

tools/bench/servers.py [--rounds N] [--seconds S] [--only set,get,http]
                       [--procs N] [--programs FOLDER]

  set, get  redis-benchmark, 50 connections, 16 commands at a time, against
            tools/examples/redis and redis-server
  http      wrk, 64 connections, against tools/examples/http and Go's net/http,
            which serve the same page

Builds ours in build-servers/ and Go's beside it. A server has the last CPUs,
one unless --procs says more, and its GOMAXPROCS; the client has the others. The
servers take turns, ours first, a process each time. Said are the medians: operations
a second, and the server's time on a CPU for each operation, which a client that
is too slow does not change. What is missing is a line that says so; on Debian
redis-benchmark and redis-server are in redis-tools, wrk is in a package of its
name, and tools/setup --go gets Go. Exit status 77: nothing could be compared.
"""

import argparse
import contextlib
import csv
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import find_go
from machine import load, machine, revision
from process import Missing, call
from race import usable_cpus

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / 'build-servers'
SKIPPED = 77
PATIENCE = 10  # seconds until a server answers


def rate_of_redis(output):
    """rate_of_redis returns the commands a second of redis-benchmark --csv."""
    # "test","rps","avg_latency_ms",…
    # "SET","1234567.88","0.500",…
    for row in csv.reader(output.splitlines()):
        if len(row) > 1 and re.fullmatch(r'\d+(\.\d+)?', row[1]):
            return float(row[1])
    raise Missing(f'redis-benchmark says: {output.strip()[:200]}')


def rate_of_wrk(output):
    """rate_of_wrk returns the requests a second of wrk, if none went wrong."""
    # Non-2xx or 3xx responses: 5
    # Socket errors: connect 0, read 3, write 0, timeout 0
    if wrong := re.search(r'^ *(Non-2xx|Socket errors).*', output, re.M):
        raise Missing(f'wrk says: {wrong[0].strip()}')
    if found := re.search(r'^Requests/sec: *([\d.]+)', output, re.M):
        return float(found[1])
    raise Missing(f'wrk says: {output.strip()[:200]}')


def need(program, package):
    if not shutil.which(program):
        raise Missing(f'{program} is not installed (on Debian: {package})')


def cpu_seconds(pid):
    """cpu_seconds returns how long a process, all of its threads, has run."""
    text = pathlib.Path(f'/proc/{pid}/stat').read_text(encoding='utf-8')
    fields = text.rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class Machine:
    """Machine says where the two ends run."""

    def __init__(self, procs):
        cpus = usable_cpus()
        self.procs = procs
        self.server = self.client = ()
        self.text = 'not pinned: server and client share all CPUs'
        if len(cpus) > procs and shutil.which('taskset'):
            ours, others = cpus[-procs:], cpus[:-procs]
            names = [','.join(map(str, part)) for part in (ours, others)]
            self.server, self.client = (
                ['taskset', '-c', name] for name in names)
            self.text = f'server on CPU {names[0]}, client on {names[1]}'

    def environment(self):
        # Without what tunes one of them: GOGC, GODEBUG, GOSLING_SIGNOTE …
        env = {name: value for name, value in os.environ.items()
               if not name.startswith('GO')}
        return env | {'GOMAXPROCS': str(self.procs)}


@contextlib.contextmanager
def running(command, where, port=None):
    """running starts a server and yields its process and port: that which it
    tells in its first line, or the one it was given."""
    with subprocess.Popen(
            [*where.server, *map(str, command)], env=where.environment(),
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
            stdout=subprocess.DEVNULL if port else subprocess.PIPE) as server:
        try:
            if port is None:
                line = server.stdout.readline()
                found = re.search(r':(\d+)$', line.strip())
                if not found:
                    raise Missing(f'{command[0]} does not begin: {line.strip()}')
                port = int(found[1])
            limit = time.monotonic() + PATIENCE
            while True:
                try:
                    socket.create_connection(('127.0.0.1', port)).close()
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() > limit:
                        raise Missing(f'{command[0]} does not listen') from None
                    time.sleep(0.02)
            yield server, port
        finally:
            server.kill()


class Example:
    """A server of tools/examples."""

    title = 'gosling'

    def __init__(self, name):
        self.name = name

    def build(self, programs):
        if programs is None:
            if not (BUILD / 'build.ninja').is_file():
                call(['meson', 'setup', BUILD, ROOT, '--buildtype=debugoptimized',
                      '-Ddefault_library=static', '-Dtests=disabled',
                      '-Dbenchmarks=disabled'])
            target = f'tools/examples/example_{self.name}'
            call(['ninja', '-C', BUILD, target])
            programs = (BUILD / target).parent
        self.program = programs / f'example_{self.name}'
        if not os.access(self.program, os.X_OK):
            raise Missing(f'there is no {self.program}')

    def start(self, where):
        return running([self.program, '127.0.0.1:0'], where)


class Redis:
    title = 'redis-server'

    def build(self, _):
        # One program, which goes by its name; Debian's redis-tools has it by one
        # of the others, its redis-server starts one for the machine besides.
        self.program = shutil.which('redis-server') or shutil.which(
            'redis-check-rdb')
        if not self.program:
            raise Missing('it is not installed (on Debian: redis-tools)')

    @contextlib.contextmanager
    def start(self, where):
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / 'redis-server'
            program.symlink_to(self.program)
            with running([program, '--port', port, '--bind', '127.0.0.1',
                          '--save', '', '--appendonly', 'no', '--dir', folder],
                         where, port) as started:
                yield started


class GoHttp:
    title = "Go's net/http"

    def build(self, programs):
        self.program = (programs or BUILD) / 'go_http'
        if programs is not None:
            if not os.access(self.program, os.X_OK):
                raise Missing(f'there is no {self.program}')
            return
        go, (major, minor) = find_go.find_go()
        BUILD.mkdir(exist_ok=True)
        module = BUILD / 'go.mod'
        module.write_text(f'module servers\n\ngo {major}.{minor}\n')
        call([go, 'build', f'-modfile={module}', '-o', self.program, 'main.go'],
             cwd=HERE / 'go_http',
             env={**os.environ, 'GOTOOLCHAIN': 'local', 'CGO_ENABLED': '0',
                  'GOFLAGS': ''})

    def start(self, where):
        return running([self.program], where)


class Commands:
    """SET or GET, by redis-benchmark."""

    def __init__(self, name):
        self.name, self.servers = name, (Example('redis'), Redis())

    def check(self):
        need('redis-benchmark', 'redis-tools')

    def load(self, where, port, seconds):
        command = ['redis-benchmark', '-p', port, '-t', self.name, '-c', 50,
                   '-P', 16, '--csv', '-n']
        # It counts, so first find out how many take that long.
        first = rate_of_redis(call([*command, 100_000], prefix=where.client))
        return lambda: rate_of_redis(call(
            [*command, max(10_000, int(first * seconds))], prefix=where.client))


class Pages:
    """A page, by wrk."""

    def __init__(self):
        self.name, self.servers = 'http', (Example('http'), GoHttp())
        self.page = None

    def check(self):
        need('wrk', 'wrk')

    def load(self, where, port, seconds):
        url = f'http://127.0.0.1:{port}/'
        with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
            names = sorted(name.lower() for name in reply.headers.keys())
            page = names, reply.read()
        self.page = self.page or page
        if page != self.page:
            raise Missing(f'the servers say different things: {self.page}, {page}')
        command = ['wrk', '-t', 1, '-c', 64, '-d']
        call([*command, '1s', url], prefix=where.client)
        return lambda: rate_of_wrk(call([*command, f'{seconds}s', url],
                                        prefix=where.client))


def measure(workload, server, where, seconds):
    """measure returns operations a second, and µs of the server's CPU for each."""
    with server.start(where) as (process, port):
        run = workload.load(where, port, seconds)
        cpu, begin = cpu_seconds(process.pid), time.monotonic()
        rate = run()
        passed = time.monotonic() - begin
        cpu = cpu_seconds(process.pid) - cpu
        return rate, cpu / (rate * passed) * 1e6


def compare(workload, where, options):
    """compare prints a workload's rows and returns whether there are two."""
    samples = {}
    try:
        workload.check()
        for server in workload.servers:
            try:
                server.build(options.programs)
                samples[server] = []
            except Missing as reason:
                print(f'{workload.name}: {server.title} does not take part: '
                      f'{reason}')
        if len(samples) < 2:
            return False
        for _ in range(options.rounds):
            for server, taken in samples.items():
                taken.append(measure(workload, server, where, options.seconds))
    except Missing as reason:
        print(f'{workload.name}: not compared: {reason}')
        return False
    rates = {}
    for server, taken in samples.items():
        rate, cpu = (statistics.median(part) for part in zip(*taken))
        least, most = min(taken)[0], max(taken)[0]
        rates[server] = rate
        print(f'{workload.name:6}{server.title:16}{rate:12,.0f}/s '
              f'({least:,.0f} to {most:,.0f}){cpu:9.2f} µs of CPU')
    ours, peer = rates.values()
    print(f'{workload.name:6}{"ours against it":16}{ours / peer:12.2f}',
          flush=True)
    return True


def main():
    workloads = {each.name: each
                 for each in (Commands('set'), Commands('get'), Pages())}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=int, default=5)
    parser.add_argument('--only', default=','.join(workloads))
    parser.add_argument('--procs', type=int, default=1)
    parser.add_argument('--programs', type=lambda text: pathlib.Path(text).resolve(),
                        help='build nothing: example_redis, example_http and '
                        'go_http are there')
    options = parser.parse_args()
    for name in ('rounds', 'seconds', 'procs'):
        if getattr(options, name) < 1:
            parser.error(f'--{name}: at least one')
    for name in options.only.split(','):
        if name not in workloads:
            parser.error(f"--only: '{name}' is none of {', '.join(workloads)}")
    where = Machine(options.procs)
    about = machine()
    print(f'{about["cpu"]}, {about["cpus"]} CPUs, {about["system"]}, '
          f'{revision(ROOT)}; {options.rounds} rounds of {options.seconds} s; '
          f'{where.text}; the load was {load():.1f}', flush=True)
    done = [compare(workloads[name], where, options)
            for name in options.only.split(',')]
    return 0 if any(done) else SKIPPED


if __name__ == '__main__':
    sys.exit(main())
