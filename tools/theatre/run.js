// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

// A run, step by step. openRun knows what there is at each step, as far as the
// recording tells; showRun shows it.

const PS = 1, MS = 2, GS = 3;
const GLOBAL = -1;  // of a slice: in the global queue

function openRun(stage) {
  const tracks = new Map();  // "group/track": its slices, in order
  for (const slice of stage.slices) {
    const key = slice[0] + '/' + slice[1];
    if (!tracks.has(key)) tracks.set(key, []);
    tracks.get(key).push(slice);
  }
  for (const list of tracks.values()) list.sort((a, b) => a[2] - b[2]);
  const ids = group => [...tracks.keys()].filter(k => k.startsWith(group + '/')).map(k => Number(k.slice(2)));
  const sorted = list => [...new Set(list)].sort((a, b) => a - b);
  const queues = stage.slices.filter(s => s[0] === GS && s[5] >= 0).map(s => s[5]);
  const groups = {ps: sorted([...ids(PS), ...queues]), ms: sorted([...ids(MS), ...Object.keys(stage.ms).map(Number)]), gs: sorted(ids(GS))};
  const name = g => stage.gs[g] || 'G' + g;
  const thread = m => stage.ms[m] || 'M';

  // on returns the slice of a track at a time, or nothing.
  function on(group, track, time) {
    const list = tracks.get(group + '/' + track) || [];
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle][2] <= time) low = middle + 1; else high = middle;
    }
    const slice = list[low - 1];
    return slice && time < slice[3] ? slice : undefined;
  }

  // What the Ms without a goroutine do, and how far each signal has come, at the
  // start and then every so many steps: the steps in between are played again.
  const EACH = 256;
  const changed = /^(?:.*: )?(park|wake|spin|steal|note sleep|note wake|signal (\d+) (.*))$/;
  function play(state, i) {
    const [, what, , , , m, more] = stage.steps[i];
    const match = changed.exec(what);
    if (!match) return;
    const [, kind, signal, step] = match;
    const note = state.note;
    if (kind === 'note sleep' || kind === 'note wake') {
      note.receiver = kind === 'note sleep' ? 'asleep' : 'awake';
      if (note.receiver === 'awake') note.pipe = 0;
      return;
    }
    if (!signal) {
      state.ms[m] = kind === 'park' ? (more === 1 ? 'asleep in the netpoller' : 'asleep on its note')
          : kind === 'wake' ? 'awake, without a goroutine' : 'spinning: it looks for work';
      return;
    }
    const of = state.signals[signal] ??= {taken: 0, merged: 0, received: 0, delivered: 0, dropped: 0, pending: 0};
    const key = step === 'taken by the handler' ? 'taken' : step;
    of[key]++;
    if (key === 'taken' || key === 'merged') {
      of.pending++;
      // Only the first one while the receiver sleeps writes into the pipe.
      if (key === 'taken' && note.receiver === 'asleep') note.pipe = 1;
    } else if (key === 'received') {
      of.pending = 0;
    }
    note.last = {signal, key};
  }
  const copy = state => JSON.parse(JSON.stringify(state));
  const saved = [];
  {
    const state = {ms: {}, signals: {}, note: {receiver: '', pipe: 0, last: null}};
    for (let i = 0; i < stage.steps.length; i++) {
      if (i % EACH === 0) saved.push(copy(state));
      play(state, i);
    }
  }
  function played(step) {
    const state = copy(saved[Math.floor(step / EACH)]);
    for (let i = step - step % EACH; i <= step; i++) play(state, i);
    return state;
  }

  function at(step) {
    const time = stage.steps[step][0];
    const {ms, signals, note} = played(step);
    const scene = {time, ps: [], ms: [], queues: new Map(), global: [], unknown: [], runnable: [],
                   timers: [], netpoll: [], waiting: new Map(), signals, note};
    for (const p of groups.ps) {
      scene.ps.push([p, on(PS, p, time)?.[4] ?? 0]);
      scene.queues.set(p, []);
    }
    for (const m of groups.ms) {
      const g = on(MS, m, time)?.[4] ?? 0;
      const p = g ? scene.ps.find(([, by]) => by === g)?.[0] : undefined;
      scene.ms.push([m, g, p ?? -1, g ? '' : ms[m] || 'without a goroutine']);
    }
    for (const g of groups.gs) {
      const slice = on(GS, g, time);
      if (!slice || slice[4] === 'running') continue;
      if (slice[4] === 'runnable') {
        scene.runnable.push([g, slice[2]]);
        (slice[5] === GLOBAL ? scene.global : scene.queues.get(slice[5]) ?? scene.unknown).push([g, slice[2]]);
      } else {
        if (!scene.waiting.has(slice[4])) scene.waiting.set(slice[4], []);
        scene.waiting.get(slice[4]).push([g, slice[2]]);
        if (slice[4] === 'sleep') scene.timers.push(g);
        if (slice[4] === 'IO wait') scene.netpoll.push(g);
      }
    }
    for (const list of [scene.runnable, scene.global, scene.unknown, ...scene.queues.values()]) list.sort((a, b) => a[1] - b[1]);
    return scene;
  }

  function why(g, step) {
    const {time, ps, ms} = at(step);
    const slice = on(GS, g, time);
    if (!slice) return `${name(g)} is not there at this step: it has not been made yet, or has ended.`;
    const since = (time - slice[2]).toFixed(1) + ' µs';
    if (slice[4] === 'running') {
      const m = ms.find(([, of]) => of === g);
      return `${name(g)} is running` + (m ? ` on ${thread(m[0])}` + (m[2] >= 0 ? ` with P${m[2]}.` : '.') : '.');
    }
    if (slice[4] === 'runnable') {
      const busy = ps.filter(([, by]) => by).map(([p, by]) => `P${p} runs ${name(by)}`);
      const queue = slice[5] === GLOBAL ? ' It was put into the global queue: every P looks there, but after its own queue, save for each 61st time.'
          : slice[5] >= 0 ? ` It was put into the queue of P${slice[5]}, and runs after those before it, unless another P steals it.` : '';
      return `${name(g)} has been runnable for ${since}: it waits for a P.${queue} ` + (busy.length ? busy.join(', ') + '.' : 'No P runs a goroutine: an M is on its way.');
    }
    return `${name(g)} waits: ${slice[4]}, for ${since}. ` + (stage.answers[slice[4]] || 'Nothing runs it before it is readied.');
  }
  function find(text, from) {
    text = text.toLowerCase();
    for (let n = 1; n <= stage.steps.length; n++) {
      const i = (from + n) % stage.steps.length;
      if (stage.steps[i][1].toLowerCase().includes(text)) return i;
    }
    return -1;
  }
  return {steps: stage.steps.length, at, why, find, name, thread};
}

function showRun(stage, run) {
  const byId = id => document.getElementById(id);
  const make = (tag, text, more) => Object.assign(document.createElement(tag), {textContent: text}, more);
  let now = 0, chosen = 0, timer = 0;
  const goroutine = (g, kind) => {
    const button = make('button', run.name(g), {className: 'g ' + kind + (stage.steps[now][4] === g ? ' now' : '')});
    button.title = 'why is it not running?';
    button.onclick = () => { chosen = g; show(now); };
    return button;
  };
  const card = (title, ...parts) => {
    const div = make('div', '', {className: 'card'});
    div.append(make('b', title), ...parts);
    return div;
  };
  // A queue, its head first.
  const line = (gs, kind, none) => {
    const div = make('div', '', {className: 'queue'});
    div.append(...(gs.length ? gs.map(([g]) => goroutine(g, kind)) : [none]));
    return div;
  };
  function way(scene) {
    const {note, signals} = scene;
    const at = note.last?.key;
    const stations = [
      ['kill', 'a process, a thread or the kernel sends it', at === undefined ? '' : `last: signal ${note.last.signal}`],
      ['handler', 'on the thread that took it, in any state', at === 'taken' || at === 'merged' ? 'here: ' + at : ''],
      ['sigqueue', 'one slot for each number', Object.entries(signals).filter(([, s]) => s.pending).map(([n, s]) => `signal ${n}: ${s.pending} pending`).join(', ') || 'nothing pending'],
      ['pipe', 'the note: a byte wakes the receiver', note.pipe ? '● a byte' : 'empty'],
      ['receiver', 'a goroutine of the runtime', (note.receiver || 'not told so far') + (at === 'received' ? ', here: it has the signal' : '')],
      ['channel', 'that was given to Notify', Object.entries(signals).map(([n, s]) => `signal ${n}: ${s.delivered} delivered` + (s.dropped ? `, ${s.dropped} dropped` : '')).join(', ') || 'nothing so far'],
    ];
    const here = {taken: 'handler', merged: 'handler', received: 'receiver', delivered: 'channel', dropped: 'channel'}[at];
    return stations.map(([title, what, text]) => {
      const item = make('li', '', {className: 'card' + (title === here ? ' now' : '')});
      if (title === here) item.setAttribute('aria-current', 'step');
      item.append(make('b', title), make('small', what), make('span', text));
      return item;
    });
  }
  function show(step) {
    now = Math.max(0, Math.min(step, run.steps - 1));
    const scene = run.at(now);
    const [, what, here, go] = stage.steps[now];
    byId('at').value = now;
    byId('count').textContent = `${now + 1} of ${run.steps}` + (stage.left ? `, ${stage.left} more left out` : '');
    byId('step').replaceChildren(`${scene.time.toFixed(3)} µs: ${what} — `, make('code', here), `; Go: `, make('code', go));
    byId('ps').replaceChildren(...scene.ps.map(([p, g]) => card('P' + p, g ? goroutine(g, 'running') : 'no goroutine', make('small', 'its queue'), line(scene.queues.get(p), 'runnable', 'empty'))),
        card('global queue', line(scene.global, 'runnable', 'empty')),
        ...(scene.unknown.length ? [card('runnable, the queue not told', line(scene.unknown, 'runnable', ''))] : []));
    byId('ms').replaceChildren(...scene.ms.map(([m, g, p, does]) => card(run.thread(m), g ? goroutine(g, 'running') : does, ...(p >= 0 ? [` with P${p}`] : []))));
    byId('timers').replaceChildren(line(scene.timers.map(g => [g]), 'waiting', 'none'));
    byId('netpoll').replaceChildren(line(scene.netpoll.map(g => [g]), 'waiting', 'none'));
    byId('waits').replaceChildren(...[...scene.waiting].map(([reason, gs]) => {
      const div = make('div', reason + ': ');
      div.append(...gs.map(([g]) => goroutine(g, 'waiting')));
      return div;
    }));
    byId('way').replaceChildren(...way(scene));
    if (chosen) byId('why').textContent = run.why(chosen, now);
  }
  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => now + 1 < run.steps ? show(now + 1) : play(false), 1000 / Math.max(1, byId('speed').value)) : 0;
    byId('play').textContent = on ? 'pause' : 'play';
  }
  if (run.steps === 0) {
    byId('step').textContent = 'Nothing was recorded.';
    return () => false;
  }
  byId('at').max = run.steps - 1;
  byId('at').oninput = event => show(Number(event.target.value));
  byId('back').onclick = () => show(now - 1);
  byId('next').onclick = () => show(now + 1);
  byId('play').onclick = () => play(!timer);
  byId('speed').onchange = () => timer && play(true);
  byId('search').onkeydown = event => {
    if (event.key !== 'Enter') return;
    const found = run.find(event.target.value, now);
    if (found >= 0) show(found);
    else byId('step').textContent = `There is no step with "${event.target.value}".`;
  };
  show(0);
  // key returns whether it has used the key.
  return (key, target) => {
    if (key === 'ArrowRight') show(now + 1);
    else if (key === 'ArrowLeft') show(now - 1);
    else if (key === ' ' && target.tagName !== 'BUTTON') play(!timer);
    else if (key === '/') byId('search').focus();
    else return false;
    return true;
  };
}
