/** One row alone: a single query on its way through the stages, its vectors as stripes, its scores and weights key by key. */

import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';
import { three } from '../format.js';
import { keepVisible } from '../matrix.js';
import { paintStripe } from './stripe.js';
import { cellOf } from './cursor.js';
import { keyRowsOf, vectorsOf } from './rowparts.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {import('./stagepicture.js').StagePicture} StagePicture */
/** @typedef {import('./rowparts.js').Vector} Vector */
/** @typedef {import('./rowparts.js').KeyTable} KeyTable */

const [LABEL, NOTE, LINE] = [104, 100, 19];
const [WORD, NUMBER, BAR, GAP] = [104, 62, 100, 10];

export class RowView {
  /** @param {{pick: (col: number) => void, go: (stage: string) => void}} act */
  constructor(act) {
    this.title = el('h3');
    this.before = el('div', { class: 'vectors' });
    this.head = el('div', { class: 'key-head' });
    this.keys = el('div', { class: 'keys', tabindex: 0 });
    this.after = el('div', { class: 'vectors' });
    this.node = el('div', { class: 'row-view', 'data-part': 'row-view' }, this.title, this.before, this.head, this.keys, this.after);
    listen(this.keys, 'click', '[data-key]', (part) => act.pick(numberOf(part, 'key')));
    listen(this.node, 'click', '[data-stage]', (part) => act.go(part.dataset.stage ?? ''));
  }

  /**
   * @param {Scene} scene
   * @param {StagePicture} picture
   * @param {{width: number, height: number}} size
   */
  draw(scene, picture, size) {
    const { say, place, view } = scene;
    const wall = scene.look.projector;
    const vectors = vectorsOf(scene);
    const { before, row } = vectors;
    const table = place.kind === 'attention' ? keyRowsOf(scene) : null;
    const least = wall ? 30 : LINE;
    const n = vectors.before.length + vectors.after.length;
    const line = table ? least : clamp(Math.floor((size.height - 40) / n), least, 64);
    this.node.style.setProperty('--line', `${line}px`);
    const above = wall ? 84 : 70;
    // Many keys need the room of the vectors that the row can do without.
    const spare = table ? size.height - above - before.length * line - table.rows.length * (wall ? 28 : 16) : Infinity;
    const after = vectors.after.length * line <= spare ? vectors.after : vectors.after.filter(({ stage, name, here }) => here || (stage !== 'concat' && name !== 'x + ·'));
    const name = row.rows[clamp(view.row[place.side], 0, row.rows.length - 1)].full;
    write(this.title, place.kind === 'attention' ? say('walk.row.title_head', { row: name, head: view.head + 1 }) : say('walk.row.title', { row: name }));
    this.drawVectors(this.before, scene, before, size.width, line);
    this.drawVectors(this.after, scene, after, size.width, line);
    set(this.head, { hidden: table ? null : '' });
    set(this.keys, { hidden: table ? null : '' });
    if (!table) return;
    const room = size.height - above - (before.length + after.length) * line;
    const height = clamp(Math.floor(room / table.rows.length), wall ? 28 : 16, wall ? 34 : 24);
    this.keys.style.height = `${Math.min(room, height * table.rows.length)}px`;
    const here = picture.cols === table.cols ? cellOf(picture, view).col : null;
    this.drawKeys(scene, table, size.width, height, here);
    if (here !== null) keepVisible(this.keys, here * height, height, 0);
  }

  /**
   * @param {HTMLElement} node
   * @param {Scene} scene
   * @param {Vector[]} vectors
   * @param {number} width
   * @param {number} line height of one
   */
  drawVectors(node, { palette, look }, vectors, width, line) {
    const most = width - (LABEL + NOTE + 2 * GAP) * (look.projector ? 1.4 : 1);
    join(
      node,
      vectors,
      () => el('button', { type: 'button', class: 'vector' }, el('b'), el('canvas', { 'aria-hidden': 'true' }), el('span', { class: 'num' })),
      (button, vector) => {
        const cell = Math.min(8, most / vector.values.length);
        write(button.children[0], vector.name);
        write(button.children[2], vector.note);
        paintStripe(/** @type {HTMLCanvasElement} */ (button.children[1]), palette, vector, Math.floor(cell * vector.values.length), Math.max(14, line - (look.projector ? 10 : 5) - (line > 30 ? 9 : 0)));
        set(button, { 'data-stage': vector.stage, 'data-later': vector.later ? 'true' : null, 'aria-current': vector.here ? 'step' : null, title: vector.tensor });
      },
    );
  }

  /**
   * @param {Scene} scene
   * @param {KeyTable} table
   * @param {number} width
   * @param {number} height
   * @param {number | null} here
   */
  drawKeys({ palette, look, say }, table, width, height, here) {
    const big = look.projector ? 1.35 : 1;
    const fixed = (WORD + BAR + table.columns.length * NUMBER) * big;
    const stripe = clamp((width - fixed - (table.columns.length + 4) * GAP) / 2, 48, 128);
    const grid = `${WORD * big}px ${stripe}px ${table.columns.map(() => `${NUMBER * big}px`).join(' ')} ${BAR * big}px ${stripe}px`;
    this.node.style.setProperty('--keys', grid);
    join(
      this.head,
      table.heads,
      () => el('button', { type: 'button' }),
      (node, head) => {
        write(node, head.name);
        set(node, { 'data-stage': head.stage, 'data-later': head.later ? 'true' : null, 'aria-current': head.here ? 'step' : null, disabled: head.stage ? null : 'true' });
      },
    );
    join(
      this.keys,
      table.rows,
      () => el('div', { class: 'key-row' }),
      (node, row, j) => {
        set(node, { 'data-key': j, class: `key-row${j === here ? ' at' : ''}${row.masked ? ' shut' : ''}`, style: `height:${height}px;line-height:${height}px` });
        const texts = [row.name, null, ...row.numbers, row.weight, null];
        join(
          node,
          texts,
          (text) => (text === null ? el('canvas', { 'aria-hidden': 'true' }) : el('span', {}, el('i'), el('span'))),
          (cell, text, i) => {
            const later = table.heads[i].later && i > 0 ? 'true' : null;
            set(cell, { 'data-later': later, class: i === 0 ? 'word' : typeof text === 'string' || typeof text === 'number' ? 'num' : null });
            if (text === null) return paintStripe(/** @type {HTMLCanvasElement} */ (cell), palette, i === 1 ? row.key : row.value, stripe, Math.max(9, height - 6));
            const bar = i === texts.length - 2 && !row.masked;
            set(cell.children[0], { class: 'weight-bar', style: bar ? `width:${Math.round(row.share * 52)}px` : 'width:0' });
            write(cell.children[1], i === 0 ? String(text) : row.masked && bar === false && i >= texts.length - 2 ? say('walk.masked') : typeof text === 'number' ? numberText(text) : text);
          },
        );
      },
    );
  }
}

/** @param {number} value */
function numberText(value) {
  return value === -Infinity ? '−∞' : three(value);
}
