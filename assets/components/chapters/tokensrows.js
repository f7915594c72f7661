/** An id is the number of a row: the rows of the embedding table that this sentence reads, and who lies near them. */

import { el, set, svg, write } from '../dom.js';
import { Heat } from '../step/heat.js';
import { NearList, nearWidth, rowOf } from './tokensnear.js';
import { SideSwitch, sideOf, tokensOf } from './tokensside.js';

/** @typedef {import('../step/scene.js').StepScene} Scene */

const GAP = 36; // between the picture and the list
const LEGEND = 26; // of the matrix beside it
const STRIP = 110; // the whole table, seen from far away

export class Rows {
  /** @param {import('../step/desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.sides = new SideSwitch(desk);
    this.said = el('p', { class: 'note', role: 'status' });
    this.heat = new Heat({ point: (cell) => this.point(cell), pick: (cell) => this.pick(cell.row) });
    this.read = el('p', { class: 'covers', role: 'status' });
    this.near = new NearList((id) => desk.set('word', String(id)));
    this.strip = svg('svg', { class: 'rows-table', 'aria-hidden': 'true' });
    const picture = el('div', { class: 'rows-picture' }, el('div', { class: 'rows-line' }, this.heat.node, this.strip), this.read);
    this.node = el('div', { class: 'tokens-rows' }, el('div', { class: 'controls' }, this.sides.node, this.said), el('div', { class: 'rows-body' }, picture, this.near.node));
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    const side = sideOf(this.desk);
    const { labels, ids } = tokensOf(scene, side);
    const id = rowOf(this.desk, scene, side);
    this.sides.draw(scene, side);
    write(this.said, scene.say('tokens.rows.said', { n: ids.length, all: scene.pass.vocab[side].length, width: scene.model.d_model }));
    this.name = `${side}_embed.tokens`;
    const row = this.rowNow(ids, id);
    const data = this.data(scene, labels, ids);
    const { look } = scene;
    const width = look.width - nearWidth(scene) - GAP;
    set(this.node, { style: `--near:${nearWidth(scene)}px` });
    const height = look.height - (look.projector ? 96 : 84);
    this.heat.draw(scene, data, { width: width - STRIP, height, most: look.projector ? { rows: 12, cols: 64 } : undefined, largest: look.projector ? undefined : { w: 40, h: 36 } }, row === null ? null : { row, col: -1 });
    this.drawStrip(scene, ids, row, height);
    this.tell(row === null ? null : { row, col: -1 });
    this.near.draw(scene, side, id, this.repeats(scene, ids, labels));
  }

  /**
   * @param {Scene} scene
   * @param {import('../tokens.js').Label[]} labels
   * @param {number[]} ids
   * @returns {import('../step/heat.js').HeatData}
   */
  data({ pass, model, say }, labels, ids) {
    const values = pass.values(this.name ?? '');
    const width = model.d_model;
    const features = Array.from({ length: width }, (_, i) => ({ text: i % 8 ? '' : String(i), full: String(i), token: String(i) }));
    return {
      rows: labels.map((label, i) => ({ ...label, text: `${label.text} ${ids[i]}`, full: `${label.full} ${ids[i]}` })),
      cols: features,
      at: (row, col) => values[row * width + col],
      hue: 'stream',
      axes: { rows: say('tokens.rows.axis'), cols: say('tokens.rows.features') },
      rowMark: 'solid',
      plain: true,
    };
  }

  /**
   * The whole table as a strip: a line leads from every row of the picture to where it stands in the table.
   * @param {Scene} scene
   * @param {number[]} ids
   * @param {number | null} here
   * @param {number} height
   */
  drawStrip({ pass, say, look, palette }, ids, here, height) {
    const plan = this.heat.now?.plan;
    if (!plan) return;
    const n = pass.vocab[sideOf(this.desk)].length;
    const type = look.projector ? 20 : 13;
    const [first, last] = [plan.top + LEGEND, Math.min(height - type - 10, Math.max(plan.top + LEGEND + plan.rows.length * plan.h, plan.top + LEGEND + 300))];
    const place = (/** @type {number} */ id) => first + ((id + 0.5) / n) * (last - first);
    const gap = this.heat.node.clientWidth - plan.left - plan.cols.length * plan.w - 6;
    set(this.strip, { style: `margin-left:${-Math.max(0, gap)}px`, width: STRIP, height, viewBox: `0 0 ${STRIP} ${height}` });
    const lines = [...plan.rows].sort((a, b) => Number(a === here) - Number(b === here));
    this.strip.replaceChildren(
      svg('rect', { x: 78, y: first, width: 26, height: last - first, fill: palette.sunk, stroke: palette.line2 }),
      ...lines.map((row) => {
        const strong = row === here;
        const from = first + (plan.rows.indexOf(row) + 0.5) * plan.h;
        const d = `M2,${from.toFixed(1)}C40,${from.toFixed(1)} 40,${place(ids[row]).toFixed(1)} 78,${place(ids[row]).toFixed(1)}H104`;
        return svg('path', { d, fill: 'none', stroke: strong ? palette.ink : palette.line2, 'stroke-width': strong ? 2.5 : 1.25 });
      }),
      svg('text', { x: 91, y: first - 8, 'text-anchor': 'middle', 'font-size': type }, say('tokens.rows.row_name', { id: 0 })),
      svg('text', { x: 91, y: last + type + 5, 'text-anchor': 'middle', 'font-size': type }, say('tokens.rows.row_name', { id: n - 1 })),
    );
  }

  /**
   * The place in the sentence whose row is looked at: the one that was clicked, where a word stands more than once.
   * @param {number[]} ids
   * @param {number} id
   */
  rowNow(ids, id) {
    const clicked = Number(this.desk.option('row', 'x'));
    if (ids[clicked] === id) return clicked;
    const first = ids.indexOf(id);
    return first < 0 ? null : first;
  }

  /** @param {import('../step/heat.js').Cell | null} cell */
  point(cell) {
    const { scene } = this;
    if (!scene) return;
    const { ids } = tokensOf(scene, sideOf(this.desk));
    const row = this.rowNow(ids, rowOf(this.desk, scene, sideOf(this.desk)));
    const shown = cell ?? (row === null ? null : { row, col: -1 });
    this.heat.point(shown);
    this.tell(shown);
  }

  /** @param {import('../step/heat.js').Cell | null} cell */
  tell(cell) {
    const { scene } = this;
    if (!scene) return;
    const { labels, ids } = tokensOf(scene, sideOf(this.desk));
    if (!cell) return write(this.read, '');
    const values = { token: labels[cell.row].full, id: ids[cell.row], feature: cell.col };
    if (cell.col < 0) return write(this.read, scene.say('tokens.rows.row', values));
    const value = scene.pass.values(this.name ?? '')[cell.row * scene.model.d_model + cell.col];
    write(this.read, scene.say('tokens.rows.cell', { ...values, value: signed(value) }));
  }

  /** @param {number} row */
  pick(row) {
    const { scene } = this;
    if (!scene) return;
    const { ids } = tokensOf(scene, sideOf(this.desk));
    this.desk.change((view) => ({ ...view, options: { ...view.options, word: String(ids[row]), row: String(row) } }));
  }

  /**
   * A word that stands more than once reads the same row each time; the largest difference is counted, not claimed.
   * @param {Scene} scene
   * @param {number[]} ids
   * @param {import('../tokens.js').Label[]} labels
   */
  repeats({ pass, model, say }, ids, labels) {
    const again = ids.findIndex((id, i) => ids.indexOf(id) < i);
    if (again < 0) return say('tokens.rows.distinct');
    const first = ids.indexOf(ids[again]);
    const values = pass.values(this.name ?? '');
    let most = 0;
    for (let k = 0; k < model.d_model; k++) most = Math.max(most, Math.abs(values[first * model.d_model + k] - values[again * model.d_model + k]));
    return say('tokens.rows.repeats', { one: labels[first].full, other: labels[again].full, id: ids[again], difference: most });
  }

  /** @param {number} step */
  move(step) {
    const { scene } = this;
    if (!scene) return;
    const { ids } = tokensOf(scene, sideOf(this.desk));
    const row = this.rowNow(ids, rowOf(this.desk, scene, sideOf(this.desk)));
    this.pick(Math.max(0, Math.min(ids.length - 1, (row ?? -1) + step)));
  }

  /** @returns {import('../keys.js').Binding[]} */
  keys() {
    return [{ keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'tokens.keys.row', run: (key) => this.move(key === 'ArrowUp' ? -1 : 1) }];
  }

  /** @param {Scene} scene */
  table(scene) {
    const side = sideOf(this.desk);
    const { labels, ids } = tokensOf(scene, side);
    const values = scene.pass.values(`${side}_embed.tokens`);
    const width = scene.model.d_model;
    return {
      caption: scene.say('tokens.rows.said', { n: ids.length, all: scene.pass.vocab[side].length, width }),
      columns: ['id', ...Array.from({ length: width }, (_, i) => String(i))],
      rows: labels.map(({ full }, i) => ({ name: full, cells: [String(ids[i]), ...Array.from(values.subarray(i * width, (i + 1) * width), signed)] })),
    };
  }
}

/** @param {number} value */
function signed(value) {
  return (value < 0 ? '\u2212' : '') + Math.abs(value).toFixed(3);
}
