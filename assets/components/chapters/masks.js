/** The page Masks: who may look at whom in a padded batch, a mask painted by hand, and the classic mistakes. */

import { open } from '../step/chapter.js';
import { BatchView } from './masksbatch.js';
import { MistakesView } from './masksmistakes.js';
import { PaintView } from './maskspaint.js';

/** @typedef {import('../step/desk.js').StepScene} StepScene */

/**
 * How many cells of the causal mask over the words that the decoder reads are open?
 * @param {StepScene} scene
 * @returns {import('../step/guess.js').Guess | null}
 */
function guess({ say, words, view, model }) {
  const n = words.tgtIn.length;
  if (n < 3 || model.causal === false || view.tab === 'mistakes') return null;
  const right = (n * (n + 1)) / 2;
  const choices = [...new Set([n, right - n, right, n * n])].sort((a, b) => a - b);
  return {
    question: say('masks.guess.question', { n }),
    choices: choices.map(String),
    right: choices.indexOf(right),
    explain: say('masks.guess.explain', { n, right }),
  };
}

export const draw = open({
  page: 'masks',
  views: [
    { name: 'batch', title: 'masks.tab.batch', make: (desk) => new BatchView(desk) },
    { name: 'paint', title: 'masks.tab.paint', make: (desk) => new PaintView(desk) },
    { name: 'mistakes', title: 'masks.tab.mistakes', make: (desk) => new MistakesView(desk) },
  ],
  guess,
  sheets: ['chapters/masks.css'],
});
