/** Lines and matrix as marks, for saving. */

import { corner, NUMBERS_FROM } from './cells.js';
import { short } from './format.js';
import { mostRead, relationsOf } from './grid.js';
import { curve, headsShown, keyY, LABELLED, linksOfRow, linksPointedAt, queryY, thicknessOf } from './links.js';
import { linesSize, matrixSize } from './look.js';
import { columnsUpright } from './matrix.js';
import { weightScale } from './scales.js';
import { rowName } from './scene.js';
import { headColour } from './theme.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./marks.js').Mark} Mark */
/** @typedef {import('./marks.js').Picture} Picture */
/** @typedef {import('./grid.js').Grid} Grid */

/**
 * @param {Scene} scene
 * @param {{x: number, y: number}} corner
 * @returns {Picture}
 */
export function linesAndMatrix(scene, corner) {
  const { grid, look } = scene;
  const lines = linesSize(look, grid);
  const matrix = matrixSize(look, grid, lines.width);
  const rows = Math.max(grid.rows.length, grid.cols.length);
  const left = corner.x + lines.width + 24 + matrix.left;
  const top = corner.y + lines.top;
  const marks = [...lineMarks(scene, lines, corner.x, top), ...matrixMarks(scene, grid, matrix, left, top)];
  const width = lines.width + 24 + matrix.left + grid.cols.length * matrix.cellWidth + 36;
  return { width: Math.max(width, 864), height: lines.top + rows * lines.row + 8, marks };
}

/**
 * @param {Scene} scene
 * @param {import('./lines.js').LinesSize} size
 * @param {number} x
 * @param {number} y
 * @returns {Mark[]}
 */
function lineMarks(scene, size, x, y) {
  const { grid, palette, row, view, say } = scene;
  const word = { kind: /** @type {const} */ ('text'), family: palette.fonts.word, size: size.word, fill: palette.ink };
  const pointed = linksPointedAt(scene, row);
  const shown = pointed.length ? pointed : scene.grid.rows.flatMap((one) => linksOfRow(scene, one));
  const full = pointed.length > 0;
  return [
    axis(scene, say('explore.axis.queries'), x, y - 30),
    axis(scene, say('explore.axis.keys'), x + size.keys, y - 30),
    ...shown.map((link) => ({
      kind: /** @type {const} */ ('path'),
      d: moved(curve(scene, size, link), x, y),
      stroke: headColour(palette, link.head),
      thick: Math.max(1, link.weight * (full ? thicknessOf(scene) : 4)),
      opacity: full ? 0.35 + 0.6 * link.weight : 0.12 + 0.6 * link.weight,
    })),
    ...grid.rows.map((one, at) => ({
      ...word,
      x: x + size.queries - 8,
      y: y + queryY(size, at) + 5,
      text: rowName(grid, one),
      anchor: /** @type {const} */ ('end'),
      weight: one === row ? 700 : 400,
    })),
    ...grid.cols.flatMap((col, at) => {
      const best = headsShown(view.shown).reduce((a, b) => (row !== null && grid.at(b, row, col) > grid.at(a, row, col) ? b : a));
      const weight = row === null || grid.masked(row, col) ? 0 : grid.at(best, row, col);
      const label = weight > LABELLED ? '  ' + say('explore.head_weight', { head: best + 1, weight: short(weight) }) : '';
      return [{ ...word, x: x + size.keys, y: y + keyY(size, grid, at) + 5, text: grid.keys[col].text + label, weight: view.col === col || weight > 0.5 ? 700 : 400 }];
    }),
  ];
}

/**
 * Move the absolute coordinates of a path `Mx,yCx,y x,y x,y`.
 * @param {string} d
 * @param {number} x
 * @param {number} y
 */
function moved(d, x, y) {
  return d.replace(/(-?[\d.]+(?:e-?\d+)?),(-?[\d.]+(?:e-?\d+)?)/g, (_, a, b) => `${Number(a) + x},${Number(b) + y}`);
}

/**
 * One map with its words.
 * @param {Scene} scene
 * @param {Grid} grid
 * @param {{cellWidth: number, cellHeight: number, digits: number, word: number}} size
 * @param {number} x
 * @param {number} y
 * @returns {Mark[]}
 */
function matrixMarks(scene, grid, size, x, y) {
  const { palette, say, row } = scene;
  const word = { kind: /** @type {const} */ ('text'), family: palette.fonts.word, size: size.word, fill: palette.ink };
  const hot = row === null ? -1 : mostRead(grid, scene.view.head, row);
  const upright = columnsUpright(grid, size, palette);
  return [
    axis(scene, say('explore.axis.keys_right'), x - 84, y - 32),
    axis(scene, say('explore.axis.queries_down'), x - 84, y - 14),
    ...grid.cols.map((col, j) => ({
      ...word,
      x: x + (j + 0.5) * size.cellWidth + (upright ? 0 : 4),
      y: y - 7,
      text: grid.keys[col].text,
      ...(upright ? { anchor: /** @type {const} */ ('middle') } : { turn: -48 }),
      weight: col === hot ? 700 : 400,
    })),
    ...grid.rows.map((one, i) => ({
      ...word,
      x: x - 8,
      y: y + (i + 0.5) * size.cellHeight + 5,
      text: grid.writes[one].text,
      anchor: /** @type {const} */ ('end'),
      weight: one === row ? 700 : 400,
    })),
    ...cellMarks(scene, grid, size, x, y),
    ...rowMark(scene, grid, size, x, y),
  ];
}

/**
 * @param {Scene} scene
 * @param {Grid} grid
 * @param {{cellWidth: number, cellHeight: number}} size
 * @param {number} x
 * @param {number} y
 * @returns {Mark[]}
 */
function rowMark({ palette, row }, grid, size, x, y) {
  const at = row === null ? -1 : grid.rows.indexOf(row);
  if (at < 0) return [];
  const box = { x: x - 2, y: y + at * size.cellHeight - 2, w: grid.cols.length * size.cellWidth + 3, h: size.cellHeight + 3 };
  return [
    { kind: 'rect', ...box, stroke: palette.mark, thick: 7 },
    { kind: 'rect', ...box, stroke: palette.markline, thick: 2.5 },
  ];
}

/**
 * @param {Scene} scene
 * @param {Grid} grid
 * @param {{cellWidth: number, cellHeight: number, digits: number}} size
 * @param {number} x
 * @param {number} y
 * @returns {Mark[]}
 */
export function cellMarks({ palette, view, trace }, grid, size, x, y) {
  const scale = weightScale(palette);
  const names = relationsOf(trace);
  const { cellWidth: w, cellHeight: h } = size;
  return grid.rows.flatMap((row, i) =>
    grid.cols.flatMap((col, j) => {
      const at = { x: x + j * w, y: y + i * h, w: w - 1, h: h - 1 };
      if (grid.masked(row, col)) return [{ kind: /** @type {const} */ ('hatch'), ...at, w, h }];
      const weight = grid.at(view.head, row, col);
      /** @type {Mark[]} */
      const marks = [{ kind: 'rect', ...at, fill: scale.fill(weight), stroke: palette.line, thick: 0.5 }];
      const text = scale.text(weight);
      if (grid.gold(row, col)) marks.push({ kind: 'rect', x: at.x + 1.6, y: at.y + 1.6, w: w - 4.2, h: h - 4.2, stroke: text, dash: '2 2', thick: 1.2 });
      for (const name of grid.relations(row, col)) marks.push({ kind: 'path', d: corner(names.indexOf(name), at.x, at.y, at.w, at.h), fill: text });
      if (size.digits && weight >= NUMBERS_FROM) {
        const place = { x: at.x + (w - 1) / 2, y: at.y + h / 2 + size.digits * 0.35, anchor: /** @type {const} */ ('middle') };
        marks.push({ kind: 'text', ...place, text: short(weight), size: size.digits, weight: 600, family: palette.fonts.num, fill: text });
      }
      return marks;
    }),
  );
}

/**
 * @param {Scene} scene
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @returns {Mark}
 */
export function axis({ palette }, text, x, y) {
  return { kind: 'text', x, y, text, size: 13, weight: 700, family: palette.fonts.ui, fill: palette.ink };
}
