// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// Be the scheduler: the reader takes one step of one thread after the other.
//
// A level's graphs (levels.py) have all that can happen in any order, once without
// the part that prevents the bug and once with it. A state of a graph is [values,
// blocked, end, moves]; moves are triples: thread, step, next state.

const QUIET = 1, BUG = 2;  // how a state ends, unless it goes on: 0

// openLevel knows a level, in the wrong or the right design; all that the page
// shows of it comes from here.
function openLevel(level, right) {
  const graph = level.graphs[right ? 1 : 0];
  const triples = state => {
    const flat = graph.states[state][3], found = [];
    for (let i = 0; i < flat.length; i += 3) found.push(flat.slice(i, i + 3));
    return found;
  };
  // How many steps it is from each state to the bug, at least.
  const before = graph.states.map(() => []);
  const far = new Array(graph.states.length).fill(Infinity);
  const todo = [];
  graph.states.forEach(([, , end], state) => {
    for (const [, , to] of triples(state)) before[to].push(state);
    if (end === BUG) {
      far[state] = 0;
      todo.push(state);
    }
  });
  for (const state of todo) {
    for (const earlier of before[state]) {
      if (far[earlier] !== Infinity) continue;
      far[earlier] = far[state] + 1;
      todo.push(earlier);
    }
  }
  // explore goes everywhere, whatever the order of steps.
  function explore() {
    const seen = new Set([0]), way = [0];
    let steps = 0, bugs = 0;
    for (const state of way) {
      if (graph.states[state][2] === BUG) bugs++;
      for (const [, , to] of triples(state)) {
        steps++;
        if (seen.has(to)) continue;
        seen.add(to);
        way.push(to);
      }
    }
    return {states: way.length, steps, bugs};
  }
  function at(state) {
    const [values, blocked, end] = graph.states[state];
    const threads = level.threads.map((name, thread) => {
      const waits = graph.blocked[blocked][thread];
      return {name, moves: [], waits: waits < 0 ? 'stands still' : level.waits[waits] || 'has done all that it had to do'};
    });
    for (const [thread, step, to] of triples(state)) {
      const [text, place, go] = level.steps[step];
      threads[thread].moves.push({thread, text, place, go, to});
    }
    const shown = level.shown.map(([title, words], i) => {
      const value = graph.values[values][i];
      return [title, words ? words[value] : String(value)];
    });
    return {end, threads, shown, far: far[state]};
  }
  // hint is the next move of a shortest way to the bug, if there is one.
  function hint(state) {
    if (far[state] === Infinity) return undefined;
    return at(state).threads.flatMap(thread => thread.moves)
        .find(move => far[move.to] < far[state]);
  }
  return {start: 0, par: far[0], at, hint, explore};
}

function scheduler(levels) {
  const byId = id => document.getElementById(id);
  const make = (tag, text, more) => Object.assign(document.createElement(tag), {textContent: text}, more);
  let number = 0, right = false, game, path = [];
  const now = () => path.length ? path[path.length - 1].to : game.start;
  const say = text => { byId('said').textContent = text; };

  function start(which, design) {
    number = (which + levels.length) % levels.length;
    right = design;
    game = openLevel(levels[number], right);
    path = [];
    const level = levels[number];
    [...byId('choose').children].forEach((item, i) =>
        item.firstChild.setAttribute('aria-pressed', String(i === number)));
    byId('title').textContent = `${number + 1}. ${level.title}`;
    byId('story').textContent = level.story;
    byId('goal').textContent = level.goal;
    byId('wrong').checked = !right;
    byId('right').checked = right;
    byId('wrong-name').textContent = level.designs[0];
    byId('right-name').textContent = level.designs[1];
    const {states, steps, bugs} = game.explore();
    byId('explored').textContent = `This page has just tried every order of steps: ${states} states, ${steps} steps; ` +
        (bugs ? `the bug is in ${bugs} of them, ${game.par} steps away at least.` : 'the bug is in none of them.');
    say(right ? 'With this design no order of steps leads to the bug. Try.' : 'Choose who takes the next step.');
    show();
  }
  function take(move) {
    path.push({...move, name: levels[number].threads[move.thread]});
    const {end} = game.at(now());
    if (end === BUG) say(`There it is, after ${path.length} steps; ${game.par} would do. ${levels[number].bug}`);
    else if (end === QUIET) say(`${levels[number].quiet} Take steps back (u), or start again (r).`);
    else say(`${path[path.length - 1].name}: ${move.text}.`);
    show(move.thread);
  }
  function undo() {
    if (!path.length) return say('This is the start.');
    const {name, text, thread} = path.pop();
    say(`Taken back: ${name}: ${text}.`);
    show(thread);
  }
  function hint() {
    const move = game.hint(now());
    if (move) say(`Hint: ${levels[number].threads[move.thread]}: ${move.text}.`);
    else say(right ? 'There is no way to the bug in this design.' : 'From here no way leads to the bug: take steps back (u).');
  }
  function card(thread, index, count) {
    const group = make('div', '', {className: 'card thread'});
    group.setAttribute('role', 'group');
    const title = make('b', thread.name, {id: `thread-${index}`});
    group.setAttribute('aria-labelledby', title.id);
    group.append(title);
    for (const move of thread.moves) {
      const button = make('button', '', {className: 'move', onclick: () => take(move)});
      button.dataset.thread = index;
      count.n++;
      if (count.n < 10) {
        button.append(make('kbd', count.n), ' ');
        button.setAttribute('aria-keyshortcuts', count.n);
      }
      button.append(move.text);
      group.append(button);
    }
    if (!thread.moves.length) {
      group.classList.add('waiting');
      group.append(thread.waits);
    }
    return group;
  }
  function show(thread) {
    const scene = game.at(now());
    const held = byId('threads').contains(document.activeElement);
    const count = {n: 0};
    byId('threads').replaceChildren(...scene.threads.map((t, i) => card(t, i, count)));
    if (held) (byId('threads').querySelector(`[data-thread="${thread}"]`) || byId('threads').querySelector('button') || byId('undo')).focus();
    const old = path.length ? game.at(path.length > 1 ? path[path.length - 2].to : game.start).shown : scene.shown;
    byId('values').replaceChildren(...scene.shown.map(([title, value], i) => {
      const row = make('tr', '');
      const changed = value !== old[i][1];
      row.append(make('th', title, {scope: 'row'}), make('td', value + (changed ? ' (changed)' : ''), {className: changed ? 'now' : ''}));
      return row;
    }));
    byId('taken').replaceChildren(...path.map(({name, text, place, go}) => {
      const item = make('li', `${name}: ${text} `);
      if (place) item.append(make('code', place));
      if (go) item.append('; Go: ', make('code', go));
      return item;
    }));
    byId('steps').textContent = `Steps: ${path.length}; ` + (right ? 'no number of them leads to the bug.' : `the shortest way has ${game.par}.`);
    byId('undo').disabled = byId('restart').disabled = !path.length;
    byId('won').hidden = scene.end !== BUG;
    if (scene.end === BUG) {
      const {after, line, exercise} = levels[number];
      byId('after').textContent = after.join(' ');
      byId('line').replaceChildren('What prevents it: ', make('a', `${line.file}:${line.number}`, {href: line.link}), ' ', make('code', line.text));
      byId('exercise').replaceChildren('To find out more: ', make('a', exercise.title, {href: exercise.link}));
    }
  }

  byId('choose').replaceChildren(...levels.map(({title}, i) => {
    const item = make('li', '');
    item.append(make('button', `${i + 1}. ${title}`, {onclick: () => start(i, false)}));
    return item;
  }));
  byId('undo').onclick = undo;
  byId('restart').onclick = () => start(number, right);
  byId('hint').onclick = hint;
  byId('wrong').onchange = byId('right').onchange = () => start(number, byId('right').checked);
  start(0, false);
  // key returns whether it has used the key.
  return key => {
    if (/^[1-9]$/.test(key)) byId('threads').querySelectorAll('button')[key - 1]?.click();
    else if (key === 'u' || key === 'Backspace') undo();
    else if (key === 'r') start(number, right);
    else if (key === 'h') hint();
    else if (key === 'd') start(number, !right);
    else if (key === 'n') start(number + 1, false);
    else if (key === 'p') start(number - 1, false);
    else return false;
    return true;
  };
}
