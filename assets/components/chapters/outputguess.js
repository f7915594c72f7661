/** What a person may predict on Output: a question for each view, about what that view does not show at a glance. */

import { percent } from '../format.js';
import { aligned } from '../step/trailnumbers.js';
import { best } from './outputmath.js';
import { lensOf } from './outputlens.js';
import { logitsOf, rowOf } from './outputrows.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/guess.js').Guess} Guess */

const SURE = [0.5, 0.9, 0.99]; // between them lie the answers
const FACTORS = [100, 1000, 10_000];

/**
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
export function guess(scene) {
  /** @type {Record<string, (scene: StepScene) => Guess | null>} */
  const questions = { step: howSure, words: howMuchMore, lens: howManyEarly, loss: whatIgnorance };
  return questions[scene.view.tab]?.(scene) ?? null;
}

/** How sure is the model of the word that it writes here? @param {StepScene} scene */
function howSure(scene) {
  const { say, sentence, words } = scene;
  const row = rowOf(scene);
  const p = sentence.p[row];
  const values = { reads: words.tgtIn[row].text, writes: words.tgtOut[row].text };
  const { choices, right } = between(scene, p, SURE, (bound) => `${Math.round(bound * 100)}\u202f%`);
  return { question: say('output.guess.question', values), choices, right, explain: say('output.guess.explain', { ...values, p: percent(p) }) };
}

/** How many times as probable as the second word is the first? @param {StepScene} scene */
function howMuchMore(scene) {
  const { say } = scene;
  const logits = logitsOf(scene);
  if (logits.length < 2) return null;
  const [first, second] = best(logits, 2);
  const labels = scene.pass.labels('logits', 1);
  const factor = Math.exp(logits[first] - logits[second]);
  const { choices, right } = between(scene, factor, FACTORS, (bound) => bound.toLocaleString('en'));
  const values = { first: labels[first].text, second: labels[second].text };
  const explain = say('output.guess.factor', { a: aligned(logits[first], 4), b: aligned(logits[second], 4), factor: factor.toLocaleString('en', { maximumFractionDigits: factor < 100 ? 1 : 0 }) });
  return { question: say('output.guess.more', values), choices, right, explain };
}

/** How many rows have their final word on top when the first layer ends? @param {StepScene} scene */
function howManyEarly(scene) {
  const { say, pass } = scene;
  const lens = lensOf(scene);
  const depth = lens && !('trouble' in lens) ? lens.filter(({ layer }) => layer)[1] : null;
  if (!depth) return null;
  const written = pass.ids.tgt_out;
  const early = written.filter((id, row) => depth.best(row)[0].id === id).length;
  const shifts = [0, -4, 3, -2, 5, 2, -1, 1].map((shift) => early + shift).filter((n) => n >= 0 && n <= written.length);
  const numbers = [...new Set(shifts)].slice(0, 4).sort((a, b) => a - b);
  const values = { n: written.length, early };
  return { question: say('output.guess.early', values), choices: numbers.map(String), right: numbers.indexOf(early), explain: say('output.guess.early_so', values) };
}

/** What is the loss of a model that knows nothing? @param {StepScene} scene */
function whatIgnorance({ say, model }) {
  const n = model.tgt_vocab_size;
  const choices = [aligned(1 / n, 4), '1.0000', aligned(Math.log(n), 4), aligned(n, 4)];
  return { question: say('output.guess.ignorance', { n }), choices, right: 2, explain: say('output.guess.ignorance_so', { n }) };
}

/**
 * Choices between bounds, and which of them a number falls into.
 * @param {StepScene} scene
 * @param {number} value
 * @param {number[]} bounds
 * @param {(bound: number) => string} print
 */
function between({ say }, value, bounds, print) {
  const texts = bounds.map(print);
  const middle = bounds.slice(1).map((_, i) => say('output.guess.between', { a: texts[i], b: texts[i + 1] }));
  const choices = [say('output.guess.below', { a: texts[0] }), ...middle, say('output.guess.above', { a: texts[bounds.length - 1] })];
  return { choices, right: bounds.filter((bound) => value >= bound).length };
}
