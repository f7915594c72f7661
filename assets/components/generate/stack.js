/** The decoder at work: a word is read, goes up through every layer, becomes a distribution, is written, and is read next. */

import { standThere } from '../chapters/masksparts.js';
import { clamp, el, join, set, svg, write } from '../dom.js';
import { short } from '../format.js';
import { headColour } from '../theme.js';
import { fit } from '../tokens.js';
import { numberIn, sessionOf, settle } from './session.js';
import { StackOutput } from './stackoutput.js';
import { phasesOf, planStack } from './stackplan.js';
import { labelsOf, probability } from './words.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./stackplan.js').StackPlan} StackPlan */
/** @typedef {import('./stackplan.js').Phase} Phase */
/** @typedef {{head: number, key: number, weight: number}} Look */
/** @typedef {{scene: StepScene, session: Session, phases: Phase[], at: number, plan: StackPlan}} Now */

const [SHOWN_FROM, NAMED_FROM, EACH] = [0.04, 0.2, 900]; // weights that are drawn, and named; milliseconds of a phase when it plays

export class StackView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.back = el('button', { type: 'button', onclick: () => this.step(-1) }, '←');
    this.next = el('button', { type: 'button', class: 'black', 'data-part': 'next', onclick: () => this.step(1) });
    this.play = el('button', { type: 'button', 'data-part': 'play', onclick: () => this.toggle() });
    this.legend = el('span', { class: 'stack-legend' });
    this.written = el('p', { class: 'word stack-written', 'data-part': 'written' });
    this.says = el('p', { class: 'stack-says', role: 'status', 'data-part': 'says' });
    this.bands = svg('g', { class: 'stack-bands' });
    this.streams = svg('g', { class: 'stack-streams' });
    this.lines = svg('g', { class: 'stack-lines' });
    this.inputs = svg('g', { class: 'stack-words' });
    this.sources = svg('g', { class: 'stack-sources' });
    this.heading = svg('text', { class: 'axis' });
    this.more = [svg('text', { class: 'note' }, '⋮'), svg('text', { class: 'note' }, '⋮')]; // where source words are left out
    this.output = new StackOutput();
    this.field = svg('svg', { class: 'stack-field', role: 'img', 'data-part': 'stack' }, this.bands, this.streams, this.lines, this.output.feed, this.inputs, this.sources, this.heading, ...this.more, this.output.node);
    const head = el('div', { class: 'stack-head' }, this.written, this.legend, this.back, this.next, this.play);
    this.node = el('div', { class: 'generate generate-stack waiting' }, head, this.says, this.field);
    this.timer = 0;
    /** @type {Now | null} */
    this.now = null;
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const session = sessionOf(this.desk, scene);
    if (!session || 'trouble' in session) return;
    this.node.classList.remove('waiting');
    const phases = phasesOf(scene.model.n_decoder_layers);
    const at = Math.round(numberIn(this.desk, 'ph', 0, 0, phases.length - 1));
    const looks = looksOf(scene, session, phases[at]);
    const most = looks.reduce((a, b) => (b.weight > a.weight ? b : a), { head: 0, key: 0, weight: 0 });
    const { look, words, model } = scene;
    const plan = planStack({
      ...{ width: look.width, height: look.height - (look.projector ? 132 : 96), wall: look.projector, layers: model.n_decoder_layers, layer: phases[at].layer },
      ...{ row: session.row, written: session.road.ids.length, sources: words.src.length, here: phases[at].part === 'cross_attn' ? most.key : 0 },
    });
    this.now = { scene, session, phases, at, plan };
    standThere(this.desk, scene, placeOf(phases[at]));
    this.drawHead(this.now, most);
    set(this.field, { width: plan.width, height: plan.height, viewBox: `0 0 ${plan.width} ${plan.height}`, 'aria-label': this.says.textContent });
    this.drawBands(this.now);
    this.drawStreams(this.now);
    this.drawWords(this.now);
    this.drawSources(this.now, looks);
    this.drawLines(this.now, looks);
    this.output.draw(this.now);
  }

  /**
   * @param {Now} now
   * @param {Look} most
   */
  drawHead({ scene, session, phases, at }, most) {
    const { say, model } = scene;
    const { road, row } = session;
    const phase = phases[at];
    const done = phase.part === 'write' ? row + 1 : row;
    const labels = labelsOf(scene, road.ids);
    write(this.written, done ? labels.slice(0, done).map((label) => label.text).join(' ') : say('generate.stack.nothing'));
    set(this.legend, { 'aria-label': say('generate.modes.heads') });
    join(
      this.legend,
      Array.from({ length: model.n_heads }, (_, head) => head),
      () => el('span', {}, el('i'), el('b', { class: 'num' })),
      (node, head) => {
        set(node.children[0], { style: `background:${headColour(scene.palette, head)}` });
        write(node.children[1], String(head + 1));
      },
    );
    write(this.next, say('generate.stack.next') + ' →');
    write(this.play, say(this.timer ? 'generate.stack.pause' : 'generate.stack.play'));
    set(this.back, { disabled: (at === 0 && row === 0) || null, 'aria-label': say('generate.stack.back') });
    set(this.next, { disabled: this.atEnd() || null });
    const reads = row ? labels[row - 1].full : scene.words.tgtIn[0].full;
    const cross = phase.part === 'cross_attn';
    const key = cross ? scene.words.src[most.key] : [scene.words.tgtIn[0], ...labels][most.key];
    const values = {
      reads,
      writes: labels[row].full,
      n: row + 1,
      layer: phase.layer + 1,
      head: most.head + 1,
      weight: short(most.weight),
      key: key?.full ?? '',
      hidden: model.d_ff,
      p: probability(Math.exp(road.logP[row])),
    };
    const last = phase.part === 'write' && row === road.ids.length - 1;
    write(this.says, say(`generate.stack.says_${last ? 'end' : phase.part}`, values));
  }

  /** @param {Now} now */
  drawBands({ scene, plan, phases, at }) {
    const { say, look } = scene;
    const phase = phases[at];
    const type = look.projector ? 20 : 14;
    const right = plan.memory - 50;
    join(
      this.bands,
      [...plan.bands, plan.end],
      () => svg('g', {}, svg('rect', { rx: 4 }), svg('text', { 'text-anchor': 'end' })),
      (g, { part, layer, y, height }) => {
        const [rect, text] = g.children;
        const left = plan.x(plan.rows[0]) - plan.column / 2;
        const here = part === phase.part && layer === phase.layer;
        set(rect, { x: left, y, width: right - left, height });
        set(text, { x: left - 10, y: y + height / 2 + 5, 'font-size': type });
        write(text, say(`generate.stack.${part}`, { layer: layer + 1 }));
        set(g, { 'data-here': here || null, 'data-band': `${layer}.${part}` });
      },
    );
  }

  /**
   * The residual stream of every word that was read, and how high the newest one has come.
   * @param {Now} now
   */
  drawStreams({ plan, session, phases, at }) {
    const top = plan.bands[plan.bands.length - 1].y - 10;
    const band = plan.bands.find(({ part, layer }) => part === phases[at].part && layer === phases[at].layer);
    const height = { read: plan.words - 24, softmax: top, write: top }[/** @type {'read'} */ (phases[at].part)] ?? (band ? band.y + band.height / 2 : top);
    join(
      this.streams,
      plan.rows.filter((row) => row <= session.row),
      () => svg('line'),
      (line, row) => set(line, { x1: plan.x(row), x2: plan.x(row), y1: plan.words - 18, y2: row === session.row ? height : top, 'data-here': row === session.row || null }),
    );
  }

  /** @param {Now} now */
  drawWords({ scene, session, plan, phases, at }) {
    const { palette, look } = scene;
    const [begin] = scene.words.tgtIn;
    const labels = [begin, ...labelsOf(scene, session.road.ids)];
    const type = { size: look.projector ? 22 : 17, smallest: look.projector ? 20 : 13, family: palette.fonts.word, weight: 600 };
    const fed = phases[at].part === 'write';
    join(
      this.inputs,
      plan.rows,
      () => svg('g', {}, svg('rect', { rx: 3 }), svg('text', { 'text-anchor': 'middle' })),
      (g, row) => {
        const [rect, text] = g.children;
        const known = row <= session.row || (row === session.row + 1 && fed);
        const label = fit(known ? labels[row].text : '·', plan.column - 12, type);
        const high = look.projector ? 34 : 28;
        set(rect, { x: plan.x(row) - plan.column / 2 + 3, y: plan.words - 12, width: plan.column - 6, height: high });
        write(text, label.text);
        set(text, { x: plan.x(row), y: plan.words - 12 + high * 0.7, 'font-size': label.size });
        set(g, { 'data-here': row === session.row + (fed ? 1 : 0) || null, 'data-later': !known || null });
      },
    );
  }

  /**
   * @param {Now} now
   * @param {Look[]} looks
   */
  drawSources({ scene, plan, phases, at }, looks) {
    const { words, palette, look, say } = scene;
    const { first, last } = plan.keys;
    const more = [{ cut: first > 0, y: plan.source(first - 0.7) }, { cut: last < words.src.length, y: plan.source(last - 0.2) }];
    this.more.forEach((node, n) => set(node, { x: plan.memory + 2, y: more[n].y + 5, 'font-size': look.projector ? 20 : 13, visibility: more[n].cut ? 'visible' : 'hidden' }));
    const cross = phases[at].part === 'cross_attn';
    const type = { size: look.projector ? 22 : 16, smallest: look.projector ? 20 : 13, family: palette.fonts.word, weight: 600 };
    write(this.heading, say('generate.stack.memory'));
    set(this.heading, { x: plan.memory, y: 40, 'font-size': look.projector ? 20 : 14 });
    join(
      this.sources,
      words.src.slice(first, last),
      () => svg('text'),
      (text, word, nth) => {
        const key = first + nth;
        const read = cross ? Math.max(0, ...looks.filter((one) => one.key === key).map(({ weight }) => weight)) : 0;
        const label = fit(word.text, plan.width - plan.memory - 60, type);
        write(text, read >= 0.1 ? `${label.text}  ${short(read)}` : label.text);
        set(text, { x: plan.memory, y: plan.source(key) + 5, 'font-size': label.size, class: read >= 0.3 ? 'strong' : null });
      },
    );
  }

  /**
   * Where the heads look in the sublayer at hand: back to the words before, or across to the source.
   * @param {Now} now
   * @param {Look[]} looks
   */
  drawLines({ scene, session, plan, phases, at }, looks) {
    const { palette, look } = scene;
    const { part, layer } = phases[at];
    const band = plan.bands.find((one) => one.part === part && one.layer === layer);
    const x = plan.x(session.row);
    const n = scene.model.n_heads;
    join(
      this.lines,
      band ? looks.filter(({ weight }) => weight >= SHOWN_FROM) : [],
      () => svg('g', {}, svg('path', { fill: 'none' }), svg('text', { 'text-anchor': 'end' })),
      (g, { head, key, weight }) => {
        if (!band) return;
        const [path, number] = g.children;
        const y = band.y + ((head + 0.5) / n) * band.height;
        const to = part === 'cross_attn' ? { x: plan.memory - 6, y: plan.source(clamp(key, plan.keys.first, plan.keys.last - 1)) } : { x: plan.x(key), y };
        const arc = part === 'cross_attn' ? `M${x},${y}C${(x + to.x) / 2},${y} ${to.x - 80},${to.y} ${to.x},${to.y}` : key === session.row ? `M${x - 9},${y}a9,9 0 1 1 18,0` : `M${x},${y}L${to.x},${y}`;
        set(path, { d: arc, stroke: headColour(palette, head), 'stroke-width': (1 + 4 * weight).toFixed(2), 'stroke-opacity': (0.3 + 0.7 * weight).toFixed(2), 'data-head': head });
        write(number, weight >= NAMED_FROM && band.height / n >= (look.projector ? 19 : 12) ? String(head + 1) : '');
        set(number, { x: part === 'cross_attn' || key === session.row ? x - 13 : to.x - 6, y: y + 5, 'font-size': look.projector ? 20 : 13 });
      },
    );
  }

  // --- moving -----------------------------------------------------------------------------------------------------------

  atEnd() {
    if (!this.now) return true;
    const { session, phases, at } = this.now;
    return at === phases.length - 1 && session.row === session.road.ids.length - 1;
  }

  /** @param {number} by */
  step(by) {
    if (!this.now) return;
    const { session, phases } = this.now;
    const n = phases.length;
    const place = clamp(session.row * n + this.now.at + by, 0, session.road.ids.length * n - 1);
    settle(this.desk, { i: String(Math.floor(place / n)), ph: String(place % n) });
  }

  /** @param {number} by */
  word(by) {
    if (this.now) settle(this.desk, { i: String(clamp(this.now.session.row + by, 0, this.now.session.road.ids.length - 1)), ph: null });
  }

  toggle() {
    if (this.timer) this.rest();
    else {
      this.timer = window.setInterval(() => this.tick(), EACH);
      if (this.now) this.draw(this.now.scene);
    }
  }

  tick() {
    if (this.node.hidden || !this.node.isConnected || this.atEnd()) this.rest();
    else this.step(1);
  }

  rest() {
    clearInterval(this.timer);
    this.timer = 0;
    if (this.now && this.node.isConnected && !this.node.hidden) this.draw(this.now.scene);
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    return [
      { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'generate.keys.phase', run: (key) => this.step(key === 'ArrowLeft' ? -1 : 1) },
      { keys: ['PageUp', 'PageDown'], shown: 'PgUp PgDn', help: 'generate.keys.phase', run: (key) => this.step(key === 'PageUp' ? -1 : 1) },
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'generate.keys.step', run: (key) => this.word(key === 'ArrowUp' ? -1 : 1) },
      { keys: ['Home'], shown: 'Home', help: 'generate.keys.first', run: () => this.word(-Infinity) },
      { keys: [' '], shown: 'Space', help: 'generate.keys.play', run: () => this.toggle() },
    ];
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    const session = sessionOf(this.desk, scene);
    if (!session || 'trouble' in session) return { caption: '', columns: [], rows: [] };
    const { say } = scene;
    const labels = [scene.words.tgtIn[0], ...labelsOf(scene, session.road.ids)];
    const rows = session.road.ids.map((_, row) => ({ name: labels[row].full, cells: [labels[row + 1].full, probability(Math.exp(session.road.logP[row]))] }));
    return { caption: say('generate.stack.table'), columns: [say('generate.stack.writes'), 'P'], rows };
  }
}

/**
 * Every weight of the row at hand in the sublayer of a phase; none where a phase has no attention.
 * @param {StepScene} scene
 * @param {Session} session
 * @param {Phase} phase
 * @returns {Look[]}
 */
function looksOf({ model }, { road, row }, { part, layer }) {
  if (part !== 'self_attn' && part !== 'cross_attn') return [];
  return Array.from({ length: model.n_heads }, (_, head) => {
    const weights = Array.from(road.weights(`decoder.${layer}.${part}`, head, row));
    return (part === 'cross_attn' ? weights : weights.slice(0, row + 1)).map((weight, key) => ({ head, key, weight }));
  }).flat();
}

/**
 * Where in the pass a phase is, for the bar above.
 * @param {Phase} phase
 */
function placeOf({ part, layer }) {
  if (part === 'read') return 'tgt_embed';
  return part === 'softmax' || part === 'write' ? 'output' : `decoder.${layer}.${part}`;
}
