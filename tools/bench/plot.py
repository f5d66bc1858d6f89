#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Draws a race's results: how many times ours each system takes.

Bars on a logarithmic scale, from gosling's median at 1: to the right is slower
than gosling, or more; to the left is faster, or less. A panel for each
GOMAXPROCS. Needs matplotlib (on Debian: apt-get install python3-matplotlib).
"""

import argparse
import json
import pathlib
import sys

from report import Report, short

COLORS = {'go': '#00a2c7', 'boost_fiber': '#e08a1e', 'floor': '#8c8c8c'}
OTHERS = '#7a5195'  # of --beside
LIMIT = 200  # where a bar ends; its number goes on


def lines_of(report):
    """lines_of returns the workloads and metrics that get a line, which is the
    same in all panels."""
    return [(workload, metric) for workload in report.data['workloads']
            for metric in workload['metrics'] if metric['plotted']
            and any(report.ratio(each['procs'], workload, peer, metric)
                    for each in report.data['procs'] for peer in report.peers)]


def draw_panel(axes, report, procs, lines):
    height = 0.8 / max(1, len(report.peers))
    for line, (workload, metric) in enumerate(lines):
        ours = report.median(procs, workload, report.ours, metric['key'],
                             metric['scale'])
        if ours is None:
            continue
        axes.text(-0.01, line, f'{short(ours)} {metric["unit"]}', fontsize=7,
                  ha='right', va='center', transform=axes.get_yaxis_transform())
        for i, peer in enumerate(report.peers):
            ratio = report.ratio(procs, workload, peer, metric)
            if not ratio:
                continue
            place = line + (i - (len(report.peers) - 1) / 2) * height
            end = min(max(ratio, 1 / LIMIT), LIMIT)
            axes.barh(place, end - 1, left=1, height=height,
                      color=COLORS.get(peer['key'], OTHERS),
                      label=peer['title'])
            axes.text(end * 1.06 if ratio >= 1 else end / 1.06, place,
                      f'{ratio:.2g}' if ratio < 10 else f'{ratio:.0f}',
                      fontsize=6, va='center', clip_on=True,
                      ha='left' if ratio >= 1 else 'right')
    cores = 'one core' if procs == 1 else f'{procs} cores'
    axes.set_title(f'{cores}, relative to gosling', fontsize=10)
    axes.set_xscale('log')
    low, high = axes.get_xlim()
    axes.set_xlim(low / 1.6, high * 1.6)
    axes.xaxis.set_major_formatter(lambda value, _: f'{value:g}')
    axes.tick_params(axis='x', labelsize=8)
    axes.axvline(1, color='black', linewidth=1.2)
    axes.grid(axis='x', linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines[['top', 'right', 'left']].set_visible(False)


def draw(data, file):
    import matplotlib
    matplotlib.use('svg')
    # Text stays text, and the same data makes the same file.
    matplotlib.rcParams.update({'svg.fonttype': 'none',
                                'svg.hashsalt': 'gosling'})
    from matplotlib import pyplot
    report = Report(data)
    panels = [each['procs'] for each in data['procs']
              if report.workloads(each['procs'])]
    lines = lines_of(report)
    if not panels or not lines:
        sys.exit('there is nothing to draw: no system beside ours')
    figure, all_axes = pyplot.subplots(
        1, len(panels), sharey=True, squeeze=False, layout='constrained',
        figsize=(2.2 + 4.4 * len(panels), 1.3 + 0.36 * len(lines)))
    handles = {}
    for axes, procs in zip(all_axes[0], panels):
        draw_panel(axes, report, procs, lines)
        for handle, label in zip(*axes.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    first = all_axes[0][0]
    first.set_ylim(len(lines) - 0.5, -0.5)
    first.set_yticks(range(len(lines)))
    first.set_yticklabels(
        f'{workload["name"]} {metric["what"]}'.strip()
        for workload, metric in lines)
    for axes in all_axes[0]:
        axes.tick_params(axis='y', length=0, pad=78, labelsize=9)
    figure.legend(handles.values(), handles, loc='upper center',
                  bbox_to_anchor=(0.5, 0), ncol=len(handles), frameon=False,
                  fontsize=9)
    figure.suptitle(f'{data["machine"]["cpu"]}, {data["date"]}', fontsize=9)
    figure.savefig(file, format='svg', metadata={'Date': None},
                   facecolor='white', bbox_inches='tight')


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('file', type=pathlib.Path, help='from run --json')
    parser.add_argument('svg', type=pathlib.Path)
    options = parser.parse_args()
    draw(json.loads(options.file.read_text(encoding='utf-8')), options.svg)


if __name__ == '__main__':
    main()
