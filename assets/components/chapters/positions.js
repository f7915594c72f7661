/** The page positions: how a model without recurrence knows the order of words. */

import { open } from '../step/chapter.js';
import { guessOf } from './positionsguess.js';
import { Distance } from './positionsdistance.js';
import { Kinds } from './positionskinds.js';
import { Shift } from './positionsshift.js';
import { Swapped } from './positionsswap.js';
import { Waves } from './positionswaves.js';

export const draw = open({
  page: 'positions',
  views: [
    { name: 'waves', title: 'positions.tab.waves', make: (desk) => new Waves(desk) },
    { name: 'distance', title: 'positions.tab.distance', make: (desk) => new Distance(desk) },
    { name: 'shift', title: 'positions.tab.shift', make: (desk) => new Shift(desk) },
    { name: 'kinds', title: 'positions.tab.kinds', make: () => new Kinds() },
    { name: 'swap', title: 'positions.tab.swap', make: (desk) => new Swapped(desk) },
  ],
  guess: guessOf,
  sheets: ['chapters/positions.css'],
});
