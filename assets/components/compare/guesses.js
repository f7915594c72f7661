/** Predict before you look: one question for each kind of comparison, answered by what was measured. */

import { literal } from '../tokens.js';
import { answerOf, headName, share } from './comparedata.js';
import { questionOf as headsQuestion } from './heads.js';
import { questionOf as modelsQuestion } from './models.js';
import { measured } from './moments.js';
import { questionOf as sentencesQuestion } from './sentences.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('../step/guess.js').Guess} Guess */

const HALF = 0.5;

/**
 * Can a row look elsewhere and still write the same word?
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
function sentences(scene) {
  const { say } = scene;
  const header = /** @type {import('./comparedata.js').Sentences | null} */ (answerOf(scene, sentencesQuestion(scene))?.header ?? null);
  const still = header?.still;
  if (!header || !still || still.first === null || header.sides.some(({ given }) => given)) return null; // what is given is not written
  const values = { head: headName(scene, still), word: literal(header.sides[0].rows[still.first].word), share: share(still.moved) };
  return {
    question: say('compare.guess.question'),
    choices: [say('compare.guess.yes'), say('compare.guess.no')],
    right: still.moved > HALF ? 0 : 1,
    explain: say('compare.guess.explain', values),
  };
}

/**
 * Do other heads look at the same words?
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
function heads(scene) {
  const { say } = scene;
  const header = /** @type {import('./heads.js').TwoHeads | null} */ (answerOf(scene, headsQuestion(scene))?.header ?? null);
  if (!header?.order.length) return null;
  const { order, tops, sides, a } = header;
  const rows = a.block.startsWith('encoder.') ? sides[0].src.length : sides[0].rows.length;
  const found = tops.filter((same) => same > HALF * rows).length;
  const most = tops.indexOf(Math.max(...tops));
  const [block, head] = order[most];
  const values = { found, n: order.length, name: headName(scene, { block, head }), same: tops[most], rows };
  if (order.length === 1) {
    const choices = [say('compare.guess.yes'), say('compare.guess.no')];
    return { question: say('compare.guess.heads_single'), choices, right: found ? 0 : 1, explain: say('compare.guess.heads_single_explain', values) };
  }
  return {
    question: say('compare.guess.heads', values),
    choices: [say('compare.guess.none'), say('compare.guess.one'), say('compare.guess.more')],
    right: Math.min(found, 2),
    explain: say('compare.guess.heads_explain', values),
  };
}

/**
 * Does a number of a head mean the same in another model?
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
function models(scene) {
  const { say } = scene;
  const header = /** @type {import('./models.js').Models | null} */ (answerOf(scene, modelsQuestion(scene))?.header ?? null);
  if (!header?.name) return null;
  const found = header.match.filter(({ block, head, to }) => block === to[0] && head === to[1]).length;
  return {
    question: say('compare.guess.models'),
    choices: [say('compare.guess.yes'), say('compare.guess.no')],
    right: found > HALF * header.match.length ? 0 : 1,
    explain: say('compare.guess.models_explain', { found, n: header.match.length }),
  };
}

/**
 * Which part of the model was changed more by its training?
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
function moments(scene) {
  const { say } = scene;
  const stacks = ['encoder', 'decoder'].map((stack) => (measured.get(scene) ?? []).filter(({ block, value }) => block.startsWith(stack) && value !== null));
  const [encoder, decoder] = stacks.map((items) => items.reduce((sum, { value }) => sum + (value ?? 0), 0) / items.length);
  if (encoder === decoder || Number.isNaN(encoder + decoder)) return null;
  return {
    question: say('compare.guess.moments'),
    choices: [say('compare.guess.encoder'), say('compare.guess.decoder')],
    right: encoder > decoder ? 0 : 1,
    explain: say('compare.guess.moments_explain', { encoder: encoder.toFixed(3), decoder: decoder.toFixed(3) }),
  };
}

/**
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
export function guess(scene) {
  const kinds = { sentences, heads, models, moments };
  return Object.hasOwn(kinds, scene.view.tab) ? kinds[/** @type {keyof typeof kinds} */ (scene.view.tab)](scene) : null;
}
