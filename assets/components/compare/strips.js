/** Two sentences one above the other, word below word; what differs is outlined, what is pointed at is marked. */

import { el, join, listen, numberOf, set, write } from '../dom.js';
import { told } from '../chapters/masksparts.js';
import { cut, literal } from '../tokens.js';

/** @typedef {import('./comparedata.js').Pair} Pair */
/** @typedef {{text: string, p?: number, title?: string, unknown?: boolean}} Word */
/** @typedef {{name: string, word: Word | null, kind: Pair[2] | null, at: number | null}} Cell */

const SURE = 0.95; // from here on a word's probability is told by its tooltip alone

export class Strip {
  /**
   * @param {string} part
   * @param {(at: number) => void} pick
   */
  constructor(part, pick) {
    this.lines = [el('tr', { 'data-line': 'a' }), el('tr', { 'data-line': 'b' })];
    this.node = el('div', { class: 'compare-strip', 'data-part': part, tabindex: 0 }, el('table', {}, el('tbody', {}, ...this.lines)));
    this.seen = '';
    /** @type {number[]} */
    this.marked = [];
    listen(this.node, 'click', '[data-at]', (cell) => pick(numberOf(cell, 'at')));
  }

  /** Bring the first place that differs into view, where there are more words than fit; once for each sentence. */
  reveal() {
    const { node } = this;
    const text = `${node.textContent} ${node.clientWidth}`;
    if (text === this.seen || !node.clientWidth) return;
    this.seen = text;
    node.scrollLeft = 0;
    const odd = /** @type {HTMLElement | null} */ (node.querySelector('[data-odd]'));
    if (odd && odd.offsetLeft + odd.offsetWidth > node.clientWidth) node.scrollLeft = odd.offsetLeft - node.clientWidth / 3;
  }

  /**
   * @param {[string, string]} names of the lines
   * @param {[Word[], Word[]]} words
   * @param {Pair[]} pairs
   * @param {{single?: boolean, place?: (pair: Pair, n: number) => number | null}} [style] `single`: both lines are the same, one is enough; `place`: where on the grid of the maps a word stands
   */
  draw(names, words, pairs, { single = false, place = (_, n) => n } = {}) {
    set(this.node, { 'aria-label': names.join(', ') });
    queueMicrotask(() => this.reveal());
    this.lines.forEach((line, side) => {
      line.hidden = single && side === 1;
      /** @type {Cell[]} */
      const cells = pairs.map((pair, n) => {
        const at = pair[side];
        return { name: '', word: typeof at === 'number' ? words[side][at] : null, kind: pair[2], at: place(pair, n) };
      });
      join(
        line,
        [{ name: names[side], word: null, kind: null, at: null }, ...cells],
        (_, i) => (i ? el('td', {}, el('b', { dir: 'auto' }), el('span', { class: 'num' })) : el('th', { scope: 'row' })),
        (node, { name, word, kind, at }) => {
          if (kind === null) return write(node, name);
          const sure = (word?.p ?? 1) >= SURE;
          write(node.children[0], word ? word.text : '·');
          write(node.children[1], word?.p !== undefined && (kind === 'replaced' || !sure) ? told(word.p) : '');
          set(node, { 'data-kind': kind, 'data-odd': kind !== 'equal' || null, 'data-sure': sure || null, 'data-at': at, 'data-unknown': word?.unknown || null, title: word?.title ?? null });
        },
      );
    });
    this.mark(this.marked);
  }

  /** @param {number[]} places on the grid of the maps */
  mark(places) {
    this.marked = places;
    for (const line of this.lines) for (const cell of line.children) set(cell, { 'data-here': (cell.hasAttribute('data-at') && places.includes(numberOf(cell, 'at'))) || null });
  }
}

/**
 * What a side reads, as words of a strip.
 * @param {import('../step/desk.js').StepScene} scene
 * @param {import('./comparedata.js').Side} side
 * @returns {Word[]}
 */
export function readWords({ say }, { src, unknown }) {
  return src.map((token, i) => (unknown[i] ? { ...wordOf(token), unknown: true, title: say('explore.token.unknown', { word: literal(token) }) } : wordOf(token)));
}

/**
 * What a side writes, each word with its probability and what came closest.
 * @param {import('./comparedata.js').Side} side
 * @returns {Word[]}
 */
export function writtenWords(side) {
  return side.rows.map(({ word, p, best }) => ({ ...wordOf(word), p, title: best.map(([one, q]) => `${literal(one)} ${told(q)}`).join('\n') }));
}

/**
 * A token as a word of a strip, cut where it is very long.
 * @param {string} token
 * @returns {Word}
 */
export function wordOf(token) {
  const whole = literal(token);
  const text = cut(whole);
  return text === whole ? { text } : { text, title: whole };
}
