# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Compiles gosling's own sources for Darwin: with include/*.h for the system's
headers and the standard library's, so that clang is all it takes; or, if `tree` is
one of tools/cross, with its compiler, Apple's headers and libc++."""

import mach_o

tree = None

HERE = mach_o.ROOT / 'tests' / 'emulator'
NAMES = '''
algorithm atomic cerrno cstddef cstdint cstdlib cstring limits new string_view
type_traits utility
errno.h fcntl.h libproc.h pthread.h sched.h signal.h stdlib.h string.h time.h unistd.h
mach/mach.h mach/vm_map.h sys/mman.h sys/proc_info.h sys/resource.h sys/types.h
sys/uio.h
absl/base/optimization.h absl/base/thread_annotations.h
boost/context/detail/fcontext.hpp
'''.split()
# All that a signal on its way to the receiver runs through, and what that takes.
SOURCES = [
    'arch/thread_word.cc', 'sched/libc_call.cc', 'sched/m.cc',
    'sched/storm.cc', 'sched/storm_handler.cc',
    'sched/os/os_darwin.cc', 'sched/os/os_posix.cc', 'sched/os/siginfo_darwin.cc',
    'signals/note_pipe.cc', 'signals/pipe.cc', 'signals/pipe_darwin.cc',
    'signals/signote.cc', 'signals/signote_wakeup.cc', 'signals/sigqueue.cc',
    'signals/sigqueue_send.cc', 'signals/table_darwin.cc',
    'tests/emulator/fixture.cc',
]
# 32-bit code that finds itself by the program counter wants more of a linker than
# mach_o.py is; and it is ARM code that arch/arm is about.
FLAGS = {'386': ['-mdynamic-no-pic'], 'amd64': ['-fPIC'],
         'arm': ['-mdynamic-no-pic', '-marm'], 'arm64': ['-fPIC']}


def make_headers(folder):
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text('#include <cxx.h>\n', encoding='utf-8')


def compiled(cpu, source, out, headers):
    """compiled returns the object of a source, a path, in C++."""
    if tree:
        return mach_o.compiled(source, None, out, [
            '-std=gnu++20', '-O2', '-Wno-invalid-offsetof',
            '-isystem', tree / 'root/include'], tree / 'bin/c++')
    try:
        return mach_o.compiled(source, cpu.target, out, [
            '-x', 'c++', '-std=c++20', '-O2', *FLAGS[cpu.name], '-ffreestanding',
            '-Werror', '-Wno-invalid-offsetof', '-nostdinc++', '-nostdlibinc',
            '-isystem', HERE / 'include', '-isystem', headers])
    except RuntimeError as error:
        raise RuntimeError(f'{error}What a source needs of the system or of the '
                           'standard library is declared in tests/emulator/include; '
                           'headers are named in sources.py.') from error
