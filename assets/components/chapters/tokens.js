/** The page Tokens and embeddings: text to pieces to ids to rows of numbers, scaled and added to positions. */

import { open } from '../step/chapter.js';
import { Walker } from '../step/walker.js';
import { guess } from './tokensguess.js';
import { EmbeddingMap } from './tokensmap.js';
import { Pieces } from './tokenspieces.js';
import { Rows } from './tokensrows.js';

export const draw = open({
  page: 'tokens',
  views: [
    { name: 'step', title: 'step.tab', make: (desk) => new Walker(desk) },
    { name: 'pieces', title: 'tokens.tab.pieces', make: (desk) => new Pieces(desk) },
    { name: 'rows', title: 'tokens.tab.rows', make: (desk) => new Rows(desk) },
    { name: 'map', title: 'tokens.tab.map', make: (desk) => new EmbeddingMap(desk) },
  ],
  guess,
  sheets: ['chapters/tokens.css'],
});
