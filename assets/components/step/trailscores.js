/** Trails from queries and keys to the scores that softmax is given: how they are made, scaled, biased and masked (section 3.2.1). */

import { decimalsFor, roundingError, sumError } from './trailnumbers.js';
import { figure, line, operand, products, said, sum, table } from './trailparts.js';
import { counted } from './trailask.js';
import { moduleOf } from './trailcode.js';

/** @typedef {import('./trailask.js').Asked} Asked */
/** @typedef {import('./trailparts.js').Draft} Draft */
/** @typedef {import('./trailparts.js').Block} Block */
/** @typedef {import('./trailparts.js').Part} Part */

const LINE = 8; // numbers in a line of operands
const TWO_LINES = 2 * LINE;
const SHORTEST = 1e-12; // F.normalize divides by no less

/**
 * The query and the key of a cell of scores, as the score function is given them.
 * @param {Asked} asked
 */
export function pairOf(asked) {
  const [head, query, key] = asked.index;
  const turned = asked.has(asked.own('q.rotated')) ? '.rotated' : '';
  const [q, k] = [asked.own('q' + turned), asked.own('k' + turned)];
  return {
    q: asked.row(q, head, query),
    k: asked.row(k, head, key),
    tensors: { q, k },
    values: { query: asked.rowLabel(query), key: asked.keyLabel(key), head: head + 1 },
    cell: `[${head}, ${query}, ${key}]`,
  };
}

/**
 * Products as lines of operands where they are few, else the six largest of them.
 * @param {[string, number[]]} left
 * @param {[string, number[]]} right
 * @returns {{block: Block, before: Part[], value: number, error: number}}
 */
function dotBlock([left, q], [right, k]) {
  const terms = q.map((value, i) => value * k[i]);
  const [value, size] = [sum(terms), sum(terms.map(Math.abs))];
  const error = sumError(terms.length, size);
  const digits = Math.max(0, decimalsFor(value, error)) + 1;
  const named = said('trail.sum_of', { n: terms.length });
  if (q.length > TWO_LINES) {
    const block = products({ corner: said('trail.feature'), names: counted(q.length), left: [left, 'q', q], right: [right, 'k', k], hue: 'scores' }, digits);
    return { block, before: [named, '='], value, error };
  }
  const [first, second] = [sum(terms.slice(0, LINE)), sum(terms.slice(LINE))];
  const halves = q.length > LINE ? [figure(first, digits), second < 0 ? '−' : '+', figure(Math.abs(second), digits), '='] : [];
  /** @type {Block} */
  const block = {
    kind: 'operands',
    rows: [
      { name: left, hue: 'q', values: q },
      { name: right, hue: 'k', values: k },
      { name: `${left} × ${right}`, hue: 'scores', values: terms },
    ],
    times: [0, 1, 2],
    adds: 2,
    total: value,
  };
  return { block, before: [named, '=', ...halves], value, error };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function raw(asked) {
  if (asked.model.score === 'cosine') return cosine(asked);
  if (asked.model.score === 'additive') return additive(asked);
  const { q, k, tensors, values, cell } = pairOf(asked);
  const { block, before, value, error } = dotBlock(['q', q], ['k', k]);
  return {
    kind: 'raw',
    values: { ...values, n: q.length },
    blocks: [block],
    before,
    value,
    error,
    hue: 'scores',
    snippet: { tensors, lines: ['scores = q @ k.transpose(-2, -1)  # float32', `scores${cell}`] },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
function cosine(asked) {
  const { q, k, tensors, values, cell } = pairOf(asked);
  const [length, width] = [q, k].map((row) => Math.max(Math.sqrt(sum(row.map((x) => x * x))), SHORTEST));
  const { block, before, value, error } = dotBlock(['q/|q|', q.map((x) => x / length)], ['k/|k|', k.map((x) => x / width)]);
  return {
    kind: 'raw_cosine',
    values: { ...values, n: q.length },
    blocks: [line('|q| =', figure(length, 4, 'q'), ' |k| =', figure(width, 4, 'k')), block],
    before,
    value,
    error: 2 * error,
    hue: 'scores',
    snippet: {
      tensors,
      functional: true,
      lines: [
        'q_unit = F.normalize(q, dim=-1)  # float32',
        'k_unit = F.normalize(k, dim=-1)',
        'scores = q_unit @ k_unit.transpose(-2, -1)',
        `scores${cell}`,
      ],
    },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
function additive(asked) {
  const [head, query, key] = asked.index;
  const { q, k, tensors, values } = pairOf(asked);
  const v = asked.weights(asked.own('score.v'), head);
  const hidden = q.map((value, i) => Math.tanh(value + k[i]));
  const terms = hidden.map((value, i) => value * v[i]);
  const error = 2 * sumError(terms.length, sum(terms.map(Math.abs)));
  const digits = Math.max(0, decimalsFor(sum(terms), error)) + 1;
  const block = table({
    corner: said('trail.feature'),
    columns: [
      { name: 'q', hue: 'q', decimals: 2 },
      { name: 'k', hue: 'k', decimals: 2 },
      { name: 'tanh', hue: 'plain', decimals: 3 },
      { name: 'v', hue: 'plain', decimals: 3 },
      { name: 'v × tanh', hue: 'scores', decimals: Math.min(5, digits) },
    ],
    rows: counted(q.length).map((name, i) => ({ name, cells: [q[i], k[i], hidden[i], v[i], terms[i]] })),
    times: [2, 3, 4],
    adds: 4,
    total: sum(terms),
    most: q.length > LINE ? 6 : LINE,
    bySize: q.length > LINE,
  });
  return {
    kind: 'raw_additive',
    values: { ...values, n: q.length },
    blocks: [block],
    before: [said('trail.sum_of', { n: q.length }), '='],
    value: sum(terms),
    error,
    hue: 'scores',
    snippet: {
      tensors,
      before: [`attn = ${moduleOf(asked.place)}`],
      lines: [
        `hidden = torch.tanh(q[${head}, ${query}] + k[${head}, ${key}])  # float32`,
        `attn.score.v[${head}] @ hidden`,
      ],
    },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function scaled(asked) {
  const [head, query, key] = asked.index;
  const before = asked.at(asked.own('scores.raw'), head, query, key);
  const { values, cell } = pairOf(asked);
  const isCosine = asked.model.score === 'cosine';
  const { d_k } = asked.model;
  const factor = isCosine ? asked.learnedAt(asked.own('score.gain'), head) : Math.sqrt(d_k);
  const value = isCosine ? before * factor : before / factor;
  const how = isCosine ? 'scores * attn.score.gain[:, None, None]' : 'scores / math.sqrt(d_k)';
  return {
    kind: isCosine ? 'times_gain' : 'divided',
    values: { ...values, d_k },
    blocks: isCosine ? [line(said('trail.gain', { head: head + 1, gain: figure(factor, 4) }))] : [line(`√d_k = √${d_k} =`, figure(factor, 4))],
    before: [operand(before, 'scores'), isCosine ? '×' : '÷', figure(factor, 4), '='],
    value,
    error: roundingError(value, 3),
    hue: 'scores',
    snippet: {
      tensors: { scores: asked.own('scores.raw') },
      before: isCosine ? [`attn = ${moduleOf(asked.place)}`] : [],
      lines: [`scaled = ${how}  # float32`, `scaled${cell}`],
    },
  };
}

/**
 * The scores before ALiBi, and those before the mask, with the name of the variable that holds them.
 * @param {Asked} asked
 * @param {string[]} tails the last one made counts
 * @returns {[string, string]}
 */
function latest(asked, tails) {
  const tail = tails.find((one) => asked.has(asked.own(one))) ?? 'scores.raw';
  return [asked.own(tail), tail === 'scores.raw' ? 'scores' : tail.slice('scores.'.length)];
}

/**
 * The slope of a head: 2^(-8/n), 2^(-16/n), ...; between two powers of two as the authors of ALiBi choose.
 * @param {number} n_heads
 * @param {number} head
 */
export function slopeOf(n_heads, head) {
  const below = 2 ** Math.floor(Math.log2(n_heads));
  return head < below ? 2 ** ((-8 * (head + 1)) / below) : 2 ** ((-8 * (2 * (head - below) + 1)) / (2 * below));
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function biased(asked) {
  const [head, query, key] = asked.index;
  const [name, variable] = latest(asked, ['scores.scaled']);
  const before = asked.at(name, head, query, key);
  const [slope, distance] = [slopeOf(asked.model.n_heads, head), Math.abs(query - key)];
  const { values, cell } = pairOf(asked);
  return {
    kind: 'biased',
    values: { ...values, distance },
    blocks: [line(said('trail.slope', { head: head + 1, slope: figure(slope, 6) })), line(said('trail.distance', { distance }), `= |${query} − ${key}|`)],
    before: [operand(before, 'scores'), '−', figure(slope, 6), `× ${distance} =`],
    value: before - slope * distance,
    error: roundingError(Math.abs(before) + slope * distance),
    hue: 'scores',
    snippet: {
      tensors: { [variable]: name },
      before: [`position = model.${asked.side}_embed.position`],
      lines: [
        `bias = position.bias(${asked.pass.shape(asked.name)[2]})[0]  # -slope * distance`,
        `biased = ${variable} + bias  # float32`,
        `biased${cell}`,
      ],
    },
  };
}

/**
 * Why a query may or may not look at a key.
 * @param {Asked} asked
 * @param {boolean} open
 */
function reasonOf({ index: [, query, key], side, isCross, pass }, open) {
  const later = side === 'tgt' && !isCross && key > query;
  if (open) return later ? 'masked_ahead' : 'masked_open';
  if (later) return 'masked_later';
  const ids = side === 'src' || isCross ? pass.ids.src : pass.ids.tgt_in;
  return ids[key] === (pass.model.pad_id ?? 0) ? 'masked_padding' : 'masked_closed';
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function masked(asked) {
  const [head, query, key] = asked.index;
  const [name, variable] = latest(asked, ['scores.biased', 'scores.scaled']);
  const before = asked.at(name, head, query, key);
  const { values, cell } = pairOf(asked);
  const labels = asked.pass.labels(asked.name, 2);
  const open = labels.map((_, j) => asked.pass.open(asked.place, query, j));
  const own = asked.side === 'tgt' && !asked.isCross;
  return {
    kind: reasonOf(asked, open[key]),
    values,
    blocks: [
      line(said('trail.keeps', { row: values.query, kept: open.filter(Boolean).length, all: open.length })),
      { kind: 'words', labels, open, here: key },
    ],
    before: [operand(before, 'scores'), '→'],
    value: open[key] ? before : -Infinity,
    error: 0,
    hue: 'scores',
    snippet: {
      tensors: { [variable]: name, mask: own ? 'tgt_mask' : 'src_mask' },
      before: ['inf = math.inf'],
      lines: [`masked = ${variable}.masked_fill(~mask, -inf)  # float32`, `masked${cell}`],
    },
  };
}
