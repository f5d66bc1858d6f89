# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""What the checks of the exercises have in common."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CANNOT = 77  # exit status: not on this machine


class Check:
    """The lines that a check says, and how it ends."""

    def __init__(self, script):
        if len(sys.argv) > 2 or sys.argv[1:2] in (['-h'], ['--help']):
            sys.exit(f'Usage: {pathlib.Path(script).parent.name}/check [FOLDER '
                     'with your files]')
        self.start = pathlib.Path(script).resolve().parent
        self.folder = pathlib.Path(sys.argv[1]) if sys.argv[1:] else self.start
        self.wrong = 0

    def text(self, name):
        """text returns the reader's file of that name."""
        try:
            return (self.folder / name).read_text(encoding='utf-8')
        except OSError as error:
            sys.exit(f'check: {error.filename}: {error.strerror}')

    def that(self, right, what, hint=''):
        """that says whether `what` is so; the hint is for when it is not."""
        print('right:  ' if right else 'not yet:', what)
        if not right:
            self.wrong += 1
            if hint:
                print('         ' + hint)
        return right

    def end(self):
        sys.exit(1 if self.wrong else 0)


def lines(text):
    """lines returns those of `text` that say something, without comments."""
    stripped = (line.split('#')[0].strip() for line in text.splitlines())
    return [line for line in stripped if line]


def cannot(why):
    print('check:', why, file=sys.stderr)
    sys.exit(CANNOT)


def build_folder():
    """build_folder returns where the shared library is."""
    build = pathlib.Path(os.environ.get('GOSLING_BUILD', ROOT / 'build'))
    if not (build / 'libgosling.so').exists():
        cannot(f'no libgosling.so in {build}: meson setup build && ninja -C build')
    return build


def run_program(sources, timeout=60, library=True):
    """run_program compiles `sources` and returns what running them gave, or
    what the compiler said, as a CompletedProcess."""
    compiler = os.environ.get('CXX', 'c++')
    if shutil.which(compiler) is None:
        cannot(f'no {compiler}: tools/setup')
    link = []
    if library:
        build = build_folder()
        link = [build / 'libgosling.so', f'-Wl,-rpath,{build}']
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / 'program'
        made = subprocess.run(
            [compiler, '-std=c++20', '-O1', *sources, f'-I{ROOT}',
             f'-I{ROOT / "runtime/include"}', *link, '-pthread', '-o', program],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if made.returncode:
            return made
        try:
            return subprocess.run([program], text=True, timeout=timeout,
                                  stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess([], 1, 'it does not end\n')
