/** The page Generate: the decoder writes word by word; a beam as a tree, the decoder at work, training against inference. */

import { open } from '../step/chapter.js';
import { guess } from './guess.js';
import { ModesView } from './modes.js';
import { StackView } from './stack.js';
import { WriteView } from './write.js';

export const draw = open({
  page: 'generate',
  views: [
    { name: 'write', title: 'generate.tab.write', make: (desk) => new WriteView(desk) },
    { name: 'stack', title: 'generate.tab.stack', make: (desk) => new StackView(desk) },
    { name: 'modes', title: 'generate.tab.modes', at: null, make: (desk) => new ModesView(desk) },
  ],
  guess,
  sheets: ['chapters/masks.css', 'chapters/output.css', 'generate/generate.css', 'generate/stack.css'],
});
