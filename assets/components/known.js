/** The words that the model knows, by kind, in a panel of its own. */

import { el, join, write } from './dom.js';
import { Panel } from './panel.js';
import { literal } from './tokens.js';

/** @typedef {import('./scene.js').Scene} Scene */

export class Known extends Panel {
  constructor() {
    super('known', el('dl'));
  }

  /** @param {Scene} scene */
  draw({ header, say }) {
    this.name(say('explore.known.title'), say('explore.close'));
    join(
      this.content,
      Object.entries(header.known),
      () => el('div', {}, el('dt'), el('dd', { class: 'word' })),
      (node, [kind, words]) => {
        write(node.children[0], say('explore.known.' + kind));
        write(node.children[1], words.map(literal).join(', '));
      },
    );
  }
}
