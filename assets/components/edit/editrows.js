/** Rows and masks as plain numbers: a row that is renormalised, and what the painted masks of a list leave open. */

import { ownMask } from '../chapters/masksbits.js';
import { readBits, shortPlace } from '../notation.js';

/** @typedef {import('../chapters/masksbits.js').Grid} Grid */
/** @typedef {import('../notation.js').Act} Act */

const NOTHING = 1e-9;

/**
 * Set one weight of a row; the others keep their proportions, and what is all 0 shares equally. The server does the same.
 * @param {ArrayLike<number>} row
 * @param {ArrayLike<number>} open
 * @param {number} col
 * @param {number} weight
 * @returns {number[]}
 */
export function renormalised(row, open, col, weight) {
  const all = Array.from(row);
  const total = all.reduce((sum, one, j) => (j === col ? sum : sum + one), 0);
  const free = all.filter((_, j) => j !== col && open[j]).length;
  return all.map((one, j) => {
    if (j === col) return weight;
    return (1 - weight) * (total > NOTHING ? one / total : Number(Boolean(open[j])) / Math.max(free, 1));
  });
}

/**
 * Why a weight cannot be set: the cell is closed, or nobody else is there to share with; '' where it can.
 * @param {Uint8Array} open of its row
 * @param {number} col
 * @param {boolean} later is the word not there yet when the row is written?
 */
export function whyFixed(open, col, later) {
  if (!open[col]) return later ? 'later' : 'closed';
  return open.some((one, j) => one && j !== col) ? '' : 'alone';
}

/**
 * Who may look at whom in a head: the model's own mask with what was painted last for this head or for all.
 * @param {Grid} grid
 * @param {string} block
 * @param {number} head
 * @param {Act[]} acts
 */
export function maskOf(grid, block, head, acts) {
  let mask = ownMask(grid);
  for (const { word, fields } of acts) {
    const mine = word === 'mask' && fields[0] === shortPlace(block) && ['all', String(head)].includes(fields[1]);
    if (!mine || fields[2] !== String(grid.rows) || fields[3] !== String(grid.cols)) continue;
    mask = ownMask(grid);
    readBits(fields[4] ?? '').forEach((bit, at) => at < mask.length && (mask[at] ^= bit));
  }
  return mask;
}
