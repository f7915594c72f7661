/** Trails of what surrounds the scores: projections and rotation before, heads mixed together after (section 3.2.2). */

import { decimalsFor, roundingError, sumError } from './trailnumbers.js';
import { figure, line, products, said, sum, table } from './trailparts.js';
import { counted } from './trailask.js';
import { moduleOf } from './trailcode.js';

/** @typedef {import('./trailask.js').Asked} Asked */
/** @typedef {import('./trailparts.js').Draft} Draft */
/** @typedef {import('./trailparts.js').Hue} Hue */

const BASE = 10000;

/**
 * Give a table of products digits enough for its sum.
 * @param {Parameters<typeof products>[0]} parts
 */
export function sumOfProducts(parts) {
  const { total, size, rows } = products(parts, 0);
  const error = sumError(rows.length, size);
  return { value: total, error, block: products(parts, Math.max(0, decimalsFor(total, error)) + 1) };
}

/**
 * Q, K, V: one row of x times one row of the learned matrix, plus a bias.
 * @param {'q' | 'k' | 'v'} letter
 * @returns {(asked: Asked) => Draft}
 */
export function projection(letter) {
  return (asked) => {
    const [head, i, feature] = asked.index;
    const fromMemory = asked.isCross && letter !== 'q';
    const input = fromMemory ? 'memory' : asked.entering;
    const variable = fromMemory ? 'memory' : asked.variable;
    const column = head * asked.model.d_k + feature;
    const matrix = asked.own('w_' + letter);
    const x = asked.row(input, i);
    const weights = asked.weights(matrix + '.weight', column);
    const { value, error, block } = sumOfProducts({
      corner: said('trail.feature'),
      names: counted(x.length),
      left: [variable, 'stream', x],
      right: [`W_${letter.toUpperCase()}`, 'plain', weights],
      hue: letter,
      bias: asked.learnedAt(matrix + '.bias', column),
    });
    return {
      kind: { q: 'project_q', k: 'project_k', v: 'project_v' }[letter],
      values: { word: letter === 'q' ? asked.rowLabel(i) : asked.keyLabel(i), feature, head: head + 1, n: x.length, row: column },
      blocks: [block],
      before: [said('trail.sum_of', { n: block.rows.length }), '='],
      value,
      error,
      hue: letter,
      snippet: {
        tensors: { [variable]: input },
        before: [`attn = ${moduleOf(asked.place)}`],
        lines: [
          `${letter} = attn.split_heads(attn.w_${letter}(${variable}[None]))[0]  # float32`,
          `${letter}[${head}, ${i}, ${feature}]`,
        ],
      },
    };
  };
}

/**
 * Rotary positions turn each pair of features by an angle that grows with the position.
 * @param {'q' | 'k'} letter
 * @returns {(asked: Asked) => Draft}
 */
export function rotation(letter) {
  return (asked) => {
    const [head, pos, feature] = asked.index;
    const { d_k } = asked.model;
    const pair = feature - (feature % 2);
    const angle = pos / BASE ** (pair / d_k);
    const [even, odd] = [0, 1].map((one) => asked.at(asked.own(letter), head, pos, pair + one));
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [first, second] = feature % 2 ? [even * sin, odd * cos] : [even * cos, odd * -sin];
    const sign = feature % 2 ? '+' : '-';
    const [a, b] = [`${letter}[${head}, ${pos}, ${pair}]`, `${letter}[${head}, ${pos}, ${pair + 1}]`];
    return {
      kind: 'rotated',
      values: { word: letter === 'q' ? asked.rowLabel(pos) : asked.keyLabel(pos), feature, head: head + 1, pair, next: pair + 1, position: pos },
      blocks: [
        line(said('trail.angle'), `= ${pos} / 10000^(${pair} / ${d_k}) =`, figure(angle, 6)),
        line('cos =', figure(cos, 6), ' sin =', figure(sin, 6)),
        table({
          corner: said('trail.feature'),
          columns: [
            { name: letter, hue: letter, decimals: 5 },
            { name: feature % 2 ? 'sin, cos' : 'cos, −sin', hue: 'plain', decimals: 5 },
            { name: said('trail.product'), hue: letter, decimals: 5 },
          ],
          rows: [
            { name: String(pair), cells: [even, feature % 2 ? sin : cos, first] },
            { name: String(pair + 1), cells: [odd, feature % 2 ? cos : -sin, second] },
          ],
          here: feature % 2,
          times: [0, 1, 2],
          adds: 2,
          total: first + second,
        }),
      ],
      before: [said('trail.sum'), '='],
      value: first + second,
      error: roundingError(Math.abs(first) + Math.abs(second), 4) + roundingError(Math.abs(even) + Math.abs(odd), 1),
      hue: letter,
      snippet: {
        tensors: { [letter]: asked.own(letter) },
        lines: [
          `angle = torch.tensor(${pos} / 10000 ** (${pair} / d_k), dtype=torch.float64)`,
          'cos, sin = angle.cos().float(), angle.sin().float()  # float32',
          feature % 2 ? `${a} * sin ${sign} ${b} * cos` : `${a} * cos ${sign} ${b} * sin`,
        ],
      },
    };
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function context(asked) {
  const [head, query, feature] = asked.index;
  const weights = asked.row(asked.own('weights'), head, query);
  const v = weights.map((_, key) => asked.at(asked.own('v'), head, key, feature));
  const shut = asked.row(asked.own('scores.masked'), head, query).map((score) => score === -Infinity);
  const { value, error, block } = sumOfProducts({
    corner: said('trail.key'),
    names: weights.map((_, key) => asked.keyLabel(key)),
    left: ['weights', 'weights', weights],
    right: ['v', 'v', v],
    hue: 'v',
  });
  const rows = block.rows.map((row, key) => ({ ...row, shut: shut[key] }));
  return {
    kind: 'context',
    values: { query: asked.rowLabel(query), feature, head: head + 1 },
    blocks: [{ ...block, rows, most: Infinity, bySize: false, bar: 0 }],
    before: [said('trail.sum_of', { n: weights.length }), '='],
    value,
    error,
    hue: 'v',
    snippet: {
      tensors: { weights: asked.own('weights'), v: asked.own('v') },
      lines: ['context = weights @ v  # float32', `context[${head}, ${query}, ${feature}]`],
    },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function concat(asked) {
  const [i, column] = asked.index;
  const { n_heads, d_k } = asked.model;
  const [head, feature] = [Math.floor(column / d_k), column % d_k];
  const heads = counted(n_heads).map((_, h) => said('trail.columns', { head: h + 1, first: h * d_k, last: (h + 1) * d_k - 1 }));
  return {
    kind: 'concat',
    values: { row: asked.rowLabel(i), column, head: head + 1, feature },
    blocks: [{ kind: 'words', labels: heads, open: heads.map(() => true), here: head }, line(`${column} = ${head} × ${d_k} + ${feature}`)],
    before: [`context[${head}, ${i}, ${feature}]`, '='],
    value: asked.at(asked.own('context'), head, i, feature),
    error: 0,
    hue: 'v',
    snippet: {
      tensors: { context: asked.own('context') },
      lines: ['concat = context.transpose(0, 1).flatten(-2)  # float32', `concat[${i}, ${column}]`],
    },
  };
}

/**
 * W_O mixes the heads: each adds its own share, and then comes the bias.
 * @param {Asked} asked
 * @returns {Draft}
 */
export function mixed(asked) {
  const [i, column] = asked.index;
  const { n_heads, d_k } = asked.model;
  const row = asked.row(asked.own('concat'), i);
  const weights = asked.weights(asked.own('w_o.weight'), column);
  const bias = asked.learnedAt(asked.own('w_o.bias'), column);
  const terms = row.map((value, c) => value * weights[c]);
  const shares = counted(n_heads).map((_, head) => sum(terms.slice(head * d_k, (head + 1) * d_k)));
  const value = sum(shares) + bias;
  const error = sumError(terms.length + 1, sum(terms.map(Math.abs)) + Math.abs(bias));
  const digits = Math.max(0, decimalsFor(value, error)) + 1;
  return {
    kind: 'mixed',
    values: { row: asked.rowLabel(i), column, n: n_heads, d_k },
    blocks: [
      table({
        corner: said('trail.head'),
        columns: [{ name: said('trail.share'), hue: 'stream', decimals: digits }],
        rows: [
          ...shares.map((share, head) => ({ name: said('trail.head_n', { head: head + 1 }), cells: [share] })),
          { name: said('trail.bias'), cells: [bias], stays: true },
        ],
        adds: 0,
        total: value,
      }),
    ],
    before: [said('trail.sum'), '='],
    value,
    error,
    hue: 'stream',
    snippet: {
      tensors: { concat: asked.own('concat') },
      before: [`attn = ${moduleOf(asked.place)}`],
      lines: ['output = attn.w_o(concat)  # float32', `output[${i}, ${column}]`],
    },
  };
}
