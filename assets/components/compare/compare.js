/** The page Compare: two sentences, two heads, two models or two moments of a training, and what differs between them. */

import { open } from '../step/chapter.js';
import { guess } from './guesses.js';
import { HeadsView } from './heads.js';
import { ModelsView } from './models.js';
import { MomentsView } from './moments.js';
import { SentencesView } from './sentences.js';

export const draw = open({
  page: 'compare',
  views: [
    { name: 'sentences', title: 'compare.tab.sentences', make: (desk) => new SentencesView(desk) },
    { name: 'heads', title: 'compare.tab.heads', make: (desk) => new HeadsView(desk) },
    { name: 'models', title: 'compare.tab.models', make: (desk) => new ModelsView(desk) },
    { name: 'moments', title: 'compare.tab.moments', make: (desk) => new MomentsView(desk) },
  ],
  guess,
  sheets: ['compare/compare.css'],
});
