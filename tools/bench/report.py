#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""A race's results, as a dictionary that goes into a file of JSON as it is,
and as a table. Called by itself, prints the table of such a file.

    {"date", "machine", "revision", "load", "rounds", "seconds",
     "systems": [{"key", "title", "version"}],     ours first
     "procs": [{"procs", "pinned"}],
     "workloads": [{"name", "what", "has_cpu",
                    "metrics": [{"key", "unit", "scale", "what", "plotted"}]}],
     "results": [{"procs", "workload", "system",
                  "samples": [{Metric.key: ns or bytes}]}],
     "holes": [{"procs", "workload", "system", "reason"}],
     "remarks": [text]}
"""

import argparse
import json
import pathlib
import statistics
import sys


class Report:
    """Report answers questions about such a dictionary."""

    def __init__(self, data):
        self.data = data
        self.samples = {
            (result['procs'], result['workload'], result['system']):
            result['samples'] for result in data['results']}
        self.ours, *self.peers = data['systems']
        self.cpus = data['machine']['cpus']
        self.busy = data['load'] > 0.3 * self.cpus

    def workloads(self, procs):
        """workloads returns those that were run with that GOMAXPROCS."""
        return [workload for workload in self.data['workloads']
                if any((procs, workload['name'], system['key']) in self.samples
                       for system in self.data['systems'])]

    def values(self, procs, workload, system, key, scale=1):
        """values returns what was measured of one metric, or nothing."""
        samples = self.samples.get((procs, workload['name'], system['key']), [])
        return [sample[key] / scale for sample in samples]

    def median(self, *place):
        values = self.values(*place)
        return statistics.median(values) if values else None

    def ratio(self, procs, workload, system, metric):
        """ratio returns a system's median over ours, or nothing.

        On one core nothing runs at the same time, so where other programs take
        their share of it the ratio is of CPU times, which that changes
        little."""
        key = metric['key']
        if (self.busy and procs == 1 and key == 'time'
                and workload['has_cpu']):
            key = 'cpu'
        theirs = self.median(procs, workload, system, key)
        ours = self.median(procs, workload, self.ours, key)
        return theirs / ours if theirs is not None and ours else None

    def cell(self, procs, workload, system, metric):
        """cell is what the table says of one metric of one system."""
        scale = metric['scale']
        values = self.values(procs, workload, system, metric['key'], scale)
        if not values:
            return '–'
        text = f'{short(statistics.median(values))} ({short(min(values))})'
        if (metric['key'] == 'time' and workload['has_cpu']
                and (self.busy or procs > 1)):
            cpu = self.median(procs, workload, system, 'cpu', scale)
            text += f' cpu {short(cpu)}'
        return text

    def rows(self, procs):
        """rows returns the table about one GOMAXPROCS, its head first."""
        systems = self.data['systems']
        yield ['', '', *(system['title'] for system in systems),
               *(f'{peer["title"]}/{self.ours["title"]}'
                 for peer in self.peers)]
        for workload in self.workloads(procs):
            for metric in workload['metrics']:
                ratios = [self.ratio(procs, workload, peer, metric)
                          for peer in self.peers]
                yield [f'{workload["name"]} {metric["what"]}'.strip(),
                       metric['unit'],
                       *(self.cell(procs, workload, system, metric)
                         for system in systems),
                       *('–' if ratio is None else f'{ratio:.2f}'
                         for ratio in ratios)]

    def text(self, markdown=False):
        """text is all there is to say."""
        data = self.data
        lines = [
            f'{data["machine"]["cpu"]}, {self.cpus} CPUs, '
            f'{data["machine"]["system"]}',
            '; '.join(f'{system["title"]} {system["version"]}'.strip()
                      for system in data['systems']),
            f'{data["date"]}, rounds: {data["rounds"]} of {data["seconds"]} s. '
            'Median (minimum); cpu: median over all cores; '
            f'x/{self.ours["title"]}: of medians.']
        if self.busy:
            lines.append(f'The machine was not idle: its load was '
                         f'{data["load"]:.1f} at first. Ratios on one core: '
                         'of cpu.')
        for each in data['procs']:
            rows = list(self.rows(each['procs']))
            lines += ['', f'GOMAXPROCS={each["procs"]}, {each["pinned"]}',
                      *([''] if markdown else []),
                      *(as_markdown(rows) if markdown else as_text(rows))]
        titles = {system['key']: system['title'] for system in data['systems']}
        notes = [*data['remarks'],
                 *(f'{hole["workload"]}, {titles[hole["system"]]}, '
                   f'GOMAXPROCS={hole["procs"]}: {hole["reason"]}.'
                   for hole in data['holes'])]
        lines += ['', *(f'* {note}' if markdown else note for note in notes)]
        return '\n'.join(lines)


def short(value):
    """short is a number with three figures or whole: 9.41, 67.2, 2,793."""
    return f'{value:,.{max(0, 3 - len(str(int(abs(value)))))}f}'


def as_text(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ['  '.join(text.ljust(width) if i < 2 else text.rjust(width)
                      for i, (text, width) in enumerate(zip(row, widths)))
            .rstrip() for row in rows]


def as_markdown(rows):
    head, *others = rows
    rule = ['---', '---', *('--:' for _ in head[2:])]
    return ['| ' + ' | '.join(row) + ' |' for row in [head, rule, *others]]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('file', type=pathlib.Path, help='from run --json')
    parser.add_argument('--markdown', action='store_true',
                        help='as a table of Markdown')
    options = parser.parse_args()
    data = json.loads(options.file.read_text(encoding='utf-8'))
    print(Report(data).text(options.markdown))


if __name__ == '__main__':
    sys.exit(main())
