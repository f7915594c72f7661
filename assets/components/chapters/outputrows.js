/** The rows of the decoder under each other: what each reads, what it writes, one number. One of them is "here". */

import { clamp, el, join, listen, numberOf, set, write } from '../dom.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {{text: string, share: number}} RowNumber a number as it is written, and how long its bar is, 0 to 1 */

export class RowList {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.heading = el('div', { class: 'row-heading' }, el('span'), el('span'));
    this.list = el('div', { class: 'row-list', role: 'group' });
    this.node = el('div', { class: 'output-rows', 'data-part': 'rows' }, this.heading, this.list);
    listen(this.list, 'click', '[data-row]', (part) => pick(desk, numberOf(part, 'row')));
  }

  /**
   * @param {StepScene} scene
   * @param {string} title what the number is
   * @param {(row: number) => RowNumber} number
   */
  draw(scene, title, number) {
    const { say, words } = scene;
    const here = rowOf(scene);
    write(this.heading.children[0], say('output.rows.words'));
    write(this.heading.children[1], title);
    set(this.list, { 'aria-label': say('output.rows.label') });
    join(
      this.list,
      words.tgtIn,
      () => el('button', { type: 'button' }, el('span', { class: 'word', dir: 'auto' }), el('span', { class: 'num' }), el('i', { class: 'bar' }, el('i'))),
      (node, reads, row) => {
        const { text, share } = number(row);
        write(node.children[0], `${reads.text} → ${words.tgtOut[row].text}`);
        write(node.children[1], text);
        set(node.children[2].children[0], { style: `width:${(100 * clamp(share, 0, 1)).toFixed(2)}%` });
        set(node, { 'data-row': row, 'aria-current': row === here ? 'true' : null, title: `${reads.full} → ${words.tgtOut[row].full}` });
      },
    );
    this.reveal(here);
  }

  /** Scroll the list, and nothing else, until the row is seen. @param {number} row */
  reveal(row) {
    const node = /** @type {HTMLElement | undefined} */ (this.list.children[row]);
    if (!node) return;
    const { offsetTop: top, offsetHeight: height } = node;
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop) this.list.scrollTop = top;
    else if (top + height > scrollTop + clientHeight) this.list.scrollTop = top + height - clientHeight;
  }
}

/**
 * The target row that is looked at; a row that another sentence left behind falls back into this one.
 * @param {StepScene} scene
 */
export function rowOf({ view, words }) {
  return clamp(view.row.tgt, 0, words.tgtIn.length - 1);
}

/**
 * The logits of a target row, as the model made them.
 * @param {StepScene} scene
 * @param {number} [row]
 */
export function logitsOf(scene, row = rowOf(scene)) {
  const [, vocab] = scene.pass.shape('logits');
  return scene.pass.values('logits').subarray(row * vocab, (row + 1) * vocab);
}

/**
 * @param {Desk} desk
 * @param {number} row
 */
export function pick(desk, row) {
  desk.change((view) => ({ ...view, row: { ...view.row, tgt: row } }));
}

/**
 * The arrow keys move from row to row.
 * @param {Desk} desk
 * @returns {import('../keys.js').Binding[]}
 */
export function rowKeys(desk) {
  /** @param {number} step */
  const move = (step) => {
    const { scene } = desk;
    if (scene) pick(desk, clamp(rowOf(scene) + step, 0, scene.words.tgtIn.length - 1));
  };
  return [{ keys: ['ArrowUp', 'ArrowDown'], shown: '↑ ↓', help: 'output.keys.row', run: (key) => move(key === 'ArrowUp' ? -1 : 1) }];
}
