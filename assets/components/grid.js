/** What one attention block shows of one sentence: rows, columns, their words, and the weight of each head in each cell. */

import { blockOf, keySide, rowSide } from './blocks.js';
import { nameTokens } from './tokens.js';

/** @typedef {import('./payload.js').Trace} Trace */
/** @typedef {import('./blocks.js').Block} Block */
/** @typedef {import('./tokens.js').Label} Label */

/**
 * @typedef {object} Grid rows and columns keep their true positions in the sentence; hidden ones are left out of the lists
 * @property {Block} block
 * @property {number} heads
 * @property {number[]} rows
 * @property {number[]} cols
 * @property {Label[]} reads the word at each row's input
 * @property {Label[]} writes the word that each row writes; in the encoder the same as reads
 * @property {Label[]} keys
 * @property {boolean} bare are special tokens hidden, and the rest of each row renormalised
 * @property {(row: number, col: number) => boolean} masked a later word, forbidden before softmax
 * @property {(head: number, row: number, col: number) => number} at the weight as shown
 * @property {(head: number, row: number, col: number) => number} model the model's own weight
 * @property {(head: number, row: number) => number} left what the shown columns hold of the row, 1 when nothing is hidden
 * @property {(row: number, col: number) => boolean} gold does the task align these two?
 * @property {(row: number, col: number) => string[]} relations what else ties these two, by name
 */

/**
 * @param {Trace} trace
 * @param {string} name of the block
 * @param {boolean} bare
 * @returns {Grid}
 */
export function gridOf(trace, name, bare) {
  const block = blockOf(name);
  const weights = trace.weights.get(name + '.weights') ?? new Float32Array();
  const [nRows, nCols] = [countOf(trace, rowSide(block.kind)), countOf(trace, keySide(block.kind))];
  const words = wordsOf(trace);
  const cols = range(nCols).filter((col) => !(bare && specialKey(trace, block, col)));
  /** @param {number} head @param {number} row @param {number} col */
  const model = (head, row, col) => weights[(head * nRows + row) * nCols + col];
  /** @param {number} head @param {number} row */
  const left = (head, row) => (cols.length === nCols ? 1 : cols.reduce((sum, col) => sum + model(head, row, col), 0));
  const decoder = block.kind !== 'encoder';
  return {
    block,
    heads: nRows * nCols ? weights.length / (nRows * nCols) : 0,
    rows: range(nRows).filter((row) => !(bare && specialRow(trace, block, row))),
    cols,
    reads: decoder ? words.tgtIn : words.src,
    writes: decoder ? words.tgtOut : words.src,
    keys: keySide(block.kind) === 'tgt' ? words.tgtIn : words.src,
    bare,
    masked: (row, col) => block.kind === 'decoder' && trace.causal && col > row,
    at: (head, row, col) => (cols.length === nCols ? model(head, row, col) : share(model(head, row, col), left(head, row))),
    model,
    left,
    gold: (row, col) => block.kind === 'cross' && goldOf(trace).cells.has(cellOf(row, col)),
    relations: (row, col) => (block.kind === 'cross' ? goldOf(trace).relations.filter(([, cells]) => cells.has(cellOf(row, col))).map(([name]) => name) : []),
  };
}

/**
 * A weight as a share of what is left of its row. Where nothing is left there is nothing to share.
 * @param {number} weight
 * @param {number} left
 */
function share(weight, left) {
  return left > 1e-6 ? weight / left : 0;
}

/** @type {WeakMap<Trace, {src: Label[], tgtIn: Label[], tgtOut: Label[]}>} */
const named = new WeakMap();

/**
 * The words of a trace with their subscripts, made once.
 * @param {Trace} trace
 */
export function wordsOf(trace) {
  let words = named.get(trace);
  if (!words) {
    const src = nameTokens(trace.src, trace.unknown);
    // Greedy decoding reads what it wrote: one list names both, so that a word has the same subscript on both sides.
    const one = trace.tgt_out.every((token, row) => row === trace.tgt_in.length - 1 || token === trace.tgt_in[row + 1]);
    const all = nameTokens([...trace.tgt_in, trace.tgt_out.at(-1) ?? '']);
    words = one
      ? { src, tgtIn: all.slice(0, -1), tgtOut: all.slice(1) }
      : { src, tgtIn: nameTokens(trace.tgt_in), tgtOut: nameTokens(trace.tgt_out) };
    named.set(trace, words);
  }
  return words;
}

/** @typedef {{cells: Set<string>, relations: [string, Set<string>][]}} Gold */
/** @type {WeakMap<Trace, Gold>} */
const golds = new WeakMap();

/** @param {Trace} trace */
function goldOf(trace) {
  let gold = golds.get(trace);
  if (!gold) {
    /** @param {[number, number][]} cells */
    const all = (cells) => new Set(cells.map(([row, col]) => cellOf(row, col)));
    gold = { cells: all(trace.alignment ?? []), relations: Object.entries(trace.relations).map(([name, cells]) => [name, all(cells)]) };
    golds.set(trace, gold);
  }
  return gold;
}

/** @param {number} row @param {number} col */
function cellOf(row, col) {
  return `${row},${col}`;
}

/**
 * The names of the relations that the task knows in this text.
 * @param {Trace} trace
 */
export function relationsOf(trace) {
  return Object.keys(trace.relations);
}

/**
 * @param {Trace} trace
 * @param {'src' | 'tgt'} side
 */
export function countOf(trace, side) {
  return side === 'src' ? trace.src.length : trace.tgt_in.length;
}

/** @param {number} n */
export function range(n) {
  return Array.from({ length: n }, (_, i) => i);
}

/**
 * Is there any special token to hide?
 * @param {Trace} trace
 */
export function hasSpecials(trace) {
  return trace.finished || trace.special.src.includes(true) || trace.special.tgt_in.includes(true);
}

/**
 * @param {Trace} trace
 * @param {Block} block
 * @param {number} col
 */
function specialKey(trace, block, col) {
  return (keySide(block.kind) === 'src' ? trace.special.src : trace.special.tgt_in)[col] ?? false;
}

/**
 * A row is hidden when the word it writes is special: the row that reads `<s>` writes a word, and stays.
 * @param {Trace} trace
 * @param {Block} block
 * @param {number} row
 */
function specialRow(trace, block, row) {
  if (block.kind === 'encoder') return trace.special.src[row] ?? false;
  return writesSpecial(trace, row);
}

/**
 * @param {Trace} trace
 * @param {number} row
 */
export function writesSpecial(trace, row) {
  return row === trace.tgt_in.length - 1 ? trace.finished : (trace.special.tgt_in[row + 1] ?? false);
}

/**
 * The column that a head reads most in a row.
 * @param {Grid} grid
 * @param {number} head
 * @param {number} row
 */
export function mostRead(grid, head, row) {
  return grid.cols.reduce((best, col) => (grid.at(head, row, col) > grid.at(head, row, best) ? col : best), grid.cols[0]);
}

/**
 * How spread out the rows of a head are: the mean of H / log(n), 0 = one key, 1 = all keys alike.
 * @param {Grid} grid
 * @param {number} head
 */
export function spread(grid, head) {
  const each = grid.rows.map((row) => {
    const open = grid.cols.filter((col) => !grid.masked(row, col));
    const entropy = open.reduce((sum, col) => {
      const weight = grid.model(head, row, col);
      return weight > 0 ? sum - weight * Math.log(weight) : sum;
    }, 0);
    return open.length > 1 ? entropy / Math.log(open.length) : null;
  });
  const counted = each.filter((value) => value !== null);
  return counted.length ? counted.reduce((sum, value) => sum + value, 0) / counted.length : 0;
}
