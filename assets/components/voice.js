/** What the page says beside the picture: a short note that passes, and the row pointed at for a screen reader. */

import { el } from './dom.js';
import { three } from './format.js';
import { mostRead } from './grid.js';
import { rowName } from './scene.js';
import { Toast } from './toast.js';

/** @typedef {import('./scene.js').Scene} Scene */

export class Voice {
  constructor() {
    this.toast = new Toast();
    this.note = this.toast.node;
    this.live = el('div', { class: 'spoken', 'aria-live': 'polite' });
  }

  /**
   * Say something for a moment, in a place that moves nothing.
   * @param {string} text
   */
  say(text) {
    this.toast.say(text);
  }

  /**
   * Tell a screen reader which row is pointed at, and what the outlined head reads most there.
   * @param {Scene} scene
   */
  speak({ grid, view, row, say }) {
    if (row === null || !grid.rows.includes(row)) return;
    const best = mostRead(grid, view.head, row);
    const weight = three(grid.at(view.head, row, best));
    this.live.textContent = say('explore.spoken', { row: rowName(grid, row), key: grid.keys[best].text, head: view.head + 1, weight });
  }
}
