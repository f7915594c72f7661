/** Numbers, words and blocks as the page Generate writes them. */

import { nameTokens } from '../tokens.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../tokens.js').Label} Label */
/** @typedef {import('../step/scene.js').StepScene} StepScene */

/**
 * A probability below a word: `0.466`, `<.001`; certainty is never rounded up to.
 * @param {number} p
 */
export function probability(p) {
  if (p > 0 && p < 0.0005) return '<.001';
  if (p > 0.9995 && p < 1) return '>.999';
  return p.toFixed(3);
}

/**
 * A log P with a true minus: `−1.1665`.
 * @param {number} value
 */
export function logProbability(value) {
  const text = Math.abs(value).toFixed(4);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/**
 * The tokens of a road with their subscripts, by position.
 * @param {StepScene} scene
 * @param {number[]} ids
 */
export function labelsOf({ pass }, ids) {
  return nameTokens(ids.map((id) => pass.vocab.tgt[id]));
}

/**
 * One word of the target vocabulary as text.
 * @param {StepScene} scene
 * @param {number} id
 */
export function wordOf({ pass }, id) {
  return pass.labels('logits', 1)[id]?.full ?? '';
}

/**
 * The block of the decoder that is shown; from any other place of the pass it is the last cross attention.
 * @param {StepScene} scene
 */
export function blockOf({ view, places }) {
  const blocks = blocksOf(places);
  return blocks.find((name) => name === view.at) ?? blocks[blocks.length - 1];
}

/** @param {import('../step/itinerary.js').Place[]} places */
export function blocksOf(places) {
  return places.filter(({ name, kind }) => kind === 'attention' && name.startsWith('decoder.')).map(({ name }) => name);
}

/**
 * @param {StepScene} scene
 * @param {string} block
 */
export function blockName({ say }, block) {
  return say(block.endsWith('.cross_attn') ? 'generate.looks.cross' : 'generate.looks.self', { layer: Number(block.split('.')[1]) + 1 });
}

/**
 * The words that a row may look at in a block: the source, or what the decoder has read so far.
 * @param {StepScene} scene
 * @param {Session} session
 * @param {string} block
 * @returns {Label[]}
 */
export function keysOf(scene, session, block) {
  if (block.endsWith('.cross_attn')) return scene.words.src;
  const [begin] = scene.words.tgtIn;
  return [begin, ...labelsOf(scene, session.road.ids.slice(0, -1))];
}
