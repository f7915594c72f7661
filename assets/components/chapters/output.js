/** The page Output: from the decoder's last vectors to words, seen at every depth, and what a training asks of them. */

import { open } from '../step/chapter.js';
import { Walker } from '../step/walker.js';
import { guess } from './outputguess.js';
import { LensView } from './outputlens.js';
import { LossView } from './outputloss.js';
import { WordsView } from './outputwords.js';

export const draw = open({
  page: 'output',
  sheets: ['chapters/output.css'],
  guess,
  views: [
    { name: 'step', title: 'step.tab', make: (desk) => new Walker(desk) },
    { name: 'words', title: 'output.tab.words', at: 'output', make: (desk) => new WordsView(desk) },
    { name: 'lens', title: 'output.tab.lens', at: 'output', make: (desk) => new LensView(desk) },
    { name: 'loss', title: 'output.tab.loss', at: 'output', make: (desk) => new LossView(desk) },
  ],
});
