# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The graph of all that a model of tests/models can do, as Spin explores it.

Spin's verifier is a C program. It tells each step that it takes when it is
compiled with -DVERBOSE; a function of ours, put where it meets a new state, tells
the state. Neither reductions nor merged statements: each step stands for itself.
"""

import dataclasses
import pathlib
import re
import shutil
import subprocess
import tempfile

MODELS = pathlib.Path(__file__).resolve().parents[2] / 'tests/models'
END = -1  # a process that has ended and cannot be removed yet

# Where the verifier meets a new state, and where an assertion fails.
MEETS = re.compile(r'printf\("\tNew state %d\\n", \(int\) nstates\);')
FAILS = re.compile(r'if \(!a && !noasserts\)\s*\{')

SHOW = r'''
static void ShowTable(void) {
  for (int type = 0; type <= _NP_; type++) {
    if (!trans[type]) continue;
    printf("@type %%d %%s\n", type, procname[type]);
    for (int at = 1; at < NrStates[type]; at++) {
      for (Trans *t = trans[type][at]; t; t = t->nxt) {
        printf("@step %%d %%d %%d %%s\n", type, at, t->forw, t->tp);
      }
    }
  }
}

static void ShowState(int id) {
  if (id == 0) ShowTable();
  printf("@new %%d", id);
  for (int i = 0; i < (int)now._nr_pr; i++) {
    P0 *const p = (P0 *)pptr(i);
    printf(" %%d:%%d:%%d", p->_t, p->_p, stopstate[p->_t][p->_p]);
  }
  printf(" |");
%s
  printf("\n");
}
'''


class Failed(Exception):
    """Spin, or what it made, did not do what it should."""


@dataclasses.dataclass
class Graph:
    """start: a state; states: by number, (type, place, may stay) of each process;
    values: what was asked for, in each; edges: by state, lists of (process,
    statements, whether an assertion failed, the next state); types: names of
    proctypes; waits: by (type, place) the statements that may come next."""
    states: dict
    values: dict
    edges: dict
    types: dict
    waits: dict
    start: int = 0


def run(folder, *command):
    ran = subprocess.run(command, cwd=folder, capture_output=True,
                         encoding='utf-8', stdin=subprocess.DEVNULL)
    if ran.returncode:
        raise Failed(f'{" ".join(command)}: {ran.stdout[-500:]}{ran.stderr[-500:]}')
    return ran.stdout


def once(pattern, text, instead):
    text, count = pattern.subn(lambda _: instead, text)
    if count != 1:
        raise Failed(f'this Spin writes another verifier: {pattern.pattern}, '
                     f'{count} times')
    return text


def said_by_verifier(model, defines, shown):
    """said_by_verifier explores `model`; `shown`: C expressions of a state."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file in MODELS.glob('*.pml'):
            shutil.copy(file, folder)
        run(folder, 'spin', '-a', '-o1', '-o2', '-o3',
            *(f'-D{define}' for define in defines), f'{model}.pml')
        source = folder / 'pan.c'
        text = source.read_text(encoding='utf-8')
        text = once(MEETS, text, 'ShowState((int)nstates);')
        text = once(FAILS, text, 'if (!a && !noasserts) { printf("@wrong\\n");')
        show = '\n'.join(f'  printf(" %d", (int)({what}));' for what in shown)
        source.write_text('static void ShowState(int);\n' + text + SHOW % show,
                          encoding='utf-8')
        run(folder, 'cc', '-w', '-O1', '-DSAFETY', '-DNOREDUCE', '-DVERBOSE',
            '-DMEMLIM=500', '-o', 'pan', 'pan.c')
        return run(folder, './pan', '-c0', '-E', '-m100000', '-w18')


STEP = re.compile(r' *\d+: proc (\d+) exec (\d+), (\d+) to (\d+), (.*?) '
                  r'(?:atomic)? *(?:rendez-vous)? *(?:non-)?accepting \[tau=\d+\]')
SEEN = re.compile(r'\t(?:Old|Stack) state (\d+)')


def explore(model, defines, shown):
    graph = Graph({}, {}, {}, {}, {})
    texts = {}    # of a step, by its number
    path = []     # (the state where it began or None, process, statements, wrong)
    here = None   # the state that the verifier is in; None: amid atomic steps
    wrong = False
    pending = []  # statements since the last state
    origin = 0

    def arrive(state):
        nonlocal here, pending
        if pending:
            process = pending[0][0]
            edge = (process, tuple(text for _, text, _ in pending),
                    any(failed for _, _, failed in pending), state)
            if edge not in graph.edges[origin]:
                graph.edges[origin].append(edge)
        pending = []
        here = state

    for line in said_by_verifier(model, defines, shown).splitlines():
        if line.startswith('@type'):
            _, number, name = line.split()
            graph.types[int(number)] = name.lstrip(':').rstrip(':')
        elif line.startswith('@step'):
            _, kind, place, step, *text = line.split(' ', 4)
            texts[int(kind), int(place), int(step)] = text = ''.join(text)
            graph.waits.setdefault((int(kind), int(place)), []).append(text)
        elif line.startswith('@new'):
            if '@new 0 ' in line:
                texts = exact(texts)
            processes, values = line.split('|')
            _, number, *processes = processes.split()
            number = int(number)
            graph.states[number] = [tuple(map(int, p.split(':')))
                                    for p in processes]
            graph.values[number] = [int(v) for v in values.split()]
            graph.edges[number] = []
            arrive(number)
        elif line == '@wrong':
            wrong = True
        elif match := SEEN.match(line):
            arrive(int(match[1]))
        elif match := STEP.match(line):
            path.append((here, origin, pending))
            process, step, place = int(match[1]), int(match[2]), int(match[3])
            if here is not None:
                origin, pending = here, []
            kind = graph.states[origin][process][0]
            pending = pending + [(process, texts[kind, place, step], wrong)]
            wrong, here = False, None
        elif ': Up - ' in line:
            if path:
                here, origin, pending = path.pop()
    return graph


def exact(texts):
    """exact says of each else what it is the other side of."""
    others = {}
    for (kind, place, _), text in texts.items():
        if text != 'else':
            others.setdefault((kind, place), []).append(text)
    return {at: 'not ' + ' nor '.join(others.get(at[:2], ['anything']))
            if text == 'else' else text for at, text in texts.items()}
