/** The joined square and the table as marks, for saving. */

import { three } from './format.js';
import { axis, cellMarks } from './picturestage.js';
import { rowName } from './scene.js';
import { standUpright } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./marks.js').Mark} Mark */
/** @typedef {import('./marks.js').Picture} Picture */
/** @typedef {import('./joined.js').Joined} Joined */

/**
 * @param {Scene} scene
 * @param {Joined} joined
 * @param {{x: number, y: number}} corner
 * @returns {Picture}
 */
export function joinedMarks(scene, joined, corner) {
  const { palette, say } = scene;
  const { now } = joined;
  if (!now) return { width: 0, height: 0, marks: [] };
  const { size, quadrants, src } = now;
  const [x, y] = [corner.x + size.left, corner.y + size.top];
  const cell = { cellWidth: size.cell, cellHeight: size.cell, digits: 0 };
  const gap = (/** @type {number} */ at) => at * size.cell + (at >= src.length ? size.gap : 0);
  const side = (quadrants[1].left + quadrants[1].grid.cols.length) * size.cell + size.gap;
  const never = { x: x + gap(src.length), y, w: quadrants[1].grid.cols.length * size.cell, h: src.length * size.cell };
  /** @type {Mark[]} */
  const marks = [{ kind: 'hatch', ...never }, axis(scene, say('explore.axis.keys_right'), corner.x, y - 50), axis(scene, say('explore.axis.queries_down'), corner.x, y - 32)];
  const words = { kind: /** @type {const} */ ('text'), family: palette.fonts.word, size: 13, fill: palette.ink };
  const columns = quadrants.slice(0, 2).flatMap(({ grid }) => grid.cols.map((col) => grid.keys[col]));
  const upright = standUpright(columns, size.cell, `700 ${size.word}px ${palette.fonts.word}`);
  for (const { grid, left, top } of quadrants) {
    marks.push(...cellMarks(scene, grid, cell, x + gap(left), y + gap(top)));
    const stroke = grid.block.kind === 'cross' ? palette.stream : palette.ink;
    marks.push({ kind: 'rect', x: x + gap(left), y: y + gap(top), w: grid.cols.length * size.cell, h: grid.rows.length * size.cell, stroke, thick: 2 });
    if (left === 0) {
      grid.rows.forEach((row, i) => marks.push({ ...words, x: x - 8, y: y + gap(top + i) + size.cell * 0.75, text: grid.writes[row].text, anchor: 'end' }));
    }
    if (grid.block.kind !== 'cross') {
      const lean = upright ? { anchor: /** @type {const} */ ('middle') } : { turn: -60 };
      grid.cols.forEach((col, j) => marks.push({ ...words, x: x + gap(left + j) + size.cell / 2 + (upright ? 0 : 4), y: y - 6, text: grid.keys[col].text, ...lean }));
    }
  }
  return { width: Math.max(864, size.left + side + 40), height: size.top + (quadrants[1].top + quadrants[1].grid.rows.length) * size.cell + size.gap + 12, marks };
}

/**
 * @param {Scene} scene
 * @param {{x: number, y: number}} corner
 * @returns {Picture}
 */
export function tableMarks({ grid, palette, view, say, row }, corner) {
  const [column, line, first] = [64, 24, 150];
  const word = { kind: /** @type {const} */ ('text'), family: palette.fonts.word, size: 14, fill: palette.ink };
  const num = { kind: /** @type {const} */ ('text'), family: palette.fonts.num, size: 13, fill: palette.ink, anchor: /** @type {const} */ ('end') };
  /** @type {Mark[]} */
  const marks = grid.cols.map((col, j) => ({ ...word, x: corner.x + first + (j + 1) * column, y: corner.y + 18, text: grid.keys[col].text, anchor: /** @type {const} */ ('end') }));
  grid.rows.forEach((one, i) => {
    const y = corner.y + 18 + (i + 1) * line;
    marks.push({ ...word, x: corner.x, y, text: rowName(grid, one), weight: one === row ? 700 : 400 });
    grid.cols.forEach((col, j) => {
      const text = grid.masked(one, col) ? say('explore.masked') : three(grid.at(view.head, one, col));
      marks.push({ ...num, x: corner.x + first + (j + 1) * column, y, text, weight: one === row ? 700 : 400 });
    });
  });
  return { width: Math.max(864, first + grid.cols.length * column), height: (grid.rows.length + 1) * line + 18, marks };
}
