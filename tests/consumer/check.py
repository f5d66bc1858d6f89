#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Installs the build into a folder of its own and uses it from outside.

    check.py BUILD CXX…

consumer.cc sees the installed headers and gosling.pc, nothing of this tree. It
is compiled, linked and run twice: with the shared library, then, that one
removed, with the static library and what `pkg-config --static` adds.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

OUTPUT = 'the consumer received 42\n'


def run(*command, **options):
    """run returns what `command` printed, or ends the check with its errors."""
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100,
                         stdin=subprocess.DEVNULL, **options)
    if ran.returncode:
        sys.exit(f'{" ".join(map(str, command))}\nexited with {ran.returncode}'
                 f'\n{ran.stdout}{ran.stderr}')
    return ran.stdout


def only(paths, what):
    """only returns the one path there should be."""
    paths = list(paths)
    if len(paths) != 1:
        sys.exit(f'installed {len(paths)} of {what}, not 1')
    return paths[0]


def main():
    build, *compiler = sys.argv[1:]
    source = pathlib.Path(__file__).with_name('consumer.cc')
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        run('meson', 'install', '-C', build, '--no-rebuild',
            '--tags', 'runtime,devel', '--destdir', root)
        pc = only(root.rglob('gosling.pc'), 'gosling.pc')
        # What was configured for /usr/local lies in a folder now. Changing
        # this one line leaves the other packages' prefixes alone, which
        # pkg-config's --define-prefix and --define-variable do not.
        text = pc.read_text(encoding='utf-8')
        prefix = text.splitlines()[0].removeprefix('prefix=')
        pc.write_text(text.replace(f'prefix={prefix}', f'prefix={root}{prefix}'),
                      encoding='utf-8')

        shared = sorted(root.rglob('libgosling.so*')) + sorted(
            root.rglob('libgosling*.dylib'))
        static = only(root.rglob('libgosling.a'), 'libgosling.a')
        if not shared:
            sys.exit('no shared library was installed')
        search = os.pathsep.join(
            [str(pc.parent), os.environ.get('PKG_CONFIG_PATH', '')])
        for kind, options in ('shared', []), ('static', ['--static']):
            if kind == 'static':  # or the linker would prefer the shared one
                for file in shared:
                    file.unlink()
            flags = run('pkg-config', '--cflags', '--libs', *options, 'gosling',
                        env={**os.environ, 'PKG_CONFIG_PATH': search}).split()
            program = root / f'consumer-{kind}'
            run(*compiler, '-std=c++20', '-Wall', '-Wextra', '-Werror', source,
                *flags, '-o', program, cwd=root)
            path = {'LD_LIBRARY_PATH': str(static.parent),
                    'DYLD_LIBRARY_PATH': str(static.parent)}
            output = run(program, env={**os.environ, **path})
            if output != OUTPUT:
                sys.exit(f'the {kind} consumer printed\n{output}'
                         f'and not\n{OUTPUT}')
            print(f'the {kind} library serves a program from outside')


if __name__ == '__main__':
    main()
