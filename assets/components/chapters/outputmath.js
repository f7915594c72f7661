/** From logits to probabilities, ranks and losses, in float64, down to every number that stands in between. No DOM. */

/**
 * @typedef {object} Softmax one row of logits on its way to probabilities
 * @property {number} max the largest logit
 * @property {number[]} exps exp(logit - max)
 * @property {number} sum of all exps
 * @property {number} logSum log of the sum of exp(logit), by way of the largest: max + log(sum)
 * @property {number[]} p
 */
/**
 * @param {ArrayLike<number>} logits
 * @returns {Softmax}
 */
export function softmaxSteps(logits) {
  const all = Array.from(logits);
  const max = all.reduce((a, b) => Math.max(a, b), -Infinity);
  const exps = all.map((logit) => Math.exp(logit - max));
  const sum = exps.reduce((a, b) => a + b, 0);
  return { max, exps, sum, logSum: max + Math.log(sum), p: exps.map((exp) => exp / sum) };
}

/**
 * The ids of the largest logits, best first; of equals the first.
 * @param {ArrayLike<number>} logits
 * @param {number} k
 */
export function best(logits, k) {
  const order = Array.from(logits, (_, id) => id);
  return order.sort((a, b) => logits[b] - logits[a] || a - b).slice(0, k);
}

/**
 * The rank of a word, from 1 on: how many are more probable, and one.
 * @param {ArrayLike<number>} logits
 * @param {number} id
 */
export function rankOf(logits, id) {
  return 1 + Array.from(logits).filter((logit) => logit > logits[id]).length;
}

/**
 * @typedef {object} Loss the loss of one row for one target word
 * @property {number} logit of the target word
 * @property {number} logSum
 * @property {number} entropy cross entropy without smoothing: logSum - logit = -log p
 * @property {number} everywhere the mean of -log p over the whole vocabulary
 * @property {number} loss (1 - e) * entropy + e * everywhere
 */
/**
 * Cross entropy with label smoothing: (1 - e) of the target is the one word, e is spread evenly over all V words.
 *
 * So the target word is asked for with 1 - e + e / V and every other with e / V, as in section 5.4 and as
 * F.cross_entropy(label_smoothing=e) counts it.
 * @param {ArrayLike<number>} logits
 * @param {number} target
 * @param {number} [epsilon]
 * @param {Softmax} [steps] of these logits, if they are known already
 * @returns {Loss}
 */
export function lossOf(logits, target, epsilon = 0, steps = softmaxSteps(logits)) {
  const { logSum } = steps;
  const entropy = logSum - logits[target];
  let total = 0;
  for (let id = 0; id < logits.length; id++) total += logSum - logits[id];
  const everywhere = total / logits.length;
  return { logit: logits[target], logSum, entropy, everywhere, loss: (1 - epsilon) * entropy + epsilon * everywhere };
}

/**
 * What is asked for: the probability that a smoothed target gives to a word.
 * @param {number} id
 * @param {number} target
 * @param {number} epsilon
 * @param {number} words how many there are
 */
export function askedFor(id, target, epsilon, words) {
  return (id === target ? 1 - epsilon : 0) + epsilon / words;
}

/**
 * The gradient of the loss on every logit of its row: p - y.
 * @param {Softmax} steps
 * @param {number} target
 * @param {number} epsilon
 * @returns {number[]}
 */
export function gradientOf({ p }, target, epsilon) {
  return p.map((probability, id) => probability - askedFor(id, target, epsilon, p.length));
}
