# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""A reader of pprof's format, profile.proto: as much of it as tests ask for.

A message is a row of fields, each with a number and a kind: a varint, or bytes
with their length before them.
"""


def varint(data, at):
    """varint returns the number at a place, and where the next thing is."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """fields yields number and value, an int or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            if len(value) < length:
                raise ValueError('cut short')
        else:
            raise ValueError(f'a field of kind {key & 7}')
        yield key >> 3, value


def numbers(data):
    """numbers returns those of a packed field."""
    found, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        found.append(value)
    return found


class Profile:
    """types: (name, unit) of each value; samples: (names of functions, innermost
    first; values); lines: function's name to the (file, line) pairs seen of it."""

    def __init__(self, data):
        messages = list(fields(data))
        strings = [v.decode() for n, v in messages if n == 6]

        def value_type(data):
            of = dict(fields(data))
            return strings[of.get(1, 0)], strings[of.get(2, 0)]

        functions = {}
        for _, data in (m for m in messages if m[0] == 5):
            of = dict(fields(data))
            functions[of[1]] = strings[of[2]], strings[of.get(4, 0)]
        self.lines = {}
        locations = {}
        for _, data in (m for m in messages if m[0] == 4):
            of = list(fields(data))
            stack = []
            for line in (dict(fields(v)) for n, v in of if n == 4):
                name, file = functions[line[1]]
                stack.append(name)
                self.lines.setdefault(name, set()).add((file, line.get(2, 0)))
            locations[dict(of)[1]] = stack
        self.types = [value_type(v) for n, v in messages if n == 1]
        self.period_type = next(value_type(v) for n, v in messages if n == 11)
        self.samples = []
        for _, data in (m for m in messages if m[0] == 2):
            of = dict(fields(data))
            stack = [name for at in numbers(of[1]) for name in locations[at]]
            self.samples.append((stack, numbers(of[2])))
