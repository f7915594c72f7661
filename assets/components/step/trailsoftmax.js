/** Trails of softmax: the weights of a row, and the probabilities of the next word (sections 3.2.1 and 3.4). */

import { aligned, roundingError } from './trailnumbers.js';
import { figure, line, operand, said, sum, table } from './trailparts.js';
import { pairOf } from './trailscores.js';

/** @typedef {import('./trailask.js').Asked} Asked */
/** @typedef {import('./trailparts.js').Draft} Draft */

/**
 * Softmax, key by key: shared by the weights of a row and by the words of the vocabulary.
 * @param {number[]} scores
 * @param {number} here
 */
export function softmaxOf(scores, here) {
  const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const exps = scores.map((score) => Math.exp(score - max));
  const total = sum(exps);
  const shares = exps.map((exp) => exp / total);
  const error = roundingError(shares[here], 12 + Math.min(200, max - scores[here]) + scores.length / 8);
  return { max, exps, total, shares, error };
}

/**
 * What is taken from each score before exp, as an equation says it.
 * @param {number} max
 */
export function shiftOf(max) {
  return max < 0 ? `+ ${aligned(-max, 2)}` : `− ${aligned(max, 2)}`;
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function weights(asked) {
  const [head, query, key] = asked.index;
  const scores = asked.row(asked.own('scores.masked'), head, query);
  const { max, exps, total, shares, error } = softmaxOf(scores, key);
  const { values, cell } = pairOf(asked);
  return {
    kind: scores[key] === -Infinity ? 'weights_shut' : 'weights',
    values,
    blocks: [
      table({
        corner: said('trail.key'),
        columns: [
          { name: said('trail.score'), hue: 'scores', decimals: 3 },
          { name: said('trail.exp', { shift: shiftOf(max) }), hue: 'plain', decimals: 4 },
          { name: said('trail.over', { total: figure(total, 3) }), hue: 'weights', decimals: 4 },
        ],
        rows: scores.map((score, j) => ({ name: asked.keyLabel(j), cells: [score, exps[j], shares[j]], shut: score === -Infinity })),
        here: key,
        bar: 2,
        adds: 2,
        total: sum(shares),
      }),
      line(said('trail.row_sum', { total: figure(sum(asked.row(asked.name, head, query)), 6, 'weights') })),
    ],
    before: [operand(exps[key]), '÷', operand(total), '='],
    value: shares[key],
    error,
    hue: 'weights',
    snippet: { tensors: { masked: asked.own('scores.masked') }, lines: ['weights = masked.softmax(dim=-1)  # float32', `weights${cell}`] },
  };
}

/**
 * The probability of a word: softmax over the vocabulary, the last step of all.
 * @param {Asked} asked
 * @returns {Draft}
 */
export function probability(asked) {
  const [i, id] = asked.index;
  const { pass } = asked;
  const scores = asked.row('logits', i);
  const { max, exps, total, shares, error } = softmaxOf(scores, id);
  const names = pass.labels('logits', 1);
  const places = scores.map((_, at) => at).sort((a, b) => shares[b] - shares[a]);
  const { p, top } = pass.sentence;
  const told = pass.ids.tgt_out[i] === id ? p[i] : (top[i]?.find(([token]) => token === pass.vocab.tgt[id])?.[1] ?? null);
  return {
    kind: 'probability',
    values: { row: asked.rowLabel(i), word: names[id], n: scores.length },
    blocks: [
      table({
        corner: said('trail.word'),
        columns: [
          { name: said('trail.logit'), hue: 'scores', decimals: 3 },
          { name: said('trail.exp_logit', { shift: shiftOf(max) }), hue: 'plain', decimals: 4 },
          { name: said('trail.over', { total: figure(total, 3) }), hue: 'weights', decimals: 4 },
        ],
        rows: places.map((at) => ({ name: names[at], cells: [scores[at], exps[at], shares[at]] })),
        here: places.indexOf(id),
        bar: 2,
        adds: 2,
        total: sum(shares),
      }),
    ],
    before: [operand(exps[id]), '÷', operand(total), '='],
    value: shares[id],
    error,
    model: told,
    hue: 'weights',
    snippet: {
      tensors: { logits: 'logits' },
      lines: ['p = logits.softmax(dim=-1)  # float32', `p[${i}, ${id}]`],
    },
  };
}
