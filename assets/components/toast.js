/** A short note that passes, in a place that moves nothing. */

import { el } from './dom.js';

const PASSES_AFTER = 2500; // milliseconds

export class Toast {
  constructor() {
    this.node = el('div', { class: 'toast', role: 'status', hidden: '' });
    this.end = 0;
  }

  /** @param {string} text */
  say(text) {
    this.node.textContent = text;
    this.node.hidden = false;
    clearTimeout(this.end);
    this.end = setTimeout(() => (this.node.hidden = true), PASSES_AFTER);
  }
}
