#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Installs the build into a folder, moves it, and uses it from there.

    check.py BUILD CXX…

The programs here see what was installed and nothing of this tree. CXX compiles
the ones that compile, and g++ and clang++ the plain one too, whichever of them
built the library.
"""

import filecmp
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUTPUT = 'the consumer received 42\n'
WARNINGS = ['-Wall', '-Wextra', '-Werror']
BUILD = ''
COMPILER = []


class Failed(Exception):
    """Failed holds what a command said that should have ended well."""


def run(*command, **options):
    """run returns what `command` printed, or raises Failed."""
    ran = subprocess.run(command, capture_output=True, text=True, timeout=200,
                         stdin=subprocess.DEVNULL, check=False, **options)
    if ran.returncode:
        raise Failed(f'{shlex.join(map(str, command))}\nexited with '
                     f'{ran.returncode}\n{ran.stdout}{ran.stderr}')
    return ran.stdout


def compilers():
    """compilers returns CXX, and g++ and clang++ if they are others."""
    found = {}
    for command in COMPILER, ['g++'], ['clang++']:
        if shutil.which(command[0]):
            _, _, version = run(*command, '--version').partition(' ')
            found.setdefault(version, command)
    return list(found.values())


class Installed:
    """Installed is the tree as a package would have it, moved elsewhere."""

    def __init__(self, folder):
        self.folder = folder
        destination = folder / 'destination'
        run('meson', 'install', '-C', BUILD, '--no-rebuild',
            '--destdir', destination)
        pc, = destination.rglob('gosling.pc')
        text = pc.read_text(encoding='utf-8')
        self.configured = text.splitlines()[0].removeprefix('prefix=')
        self.prefix = folder / 'moved'
        shutil.move(destination / self.configured.lstrip('/'), self.prefix)
        self.outside = [p for p in destination.rglob('*') if not p.is_dir()]
        self.pc, = self.prefix.rglob('gosling.pc')
        self.library = self.pc.parent.parent
        # A packager's tools do this. Changing this one line leaves the other
        # packages' prefixes alone, which pkg-config's --define-prefix and
        # --define-variable do not.
        for file in self.pc.parent.glob('gosling*.pc'):
            text = file.read_text(encoding='utf-8')
            file.write_text(text.replace(
                f'prefix={self.configured}', f'prefix={self.prefix}', 1),
                encoding='utf-8')
        self.shared = sorted(self.library.glob('libgosling.so*')) + sorted(
            self.library.glob('libgosling*.dylib'))
        self.static = self.library / 'libgosling.a'

    def files(self):
        return sorted(p.relative_to(self.prefix).as_posix()
                      for p in self.prefix.rglob('*') if not p.is_dir())

    def flags(self, *options, package='gosling'):
        search = os.pathsep.join(
            [str(self.pc.parent), os.environ.get('PKG_CONFIG_PATH', '')])
        return shlex.split(run(
            'pkg-config', '--cflags', '--libs', *options, package,
            env={**os.environ, 'PKG_CONFIG_PATH': search}))

    def without_shared(self):
        """without_shared returns a folder with the static library only, for
        the linker would prefer the shared one."""
        alone = self.folder / 'alone'
        if not alone.is_dir():
            alone.mkdir()
            (alone / self.static.name).symlink_to(self.static)
        return alone

    def static_flags(self):
        return [f'-L{self.without_shared()}' if f == f'-L{self.library}' else f
                for f in self.flags('--static')]


def same_everywhere(library):
    """same_everywhere makes `library` what a compiler without GNU's unique
    symbols makes: the loader keeps what defines such a symbol for ever, and
    that would hide what `-z nodelete` is for."""
    data = bytearray(library.read_bytes())
    wide = data[4] == 2
    order = '<' if data[5] == 1 else '>'
    start, = struct.unpack_from(order + ('Q' if wide else 'I'), data,
                                40 if wide else 32)
    size, count = struct.unpack_from(order + 'HH', data, 58 if wide else 46)
    for i in range(count):
        at = start + i * size
        kind, = struct.unpack_from(order + 'I', data, at + 4)
        if kind != 11:  # SHT_DYNSYM
            continue
        offset, length = struct.unpack_from(
            order + ('QQ' if wide else 'II'), data, at + (24 if wide else 16))
        entry = 24 if wide else 16
        for symbol in range(offset, offset + length, entry):
            info = symbol + (4 if wide else 12)
            if data[info] >> 4 == 10:  # STB_GNU_UNIQUE becomes STB_GLOBAL
                data[info] = 1 << 4 | data[info] & 15
    library.write_bytes(data)


class Consumer(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.tree = Installed(pathlib.Path(folder.name).resolve())

    def setUp(self):
        self.work = self.tree.folder / self.id().rpartition('.')[2]
        self.work.mkdir()

    def compile(self, source, *flags, compiler=None, name='program'):
        program = self.work / name
        run(*(compiler or COMPILER), '-std=c++20', *WARNINGS, HERE / source,
            *flags, '-o', program, cwd=self.work)
        return program

    def check(self, *command):
        """check runs a program, which has to find the shared library."""
        path = str(self.tree.library)
        self.assertEqual(OUTPUT, run(*command, env={
            **os.environ, 'LD_LIBRARY_PATH': path, 'DYLD_LIBRARY_PATH': path}))

    def need_shared(self):
        if not self.tree.shared:
            self.skipTest('this build has no shared library')

    def need_static(self):
        if not self.tree.static.is_file():
            self.skipTest('this build has no static library')

    # The files.

    def test_all_that_is_installed_lies_where_it_belongs(self):
        self.assertEqual(self.tree.outside, [])
        library = self.tree.library.relative_to(self.tree.prefix).as_posix()
        known = '|'.join([
            r'bin/sigstorm',
            r'include/gosling/(internal/)?\w+\.h',
            rf'{library}/cmake/gosling/goslingConfig(Version)?\.cmake',
            rf'{library}/pkgconfig/gosling(-lockcheck)?\.pc',
            rf'{library}/libgosling_lockcheck\.so[.0-9]*',
            rf'{library}/libgosling(\.a|\.so[.0-9]*|[.0-9]*\.dylib)',
            r'share/gdb/auto-load/.*/libgosling[^/]*-gdb\.py',
            r'share/gosling/gosling\.py',
            r'share/licenses/gosling/LICENSE',
            r'share/man/man1/sigstorm\.1',
        ])
        files = self.tree.files()
        self.assertEqual([f for f in files if not re.fullmatch(known, f)], [])
        for wanted in ('goslingConfig.cmake', 'goslingConfigVersion.cmake',
                       'gosling.pc', 'LICENSE'):
            self.assertEqual(1, sum(f.endswith('/' + wanted) for f in files),
                             wanted)
        self.assertEqual(1, sum(f.endswith('.py') for f in files), files)
        headers = ROOT / 'runtime/include/gosling'
        for header in headers.rglob('*.h'):
            installed = self.tree.prefix / 'include/gosling' / header.relative_to(
                headers)
            self.assertTrue(filecmp.cmp(header, installed, shallow=False),
                            header)

    def test_no_installed_text_names_the_folder_of_the_build(self):
        for file in self.tree.files():
            if pathlib.Path(file).suffix in ('.pc', '.cmake', '.py', '.h'):
                text = (self.tree.prefix / file).read_text(encoding='utf-8')
                self.assertNotIn(str(ROOT), text, file)
                self.assertNotIn(str(BUILD), text, file)

    def test_sigstorm_runs(self):
        sigstorm = self.tree.prefix / 'bin/sigstorm'
        if not sigstorm.is_file():
            self.skipTest('this build has no tools')
        path = str(self.tree.library)
        run(sigstorm, '--duration=300ms', '--senders=1', env={
            **os.environ, 'LD_LIBRARY_PATH': path, 'DYLD_LIBRARY_PATH': path})

    # pkg-config.

    def test_pkg_config_serves_every_compiler_that_is_promised(self):
        for compiler in compilers():
            with self.subTest(compiler[-1]):
                self.check(self.compile('consumer.cc', *self.tree.flags(),
                                        compiler=compiler))

    def test_pkg_config_static_serves_every_compiler_that_is_promised(self):
        self.need_static()
        for compiler in compilers():
            with self.subTest(compiler[-1]):
                program = self.compile('consumer.cc', *self.tree.static_flags(),
                                       compiler=compiler)
                self.assertEqual(OUTPUT, run(program))

    def test_a_fully_static_program_links_and_runs(self):
        self.need_static()
        static = self.tree.static_flags() + ['-static']
        probe = self.work / 'probe.cc'
        probe.write_text('int main() {}\n', encoding='utf-8')
        others = [f for f in static if f not in ('-lgosling', *WARNINGS)]
        try:
            run(*COMPILER, probe, *others, '-o', self.work / 'probe')
        except Failed as failed:
            self.skipTest('this system has not everything as a static library:'
                          f'\n{failed}')
        self.assertEqual(OUTPUT, run(self.compile('consumer.cc', *static)))

    def test_the_libraries_have_names_and_not_paths(self):
        for flags in self.tree.flags(), self.tree.flags('--static'):
            self.assertEqual([f for f in flags if f.startswith('/')], [])

    def test_a_program_with_fibers_of_its_own_adds_boost_context(self):
        readme = (ROOT / 'README.md').read_text(encoding='utf-8')
        self.assertRegex(readme, r'fibers of its own .*`-lboost_context`')
        self.assertRegex(self.tree.pc.read_text(encoding='utf-8'),
                         r'\nDescription: .*-lboost_context')
        self.check(self.compile('fibers.cc', *self.tree.flags(),
                                '-lboost_context'))

    def test_the_checker_of_locks_is_linked_by_pkg_config(self):
        self.need_shared()
        if not (self.tree.pc.parent / 'gosling-lockcheck.pc').is_file():
            self.skipTest('this build has no checker of locks')
        program = self.compile('../lockcheck/program.cc',
                               *self.tree.flags(package='gosling-lockcheck'))
        done = subprocess.run(
            [program, 'park'], capture_output=True, text=True, check=True,
            env={**os.environ, 'LD_LIBRARY_PATH': str(self.tree.library)})
        self.assertIn('parks [chan receive] while it holds a mutex', done.stderr)

    # CMake.

    def cmake(self, target, kind, version='0.1', compiler=None):
        """cmake builds the program and returns the commands that it used."""
        if not shutil.which('cmake'):
            self.skipTest('there is no cmake')
        build = self.work / f'{target.partition("::")[2]}-{kind}'
        run('cmake', '-S', HERE / 'cmake', '-B', build, '-G', 'Ninja',
            f'-DCMAKE_PREFIX_PATH={self.tree.prefix}', f'-DTARGET={target}',
            f'-DKIND={kind}', f'-DVERSION={version}',
            f'-DCMAKE_CXX_COMPILER={(compiler or COMPILER)[-1]}',
            '-DCMAKE_EXPORT_COMPILE_COMMANDS=ON')
        run('cmake', '--build', build)
        self.assertEqual(OUTPUT, run(build / 'consumer'))
        return (build / 'compile_commands.json').read_text(encoding='utf-8')

    def test_cmake_finds_the_library_and_knows_its_flags(self):
        for compiler in compilers():
            with self.subTest(compiler[-1]):
                shutil.rmtree(self.work)
                self.work.mkdir()
                commands = self.cmake('gosling::gosling', '', compiler=compiler)
                self.assertRegex(commands, r'-std=(gnu|c)\+\+(20|2a)')
                for flag in self.tree.flags():
                    if flag.startswith('-f'):
                        self.assertIn(flag, commands)

    def test_cmake_finds_the_static_library(self):
        self.need_static()
        self.cmake('gosling::gosling_static', 'static')
        if self.tree.shared:
            self.cmake('gosling::gosling', 'shared')

    def test_cmake_is_refused_other_versions_and_unknown_kinds(self):
        self.cmake('gosling::gosling', '', '0.1...<0.2')
        for version in '0.0', '0.2', '1', '0.2...1':
            with self.assertRaisesRegex(Failed, 'not accepted', msg=version):
                self.cmake('gosling::gosling', '', version)
        with self.assertRaisesRegex(Failed, "without 'plastic'"):
            self.cmake('gosling::gosling', 'plastic')

    # Plugins.

    def plugin(self, library, *flags):
        """plugin has a host close and open a plugin, as made by compilers with
        unique symbols and by others, and returns what it prints."""
        host = self.compile('host.cc', '-ldl', '-pthread', name='host')
        plugin = self.compile('plugin.cc', '-shared', '-fPIC', *flags,
                              name='plugin.so')
        for twin in False, True:
            with self.subTest(twin=twin):
                if twin:
                    for file in {plugin, library or plugin}:
                        same_everywhere(file)
                output = run(host, plugin, library or plugin)
                self.assertEqual(
                    output,
                    2 * 'used: 42, then closed: the runtime is there\n')

    def test_a_plugin_that_used_the_shared_library_may_be_closed(self):
        self.need_shared()
        # A copy, as its symbols are changed.
        library = self.work / 'libgosling.so.0'
        shutil.copy(self.tree.library / library.name, library)
        self.plugin(library, *self.tree.flags(), f'-Wl,-rpath,{self.work}')

    def test_a_plugin_with_the_static_library_inside_may_be_closed(self):
        self.need_static()
        self.plugin(None, *self.tree.static_flags())

    # gdb.

    def test_gdb_loads_the_script_with_the_shared_library(self):
        self.need_shared()
        if not shutil.which('gdb'):
            self.skipTest('there is no gdb')
        if 'python' not in subprocess.run(
                ['gdb', '-nx', '-batch', '-ex', 'python print("python")'],
                capture_output=True, text=True, check=False).stdout:
            self.skipTest('this gdb has no Python')
        # The folder is named by the library's own as it was configured; gdb
        # looks for the one in which it finds the library.
        scripts = self.work / 'scripts'
        configured = scripts / str(self.tree.prefix).lstrip('/')
        configured.parent.mkdir(parents=True)
        configured.symlink_to(self.tree.prefix / 'share/gdb/auto-load' /
                              self.tree.configured.lstrip('/'))
        program = self.compile('consumer.cc', *self.tree.flags())
        output = run(
            'gdb', '-nx', '-batch', '-iex', 'set debuginfod enabled off',
            '-iex', 'set auto-load safe-path /',
            '-iex', f'set auto-load scripts-directory {scripts}',
            '-ex', 'break main', '-ex', 'run', '-ex', 'help goroutines',
            '-ex', 'kill', '--args', program,
            env={**os.environ, 'LD_LIBRARY_PATH': str(self.tree.library)})
        self.assertIn('List goroutines', output)


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    BUILD, *COMPILER = sys.argv[1:]
    # `meson test` sets it to the build's own library, which is none of the
    # libraries that are consumed here.
    os.environ.pop('LD_LIBRARY_PATH', None)
    unittest.main(argv=sys.argv[:1])
