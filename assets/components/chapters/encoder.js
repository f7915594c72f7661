/** The page Encoder: a layer step by step, then what flows through it, how it is normed, and what its hidden units do. */

import { open } from '../step/chapter.js';
import { Walker } from '../step/walker.js';
import { turnOf } from './encodermath.js';
import { NormView } from './encodernorm.js';
import { StreamView } from './encoderstream.js';
import { UnitsView } from './encoderunits.js';

const CHOICES = 4;

/**
 * Which token does the first layer turn the most? The right one, the least turned one, and some between.
 * @param {import('../step/desk.js').StepScene} scene
 * @returns {import('../step/guess.js').Guess | null}
 */
export function guess({ pass, words, say }) {
  const angles = words.src.map((_, row) => turnOf(pass, 'src', row));
  const order = words.src.map((_, row) => row).sort((a, b) => angles[b] - angles[a]);
  if (order.length < 2) return null;
  const picked = new Set(Array.from({ length: CHOICES }, (_, i) => order[Math.round((i * (order.length - 1)) / (CHOICES - 1))]));
  const choices = [...picked].sort((a, b) => a - b);
  const [most, least] = [order[0], order[order.length - 1]];
  const values = { word: words.src[most].text, angle: angles[most].toFixed(0), other: words.src[least].text, least: angles[least].toFixed(0) };
  return { question: say('encoder.guess.question'), choices: choices.map((row) => words.src[row].text), right: choices.indexOf(most), explain: say('encoder.guess.explain', values) };
}

export const draw = open({
  page: 'encoder',
  views: [
    { name: 'step', title: 'step.tab', make: (desk) => new Walker(desk) },
    { name: 'stream', title: 'encoder.tab.stream', make: (desk) => new StreamView(desk, 'src') },
    { name: 'norm', title: 'encoder.tab.norm', make: (desk) => new NormView(desk, 'src') },
    { name: 'units', title: 'encoder.tab.units', make: (desk) => new UnitsView(desk, 'src') },
  ],
  guess,
  sheets: ['chapters/encoder.css'],
});
