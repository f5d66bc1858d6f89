# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Makes Mach-O objects, and links them into an emulator's memory.

clang makes an object of any source that needs no header of the system; macholib
(PyPI) reads it. Image puts sections where they may stay and does the linker's
and the loader's work on them: mach-o/reloc.h, x86_64/reloc.h, arm64/reloc.h.
"""

import copy
import functools
import pathlib
import struct
import subprocess

from macholib.MachO import MachO
from macholib.SymbolTable import SymbolTable

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
N_STAB, N_TYPE, N_SECT, N_EXT = 0xe0, 0x0e, 0x0e, 0x01
ZERO_FILL = {0x01, 0x0c, 0x12}  # types of sections without contents in the file
POINTERS = 0x06  # the type of a section that the loader fills
SCATTERED = 0x80000000
LOCAL = 0x40000000  # of indirect symbols


def compiled(source, target, out, flags=(), compiler='clang'):
    """compiled writes the object of `source`, a path. A compiler for one target
    alone gets none."""
    target = ['-target', target] if target else []
    made = subprocess.run(
        [compiler, *target, '-I', ROOT, *flags, '-c', source, '-o', out],
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if made.returncode:
        raise RuntimeError(f'{source} for {target}:\n{made.stderr}')
    return out


class Section:
    """Section is one of an object's: what it holds, and where it was put."""

    def __init__(self, header, data):
        self.name = '{},{}'.format(*(s.rstrip(b'\0').decode() for s in (
            header.segname, header.sectname)))
        self.start, self.size = int(header.addr), int(header.size)
        self.align = 1 << header.align
        zero = header.flags & 0xff in ZERO_FILL
        self.data = bytearray(self.size) if zero else bytearray(
            data[header.offset:header.offset + self.size])
        self.relocations = [struct.unpack_from('<II', data, header.reloff + 8 * i)
                            for i in range(header.nreloc)]
        # Unwinding and debugging are the linker's business, not the program's.
        self.pointers = int(header.reserved1) if header.flags & 0xff == POINTERS \
            else None
        self.loaded = self.name.split(',')[0] not in ('__LD', '__DWARF') and \
            self.name != '__TEXT,__eh_frame'
        self.code = self.name.startswith('__TEXT')
        self.address = None

    def number(self, at, size):
        return int.from_bytes(self.data[at:at + size], 'little', signed=True)

    def put(self, at, size, value):
        self.data[at:at + size] = (value % (1 << 8 * size)).to_bytes(size, 'little')

    def copy(self):
        twin = copy.copy(self)
        twin.data = bytearray(self.data)
        return twin


@functools.lru_cache(maxsize=None)
def read(path):
    """read returns an object's sections, its symbols: each is (name, whether it
    is external, its section's number or None, value), and the numbers of those that
    sections of pointers point to."""
    data, sections, symbols = pathlib.Path(path).read_bytes(), [], []
    image, indirect = MachO(str(path)), []
    for _, command, found in image.headers[0].commands:
        if hasattr(command, 'indirectsymoff'):
            indirect = struct.unpack_from(f'<{command.nindirectsyms}I', data,
                                          command.indirectsymoff)
        if isinstance(found, list):
            sections += [Section(header, data) for header in found]
    for entry, name in SymbolTable(image).nlists:
        if entry.n_type & N_STAB:
            symbols.append(('', False, None, 0))
            continue
        here = entry.n_type & N_TYPE == N_SECT
        symbols.append((name.decode(), bool(entry.n_type & N_EXT),
                        entry.n_sect - 1 if here else None, int(entry.n_value)))
    return sections, symbols, indirect


class Object:
    def __init__(self, path):
        self.path = path
        sections, symbols, self.indirect = read(path)
        self.sections = [section.copy() for section in sections]
        self.symbols = [(*symbol[:2], None if symbol[2] is None
                         else self.sections[symbol[2]], symbol[3])
                        for symbol in symbols]


class Image:
    """Image is objects linked at `base`. What none of them defines is looked up
    by outside(name), which returns an address."""

    def __init__(self, cpu, paths, base, outside):
        self.cpu, self.outside = cpu, outside
        self.objects = [Object(path) for path in paths]
        self.symbols, self.slots = {}, {}
        at = base
        for code in (True, False):  # code first: it is on pages of its own
            at = -(-at // 0x4000) * 0x4000
            for section in self._all():
                if section.loaded and section.code == code:
                    at = -(-at // section.align) * section.align
                    section.address = at
                    at += section.size
            if code:
                self.code_end = at
        self.slots_at = self.data_end = -(-at // 16) * 16
        for each in self.objects:
            for name, external, section, value in each.symbols:
                if external and section is not None and section.loaded:
                    if name in self.symbols:
                        continue  # weak: an inline function's other copy
                    self.symbols[name] = value - section.start + section.address
        relocate = getattr(self, '_relocate_' + cpu.name)
        for each in self.objects:
            for section in each.sections:
                if not section.loaded:
                    continue
                relocate(each, section)
                if section.pointers is not None:
                    self._fill(each, section)

    def _all(self):
        return (s for each in self.objects for s in each.sections)

    def memory(self):
        """memory yields (address, bytes) of all that is to be loaded."""
        for section in self._all():
            if section.loaded and section.size:
                yield section.address, bytes(section.data)
        size = self.cpu.word
        for address, target in self.slots.values():
            yield address, target.to_bytes(size, 'little')

    def _where(self, each, word):
        """_where returns the address that a relocation's second word names: of
        a symbol, or how far its section was moved."""
        index = word & 0xffffff
        if not word >> 27 & 1:
            section = each.sections[index - 1]
            return section.address - section.start
        name, external, section, value = each.symbols[index]
        if external and name in self.symbols:
            return self.symbols[name]
        if section is not None:
            return value - section.start + section.address
        return self.outside(name)

    def _moved(self, each, address):
        """_moved returns how far the section of an object was moved that has this
        address in it."""
        return next(s.address - s.start for s in each.sections
                    if s.start <= address < s.start + s.size)

    def _fill(self, each, section):
        for i in range(section.size // self.cpu.word):
            index = each.indirect[section.pointers + i]
            if index < LOCAL:  # else it was relocated
                section.put(i * self.cpu.word, self.cpu.word,
                            self._where(each, 1 << 27 | index))

    def _slot(self, target):
        """_slot returns where a pointer to `target` is kept, as in the GOT."""
        if target not in self.slots:
            self.slots[target] = (self.data_end, target)
            self.data_end += self.cpu.word
        return self.slots[target][0]

    def _relocate_amd64(self, each, section):
        minus = None
        for at, word in section.relocations:
            size, kind, pc = 1 << (word >> 25 & 3), word >> 28, word >> 24 & 1
            target = self._where(each, word)
            external = word >> 27 & 1
            value = section.number(at, size)
            if kind == 5:  # SUBTRACTOR, and the next one adds
                minus = target
                continue
            if kind in (3, 4, 9):  # GOT_LOAD, GOT, TLV: by a pointer
                target = self._slot(target)
            if pc:
                here = section.address + at + 4
                if not external:  # counted from where the section was
                    target -= section.address - section.start
                    here = 0
                    value += target
                else:
                    value += target - here
            else:
                value += target
            if minus is not None:
                value, minus = value - minus, None
            section.put(at, size, value)

    def _relocate_arm64(self, each, section):
        minus, addend = None, 0
        for at, word in section.relocations:
            size, kind = 1 << (word >> 25 & 3), word >> 28
            if kind == 10:  # ADDEND of the next one
                addend = (word & 0xffffff) - ((word & 0x800000) << 1)
                continue
            target = self._where(each, word)
            if kind == 1:  # SUBTRACTOR
                minus = target
                continue
            if kind in (5, 6, 7, 8, 9):  # of the GOT, of thread-local variables
                target = self._slot(target)
            target += addend
            addend = 0
            here = section.address + at
            code = section.number(at, 4) & 0xffffffff
            if kind == 0:  # UNSIGNED
                value = section.number(at, size) + target - (minus or 0)
                minus = None
                section.put(at, size, value)
            elif kind == 2:  # BRANCH26
                section.put(at, 4, code & 0xfc000000 |
                            (target - here) >> 2 & 0x3ffffff)
            elif kind in (3, 5, 8):  # PAGE21
                pages = (target >> 12) - (here >> 12)
                section.put(at, 4, code & 0x9f00001f | (pages & 3) << 29 |
                            (pages >> 2 & 0x7ffff) << 5)
            elif kind in (4, 6, 9):  # PAGEOFF12
                shift = 0
                if code & 0x3b000000 == 0x39000000:  # a load or store, scaled
                    shift = code >> 30
                    if shift == 0 and code & 0x04800000 == 0x04800000:
                        shift = 4
                section.put(at, 4, code & 0xffc003ff |
                            (target & 0xfff) >> shift << 10)
            else:
                raise RuntimeError(f'{each.path}: relocation {kind}')

    def _relocate_386(self, each, section):
        for at, word in section.relocations:
            if at & SCATTERED:  # the second word is an address, and not a symbol
                kind, at = at >> 24 & 15, at & 0xffffff
                if kind != 0:
                    raise RuntimeError(f'{each.path}: relocation {kind}, scattered')
                section.put(at, 4, section.number(at, 4) + self._moved(each, word))
                continue
            size, pc = 1 << (word >> 25 & 3), word >> 24 & 1
            target = self._where(each, word)
            if word >> 28 == 5:  # of a thread-local variable: by a pointer
                target = self._slot(target)
            value = section.number(at, size) + target
            if pc:  # counted from where the section was
                value -= section.address - section.start
            section.put(at, size, value)

    def _relocate_arm(self, each, section):
        entries = iter(section.relocations)
        for at, word in entries:
            kind = word >> 28
            if at & SCATTERED or kind not in (0, 5, 8):
                raise RuntimeError(f'{each.path}: relocation {kind}')
            target = self._where(each, word)
            if kind == 8:  # HALF: of movw or movt, the other half in the PAIR
                code, high = section.number(at, 4) & 0xffffffff, word >> 25 & 1
                half, other = code >> 4 & 0xf000 | code & 0xfff, next(entries)[0]
                other &= 0xffff
                value = target + (half << 16 | other if high else other << 16 | half)
                half = value >> 16 * high & 0xffff
                section.put(at, 4, code & 0xfff0f000 | half >> 12 << 16 | half & 0xfff)
                continue
            if kind == 0:
                section.put(at, 4, section.number(at, 4) + target)
                continue
            # BR24: the distance as if the section, and an undefined symbol, had
            # been at 0.
            code = section.number(at, 4) & 0xffffffff
            distance = ((code & 0xffffff) ^ 0x800000) - 0x800000 << 2
            distance += target - (section.address - section.start)
            section.put(at, 4, code & 0xff000000 | distance >> 2 & 0xffffff)
