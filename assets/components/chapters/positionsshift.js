/** PE(pos + k) = M_k PE(pos): one matrix of turns moves every position by k, and here it is, with its error. */

import { el, set, svg, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { brief } from '../step/heatpaint.js';
import { digits, exactly, factor, frequency, power, shiftEntry, sinusoid } from './positionsmath.js';
import { answerOf, counted, drawFacts, every, result, Slider, Source, Trail, whole } from './positionsparts.js';

/** @typedef {import('./positionsparts.js').StepScene} StepScene */
/** @typedef {import('./positionsparts.js').Answer} Answer */
/** @typedef {{answer: Answer, table: Float32Array, k: number, pos: number, feature: number, width: number, rows: number}} Now */

const SQUARE = 12; // cells of the matrix that are drawn large

export class Shift {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.source = new Source(desk);
    this.k = new Slider((value) => this.go({ k: value }));
    this.pos = new Slider((value) => this.go({ pos: value }));
    this.matrix = new Heat({ pick: ({ row }) => this.go({ feature: row }) });
    this.rows = new Heat({ pick: ({ col }) => this.go({ feature: col }) });
    this.equation = el('div', { class: 'shift-equation', 'data-part': 'equation' });
    this.facts = el('dl', { class: 'positions-facts', 'data-part': 'facts' });
    this.why = el('p', { class: 'shift-why' });
    this.trail = new Trail();
    this.turn = new Turn();
    this.note = el('p', { class: 'positions-note', hidden: '' });
    const sliders = el('div', { class: 'positions-sliders' }, this.k.node, this.pos.node);
    const block = el('div', { class: 'shift-block' }, this.turn.node, this.trail.node);
    this.left = el('div', { class: 'positions-left' }, this.matrix.node, this.why);
    const right = el('div', { class: 'positions-right' }, sliders, this.rows.node, block, this.facts);
    this.node = el('div', { class: 'positions shift', 'data-part': 'shift' }, this.note, this.source.words, el('div', { class: 'positions-columns' }, this.left, right));
    /** @type {Now | null} */
    this.now = null;
  }

  /** @param {Record<string, number>} options */
  go(options) {
    const texts = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
    this.desk.change((view) => ({ ...view, options: { ...view.options, ...texts } }));
  }

  /**
   * @param {StepScene} scene
   * @returns {Now | null}
   */
  read(scene) {
    const answer = answerOf(scene, { view: 'shift' }, this.note);
    const source = scene.model.position === 'sinusoidal' ? 'own' : 'sinusoid';
    const table = answer && answerOf(scene, { view: 'table', source, from: '0' }, this.note);
    if (!answer || !table) return null;
    const { rows, width } = table.header;
    const k = whole(this.desk, 'k', Math.min(5, rows - 1), Math.min(answer.header.most, rows - 1));
    const pos = whole(this.desk, 'pos', Math.min(7, rows - 1 - k), rows - 1 - k);
    const feature = whole(this.desk, 'feature', Math.min(width - 2, 2 * Math.floor(width / 12)), width - 1);
    return { answer, table: /** @type {any} */ (table.tensors.get('table')).values, k, pos, feature, width, rows };
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const now = this.read(scene);
    this.drawSource(scene, now);
    if (!now) return;
    this.now = now;
    const { look, say } = scene;
    const height = look.height - (look.projector ? 40 : 32);
    const width = Math.round(look.width * (look.projector ? 0.42 : 0.47));
    this.left.style.width = `${width}px`;
    this.drawMatrix(scene, now, { width, height: look.projector ? height : Math.min(height - 84, 128 + Math.min(29, Math.floor((width - 120) / SQUARE)) * Math.min(SQUARE, now.width)) });
    set(this.why, { style: `width:${width - 20}px` });
    const most = Math.min(now.answer.header.most, now.rows - 1);
    this.k.draw({ name: say('positions.shift.k'), value: now.k, max: most });
    this.pos.draw({ name: say('positions.waves.position'), value: now.pos, max: now.rows - 1 - now.k });
    this.drawRows(scene, now, { width: look.width - width - 24, height: look.projector ? 170 : 182 });
    this.turn.draw(scene, now);
    this.drawTrail(scene, now);
    this.drawFacts(scene, now);
    write(this.why, say('positions.shift.why'));
    this.why.hidden = look.projector;
  }

  /**
   * @param {StepScene} scene
   * @param {Now | null} now
   */
  drawSource({ say, model }, now) {
    const odd = now && now.width !== model.d_model ? ' ' + say('positions.source.odd', { d_model: model.d_model, width: now.width }) : '';
    const key = model.position === 'sinusoidal' ? 'positions.shift.own' : 'positions.shift.other';
    write(this.source.words, say(key, { kind: say(`positions.kind.${model.position}`) }) + odd);
  }

  /**
   * The matrix around the chosen pair, so large that its turns can be read.
   * @param {StepScene} scene
   * @param {Now} now
   * @param {{width: number, height: number}} size
   */
  drawMatrix(scene, { k, width, feature }, size) {
    const { say, look } = scene;
    const most = look.projector ? 6 : SQUARE;
    const across = Math.floor((size.width - 120) / Math.min(most, width));
    const cell = Math.min(look.projector ? 52 : 34, across, look.projector ? 52 : 29);
    const labels = counted(width, every(cell, look.projector), feature);
    const data = {
      rows: labels,
      cols: labels,
      at: (/** @type {number} */ row, /** @type {number} */ col) => shiftEntry(row, col, k, width),
      masked: () => false,
      hue: /** @type {const} */ ('stream'),
      max: 1,
      axes: { rows: say('positions.shift.rows', { k }), cols: say('positions.shift.cols') },
      plain: true,
      rowMark: /** @type {const} */ ('solid'),
      print: (/** @type {number} */ value) => (value === 0 ? '' : cell < 33 ? brief(value) : entry(value)),
      label: say('positions.shift.label', { k }),
    };
    this.matrix.draw(scene, data, { ...size, cell: { w: cell, h: look.projector ? 44 : cell }, most: { rows: most, cols: most } }, { row: feature, col: feature });
  }

  /**
   * PE(pos), what the matrix makes of it, and what stands at pos + k in the table.
   * @param {StepScene} scene
   * @param {Now} now
   * @param {{width: number, height: number}} size
   */
  drawRows(scene, now, size) {
    const { say, look } = scene;
    const { table, k, pos, width, feature } = now;
    const at = (/** @type {number} */ row, /** @type {number} */ col) => (row === 0 ? table[pos * width + col] : row === 2 ? table[(pos + k) * width + col] : moved(now, col));
    const names = [`PE(${pos})`, `M · PE(${pos})`, `PE(${pos + k})`];
    const across = Math.max(4, Math.floor((size.width - 160) / Math.min(64, width)));
    const data = {
      rows: names.map((text) => ({ text, full: text, token: text })),
      cols: counted(width, every(across, look.projector), feature),
      at,
      hue: /** @type {const} */ ('stream'),
      max: 1,
      axes: { rows: say('positions.axis.row'), cols: say('positions.axis.features') },
      plain: true,
      label: say('positions.shift.vectors'),
    };
    this.rows.draw(scene, data, { ...size, cell: { w: across, h: look.projector ? 28 : 26 } }, { row: 1, col: feature });
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   */
  drawTrail(scene, now) {
    const { say } = scene;
    const { k, pos, feature, width } = now;
    const even = feature - (feature % 2);
    const [a, b] = [shiftEntry(feature, even, k, width), shiftEntry(feature, even + 1, k, width)];
    const [s, c] = [sinusoid(pos, even, width), sinusoid(pos, even + 1, width)];
    const value = a * s + b * c;
    const aim = now.table[(pos + k) * width + feature];
    const lines = [
      `${factor(a)} × ${factor(s)} + ${factor(b)} × ${factor(c)}`,
      [`= ${exactly(a * s, 5)} + ${exactly(b * c, 5)} = `.replace('+ −', '− '), result(exactly(value, 4))],
    ];
    const check = say('positions.shift.check', { position: pos + k, feature, model: exactly(aim, 4), difference: power(Math.abs(aim - value)) });
    const code = `shift_matrix(${width}, ${k})[${feature}] @ sinusoid(${pos + 1}, ${width})[${pos}]`;
    this.trail.draw(scene, { title: say('positions.shift.cell', { k, pos, feature }), lines, check, code });
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   */
  drawFacts({ say, look }, { answer, k }) {
    const { errors64, n, width } = answer.header;
    const { values } = /** @type {{values: Float32Array}} */ (answer.tensors.get('errors32'));
    const most64 = Math.max(...errors64);
    const most32 = Math.max(...values);
    const numbers = say('positions.shift.numbers', { n: ((n - k) * width).toLocaleString('en') });
    const facts = [
      { name: say('positions.shift.error64', { k }), value: power(errors64[k]), note: look.projector ? '' : numbers },
      { name: say('positions.shift.error32', { k }), value: power(values[k]), note: '' },
    ];
    if (!look.projector) facts.push({ name: say('positions.shift.any', { most: errors64.length - 1 }), value: `${power(most64)} · ${power(most32)}`, note: 'float64 · float32' });
    drawFacts(this.facts, facts);
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    /** @param {'k' | 'pos'} name @param {number} step */
    const move = (name, step) => this.now && this.go({ [name]: Math.max(0, this.now[name] + step) });
    return [
      { keys: ['ArrowLeft', 'ArrowRight'], shown: '← →', help: 'positions.keys.k', run: (key) => move('k', key === 'ArrowLeft' ? -1 : 1) },
      { keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'positions.keys.position', run: (key) => move('pos', key === 'ArrowUp' ? -1 : 1) },
    ];
  }

  /** @param {StepScene} scene */
  table(scene) {
    const now = this.read(scene);
    const caption = scene.say('positions.shift.vectors');
    if (!now) return { caption, columns: [], rows: [] };
    const { pos, k, width, table } = now;
    const rows = Array.from({ length: width }, (_, feature) => ({
      name: String(feature),
      cells: [table[pos * width + feature], moved(now, feature), table[(pos + k) * width + feature]].map((value) => digits(value)),
    }));
    return { caption, columns: [`PE(${pos})`, `M · PE(${pos})`, `PE(${pos + k})`], rows };
  }
}

/**
 * One number of M_k PE(pos), from the two of its pair.
 * @param {Now} now
 * @param {number} feature
 */
function moved({ table, k, pos, width }, feature) {
  const even = feature - (feature % 2);
  return [even, even + 1].reduce((sum, other) => sum + shiftEntry(feature, other, k, width) * table[pos * width + other], 0);
}

/** @param {number} value */
function entry(value) {
  const text = Math.abs(value) >= 0.995 ? '1.0' : Math.abs(value).toFixed(2).slice(1);
  return (value < 0 ? '−' : '') + text;
}

/** The hand of the chosen pair before and after the matrix: a turn by k times its frequency, wherever it starts. */
class Turn {
  constructor() {
    this.ring = svg('circle', { cx: 62, cy: 62, r: 50, fill: 'none' });
    this.arc = svg('path', { fill: 'none', 'stroke-width': 5 });
    this.before = svg('line', { x1: 62, y1: 62, 'stroke-width': 2, 'stroke-dasharray': '5 3' });
    this.after = svg('line', { x1: 62, y1: 62, 'stroke-width': 2.5 });
    this.tip = svg('circle', { r: 5 });
    this.start = svg('circle', { r: 4 });
    this.picture = svg('svg', { width: 124, height: 124, role: 'img' }, this.ring, this.arc, this.before, this.after, this.start, this.tip);
    this.words = el('span', { class: 'quiet' });
    this.node = el('div', { class: 'shift-turn' }, this.picture, this.words);
  }

  /**
   * @param {StepScene} scene
   * @param {Now} now
   */
  draw({ palette, say }, { k, pos, feature, width }) {
    const omega = frequency(Math.floor(feature / 2), width);
    const [from, to] = [pos * omega, (pos + k) * omega];
    /** @param {number} angle @param {number} radius @returns {[number, number]} */
    const on = (angle, radius) => [62 + radius * Math.cos(angle), 62 - radius * Math.sin(angle)];
    const [[x0, y0], [x1, y1]] = [on(from, 50), on(to, 50)];
    set(this.ring, { stroke: palette.line2 });
    set(this.before, { x2: x0, y2: y0, stroke: palette.ink2 });
    set(this.after, { x2: x1, y2: y1, stroke: palette.ink });
    set(this.start, { cx: x0, cy: y0, fill: palette.paper, stroke: palette.ink2, 'stroke-width': 2 });
    set(this.tip, { cx: x1, cy: y1, fill: palette.ink });
    const turns = k * omega;
    const sweep = Math.min(turns, 2 * Math.PI - 1e-4);
    const [[ax, ay], [bx, by]] = [on(from, 38), on(from + sweep, 38)];
    set(this.arc, { stroke: palette.stream, d: turns > 1e-6 ? `M${ax.toFixed(2)},${ay.toFixed(2)}A38,38 0 ${sweep > Math.PI ? 1 : 0} 0 ${bx.toFixed(2)},${by.toFixed(2)}` : null });
    const degrees = digits((turns * 180) / Math.PI, 3);
    write(this.words, say('positions.shift.turn', { degrees }));
    set(this.picture, { 'aria-label': say('positions.shift.turn', { degrees }) });
  }
}
