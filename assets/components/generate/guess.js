/** What a person may predict on Generate: a question for each view, about what that view does not show at a glance. */

import { OPEN, weigh } from './filters.js';
import { EOS } from './roads.js';
import { sessionOf } from './session.js';
import { probability, wordOf } from './words.js';

/** @typedef {import('../step/scene.js').StepScene} StepScene */
/** @typedef {import('../step/guess.js').Guess} Guess */

const HOT = 3;
const BOUNDS = [0.25, 0.5, 0.75];
const PAD = 0;

/**
 * @param {StepScene} scene
 * @returns {Guess | null}
 */
export function guess(scene) {
  /** @type {Record<string, (scene: StepScene) => Guess | null>} */
  const questions = { write: howHot, stack: howOften, modes: howManyPasses };
  return questions[scene.view.tab]?.(scene) ?? null;
}

/** How probable does the first word remain when the temperature rises? @param {StepScene} scene */
function howHot(scene) {
  const session = sessionHere(scene);
  if (!session) return null;
  const { say } = scene;
  const logits = session.road.logits(session.row);
  const [first] = weigh(logits, OPEN, PAD);
  const hot = weigh(logits, { ...OPEN, temperature: HOT }, PAD)[0].after;
  const texts = BOUNDS.map((bound) => bound.toFixed(2));
  const middle = BOUNDS.slice(1).map((_, i) => say('generate.guess.between', { a: texts[i], b: texts[i + 1] }));
  const choices = [say('generate.guess.below', { a: texts[0] }), ...middle, say('generate.guess.above', { a: texts[texts.length - 1] })];
  const values = { word: wordOf(scene, first.id), p: probability(first.before), hot: probability(hot), t: HOT };
  return { question: say('generate.guess.hot', values), choices, right: BOUNDS.filter((bound) => hot >= bound).length, explain: say('generate.guess.hot_so', values) };
}

/** How often does the decoder run for an output that comes to its end? @param {StepScene} scene */
function howOften(scene) {
  const session = sessionHere(scene);
  const n = session?.road.ids.length ?? 0;
  if (n < 3 || session?.road.ids[n - 1] !== EOS) return null;
  const choices = [1, n - 1, n, (n * (n + 1)) / 2];
  return { question: scene.say('generate.guess.often', { n: n - 1 }), choices: choices.map(String), right: 2, explain: scene.say('generate.guess.often_so', { n }) };
}

/** How many passes of the decoder does training need for these rows? @param {StepScene} scene */
function howManyPasses(scene) {
  const said = scene.view.options.t;
  const told = scene.ask({ ask: 'modes', ...(said ? { t: said } : {}) });
  const n = told && !told.trouble ? told.header.gold.length : 0;
  if (n < 3) return null;
  const choices = [1, n, (n * (n + 1)) / 2];
  return { question: scene.say('generate.guess.passes', { n }), choices: choices.map(String), right: 0, explain: scene.say('generate.guess.passes_so', { n }) };
}

/** @param {StepScene} scene */
function sessionHere(scene) {
  const session = sessionOf({ option: (/** @type {string} */ name, /** @type {string} */ usual) => scene.view.options[name] ?? usual }, scene);
  return session && !('trouble' in session) ? session : null;
}
