/** Predict before you look: the shape of QKᵀ on this sentence, the key that a row reads most, the shape after the heads meet. */

import { clamp } from '../dom.js';
import { pictureOf } from '../step/stagepicture.js';

/** @typedef {import('../step/desk.js').StepScene} Scene */
/** @typedef {import('../step/guess.js').Guess} Guess */

const MOST_CHOICES = 4;

/**
 * @param {Scene} scene
 * @returns {Guess | null}
 */
export function attentionGuess(scene) {
  const { place, stageNow, view } = scene;
  if (place.kind !== 'attention' || view.tab !== 'step') return null;
  if (['x', 'norm', 'qkv', 'rotated'].includes(stageNow.name)) return shapeOfScores(scene);
  if (['raw', 'scaled', 'biased', 'masked'].includes(stageNow.name)) return mostRead(scene);
  if (['weights', 'context'].includes(stageNow.name)) return shapeOfConcat(scene);
  return null;
}

/**
 * The right answer among others, in the order of their texts, so that its place tells nothing.
 * @param {string} right
 * @param {string[]} others
 */
function among(right, others) {
  const choices = [...new Set([right, ...others])].slice(0, MOST_CHOICES).sort();
  return { choices, right: choices.indexOf(right) };
}

/** @param {number} rows @param {number} cols */
const shape = (rows, cols) => `${rows} × ${cols}`;

/**
 * @param {Scene} scene
 * @returns {Guess}
 */
function shapeOfScores({ pass, place, say, model }) {
  const [, queries, keys] = pass.shape(`${place.name}.weights`);
  const others = [shape(queries, model.d_k), shape(model.d_k, model.d_k), shape(keys, queries), shape(queries, model.d_model)];
  return {
    question: say('attention.guess.shape', { d_k: model.d_k }),
    ...among(shape(queries, keys), others),
    explain: say('attention.guess.shape_why', { queries, keys }),
  };
}

/**
 * @param {Scene} scene
 * @returns {Guess | null} null where there is nothing to choose
 */
function mostRead({ pass, place, say, view }) {
  const weights = pictureOf(pass, place, `${place.name}.weights`, view.head);
  const row = clamp(view.row[place.side], 0, weights.rows.length - 1);
  const open = weights.cols.map((_, col) => col).filter((col) => !weights.masked?.(row, col));
  if (open.length < 2) return null;
  const byWeight = [...open].sort((a, b) => weights.at(row, b) - weights.at(row, a));
  // The key read most, the next one, and two that stand elsewhere, in the order of the sentence.
  const chosen = [...new Set([byWeight[0], byWeight[1], open[0], open[open.length - 1], byWeight[2]].filter((col) => col !== undefined))].slice(0, MOST_CHOICES).sort((a, b) => a - b);
  return {
    question: say('attention.guess.key', { row: weights.rows[row].full, head: view.head + 1 }),
    choices: chosen.map((col) => weights.cols[col].full),
    right: chosen.indexOf(byWeight[0]),
    explain: say('attention.guess.key_why', { weight: weights.at(row, byWeight[0]).toFixed(3), key: weights.cols[byWeight[0]].full }),
  };
}

/**
 * @param {Scene} scene
 * @returns {Guess}
 */
function shapeOfConcat({ pass, place, say, model }) {
  const [rows, width] = pass.shape(`${place.name}.concat`);
  const others = [shape(rows, model.d_k), shape(model.n_heads * rows, model.d_k), shape(rows, rows), shape(rows, model.d_ff)];
  return {
    question: say('attention.guess.concat', { heads: model.n_heads, one: shape(rows, model.d_k) }),
    ...among(shape(rows, width), others),
    explain: say('attention.guess.concat_why', { heads: model.n_heads, d_k: model.d_k, d_model: width }),
  };
}
