/** What a number trail is made of. Numbers stay numbers here, so that a test can add them up; trailbox.js writes them. */

import { decimalsFor } from './trailnumbers.js';

/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {'q' | 'k' | 'v' | 'scores' | 'weights' | 'stream' | 'plain'} Hue whose colour a number has */
/** @typedef {{value: number, decimals: number, hue: Hue}} Figure a number in a sentence or in an equation */
/** @typedef {{key: string, values: Record<string, string | number | Label | Figure>}} Said a text of the page */
/** @typedef {string | Figure | Said | Label} Part of an equation; a string is a sign or a symbol, the same in every language */
/**
 * @typedef {object} Operands rows of numbers above each other, cut into lines of eight
 * @property {'operands'} kind
 * @property {{name: string, hue: Hue, values: number[]}[]} rows
 * @property {[number, number, number] | null} times one row times another gives the third
 * @property {number} adds the row that is added up
 * @property {number} total
 */
/** @typedef {{name: string | Said, hue: Hue, decimals: number}} Column */
/**
 * @typedef {object} Row
 * @property {Label | Said | string} name
 * @property {(number | null)[]} cells one for each column
 * @property {boolean} [shut] forbidden by the mask
 * @property {boolean} [stays] shown however short the table is
 */
/**
 * @typedef {object} Table
 * @property {'table'} kind
 * @property {string | Said} corner what the rows are
 * @property {Column[]} columns
 * @property {Row[]} rows all of them: the box shows as many as it has room for
 * @property {number | null} here the row of the cell itself
 * @property {number | null} bar the column that is drawn as bars, from 0 to 1
 * @property {[number, number, number] | null} times one column times another gives the third
 * @property {number | null} adds the column that is added up; the largest of it come first when there is no room for all
 * @property {number | null} total
 * @property {number} most rows; what is left is added up as "others"
 * @property {boolean} bySize are the rows shown from the largest on, or in their own order?
 */
/** @typedef {{kind: 'line', parts: Part[]}} Line */
/** @typedef {{kind: 'words', labels: (Label | Said)[], open: boolean[], here: number}} Words which of several there are, and which is meant */
/** @typedef {Operands | Table | Line | Words} Block */
/**
 * @typedef {object} Result
 * @property {Part[]} before what stands left of it in the last equation
 * @property {number} value recomputed in float64 from the numbers of the pass and the parameters, which are float32
 * @property {number | null} model the model's own number, float32; null where the model makes none
 * @property {number | null} difference between the two, as it is
 * @property {boolean} agrees is the difference no larger than rounding explains?
 * @property {number} decimals after the point; negative for numbers so large that even the last digit of the integer is unsure
 * @property {Hue} hue
 * @property {string} text the number as it is shown
 * @property {string} code the same as Python writes it
 */
/**
 * @typedef {object} Trail
 * @property {string} name of the tensor
 * @property {number[]} index of the cell
 * @property {string} kind which trail it is
 * @property {Said} title
 * @property {Said} lead
 * @property {string | null} waits the place whose parameters are still on their way; then there is nothing below
 * @property {Block[]} blocks
 * @property {Result | null} result
 * @property {string[]} code the lines that are shown
 * @property {string[]} setup the lines before them that make them run
 */
/**
 * @typedef {object} Draft what the trail of one kind of tensor tells; trail.js makes a Trail of it
 * @property {string} kind names its two texts, `trail.<kind>.title` and `.lead`
 * @property {Said['values']} values
 * @property {Block[]} blocks
 * @property {Part[]} before
 * @property {number} value
 * @property {number} error how far a float32 computation of it may be off
 * @property {number | null} [model] where it is no tensor of the pass
 * @property {Hue} hue
 * @property {import('./trailcode.js').Snippet} snippet
 */

/**
 * @param {string} key
 * @param {Said['values']} [values]
 * @returns {Said}
 */
export function said(key, values = {}) {
  return { key, values };
}

/**
 * @param {number} value
 * @param {number} decimals
 * @param {Hue} [hue]
 * @returns {Figure}
 */
export function figure(value, decimals, hue = 'plain') {
  return { value, decimals, hue };
}

/**
 * A number that goes into an equation: one digit more than a result would have.
 * @param {number} value
 * @param {Hue} [hue]
 */
export function operand(value, hue = 'plain') {
  return figure(value, Math.max(0, decimalsFor(value, 0)) + 1, hue);
}

/**
 * @param {...Part} parts
 * @returns {Line}
 */
export function line(...parts) {
  return { kind: 'line', parts };
}

/**
 * @param {Partial<Table> & {corner: string | Said, columns: Column[], rows: Row[]}} parts
 * @returns {Table}
 */
export function table(parts) {
  return { kind: 'table', here: null, bar: null, times: null, adds: null, total: null, most: Infinity, bySize: false, ...parts };
}

/** @param {readonly number[]} numbers */
export function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

/**
 * A sum of products, term by term: the six largest, the others together, the bias.
 * @param {{corner: Said, names: (Label | string)[], left: [string, Hue, readonly number[]], right: [string, Hue, readonly number[]], hue: Hue, bias?: number}} parts
 * @param {number} decimals of the products
 * @returns {Table & {total: number, size: number}} `size` is the sum of what is added, signs apart
 */
export function products({ corner, names, left, right, hue, bias }, decimals) {
  const terms = left[2].map((value, i) => value * right[2][i]);
  /** @type {Row[]} */
  const rows = names.map((name, i) => ({ name, cells: [left[2][i], right[2][i], terms[i]] }));
  if (bias !== undefined) rows.push({ name: said('trail.bias'), cells: [null, null, bias], stays: true });
  const added = bias === undefined ? terms : [...terms, bias];
  const columns = [
    { name: left[0], hue: left[1], decimals: 4 },
    { name: right[0], hue: right[1], decimals: 4 },
    { name: `${left[0]} × ${right[0]}`, hue, decimals },
  ];
  const made = table({ corner, columns, rows, times: [0, 1, 2], adds: 2, total: sum(added), most: 6, bySize: true });
  return Object.assign(made, { total: sum(added), size: sum(added.map(Math.abs)) });
}
