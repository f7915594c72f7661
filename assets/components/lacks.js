/** The parts of the paper that a model may lack, and what follows for its stream and for the words of the page. */

/** @typedef {{norm_first: boolean, residual?: boolean, layer_norm?: boolean, causal?: boolean}} Choices of a model's config; what is not named is there */

// Where a text is no longer true of a model that lacks a part, there is another one: its key stands behind this beginning.
const INSTEAD = { causal: 'bugs.instead.causal.', residual: 'bugs.instead.residual.', layer_norm: 'bugs.instead.layer_norm.' };

/**
 * Pre norm: does a sublayer read LayerNorm(x) rather than x?
 * @param {Choices} model
 */
export function normsBefore({ layer_norm, norm_first }) {
  return layer_norm !== false && norm_first;
}

/**
 * Post norm: is what a sublayer leaves in the stream normed?
 * @param {Choices} model
 */
export function normsAfter({ layer_norm, norm_first }) {
  return layer_norm !== false && !norm_first;
}

/**
 * The tensor of a sublayer that goes on as the stream. Without a residual its output replaces what it read.
 * @param {Choices} model
 * @returns {'norm' | 'residual' | 'output'}
 */
export function leavesOf(model) {
  if (normsAfter(model)) return 'norm';
  return model.residual === false ? 'output' : 'residual';
}

/**
 * The key of a text as it is true of this model.
 * @param {import('./strings.js').Words} words
 * @param {Choices | undefined} model
 * @param {string} key
 */
export function keyFor(words, model, key) {
  if (!model) return key;
  const found = Object.entries(INSTEAD).find(([part, beginning]) => model[/** @type {keyof Choices} */ (part)] === false && words.has(beginning + key));
  return found ? found[1] + key : key;
}
