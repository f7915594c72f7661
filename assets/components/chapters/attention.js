/** The page Attention: the walker, what each head adds to the output, and softmax from hard to soft. */

import { open } from '../step/chapter.js';
import { Walker } from '../step/walker.js';
import { attentionGuess } from './attentionguess.js';
import { HeadShares } from './attentionheads.js';
import { Temperature } from './attentiontemperature.js';

export const draw = open({
  page: 'attention',
  views: [
    { name: 'step', title: 'step.tab', make: (desk) => new Walker(desk) },
    { name: 'heads', title: 'attention.tab.heads', make: (desk) => new HeadShares(desk) },
    { name: 'temperature', title: 'attention.tab.temperature', make: (desk) => new Temperature(desk) },
  ],
  guess: attentionGuess,
  sheets: ['chapters/attention.css'],
});
