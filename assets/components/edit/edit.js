/** The page Edit: switch off, move or replace a part of the model, and read what it then writes. */

import { saidOf } from '../chapters/masksparts.js';
import { shortName } from '../heads/parts.js';
import { known } from '../heads/passports.js';
import { open } from '../step/chapter.js';
import { DifferenceView } from './editdifference.js';
import { nameOf, storyOf, wordOf } from './editparts.js';
import { planOf } from './editplan.js';
import { EditView } from './editview.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */
/** @typedef {import('./editparts.js').Story} Story */
/** @typedef {import('./editparts.js').Word} Word */

/**
 * What does the telling row write when its most telling head is gone? Asked before anything was taken away, and once more
 * when the spare heads are gone.
 * @param {StepScene} scene
 * @returns {import('../step/guess.js').Guess | null}
 */
function guess(scene) {
  const { say, words, view, look } = scene;
  const story = view.tab === 'edit' && !saidOf(scene).t ? storyOf(scene) : null;
  const word = story && words.tgtOut[story.row];
  if (!story || !word) return null;
  const { e } = view.options;
  if (e && e !== story.acts[0].e) return look.projector ? null : lastGuess(scene, story);
  if (e && look.projector) return null; // on the wall the translations take its place
  const [right, others] = [story.acts[0].best, story.acts.flatMap(({ best }) => best)];
  const explain = say(story.acts[0].flipped ? 'edit.guess.changed' : 'edit.guess.stays', { word: word.text });
  return question(scene, say('edit.guess.question', { block: nameOf(scene, story.start.block), head: story.start.head + 1, word: word.text }), [story.before[0], right[0], ...others], right[0], explain);
}

/**
 * @param {StepScene} scene
 * @param {Story} story
 */
function lastGuess(scene, story) {
  const { say, words, sentence, view } = scene;
  const plan = planOf(known(scene.header.run)?.passport ?? null, story);
  if (!plan?.wrong.includes(sentence.read) || ![plan.spare, plan.both].includes(view.options.e)) return null;
  const answer = scene.ask({ ask: 'pass', e: plan.both }); // it will be asked anyway
  if (!answer || answer.trouble) return null;
  const { before, after } = /** @type {import('./editparts.js').Told} */ (answer.header).rows[story.row];
  const [block, head] = plan.last;
  const values = { n: plan.n_spare, block: shortName(block, say), head: head + 1, word: words.tgtOut[story.row].text };
  return question(scene, say('edit.guess.last', values), [before[0], after[0], ...before, ...after], after[0], say('edit.guess.alone'));
}

/**
 * @param {StepScene} scene
 * @param {string} asked
 * @param {Word[]} candidates
 * @param {Word} answer one of them
 * @param {string} explain
 * @returns {import('../step/guess.js').Guess | null}
 */
function question(scene, asked, candidates, answer, explain) {
  const choices = [...new Set(candidates.map(([word]) => wordOf(scene, word)))].slice(0, 3);
  return choices.length < 2 ? null : { question: asked, choices, right: choices.indexOf(wordOf(scene, answer[0])), explain };
}

export const draw = open({
  page: 'edit',
  views: [
    { name: 'edit', title: 'edit.tab.edit', make: (desk) => new EditView(desk) },
    { name: 'difference', title: 'edit.tab.difference', make: (desk) => new DifferenceView(desk) },
  ],
  guess,
  sheets: ['edit/edit.css'],
});
