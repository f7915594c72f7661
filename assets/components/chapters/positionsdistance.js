/** How alike two positions are: PE(p) . PE(q) as a matrix, and as lines over the distance, one for each of several p. */

import { el } from '../dom.js';
import { Curves } from '../step/curves.js';
import { Heat } from '../step/heat.js';
import { digits, exactly, frequency, power } from './positionsmath.js';
import { answerOf, counted, drawFacts, every, mixed, result, Source, Trail, whole } from './positionsparts.js';

/** @typedef {import('./positionsparts.js').StepScene} StepScene */
/** @typedef {import('./positionsparts.js').Answer} Answer */
/** @typedef {{answer: Answer, p: number, q: number, shown: number}} Now */

const TERMS = 3; // of a sum, before "others"
// Lines that lie on each other must all be seen: each is narrower and darker than the one below it.
const WIDTHS = [9, 6, 3.5, 1.5];
const PALER = [0.75, 0.5, 0.2, 0];

export class Distance {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.heat = new Heat({ pick: ({ row, col }) => this.go(row, col) });
    this.curves = new Curves({ pick: (distance) => this.goDistance(distance) });
    this.source = new Source(desk);
    this.facts = el('dl', { class: 'positions-facts', 'data-part': 'facts' });
    this.trail = new Trail();
    this.note = el('p', { class: 'positions-note', hidden: '' });
    const right = el('div', { class: 'positions-right' }, this.curves.node, this.facts, this.trail.node);
    this.node = el('div', { class: 'positions distance', 'data-part': 'distance' }, this.note, this.source.node, el('div', { class: 'positions-columns' }, this.heat.node, right));
    /** @type {Now | null} */
    this.now = null;
  }

  /** @param {number} p @param {number} q */
  go(p, q) {
    this.desk.change((view) => ({ ...view, options: { ...view.options, p: String(p), q: String(q) } }));
  }

  /** Keep p where that is possible, and look this far away from it. @param {number} distance */
  goDistance(distance) {
    if (!this.now) return;
    const { p, shown } = this.now;
    const most = shown - 1;
    const from = Math.max(0, Math.min(most, Math.max(-distance, Math.min(most - distance, p))));
    this.go(from, Math.max(0, Math.min(most, from + distance)));
  }

  /**
   * @param {StepScene} scene
   * @returns {Now | null}
   */
  read(scene) {
    const answer = answerOf(scene, { view: 'distance', source: this.source.asked(scene) }, this.note);
    if (!answer) return null;
    const { shown } = answer.header;
    return { answer, shown, p: whole(this.desk, 'p', Math.min(3, shown - 1), shown - 1), q: whole(this.desk, 'q', Math.min(5, shown - 1), shown - 1) };
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const now = this.read(scene);
    this.source.draw(scene, now?.answer ?? null);
    if (!now) return;
    this.now = now;
    const { look, say } = scene;
    const height = look.height - (look.projector ? 46 : 36);
    const width = Math.round(look.width * (look.projector ? 0.42 : 0.5));
    const { shown, p, q, answer } = now;
    const { values } = /** @type {{values: Float32Array}} */ (answer.tensors.get('products'));
    const cell = Math.max(4, Math.floor((height - 90) / shown));
    const across = Math.max(4, Math.floor((width - 120) / shown));
    const data = {
      rows: counted(shown, every(Math.min(29, cell), look.projector), p),
      cols: counted(shown, every(Math.min(34, across), look.projector), q),
      at: (/** @type {number} */ row, /** @type {number} */ col) => values[row * shown + col],
      hue: /** @type {const} */ ('stream'),
      axes: { rows: say('positions.axis.p'), cols: say('positions.axis.q') },
      rowMark: /** @type {const} */ ('solid'),
      plain: true,
      label: say('positions.distance.label'),
    };
    this.heat.draw(scene, data, { width, height }, { row: p, col: q });
    this.drawCurves(scene, now, { width: look.width - width - 24, height: look.projector ? height - 232 : height - (look.width < 1000 ? 322 : 284) });
    this.drawFacts(scene, now);
    this.drawTrail(scene, now);
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   * @param {{width: number, height: number}} size
   */
  drawCurves(scene, { answer, p, q }, size) {
    const { palette, say } = scene;
    const { anchors, n } = answer.header;
    const { values } = /** @type {{values: Float32Array}} */ (answer.tensors.get('lines'));
    const thin = WIDTHS.length - anchors.length;
    const lines = anchors.map((/** @type {number} */ anchor, /** @type {number} */ nth) => ({
      name: `p = ${anchor}`,
      colour: mixed(palette.stream, palette.paper, PALER[nth + thin]),
      width: WIDTHS[nth + thin],
      points: Array.from({ length: n }, (_, other) => /** @type {[number, number]} */ ([other - anchor, values[nth * n + other]])),
    }));
    const x = { label: say('positions.axis.distance'), min: 1 - n, max: Math.max(1, n - 1) };
    this.curves.draw(scene, { lines, x, y: { label: 'PE(p) · PE(q)' }, cursor: q - p, label: say('positions.distance.lines') }, size);
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   */
  drawFacts({ say, look }, { answer }) {
    const { spread32, spread64, at_zero, n, width } = answer.header;
    /** @param {any} spread */
    const where = (spread) => say('positions.distance.where', { distance: spread.distance, high: pairOf(spread.high), low: pairOf(spread.low) });
    const facts = [];
    if (at_zero !== null) facts.push({ name: say('positions.distance.zero'), value: digits(at_zero, 3), note: say('positions.distance.half', { width }) });
    if (spread64) facts.push({ name: say('positions.distance.spread64'), value: power(spread64.value), note: look.projector ? '' : where(spread64) });
    const single = say(spread64 ? 'positions.distance.spread32' : 'positions.distance.spread_learned');
    facts.push({ name: single, value: spread32.value < 0.01 ? power(spread32.value) : digits(spread32.value, 3), note: look.projector ? '' : where(spread32) });
    if (!look.projector) facts.push({ name: say('positions.distance.pairs'), value: (n * n).toLocaleString('en'), note: say('positions.distance.all', { n }) });
    drawFacts(this.facts, facts);
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   */
  drawTrail(scene, { answer, p, q, shown }) {
    const { say } = scene;
    const { width, sines } = answer.header;
    const model = /** @type {{values: Float32Array}} */ (answer.tensors.get('products')).values[p * shown + q];
    const title = say('positions.distance.cell', { p, q, distance: Math.abs(q - p) });
    const code = sines
      ? `torch.cos(${Math.abs(p - q)} / 10000 ** (torch.arange(0, ${width}, 2, dtype=torch.float64) / ${width})).sum()`
      : `run.model.src_embed.position.table[${p}] @ run.model.src_embed.position.table[${q}]`;
    if (!sines) return this.trail.draw(scene, { title, lines: [[`PE(${p}) · PE(${q}) = `, result(digits(model, 4))]], check: say('positions.distance.learned'), code });
    const terms = Array.from({ length: width / 2 }, (_, pair) => Math.cos((p - q) * frequency(pair, width)));
    const value = terms.reduce((sum, term) => sum + term, 0);
    const first = terms.slice(0, TERMS);
    const others = terms.slice(TERMS).reduce((sum, term) => sum + term, 0);
    const rest = terms.length > TERMS ? ` + ${say('positions.trail.others', { n: terms.length - TERMS })} ${exactly(others, 4)}` : '';
    const lines = [
      `Σ cos(${Math.abs(p - q)} / 10000^(2i/${width})),  i = 0 … ${width / 2 - 1}`,
      [`= ${first.map((term) => exactly(term, 4)).join(' + ').replaceAll('+ −', '− ')}${rest} = `, result(exactly(value, 3))],
    ];
    const check = say('positions.trail.check', { model: exactly(model, 3), difference: power(Math.abs(model - value)) });
    this.trail.draw(scene, { title, lines, check, code });
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    /** @param {number} p @param {number} q */
    const move = (p, q) => {
      if (!this.now) return;
      const most = this.now.shown - 1;
      this.go(Math.max(0, Math.min(most, this.now.p + p)), Math.max(0, Math.min(most, this.now.q + q)));
    };
    return [
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'positions.keys.p', run: (key) => move(key === 'ArrowUp' ? -1 : 1, 0) },
      { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'positions.keys.q', run: (key) => move(0, key === 'ArrowLeft' ? -1 : 1) },
    ];
  }

  /** @param {StepScene} scene */
  table(scene) {
    const now = this.read(scene);
    const caption = scene.say('positions.distance.label');
    if (!now) return { caption, columns: [], rows: [] };
    const { values } = /** @type {{values: Float32Array}} */ (now.answer.tensors.get('products'));
    const columns = Array.from({ length: now.shown }, (_, q) => String(q));
    const rows = columns.map((name, p) => ({ name, cells: columns.map((_, q) => digits(values[p * now.shown + q])) }));
    return { caption, columns, rows };
  }
}

/** @param {[number, number]} pair */
function pairOf([p, q]) {
  return `(${p}, ${q})`;
}
