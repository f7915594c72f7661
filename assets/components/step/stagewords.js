/** What a stage is called on the strip, in the paper's letters where it has some. */

import { normsAfter } from '../lacks.js';

/** @typedef {import('./desk.js').StepScene} Scene */
/** @typedef {import('./itinerary.js').Stage} Stage */
/** @typedef {import('./itinerary.js').Place} Place */

const SUPERSCRIPT_T = 'ᵀ';

/** @type {Record<string, string>} names of stages that are words */
const WORDS = {
  norm: 'walk.stage.norm',
  rotated: 'walk.stage.rotated',
  biased: 'walk.stage.biased',
  masked: 'walk.stage.mask',
  context: 'walk.stage.context',
  causal: 'bugs.stage.causal',
  memory: 'walk.stage.memory',
  tokens: 'walk.stage.tokens',
  position: 'walk.stage.position',
  sum: 'walk.stage.sum',
  hidden: 'walk.stage.hidden',
  logits: 'walk.stage.logits',
};
/** @type {Record<string, string>} and those that are the same in every language */
const SIGNS = { qkv: 'Q, K, V', weights: 'softmax', concat: 'concat', decoder_output: 'x', p: 'softmax' };
/** @type {Record<string, string>} */
const SCORES = { cosine: 'cos(Q, K)', additive: `v${SUPERSCRIPT_T} tanh(Q + K)` };

/**
 * @param {Scene} scene
 * @param {Stage} stage
 * @param {Place} [place]
 */
export function stageTitle(scene, stage, place = scene.place) {
  const { say, pass } = scene;
  const { model } = pass.header;
  const { name } = stage;
  const words = WORDS[name];
  if (words) return say(words);
  if (name === 'x') return stage.tensors.length > 1 ? say('walk.stage.x_memory') : 'x';
  if (name === 'raw') return SCORES[model.score] ?? `QK${SUPERSCRIPT_T}`;
  if (name === 'scaled') return scalingOf(model, place);
  if (name === 'output') return place.kind === 'ffn' ? '· W₂ + b₂' : 'W_O';
  if (name === 'add') return say(normsAfter(model) && !stage.missing ? 'walk.stage.add_norm' : 'walk.stage.add');
  return SIGNS[name] ?? name;
}

/**
 * What embeddings are multiplied with, or scores divided by.
 * @param {any} model
 * @param {Place} place
 */
function scalingOf(model, place) {
  if (place.kind === 'embed') return `× √${model.d_model}`;
  return model.score === 'cosine' ? '× g' : `÷ √${model.d_k}`;
}
