/** Any matrix of the pass: named axes, tokens on both, one scale with its legend, windows where it is too large to draw. */

import { clamp, el, join, set, svg, write } from '../dom.js';
import { penOf } from '../draw.js';
import { fit } from '../tokens.js';
import { framesOf } from './heatmark.js';
import { paintHeat, scaleOf } from './heatpaint.js';
import { EDGE, legendOf, MOST, planOf, roomy, TAIL, thinned } from './heatplan.js';

/** @typedef {import('./desk.js').StepScene} StepScene */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {'weights' | 'q' | 'k' | 'v' | 'scores' | 'stream'} Hue */
/**
 * @typedef {object} HeatData
 * @property {Label[]} rows
 * @property {Label[]} cols
 * @property {(row: number, col: number) => number} at
 * @property {(row: number, col: number) => boolean} [masked] hatched: forbidden or never computed
 * @property {Hue} hue weights run from 0 to 1; all others are signed around 0
 * @property {number} [max] of a signed scale; the largest absolute value if left out
 * @property {{rows: string, cols: string}} axes
 * @property {(value: number) => string} [print] how a number is written in its cell
 * @property {'solid' | 'dashed'} [rowMark] outline the row of the cursor
 * @property {string} [label] what the picture is, for a screen reader
 * @property {boolean} [plain] are the columns numbers of features, not words?
 */
/** @typedef {{width: number, height: number, cell?: {w: number, h: number}, most?: {rows: number, cols: number}, legend?: boolean, largest?: {w: number, h: number}}} HeatSize `legend: false` where the page shows one of its own; `largest` cells where there are few */
/** @typedef {{row: number, col: number}} Cell */
/** @typedef {import('./heatplan.js').HeatPlan} HeatPlan */

const SLANTED = 0.8; // how large a slanted word may be, as a share of its column, before it runs into the next one

export class Heat {
  /** @param {{point?: (cell: Cell | null) => void, pick?: (cell: Cell) => void}} [on] */
  constructor(on = {}) {
    this.on = on;
    this.axes = el('div', { class: 'heat-axes' }, el('b'), el('b'));
    this.legend = el('div', { class: 'heat-legend' }, el('span', { class: 'num' }), el('canvas'), el('span', { class: 'num' }));
    this.columns = svg('svg', { class: 'heat-columns', 'aria-hidden': 'true' });
    this.rows = svg('svg', { class: 'heat-rows', 'aria-hidden': 'true' });
    this.canvas = el('canvas', { role: 'img', class: 'heat-cells', 'data-part': 'heat' });
    this.marks = svg('svg', { class: 'heat-marks', 'aria-hidden': 'true' });
    this.glow = svg('rect', { class: 'row-glow' });
    this.edge = svg('rect', { class: 'row-edge' });
    this.cell = svg('rect', { class: 'cell-pin' });
    this.marks.append(this.glow, this.edge, this.cell);
    this.field = el('div', { class: 'heat-field' }, this.canvas, this.marks);
    this.pager = { rows: pager((step) => this.page('rows', step)), cols: pager((step) => this.page('cols', step)) };
    this.pagers = el('div', { class: 'heat-pagers' }, this.pager.rows.node, this.pager.cols.node);
    this.node = el('div', { class: 'heat' }, this.legend, this.axes, this.columns, this.rows, this.field, this.pagers);
    this.from = { rows: 0, cols: 0 };
    this.followed = '';
    /** @type {{scene: StepScene, data: HeatData, size: HeatSize, plan: HeatPlan, cursor: Cell | null} | null} */
    this.now = null;
    this.canvas.addEventListener('pointermove', (event) => this.on.point?.(this.hit(event)));
    this.canvas.addEventListener('pointerleave', () => this.on.point?.(null));
    this.canvas.addEventListener('click', (event) => {
      const cell = this.hit(event);
      if (cell) this.on.pick?.(cell);
    });
  }

  /**
   * @param {StepScene} scene
   * @param {HeatData} data
   * @param {HeatSize} asked
   * @param {Cell | null} cursor
   */
  draw(scene, data, asked, cursor) {
    const size = roomy(scene, data, asked);
    this.follow(data, size, cursor);
    const plan = planOf(scene, data, size, this.from);
    this.now = { scene, data, size, plan, cursor };
    const { left, top, w, h, rows, cols } = plan;
    const [width, height] = [cols.length * w, rows.length * h];
    set(this.node, { style: `width:${size.width}px;height:${size.height}px;grid-template:${legendOf(size)}px ${top}px ${height + EDGE}px auto / ${left}px 1fr` });
    this.writeAxes(scene, data, size);
    paintHeat(penOf(this.canvas, width, height), scene.palette, data, plan);
    set(this.canvas, { 'aria-label': data.label ?? `${data.axes.rows}, ${data.axes.cols}` });
    set(this.marks, { width: width + 2 * EDGE, height: height + 2 * EDGE, viewBox: `${-EDGE} ${-EDGE} ${width + 2 * EDGE} ${height + 2 * EDGE}` });
    this.drawColumns(scene, data, plan);
    this.drawRows(scene, data, plan);
    this.drawPagers(scene, data, plan);
    this.point(cursor);
  }

  /**
   * Move the cursor: attributes only.
   * @param {Cell | null} cursor
   */
  point(cursor) {
    if (!this.now) return;
    const { data, plan } = this.now;
    this.now.cursor = cursor;
    const [i, j] = [cursor ? plan.rows.indexOf(cursor.row) : -1, cursor ? plan.cols.indexOf(cursor.col) : -1];
    const { edge, glow, pin } = framesOf(plan, i, j);
    const marked = i >= 0 && data.rowMark !== undefined;
    set(this.glow, { ...glow, visibility: marked && data.rowMark === 'solid' ? 'visible' : 'hidden' });
    set(this.edge, { ...edge, visibility: marked ? 'visible' : 'hidden', 'stroke-dasharray': data.rowMark === 'dashed' ? '4 3' : null });
    set(this.cell, { ...pin, visibility: i < 0 || j < 0 ? 'hidden' : 'visible' });
    for (const node of this.columns.children) node.classList.toggle('strong', Number(node.getAttribute('data-col')) === cursor?.col);
    for (const node of this.rows.children) node.classList.toggle('strong', Number(node.getAttribute('data-row')) === cursor?.row);
  }

  /**
   * Which cell lies under the pointer?
   * @param {MouseEvent} event
   * @returns {Cell | null}
   */
  hit(event) {
    if (!this.now) return null;
    const { plan } = this.now;
    const box = this.canvas.getBoundingClientRect();
    const row = plan.rows[Math.floor((event.clientY - box.top) / plan.h)];
    const col = plan.cols[Math.floor((event.clientX - box.left) / plan.w)];
    return row === undefined || col === undefined ? null : { row, col };
  }

  /**
   * Where a cell is on the screen, for a tooltip.
   * @param {Cell} cell
   */
  boxOf({ row, col }) {
    if (!this.now) return null;
    const { plan } = this.now;
    const box = this.canvas.getBoundingClientRect();
    return new DOMRect(box.left + plan.cols.indexOf(col) * plan.w, box.top + plan.rows.indexOf(row) * plan.h, plan.w, plan.h);
  }

  /**
   * The window moves with the cursor when the cursor has moved, and never under a resting one.
   * @param {HeatData} data
   * @param {HeatSize} size
   * @param {Cell | null} cursor
   */
  follow(data, size, cursor) {
    const moved = `${cursor?.row},${cursor?.col}`;
    for (const axis of /** @type {const} */ (['rows', 'cols'])) {
      const [all, most] = [data[axis].length, size.most?.[axis] ?? MOST];
      const at = axis === 'rows' ? cursor?.row : cursor?.col;
      if (at !== undefined && moved !== this.followed && (at < this.from[axis] || at >= this.from[axis] + most)) this.from[axis] = Math.floor(at / most) * most;
      this.from[axis] = clamp(this.from[axis], 0, Math.max(0, Math.ceil(all / most) - 1) * most);
    }
    this.followed = moved;
  }

  /**
   * @param {'rows' | 'cols'} axis
   * @param {number} step
   */
  page(axis, step) {
    if (!this.now) return;
    const { scene, data, size, cursor } = this.now;
    this.from[axis] += step * (size.most?.[axis] ?? MOST);
    this.draw(scene, data, size, cursor);
  }

  /**
   * @param {StepScene} scene
   * @param {HeatData} data
   * @param {HeatSize} size
   */
  writeAxes(scene, data, size) {
    const { fill, low, high } = scaleOf(scene.palette, data);
    this.legend.hidden = !legendOf(size);
    write(this.axes.children[0], `${data.axes.cols} →`);
    write(this.axes.children[1], `${data.axes.rows} ↓`);
    write(this.legend.children[0], low);
    write(this.legend.children[2], high);
    const pen = penOf(/** @type {HTMLCanvasElement} */ (this.legend.children[1]), 72, 11);
    for (let x = 0; x < 72; x++) {
      pen.fillStyle = fill(data.hue === 'weights' ? x / 71 : x / 35.5 - 1);
      pen.fillRect(x, 0, 1.5, 11);
    }
  }

  /**
   * @param {StepScene} scene
   * @param {HeatData} data
   * @param {HeatPlan} plan
   */
  drawColumns({ palette, look }, data, { cols, w, top, upright, word }) {
    const width = cols.length * w + TAIL;
    const family = data.plain ? palette.fonts.num : palette.fonts.word;
    const room = (top - 16) / Math.sin(0.84) - 4;
    const smallest = look.projector ? 20 : 13;
    const each = upright ? 1 : thinned(data.cols, w, smallest);
    const size = upright ? word : Math.min(word, Math.max(smallest, Math.floor(w * SLANTED)));
    set(this.columns, { width, height: top - EDGE, viewBox: `0 0 ${width} ${top - EDGE}` });
    join(
      this.columns,
      cols,
      () => svg('text', {}),
      (node, col, at) => {
        const label = fit(data.cols[col].text, upright ? Math.max(w, 20) : room, { size, smallest, family });
        const middle = (at + 0.5) * w;
        write(node, label.text);
        set(node, {
          'data-col': col,
          'data-thin': at % each ? 'true' : null,
          'font-size': label.size,
          'font-family': family,
          'text-anchor': upright ? 'middle' : null,
          transform: upright ? `translate(${middle},${top - 10})` : `translate(${middle + 5},${top - 8}) rotate(-48)`,
        });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {HeatData} data
   * @param {HeatPlan} plan
   */
  drawRows({ palette, look }, data, { rows, h, left, word }) {
    const height = rows.length * h;
    set(this.rows, { width: left - EDGE, height, viewBox: `0 0 ${left - EDGE} ${height}` });
    const size = Math.min(word, Math.max(look.projector ? 20 : 13, Math.floor(h * 0.8)));
    const each = thinned(data.rows, h, look.projector ? 20 : 12);
    join(
      this.rows,
      rows,
      () => svg('text', { 'text-anchor': 'end' }),
      (node, row, at) => {
        const label = fit(data.rows[row].text, left - 12, { size, smallest: look.projector ? 20 : 13, family: palette.fonts.word });
        write(node, label.text);
        set(node, { 'data-row': row, 'data-thin': at % each ? 'true' : null, x: left - 10, y: (at + 0.5) * h + label.size * 0.32, 'font-size': label.size, 'font-family': palette.fonts.word });
      },
    );
  }

  /**
   * @param {StepScene} scene
   * @param {HeatData} data
   * @param {HeatPlan} plan
   */
  drawPagers({ say }, data, plan) {
    for (const axis of /** @type {const} */ (['rows', 'cols'])) {
      const { node, back, next, text } = this.pager[axis];
      const [shown, all] = [plan[axis], data[axis].length];
      node.hidden = shown.length === all;
      write(text, say(axis === 'rows' ? 'step.rows' : 'step.columns', { first: shown[0] + 1, last: shown[shown.length - 1] + 1, all }));
      set(back, { disabled: shown[0] === 0, 'aria-label': say('step.before') });
      set(next, { disabled: shown[shown.length - 1] === all - 1, 'aria-label': say('step.after') });
    }
  }
}

/** @param {(step: number) => void} go */
function pager(go) {
  const back = el('button', { type: 'button', onclick: () => go(-1) }, '‹');
  const next = el('button', { type: 'button', onclick: () => go(1) }, '›');
  const text = el('span');
  return { node: el('span', { class: 'pager', hidden: '' }, back, text, next), back, next, text };
}
