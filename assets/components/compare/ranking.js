/** Heads in order of how much they differ, each with its difference very small; one click looks at it. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { Choice } from '../chapters/masksparts.js';
import { drawMark, headMark } from '../heads/parts.js';
import { differenceScale, paintThumb } from '../runs/paint.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./comparedata.js').Head} Head */
/**
 * @typedef {object} Item
 * @property {string} block
 * @property {number} head
 * @property {number | null} value for the order
 * @property {string} text the value as it is written
 * @property {string} [more] the head of the other side
 * @property {boolean} here
 * @property {{rows: number, cols: number, at: (row: number, col: number) => number} | null} [map]
 */

const DESK = 30; // pixels

export class Ranking {
  /**
   * @param {(head: Head) => void} go
   * @param {((name: string) => void) | null} [sort]
   */
  constructor(go, sort = null) {
    this.title = el('h3');
    this.order = new Choice('order', (name) => sort?.(name));
    this.order.node.hidden = sort === null;
    this.list = el('div', { class: 'compare-list', role: 'group' });
    this.node = el('section', { class: 'compare-ranking', 'data-part': 'ranking' }, el('div', { class: 'compare-list-head' }, this.title, this.order.node), this.list);
    listen(this.list, 'click', '[data-block]', (part) => go({ block: part.dataset.block ?? '', head: numberOf(part, 'head') }));
    this.painted = '';
    this.at = '';
  }

  /**
   * @param {StepScene} scene
   * @param {string} title
   * @param {Item[]} items
   * @param {unknown} of what the thumbnails show: painted anew when it is another
   */
  draw(scene, title, items, of) {
    const { palette } = scene;
    write(this.title, title);
    set(this.list, { 'aria-label': title });
    const look = JSON.stringify([palette.dark, devicePixelRatio, items.map(({ block, head }) => block + head), items.length]);
    const stale = this.of !== of || this.painted !== look;
    this.of = of;
    this.painted = look;
    const { rgb } = differenceScale(palette);
    join(
      this.list,
      items,
      () => el('button', { type: 'button' }, el('canvas', { 'aria-hidden': 'true' }), el('span', { class: 'compare-names' }, headMark(), el('em')), el('span', { class: 'num' })),
      (node, item) => {
        const [canvas, names, text] = node.children;
        set(node, { 'data-block': item.block, 'data-head': item.head, 'aria-pressed': String(item.here) });
        drawMark(names.children[0], scene, item.block, item.head);
        write(names.children[1], item.more ?? '');
        set(node, { title: item.more ?? null });
        write(text, item.text);
        set(canvas, { style: `width:${DESK}px;height:${DESK}px`, hidden: item.map ? null : '' });
        if (stale && item.map) paintThumb(/** @type {HTMLCanvasElement} */ (canvas), DESK, item.map.rows, item.map.cols, item.map.at, rgb);
      },
    );
    this.reveal(items);
  }

  /**
   * Bring the head that is looked at into view, once.
   * @param {Item[]} items
   */
  reveal(items) {
    const n = items.findIndex(({ here }) => here);
    const at = n < 0 ? '' : items[n].block + items[n].head + items.length;
    if (at === this.at) return;
    this.at = at;
    const node = /** @type {HTMLElement | undefined} */ (this.list.children[n]);
    if (!node || this.list.scrollHeight <= this.list.clientHeight) return;
    const top = node.offsetTop - this.list.offsetTop;
    if (top < this.list.scrollTop || top + node.offsetHeight > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top - this.list.clientHeight / 3;
  }
}
