/** The words of the page for the model at hand: it says letter, word or piece as its vocabularies do, and names its task. */

import { blockOf, keySide } from './blocks.js';
import { keyFor } from './lacks.js';

/** @typedef {import('./payload.js').Header} Header */
/** @typedef {import('./strings.js').Words} Words */
/** @typedef {Words & {sayTask: import('./strings.js').Say}} Wording sayTask: `task.right.` and the like, as the task says it */

/**
 * Fill in everywhere what a token is called: {src} {srcs} {tgt} {tgts}, {unit} for the keys of a block, {text} {texts}.
 * What is not true of a model that lacks a part of the paper is said of it in other words.
 * @param {Words} words
 * @param {Header} header
 * @param {string} block
 * @returns {Wording}
 */
export function wordingOf(words, { units, task, model }, block) {
  /** @param {string} beginning of a key that ends with the name of a task */
  const ofTask = (beginning) => beginning + (words.has(beginning + task) ? task : 'any');
  const [src, srcs] = [words.say(`unit.${units.src}.one`), words.say(`unit.${units.src}.many`)];
  const [tgt, tgts] = [words.say(`unit.${units.tgt}.one`), words.say(`unit.${units.tgt}.many`)];
  const names = {
    ...{ src, srcs, tgt, tgts },
    unit: keySide(blockOf(block).kind) === 'src' ? src : tgt,
    Srcs: srcs.charAt(0).toUpperCase() + srcs.slice(1),
    text: words.say(ofTask('task.text.')),
    texts: words.say(ofTask('task.texts.')),
  };
  /** @type {import('./strings.js').Say} */
  const say = (key, values) => words.say(keyFor(words, model, key), { ...names, ...values });
  return {
    ...words,
    say,
    sayWith: (key, parts) => words.sayWith(keyFor(words, model, key), { ...names, ...parts }),
    sayTask: (beginning, values) => say(ofTask(beginning), values),
  };
}
