/** A matrix so small that only its pattern is to be seen; pointing at a cell says its number. */

import { clamp, el, set, write } from '../dom.js';
import { penOf } from '../draw.js';
import { paintHeat, scaleOf } from '../step/heatpaint.js';
import { digits } from './positionsmath.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {{values: ArrayLike<number>, shape: number[], hue: 'q' | 'stream' | 'scores', axes: {rows: string, cols: string}, label: string}} MiniData */

const LARGEST = 14; // pixels of a cell

export class Mini {
  /** @param {(row: number, col: number, value: string) => void} point */
  constructor(point) {
    this.axes = el('span', { class: 'mini-axes' });
    this.range = el('span', { class: 'num' });
    this.first = el('span', { class: 'num' });
    this.last = el('span', { class: 'num' });
    this.left = el('span', { class: 'num' });
    this.right = el('span', { class: 'num' });
    this.canvas = el('canvas', { role: 'img' });
    const head = el('div', { class: 'mini-head' }, this.axes, this.range);
    const rows = el('div', { class: 'mini-rows' }, this.first, this.last);
    const cols = el('div', { class: 'mini-cols' }, this.left, this.right);
    this.node = el('div', { class: 'mini' }, head, rows, this.canvas, cols);
    /** @type {{data: MiniData, w: number, h: number} | null} */
    this.now = null;
    this.canvas.addEventListener('pointermove', (event) => {
      if (!this.now) return;
      const { data, w, h } = this.now;
      const [rowCount, colCount] = data.shape;
      const box = this.canvas.getBoundingClientRect();
      const row = clamp(Math.floor((event.clientY - box.top) / h), 0, rowCount - 1);
      const col = clamp(Math.floor((event.clientX - box.left) / w), 0, colCount - 1);
      point(row, col, digits(data.values[row * colCount + col]));
    });
  }

  /**
   * @param {StepScene} scene
   * @param {MiniData} data
   * @param {{width: number, height: number}} box
   */
  draw({ palette, look }, data, box) {
    const type = look.projector ? 20 : 13;
    const [rows, cols] = data.shape;
    const gutter = type * 2;
    const w = clamp(Math.floor((box.width - gutter) / cols), 1, LARGEST);
    const h = clamp(Math.floor((box.height - 2 * (type + 6)) / rows), 1, LARGEST);
    this.now = { data, w, h };
    const heat = {
      rows: numbers(rows),
      cols: numbers(cols),
      at: (/** @type {number} */ row, /** @type {number} */ col) => data.values[row * cols + col],
      hue: data.hue,
      axes: data.axes,
    };
    const plan = { left: 0, top: 0, w, h, rows: places(rows), cols: places(cols), upright: true, word: type, digits: 0 };
    paintHeat(penOf(this.canvas, cols * w, rows * h), palette, heat, plan);
    const { high } = scaleOf(palette, heat);
    write(this.axes, `${data.axes.rows} ↓ ${data.axes.cols} →`);
    write(this.range, high.replace('+', '±'));
    write(this.first, '0');
    write(this.last, rows > 1 ? String(rows - 1) : '');
    write(this.left, '0');
    write(this.right, cols > 1 ? String(cols - 1) : '');
    set(this.canvas, { 'aria-label': data.label });
    set(this.node, { style: `height:${box.height}px;grid-template:${type + 6}px ${rows * h}px ${type + 6}px / ${gutter}px ${Math.max(1, cols * w)}px` });
  }
}

/** @param {number} n */
function places(n) {
  return Array.from({ length: n }, (_, i) => i);
}

/** @param {number} n */
function numbers(n) {
  return places(n).map((i) => ({ text: '', full: String(i), token: String(i) }));
}
