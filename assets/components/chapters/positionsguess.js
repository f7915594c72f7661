/** Predict before you look: one question for each view of the Positions page, answered by its own numbers. */

import { digits, frequency, length } from './positionsmath.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/guess.js').Guess} Guess */

/**
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
export function guessOf(scene) {
  const { view, model } = scene;
  const learned = model.position === 'learned' && view.options.source !== 'sinusoid';
  if (learned && ['waves', 'distance'].includes(view.tab)) return null; // what is asked there holds for sines
  const width = Math.max(2, model.d_model - (model.d_model % 2));
  const questions = { waves: () => slowest(scene, width), distance: () => equal(scene, width), shift: () => entries(scene, width), kinds: () => unseen(scene), swap: () => order(scene) };
  return questions[/** @type {'waves'} */ (view.tab)]?.() ?? null;
}

/**
 * @param {StepScene} scene
 * @param {number} width
 * @returns {Guess | null}
 */
function slowest({ say }, width) {
  if (width < 8) return null;
  const turn = (2 * Math.PI) / frequency(width / 2 - 1, width);
  const choices = [63, turn / 100, turn].map((value) => length(value));
  return { question: say('positions.guess.waves', { features: `${width - 2}, ${width - 1}` }), choices, right: 2, explain: say('positions.guess.waves_why') };
}

/**
 * @param {StepScene} scene
 * @param {number} width
 * @returns {Guess | null}
 */
function equal({ say, model }, width) {
  if (model.max_len < 23) return null;
  const product = Array.from({ length: width / 2 }, (_, pair) => Math.cos(2 * frequency(pair, width))).reduce((sum, value) => sum + value, 0);
  const choices = ['3, 5', '20, 22', say('positions.guess.equal')];
  return { question: say('positions.guess.distance'), choices, right: 2, explain: say('positions.guess.distance_why', { product: digits(product, 4) }) };
}

/**
 * @param {StepScene} scene
 * @param {number} width
 * @returns {Guess}
 */
function entries({ say }, width) {
  const choices = [2 * width, (width * width) / 2, width * width].map((value) => value.toLocaleString('en'));
  return { question: say('positions.guess.shift', { size: `${width} × ${width}` }), choices, right: 0, explain: say('positions.guess.shift_why') };
}

/**
 * @param {StepScene} scene
 * @returns {Guess}
 */
function unseen({ say }) {
  const kinds = ['sinusoidal', 'learned', 'alibi'].map((kind) => say(`positions.kind.${kind}`));
  return { question: say('positions.guess.kinds'), choices: kinds, right: 1, explain: say('positions.guess.kinds_why') };
}

/**
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
function order({ say, words }) {
  const n = words.src.length;
  if (n < 3) return null;
  const choices = ['0', '2', String(n)];
  return { question: say('positions.guess.swap', { n }), choices, right: 0, explain: say('positions.guess.swap_why') };
}
