# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""A build for a CPU or a system that there is not ends with a sentence."""

import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUPPORTED = '386, amd64, arm, arm64'

MACHINE = """
[binaries]
cpp = 'c++'
ar = 'ar'
[properties]
needs_exe_wrapper = true
[host_machine]
system = '{system}'
cpu_family = '{family}'
cpu = '{family}'
endian = 'little'
"""


def configure(system, family):
    """configure returns Meson's exit status and what it said."""
    with tempfile.TemporaryDirectory() as folder:
        machine = pathlib.Path(folder) / 'machine.ini'
        machine.write_text(MACHINE.format(system=system, family=family))
        run = subprocess.run(
            ['meson', 'setup', '--cross-file', machine, folder + '/build', ROOT],
            capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def cross(*arguments):
    """cross returns the exit status of tools/cross and what it said."""
    run = subprocess.run([ROOT / 'tools/cross', *arguments],
                         capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


class UnknownTarget(unittest.TestCase):

    def test_an_unknown_cpu_stops_the_configuration_with_a_sentence(self):
        status, said = configure('linux', 'riscv64')
        self.assertNotEqual(status, 0)
        self.assertRegex(
            said, f'does not run on the CPU riscv64: it supports {SUPPORTED};'
                  ' arch/README.md says how to add one.')

    def test_an_unknown_system_stops_the_configuration_with_a_sentence(self):
        status, said = configure('plan9', 'x86_64')
        self.assertNotEqual(status, 0)
        self.assertRegex(
            said, 'does not run on the system plan9: it supports .*linux.*;'
                  ' sched/os/os.h says what another one has to provide.')

    def test_an_unknown_cpu_stops_the_compiler_with_a_sentence(self):
        run = subprocess.run(
            ['c++', '-std=c++20', '-fsyntax-only', '-x', 'c++', '-I', ROOT,
             '-U__x86_64__', '-U__i386__', '-U__arm__', '-U__aarch64__', '-'],
            input='#include "arch/arch.h"\n', capture_output=True, text=True,
            check=False)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn('gosling runs on 386, amd64, arm and arm64;'
                      ' arch/README.md says how to add a CPU.', run.stderr)

    def test_tools_cross_names_its_targets(self):
        status, said = cross('riscv64')
        self.assertEqual(status, 2)
        self.assertIn("unknown target 'riscv64'", said)
        self.assertIn('386, arm, arm64, darwin-amd64, darwin-arm64, libcxx and '
                      'musl', said)

    def test_tools_cross_wants_test_and_nothing_else(self):
        status, said = cross('386', 'tset')
        self.assertEqual(status, 2)
        self.assertIn("'tset'", said)

    def test_tools_cross_explains_itself(self):
        status, said = cross('--help')
        self.assertEqual(status, 0)
        self.assertIn('Usage: tools/cross', said)


if __name__ == '__main__':
    unittest.main()
