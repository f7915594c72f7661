/** The row pointed at, in every head of its block: small strips below each other, each with the key that it reads most. */

import { el, join, put, set, svg, write } from './dom.js';
import { beside, short } from './format.js';
import { mostRead, range } from './grid.js';
import { weightScale } from './scales.js';
import { rowName } from './scene.js';
import { headColour } from './theme.js';
import { fit } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {{width: number, label: number, best: number, cell: number, step: number, word: number, note: number}} StripSize */

export class RowHeads {
  constructor() {
    this.title = el('h3');
    this.lines = svg('g');
    this.rows = svg('svg', { role: 'img' }, hatchPattern('row-hatch'), this.lines);
    this.node = el('div', { class: 'row-heads' }, this.title, this.rows);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { grid, row, say, sayWith, look } = scene;
    const size = look.projector
      ? { width: Math.min(1180, look.width), label: 60, best: 150, cell: 34, step: 56, word: 26, note: 20 }
      : { width: look.stage < 760 ? 200 : 262, label: 30, best: 66, cell: 15, step: 23, word: 15, note: 13 };
    const seen = row !== null && grid.rows.includes(row) ? row : null;
    set(this.title, { class: seen === null ? 'quiet' : null });
    put(this.title, seen === null ? [say('explore.pair.no_row')] : sayWith('explore.pair.row', { row: el('span', { class: 'word' }, rowName(grid, seen)) }));
    const heads = seen === null ? [] : range(grid.heads);
    const said = heads.map((head) => {
      const key = mostRead(grid, head, seen ?? 0);
      return say('explore.pair.said_head', { head: head + 1, key: grid.keys[key].text, weight: short(grid.at(head, seen ?? 0, key)) });
    });
    set(this.rows, { width: size.width, height: Math.max(1, heads.length * size.step), 'aria-label': said.join(' ') });
    join(
      this.lines,
      heads,
      () => svg('g', {}, svg('rect'), svg('text', { class: 'number' }), svg('g'), svg('rect'), svg('text', { class: 'best word' })),
      (node, head) => drawStrip(node, head, seen ?? 0, scene, size),
    );
  }
}

/**
 * The hatch as SVG: a masked key is forbidden, which is not the same as weight 0.
 * @param {string} id
 */
export function hatchPattern(id) {
  const size = { id, width: 5, height: 5, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' };
  const ground = svg('rect', { width: 5, height: 5, class: 'hatch-ground' });
  return svg('defs', {}, svg('pattern', size, ground, svg('path', { d: 'M0,0V5', class: 'hatch-stroke' })));
}

/**
 * One head: its square and number, its cells, and the key it reads most with the weight.
 * @param {SVGGElement} node
 * @param {number} head
 * @param {number} row
 * @param {Scene} scene
 * @param {StripSize} size
 */
function drawStrip(node, head, row, { grid, palette, view }, size) {
  const [square, number, cells, frame, best] = node.children;
  const y = head * size.step + 2;
  const base = y + size.cell * 0.5 + size.note * 0.36;
  const pitch = Math.min(size.cell * 1.6, (size.width - size.label - size.best - 2) / grid.cols.length);
  const scale = weightScale(palette);
  node.classList.toggle('strong', head === view.head);
  set(square, { x: 0, y: y + (size.cell - size.note * 0.9) / 2, width: size.note * 0.9, height: size.note * 0.9, rx: 2, fill: headColour(palette, head) });
  write(number, String(head + 1));
  set(number, { x: size.note * 1.2, y: base, 'font-size': size.note + 1 });
  join(
    cells,
    grid.cols,
    () => svg('rect'),
    (cell, col, at) => {
      const fill = grid.masked(row, col) ? 'url(#row-hatch)' : scale.fill(grid.at(head, row, col));
      set(cell, { x: size.label + at * pitch, y, width: Math.max(1, pitch - 1), height: size.cell, fill, stroke: palette.line });
    },
  );
  const top = mostRead(grid, head, row);
  set(frame, { class: 'frame', x: size.label + grid.cols.indexOf(top) * pitch - 1, y: y - 1, width: pitch + 1, height: size.cell + 2 });
  const word = fit(beside(grid.keys[top].text, short(grid.at(head, row, top))), size.best - 6, { size: size.word, smallest: size.note, family: palette.fonts.word });
  write(best, word.text);
  set(best, { x: size.label + grid.cols.length * pitch + size.note * 0.6, y: base, 'font-size': word.size });
}
