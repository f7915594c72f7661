/** What is seen on the stage, described as marks, for saving. The same geometry as on the page, without scrolling. */

import { short, three } from './format.js';
import { mostRead } from './grid.js';
import { curve, headsShown, keyY, linksOfRow, linksPointedAt, queryY, thicknessOf } from './lines.js';
import { linesSize, matrixSize } from './look.js';
import { weightScale } from './scales.js';
import { rowName } from './scene.js';
import { headColour } from './theme.js';

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('./marks.js').Mark} Mark */
/** @typedef {import('./marks.js').Picture} Picture */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./joined.js').Joined} Joined */

const MARGIN = 24;
const TITLE = 64;

/**
 * @param {Scene} scene
 * @param {Joined} joined
 * @returns {Picture}
 */
export function pictureOf(scene, joined) {
  const { picture } = scene.view;
  const body = picture === 'joined' ? joinedMarks(scene, joined) : picture === 'table' ? tableMarks(scene) : linesAndMatrix(scene);
  return { width: body.width + 2 * MARGIN, height: body.height + TITLE + MARGIN, marks: [...titleMarks(scene), ...body.marks] };
}

/** @param {Scene} scene */
function heads(scene) {
  return headsShown(scene.view.shown);
}

/**
 * The title says what a picture must not lose on its way: block, tensor, run, sentence, and which heads.
 * @param {Scene} scene
 * @returns {Mark[]}
 */
function titleMarks(scene) {
  const { palette, view, header, trace, say } = scene;
  const about = say('explore.save.about', { name: view.block + '.weights', head: view.head + 1, run: header.run });
  return [
    { kind: 'text', x: MARGIN, y: 28, text: scene.title, size: 19, weight: 700, family: palette.fonts.ui, fill: palette.ink },
    { kind: 'text', x: MARGIN, y: 48, text: about, size: 13, family: palette.fonts.num, fill: palette.ink3 },
    { kind: 'text', x: MARGIN + 420, y: 28, text: `${trace.read}  →  ${trace.output}`, size: 15, family: palette.fonts.word, fill: palette.ink2 },
  ];
}

/**
 * @param {Scene} scene
 * @returns {Picture}
 */
function linesAndMatrix(scene) {
  const { grid, look } = scene;
  const lines = linesSize(look, grid);
  const matrix = matrixSize(look, grid, lines.width);
  const rows = Math.max(grid.rows.length, grid.cols.length);
  const left = MARGIN + lines.width + 24 + matrix.left;
  const top = TITLE + lines.top;
  const marks = [...lineMarks(scene, lines, MARGIN, top), ...matrixMarks(scene, grid, matrix, left, top)];
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
      const best = heads(scene).reduce((a, b) => (row !== null && grid.at(b, row, col) > grid.at(a, row, col) ? b : a));
      const weight = row === null || grid.masked(row, col) ? 0 : grid.at(best, row, col);
      const label = weight > 0.2 ? '  ' + say('explore.head_weight', { head: best + 1, weight: short(weight) }) : '';
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
 * @param {Scene} scene
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @returns {Mark}
 */
function axis({ palette }, text, x, y) {
  return { kind: 'text', x, y, text, size: 13, weight: 700, family: palette.fonts.ui, fill: palette.ink };
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
  return [
    axis(scene, say('explore.axis.keys_right'), x - 84, y - 32),
    axis(scene, say('explore.axis.queries_down'), x - 84, y - 14),
    ...grid.cols.map((col, j) => ({
      ...word,
      x: x + (j + 0.5) * size.cellWidth + 4,
      y: y - 7,
      text: grid.keys[col].text,
      turn: -48,
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
 * @param {{cellWidth: number, cellHeight: number, digits: number}} size
 * @param {number} x
 * @param {number} y
 * @returns {Mark[]}
 */
export function cellMarks({ palette, view }, grid, size, x, y) {
  const scale = weightScale(palette);
  const { cellWidth: w, cellHeight: h } = size;
  return grid.rows.flatMap((row, i) =>
    grid.cols.flatMap((col, j) => {
      const at = { x: x + j * w, y: y + i * h, w: w - 1, h: h - 1 };
      if (grid.masked(row, col)) return [{ kind: /** @type {const} */ ('hatch'), ...at, w, h }];
      const weight = grid.at(view.head, row, col);
      /** @type {Mark[]} */
      const marks = [{ kind: 'rect', ...at, fill: scale.fill(weight), stroke: palette.line, thick: 0.5 }];
      const text = scale.text(weight);
      if (grid.gold(row) === col) marks.push({ kind: 'rect', x: at.x + 1.6, y: at.y + 1.6, w: w - 4.2, h: h - 4.2, stroke: text, dash: '2 2', thick: 1.2 });
      if (size.digits && weight >= 0.1) {
        const place = { x: at.x + (w - 1) / 2, y: at.y + h / 2 + size.digits * 0.35, anchor: /** @type {const} */ ('middle') };
        marks.push({ kind: 'text', ...place, text: short(weight), size: size.digits, weight: 600, family: palette.fonts.num, fill: text });
      }
      return marks;
    }),
  );
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
 * @param {Joined} joined
 * @returns {Picture}
 */
function joinedMarks(scene, joined) {
  const { palette, say } = scene;
  const { now } = joined;
  if (!now) return { width: 0, height: 0, marks: [] };
  const { size, quadrants, src } = now;
  const [x, y] = [MARGIN + size.left, TITLE + size.top];
  const cell = { cellWidth: size.cell, cellHeight: size.cell, digits: 0 };
  const gap = (/** @type {number} */ at) => at * size.cell + (at >= src.length ? size.gap : 0);
  const side = (quadrants[1].left + quadrants[1].grid.cols.length) * size.cell + size.gap;
  const never = { x: x + gap(src.length), y, w: quadrants[1].grid.cols.length * size.cell, h: src.length * size.cell };
  /** @type {Mark[]} */
  const marks = [{ kind: 'hatch', ...never }, axis(scene, say('explore.axis.keys_right'), MARGIN, y - 50), axis(scene, say('explore.axis.queries_down'), MARGIN, y - 32)];
  const words = { kind: /** @type {const} */ ('text'), family: palette.fonts.word, size: 13, fill: palette.ink };
  for (const { grid, left, top } of quadrants) {
    marks.push(...cellMarks(scene, grid, cell, x + gap(left), y + gap(top)));
    const stroke = grid.block.kind === 'cross' ? palette.stream : palette.ink;
    marks.push({ kind: 'rect', x: x + gap(left), y: y + gap(top), w: grid.cols.length * size.cell, h: grid.rows.length * size.cell, stroke, thick: 2 });
    if (left === 0) {
      grid.rows.forEach((row, i) => marks.push({ ...words, x: x - 8, y: y + gap(top + i) + size.cell * 0.75, text: grid.writes[row].text, anchor: 'end' }));
    }
    if (grid.block.kind !== 'cross') {
      grid.cols.forEach((col, j) => marks.push({ ...words, x: x + gap(left + j) + size.cell / 2 + 4, y: y - 6, text: grid.keys[col].text, turn: -60 }));
    }
  }
  return { width: Math.max(864, size.left + side + 40), height: size.top + (quadrants[1].top + quadrants[1].grid.rows.length) * size.cell + size.gap + 12, marks };
}

/**
 * @param {Scene} scene
 * @returns {Picture}
 */
function tableMarks({ grid, palette, view, say, row }) {
  const [column, line, first] = [64, 24, 150];
  const word = { kind: /** @type {const} */ ('text'), family: palette.fonts.word, size: 14, fill: palette.ink };
  const num = { kind: /** @type {const} */ ('text'), family: palette.fonts.num, size: 13, fill: palette.ink, anchor: /** @type {const} */ ('end') };
  /** @type {Mark[]} */
  const marks = grid.cols.map((col, j) => ({ ...word, x: MARGIN + first + (j + 1) * column, y: TITLE + 18, text: grid.keys[col].text, anchor: /** @type {const} */ ('end') }));
  grid.rows.forEach((one, i) => {
    const y = TITLE + 18 + (i + 1) * line;
    marks.push({ ...word, x: MARGIN, y, text: rowName(grid, one), weight: one === row ? 700 : 400 });
    grid.cols.forEach((col, j) => {
      const text = grid.masked(one, col) ? say('explore.masked') : three(grid.at(view.head, one, col));
      marks.push({ ...num, x: MARGIN + first + (j + 1) * column, y, text, weight: one === row ? 700 : 400 });
    });
  });
  return { width: Math.max(864, first + grid.cols.length * column), height: (grid.rows.length + 1) * line + 18, marks };
}
