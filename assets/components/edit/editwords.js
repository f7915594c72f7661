/** What the model writes, three times: as it is, edited after the same words, and edited on its own. What flipped is outlined. */

import { clamp, el, join, set, write } from '../dom.js';
import { told } from '../chapters/masksparts.js';
import { wordOf } from './editparts.js';
import { widthOf } from '../tokens.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./editparts.js').Told} Told */
/** @typedef {{word: string, p: number | null, odd: boolean, title: string}} Cell */

/** Pixels: the names of the lines, which stay; around a word; and the fonts of a word and of its number. */
const DESK = { names: 108, pad: 6, word: 16, number: 13 };
const WALL = { names: 136, pad: 10, word: 20, number: 20 };

export class EditWords {
  constructor() {
    this.where = '';
    this.head = el('tr');
    this.lines = ['before', 'rows', 'free'].map((name) => el('tr', { 'data-line': name }));
    const table = el('table', {}, el('thead', {}, this.head), el('tbody', {}, ...this.lines));
    this.node = el('div', { class: 'edit-words', 'data-part': 'written', tabindex: 0 }, table);
  }

  /**
   * @param {StepScene} scene
   * @param {Told} told
   * @param {number} here the row that the matrix points at, if its rows are the decoder's
   */
  draw(scene, { rows, written }, here) {
    const { say, words } = scene;
    const most = Math.max(rows.length, written[1].words.length);
    const reads = Array.from({ length: most }, (_, i) => words.tgtIn[i]?.text ?? '');
    join(this.head, [say('edit.words.reads'), ...reads], headCell, (node, text, i) => {
      write(node, text);
      set(node, { class: i ? 'word' : 'edit-name', 'data-here': i > 0 && i - 1 === here ? 'true' : null });
    });
    const [free, freed] = written;
    const lines = [
      rows.map(({ before }) => cell(scene, before[0], false, before)),
      rows.map(({ before, after }) => cell(scene, after[0], before[0][0] !== after[0][0], after)),
      freed.words.map((word, i) => cell(scene, [word, freed.p[i]], word !== free.words[i], [])),
    ];
    const names = ['edit.words.before', 'edit.words.rows', 'edit.words.free'].map((key) => say(key));
    lines.forEach((cells, n) => drawLine(this.lines[n], names[n], cells, most));
    this.fit(scene, [...lines.flat(), ...reads.map((word) => ({ word, p: null }))], most, here);
  }

  /**
   * Columns are of one width, and as many as fit are seen whole: no word is ever cut at the edge.
   * @param {StepScene} scene
   * @param {{word: string, p: number | null}[]} cells
   * @param {number} most
   * @param {number} here
   */
  fit({ look, palette }, cells, most, here) {
    const { names, pad, word, number } = look.projector ? WALL : DESK;
    const [wordFont, numberFont] = [`700 ${word}px ${palette.fonts.word}`, `400 ${number}px ${palette.fonts.num}`];
    const widest = cells.reduce((width, one) => Math.max(width, widthOf(one.word, wordFont), widthOf(told(one.p), numberFont)), 0) + pad;
    const count = clamp(Math.floor((look.width - names) / widest), 1, most);
    const width = Math.floor((look.width - names) / count);
    set(this.node, { style: `--names:${look.width - count * width}px;--col:${width}px;--all:${look.width + (most - count) * width}px` });
    const where = [here, count, width, most].join();
    if (where === this.where) return; // where a person has scrolled to stays
    this.where = where;
    const from = Math.round(this.node.scrollLeft / width);
    if (count < most && (here < from || here >= from + count)) this.node.scrollLeft = width * clamp(here - (count >> 1), 0, most - count);
  }
}

/**
 * @param {Element} line
 * @param {string} name
 * @param {Cell[]} cells
 * @param {number} most
 */
function drawLine(line, name, cells, most) {
  const padded = Array.from({ length: most }, (_, i) => cells[i] ?? null);
  join(
    line,
    [name, ...padded],
    (_, i) => (i ? el('td', {}, el('b'), el('span', { class: 'num' })) : el('th', { class: 'edit-name', scope: 'row' })),
    (node, item) => {
      if (typeof item === 'string') return write(node, item);
      write(node.children[0], item?.word ?? '');
      write(node.children[1], item ? told(item.p) : '');
      set(node, { 'data-flipped': item?.odd || null, title: item?.title || null });
    },
  );
}

/**
 * @param {StepScene} scene
 * @param {import('./editparts.js').Word} best
 * @param {boolean} odd
 * @param {import('./editparts.js').Word[]} all
 * @returns {Cell}
 */
function cell(scene, [word, p], odd, all) {
  return { word: wordOf(scene, word), p, odd, title: all.map(([one, q]) => `${wordOf(scene, one)} ${told(q)}`).join('\n') };
}

function headCell() {
  return el('th', { scope: 'col' });
}
