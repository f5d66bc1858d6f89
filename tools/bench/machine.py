# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The machine that the benchmarks ran on."""

import os
import pathlib
import platform
import re

from process import Missing, call


def machine():
    try:
        cpu = re.search(r'^model name\s*:\s*(.+)$', pathlib.Path(
            '/proc/cpuinfo').read_text(encoding='utf-8'), re.M)[1]
    except (OSError, TypeError):
        cpu = platform.processor() or platform.machine()
    return {'cpu': cpu, 'cpus': os.cpu_count() or 1,
            'system': f'{platform.system()} {platform.release()}'}


def load():
    """load returns how many programs wanted to run, of late."""
    return os.getloadavg()[0]


def revision(root):
    """revision is the commit, with a + if the tree differs, or nothing."""
    try:
        return call(['git', '-C', root, 'describe', '--always',
                     '--dirty=+']).strip()
    except Missing:
        return ''
