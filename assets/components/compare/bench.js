/** What the four views look like: controls, one finding, two strips, the list of heads and three maps. */

import { el, set, write } from '../dom.js';
import { Strip } from './strips.js';
import { Trio } from './trio.js';

/** @typedef {import('../step/desk.js').Desk} Desk */
/** @typedef {import('../step/desk.js').StepScene} StepScene */

const NARROW = 1000; // pixels: below it two maps are shown, not three
const BAR = 50; // pixels of the bar of the pass, which is not shown here
const GAP = 16; // pixels between the list of heads and the maps

export class Bench {
  /**
   * @param {Desk} desk
   * @param {import('./ranking.js').Ranking} ranking
   * @param {...HTMLElement} controls
   */
  constructor(desk, ranking, ...controls) {
    this.ranking = ranking;
    this.controls = el('div', { class: 'compare-controls', 'data-part': 'controls' }, ...controls);
    this.finding = el('p', { class: 'compare-finding', 'data-part': 'finding' });
    this.reads = new Strip('reads', (at) => this.choose(this.reads, at));
    this.writes = new Strip('writes', (at) => this.choose(this.writes, at));
    this.trio = new Trio(desk);
    this.trio.told = (cell) => this.mark(cell);
    this.body = el('div', { class: 'compare-body' }, this.finding, this.reads.node, this.writes.node, el('div', { class: 'compare-columns' }, ranking.node, this.trio.node));
    this.empty = el('div', { class: 'compare-empty', hidden: '' }, el('p'));
    this.node = el('div', { class: 'compare' }, this.controls, this.empty, this.body);
    /** @type {{rows: Strip, cols: Strip | null}} which strip has the words of the rows, and which those of the columns */
    this.axes = { rows: this.writes, cols: this.reads };
  }

  /**
   * Show a sentence instead of the pictures: nothing to compare yet, or a refusal.
   * @param {string} text empty when there is something to see
   */
  say(text) {
    this.empty.hidden = text === '';
    this.body.hidden = text !== '';
    write(this.empty.children[0], text);
  }

  /** @param {string} text one finding, made of numbers */
  tell(text) {
    write(this.finding, text);
    this.finding.title = text;
  }

  /**
   * Draw the maps of a block in what is left of the page.
   * @param {StepScene} scene
   * @param {import('./common.js').Three} three
   * @param {string} block
   */
  draw(scene, three, block) {
    const encoder = block.startsWith('encoder.');
    this.axes = { rows: encoder ? this.reads : this.writes, cols: encoder || block.endsWith('.cross_attn') ? this.reads : null };
    this.trio.draw(scene, three, this.room(scene));
  }

  /**
   * What is left for the maps.
   * @param {StepScene} scene
   */
  room({ look }) {
    const narrow = !look.projector && look.width < NARROW;
    set(this.node, { 'data-narrow': narrow || null });
    const above = [this.controls, this.finding, this.reads.node, this.writes.node].reduce((sum, node) => sum + (node.offsetHeight ? node.offsetHeight + 8 : 0), 0);
    const list = this.ranking.node.offsetWidth; // nothing on the wall
    return { width: look.width - (list && list + GAP), narrow, height: look.height + (look.projector ? 0 : BAR) - above - 8 };
  }

  /** The words of the chosen cell are marked in the sentences. @param {import('../step/heat.js').Cell | null} cell */
  mark(cell) {
    const { rows, cols } = this.axes;
    for (const strip of [this.reads, this.writes]) strip.mark(cell ? [rows === strip ? cell.row : -1, cols === strip ? cell.col : -1] : []);
  }

  /** @param {Strip} strip @param {number} at the place of a word on the grid */
  choose(strip, at) {
    const { rows, cols } = this.axes;
    if (strip === rows) this.trio.choose({ row: at });
    else if (strip === cols) this.trio.choose({ col: at });
  }

  /**
   * The keys of the chosen cell.
   * @returns {import('../keys.js').Binding[]}
   */
  keys() {
    const { trio } = this;
    const move = (/** @type {number} */ row, /** @type {number} */ col) => trio.cell && trio.choose({ row: trio.cell.row + row, col: trio.cell.col + col });
    return [
      { keys: ['[', ']'], shown: '[ ]', help: 'compare.keys.row', run: (key) => move(key === '[' ? -1 : 1, 0) },
      { keys: [',', '.'], shown: ', .', help: 'compare.keys.col', run: (key) => move(0, key === ',' ? -1 : 1) },
      { keys: ['n', 'N'], shown: 'n N', help: 'compare.keys.next', run: (key) => trio.next(key === 'n' ? 1 : -1) },
    ];
  }
}
