/** The page Glossary: every tensor of this pass with its shape, and the words of this project. */

import { open } from '../step/chapter.js';
import { rowsOf } from './glossaryrows.js';
import { ShapesView } from './glossaryshapes.js';
import { TermsView } from './glossarywords.js';

/**
 * How many numbers does one pass hold?
 * @param {import('../step/scene.js').StepScene} scene
 * @returns {import('../step/guess.js').Guess | null}
 */
function guess(scene) {
  const { say, view } = scene;
  if (view.tab !== 'shapes') return null;
  const rows = rowsOf(scene);
  const total = rows.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
  const about = (/** @type {number} */ n) => Number(n.toPrecision(2)).toLocaleString('en');
  const choices = [total / 10, total, total * 10].map(about);
  return { question: say('glossary.guess_total', { n: rows.length }), choices, right: 1, explain: say('glossary.guess_total_so', { total: total.toLocaleString('en') }) };
}

export const draw = open({
  page: 'glossary',
  sheets: ['chapters/output.css', 'chapters/glossary.css'],
  guess,
  views: [
    { name: 'shapes', title: 'glossary.tab.shapes', at: null, make: (desk) => new ShapesView(desk) },
    { name: 'words', title: 'glossary.tab.words', at: null, make: (desk) => new TermsView(desk) },
  ],
});
