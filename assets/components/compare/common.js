/** One grid for two maps and their difference: which word of either side stands where, and the number in each cell. */

import { cut } from '../tokens.js';

/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('./comparedata.js').Grid} Grid */
/** @typedef {import('./comparedata.js').Pair} Pair */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {'a' | 'b' | 'd'} Name */
/** @typedef {{one: number | null, other: number | null, names: Label[]}} Slot a row or column: its place in A and in B, null where a side has no such word, and its name in A, in B and for both */
/**
 * @typedef {object} Three two maps, and the grid on which they and their difference lie
 * @property {string} of what they show: another text when it is another picture
 * @property {Grid} a
 * @property {Grid} b
 * @property {{rows: Slot[], cols: Slot[]} | null} common null where they cannot be subtracted
 * @property {[string, string]} titles
 * @property {{rows: string, cols: string}} axes
 * @property {string} why there is no difference
 * @property {number | null} [row] of A: the one that the sentence above these maps speaks of
 */

export const NAMES = /** @type {const} */ (['a', 'b', 'd']);
const BRIEF = { longest: 5, glue: '/' }; // over a column
export const WIDE = { longest: 9, glue: ' / ' }; // before a row

/**
 * Aligned words share a place; a word that one sentence lacks has one of its own.
 * @param {Pair[]} pairs
 * @param {Label[]} ones
 * @param {Label[]} others
 * @param {{longest: number, glue: string}} [style] of the name of two words that share a place
 * @returns {Slot[]}
 */
export function slotsOf(pairs, ones, others, { longest, glue } = BRIEF) {
  return pairs.map(([one, other, kind]) => {
    const [a, b] = [one === null ? null : ones[one], other === null ? null : others[other]];
    if (a && b) {
      const both = kind === 'equal' ? a : { token: a.token, text: cut(a.text, longest) + glue + cut(b.text, longest), full: `${a.full} / ${b.full}` };
      return { one, other, names: [a, b, both] };
    }
    const alone = /** @type {Label} */ (a ?? b);
    return { one, other, names: [alone, alone, { ...alone, text: `${cut(alone.text, 9)} (${a ? 'A' : 'B'})` }] };
  });
}

/**
 * The places of a grid whose words are the same on both sides.
 * @param {Label[]} words
 * @returns {Slot[]}
 */
export function sameSlots(words) {
  return words.map((word, i) => ({ one: i, other: i, names: [word, word, word] }));
}

/**
 * The weight of a cell; null where the side lacks a word, or where its mask closes the cell.
 * @param {Grid} grid
 * @param {number | null} row
 * @param {number | null} col
 */
function weightOf(grid, row, col) {
  return row === null || col === null || grid.masked(row, col) ? null : grid.at(row, col);
}

/**
 * The numbers of one cell of the common grid: A, B, and B minus A. What only one of the masks closes has no weight there.
 * @param {Three} three
 * @param {number} row
 * @param {number} col
 * @returns {{a: number | null, b: number | null, d: number | null}}
 */
export function numbersAt({ common, a, b }, row, col) {
  const [r, c] = [common?.rows[row], common?.cols[col]];
  if (!r || !c) return { a: null, b: null, d: null };
  const [before, after] = [weightOf(a, r.one, c.one), weightOf(b, r.other, c.other)];
  const closed = before === null && after === null;
  return { a: before, b: after, d: closed || lacks(r, c) ? null : (after ?? 0) - (before ?? 0) };
}

/**
 * Does a side lack the row's or the column's word?
 * @param {Slot} row
 * @param {Slot} col
 */
export function lacks(row, col) {
  return [row.one, row.other, col.one, col.other].includes(null);
}

/**
 * What a map shows in a cell.
 * @param {Three} three
 * @param {Name} name
 * @param {number} row
 * @param {number} col
 */
export function valueAt(three, name, row, col) {
  if (three.common) return numbersAt(three, row, col)[name];
  return name === 'd' ? null : weightOf(three[name], row, col);
}

/**
 * Every cell of the common grid that can be subtracted, the largest change first.
 * @param {Three} three
 * @param {(cell: Cell) => boolean} [wanted]
 * @returns {Cell[]}
 */
export function byChange(three, wanted = () => true) {
  const { common } = three;
  const cells = (common?.rows ?? []).flatMap((_, row) => (common?.cols ?? []).map((__, col) => ({ row, col })));
  return cells
    .filter(wanted)
    .map((cell) => ({ cell, change: valueAt(three, 'd', cell.row, cell.col) }))
    .filter(({ change }) => change !== null)
    .sort((one, other) => Math.abs(other.change ?? 0) - Math.abs(one.change ?? 0))
    .map(({ cell }) => cell);
}
