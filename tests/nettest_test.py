#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Go's own tests of connections, unchanged, with connections of gosling.

Usage: nettest_test.py SHIM FOLDER [-fsanitize=thread]

SHIM is the shared library made of tests/nettest/shim.cc. FOLDER is where the
test program is built: out of tests/nettest/go and the package nettest, which
every Go has among its sources; nothing of that is in this tree. Without Go
(`tools/setup --go` gets one), a C compiler for cgo, or those sources the test
is skipped and says so.

With -fsanitize=thread SHIM was built so, and cgo is told: Go's own threads are
made known to ThreadSanitizer then, and each call from Go to C and back counts as
an order of things. What Go's code itself does, which is not built so, is not
looked at; `go test -race` would do that, and has a ThreadSanitizer of its own,
of which there can be one in a program.

GOSLING_NETTEST_COUNT says how often all of it is run, otherwise once.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'tools' / 'bench'))
import find_go  # noqa: E402
from process import Missing, call  # noqa: E402

SKIPPED = 77
NETWORKS = 'tcp', 'unix', 'unixpacket', 'pipe'
PACKAGE = pathlib.Path('src/vendor/golang.org/x/net/nettest')
RUN_LIMIT = 120  # seconds that one run may take


def build(shim, folder, flags):
    """build returns the test program's path and the names of Go's tests, or
    raises Missing. `flags` are for the C compiler."""
    go = find_go.new_go()
    environment = {**os.environ, 'GOTOOLCHAIN': 'local', 'GOPROXY': 'off',
                   'GOFLAGS': '-mod=mod', 'GOWORK': 'off'}
    source = pathlib.Path(call([go, 'env', 'GOROOT'],
                               env=environment).strip()) / PACKAGE
    if not source.is_dir():
        raise Missing(f'this Go has no {PACKAGE}')
    compiler = call([go, 'env', 'CC'], env=environment).split()
    if not compiler or not shutil.which(compiler[0]):
        raise Missing('cgo has no C compiler')

    module = folder / 'nettest_go'
    shutil.rmtree(module, ignore_errors=True)
    shutil.copytree(HERE / 'nettest' / 'go', module)
    shutil.copytree(source, module / 'x_net' / 'nettest')
    (module / 'x_net' / 'go.mod').write_text(
        'module golang.org/x/net\n\ngo 1.27\n')
    program = folder / 'nettest_program'
    environment |= {
        'CGO_ENABLED': '1',
        'CGO_CFLAGS': ' '.join(['-O2', f'-I{HERE / "nettest"}', *flags]),
        'CGO_LDFLAGS': ' '.join([f'{shim}', f'-Wl,-rpath,{shim.parent}', *flags]),
    }
    call([go, 'test', '-c', '-o', program, '.'], cwd=module, env=environment)
    tests = re.findall(r'\bt\.Run\("(\w+)"',
                       (source / 'conntest.go').read_text())
    return program, tests


def main():
    shim, folder = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
    count = int(os.environ.get('GOSLING_NETTEST_COUNT') or 1)
    try:
        program, tests = build(shim, folder, sys.argv[3:])
    except Missing as missing:
        print(f'skipped: {missing}')
        return SKIPPED
    if len(tests) < 11:
        print(f'only {len(tests)} tests were found in {PACKAGE}')
        return 1

    # Read line by line: what a run that hangs has said is seen.
    passed, failed = {}, 0
    with subprocess.Popen(
            [program, '-test.v', f'-test.count={count}',
             f'-test.timeout={count * RUN_LIMIT}s'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True) as running:
        for line in running.stdout:
            if found := re.match(r' *--- PASS: TestConn/(\w+/\w+) ', line):
                passed[found[1]] = passed.get(found[1], 0) + 1
            elif not re.match(r'=== |PASS$| *--- PASS: ', line):
                failed += 1
                print(line, end='', flush=True)
    for name in (f'{network}/{test}' for network in NETWORKS for test in tests):
        if passed.get(name, 0) != count:
            failed += 1
            print(f'{name}: passed {passed.get(name, 0)} times of {count}')
    print(f'{sum(passed.values())} passed')
    return 1 if failed or running.returncode else 0


if __name__ == '__main__':
    sys.exit(main())
