/** Sizes. Regions are fixed; the cells give way. One place decides them, for the desk and for the projector. */

import { clamp } from './dom.js';

/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./lines.js').LinesSize} LinesSize */
/** @typedef {import('./matrix.js').MatrixSize} MatrixSize */

/**
 * @typedef {object} Look
 * @property {boolean} projector
 * @property {number} width of the whole component
 * @property {number} height of the picture on the stage
 * @property {number} stage width of the stage
 * @property {boolean} fold is the map folded into a bar?
 * @property {boolean} stack do the lines stand above the matrix?
 */

const MAP = 268;
const GAP = 24;
const FOLD_BELOW = 1060; // beside the map the stage would be too narrow for lines and matrix
const STACK_BELOW = 680;
export const BODY = 494;
const [FEW, LARGE] = [12, 40]; // so few rows and columns may be so large

/**
 * @param {number} width
 * @param {number} height what is left of the window for one thing at a time
 * @param {boolean} projector
 * @returns {Look}
 */
export function lookOf(width, height, projector) {
  if (projector) return { projector, width, height: Math.max(360, height), stage: width, fold: false, stack: false };
  const fold = width < FOLD_BELOW;
  return { projector, width, height: BODY, stage: fold ? width : width - MAP - GAP, fold, stack: width < STACK_BELOW };
}

/**
 * Rows of lines and matrix have one height, so that a row is one row across both. On the projector each has its screen.
 * @param {Look} look
 * @param {Grid} grid
 * @param {number} onWall room above the rows on the projector
 * @param {boolean} [keys] do the keys stand below each other too, as they do between lines?
 */
function rowHeight(look, grid, onWall, keys = false) {
  const rows = Math.max(grid.rows.length, isSmall(grid) || (look.projector && keys) ? grid.cols.length : 1);
  const [top, low, high] = look.projector ? [onWall, 26, 40] : [86, 20, isSmall(grid) ? LARGE : 27];
  return { top, row: clamp(Math.floor((look.height - top - 3) / rows), low, high) };
}

/**
 * Letters and short sums leave room: their cells are larger.
 * @param {Grid} grid
 */
function isSmall(grid) {
  return Math.max(grid.reads.length, grid.keys.length) <= FEW;
}

/**
 * @param {Look} look
 * @param {Grid} grid
 * @returns {LinesSize}
 */
export function linesSize(look, grid) {
  const { top, row } = rowHeight(look, grid, 66, true);
  if (look.projector) {
    const width = Math.min(look.width, 980);
    const [keys, word] = [Math.round(width * 0.58), clamp(Math.floor(row * 0.78), 21, 26)];
    return { width, height: look.height, row, top, queries: 330, keys, bars: keys + 170, bar: 80, others: 46, word, small: 20, note: 20 };
  }
  const width = look.stack ? look.stage : clamp(look.stage - 18 - 420, 340, 388);
  const bars = width - 100;
  const keys = look.stack ? Math.round(width * 0.62) : Math.max(bars - 72, Math.round(width * 0.555));
  const word = row >= 25 ? 17 : 15;
  return {
    width,
    height: look.stack ? Math.min(BODY, top + row * Math.max(grid.rows.length, grid.cols.length) + 4) : look.height,
    row,
    top,
    queries: look.stack ? Math.round(width * 0.4) : Math.round(width * 0.395),
    keys,
    bars,
    bar: 22,
    others: 26,
    word,
    small: 13,
    note: 13,
  };
}

/**
 * @param {Look} look
 * @param {Grid} grid
 * @param {number} linesWidth what the lines beside it take
 * @returns {MatrixSize}
 */
export function matrixSize(look, grid, linesWidth) {
  const { top, row } = rowHeight(look, grid, 100);
  const left = look.projector ? 170 : 84;
  const width = look.projector ? look.width : look.stack ? look.stage : look.stage - linesWidth - 18;
  const cols = Math.max(grid.cols.length, 1);
  const [low, high] = look.projector ? [26, 64] : [16, isSmall(grid) ? LARGE : 28];
  const cellWidth = clamp(Math.floor((width - left - 36) / cols), low, high);
  const digits = look.projector ? (cellWidth >= 40 ? 20 : 0) : cellWidth >= 25 ? 13 : 0;
  return {
    width,
    height: look.stack ? Math.min(BODY, top + row * grid.rows.length + 12) : look.height,
    cellWidth,
    cellHeight: row,
    left,
    top,
    digits,
    word: look.projector ? clamp(Math.floor(row * 0.74), 21, 24) : row >= 25 ? 15 : 14,
    note: look.projector ? 20 : 13,
  };
}
