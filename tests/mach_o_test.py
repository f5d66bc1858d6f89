#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Looks, without a Mac, at what gosling becomes on Darwin.

Usage: mach_o_test.py            the assembly of arch/, for every CPU; wants clang
       mach_o_test.py TREE CPU   what was linked in a tree of tools/cross

Mach-O is read by this file itself (mach-o/loader.h, nlist.h, reloc.h).
"""

import dataclasses
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77
TREE = pathlib.Path()
CPU = ''

TARGETS = {'386': 'i386-apple-macos10.13', 'amd64': 'x86_64-apple-macos10.13',
           'arm': 'armv7-apple-ios10', 'arm64': 'arm64-apple-macos11'}
LIBC = ('pipe', 'read', 'write', 'close', 'fcntl')
BY_DWARF = {'amd64': 4, 'arm64': 3}  # the modes of unwinding by __eh_frame
CPU_TYPES = {'386': 7, 'amd64': 0x1000007, 'arm': 12, 'arm64': 0x100000c}

MAGIC_32, MAGIC_64 = 0xfeedface, 0xfeedfacf
OBJECT, EXECUTE, DYLIB = 1, 2, 6
SUBSECTIONS_VIA_SYMBOLS, PIE = 0x2000, 0x200000
LC_SEGMENT, LC_SYMTAB, LC_DYSYMTAB, LC_LOAD_DYLIB, LC_SEGMENT_64 = 1, 2, 11, 12, 25
N_EXT, N_TYPE, N_PEXT, N_STAB = 0x01, 0x0e, 0x10, 0xe0
WRITE = 2


@dataclasses.dataclass
class Symbol:
    name: str
    type: int
    value: int

    @property
    def defined(self):
        return self.type & N_TYPE != 0

    @property
    def external(self):
        return self.type & N_EXT != 0

    @property
    def private(self):
        return self.type & N_PEXT != 0


@dataclasses.dataclass
class Relocation:
    address: int
    symbol: str  # '' if it is to a section
    pc_relative: bool


class MachO:
    """MachO is one file: its symbols, sections, and what it loads."""

    def __init__(self, path, data=None):
        self.data = data or pathlib.Path(path).read_bytes()
        magic, self.cpu, _, self.kind, commands, _, self.flags = \
            struct.unpack_from('<7I', self.data)
        if magic not in (MAGIC_32, MAGIC_64):
            raise ValueError(f'{path} is no Mach-O')
        self.wide = magic == MAGIC_64
        self.symbols, self.sections, self.libraries = [], {}, []
        self.protections, self.addresses, self.stray_relocations = {}, {}, 0
        relocations = []
        at = 32 if self.wide else 28
        for _ in range(commands):
            command, size = struct.unpack_from('<2I', self.data, at)
            if command in (LC_SEGMENT, LC_SEGMENT_64):
                relocations += self._segment(at)
            elif command == LC_SYMTAB:
                self._symtab(*struct.unpack_from('<4I', self.data, at + 8))
            elif command == LC_DYSYMTAB:
                counts = struct.unpack_from('<18I', self.data, at + 8)
                self.stray_relocations = counts[15] + counts[17]
            elif command == LC_LOAD_DYLIB:
                offset, = struct.unpack_from('<I', self.data, at + 8)
                self.libraries.append(self._string(at + offset))
            at += size
        self.relocations = {name: self._relocations(offset, count)
                            for name, offset, count in relocations}

    def _string(self, at):
        return self.data[at:self.data.index(0, at)].decode()

    def _segment(self, at):
        form = '<16s4Q4I' if self.wide else '<16s8I'
        name, address, *_, protection, sections, _ = struct.unpack_from(
            form, self.data, at + 8)
        name = name.rstrip(b'\0').decode()
        self.protections[name], self.addresses[name] = protection, address
        at += 8 + struct.calcsize(form)
        form = '<16s16s2Q8I' if self.wide else '<16s16s9I'
        found = []
        for _ in range(sections):
            name, segment, _, size, offset, _, relocations, count, *_ = \
                struct.unpack_from(form, self.data, at)
            key = ','.join(s.rstrip(b'\0').decode() for s in (segment, name))
            self.sections[key] = self.data[offset:offset + size]
            found.append((key, relocations, count))
            at += struct.calcsize(form)
        return found

    def _symtab(self, symbols, count, strings, _):
        form = '<IBBHQ' if self.wide else '<IBBHI'
        for i in range(count):
            name, kind, _, _, value = struct.unpack_from(
                form, self.data, symbols + i * struct.calcsize(form))
            self.symbols.append(Symbol(self._string(strings + name), kind, value))

    def _relocations(self, at, count):
        result = []
        for i in range(count):
            address, word = struct.unpack_from('<iI', self.data, at + 8 * i)
            external = word >> 27 & 1
            result.append(Relocation(
                address, self.symbols[word & 0xffffff].name if external else '',
                bool(word >> 24 & 1)))
        return sorted(result, key=lambda r: r.address)

    def names(self, condition):
        return {s.name for s in self.symbols
                if s.type & N_STAB == 0 and condition(s)}

    def routines(self):
        return self.names(lambda s: s.defined and s.external)

    def unwind_entries(self):
        """unwind_entries counts the functions that an unwinder finds here."""
        frames, at = 0, 0
        frame = self.sections.get('__TEXT,__eh_frame', b'')
        while at + 8 <= len(frame):
            length, identity = struct.unpack_from('<2I', frame, at)
            frames += identity != 0  # 0: a CIE, common to those that follow
            at += 4 + length
        compact = self.sections.get('__LD,__compact_unwind', b'')
        return max(frames, len(compact) // (32 if self.wide else 20))

    def unwound(self):
        """unwound returns how each function is unwound, by its address, as
        __unwind_info has it (mach-o/compact_unwind_encoding.h). 0: not at all."""
        info = self.sections['__TEXT,__unwind_info']
        common_at, commons, _, _, index_at, pages = \
            struct.unpack_from('<6I', info, 4)
        common = struct.unpack_from(f'<{commons}I', info, common_at)
        result = {}
        for i in range(pages - 1):  # the last one is the end's
            first, page, _ = struct.unpack_from('<3I', info, index_at + 12 * i)
            kind, at, count = struct.unpack_from('<I2H', info, page)
            if kind == 2:
                for j in range(count):
                    start, how = struct.unpack_from('<2I', info, page + at + 8 * j)
                    result[start] = how
                continue
            own_at, owns = struct.unpack_from('<2H', info, page + 8)
            encodings = common + struct.unpack_from(f'<{owns}I', info, page + own_at)
            for j in range(count):
                entry, = struct.unpack_from('<I', info, page + at + 4 * j)
                result[first + (entry & 0xffffff)] = encodings[entry >> 24]
        return {self.addresses['__TEXT'] + at: how for at, how in result.items()}


def members(archive):
    """members returns what a static library consists of, by name."""
    data, at, result = pathlib.Path(archive).read_bytes(), 8, {}
    while at < len(data):
        name, size = data[at:at + 16].decode().strip(), int(data[at + 48:at + 58])
        start, at = at + 60, at + 60 + size + size % 2
        if name.startswith('#1/'):  # BSD's: a long name stands before the data
            length = int(name[3:])
            name = data[start:start + length].rstrip(b'\0').decode()
            start, size = start + length, size - length
        if not name.startswith('__.SYMDEF'):
            result[name] = MachO(name, data[start:start + size])
    return result


def declared():
    """declared returns the routines that the headers of arch/ promise, as
    Mach-O spells them. pipe2 is not to be had on Darwin."""
    text = ''.join((ROOT / 'arch' / name).read_text(encoding='utf-8')
                   for name in ('libc_call.h', 'jump.h'))
    names = re.findall(r'^[\w:]+ (gosling_\w+)\(', text, re.MULTILINE)
    return {'_' + name for name in names} - {'_gosling_pipe2_trampoline'}


class Assembly(unittest.TestCase):
    """Assembly is arch/<cpu>/*.S, assembled for Darwin by this machine's clang."""

    @classmethod
    def setUpClass(cls):
        cls.objects = []
        with tempfile.TemporaryDirectory() as folder:
            for cpu, target in TARGETS.items():
                for source in sorted((ROOT / 'arch' / cpu).glob('*.S')):
                    out = pathlib.Path(folder, 'object.o')
                    subprocess.run(['clang', '-target', target, '-Werror', '-I',
                                    ROOT, '-c', source, '-o', out], check=True)
                    cls.objects.append((cpu, source.stem, MachO(out)))

    def each(self, check):
        for cpu, stem, obj in self.objects:
            with self.subTest(cpu=cpu, file=stem):
                check(cpu, stem, obj)

    def test_is_an_object_of_its_cpu_that_the_linker_may_take_apart(self):
        def check(cpu, _, obj):
            self.assertEqual(obj.cpu, CPU_TYPES[cpu])
            self.assertEqual(obj.kind, OBJECT)
            self.assertTrue(obj.flags & SUBSECTIONS_VIA_SYMBOLS)
        self.each(check)

    def test_defines_what_is_declared_with_an_underscore_and_hides_it(self):
        found = {cpu: set() for cpu in TARGETS}

        def check(cpu, _, obj):
            self.assertEqual(obj.routines(), obj.names(lambda s: s.private))
            found[cpu] |= obj.routines()
        self.each(check)
        self.assertEqual(len(declared()), 7)
        self.assertEqual(found, {cpu: declared() for cpu in TARGETS})

    def test_calls_libc_and_then_asks_for_errno(self):
        def check(_, stem, obj):
            if stem != 'libc_call':
                return
            starts = sorted((s.value, s.name) for s in obj.symbols
                            if s.name in obj.routines())
            calls = {name: [] for _, name in starts}
            for relocation in obj.relocations['__TEXT,__text']:
                owner = max(s for s in starts if s[0] <= relocation.address)[1]
                calls[owner].append(relocation.symbol)
            self.assertEqual(calls.pop('_gosling_call_on_stack'), [])
            self.assertEqual(calls, {
                f'_gosling_{f}_trampoline': [f'_{f}', '___error'] for f in LIBC})
        self.each(check)

    def test_refers_to_nothing_else_and_never_by_an_absolute_address(self):
        def check(_, stem, obj):
            libc = {f'_{f}' for f in LIBC} | {'___error'}
            self.assertEqual(obj.names(lambda s: not s.defined),
                             libc if stem == 'libc_call' else set())
            for relocation in obj.relocations['__TEXT,__text']:
                self.assertTrue(relocation.pc_relative, relocation)
        self.each(check)

    def test_can_be_unwound_through(self):
        self.each(lambda _cpu, _stem, obj: self.assertGreaterEqual(
            obj.unwind_entries(), len(obj.routines())))


class Linked(unittest.TestCase):
    """Linked is what the cross compiler's linker made of all of it."""

    @classmethod
    def setUpClass(cls):
        paths = [*TREE.glob('libgosling.*.dylib'), TREE / 'tools/sigstorm',
                 *sorted((TREE / 'tests').glob('*_test'))]
        cls.images = [(path, MachO(path)) for path in paths if not path.is_symlink()]

    def each(self, check):
        self.assertGreater(len(self.images), 20)
        for path, image in self.images:
            with self.subTest(file=path.name):
                check(path, image)

    def test_the_static_library_has_all_of_it(self):
        hidden = set()
        for name, obj in members(TREE / 'libgosling.a').items():
            with self.subTest(file=name):
                self.assertEqual((obj.cpu, obj.kind), (CPU_TYPES[CPU], OBJECT))
                hidden |= obj.names(lambda s: s.defined and s.private)
        self.assertLessEqual(declared(), hidden)

    def test_is_for_its_cpu_and_may_be_loaded_anywhere(self):
        def check(path, image):
            self.assertEqual(image.cpu, CPU_TYPES[CPU])
            if path.suffix == '.dylib':
                self.assertEqual(image.kind, DYLIB)
            else:
                self.assertEqual(image.kind, EXECUTE)
                self.assertTrue(image.flags & PIE)
        self.each(check)

    def test_needs_the_system_library_alone(self):
        self.each(lambda _, image: self.assertEqual(
            image.libraries, ['/usr/lib/libSystem.B.dylib']))

    def test_takes_pipe_and_errno_from_it(self):
        def check(_, image):
            imports = image.names(lambda s: not s.defined)
            self.assertLessEqual({'_pipe', '_read', '_write', '___error'}, imports)
            self.assertFalse({n for n in imports if 'gosling' in n})
        self.each(check)

    def test_code_is_never_written_to(self):
        def check(_, image):
            self.assertEqual(image.stray_relocations, 0)
            self.assertEqual(image.relocations['__TEXT,__text'], [])
            self.assertFalse(image.protections['__TEXT'] & WRITE)
        self.each(check)

    def test_trampolines_are_private_and_can_be_unwound_through(self):
        routines = declared()

        def check(path, image):
            linked = [s for s in image.symbols if s.name in routines
                      and s.type & N_STAB == 0]
            if path.parent.name != 'tests':  # which take what they call
                self.assertEqual({s.name for s in linked}, routines)
            unwound = image.unwound()
            for symbol in linked:
                self.assertTrue(symbol.private or not symbol.external, symbol)
                how = unwound.get(symbol.value, 0)
                self.assertTrue(how, symbol)
                if how >> 24 & 0xf == BY_DWARF[CPU]:
                    self.assertIn('__TEXT,__eh_frame', image.sections)
        self.each(check)

    def test_library_shows_the_public_functions_and_no_trampoline(self):
        (library,) = [i for path, i in self.images if path.suffix == '.dylib']
        shown = library.names(lambda s: s.defined and s.external and not s.private)
        self.assertTrue([n for n in shown if 'Gosched' in n])
        self.assertFalse(shown & declared())
        self.assertFalse({n for n in shown if 'gosling5sched' in n})


if __name__ == '__main__':
    if len(sys.argv) == 3:
        TREE, CPU = pathlib.Path(sys.argv[1]), sys.argv[2]
        unittest.main(argv=sys.argv[:1], defaultTest='Linked')
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    if shutil.which('clang') is None:
        print('skipped: there is no clang')
        sys.exit(SKIPPED)
    unittest.main(defaultTest='Assembly')
