#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Makes the levels of "Be the scheduler" from the models of tests/models.

    levels.py            writes levels.json, which the page is made of
    levels.py --check    says whether levels.json is what the models give
    levels.py --steps L  shows the steps of level L that stories.py has to name

A level is a model twice, without the part that prevents a bug and with it: the
whole graph of what its threads can do, so that the player may choose any order.
The steps that matter to no other thread go along with the one before them.

levels.json is in the tree because the page is made where there is no Spin, and so
that a change of a model shows what it does to the levels; a test makes it again.
"""

import argparse
import collections
import json
import pathlib
import shutil
import sys

import graph
import stories

FILE = pathlib.Path(__file__).resolve().parent / 'levels.json'
SKIPPED = 77
GOES_ON, QUIET, BUG = range(3)
ROOM = 3000  # states of a graph in the page


class Wrong(Exception):
    """A level is not what a level has to be."""


class Table:
    """Things, each once, by number."""

    def __init__(self):
        self.things, self.numbers = [], {}

    def number(self, thing):
        if thing not in self.numbers:
            self.numbers[thing] = len(self.things)
            self.things.append(thing)
        return self.numbers[thing]


class Side:
    """One of the two graphs of a level, with its steps named."""

    def __init__(self, story, defines, used):
        self.story, self.used = story, used
        self.graph = graph.explore(story.model, defines,
                                   [shown.value for shown in story.shown])
        first = self.graph.edges[0]
        if len(first) != 1:
            raise Wrong(f'{story.model}: init has to come first, and at once')
        self.first = first[0][3]
        self.kinds = [self.graph.types[kind] for kind, _, _ in
                      self.graph.states[self.first]]
        self.players = [process for name in story.threads
                        for process, kind in enumerate(self.kinds) if kind == name]
        self.silent = {}

    def key(self, state, process, statements, to):
        """key names a step. Where its thread has a choice between two that are
        alike, what comes next belongs to it."""
        alike = [edge for edge in self.graph.edges[state]
                 if edge[:2] == (process, statements)]
        if len(alike) > 1:
            statements += next(('>', *edge[1]) for edge in self.graph.edges[to]
                               if edge[0] == process)
        return '; '.join(statements)

    def step(self, process, key, choice):
        """step returns what the story says of a step; None: it is silent. One that
        its thread has a choice about may have a name of its own for that."""
        steps = self.story.steps[self.kinds[process]]
        names = [name for name in (key + '?', key) if name in steps] or [
            name for name in steps
            if name.endswith('…') and key.startswith(name[:-1])]
        if not choice:
            names = [name for name in names if not name.endswith('?')]
        if not names:
            raise Wrong(f'{self.story.id}: no name for a step of '
                        f'{self.kinds[process]}: {key!r}')
        self.used.add((self.kinds[process], names[0]))
        return steps[names[0]]

    def moves(self, state):
        """moves yields (process, step, failed, next) of the players."""
        edges = self.graph.edges[state]
        for process, statements, failed, to in edges:
            if process in self.players:
                choice = sum(edge[0] == process for edge in edges) > 1
                key = self.key(state, process, statements, to)
                step = self.step(process, key, choice)
                yield process, step, failed, to

    def settled(self, state):
        """settled follows silent steps, each of which its thread would take
        anyhow. Returns a state and whether an assertion failed on the way."""
        way = []
        while state not in self.silent:
            way.append(state)
            by = collections.defaultdict(list)
            for move in self.moves(state):
                by[move[0]].append(move)
            alone = [moves[0] for moves in by.values()
                     if len(moves) == 1 and moves[0][1] is None]
            if not alone:
                self.silent[state] = (state, False)
                break
            if alone[0][2]:
                self.silent[state] = (alone[0][3], True)
                break
            state = alone[0][3]
            if state in way:
                raise Wrong(f'{self.story.id}: silent steps go round')
        end = self.silent[state]
        for passed in way:
            self.silent[passed] = end
        return end

    def end(self, state):
        """end says how it stands once no player can move."""
        # Processes that are no players judge, as Quiet does.
        while edges := self.graph.edges[state]:
            if any(failed for _, _, failed, _ in edges):
                return BUG
            state = edges[0][3]
        stay = all(may for _, _, may in self.graph.states[state])
        return QUIET if stay else BUG

    def waits(self, process, state):
        """waits says what a thread waits for that cannot move; '': it is done."""
        processes = self.graph.states[state]
        if process >= len(processes):
            return ''
        kind, place, _ = processes[process]
        values = dict(zip((s.title for s in self.story.shown),
                          self.graph.values[state]))
        if text := self.story.held(self.kinds[process], values):
            return text
        statements = self.graph.waits.get((kind, place), [])
        if statements in ([], ['-end-']):
            return ''
        for statement in statements:
            if text := self.story.waits.get((self.kinds[process], statement)):
                self.used.add((self.kinds[process], statement))
                return text
        raise Wrong(f'{self.story.id}: no name for what {self.kinds[process]} '
                    f'waits for: {statements}')

    def made(self, steps, waits):
        """made returns the graph as the page has it; numbers of `steps` and
        `waits`. A state: values, waits by player, end, moves."""
        values = Table()
        blocked = Table()
        numbers, todo, states = {}, [], []

        def number(state, failed):
            if (state, failed) not in numbers:
                numbers[state, failed] = len(numbers)
                todo.append((state, failed))
            return numbers[state, failed]

        start, failed = self.settled(self.first)
        number(start, failed)
        for state, failed in todo:
            moves = []
            if not failed:
                for process, step, fails, to in self.moves(state):
                    if not fails:
                        to, fails = self.settled(to)
                    move = [self.players.index(process), steps.number(step),
                            number(to, fails)]
                    if step is None:
                        raise Wrong(f'{self.story.id}: a silent step is a choice '
                                    f'of {self.kinds[process]}')
                    if move not in moves:
                        moves.append(move)
            moves.sort()
            movers = {player for player, _, _ in moves}
            held = tuple(-1 if player in movers or failed else
                         waits.number(self.waits(process, state))
                         for player, process in enumerate(self.players))
            end = BUG if failed else GOES_ON if moves else self.end(state)
            states.append([values.number(tuple(self.graph.values[state])),
                           blocked.number(held), end,
                           [n for move in moves for n in move]])
        if len(states) > ROOM:
            raise Wrong(f'{self.story.id}: {len(states)} states')
        return {'values': values.things, 'blocked': blocked.things,
                'states': states}


def par(side):
    """par returns how many steps lead to the bug at least; None: none do."""
    far = {0: 0}
    todo = [0]
    for state in todo:
        _, _, end, moves = side['states'][state]
        if end == BUG:
            return far[state]
        for to in moves[2::3]:
            if to not in far:
                far[to] = far[state] + 1
                todo.append(to)
    return None


def level(story):
    used = set()
    sides = [Side(story, defines, used)
             for defines in (story.wrong, story.right)]
    if sides[0].players != sides[1].players:
        raise Wrong(f'{story.id}: the designs have other threads')
    steps, waits = Table(), Table()
    wrong, right = (side.made(steps, waits) for side in sides)
    if not par(wrong):
        raise Wrong(f'{story.id}: no order of steps leads to the bug')
    if par(right) is not None:
        raise Wrong(f'{story.id}: the right design has the bug too')
    named = {(kind, key) for kind, its in story.steps.items() for key in its}
    if idle := (named | set(story.waits)) - used:
        raise Wrong(f'{story.id}: not met: {sorted(idle)}')
    seen = collections.Counter()
    threads = []
    for process in sides[0].players:
        kind = sides[0].kinds[process]
        threads.append(story.threads[kind][seen[kind]])
        seen[kind] += 1
    return {'id': story.id, 'par': par(wrong), 'threads': threads,
            'shown': [[shown.title, shown.words] for shown in story.shown],
            'steps': steps.things, 'waits': waits.things,
            'graphs': [wrong, right]}


def written(levels):
    """written is the file: a level's part in a line."""
    compact = {'ensure_ascii': False, 'separators': (',', ':')}
    lines = []
    for one in levels:
        parts = ',\n'.join(f'"{key}":{json.dumps(part, **compact)}'
                           for key, part in one.items() if key != 'graphs')
        graphs = ',\n'.join(json.dumps(part, **compact) for part in one['graphs'])
        lines.append('{' + parts + ',\n"graphs":[\n' + graphs + ']}')
    return '[\n' + ',\n'.join(lines) + '\n]\n'


def show_steps(story):
    """show_steps prints the steps of a story, those without a name marked."""
    for defines in (story.wrong, story.right):
        side = Side(story, defines, set())
        print(defines, len(side.graph.states), 'states')
        found = collections.Counter()
        for state, edges in side.graph.edges.items():
            for process, statements, failed, to in edges:
                if process < len(side.kinds):
                    found[side.kinds[process],
                          side.key(state, process, statements, to), failed] += 1
        for (kind, key, failed), count in sorted(found.items()):
            its = story.steps.get(kind, ())
            named = key in its or key + '?' in its
            print(' ' if named else '*', kind, repr(key), count,
                  'FAILS' if failed else '')


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--steps', metavar='LEVEL')
    options = parser.parse_args()
    for tool in 'spin', 'cc':
        if not shutil.which(tool):
            print(f'skipped: there is no {tool}; tools/setup installs it')
            return SKIPPED
    try:
        if options.steps:
            show_steps(next(story for story in stories.STORIES
                            if story.id == options.steps))
            return 0
        text = written([level(story) for story in stories.STORIES])
    except (Wrong, graph.Failed) as problem:
        print(f'levels.py: {problem}')
        return 1
    if not options.check:
        FILE.write_text(text, encoding='utf-8')
    elif FILE.read_text(encoding='utf-8') != text:
        print('levels.json is not what the models give; run '
              'tools/theatre/levels.py')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
