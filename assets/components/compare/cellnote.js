/** What one cell of a comparison says, as a sentence and as a number. */

import { brief as shortest } from '../step/heatpaint.js';
import { cut } from '../tokens.js';
import { lacks, numbersAt, valueAt } from './common.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/heat.js').Cell} Cell */
/** @typedef {import('./common.js').Three} Three */

const LONGEST = 32; // characters of a word in a sentence of ours

/**
 * @param {StepScene} scene
 * @param {Three} three
 * @param {'a' | 'b'} side
 * @param {Cell} cell
 */
export function weightOf({ say }, three, side, { row, col }) {
  const grid = three[side];
  const words = { query: cut(grid.rows[row]?.full ?? '', LONGEST), key: cut(grid.cols[col]?.full ?? '', LONGEST) };
  const weight = valueAt(three, side, row, col);
  return weight === null ? say('compare.closed', words) : say('compare.cell', { ...words, side: side.toUpperCase(), weight: weight.toFixed(3) });
}

/**
 * What a cell of the common grid says: both weights and their difference, or why there is none.
 * @param {StepScene} scene
 * @param {Three} three
 * @param {Cell} cell
 */
export function changeOf({ say }, three, { row, col }) {
  const [r, c] = [three.common?.rows[row], three.common?.cols[col]];
  if (!r || !c) return '';
  const words = { query: cut(r.names[2].full, LONGEST), key: cut(c.names[2].full, LONGEST) };
  const { a, b, d } = numbersAt(three, row, col);
  if (d !== null) return say('compare.change', { ...words, before: (a ?? 0).toFixed(3), after: (b ?? 0).toFixed(3), change: signed(d) });
  const gone = [[r.one, c.one], [r.other, c.other]].map((places) => places.includes(null));
  if (gone[0] && gone[1]) return say('compare.lacks_both', words);
  const weight = a ?? b;
  if (weight === null || !lacks(r, c)) return say('compare.closed', words);
  const [side, other] = gone[0] ? ['A', 'B'] : ['B', 'A'];
  return say('compare.lacks', { ...words, word: cut((alone(r) ? r : c).names[2].full, LONGEST), side, other, weight: weight.toFixed(3) });
}

/** Does only one of the sentences have this word? @param {import('./common.js').Slot} slot */
function alone({ one, other }) {
  return one === null || other === null;
}

/**
 * A weight or its change in a small cell; nothing where there is next to nothing.
 * @param {number} value
 */
export function brief(value) {
  return Math.abs(value) < 0.05 ? '' : shortest(value).replace(/1\.0$/, '1');
}

/**
 * The same with two digits, where there is room for them.
 * @param {number} value
 */
export function precise(value) {
  return Math.abs(value) < 0.005 ? '' : (value < 0 ? '−' : '') + Math.abs(value).toFixed(2).replace(/^0/, '').replace(/^1\.00$/, '1');
}

/** @param {number} value */
export function fixed(value) {
  const size = Math.abs(value).toFixed(3);
  return (value < 0 && Number(size) > 0 ? '−' : '') + size;
}

/** @param {number} value */
function signed(value) {
  const text = fixed(value);
  return text.startsWith('−') || Number(text) === 0 ? text : '+' + text;
}
