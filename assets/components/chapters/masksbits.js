/** A painted mask as plain data: which cells were painted over, as a short text for the link, and the presets. */

import { act, shortPlace, writeBits } from '../notation.js';

/**
 * @typedef {object} Grid
 * @property {number} rows
 * @property {number} cols
 * @property {boolean} causal in the model's own mask later words are closed
 * @property {boolean} behind while a row is written later words are not there yet, whatever the mask says of them
 */
/** @typedef {Uint8Array} Mask one entry per cell, row by row; 1 = may look */

const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * The mask that the model itself uses.
 * @param {Grid} grid
 * @returns {Mask}
 */
export function ownMask({ rows, cols, causal }) {
  return Uint8Array.from({ length: rows * cols }, (_, i) => Number(!causal || i % cols <= Math.floor(i / cols)));
}

/**
 * Write down which cells differ from the model's own mask: `rows.cols.bits`, six cells to a character. ui/chapters/masks.py reads it.
 * @param {Grid} grid
 * @param {Mask} mask
 */
export function writeMask(grid, mask) {
  const own = ownMask(grid);
  let text = '';
  for (let at = 0; at < mask.length; at += 6) {
    let six = 0;
    for (let i = 0; i < 6; i++) six = six * 2 + (at + i < mask.length && mask[at + i] !== own[at + i] ? 1 : 0);
    text += SIGNS[six];
  }
  return `${grid.rows}.${grid.cols}.${text.replace(/A+$/, '')}`;
}

/**
 * Read such a text. What was painted on another sentence does not fit: then it is the model's own mask.
 * @param {Grid} grid
 * @param {string} text
 * @returns {Mask}
 */
export function readMask(grid, text) {
  const mask = ownMask(grid);
  const found = /^(\d+)\.(\d+)\.([\w-]*)$/.exec(text);
  if (!found || Number(found[1]) !== grid.rows || Number(found[2]) !== grid.cols || found[3].length > Math.ceil(mask.length / 6)) return mask;
  [...found[3]].forEach((sign, nth) => {
    const six = SIGNS.indexOf(sign);
    for (let i = 0; i < 6; i++) if ((six >> (5 - i)) & 1 && nth * 6 + i < mask.length) mask[nth * 6 + i] ^= 1;
  });
  return mask;
}

/**
 * May this cell be closed? Every row must keep a cell to look at, and in the decoder one that is there when the row is written.
 * @param {Grid} grid
 * @param {Mask} mask
 * @param {number} row
 * @param {number} col
 */
export function mayClose({ cols, behind }, mask, row, col) {
  for (let j = 0; j < cols; j++) if (j !== col && mask[row * cols + j] && (!behind || j <= row)) return true;
  return behind && col > row;
}

export const PRESETS = ['causal', 'no_back', 'previous', 'hide_word', 'no_diagonal'];

/**
 * Make a preset on top of the model's own mask. A row that would be left with nothing keeps its own place.
 * @param {Grid} grid
 * @param {string} name
 * @param {number} word the column that `hide_word` closes
 * @returns {Mask}
 */
export function presetMask(grid, name, word) {
  const own = ownMask(grid);
  /** @type {Record<string, (row: number, col: number) => boolean>} */
  const rules = {
    causal: (row, col) => col <= row,
    no_back: (row, col) => col >= row,
    previous: (row, col) => col === row - 1,
    hide_word: (_, col) => col !== word,
    no_diagonal: (row, col) => col !== row,
  };
  const { rows, cols, behind } = grid;
  const mask = own.map((open, i) => Number(open && rules[name](Math.floor(i / cols), i % cols)));
  for (let row = 0; row < rows; row++) {
    const some = mask.subarray(row * cols, row * cols + (behind ? row + 1 : cols)).some(Boolean);
    if (!some) mask[row * cols + fallback(grid, own, row, name === 'hide_word' ? word : -1)] = 1;
  }
  return mask;
}

/**
 * The cell that an empty row keeps: its own place, or the nearest one before it that is not the hidden word.
 * @param {Grid} grid
 * @param {Mask} own
 * @param {number} row
 * @param {number} hidden
 */
function fallback({ cols }, own, row, hidden) {
  let col = Math.min(row, cols - 1);
  while (col > 0 && (col === hidden || !own[row * cols + col])) col -= 1;
  return col;
}

/**
 * The mask as an edit of the model, for a link to the page Edit.
 * @param {Grid} grid
 * @param {string} block
 * @param {number | 'all'} who which head
 * @param {Mask} cells
 */
export function maskAct(grid, block, who, cells) {
  const own = ownMask(grid);
  return act('mask', shortPlace(block), who, grid.rows, grid.cols, writeBits(Array.from(cells, (open, at) => open !== own[at])));
}
