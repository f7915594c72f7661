/** Trails along the residual stream: feed-forward, what is added, layer norm, and the way out to logits. */

import { sumOfProducts } from './trailattention.js';
import { moduleOf } from './trailcode.js';
import { erf, roundingError } from './trailnumbers.js';
import { figure, line, operand, said, sum, table } from './trailparts.js';
import { counted } from './trailask.js';

/** @typedef {import('./trailask.js').Asked} Asked */
/** @typedef {import('./trailparts.js').Draft} Draft */
/** @typedef {import('./trailparts.js').Row} Row */

/**
 * A hidden unit: a sum like any other, and then what lets it be silent.
 * @param {Asked} asked
 * @returns {Draft}
 */
export function hidden(asked) {
  const [i, unit] = asked.index;
  const { variable } = asked;
  const x = asked.row(asked.entering, i);
  const inner = sumOfProducts({
    corner: said('trail.feature'),
    names: counted(x.length),
    left: [variable, 'stream', x],
    right: ['W_1', 'plain', asked.weights(asked.own('w_1.weight'), unit)],
    hue: 'stream',
    bias: asked.learnedAt(asked.own('w_1.bias'), unit),
  });
  const isGelu = asked.model.activation === 'gelu';
  const share = (1 + erf(inner.value / Math.SQRT2)) / 2;
  const before = operand(inner.value, 'stream');
  return {
    kind: isGelu ? 'hidden_gelu' : inner.value > 0 ? 'hidden_fires' : 'hidden_silent',
    values: { row: asked.rowLabel(i), unit, n: x.length },
    blocks: [inner.block, line(said('trail.sum_of', { n: inner.block.rows.length }), '=', before)],
    before: isGelu ? [before, '× Φ(', before, ') =', before, '×', operand(share), '='] : ['max(0, ', before, ') ='],
    value: isGelu ? inner.value * share : Math.max(0, inner.value),
    error: inner.error * 1.2 + (isGelu ? roundingError(inner.value, 8) : 0),
    hue: 'stream',
    snippet: {
      functional: true,
      tensors: { [variable]: asked.entering },
      before: [`ffn = ${moduleOf(asked.place)}`],
      lines: [`hidden = F.${isGelu ? 'gelu' : 'relu'}(ffn.w_1(${variable}))  # float32`, `hidden[${i}, ${unit}]`],
    },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function written(asked) {
  const [i, feature] = asked.index;
  const units = asked.row(asked.own('hidden'), i);
  const { value, error, block } = sumOfProducts({
    corner: said('trail.unit'),
    names: counted(units.length),
    left: ['hidden', 'stream', units],
    right: ['W_2', 'plain', asked.weights(asked.own('w_2.weight'), feature)],
    hue: 'stream',
    bias: asked.learnedAt(asked.own('w_2.bias'), feature),
  });
  return {
    kind: 'ffn_output',
    values: { row: asked.rowLabel(i), feature, n: units.length },
    blocks: [block, line(said('trail.firing', { firing: units.filter((unit) => unit > 0).length, n: units.length }))],
    before: [said('trail.sum_of', { n: block.rows.length }), '='],
    value,
    error,
    hue: 'stream',
    snippet: {
      tensors: { hidden: asked.own('hidden') },
      before: [`ffn = ${moduleOf(asked.place)}`],
      lines: ['output = ffn.w_2(hidden)  # float32', `output[${i}, ${feature}]`],
    },
  };
}

/**
 * What the sublayer adds to the stream.
 * @param {Asked} asked
 * @returns {Draft}
 */
export function added(asked) {
  const [i, feature] = asked.index;
  const x = asked.at(asked.incoming, i, feature);
  const output = asked.at(asked.own('output'), i, feature);
  const cell = `[${i}, ${feature}]`;
  return {
    kind: 'residual',
    values: { row: asked.rowLabel(i), feature },
    blocks: [
      table({
        corner: '',
        columns: [{ name: cell, hue: 'stream', decimals: 6 }],
        rows: [
          { name: said('trail.stream'), cells: [x] },
          { name: said('trail.adds'), cells: [output] },
        ],
        adds: 0,
        total: x + output,
      }),
    ],
    before: [said('trail.sum'), '='],
    value: x + output,
    error: roundingError(Math.abs(x) + Math.abs(output)),
    hue: 'stream',
    snippet: {
      tensors: { x: asked.incoming, output: asked.own('output') },
      lines: ['residual = x + output  # float32', `residual${cell}`],
    },
  };
}

/**
 * Layer norm: each row gets mean 0 and variance 1, and then a scale and a shift that are learned.
 * @param {Asked} asked
 * @param {{input: string, variable: string, learned: string, kind: string}} where `learned`: the norm's name in the state dict
 * @returns {Draft}
 */
function normed(asked, { input, variable, learned, kind }) {
  const [i, feature] = asked.index;
  const { layer_norm_eps } = asked.model;
  const row = asked.row(input, i);
  const mean = sum(row) / row.length;
  const variance = sum(row.map((x) => (x - mean) ** 2)) / row.length;
  const spread = Math.sqrt(variance + layer_norm_eps);
  const z = (row[feature] - mean) / spread;
  const [gamma, beta] = [asked.learnedAt(learned + '.weight', feature), asked.learnedAt(learned + '.bias', feature)];
  const value = z * gamma + beta;
  const largest = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  /** @type {Row[]} */
  const rows = [
    { name: `${variable}[${i}, ${feature}]`, cells: [row[feature]] },
    { name: said('trail.mean', { n: row.length }), cells: [mean] },
    { name: said('trail.variance'), cells: [variance] },
    { name: `(x − μ) ÷ √(σ² + ${layer_norm_eps})`, cells: [z] },
  ];
  return {
    kind,
    values: { row: asked.rowLabel(i), feature, n: row.length },
    blocks: [table({ corner: '', columns: [{ name: '', hue: 'stream', decimals: 6 }], rows, here: 3 }), line(`γ[${feature}] =`, figure(gamma, 6), ` β[${feature}] =`, figure(beta, 6))],
    before: [operand(z), '×', operand(gamma), beta < 0 ? '−' : '+', operand(Math.abs(beta)), '='],
    value,
    error: roundingError((Math.abs(gamma) / spread) * largest, 4) + roundingError(Math.abs(z * gamma) + Math.abs(beta), 8),
    hue: 'stream',
    snippet: {
      tensors: { [variable]: input },
      before: [`norm = ${moduleOf(learned)}`],
      lines: [
        `row = ${variable}[${i}]  # float32`,
        'var, mean = torch.var_mean(row, correction=0)',
        'z = (row - mean) / torch.sqrt(var + norm.eps)',
        `(norm.weight * z + norm.bias)[${feature}]`,
      ],
    },
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function norm(asked) {
  const [stack, layer, part] = asked.place.split('.');
  const learned = `${stack}.${layer}.around_${part}.norm`;
  if (asked.model.norm_first) return normed(asked, { input: asked.incoming, variable: 'x', learned, kind: 'norm_before' });
  const variable = asked.has(asked.own('residual')) ? 'residual' : 'output'; // where nothing is added, the output itself is normed
  return normed(asked, { input: asked.own(variable), variable, learned, kind: variable === 'residual' ? 'norm_after' : 'norm_of_output' });
}

/**
 * The end of a stack: one more layer norm where the model has it, else the stream as it is.
 * @param {'encoder' | 'decoder'} stack
 * @returns {(asked: Asked) => Draft}
 */
export function ending(stack) {
  return (asked) => {
    const input = asked.incoming;
    if (asked.model.final_norm) return normed(asked, { input, variable: 'x', learned: `${stack}_norm`, kind: stack === 'encoder' ? 'encoder_end_norm' : 'decoder_end_norm' });
    const [i, feature] = asked.index;
    return {
      kind: stack === 'encoder' ? 'encoder_end' : 'decoder_end',
      values: { row: asked.rowLabel(i), feature },
      blocks: [line(said('trail.same_as'), input)],
      before: [`x[${i}, ${feature}]`, '='],
      value: asked.at(input, i, feature),
      error: 0,
      hue: 'stream',
      snippet: { tensors: { x: input }, lines: [`${asked.name} = x  # float32`, `${asked.name}[${i}, ${feature}]`] },
    };
  };
}

/**
 * @param {Asked} asked
 * @returns {Draft}
 */
export function logits(asked) {
  const [i, id] = asked.index;
  const x = asked.row('decoder_output', i);
  const { value, error, block } = sumOfProducts({
    corner: said('trail.feature'),
    names: counted(x.length),
    left: ['x', 'stream', x],
    right: ['W', 'plain', asked.weights('generator.weight', id)],
    hue: 'scores',
    bias: asked.learnedAt('generator.bias', id),
  });
  return {
    kind: 'logits',
    values: { row: asked.rowLabel(i), word: asked.pass.labels('logits', 1)[id], id, n: x.length },
    blocks: [block],
    before: [said('trail.sum_of', { n: block.rows.length }), '='],
    value,
    error,
    hue: 'scores',
    snippet: {
      tensors: { decoder_output: 'decoder_output' },
      lines: ['logits = model.generator(decoder_output)  # float32', `logits[${i}, ${id}]`],
    },
  };
}

/**
 * A tensor that nobody has told us about: its number, and where Python has it. Nothing more is claimed.
 * @param {Asked} asked
 * @returns {Draft}
 */
export function unknown(asked) {
  const value = asked.pass.at(asked.name, ...asked.index);
  return {
    kind: 'unknown',
    values: { name: asked.name, symbol: asked.pass.spec(asked.name).symbol },
    blocks: [],
    before: [`${asked.name}[${asked.index.join(', ')}]`, '='],
    value,
    error: 0,
    hue: 'plain',
    snippet: { lines: [`trace["${asked.name}"][${asked.index.join(', ')}]`] },
  };
}
