/** What can be compared of two models: which sentences both read, which heads stand beside each other, and how far apart they are. */

import { blockOf } from '../blocks.js';
import { alike, sameWords } from './film.js';

/** @typedef {import('./compare.js').Told} Told */
/** @typedef {import('./film.js').Probe} Probe */
/** @typedef {import('./film.js').Story} Story */
/** @typedef {{a: number, b: number, one: Probe, other: Probe, shared: boolean}} Couple a sentence of each model by number; `shared`: both read the same one */

/**
 * A sentence of A, and the same one of B if B has it; else B's own.
 * @param {Told} a
 * @param {Told} b
 * @param {number} asked
 * @returns {Couple}
 */
export function pairOf(a, b, asked) {
  const ones = a.story.frames[a.frame].probes;
  const others = b.story.frames[b.frame].probes;
  const at = Math.min(asked, ones.length - 1);
  const same = others.findIndex((probe) => alike(probe.src, ones[at].src));
  const other = same < 0 ? Math.min(at, others.length - 1) : same;
  return { a: at, b: other, one: ones[at], other: others[other], shared: same >= 0 };
}

/**
 * A head of this model: the one that was asked for, or the one that stands where it would.
 * @param {Story} story
 * @param {{block: string, head: number}} asked
 */
export function fitted(story, { block, head }) {
  const { blocks, heads } = story;
  const back = [...blocks].reverse(); // the last layer first
  const first = back.find((name) => blockOf(name).kind === 'cross') ?? back[0];
  if (!block) return { block: first, head: 0 };
  const { kind } = blockOf(block);
  const found = blocks.includes(block) ? block : (back.find((name) => blockOf(name).kind === kind) ?? first);
  return { block: found, head: Math.min(head, heads - 1) };
}

/**
 * @param {Told} told
 * @param {number} probe
 * @param {string} [block]
 */
export function mapOf(told, probe, block = told.block) {
  return told.story.frames[told.frame].maps.get(`${probe}.${block}`) ?? null;
}

/**
 * Is a cell forbidden to this model? What is forbidden has no weight.
 * @param {Told} told
 * @param {string} block
 */
export function masks({ story }, block) {
  const later = story.causal && blockOf(block).kind === 'decoder';
  return (/** @type {number} */ row, /** @type {number} */ col) => later && col > row;
}

/**
 * Can the weights of these two heads be subtracted, cell by cell?
 * @param {Couple} couple
 * @param {string} one
 * @param {string} other
 */
export function comparable(couple, one, other) {
  return blockOf(one).kind === blockOf(other).kind && sameWords(couple.one, couple.other, one);
}

/**
 * Weights of B less weights of A; null where they cannot be subtracted.
 * @param {Told} a
 * @param {Told} b
 * @param {Couple} couple
 * @returns {{rows: number, cols: number, at: (row: number, col: number) => number} | null}
 */
export function differenceOf(a, b, couple) {
  const [one, other] = [mapOf(a, couple.a), mapOf(b, couple.b)];
  if (!one || !other || !comparable(couple, a.block, b.block)) return null;
  const [, rows, cols] = one.shape;
  return { rows, cols, at: (row, col) => other.at(b.head, row, col) - one.at(a.head, row, col) };
}

/**
 * How far two heads are apart: the mean absolute difference of a weight, over the cells that either of them may read.
 * @param {Told} a
 * @param {Told} b
 * @param {Couple} couple
 * @returns {number | null}
 */
export function changeOf(a, b, couple) {
  const difference = differenceOf(a, b, couple);
  if (!difference) return null;
  const [shutA, shutB] = [masks(a, a.block), masks(b, b.block)];
  let [sum, n] = [0, 0];
  for (let row = 0; row < difference.rows; row++) {
    for (let col = 0; col < difference.cols; col++) {
      if (shutA(row, col) && shutB(row, col)) continue;
      sum += Math.abs(difference.at(row, col));
      n += 1;
    }
  }
  return sum / Math.max(1, n);
}

/**
 * The head of B that is most like the one of A, among those that look from the same words at the same words.
 * @param {Told} a
 * @param {Told} b
 * @param {Couple} couple
 */
export function nearestHead(a, b, couple) {
  /** @type {{block: string, head: number, mean: number} | null} */
  let best = null;
  for (const block of b.story.blocks) {
    for (let head = 0; head < b.story.heads; head++) {
      const mean = changeOf(a, { ...b, block, head }, couple);
      if (mean !== null && (!best || mean < best.mean)) best = { block, head, mean };
    }
  }
  return best;
}
