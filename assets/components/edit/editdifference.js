/** Any tensor of the pass, edited minus original: signed, around 0, on one scale whose largest value is printed. */

import { clamp, el, join, set, write } from '../dom.js';
import { saidOf } from '../chapters/masksparts.js';
import { positive } from '../chapters/outputparts.js';
import { Heat } from '../step/heat.js';
import { brief } from '../step/heatpaint.js';
import { Edits } from './editstate.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('../step/heat.js').Hue} Hue */
/** @typedef {import('./editparts.js').Told} Told */
/** @typedef {{before: Float32Array, after: Float32Array}} Pair */

const MOST = { desk: { rows: 30, cols: 64 }, words: { rows: 30, cols: 32 }, wall: { rows: 9, cols: 18 } };
const LARGEST = { desk: { w: 40, h: 36 }, wall: { w: 72, h: 42 } }; // cells, so that few of them fill the box, too

export class DifferenceView {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.edits = new Edits(desk);
    this.name = el('select', { 'data-part': 'tensor', onchange: () => desk.set('tensor', this.name.value) });
    this.head = el('select', { 'data-part': 'head', onchange: () => this.choose(Number(this.head.value)) });
    this.chosen = -1;
    this.note = el('p', { class: 'edit-note', role: 'status', 'data-part': 'note' });
    this.heat = new Heat({ point: (cell) => this.point(cell) });
    set(this.heat.canvas, { 'data-part': 'difference' });
    this.node = el('div', { class: 'edit edit-difference' }, el('div', { class: 'edit-bar' }, this.name, this.head, this.note), this.heat.node);
    /** @type {Cell | null} */
    this.cell = null;
    /** @type {{scene: StepScene, pair: Pair, rows: import('../tokens.js').Label[], cols: import('../tokens.js').Label[], offset: number, max: number} | null} */
    this.now = null;
    /** @type {{key: string, pair: Pair} | null} */
    this.last = null;
  }

  /** @param {StepScene} scene */
  draw(scene) {
    const { say, pass, view, look } = scene;
    const told = /** @type {Told | undefined} */ (/** @type {any} */ (scene.ask({ ask: 'pass', e: this.edits.text, ...saidOf(scene) }))?.header);
    const [changes, closed] = [told?.changes ?? {}, told?.closed ?? {}];
    const names = pass.names.filter((name) => !name.endsWith('_mask') && !name.endsWith('embed.tokens') && !name.endsWith('embed.scaled'));
    const name = this.tensorNow(names, changes);
    join(this.name, names, () => el('option'), (node, one) => {
      const kind = changes[one] ? 'option' : closed[one] ? 'option_closed' : 'option_same';
      write(node, say(`edit.difference.${kind}`, { name: one, change: positive(changes[one] ?? 0, 2), n: closed[one] ?? 0 }));
      set(node, { value: one });
    });
    this.name.value = name;
    set(this.name, { 'aria-label': say('edit.difference.tensor') });
    const { axes, shape } = pass.spec(name);
    const headed = axes[0] === 'head';
    this.head.hidden = !headed;
    join(this.head, Array.from({ length: headed ? shape[0] : 0 }, (_, i) => i), () => el('option'), (node, head) => {
      write(node, say('edit.head', { head: head + 1 }));
      set(node, { value: head });
    });
    set(this.head, { 'aria-label': say('edit.difference.head') });
    const pair = this.ask(scene, name);
    if (!pair) return;
    const [n, m] = shape.slice(-2);
    const head = headed ? this.headNow(pair, view.head, shape[0], n * m) : 0;
    this.head.value = String(head);
    const [rows, cols] = [pass.labels(name, axes.length - 2), pass.labels(name, axes.length - 1)];
    const offset = head * n * m;
    const max = largest(pair);
    this.now = { scene, pair, rows, cols, offset, max };
    const words = ['src', 'tgt', 'query', 'key'].includes(axes[axes.length - 1]) || axes[axes.length - 1] === 'vocab';
    const data = {
      ...{ rows, cols, hue: hueOf(name), max: max || 1, plain: !words },
      axes: { rows: axisName(say, axes[axes.length - 2]), cols: axisName(say, axes[axes.length - 1]) },
      label: say('edit.difference.label', { name }),
      print: (/** @type {number} */ value) => inCell(value, max),
      at: (/** @type {number} */ i, /** @type {number} */ j) => difference(pair, offset + i * m + j),
      masked: (/** @type {number} */ i, /** @type {number} */ j) => !Number.isFinite(pair.before[offset + i * m + j]) && !Number.isFinite(pair.after[offset + i * m + j]),
    };
    this.heat.draw(scene, data, { width: look.width, height: look.height - 60, most: look.projector ? MOST.wall : words ? MOST.words : MOST.desk, largest: look.projector ? LARGEST.wall : LARGEST.desk }, this.cell);
    this.say();
  }

  /**
   * The head that was chosen here; at first the one that is looked at, or where that has not changed, the one that has most.
   * @param {Pair} pair
   * @param {number} at
   * @param {number} heads
   * @param {number} size of one head
   */
  headNow(pair, at, heads, size) {
    if (this.chosen >= 0 && this.chosen < heads) return this.chosen;
    const moved = Array.from({ length: heads }, (_, head) => largest({ before: pair.before.subarray(head * size, (head + 1) * size), after: pair.after.subarray(head * size, (head + 1) * size) }));
    return moved[at] ? at : moved.indexOf(Math.max(...moved));
  }

  /** @param {number} head */
  choose(head) {
    this.chosen = head;
    this.desk.change((view) => ({ ...view, head }));
  }

  /**
   * The tensor that is asked for; at first the weights that the first edit moved.
   * @param {string[]} names
   * @param {Record<string, number>} changes
   */
  tensorNow(names, changes) {
    const asked = this.desk.option('tensor', '');
    if (names.includes(asked)) return asked;
    return names.find((name) => changes[name] > 0) ?? 'logits';
  }

  /**
   * @param {StepScene} scene
   * @param {string} name
   * @returns {Pair | null}
   */
  ask(scene, name) {
    const answer = scene.ask({ ask: 'tensor', e: this.edits.text, name, ...saidOf(scene) });
    const key = JSON.stringify([scene.header.run, scene.pass.ids, name]);
    const tensors = answer && !answer.trouble ? answer.tensors : null;
    const [before, after] = [tensors?.get('before')?.values, tensors?.get('after')?.values];
    if (before && after) this.last = { key, pair: { before, after } };
    write(this.note, answer?.trouble ? scene.say(answer.trouble.key, answer.trouble.values) : '');
    return this.last?.key === key ? this.last.pair : null;
  }

  /** @param {Cell | null} cell */
  point(cell) {
    if (cell) this.cell = cell;
    this.heat.point(this.cell);
    this.say();
  }

  say() {
    if (!this.now) return;
    const { scene, pair, rows, cols, offset, max } = this.now;
    const cell = this.cell && { row: clamp(this.cell.row, 0, rows.length - 1), col: clamp(this.cell.col, 0, cols.length - 1) };
    if (!cell) {
      const n = max ? 0 : closedIn(pair);
      return write(this.note, scene.say(`edit.difference.${max ? 'point' : n ? 'closed' : 'nothing'}`, { n }));
    }
    const at = offset + cell.row * cols.length + cell.col;
    const values = { row: rows[cell.row].full, col: cols[cell.col].full, before: signed(pair.before[at]), after: signed(pair.after[at]), change: signed(difference(pair, at)) };
    write(this.note, scene.say('edit.difference.cell', values));
  }

  /**
   * @param {StepScene} scene
   * @returns {import('../step/twin.js').TableTwin}
   */
  table(scene) {
    this.draw(scene);
    if (!this.now) return { caption: '', columns: [], rows: [] };
    const { pair, rows, cols, offset } = this.now;
    return {
      caption: scene.say('edit.difference.label', { name: this.name.value }),
      columns: cols.map((label) => label.full),
      rows: rows.map((label, i) => ({ name: label.full, cells: cols.map((_, j) => signed(difference(pair, offset + i * cols.length + j))) })),
    };
  }
}

/**
 * Infinite where a cell was closed or opened; 0 where it is closed on both sides.
 * @param {Pair} pair
 * @param {number} at
 */
function difference({ before, after }, at) {
  const change = after[at] - before[at];
  return Number.isNaN(change) ? 0 : change;
}

/** @param {Pair} pair */
function largest(pair) {
  return pair.before.reduce((most, _, at) => {
    const change = Math.abs(difference(pair, at));
    return Number.isFinite(change) ? Math.max(most, change) : most;
  }, 0);
}

/** @param {Pair} pair */
function closedIn(pair) {
  return pair.before.reduce((n, _, at) => n + Number(!Number.isFinite(difference(pair, at))), 0);
}

/**
 * A change in its cell, as fine as the scale is; nothing where it is next to nothing.
 * @param {number} value
 * @param {number} max of the scale
 */
function inCell(value, max) {
  if (!Number.isFinite(value)) return signed(value);
  if (Math.abs(value) < 0.015 * max || max < 0.0095) return '';
  if (max >= 0.95) return brief(value);
  const digits = Math.abs(value).toFixed(max >= 0.095 ? 2 : 3).slice(1);
  return /[1-9]/.test(digits) ? (value < 0 ? '−' : '') + digits : '';
}

/**
 * @param {string} name
 * @returns {Hue}
 */
function hueOf(name) {
  if (/\.q(\.rotated)?$/.test(name)) return 'q';
  if (/\.k(\.rotated)?$/.test(name)) return 'k';
  if (/\.(v|context|concat)$/.test(name)) return 'v';
  return /(scores|weights|logits)/.test(name) ? 'scores' : 'stream';
}

/**
 * @param {import('../strings.js').Say} say
 * @param {string} axis
 */
function axisName(say, axis) {
  return say(`edit.axis.${axis}`);
}

/** @param {number} value */
function signed(value) {
  if (!Number.isFinite(value)) return value < 0 ? '−∞' : '∞';
  return value === 0 ? '0' : (value < 0 ? '−' : '') + positive(Math.abs(value), 3);
}
