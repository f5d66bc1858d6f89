#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""A Meson project of one file that has gosling as a subproject.

    subproject.py ROOT WORK CXX…

Meson gets gosling through tools/package/gosling.wrap, from a repository made of
the tree at ROOT, as it is on disk. WORK is the same folder in each run, so that
a compiler's cache knows the files again.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
MORE = 10  # steps than the library has sources: links, symbols, the program
OUTPUT = 'the consumer received 42\n'
LIBRARY = ['arch', 'runtime', 'sched', 'signals']
FOLDERS = [*LIBRARY, 'tests', 'tools']
IDENTITY = ['-c', 'user.name=consumer', '-c', 'user.email=consumer@localhost']


def run(*command, **options):
    """run returns what `command` printed, or ends the check with its errors."""
    ran = subprocess.run(command, capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, check=False, **options)
    if ran.returncode:
        sys.exit(f'{" ".join(map(str, command))}\nexited with {ran.returncode}'
                 f'\n{ran.stdout}{ran.stderr}')
    return ran.stdout


def expect(what, wanted, found):
    if wanted != found:
        sys.exit(f'{what}: {found}\nand not {wanted}')


def make_repository(root, repository):
    """make_repository makes one of the tree, without what is built in it."""
    repository.mkdir()
    for folder in FOLDERS:
        shutil.copytree(root / folder, repository / folder,
                        ignore=shutil.ignore_patterns('__pycache__'))
    for file in root.iterdir():
        if file.is_file() and file.name != '.git':
            shutil.copy2(file, repository)
    for command in (['init', '-q'], ['add', '-A', '-f'],
                    [*IDENTITY, 'commit', '-q', '-m', 'consumer: the tree']):
        run('git', *command, cwd=repository)


def make_project(root, repository, project):
    """make_project makes what a user has: a program and the wrap file."""
    (project / 'subprojects').mkdir(parents=True)
    shutil.copy(HERE / 'subproject/meson.build', project)
    shutil.copy(HERE / 'consumer.cc', project)
    wrap = (root / 'tools/package/gosling.wrap').read_text(encoding='utf-8')
    wrap, count = re.subn(r'^url = .*', f'url = {repository.as_uri()}', wrap,
                          flags=re.MULTILINE)
    expect('addresses in the wrap file', 1, count)
    (project / 'subprojects/gosling.wrap').write_text(wrap, encoding='utf-8')


def build(project, tree, *options):
    """build returns the number of steps it took."""
    # pkg-config would offer a gosling that is installed here.
    run('meson', 'setup', tree, *options, '--force-fallback-for=gosling',
        cwd=project)
    steps = re.findall(r'^\[\d+/(\d+)\]',
                       run('ninja', '-C', tree, cwd=project), re.MULTILINE)
    expect('the program printed', OUTPUT, run(project / tree / 'consumer'))
    return int(steps[-1])


def installed(project, tree):
    destination = project / tree / 'destination'
    run('meson', 'install', '-C', project / tree, '--no-rebuild',
        '--destdir', destination)
    return sorted(p.name for p in destination.rglob('*') if not p.is_dir())


def main():
    root, work = map(pathlib.Path, sys.argv[1:3])
    os.environ['CXX'] = ' '.join(sys.argv[3:])
    if not shutil.which('git'):
        print('skipped: there is no git')
        sys.exit(SKIPPED)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    make_repository(root, work / 'gosling.git')
    project = work / 'project'
    make_project(root, work / 'gosling.git', project)

    steps = build(project, 'build')
    print(f'{steps} steps')
    limit = MORE + sum(1 for folder in LIBRARY
                       for file in (root / folder).rglob('*')
                       if file.suffix in {'.cc', '.S'})
    if steps > limit:
        sys.exit(f'a program of one file takes {steps} steps, more than {limit}:'
                 ' something but the library is built')
    expect('installed', ['consumer'], installed(project, 'build'))
    # The installed program needs no library that was left behind.
    expect('libraries', False,
           'libgosling' in run('ldd', project / 'build/consumer'))
    expect('tests', [], json.loads(run('meson', 'introspect', '--tests',
                                       project / 'build')))
    targets = json.loads(run('meson', 'introspect', '--targets',
                             project / 'build'))
    executables = [t['name'] for t in targets if t['type'] == 'executable']
    expect('executables', ['consumer'], executables)


if __name__ == '__main__':
    main()
