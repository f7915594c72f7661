/** The page Decoder: a layer step by step, where its Q, K and V come from, what it reads, and memory as a dictionary. */

import { open } from '../step/chapter.js';
import { Walker } from '../step/walker.js';
import { DictionaryView } from './decoderdictionary.js';
import { ShiftedView } from './decodershifted.js';
import { SourcesView } from './decodersources.js';
import { NormView } from './encodernorm.js';
import { StreamView } from './encoderstream.js';
import { UnitsView } from './encoderunits.js';

/**
 * Which token does the row read that writes the pronoun, or another telling word?
 * @param {import('../step/desk.js').StepScene} scene
 * @returns {import('../step/guess.js').Guess | null}
 */
export function guess({ words, sentence, say }) {
  const { tgtIn, tgtOut } = words;
  const row = Math.min(sentence.watch ?? Math.floor(tgtIn.length / 2), tgtIn.length - 1);
  // Neighbours in one sequence, named alike in both: the row above reads one, this row the next, and so on.
  const choices = [...(row ? [tgtIn[row - 1].text] : []), tgtIn[row].text, tgtOut[row].text];
  const values = { row, word: tgtOut[row].text, reads: tgtIn[row].text, writes: tgtOut[row].text };
  return { question: say('decoder.guess.question', values), choices, right: row ? 1 : 0, explain: say('decoder.guess.explain', values) };
}

export const draw = open({
  page: 'decoder',
  views: [
    { name: 'step', title: 'step.tab', make: (desk) => new Walker(desk) },
    { name: 'sources', title: 'decoder.tab.sources', make: (desk) => new SourcesView(desk) },
    { name: 'shifted', title: 'decoder.tab.shifted', make: (desk) => new ShiftedView(desk) },
    { name: 'dictionary', title: 'decoder.tab.dictionary', make: (desk) => new DictionaryView(desk) },
    { name: 'stream', title: 'decoder.tab.stream', make: (desk) => new StreamView(desk, 'tgt') },
    { name: 'norm', title: 'decoder.tab.norm', make: (desk) => new NormView(desk, 'tgt') },
    { name: 'units', title: 'decoder.tab.units', make: (desk) => new UnitsView(desk, 'tgt') },
  ],
  guess,
  sheets: ['chapters/encoder.css', 'chapters/decoder.css'],
});
