/** What each head adds to an attention's output, and softmax at any temperature. Pure: numbers in, numbers out, float64. */

/** @typedef {import('../step/pass.js').Pass} Pass */
/** @typedef {import('../step/pass.js').Parameters} Parameters */
/**
 * @typedef {object} Shares
 * @property {Float64Array[][]} parts for each row one vector for each head, and the bias as the last
 * @property {Float64Array[]} sums for each row their sum
 * @property {number[][]} along for each row the share of each part in the direction of the output: they add up to 1
 * @property {number} difference the largest distance between a sum and the model's own output
 */

/**
 * Cut W_O by heads: head h owns d_k of its input features, so output = sum over heads of context_h W_O_h, plus the bias.
 * @param {Pass} pass
 * @param {Parameters} parameters
 * @param {string} place an attention, such as decoder.1.cross_attn
 * @returns {Shares | null} null where the weights of this place are not among the parameters
 */
export function sharesOf(pass, parameters, place) {
  const [weight, bias] = [parameters.get(`${place}.w_o.weight`), parameters.get(`${place}.w_o.bias`)];
  if (!weight || !bias) return null;
  const [heads, rows, d_k] = pass.shape(`${place}.context`);
  const [width, inner] = weight.shape;
  const context = pass.values(`${place}.context`);
  const output = pass.values(`${place}.output`);
  /** @type {Shares} */
  const shares = { parts: [], sums: [], along: [], difference: 0 };
  for (let row = 0; row < rows; row++) {
    const parts = Array.from({ length: heads }, (_, head) => {
      const vector = context.subarray((head * rows + row) * d_k, (head * rows + row + 1) * d_k);
      return Float64Array.from({ length: width }, (__, n) => dot(weight.values, n * inner + head * d_k, vector));
    });
    parts.push(Float64Array.from(bias.values));
    const sum = Float64Array.from({ length: width }, (_, n) => parts.reduce((total, part) => total + part[n], 0));
    const square = sum.reduce((total, value) => total + value * value, 0);
    shares.parts.push(parts);
    shares.sums.push(sum);
    shares.along.push(parts.map((part) => (square ? part.reduce((total, value, n) => total + value * sum[n], 0) / square : 0)));
    sum.forEach((value, n) => (shares.difference = Math.max(shares.difference, Math.abs(value - output[row * width + n]))));
  }
  return shares;
}

/**
 * @param {Float32Array} weights
 * @param {number} from
 * @param {Float32Array} vector
 */
function dot(weights, from, vector) {
  let total = 0;
  for (let z = 0; z < vector.length; z++) total += weights[from + z] * vector[z];
  return total;
}

/**
 * How long a vector is.
 * @param {ArrayLike<number>} vector
 */
export function lengthOf(vector) {
  let square = 0;
  for (let i = 0; i < vector.length; i++) square += vector[i] * vector[i];
  return Math.sqrt(square);
}

/**
 * Softmax of scores divided by a temperature, with what it is made of. Forbidden scores (-inf) stay at exactly 0.
 * @param {ArrayLike<number>} scores
 * @param {number} temperature
 * @returns {{scaled: number[], exps: number[], sum: number, weights: number[], entropy: number}} entropy in bits
 */
export function softmaxAt(scores, temperature) {
  const scaled = Array.from(scores, (score) => score / temperature);
  const max = Math.max(...scaled);
  const exps = scaled.map((score) => Math.exp(score - max));
  const sum = exps.reduce((total, exp) => total + exp, 0);
  const weights = exps.map((exp) => exp / sum);
  const entropy = weights.reduce((total, weight) => (weight > 0 ? total - weight * Math.log2(weight) : total), 0);
  return { scaled, exps, sum, weights, entropy };
}
