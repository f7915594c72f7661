/** The arithmetic of the residual stream and of layer norm, in float64, from the tensors of the pass. No drawing here. */

import { leavesOf } from '../lacks.js';

/** @typedef {import('../step/pass.js').Pass} Pass */
/** @typedef {import('../step/pass.js').Parameters} Parameters */
/** @typedef {'src' | 'tgt'} Side */
/** @typedef {'self_attn' | 'cross_attn' | 'ffn'} Part */
/**
 * @typedef {object} Sublayer one addition to the residual stream
 * @property {string} place such as encoder.0.ffn
 * @property {number} layer
 * @property {Part} part
 * @property {string} before the stream that it finds
 * @property {string} added what it adds
 * @property {string} after the sum; without residuals what is "added" itself, which takes the place of the stream
 * @property {string} out what goes on: in post norm the sum after its norm, in pre norm the sum itself
 */
/**
 * @typedef {object} Norm one layer norm
 * @property {string} name the tensor that comes out
 * @property {string} before the tensor that goes in
 * @property {string} at the place whose parameters hold gamma and beta
 * @property {string} weights the beginning of their names
 * @property {number} layer
 * @property {Part | 'final'} part
 */

/**
 * @param {Pass} pass
 * @param {Side} side
 * @returns {Sublayer[]}
 */
export function sublayersOf(pass, side) {
  const [stack, layers] = side === 'src' ? ['encoder', pass.model.n_encoder_layers] : ['decoder', pass.model.n_decoder_layers];
  /** @type {Part[]} */
  const parts = side === 'src' ? ['self_attn', 'ffn'] : ['self_attn', 'cross_attn', 'ffn'];
  return Array.from({ length: layers }, (_, layer) =>
    parts.map((part) => {
      const place = `${stack}.${layer}.${part}`;
      const added = `${place}.output`;
      const after = pass.model.residual === false ? added : `${place}.residual`;
      return { place, layer, part, before: pass.incoming(place), added, after, out: `${place}.${leavesOf(pass.model)}` };
    }),
  ).flat();
}

/**
 * Every tensor that the stream is on its way, in order.
 * @param {Pass} pass
 * @param {Side} side
 * @returns {string[]}
 */
export function stationsOf(pass, side) {
  const states = sublayersOf(pass, side).flatMap(({ after, out }) => (after === out ? [after] : [after, out]));
  const end = pass.model.final_norm ? [side === 'src' ? 'memory' : 'decoder_output'] : [];
  return [side === 'src' ? 'src_embed.sum' : 'tgt_embed.sum', ...states, ...end];
}

/**
 * Every layer norm of a side, in the order of the pass.
 * @param {Pass} pass
 * @param {Side} side
 * @returns {Norm[]}
 */
export function normsOf(pass, side) {
  const first = pass.model.norm_first;
  if (pass.model.layer_norm === false) return [];
  const all = sublayersOf(pass, side);
  /** @type {Norm[]} */
  const norms = all.map(({ place, layer, part, before, after }) => {
    const weights = `${place.slice(0, place.lastIndexOf('.'))}.around_${part}.norm`;
    return { name: `${place}.norm`, before: first ? before : after, at: place, weights, layer, part };
  });
  if (!pass.model.final_norm) return norms;
  const [name, at, weights] = side === 'src' ? ['memory', 'memory', 'encoder_norm'] : ['decoder_output', 'output', 'decoder_norm'];
  return [...norms, { name, before: all[all.length - 1].out, at, weights, layer: all.length, part: 'final' }];
}

/**
 * One row of a matrix of the pass.
 * @param {Pass} pass
 * @param {string} name
 * @param {number} row
 * @returns {Float32Array}
 */
export function rowOf(pass, name, row) {
  const width = pass.shape(name)[1];
  return pass.values(name).subarray(row * width, (row + 1) * width);
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** @param {ArrayLike<number>} a */
export function length(a) {
  return Math.sqrt(dot(a, a));
}

/**
 * What one sublayer does to one word.
 * @typedef {object} Move
 * @property {number} x length of the stream before
 * @property {number} added length of what is added
 * @property {number} cosine of the angle between them; 0 where one of them has no length
 * @property {boolean} replaces does it take the place of the stream, instead of being added?
 * @property {number} sum length of the stream after the addition
 * @property {number} out length of what goes on, which in post norm is the normalised sum
 */

/**
 * @param {Pass} pass
 * @param {Sublayer} sublayer
 * @param {number} row
 * @returns {Move}
 */
export function moveOf(pass, sublayer, row) {
  const [x, added] = [rowOf(pass, sublayer.before, row), rowOf(pass, sublayer.added, row)];
  const [a, b] = [length(x), length(added)];
  return {
    x: a,
    added: b,
    cosine: a && b ? dot(x, added) / (a * b) : 0,
    replaces: sublayer.after === sublayer.added,
    sum: length(rowOf(pass, sublayer.after, row)),
    out: length(rowOf(pass, sublayer.out, row)),
  };
}

/**
 * @param {ArrayLike<number>} values
 * @returns {{mean: number, variance: number}} variance: the mean square distance from the mean, as layer norm takes it
 */
export function momentsOf(values) {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, variance: squares / values.length };
}

/**
 * @typedef {object} Normed what a norm does to one row, step by step, feature by feature
 * @property {number[]} mean of the group that each feature is compared with
 * @property {number[]} variance
 * @property {number[]} unit (x - mean) / sqrt(variance + eps)
 * @property {number[]} after unit * gamma + beta
 */

/**
 * Layer norm: a word is compared with itself, over its own features.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} gamma
 * @param {ArrayLike<number>} beta
 * @param {number} eps
 * @returns {Normed}
 */
export function layerNorm(x, gamma, beta, eps) {
  const { mean, variance } = momentsOf(x);
  return finish(x, Array(x.length).fill(mean), Array(x.length).fill(variance), gamma, beta, eps);
}

/**
 * Batch norm in training, for a batch of this one sentence: a feature is compared with the same feature of other words.
 * @param {ArrayLike<number>} x one of the rows, or any other
 * @param {readonly ArrayLike<number>[]} rows the words whose statistics are taken
 * @param {ArrayLike<number>} gamma
 * @param {ArrayLike<number>} beta
 * @param {number} eps
 * @returns {Normed}
 */
export function batchNorm(x, rows, gamma, beta, eps) {
  const moments = Array.from({ length: x.length }, (_, feature) => momentsOf(rows.map((row) => row[feature])));
  const [mean, variance] = [moments.map((one) => one.mean), moments.map((one) => one.variance)];
  return finish(x, mean, variance, gamma, beta, eps);
}

/**
 * @param {ArrayLike<number>} x
 * @param {number[]} mean
 * @param {number[]} variance
 * @param {ArrayLike<number>} gamma
 * @param {ArrayLike<number>} beta
 * @param {number} eps
 * @returns {Normed}
 */
function finish(x, mean, variance, gamma, beta, eps) {
  const unit = mean.map((m, i) => (x[i] - m) / Math.sqrt(variance[i] + eps));
  return { mean, variance, unit, after: unit.map((value, i) => value * gamma[i] + beta[i]) };
}

/**
 * How far one row moves under batch norm when another row is left out of the statistics; 0 for the row itself.
 * The statistics without a row follow from those of all rows, so that 64 words cost no more than a frame.
 * @param {readonly ArrayLike<number>[]} rows
 * @param {number} row
 * @param {ArrayLike<number>} gamma
 * @param {ArrayLike<number>} beta
 * @param {number} eps
 * @returns {number[]} one for each row
 */
export function shiftsOf(rows, row, gamma, beta, eps) {
  const n = rows.length;
  const { mean, variance, unit } = batchNorm(rows[row], rows, gamma, beta, eps);
  return rows.map((left, i) => {
    if (i === row) return 0;
    let squares = 0;
    for (let f = 0; f < mean.length; f++) {
      const away = left[f] - mean[f];
      const rest = Math.max(0, (n * variance[f] - (away * away * n) / (n - 1)) / (n - 1));
      const moved = (rows[row][f] - mean[f] + away / (n - 1)) / Math.sqrt(rest + eps);
      squares += (gamma[f] * (moved - unit[f])) ** 2;
    }
    return Math.sqrt(squares);
  });
}

/**
 * What a hidden unit of the last layer adds to the logits of one row, per unit of its activation. Between the unit and
 * the logits stand only a norm and a matrix: for the mean and the spread that this row has, both are linear.
 * @param {ArrayLike<number>} written what the unit writes into the stream, per unit of activation
 * @param {{gamma: ArrayLike<number>, sd: number} | null} norm null where there is no norm on the way
 * @param {{shape: number[], values: ArrayLike<number>}} out the output matrix, (vocab, d_model)
 * @returns {number[]} (vocab,)
 */
export function logitsOf(written, norm, out) {
  const { mean } = momentsOf(written);
  const direction = Array.from(written, (value, i) => (norm ? (norm.gamma[i] * (value - mean)) / norm.sd : value));
  const [vocab, width] = out.shape;
  return Array.from({ length: vocab }, (_, word) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += out.values[word * width + i] * direction[i];
    return sum;
  });
}

/**
 * By how many degrees the first layer of a side turns a word's vector, from its embedding to what leaves the layer.
 * @param {Pass} pass
 * @param {Side} side
 * @param {number} row
 */
export function turnOf(pass, side, row) {
  const first = sublayersOf(pass, side).filter(({ layer }) => layer === 0);
  const [a, b] = [rowOf(pass, first[0].before, row), rowOf(pass, first[first.length - 1].out, row)];
  const sizes = length(a) * length(b);
  return sizes ? (Math.acos(Math.max(-1, Math.min(1, dot(a, b) / sizes))) * 180) / Math.PI : 0;
}
