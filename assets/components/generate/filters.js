/** Temperature, top-k and top-p, in this order, as transformer/writing/filters.py has them: recomputed from sent logits. No DOM. */

import { softmaxSteps } from '../chapters/outputmath.js';

/** @typedef {{temperature: number, topK: number, topP: number}} Filters `topK` 0 keeps all words */
/** @typedef {{id: number, before: number, after: number}} Weighed a word with its probability before and behind the filters */

/** @type {Filters} */
export const OPEN = { temperature: 1, topK: 0, topP: 1 };

/**
 * Weigh every word of a row, the most probable first; of equals the first. A word that was cut has exactly 0 after.
 * @param {ArrayLike<number>} logits
 * @param {Filters} filters
 * @param {number} never the word that may not be drawn, which is padding
 * @returns {Weighed[]}
 */
export function weigh(logits, { temperature, topK, topP }, never) {
  const before = softmaxSteps(logits).p;
  const scaled = Array.from(logits, (logit, id) => (id === never ? -Infinity : logit / temperature));
  const order = before.map((_, id) => id).sort((a, b) => scaled[b] - scaled[a] || a - b);
  const p = softmaxSteps(scaled).p;
  const kept = topK ? order.slice(0, topK) : order;
  const held = sumOf(p, kept);
  /** @type {number[]} */
  const nucleus = [];
  let reached = 0;
  for (const id of kept) {
    if (topP < 1 && reached >= topP) break;
    nucleus.push(id);
    reached += p[id] / held;
  }
  const total = sumOf(p, nucleus);
  const stays = new Set(nucleus);
  return order.map((id) => ({ id, before: before[id], after: stays.has(id) ? p[id] / total : 0 }));
}

/**
 * @param {number[]} p
 * @param {number[]} ids
 */
function sumOf(p, ids) {
  return ids.reduce((sum, id) => sum + p[id], 0);
}

/**
 * lp(Y) = ((5 + |Y|) / 6)^alpha, Wu et al. 2016, equation 14; |Y| counts the end token.
 * @param {number} length
 * @param {number} alpha
 */
export function lengthPenalty(length, alpha) {
  return ((5 + length) / 6) ** alpha;
}

/** @typedef {{id: number, from: number, to: number}} Place where a word lies on the line from 0 to 1 */

/**
 * Lay the words that remain side by side from 0 to 1, as transformer/writing/sampling.py does.
 * @param {Weighed[]} weighed the most probable first
 * @returns {Place[]}
 */
export function layOut(weighed) {
  let from = 0;
  return weighed
    .filter(({ after }) => after > 0)
    .map(({ id, after }) => {
      const place = { id, from, to: from + after };
      from = place.to;
      return place;
    });
}

/**
 * The word that a number hits. The last end may lie a little below 1: what is beyond it belongs to the last word.
 * @param {Place[]} places
 * @param {number} u from 0 to below 1
 */
export function hitBy(places, u) {
  return places.find(({ to }) => u < to) ?? places[places.length - 1];
}
